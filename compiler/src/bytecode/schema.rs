//! Types as they stand in a program: for validating inputs, redacting secrets, and publishing JSON Schema.

use serde::{Deserialize, Serialize};

/// A type without spans, aliases or errors.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Schema {
    /// What the value can be.
    pub shape: SchemaShape,
    /// Sealed at rest and redacted in every read.
    pub secret: bool,
    /// Personal data.
    pub pii: bool,
}

/// What a value can be.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum SchemaShape {
    /// Anything.
    Json,
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool,
    /// A 64-bit integer.
    Int,
    /// An integer or a double.
    Number,
    /// Text.
    String,
    /// Base64 text.
    Bytes,
    /// RFC 3339 text.
    Timestamp,
    /// Duration text.
    Duration,
    /// One of these strings.
    Enum(Vec<String>),
    /// A list.
    List(Box<Schema>),
    /// An object with values of one type.
    Map(Box<Schema>),
    /// An object with known fields.
    Record {
        /// The fields, by name, in canonical (sorted) order.
        fields: Vec<SchemaField>,
        /// Whether other fields may be present.
        open: bool,
    },
    /// One of several.
    Union(Vec<Schema>),
}

/// A field of a record.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SchemaField {
    /// Its name.
    pub name: String,
    /// Whether it may be absent.
    pub optional: bool,
    /// Its type.
    pub schema: Schema,
}

/// What is wrong with one field of a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldError {
    /// The field, as a dotted path from the value's root; empty for the root itself.
    pub path: String,
    /// What is wrong, in words for the caller.
    pub message: String,
}
