//! Types as they stand in a program: for validating inputs, redacting secrets, and publishing JSON Schema.

mod flat;
mod json_schema;
mod sample;
mod secrets;
mod text;
mod validate;

pub use secrets::{PathSegment, REDACTED, SecretLeaf};

use serde::{Deserialize, Serialize};

/// A type without spans, aliases or errors. Encoded flat (see [`flat`]), so that decoding cannot be made to recurse.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "flat::FlatSchema", into = "flat::FlatSchema")]
pub struct Schema {
    /// What the value can be.
    pub shape: SchemaShape,
    /// Sealed at rest and redacted in every read.
    pub secret: bool,
    /// Personal data.
    pub pii: bool,
}

/// What a value can be.
#[derive(Debug, Clone, PartialEq)]
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
#[derive(Debug, Clone, PartialEq)]
pub struct SchemaField {
    /// Its name.
    pub name: String,
    /// Whether it may be absent.
    pub optional: bool,
    /// Its type.
    pub schema: Schema,
}

impl Schema {
    /// A schema without labels.
    #[must_use]
    pub fn new(shape: SchemaShape) -> Self {
        Self { shape, secret: false, pii: false }
    }

    /// Anything.
    #[must_use]
    pub fn json() -> Self {
        Self::new(SchemaShape::Json)
    }

    /// The same, sealed at rest and redacted in reads.
    #[must_use]
    pub fn secret(mut self) -> Self {
        self.secret = true;
        self
    }

    /// Schemas directly inside this one.
    fn children(&self) -> Vec<&Self> {
        match &self.shape {
            SchemaShape::Json
            | SchemaShape::Null
            | SchemaShape::Bool
            | SchemaShape::Int
            | SchemaShape::Number
            | SchemaShape::String
            | SchemaShape::Bytes
            | SchemaShape::Timestamp
            | SchemaShape::Duration
            | SchemaShape::Enum(_) => Vec::new(),
            SchemaShape::List(item) | SchemaShape::Map(item) => vec![item],
            SchemaShape::Record { fields, .. } => fields.iter().map(|f| &f.schema).collect(),
            SchemaShape::Union(members) => members.iter().collect(),
        }
    }
}

impl SchemaField {
    /// A field that must be present.
    pub fn required(name: impl Into<String>, schema: Schema) -> Self {
        Self { name: name.into(), optional: false, schema }
    }

    /// A field that may be absent.
    pub fn optional(name: impl Into<String>, schema: Schema) -> Self {
        Self { name: name.into(), optional: true, schema }
    }
}

/// What is wrong with one field of a value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldError {
    /// The field, as a dotted path from the value's root (`bundle.frames[0].width`); empty for the root itself.
    pub path: String,
    /// What is wrong, in words for the caller.
    pub message: String,
}

#[cfg(test)]
mod tests;
