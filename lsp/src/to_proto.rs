//! From the compiler's diagnostics to the protocol's.

use crate::position::Encoding;
use std::fmt::Write;
use tower_lsp_server::ls_types::{
    Diagnostic, DiagnosticRelatedInformation, DiagnosticSeverity, Location, NumberOrString, Range,
    Uri,
};
use writ_compiler::analysis::Analysis;
use writ_compiler::diagnostic::{self, Severity, SourceRef};
use writ_compiler::text::Span;

/// Every diagnostic of one document.
pub(crate) fn diagnostics(analysis: &Analysis, uri: &Uri, encoding: Encoding) -> Vec<Diagnostic> {
    let text = &analysis.text;
    analysis.diagnostics.iter().map(|d| diagnostic(d, text, uri, encoding)).collect()
}

fn diagnostic(
    diagnostic: &diagnostic::Diagnostic,
    text: &str,
    uri: &Uri,
    encoding: Encoding,
) -> Diagnostic {
    let related: Vec<_> = diagnostic
        .secondary
        .iter()
        .filter(|label| label.source == SourceRef::Main)
        .map(|label| DiagnosticRelatedInformation {
            location: Location::new(uri.clone(), range(label.span, text, encoding)),
            message: label.message.clone(),
        })
        .collect();
    Diagnostic {
        range: range(diagnostic.primary.span, text, encoding),
        severity: Some(severity(diagnostic.severity)),
        code: Some(NumberOrString::String(diagnostic.code.id().to_owned())),
        source: Some("writ".to_owned()),
        message: message(diagnostic),
        related_information: (!related.is_empty()).then_some(related),
        ..Diagnostic::default()
    }
}

/// The sentence, then what does not fit a place of this document: the primary remark, remarks on built-in
/// signatures (which have no document to point into), notes, advice.
fn message(diagnostic: &diagnostic::Diagnostic) -> String {
    let mut message = diagnostic.message.clone();
    let mut line = |kind: &str, text: &str| {
        if !text.is_empty() {
            // Writing to a String cannot fail.
            let _ = write!(message, "\n{kind}{text}");
        }
    };
    line("", &diagnostic.primary.message);
    for label in &diagnostic.secondary {
        match label.source {
            SourceRef::Main => {}
            SourceRef::Stdlib(service) => line(&format!("{service}: "), &label.message),
        }
    }
    for note in &diagnostic.notes {
        line("note: ", note);
    }
    for suggestion in &diagnostic.suggestions {
        line("help: ", &suggestion.message);
    }
    message
}

fn severity(severity: Severity) -> DiagnosticSeverity {
    match severity {
        Severity::Error => DiagnosticSeverity::ERROR,
        Severity::Warning => DiagnosticSeverity::WARNING,
        Severity::Note => DiagnosticSeverity::INFORMATION,
    }
}

fn range(span: Span, text: &str, encoding: Encoding) -> Range {
    let bytes = span.range();
    Range::new(encoding.position(text, bytes.start), encoding.position(text, bytes.end))
}

#[cfg(test)]
mod tests {
    use super::*;
    use writ_compiler::diagnostic::Code;

    #[test]
    fn advice_and_signature_remarks_stand_in_the_message_and_places_beside_it() {
        let text = "é one two";
        let found =
            diagnostic::Diagnostic::new(Code::UnknownStep, Span::new(3, 6), "No step `one`.")
                .and(Span::new(7, 10), "declared here")
                .and_in(SourceRef::Stdlib("aml"), Span::new(0, 1), "answers this")
                .help("Write `two`.");
        let uri: Uri = "file:///a.writ".parse().unwrap_or_else(|_| unreachable!("a plain URI"));
        let shown = diagnostic(&found, text, &uri, Encoding::Utf16);
        assert_eq!(shown.range.start.character, 2);
        assert_eq!(shown.message, "No step `one`.\naml: answers this\nhelp: Write `two`.");
        assert_eq!(shown.related_information.map(|r| r.len()), Some(1));
        assert_eq!(shown.code, Some(NumberOrString::String("WR0202".to_owned())));
    }
}
