//! Positions as the protocol counts them: zero-based lines, columns in the negotiated code units.

use tower_lsp_server::ls_types::{Position, PositionEncodingKind};

/// What a column counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Encoding {
    /// Bytes of UTF-8; taken whenever the client offers it, because it is what spans count.
    Utf8,
    /// UTF-16 code units; what every client must understand.
    #[default]
    Utf16,
}

impl Encoding {
    /// The best encoding that the client offers.
    pub(crate) fn negotiate(offered: Option<&[PositionEncodingKind]>) -> Self {
        match offered {
            Some(kinds) if kinds.contains(&PositionEncodingKind::UTF8) => Self::Utf8,
            _ => Self::Utf16,
        }
    }

    /// Its name in the protocol.
    pub(crate) fn kind(self) -> PositionEncodingKind {
        match self {
            Self::Utf8 => PositionEncodingKind::UTF8,
            Self::Utf16 => PositionEncodingKind::UTF16,
        }
    }

    fn units(self, c: char) -> usize {
        match self {
            Self::Utf8 => c.len_utf8(),
            Self::Utf16 => c.len_utf16(),
        }
    }

    /// The position of a byte offset; an offset inside a character counts as that character's start.
    pub(crate) fn position(self, text: &str, offset: usize) -> Position {
        let mut offset = offset.min(text.len());
        while !text.is_char_boundary(offset) {
            offset -= 1;
        }
        let before = text.get(..offset).unwrap_or(text);
        let line_start = before.rfind('\n').map_or(0, |i| i + 1);
        let line = before.bytes().filter(|b| *b == b'\n').count();
        let column: usize =
            before.get(line_start..).unwrap_or("").chars().map(|c| self.units(c)).sum();
        Position::new(saturating(line), saturating(column))
    }

    /// The byte offset of a position. Past the end of a line it is the line's end, before its line break; past
    /// the last line it is the text's end.
    pub(crate) fn offset(self, text: &str, position: Position) -> usize {
        let mut start = 0;
        for _ in 0..position.line {
            match text.get(start..).and_then(|rest| rest.find('\n')) {
                Some(i) => start += i + 1,
                None => return text.len(),
            }
        }
        let rest = text.get(start..).unwrap_or("");
        let line = rest.split_once('\n').map_or(rest, |(line, _)| line);
        let line = line.strip_suffix('\r').unwrap_or(line);
        let mut units = 0;
        for (i, c) in line.char_indices() {
            if units >= position.character as usize {
                return start + i;
            }
            units += self.units(c);
        }
        start + line.len()
    }
}

fn saturating(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "one\r\né😀x\n\nlast";

    #[test]
    fn columns_count_the_negotiated_units() {
        let x = TEXT.find('x').unwrap_or_default();
        assert_eq!(Encoding::Utf8.position(TEXT, x), Position::new(1, 6));
        assert_eq!(Encoding::Utf16.position(TEXT, x), Position::new(1, 3));
    }

    #[test]
    fn offsets_and_positions_are_inverse_at_every_character() {
        for encoding in [Encoding::Utf8, Encoding::Utf16] {
            for (i, c) in TEXT.char_indices().filter(|(_, c)| *c != '\n') {
                assert_eq!(encoding.offset(TEXT, encoding.position(TEXT, i)), i, "{c:?}");
            }
            assert_eq!(encoding.offset(TEXT, encoding.position(TEXT, TEXT.len())), TEXT.len());
        }
    }

    #[test]
    fn positions_outside_the_text_are_its_nearest_place() {
        assert_eq!(Encoding::Utf16.offset(TEXT, Position::new(0, 99)), 3);
        assert_eq!(Encoding::Utf16.offset(TEXT, Position::new(99, 0)), TEXT.len());
        assert_eq!(Encoding::Utf16.position(TEXT, 999), Encoding::Utf16.position(TEXT, TEXT.len()));
    }
}
