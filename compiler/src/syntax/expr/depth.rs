//! A bound on nesting, taken before the parser sees the text, so that no input exhausts the stack.

use crate::limits::NESTING_MAX;

/// The offset at which the text nests deeper than [`NESTING_MAX`], by brackets, conditionals or
/// runs of unary operators; `None` when it does not. Strings and comments do not count.
pub(crate) fn too_deep(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let (mut depth, mut conditionals, mut run, mut at) = (0_usize, 0_usize, 0_usize, 0_usize);
    while let Some(&byte) = bytes.get(at) {
        let mut next = at + 1;
        run = if matches!(byte, b'!' | b'-') {
            run + 1
        } else if byte == b' ' {
            run
        } else {
            0
        };
        match byte {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            b'?' => conditionals += 1,
            b',' | b'\n' => conditionals = 0,
            b'"' | b'\'' => next = string_end(bytes, at, byte),
            b'/' if bytes.get(at + 1) == Some(&b'/') => {
                next =
                    bytes.iter().skip(at).position(|b| *b == b'\n').map_or(bytes.len(), |n| at + n);
            }
            _ => {}
        }
        if depth + conditionals > NESTING_MAX || run > NESTING_MAX {
            return Some(at);
        }
        at = next;
    }
    None
}

/// Just past the string that starts at `start`; the end of the line when it is not closed.
fn string_end(bytes: &[u8], start: usize, quote: u8) -> usize {
    let mut at = start + 1;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'\\' => at += 1,
            b'\n' => return at,
            b if b == quote => return at + 1,
            _ => {}
        }
        at += 1;
    }
    bytes.len()
}
