//! From offsets in unescaped text back to the source.

use crate::text::Span;

/// Maps offsets in a piece of text to offsets in the source it was taken from.
///
/// Text of a `.writ` file maps one to one; text of a JSON string is shorter than its source
/// wherever an escape stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpanMap {
    /// `(offset in the text, offset in the source)`, ascending: from there on the two run in step.
    pieces: Vec<(u32, u32)>,
}

impl SpanMap {
    /// Text that stands in the source unchanged, from byte `start` on.
    #[must_use]
    pub fn verbatim(start: u32) -> Self {
        Self { pieces: vec![(0, start)] }
    }

    /// Says that from `text` on, the text runs in step with the source from `source` on.
    pub(crate) fn push(&mut self, text: usize, source: u32) {
        self.pieces.push((Span::new(text, text).start, source));
    }

    /// The place in the source of an offset in the text.
    #[must_use]
    pub fn offset(&self, text: usize) -> u32 {
        let text = Span::new(text, text).start;
        let after = self.pieces.partition_point(|&(start, _)| start <= text);
        let (start, source) = after
            .checked_sub(1)
            .and_then(|at| self.pieces.get(at))
            .or_else(|| self.pieces.first())
            .copied()
            .unwrap_or((0, 0));
        source.saturating_add(text.saturating_sub(start))
    }

    /// The place in the source of a range of the text.
    #[must_use]
    pub fn span(&self, start: usize, end: usize) -> Span {
        let (start, end) = (self.offset(start), self.offset(end));
        Span { start, end: end.max(start) }
    }

    /// The map of the text from `start` on.
    #[must_use]
    pub fn from(&self, start: usize) -> Self {
        let cut = Span::new(start, start).start;
        let mut pieces = vec![(0, self.offset(start))];
        pieces.extend(
            self.pieces
                .iter()
                .filter(|(text, _)| *text > cut)
                .map(|(text, source)| (text - cut, *source)),
        );
        Self { pieces }
    }
}
