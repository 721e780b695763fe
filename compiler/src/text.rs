//! Source text and positions in it.

use serde::{Deserialize, Serialize};

/// A half-open range of byte offsets into one source text.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize,
)]
pub struct Span {
    /// Offset of the first byte.
    pub start: u32,
    /// Offset just past the last byte.
    pub end: u32,
}

impl Span {
    /// A span from `start` up to, not including, `end`, in bytes.
    #[must_use]
    pub fn new(start: usize, end: usize) -> Self {
        let clamp = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Self { start: clamp(start), end: clamp(end.max(start)) }
    }

    /// The smallest span that covers both.
    #[must_use]
    pub fn to(self, other: Self) -> Self {
        Self { start: self.start.min(other.start), end: self.end.max(other.end) }
    }

    /// The span as a byte range, for slicing.
    #[must_use]
    pub fn range(self) -> std::ops::Range<usize> {
        self.start as usize..self.end as usize
    }
}

/// A value and where it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spanned<T> {
    /// The value.
    pub value: T,
    /// Where it stands in the source.
    pub span: Span,
}

impl<T> Spanned<T> {
    /// Pairs a value with its place.
    pub fn new(value: T, span: Span) -> Self {
        Self { value, span }
    }
}

/// A name as the author wrote it, without quotes.
pub type Name = Spanned<String>;

/// A one-based line and column; columns count Unicode scalar values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Position {
    /// One-based line number.
    pub line: u32,
    /// One-based column, in Unicode scalar values.
    pub column: u32,
}

/// Start offsets of the lines of one text.
#[derive(Debug, Clone)]
pub struct LineIndex {
    starts: Vec<u32>,
    /// How many characters stand before each [`BLOCK_BYTES`] of the text: a line may be as long as the text.
    chars: Vec<u32>,
}

/// How far apart the places are for which [`LineIndex`] knows how many characters stand before them.
const BLOCK_BYTES: usize = 1024;

impl LineIndex {
    /// Finds the lines of `text`; `\n` and `\r\n` end a line.
    #[must_use]
    pub fn new(text: &str) -> Self {
        let mut starts = vec![0];
        starts.extend(
            text.bytes()
                .enumerate()
                .filter(|(_, b)| *b == b'\n')
                .map(|(i, _)| Span::new(i + 1, i + 1).start),
        );
        let mut chars = Vec::with_capacity(text.len() / BLOCK_BYTES + 1);
        let mut before = 0_u32;
        for block in text.as_bytes().chunks(BLOCK_BYTES) {
            chars.push(before);
            before = before.saturating_add(char_starts(block));
        }
        Self { starts, chars }
    }

    /// The line and column of a byte offset of the same `text`.
    #[must_use]
    pub fn position(&self, text: &str, offset: u32) -> Position {
        let line = self.starts.partition_point(|&s| s <= offset).saturating_sub(1);
        let start = self.starts.get(line).copied().unwrap_or(0) as usize;
        let mut end = (offset as usize).min(text.len());
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        let column = self.chars_before(text, end).saturating_sub(self.chars_before(text, start));
        Position { line: Span::new(line + 1, line + 1).start, column: column.saturating_add(1) }
    }

    /// How many characters stand before a byte of the text.
    fn chars_before(&self, text: &str, byte: usize) -> u32 {
        let block = byte / BLOCK_BYTES;
        let within = text.as_bytes().get(block * BLOCK_BYTES..byte).map_or(0, char_starts);
        // Past the last block nothing follows.
        self.chars.get(block).map_or_else(|| self.all_chars(text), |before| before + within)
    }

    fn all_chars(&self, text: &str) -> u32 {
        let last = self.chars.len().saturating_sub(1);
        let rest = text.as_bytes().get(last * BLOCK_BYTES..).map_or(0, char_starts);
        self.chars.last().map_or(0, |before| before + rest)
    }

    /// Byte offset at which a zero-based line starts, or `None` past the last line.
    #[must_use]
    pub fn line_start(&self, line: usize) -> Option<u32> {
        self.starts.get(line).copied()
    }
}

/// How many characters begin in a piece of UTF-8.
fn char_starts(bytes: &[u8]) -> u32 {
    let starts = bytes.iter().filter(|byte| !(0x80..0xC0).contains(*byte)).count();
    u32::try_from(starts).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn columns_count_characters(text in "[a\u{e9}\u{1f600}\n]{0,3000}", at in any::<prop::sample::Index>()) {
            let mut at = at.index(text.len() + 1);
            while !text.is_char_boundary(at) {
                at -= 1;
            }
            let before = text.get(..at).unwrap_or_default();
            let line = before.matches('\n').count() + 1;
            let column = before.rsplit('\n').next().map_or(0, |line| line.chars().count()) + 1;
            let span = Span::new(at, at);
            let found = LineIndex::new(&text).position(&text, span.start);
            prop_assert_eq!((found.line as usize, found.column as usize), (line, column));
        }
    }
}
