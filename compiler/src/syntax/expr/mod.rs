//! Expressions: CEL text to tree.

mod build;
mod expected;
mod habit;
mod literal;

pub(crate) use build::{build, build_string, build_templated};
pub(crate) use expected::{describe, describe_in};
pub(crate) use habit::value as value_of_habit;
pub(crate) use literal::unescape;

use super::grammar::{Rule, WritGrammar};
use super::span_map::SpanMap;
use super::token::{Depth, TokenKind, tokens};
use crate::diagnostic::{Code, Diagnostic};
use crate::limits::{EXPRESSION_BYTES_MAX, NESTING_MAX};
use crate::text::Span;
use crate::tree::{Expr, ExprKind};
use pest::Parser;
use pest::error::InputLocation;

/// Parses one expression, which must take up the whole of `text`.
///
/// `at` leads from offsets in `text` to the source. What does not parse is [`ExprKind::Error`],
/// with one diagnostic.
#[must_use]
pub fn parse(text: &str, at: &SpanMap) -> (Expr, Vec<Diagnostic>) {
    let whole = at.span(0, text.len());
    let failed = |diagnostic| (Expr { kind: ExprKind::Error, span: whole }, vec![diagnostic]);
    if text.trim().is_empty() {
        return failed(
            Diagnostic::new(Code::EmptyExpression, whole, "the expression is empty")
                .help("write a value, such as `trigger.customerId`"),
        );
    }
    if text.len() > EXPRESSION_BYTES_MAX {
        let message = format!("the expression is longer than {EXPRESSION_BYTES_MAX} bytes");
        return failed(Diagnostic::new(Code::SourceTooLarge, whole, message));
    }
    if let Some((span, problem)) = unreadable(text) {
        let at = at.span(span.start as usize, span.end as usize);
        return failed(problem.describe("the expression", at, text.get(span.range())));
    }
    match WritGrammar::parse(Rule::expression_only, text) {
        Ok(mut pairs) => {
            let mut diagnostics = Vec::new();
            let expr = pairs.find(|pair| pair.as_rule() == Rule::expression).map_or_else(
                || Expr { kind: ExprKind::Error, span: whole },
                |pair| build(pair, at, &mut diagnostics),
            );
            (expr, diagnostics)
        }
        Err(error) => {
            let start = match error.location {
                InputLocation::Pos(at) | InputLocation::Span((at, _)) => at,
            };
            let unclosed = unclosed(text)
                .filter(|_| text.get(start..).is_none_or(|rest| rest.trim().is_empty()));
            failed(match unclosed {
                Some(span) => {
                    let bracket = text.get(span.range()).unwrap_or_default();
                    let span = at.span(span.start as usize, span.end as usize);
                    Diagnostic::new(
                        Code::Unterminated,
                        span,
                        format!("`{bracket}` is never closed"),
                    )
                }
                None => describe(text, start, &error.variant, at),
            })
        }
    }
}

/// The innermost bracket of a text that is never closed.
fn unclosed(text: &str) -> Option<Span> {
    let mut open = Vec::new();
    for token in tokens(text) {
        match token.kind {
            TokenKind::Open(_) => open.push(token.span),
            TokenKind::Close(_) => drop(open.pop()),
            TokenKind::Word
            | TokenKind::Text
            | TokenKind::Unclosed
            | TokenKind::Glued
            | TokenKind::Doc
            | TokenKind::Comment
            | TokenKind::Sign(_) => {}
        }
    }
    open.pop()
}

/// What the parser must not be given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Problem {
    /// A string without an end.
    Unclosed,
    /// A word with a string right behind it.
    Glued,
    /// Nesting beyond the limit, which would exhaust the stack.
    TooDeep,
}

impl Problem {
    /// What a token is to the depth seen so far, if it is a problem at all.
    pub(crate) fn of(token: super::token::Token, depth: &mut Depth, text: &str) -> Option<Self> {
        match token.kind {
            TokenKind::Unclosed => Some(Self::Unclosed),
            TokenKind::Glued => Some(Self::Glued),
            _ => depth.is_exceeded_by(token, text).then_some(Self::TooDeep),
        }
    }

    /// The problem in words; `whole` is what it is found in, and `found` the text at the place.
    pub(crate) fn describe(self, whole: &str, span: Span, found: Option<&str>) -> Diagnostic {
        let found = found.unwrap_or_default();
        match self {
            Self::Unclosed => {
                let quoted = found.trim_start_matches(|c: char| c.is_ascii_alphabetic());
                let long = ["\"\"\"", "'''"].into_iter().find(|long| quoted.starts_with(long));
                let quote = long.or_else(|| quoted.get(..1)).unwrap_or("\"");
                let message = if long.is_some() {
                    "the string is not closed"
                } else {
                    "the string is not closed on its line"
                };
                Diagnostic::new(Code::Unterminated, span, message)
                    .help(format!("close it with `{quote}`"))
            }
            Self::Glued => {
                let message = format!("`{found}`: a string right behind a word");
                Diagnostic::new(Code::UnexpectedToken, span, message)
                    .help("put a space between the two")
            }
            Self::TooDeep => Diagnostic::new(
                Code::TooDeep,
                span,
                format!("{whole} is nested too deeply"),
            )
            .help(format!(
                "nothing nests more than {NESTING_MAX} deep: make inner parts in steps of their own"
            )),
        }
    }
}

/// The first problem of a text and its place in it.
fn unreadable(text: &str) -> Option<(Span, Problem)> {
    let mut depth = Depth::default();
    tokens(text)
        .find_map(|token| Problem::of(token, &mut depth, text).map(|problem| (token.span, problem)))
}

#[cfg(test)]
mod tests;
