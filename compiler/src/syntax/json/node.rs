//! JSON values with their places.

use crate::syntax::span_map::SpanMap;
use crate::text::{Name, Span};

/// A JSON value and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Node {
    pub(crate) kind: Kind,
    pub(crate) span: Span,
}

/// The kinds of JSON value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Kind {
    Null,
    Bool(bool),
    Int(i64),
    Uint(u64),
    Double(f64),
    /// Unescaped text, and the way from it back into the source.
    String(String, SpanMap),
    List(Vec<Node>),
    /// Members in written order; of a key given twice, the first.
    Object(Vec<(Name, Node)>),
    /// Something that is no JSON value; reported.
    Error,
}

impl Node {
    /// What the value is, for messages.
    pub(crate) fn noun(&self) -> &'static str {
        match &self.kind {
            Kind::Null => "null",
            Kind::Bool(_) => "a boolean",
            Kind::Int(_) | Kind::Uint(_) | Kind::Double(_) => "a number",
            Kind::String(..) => "a string",
            Kind::List(_) => "a list",
            Kind::Object(_) => "an object",
            Kind::Error => "nothing readable",
        }
    }
}
