//! Values of tests as text.

use super::Given;
use super::value::SAMPLE;
use crate::convert::expr::{Style, text};
use crate::text::{Span, Spanned};
use crate::tree::{Expr, ExprKind, Field, FieldKey};
use crate::value::Value;

impl Given {
    /// As a `.writ` file has it, on one line.
    #[must_use]
    pub fn to_writ(&self) -> String {
        text(&self.expr(), Style::Writ)
    }

    fn expr(&self) -> Expr {
        match self {
            Self::Sample => expr(ExprKind::Ident(SAMPLE.to_owned())),
            Self::Value(value) => literal(value),
            Self::List(items) => expr(ExprKind::List(items.iter().map(Self::expr).collect())),
            Self::Record(fields) => {
                record(fields.iter().map(|(name, given)| (name.as_str(), given.expr())))
            }
        }
    }
}

fn literal(value: &Value) -> Expr {
    expr(match value {
        Value::Null => ExprKind::Null,
        Value::Bool(value) => ExprKind::Bool(*value),
        Value::Int(value) => ExprKind::Int(*value),
        Value::Uint(value) => ExprKind::Uint(*value),
        Value::Double(value) => ExprKind::Double(*value),
        Value::String(text) => ExprKind::String(text.to_string()),
        Value::List(items) => ExprKind::List(items.iter().map(literal).collect()),
        Value::Map(fields) => {
            return record(fields.iter().map(|(name, value)| (&**name, literal(value))));
        }
        // A test's values are as a service sends them, which has no other words for these.
        Value::Bytes(_) | Value::Timestamp(_) | Value::Duration(_) => {
            ExprKind::String(value.to_json().trim_matches('"').to_owned())
        }
    })
}

fn record<'f>(fields: impl Iterator<Item = (&'f str, Expr)>) -> Expr {
    let fields = fields.map(|(name, value)| {
        let name = Spanned::new(name.to_owned(), Span::default());
        Field { key: FieldKey::Name(name), value }
    });
    expr(ExprKind::Record(fields.collect()))
}

fn expr(kind: ExprKind) -> Expr {
    Expr { kind, span: Span::default() }
}
