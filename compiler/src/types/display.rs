//! Types in the author's words, as the language writes them.

use super::{RecordType, Shape, Type};
use std::fmt;

/// Fields or members shown before the rest is left out.
const SHOWN_MAX: usize = 6;

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.labels.secret {
            f.write_str("secret ")?;
        }
        if self.labels.pii {
            f.write_str("pii ")?;
        }
        match &self.shape {
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
            Shape::List(item) => write!(f, "[{item}]"),
            Shape::Map(item) => write!(f, "{{string: {item}}}"),
            Shape::Record(record) => self::record(record, f),
            Shape::Union(members) => {
                for (i, member) in members.iter().take(SHOWN_MAX).enumerate() {
                    f.write_str(if i > 0 { " | " } else { "" })?;
                    write!(f, "{member}")?;
                }
                f.write_str(if members.len() > SHOWN_MAX { " | ..." } else { "" })
            }
        }
    }
}

fn record(record: &RecordType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    if let Some(name) = &record.name {
        return f.write_str(name);
    }
    f.write_str("{")?;
    for (i, (name, field)) in record.fields.iter().take(SHOWN_MAX).enumerate() {
        f.write_str(if i > 0 { ", " } else { "" })?;
        write!(f, "{name}{}: {}", if field.optional { "?" } else { "" }, field.ty)?;
    }
    f.write_str(if record.fields.len() > SHOWN_MAX { ", ...}" } else { "}" })
}
