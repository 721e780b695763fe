//! Source excerpts for people, through codespan-reporting.

use super::window::{Sources, View};
use crate::analysis::Analysis;
use crate::diagnostic::{Diagnostic, Severity, SourceRef};
use codespan_reporting::diagnostic as codespan;
use codespan_reporting::term::termcolor::{Ansi, NoColor, WriteColor};
use codespan_reporting::term::{Config, emit_to_write_style};

/// Every diagnostic of a text with an excerpt of the source; with ANSI colours when `colour` says so.
#[must_use]
pub fn human(analysis: &Analysis, name: &str, colour: bool) -> String {
    let sources = Sources::new(analysis, name);
    let bytes = if colour {
        let mut out = Ansi::new(Vec::new());
        write(&mut out, analysis, &sources);
        out.into_inner()
    } else {
        let mut out = NoColor::new(Vec::new());
        write(&mut out, analysis, &sources);
        out.into_inner()
    };
    String::from_utf8_lossy(&bytes).into_owned()
}

fn write<W: WriteColor>(out: &mut W, analysis: &Analysis, sources: &Sources<'_>) {
    let config = Config { tab_width: 4, ..Config::default() };
    for diagnostic in &analysis.diagnostics {
        let (view, labels, elsewhere) = View::of(sources, diagnostic);
        let shown = excerpt(diagnostic, labels, elsewhere);
        if emit_to_write_style(out, &config, &view, &shown).is_err() {
            // Memory takes every byte, and every span was clamped to its text: the sentence alone must do.
            let _ = writeln!(out, "{}: {}", diagnostic.code.id(), diagnostic.message);
        }
    }
    if analysis.diagnostics_dropped > 0 {
        let _ = writeln!(out, "and {} more that are not shown", analysis.diagnostics_dropped);
    }
}

fn excerpt(
    diagnostic: &Diagnostic,
    labels: Vec<codespan::Label<SourceRef>>,
    elsewhere: Vec<String>,
) -> codespan::Diagnostic<SourceRef> {
    let severity = match diagnostic.severity {
        Severity::Note => codespan::Severity::Note,
        Severity::Warning => codespan::Severity::Warning,
        Severity::Error => codespan::Severity::Error,
    };
    let notes = diagnostic.notes.iter().cloned();
    let helps = diagnostic.suggestions.iter().map(|s| format!("help: {}", s.message));
    codespan::Diagnostic::new(severity)
        .with_code(diagnostic.code.id())
        .with_message(&diagnostic.message)
        .with_labels(labels)
        .with_notes(elsewhere.into_iter().chain(notes).chain(helps).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::Syntax;
    use crate::diagnostic::{Applicability, Code};
    use crate::text::{LineIndex, Span};

    fn analysis() -> Analysis {
        let mut analysis = Analysis::from_bytes(b"\xff", Syntax::Json);
        analysis.text = "{\n  \"slug\": \"k\u{1f600}c\",\n}\n".to_owned();
        analysis.lines = LineIndex::new(&analysis.text);
        analysis.diagnostics = vec![
            Diagnostic::new(
                Code::UnknownStep,
                Span::new(12, 20),
                "no step is called \"k\u{1f600}c\"",
            )
            .label("named here")
            .and(Span::new(0, 1), "in this workflow")
            .note("it has no steps")
            .fix(
                "did you mean \"kyc\"?",
                Span::new(13, 19),
                "kyc",
                Applicability::Maybe,
            ),
        ];
        analysis
    }

    #[test]
    fn an_excerpt_shows_what_and_why_and_what_to_do() {
        insta::assert_snapshot!(human(&analysis(), "kyc.json", false), @r#"
        error[WR0202]: no step is called "k😀c"
          ┌─ kyc.json:2:11
          │
        1 │ {
          │ - in this workflow
        2 │   "slug": "k😀c",
          │           ^^^^^^ named here
          │
          = it has no steps
          = help: did you mean "kyc"?
        "#);
    }

    #[test]
    fn a_text_cannot_drive_the_terminal() {
        let text = "{ \"\u{1b}[2J\": \"\u{202e}\", \"startNodeId\": \"\\u001b[2J\\n\", \"nodes\": [{\"id\":\"\"}] }";
        let analysis = Analysis::new(text, Syntax::Json);
        let shown = human(&analysis, "kyc.json", false);
        assert!(!shown.contains(['\u{1b}', '\u{202e}']), "{shown}");
        assert!(shown.contains("no step is called \"\\u{1b}[2J\\n\""), "{shown}");
    }

    #[test]
    fn of_a_long_line_only_the_part_that_matters_is_shown() {
        let padding = "\u{e9}".repeat(50_000);
        let text = format!(
            r#"{{"slug":"a","description":"{padding}","slug":"b","spec":{{"startNodeId":"a","nodes":[],"edges":[]}},"name":"{padding}"}}"#
        );
        let analysis = Analysis::new(text, Syntax::Json);
        let shown = human(&analysis, "kyc.json", false);
        assert!(shown.contains("kyc.json:1:50030") && shown.contains("\"slug\":\"b\""), "{shown}");
        assert!(shown.contains("= 1:2: first given here"), "{shown}");
        assert!(shown.lines().all(|line| line.len() < 300), "{shown}");
    }

    #[test]
    fn colours_and_places_past_the_end_are_fine() {
        let mut analysis = analysis();
        analysis.diagnostics_dropped = 3;
        if let Some(first) = analysis.diagnostics.first_mut() {
            first.primary.span = Span::new(15, 4_000);
        }
        let text = human(&analysis, "kyc.json", true);
        assert!(text.contains('\u{1b}') && text.contains("and 3 more"), "{text}");
    }
}
