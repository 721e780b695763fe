//! The compiler's diagnostics as the API shows them.

use super::json_places::Place;
use serde::Serialize;
use writ_compiler::analysis::Analysis;
use writ_compiler::diagnostic::{Diagnostic, Severity};

/// One diagnostic, with its place in the text that the client sent.
#[derive(Debug, Serialize)]
pub(super) struct DiagnosticView {
    code: &'static str,
    pub(super) message: String,
    severity: &'static str,
    /// A JSON pointer; absent where the text is not whole enough to have one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) pointer: Option<String>,
    /// From 1.
    line: u32,
    /// From 1, in characters.
    column: u32,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    suggestion: Option<String>,
}

impl DiagnosticView {
    pub(super) fn is_error(&self) -> bool {
        self.severity == severity(Severity::Error)
    }
}

/// Every diagnostic of a text.
pub(super) fn views(analysis: &Analysis, place: &Place) -> Vec<DiagnosticView> {
    analysis.diagnostics.iter().map(|diagnostic| view(diagnostic, analysis, place)).collect()
}

fn view(diagnostic: &Diagnostic, analysis: &Analysis, place: &Place) -> DiagnosticView {
    let span = diagnostic.primary.span;
    let position = analysis.lines.position(&analysis.text, span.start);
    DiagnosticView {
        code: diagnostic.code.id(),
        message: diagnostic.message.clone(),
        severity: severity(diagnostic.severity),
        pointer: Some(place.pointer(span)),
        line: position.line,
        column: position.column,
        suggestion: diagnostic.suggestions.first().map(|suggestion| suggestion.message.clone()),
    }
}

fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Note => "note",
        Severity::Warning => "warning",
        Severity::Error => "error",
    }
}
