//! From the compiler's diagnostics to the protocol's.

use crate::position::Encoding;
use std::fmt::Write;
use tower_lsp_server::ls_types::{
    Diagnostic, DiagnosticRelatedInformation, DiagnosticSeverity, Location, NumberOrString, Range,
    TextEdit, Uri,
};
use writ_compiler::analysis::Analysis;
use writ_compiler::diagnostic::{self, Severity, SourceRef};
use writ_compiler::text::Span;

/// Every diagnostic of one document.
pub(crate) fn diagnostics(analysis: &Analysis, uri: &Uri, encoding: Encoding) -> Vec<Diagnostic> {
    let text = &analysis.text;
    analysis.diagnostics.iter().map(|d| diagnostic(d, text, uri, encoding)).collect()
}

/// The edit that makes one text of another: between what they begin and what they end with alike, in whole lines, so
/// that an editor's cursor stays where it is.
pub(crate) fn edits(old: &str, new: String, encoding: Encoding) -> Vec<TextEdit> {
    if old == new {
        return Vec::new();
    }
    let same = |pair: &(&str, &str)| pair.0 == pair.1;
    let lines = || old.split_inclusive('\n').zip(new.split_inclusive('\n'));
    let start: usize = lines().take_while(same).map(|(line, _)| line.len()).sum();
    let (old_rest, new_rest) =
        (old.get(start..).unwrap_or_default(), new.get(start..).unwrap_or_default());
    let from_end = old_rest.split_inclusive('\n').rev().zip(new_rest.split_inclusive('\n').rev());
    let end: usize = from_end.take_while(same).map(|(line, _)| line.len()).sum();
    let changed = Span::new(start, old.len() - end);
    let text = new.get(start..new.len() - end).unwrap_or_default().to_owned();
    vec![TextEdit::new(range(changed, old, encoding), text)]
}

/// One diagnostic.
pub(crate) fn diagnostic(
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

/// A place.
pub(crate) fn range(span: Span, text: &str, encoding: Encoding) -> Range {
    let bytes = span.range();
    Range::new(encoding.position(text, bytes.start), encoding.position(text, bytes.end))
}

#[cfg(test)]
mod tests {
    use super::*;
    use writ_compiler::diagnostic::Code;

    #[test]
    fn an_edit_leaves_alone_what_is_the_same() {
        for (old, new, line, count, text) in [
            ("a\n b\nc\n", "a\nb\nc\n", 1, 1, "b\n"),
            ("a\na\n", "a\n", 1, 1, ""),
            ("a\r\nb", "a\nb\n", 0, 1, "a\nb\n"),
            ("", "a\n", 0, 0, "a\n"),
        ] {
            let found = edits(old, new.to_owned(), Encoding::Utf16);
            let [edit] = found.as_slice() else { unreachable!("one edit for {old:?}") };
            assert_eq!((edit.range.start.line, edit.new_text.as_str()), (line, text), "{old:?}");
            assert_eq!(edit.range.end.line, line + count, "{old:?}");
        }
        assert_eq!(edits("a\n", "a\n".to_owned(), Encoding::Utf16), []);
    }

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
