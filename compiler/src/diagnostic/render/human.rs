//! Source excerpts for people, through codespan-reporting.

use crate::analysis::Analysis;
use crate::diagnostic::{Diagnostic, Label, Severity, SourceRef, is_unprintable};
use crate::signatures;
use codespan_reporting::diagnostic as codespan;
use codespan_reporting::files::{Error, Files, SimpleFile};
use codespan_reporting::term::termcolor::{Ansi, NoColor, WriteColor};
use codespan_reporting::term::{Config, emit_to_write_style};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;

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
        let shown = excerpt(diagnostic, sources);
        if emit_to_write_style(out, &config, sources, &shown).is_err() {
            // Memory takes every byte, and every span was clamped to its text: the sentence alone must do.
            let _ = writeln!(out, "{}: {}", diagnostic.code.id(), diagnostic.message);
        }
    }
    if analysis.diagnostics_dropped > 0 {
        let _ = writeln!(out, "and {} more that are not shown", analysis.diagnostics_dropped);
    }
}

fn excerpt(diagnostic: &Diagnostic, sources: &Sources<'_>) -> codespan::Diagnostic<SourceRef> {
    let severity = match diagnostic.severity {
        Severity::Note => codespan::Severity::Note,
        Severity::Warning => codespan::Severity::Warning,
        Severity::Error => codespan::Severity::Error,
    };
    let primary = sources.label(codespan::LabelStyle::Primary, &diagnostic.primary);
    let secondary = diagnostic
        .secondary
        .iter()
        .map(|label| sources.label(codespan::LabelStyle::Secondary, label));
    let helps = diagnostic.suggestions.iter().map(|s| format!("help: {}", s.message));
    codespan::Diagnostic::new(severity)
        .with_code(diagnostic.code.id())
        .with_message(&diagnostic.message)
        .with_labels(std::iter::once(primary).chain(secondary).collect())
        .with_notes(diagnostic.notes.iter().cloned().chain(helps).collect())
}

/// The texts that labels point into.
struct Sources<'a> {
    texts: BTreeMap<SourceRef, SimpleFile<String, Cow<'a, str>>>,
}

impl<'a> Sources<'a> {
    fn new(analysis: &'a Analysis, name: &str) -> Self {
        let mut texts = BTreeMap::new();
        texts.insert(SourceRef::Main, SimpleFile::new(name.to_owned(), printable(&analysis.text)));
        let labels = analysis.diagnostics.iter().flat_map(|d| &d.secondary);
        for source in labels.map(|label| label.source) {
            if let SourceRef::Stdlib(service) = source {
                texts.entry(source).or_insert_with(|| {
                    let text = signatures::source_text(service).unwrap_or_default();
                    SimpleFile::new(format!("<{service}>"), Cow::Borrowed(text))
                });
            }
        }
        Self { texts }
    }

    fn label(&self, style: codespan::LabelStyle, label: &Label) -> codespan::Label<SourceRef> {
        let text = self.texts.get(&label.source).map_or("", |file| file.source().as_ref());
        let (start, end) = (label.span.start as usize, label.span.end as usize);
        let range = text.floor_char_boundary(start)..text.ceil_char_boundary(end);
        codespan::Label::new(style, label.source, range).with_message(&label.message)
    }

    fn file(&self, id: SourceRef) -> Result<&SimpleFile<String, Cow<'a, str>>, Error> {
        self.texts.get(&id).ok_or(Error::FileMissing)
    }
}

impl<'s> Files<'s> for Sources<'_> {
    type FileId = SourceRef;
    type Name = &'s str;
    type Source = &'s str;

    fn name(&'s self, id: SourceRef) -> Result<&'s str, Error> {
        Ok(self.file(id)?.name())
    }

    fn source(&'s self, id: SourceRef) -> Result<&'s str, Error> {
        Ok(self.file(id)?.source())
    }

    fn line_index(&'s self, id: SourceRef, byte: usize) -> Result<usize, Error> {
        self.file(id)?.line_index((), byte)
    }

    fn line_range(&'s self, id: SourceRef, line: usize) -> Result<Range<usize>, Error> {
        self.file(id)?.line_range((), line)
    }
}

/// The text with another character of the same length for each that a terminal would not show but obey.
fn printable(text: &str) -> Cow<'_, str> {
    let obeyed = |c: char| is_unprintable(c) && !matches!(c, '\n' | '\r' | '\t');
    if !text.contains(obeyed) {
        return Cow::Borrowed(text);
    }
    let shown = text.chars().map(|c| match c.len_utf8() {
        _ if !obeyed(c) => c,
        1 => '?',
        2 => '\u{bf}',
        _ => '\u{fffd}',
    });
    Cow::Owned(shown.collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::Syntax;
    use crate::diagnostic::{Applicability, Code};
    use crate::text::Span;

    fn analysis() -> Analysis {
        let mut analysis = Analysis::from_bytes(b"\xff", Syntax::Json);
        analysis.text = "{\n  \"slug\": \"k\u{1f600}c\",\n}\n".to_owned();
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
