//! Expressions: CEL text to tree.

mod build;
mod depth;
mod expected;
mod literal;

pub(crate) use build::{build, build_string, build_templated};
pub(crate) use depth::too_deep;
pub(crate) use expected::{describe, describe_in};
pub(crate) use literal::unescape;

use super::grammar::{Rule, WritGrammar};
use super::span_map::SpanMap;
use crate::diagnostic::{Code, Diagnostic};
use crate::limits::EXPRESSION_BYTES_MAX;
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
    if let Some(offset) = too_deep(text) {
        let span = at.span(offset, offset + 1);
        return failed(Diagnostic::new(Code::TooDeep, span, "the expression is nested too deeply"));
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
            failed(describe(text, start, &error.variant, at))
        }
    }
}

#[cfg(test)]
mod tests;
