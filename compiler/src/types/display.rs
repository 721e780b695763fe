//! Types in the author's words, as the language writes them.

use super::{RecordType, Shape, Type};
use std::fmt;

/// Fields or members shown before the rest is left out.
const SHOWN_MAX: usize = 6;

/// Records inside one another that are shown; a type's parts are shared, and written out they could go on for ever.
const DEPTH_MAX: usize = 2;

impl Type {
    /// The type without its own labels, for a message about what it is.
    #[must_use]
    pub fn unlabelled(&self) -> Self {
        Self::new(self.shape.clone())
    }

    /// What a value of this type is, in a word or two: a record is not written out.
    #[must_use]
    pub fn noun(&self) -> String {
        match &self.shape {
            Shape::Map(_) | Shape::Record(_) => "a record".to_owned(),
            Shape::List(_) => "a list".to_owned(),
            Shape::Null => "null".to_owned(),
            Shape::Error
            | Shape::Json
            | Shape::Bool
            | Shape::Int
            | Shape::Number
            | Shape::String
            | Shape::Bytes
            | Shape::Timestamp
            | Shape::Duration
            | Shape::Literal(_)
            | Shape::Union(_) => format!("`{}`", self.unlabelled()),
        }
    }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write(self, DEPTH_MAX, f)
    }
}

fn write(ty: &Type, depth_left: usize, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    if ty.labels.secret {
        f.write_str("secret ")?;
    }
    if ty.labels.pii {
        f.write_str("pii ")?;
    }
    match &ty.shape {
        Shape::Error => f.write_str("(unknown)"),
        Shape::Json => f.write_str("json"),
        Shape::Null => f.write_str("null"),
        Shape::Bool => f.write_str("bool"),
        Shape::Int => f.write_str("int"),
        Shape::Number => f.write_str("number"),
        Shape::String => f.write_str("string"),
        Shape::Bytes => f.write_str("bytes"),
        Shape::Timestamp => f.write_str("timestamp"),
        Shape::Duration => f.write_str("duration"),
        Shape::Literal(text) => write!(f, "{text:?}"),
        Shape::List(_) | Shape::Map(_) if depth_left == 0 => f.write_str("..."),
        Shape::List(item) => {
            f.write_str("[")?;
            write(item, depth_left - 1, f)?;
            f.write_str("]")
        }
        Shape::Map(value) => {
            f.write_str("{string: ")?;
            write(value, depth_left - 1, f)?;
            f.write_str("}")
        }
        Shape::Record(record) => write_record(record, depth_left, f),
        Shape::Union(members) => {
            for (i, member) in members.iter().take(SHOWN_MAX).enumerate() {
                f.write_str(if i > 0 { " | " } else { "" })?;
                write(member, depth_left, f)?;
            }
            f.write_str(if members.len() > SHOWN_MAX { " | ..." } else { "" })
        }
    }
}

fn write_record(record: &RecordType, depth_left: usize, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    if let Some(name) = &record.name {
        return f.write_str(name);
    }
    if depth_left == 0 && !record.fields.is_empty() {
        return f.write_str("{...}");
    }
    f.write_str("{")?;
    for (i, (name, field)) in record.fields.iter().take(SHOWN_MAX).enumerate() {
        f.write_str(if i > 0 { ", " } else { "" })?;
        write!(f, "{name}{}: ", if field.optional { "?" } else { "" })?;
        write(&field.ty, depth_left.saturating_sub(1), f)?;
    }
    f.write_str(if record.fields.len() > SHOWN_MAX { ", ...}" } else { "}" })
}
