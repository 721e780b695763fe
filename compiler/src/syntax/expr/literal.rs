//! Literals: strings with their escapes, bytes, numbers.

use crate::diagnostic::{Code, Diagnostic};
use crate::syntax::span_map::SpanMap;
use crate::tree::ExprKind;

/// The value of a string literal with its quotes; bad escapes are reported and left as written.
pub(crate) fn unescape(
    literal: &str,
    start: usize,
    at: &SpanMap,
    diagnostics: &mut Vec<Diagnostic>,
) -> String {
    unescape_mapped(literal, start, at, diagnostics).0
}

/// The same, with the way from the value back to the source.
pub(crate) fn unescape_mapped(
    literal: &str,
    start: usize,
    at: &SpanMap,
    diagnostics: &mut Vec<Diagnostic>,
) -> (String, SpanMap) {
    let (raw, quoted) = match literal.strip_prefix(['r', 'R']) {
        Some(rest) => (true, rest),
        None => (false, literal),
    };
    let prefix = literal.len() - quoted.len();
    let quote = if quoted.starts_with("\"\"\"") || quoted.starts_with("'''") { 3 } else { 1 };
    let body = quoted.get(quote..quoted.len().saturating_sub(quote)).unwrap_or_default();
    let mut map = at.from(start + prefix + quote);
    if raw {
        return (body.to_owned(), map);
    }
    map = SpanMap::verbatim(at.offset(start + prefix + quote));
    let mut text = String::with_capacity(body.len());
    let mut rest = body;
    while let Some(backslash) = rest.find('\\') {
        text.push_str(rest.get(..backslash).unwrap_or_default());
        let escape = rest.get(backslash + 1..).unwrap_or_default();
        let (value, used) = escape_value(escape);
        let offset = start + prefix + quote + (body.len() - rest.len()) + backslash;
        match value {
            Some(c) => text.push(c),
            None => {
                let written = rest.get(backslash..=backslash + used).unwrap_or_default();
                let span = at.span(offset, offset + written.len());
                diagnostics.push(
                    Diagnostic::new(Code::BadEscape, span, format!("`{written}` is no escape"))
                        .help("for a backslash, write `\\\\`"),
                );
                text.push_str(written);
            }
        }
        rest = escape.get(used..).unwrap_or_default();
        map.push(text.len(), at.offset(start + prefix + quote + body.len() - rest.len()));
    }
    text.push_str(rest);
    (text, map)
}

/// The character of the escape after a backslash, if it is one, and how many bytes it takes.
fn escape_value(escape: &str) -> (Option<char>, usize) {
    let Some(first) = escape.chars().next() else { return (None, 0) };
    let digits = |skip: usize, n: usize, radix: u32| {
        let text = escape.get(skip..skip + n).filter(|t| t.chars().all(|c| c.is_digit(radix)));
        let value = text.and_then(|t| u32::from_str_radix(t, radix).ok()).and_then(char::from_u32);
        (value, if value.is_some() { skip + n } else { 1 })
    };
    match first {
        'a' => (Some('\u{7}'), 1),
        'b' => (Some('\u{8}'), 1),
        'f' => (Some('\u{c}'), 1),
        'n' => (Some('\n'), 1),
        'r' => (Some('\r'), 1),
        't' => (Some('\t'), 1),
        'v' => (Some('\u{b}'), 1),
        '\\' | '?' | '"' | '\'' | '`' => (Some(first), 1),
        'x' | 'X' => digits(1, 2, 16),
        'u' => digits(1, 4, 16),
        'U' => digits(1, 8, 16),
        '0'..='3' => digits(0, 3, 8),
        other => (None, other.len_utf8()),
    }
}

/// The bytes of a `b"..."` literal: an escape in hexadecimal or octal stands for one byte, every other character for
/// its UTF-8. Bad escapes are reported and left as written.
pub(crate) fn bytes(
    literal: &str,
    start: usize,
    at: &SpanMap,
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<u8> {
    let quoted = literal.get(1..).unwrap_or_default();
    let (raw, quoted) = match quoted.strip_prefix(['r', 'R']) {
        Some(rest) => (true, rest),
        None => (false, quoted),
    };
    let quote = if quoted.starts_with("\"\"\"") || quoted.starts_with("'''") { 3 } else { 1 };
    let body = quoted.get(quote..quoted.len().saturating_sub(quote)).unwrap_or_default();
    if raw {
        return body.as_bytes().to_vec();
    }
    let begin = start + literal.len() - quoted.len() + quote;
    let mut out = Vec::with_capacity(body.len());
    let mut rest = body;
    while let Some(backslash) = rest.find('\\') {
        out.extend_from_slice(rest.get(..backslash).unwrap_or_default().as_bytes());
        let escape = rest.get(backslash + 1..).unwrap_or_default();
        let (value, used) = escape_value(escape);
        let code = value.map(u32::from).and_then(|code| u8::try_from(code).ok());
        match code.filter(|_| !escape.starts_with(['u', 'U'])) {
            Some(byte) => out.push(byte),
            None => {
                let written = rest.get(backslash..=backslash + used).unwrap_or_default();
                let offset = begin + (body.len() - rest.len()) + backslash;
                let span = at.span(offset, offset + written.len());
                let message = format!("`{written}` is no escape in bytes");
                diagnostics.push(
                    Diagnostic::new(Code::BadEscape, span, message)
                        .help("write the character itself, or its bytes as `\\x..`"),
                );
                out.extend_from_slice(written.as_bytes());
            }
        }
        rest = escape.get(used..).unwrap_or_default();
    }
    out.extend_from_slice(rest.as_bytes());
    out
}

/// An integer literal: decimal or `0x`, with `u` for unsigned. `negative` says that a minus stands before it.
pub(crate) fn integer(literal: &str, negative: bool) -> Option<ExprKind> {
    let (digits, unsigned) = match literal.strip_suffix(['u', 'U']) {
        Some(digits) => (digits, true),
        None => (literal, false),
    };
    let magnitude = match digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X")) {
        Some(hex) => u64::from_str_radix(hex, 16).ok()?,
        None => digits.parse().ok()?,
    };
    if unsigned {
        return (!negative).then_some(ExprKind::Uint(magnitude));
    }
    let value = if negative { -i128::from(magnitude) } else { i128::from(magnitude) };
    i64::try_from(value).ok().map(ExprKind::Int)
}
