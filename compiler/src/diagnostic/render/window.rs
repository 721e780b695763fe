//! Long lines, of which an excerpt shows a window: a minified JSON text is one line.

use crate::analysis::Analysis;
use crate::diagnostic::{Diagnostic, Label, SourceRef};
use crate::limits::LINE_SHOWN_BYTES_MAX;
use crate::signatures;
use codespan_reporting::diagnostic as codespan;
use codespan_reporting::files::{Error, Files, SimpleFile};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;

/// What is shown of a long line before the place that matters.
const BEFORE_BYTES: usize = LINE_SHOWN_BYTES_MAX / 4;

type File<'a> = SimpleFile<String, Cow<'a, str>>;

/// The texts that labels point into.
pub(super) struct Sources<'a> {
    analysis: &'a Analysis,
    texts: BTreeMap<SourceRef, File<'a>>,
}

impl<'a> Sources<'a> {
    pub(super) fn new(analysis: &'a Analysis, name: &str) -> Self {
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
        Self { analysis, texts }
    }

    fn file(&self, id: SourceRef) -> Result<&File<'a>, Error> {
        self.texts.get(&id).ok_or(Error::FileMissing)
    }
}

/// The texts as one diagnostic shows them.
pub(super) struct View<'s, 'a> {
    sources: &'s Sources<'a>,
    /// Of a long line, the part that is shown.
    windows: BTreeMap<(SourceRef, usize), Range<usize>>,
}

impl<'s, 'a> View<'s, 'a> {
    /// The labels of a diagnostic, cut to what is shown of their lines; those that are not shown, as notes.
    pub(super) fn of(
        sources: &'s Sources<'a>,
        diagnostic: &Diagnostic,
    ) -> (Self, Vec<codespan::Label<SourceRef>>, Vec<String>) {
        let mut view = Self { sources, windows: BTreeMap::new() };
        let (mut labels, mut notes) = (Vec::new(), Vec::new());
        let secondary = diagnostic.secondary.iter().map(|l| (codespan::LabelStyle::Secondary, l));
        let primary = (codespan::LabelStyle::Primary, &diagnostic.primary);
        for (style, label) in std::iter::once(primary).chain(secondary) {
            match view.cut(label) {
                Some(range) => labels.push(
                    codespan::Label::new(style, label.source, range).with_message(&label.message),
                ),
                None => notes.push(view.elsewhere(label)),
            }
        }
        (view, labels, notes)
    }

    /// The part of a label that is shown; `None` when its line is long, and shown elsewhere.
    fn cut(&mut self, label: &Label) -> Option<Range<usize>> {
        let Ok(file) = self.sources.file(label.source) else { return Some(0..0) };
        let text: &str = file.source();
        let start = text.floor_char_boundary(label.span.start as usize);
        let end = text.ceil_char_boundary(label.span.end as usize);
        let line_of = |byte| {
            let index = file.line_index((), byte).unwrap_or(0);
            (index, file.line_range((), index).unwrap_or(0..0))
        };
        let ((index, line), (_, last)) = (line_of(start), line_of(end));
        if line.len().max(last.len()) <= LINE_SHOWN_BYTES_MAX {
            return Some(start..end);
        }
        let window = self.windows.entry((label.source, index)).or_insert_with(|| {
            let first =
                text.floor_char_boundary(start.saturating_sub(BEFORE_BYTES).max(line.start));
            let last = text.ceil_char_boundary(first + LINE_SHOWN_BYTES_MAX).min(line.end);
            first..last
        });
        let shown = window.start <= start && start <= window.end;
        shown.then(|| start..end.min(window.end))
    }

    fn elsewhere(&self, label: &Label) -> String {
        let analysis = self.sources.analysis;
        let at = analysis.lines.position(&analysis.text, label.span.start);
        format!("{}:{}: {}", at.line, at.column, label.message)
    }
}

impl<'v> Files<'v> for View<'_, '_> {
    type FileId = SourceRef;
    type Name = &'v str;
    type Source = &'v str;

    fn name(&'v self, id: SourceRef) -> Result<&'v str, Error> {
        Ok(self.sources.file(id)?.name())
    }

    fn source(&'v self, id: SourceRef) -> Result<&'v str, Error> {
        Ok(self.sources.file(id)?.source())
    }

    fn line_index(&'v self, id: SourceRef, byte: usize) -> Result<usize, Error> {
        self.sources.file(id)?.line_index((), byte)
    }

    fn column_number(&'v self, id: SourceRef, line: usize, byte: usize) -> Result<usize, Error> {
        match id {
            SourceRef::Main => {
                let analysis = self.sources.analysis;
                let byte = u32::try_from(byte).unwrap_or(u32::MAX);
                Ok(analysis.lines.position(&analysis.text, byte).column as usize)
            }
            SourceRef::Stdlib(_) => self.sources.file(id)?.column_number((), line, byte),
        }
    }

    fn line_range(&'v self, id: SourceRef, line: usize) -> Result<Range<usize>, Error> {
        if let Some(window) = self.windows.get(&(id, line)) {
            return Ok(window.clone());
        }
        let file = self.sources.file(id)?;
        let whole = file.line_range((), line)?;
        let end = file.source().ceil_char_boundary(whole.start + LINE_SHOWN_BYTES_MAX);
        Ok(whole.start..end.min(whole.end))
    }
}

/// The text with another character of the same length for each that a terminal would not show but obey.
fn printable(text: &str) -> Cow<'_, str> {
    let obeyed = |c: char| crate::diagnostic::is_unprintable(c) && !matches!(c, '\n' | '\r' | '\t');
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
