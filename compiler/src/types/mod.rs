//! Types: what a value can be, and which labels (secret, personal data) it carries.

mod assign;
mod build;
pub mod check;
mod display;
pub mod resolve;
mod schema;

pub use assign::Mismatch;
use assign::leaks;

use crate::diagnostic::SourceRef;
use crate::text::Span;
use indexmap::IndexMap;
use std::sync::Arc;

/// A type with its labels.
#[derive(Debug, Clone, PartialEq)]
pub struct Type {
    /// What the value can be.
    pub shape: Shape,
    /// What the value must not be shown to.
    pub labels: Labels,
}

/// Labels that travel with values through templates, records and calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Labels {
    /// May flow only into parameters declared `secret`.
    pub secret: bool,
    /// Personal data.
    pub pii: bool,
}

/// One of the labels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Label {
    /// `secret`.
    Secret,
    /// `pii`.
    Personal,
}

/// What a value can be.
#[derive(Debug, Clone, PartialEq)]
pub enum Shape {
    /// Already reported: fits everything, silently.
    Error,
    /// Anything; checked at run time.
    Json,
    /// `null`.
    Null,
    /// `bool`.
    Bool,
    /// `int`.
    Int,
    /// `number`: an integer or a double.
    Number,
    /// `string`.
    String,
    /// `bytes`.
    Bytes,
    /// `timestamp`.
    Timestamp,
    /// `duration`.
    Duration,
    /// One string; an enum is a union of these.
    Literal(Arc<str>),
    /// `[T]`.
    List(Arc<Type>),
    /// `{string: T}`.
    Map(Arc<Type>),
    /// `{a: T, b?: T}`.
    Record(Arc<RecordType>),
    /// `A | B`, flattened, at least two, no duplicates.
    Union(Arc<Vec<Type>>),
}

/// A record's fields.
#[derive(Debug, Clone, PartialEq)]
pub struct RecordType {
    /// The alias it was declared under, for messages: `identity.CaptureBundle`.
    pub name: Option<String>,
    /// Its fields, in declared order.
    pub fields: IndexMap<String, FieldInfo>,
    /// Whether other fields may be present (values from services: yes; literals of the author: no).
    pub open: bool,
}

/// One field of a record type.
#[derive(Debug, Clone, PartialEq)]
pub struct FieldInfo {
    /// Its type.
    pub ty: Type,
    /// Whether it may be absent.
    pub optional: bool,
    /// Its doc comment.
    pub doc: Option<String>,
    /// Where it is declared, when it is.
    pub declared: Option<(SourceRef, Span)>,
}
