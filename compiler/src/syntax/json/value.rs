//! JSON values as expressions.

use super::node::{Kind, Node};
use crate::diagnostic::Diagnostic;
use crate::syntax::template;
use crate::text::Spanned;
use crate::tree::{Expr, ExprKind, Field, FieldKey};

/// A value whose strings may hold templates.
pub(super) fn templated(node: &Node, diagnostics: &mut Vec<Diagnostic>) -> Expr {
    convert(node, &mut |text, map, span| {
        let (expr, found) = template::parse(text, map);
        diagnostics.extend(found);
        // A plain string is pointed at as a whole, quotes and all; an expression at its own text.
        match expr.kind {
            ExprKind::String(_) | ExprKind::Template(_) => Expr { span, ..expr },
            _ => expr,
        }
    })
}

/// A value whose strings stand for themselves.
pub(super) fn plain(node: &Node) -> Expr {
    convert(node, &mut |text, _, span| Expr { kind: ExprKind::String(text.to_owned()), span })
}

type OfString<'a> =
    &'a mut dyn FnMut(&str, &crate::syntax::span_map::SpanMap, crate::text::Span) -> Expr;

fn convert(node: &Node, of_string: OfString<'_>) -> Expr {
    let span = node.span;
    let kind = match &node.kind {
        Kind::Null => ExprKind::Null,
        Kind::Bool(value) => ExprKind::Bool(*value),
        Kind::Int(value) => ExprKind::Int(*value),
        Kind::Uint(value) => ExprKind::Uint(*value),
        Kind::Double(value) => ExprKind::Double(*value),
        Kind::String(text, map) => return of_string(text, map, span),
        Kind::List(items) => {
            ExprKind::List(items.iter().map(|item| convert(item, of_string)).collect())
        }
        Kind::Object(members) => ExprKind::Record(
            members
                .iter()
                .map(|(name, value)| Field {
                    key: FieldKey::Name(Spanned::new(name.value.clone(), name.span)),
                    value: convert(value, of_string),
                })
                .collect(),
        ),
        Kind::Error => ExprKind::Error,
    };
    Expr { kind, span }
}
