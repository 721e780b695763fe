//! Brackets, looked at before the grammar sees the text: a missing one is one message and not thirteen.

use crate::diagnostic::{Code, Diagnostic};
use crate::text::Span;

/// The bracket that does not match, if there is one. Strings and comments do not count.
pub(super) fn unbalanced(text: &str) -> Option<Diagnostic> {
    let bytes = text.as_bytes();
    let mut open: Vec<(usize, u8)> = Vec::new();
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'"' | b'\'' | b'`' => {
                at = string_end(bytes, at, byte);
                continue;
            }
            b'/' if bytes.get(at + 1) == Some(&b'/') => {
                at += bytes.iter().skip(at).take_while(|b| **b != b'\n').count();
                continue;
            }
            b'{' | b'[' | b'(' => open.push((at, byte)),
            b'}' | b']' | b')' => {
                let here = Span::new(at, at + 1);
                match open.pop() {
                    Some((_, bracket)) if closing(bracket) == byte => {}
                    Some((start, bracket)) => {
                        let message = format!("`{}` does not close this bracket", char::from(byte));
                        return Some(
                            Diagnostic::new(Code::UnexpectedToken, here, message)
                                .label(format!("expected `{}` first", char::from(closing(bracket))))
                                .and(Span::new(start, start + 1), "opened here"),
                        );
                    }
                    None => {
                        let message = format!("`{}` closes nothing", char::from(byte));
                        return Some(Diagnostic::new(Code::UnexpectedToken, here, message));
                    }
                }
            }
            _ => {}
        }
        at += 1;
    }
    let (start, bracket) = open.pop()?;
    let message = format!("`{}` is never closed", char::from(bracket));
    Some(Diagnostic::new(Code::Unterminated, Span::new(start, start + 1), message))
}

fn closing(bracket: u8) -> u8 {
    match bracket {
        b'{' => b'}',
        b'[' => b']',
        _ => b')',
    }
}

/// Just past the string that starts at `start`; the end of the line when it is not closed there.
fn string_end(bytes: &[u8], start: usize, quote: u8) -> usize {
    let long = [quote; 3];
    if quote != b'`' && bytes.get(start..start + 3) == Some(&long) {
        let body = bytes.get(start + 3..).unwrap_or_default();
        let close = body.windows(3).position(|w| w == long);
        return close.map_or(bytes.len(), |n| start + 3 + n + 3);
    }
    let raw = start.checked_sub(1).and_then(|before| bytes.get(before)).is_some_and(|b| {
        // Of `bar"`, the r belongs to the word before.
        matches!(b, b'r' | b'R')
            && start
                .checked_sub(2)
                .and_then(|at| bytes.get(at))
                .is_none_or(|b| !b.is_ascii_alphanumeric())
    });
    let mut at = start + 1;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'\\' if !raw => at += 1,
            b'\n' => return at,
            b if b == quote => return at + 1,
            _ => {}
        }
        at += 1;
    }
    bytes.len()
}
