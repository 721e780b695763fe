//! Whether a value is what a schema says, and what to tell its sender when it is not.

use super::{FieldError, Schema, SchemaField, SchemaShape};
use crate::limits::FIELD_ERRORS_MAX;
use crate::value::{Map, Value, from_base64, time};

impl Schema {
    /// What is wrong with `value`, in words for whoever sent it; empty when nothing is. Messages never repeat the
    /// value, which may be secret. At most [`FIELD_ERRORS_MAX`] are given.
    #[must_use]
    pub fn validate(&self, value: &Value) -> Vec<FieldError> {
        let mut validation = Validation { path: String::new(), errors: Vec::new() };
        validation.schema(self, value);
        validation.errors
    }

    /// Whether `value` is what the schema says.
    #[must_use]
    pub fn accepts(&self, value: &Value) -> bool {
        self.validate(value).is_empty()
    }

    /// Whether `value` is of the right kind, whatever is inside it.
    pub(super) fn fits_kind(&self, value: &Value) -> bool {
        match (&self.shape, value) {
            (SchemaShape::Json, _)
            | (SchemaShape::Null, Value::Null)
            | (SchemaShape::Bool, Value::Bool(_))
            | (SchemaShape::Int, Value::Int(_) | Value::Uint(_))
            | (SchemaShape::Number, Value::Int(_) | Value::Uint(_) | Value::Double(_))
            | (
                SchemaShape::String
                | SchemaShape::Bytes
                | SchemaShape::Timestamp
                | SchemaShape::Duration
                | SchemaShape::Enum(_),
                Value::String(_),
            )
            | (SchemaShape::Bytes, Value::Bytes(_))
            | (SchemaShape::Timestamp, Value::Timestamp(_))
            | (SchemaShape::Duration, Value::Duration(_))
            | (SchemaShape::List(_), Value::List(_))
            | (SchemaShape::Map(_) | SchemaShape::Record { .. }, Value::Map(_)) => true,
            (SchemaShape::Union(members), value) => members.iter().any(|m| m.fits_kind(value)),
            _ => false,
        }
    }

    /// The kind in words: `a string`, `one of "a", "b"`.
    pub(crate) fn words(&self) -> String {
        match &self.shape {
            SchemaShape::Json => "any value".to_owned(),
            SchemaShape::Null => "null".to_owned(),
            SchemaShape::Bool => "true or false".to_owned(),
            SchemaShape::Int => "an integer".to_owned(),
            SchemaShape::Number => "a number".to_owned(),
            SchemaShape::String => "a string".to_owned(),
            SchemaShape::Bytes => "base64 text".to_owned(),
            SchemaShape::Timestamp => "an RFC 3339 timestamp".to_owned(),
            SchemaShape::Duration => "a duration such as \"90s\"".to_owned(),
            SchemaShape::Enum(values) => match values.as_slice() {
                [only] => format!("{only:?}"),
                values => {
                    let values: Vec<_> = values.iter().map(|value| format!("{value:?}")).collect();
                    format!("one of {}", values.join(", "))
                }
            },
            SchemaShape::List(_) => "a list".to_owned(),
            SchemaShape::Map(_) | SchemaShape::Record { .. } => "an object".to_owned(),
            SchemaShape::Union(members) => {
                let mut words: Vec<_> = members.iter().map(Self::words).collect();
                words.dedup();
                words.join(", or ")
            }
        }
    }
}

/// Walks a value beside its schema.
struct Validation {
    path: String,
    errors: Vec<FieldError>,
}

impl Validation {
    fn full(&self) -> bool {
        self.errors.len() >= FIELD_ERRORS_MAX
    }

    fn error(&mut self, message: String) {
        if !self.full() {
            self.errors.push(FieldError { path: self.path.clone(), message });
        }
    }

    /// Runs `inner` with the path one step longer.
    fn at(&mut self, step: impl FnOnce(&mut String), inner: impl FnOnce(&mut Self)) {
        let len = self.path.len();
        step(&mut self.path);
        inner(self);
        self.path.truncate(len);
    }

    fn field(&mut self, name: &str, inner: impl FnOnce(&mut Self)) {
        self.at(
            |path| {
                if !path.is_empty() {
                    path.push('.');
                }
                path.push_str(name);
            },
            inner,
        );
    }

    fn schema(&mut self, schema: &Schema, value: &Value) {
        if self.full() {
            return;
        }
        match (&schema.shape, value) {
            (SchemaShape::Union(members), value) => self.union(schema, members, value),
            _ if !schema.fits_kind(value) => self.error(format!("must be {}", schema.words())),
            (SchemaShape::List(item), Value::List(items)) => {
                for (i, value) in items.iter().enumerate() {
                    self.at(
                        |path| path.push_str(&format!("[{i}]")),
                        |this| this.schema(item, value),
                    );
                }
            }
            (SchemaShape::Map(item), Value::Map(map)) => {
                for (key, value) in map.iter() {
                    self.field(key, |this| this.schema(item, value));
                }
            }
            (SchemaShape::Record { fields, open }, Value::Map(map)) => {
                self.record(fields, *open, map);
            }
            (_, Value::String(text)) if !text_fits(&schema.shape, text) => {
                self.error(format!("must be {}", schema.words()));
            }
            (SchemaShape::Int, Value::Uint(_)) => {
                self.error(format!("must be an integer of at most {}", i64::MAX));
            }
            _ => {}
        }
    }

    fn record(&mut self, fields: &[SchemaField], open: bool, map: &Map) {
        for field in fields {
            match map.get(field.name.as_str()) {
                Some(value) => self.field(&field.name, |this| this.schema(&field.schema, value)),
                None if field.optional => {}
                None => self.field(&field.name, |this| this.error("is required".to_owned())),
            }
        }
        if open {
            return;
        }
        for key in map.keys() {
            if !fields.iter().any(|field| field.name == **key) {
                self.field(key, |this| this.error("is not a known field".to_owned()));
            }
        }
    }

    fn union(&mut self, schema: &Schema, members: &[Schema], value: &Value) {
        if members.iter().any(|member| member.accepts(value)) {
            return;
        }
        // When only one member could have been meant, its own complaint says more.
        let mut meant = members.iter().filter(|member| member.fits_kind(value));
        match (meant.next(), meant.next()) {
            (Some(only), None) => self.schema(only, value),
            _ => self.error(format!("must be {}", schema.words())),
        }
    }
}

/// Whether text is what a shape that is text in JSON asks for.
fn text_fits(shape: &SchemaShape, text: &str) -> bool {
    match shape {
        SchemaShape::Enum(values) => values.iter().any(|value| value == text),
        SchemaShape::Bytes => from_base64(text).is_some(),
        SchemaShape::Timestamp => time::parse_timestamp(text).is_some(),
        SchemaShape::Duration => time::parse_duration(text).is_some(),
        SchemaShape::Json
        | SchemaShape::Null
        | SchemaShape::Bool
        | SchemaShape::Int
        | SchemaShape::Number
        | SchemaShape::String
        | SchemaShape::List(_)
        | SchemaShape::Map(_)
        | SchemaShape::Record { .. }
        | SchemaShape::Union(_) => true,
    }
}
