//! JSON string escapes, and the map from the text back to the source.

use crate::diagnostic::{Code, Diagnostic};
use crate::syntax::span_map::SpanMap;
use crate::text::Span;

/// The text between the quotes, unescaped; `start` is its place in the source. Bad escapes and bare
/// control characters are reported.
pub(super) fn unescape(
    body: &str,
    start: usize,
    diagnostics: &mut Vec<Diagnostic>,
) -> (String, SpanMap) {
    let mut map = SpanMap::verbatim(Span::new(start, start).start);
    let mut text = String::with_capacity(body.len());
    let mut at = 0;
    while let Some(c) = body.get(at..).and_then(|rest| rest.chars().next()) {
        let here = start + at;
        if c == '\\' {
            let (value, used) = escape(body.get(at..).unwrap_or_default());
            let span = Span::new(here, here + used);
            match value {
                Ok(c) => {
                    map.push(text.len(), span.start);
                    text.push(c);
                    map.push(text.len(), span.end);
                }
                Err(message) => diagnostics.push(Diagnostic::new(Code::BadEscape, span, message)),
            }
            at += used;
            continue;
        }
        if u32::from(c) < 0x20 {
            let message = format!("control character U+{:04X} in a string", u32::from(c));
            let diagnostic = Diagnostic::new(Code::BadEscape, Span::new(here, here + 1), message);
            diagnostics.push(diagnostic.help(format!("write `\\u{:04x}`", u32::from(c))));
        }
        text.push(c);
        at += c.len_utf8();
    }
    (text, map)
}

/// A piece of a string's source without its escapes; `None` when it is no piece of one string: no quote stands bare there.
pub(crate) fn unescaped(piece: &str) -> Option<String> {
    let mut problems = Vec::new();
    let (text, _) = unescape(piece, 0, &mut problems);
    let mut escaped = false;
    let is_inside = piece.bytes().all(|byte| {
        let bare = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        !bare
    });
    (is_inside && problems.is_empty()).then_some(text)
}

/// The character of the escape at the start of `rest`, and the bytes it takes there.
fn escape(rest: &str) -> (Result<char, String>, usize) {
    let simple = |c| (Ok(c), 2);
    match rest.chars().nth(1) {
        Some('"') => simple('"'),
        Some('\\') => simple('\\'),
        Some('/') => simple('/'),
        Some('b') => simple('\u{8}'),
        Some('f') => simple('\u{c}'),
        Some('n') => simple('\n'),
        Some('r') => simple('\r'),
        Some('t') => simple('\t'),
        Some('u') => unicode(rest),
        Some(other) => (
            Err(format!("`\\{other}` is no escape of JSON; for a backslash, write `\\\\`")),
            1 + other.len_utf8(),
        ),
        None => (Err("a backslash at the end of the string".to_owned()), 1),
    }
}

fn unicode(rest: &str) -> (Result<char, String>, usize) {
    let unit = |at: usize| {
        let digits = rest.get(at..at + 4)?;
        let all_hex = digits.bytes().all(|b| b.is_ascii_hexdigit());
        all_hex.then(|| u32::from_str_radix(digits, 16).ok()).flatten()
    };
    let Some(first) = unit(2) else {
        return (Err("`\\u` needs four hexadecimal digits".to_owned()), 2);
    };
    match first {
        0xD800..=0xDBFF => {
            let second = rest.get(6..8).filter(|s| *s == "\\u").and_then(|_| unit(8));
            match second {
                Some(low @ 0xDC00..=0xDFFF) => {
                    let code = 0x1_0000 + ((first - 0xD800) << 10) + (low - 0xDC00);
                    (char::from_u32(code).ok_or_else(|| "no such character".to_owned()), 12)
                }
                _ => (Err("the first half of a surrogate pair without the second".to_owned()), 6),
            }
        }
        0xDC00..=0xDFFF => {
            (Err("the second half of a surrogate pair without the first".to_owned()), 6)
        }
        code => (char::from_u32(code).ok_or_else(|| "no such character".to_owned()), 6),
    }
}
