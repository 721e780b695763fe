//! The items of a file, looked at before the grammar sees it: where a bracket or a quote is missing, nothing can be said
//! about what is inside what, so that item is set aside, and the others are read.

use crate::diagnostic::{Code, Diagnostic};
use crate::syntax::expr::Problem;
use crate::syntax::token::{Depth, Token, TokenKind, tokens};
use crate::text::Span;
use std::borrow::Cow;

/// The text with white space in place of the items that cannot be read, and a diagnostic for each of them.
pub(super) fn sound(text: &str) -> (Cow<'_, str>, Vec<Diagnostic>) {
    let tokens = placed(text);
    let mut diagnostics = Vec::new();
    let mut unsound: Vec<Span> = Vec::new();
    let mut rest = tokens.as_slice();
    while !rest.is_empty() {
        let (item, after) = rest.split_at(item_length(text, rest));
        if let Some(diagnostic) = problem(text, item) {
            diagnostics.push(diagnostic);
            unsound
                .extend(item.first().zip(item.last()).map(|(a, b)| a.token.span.to(b.token.span)));
        }
        rest = after;
    }
    if unsound.is_empty() {
        return (Cow::Borrowed(text), diagnostics);
    }
    let mut sound = text.to_owned().into_bytes();
    for span in unsound {
        let bytes = sound.get_mut(span.range()).unwrap_or_default();
        bytes.iter_mut().filter(|byte| **byte != b'\n').for_each(|byte| *byte = b' ');
    }
    // Whole characters were replaced, so this is UTF-8.
    (Cow::Owned(String::from_utf8(sound).unwrap_or_default()), diagnostics)
}

/// A token and how it stands on its line.
#[derive(Clone, Copy)]
struct Placed {
    token: Token,
    /// Whether it is the first on its line.
    first: bool,
    /// How far its line is indented.
    indent: u32,
}

fn placed(text: &str) -> Vec<Placed> {
    let (mut end, mut indent) = (0, 0);
    let mut place = |token: Token| {
        let gap = text.get(end as usize..token.span.start as usize).unwrap_or_default();
        let first = gap.contains('\n') || end == 0;
        if first {
            let line = gap.rsplit('\n').next().unwrap_or_default();
            indent = Span::new(0, line.len()).end;
        }
        end = token.span.end;
        Placed { token, first, indent }
    };
    tokens(text).map(&mut place).collect()
}

/// How many tokens belong to the first item; at least one.
fn item_length(text: &str, tokens: &[Placed]) -> usize {
    let mut depth = 0_usize;
    let mut docs = 0;
    for (at, Placed { token, .. }) in tokens.iter().enumerate() {
        match token.kind {
            TokenKind::Open(_) => depth += 1,
            TokenKind::Close(_) => depth = depth.saturating_sub(1),
            TokenKind::Word if at > docs && begins_item(text, tokens, at, depth) => {
                return at - docs;
            }
            TokenKind::Word
            | TokenKind::Text
            | TokenKind::Unclosed
            | TokenKind::Glued
            | TokenKind::Doc
            | TokenKind::Comment
            | TokenKind::Sign(_) => {}
        }
        docs = if token.kind == TokenKind::Doc { docs + 1 } else { 0 };
    }
    tokens.len()
}

/// Whether an item begins at a word. Inside brackets that is so only where nothing else can be meant: one of them is
/// not closed.
fn begins_item(text: &str, tokens: &[Placed], at: usize, depth: usize) -> bool {
    let Some(Placed { token, first, indent }) = tokens.get(at).copied() else { return false };
    let word = text.get(token.span.range()).unwrap_or_default();
    let next = tokens.get(at + 1).map(|next| next.token.kind);
    let outermost = depth == 0 || (first && indent == 0);
    let named = matches!(next, Some(TokenKind::Word | TokenKind::Text | TokenKind::Unclosed));
    match word {
        "workflow" => {
            let unnamed = next == Some(TokenKind::Open(b'{'));
            (named || unnamed) && outermost
        }
        "service" | "test" | "policy" => named && outermost,
        "use" | "type" => named && depth == 0,
        _ => false,
    }
}

/// An open bracket.
#[derive(Clone, Copy)]
struct Open {
    span: Span,
    bracket: u8,
    indent: u32,
}

/// What keeps an item from being read, if anything does.
fn problem(text: &str, item: &[Placed]) -> Option<Diagnostic> {
    let mut depth = Depth::default();
    let mut open: Vec<Open> = Vec::new();
    // Brackets that match, but stand as if they did not: what to point at when something is missing.
    let (mut suspect_open, mut suspect_close) = (None, None);
    for Placed { token, first, indent } in item {
        if let Some(problem) = Problem::of(*token, &mut depth, text) {
            let found = text.get(token.span.range());
            return Some(problem.describe("the text", token.span, found));
        }
        match token.kind {
            TokenKind::Open(bracket) => {
                open.push(Open { span: token.span, bracket, indent: *indent });
            }
            TokenKind::Close(bracket) => {
                let Some(last) = open.pop() else {
                    let span = suspect_close.unwrap_or(token.span);
                    return Some(closes_nothing(text, span));
                };
                if closing(last.bracket) != bracket {
                    return Some(mismatch(last, token.span, bracket));
                }
                if *first && *indent < last.indent {
                    suspect_open = suspect_open.or(Some(last));
                } else if *first && *indent > last.indent {
                    suspect_close = suspect_close.or(Some(token.span));
                }
            }
            TokenKind::Word
            | TokenKind::Text
            | TokenKind::Unclosed
            | TokenKind::Glued
            | TokenKind::Doc
            | TokenKind::Comment
            | TokenKind::Sign(_) => {}
        }
    }
    let last = open.pop()?;
    let unclosed = suspect_open.unwrap_or(last);
    let message = format!("`{}` is never closed", char::from(unclosed.bracket));
    Some(
        Diagnostic::new(Code::Unterminated, unclosed.span, message)
            .help(format!("add the `{}` that closes it", char::from(closing(unclosed.bracket)))),
    )
}

fn closes_nothing(text: &str, span: Span) -> Diagnostic {
    let bracket = text.get(span.range()).unwrap_or_default();
    Diagnostic::new(Code::UnexpectedToken, span, format!("`{bracket}` closes nothing"))
        .help("remove it, or open the block it was meant to close")
}

fn mismatch(open: Open, span: Span, found: u8) -> Diagnostic {
    let wanted = char::from(closing(open.bracket));
    let message = format!("`{}` does not close this bracket", char::from(found));
    Diagnostic::new(Code::UnexpectedToken, span, message)
        .label(format!("expected `{wanted}` first"))
        .and(open.span, "opened here")
        .help(format!("add `{wanted}`"))
}

fn closing(bracket: u8) -> u8 {
    match bracket {
        b'{' => b'}',
        b'[' => b']',
        _ => b')',
    }
}
