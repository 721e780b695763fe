//! Schemas in the language's own words for types.

use super::{Schema, SchemaField, SchemaShape};
use std::fmt;

impl fmt::Display for Schema {
    /// `{a: string, b?: [secret int]}`; `...` stands for the other fields of an open record.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (label, word) in [(self.secret, "secret "), (self.pii, "pii ")] {
            if label {
                f.write_str(word)?;
            }
        }
        let labelled = self.secret || self.pii;
        match &self.shape {
            SchemaShape::Json => f.write_str("json"),
            SchemaShape::Null => f.write_str("null"),
            SchemaShape::Bool => f.write_str("bool"),
            SchemaShape::Int => f.write_str("int"),
            SchemaShape::Number => f.write_str("number"),
            SchemaShape::String => f.write_str("string"),
            SchemaShape::Bytes => f.write_str("bytes"),
            SchemaShape::Timestamp => f.write_str("timestamp"),
            SchemaShape::Duration => f.write_str("duration"),
            SchemaShape::Enum(values) => {
                let values: Vec<String> = values.iter().map(|v| format!("{v:?}")).collect();
                one_of(f, &values, labelled)
            }
            SchemaShape::List(item) => write!(f, "[{item}]"),
            SchemaShape::Map(value) => write!(f, "{{string: {value}}}"),
            SchemaShape::Record { fields, open } => {
                let mut parts: Vec<String> = fields.iter().map(ToString::to_string).collect();
                if *open {
                    parts.push("...".to_owned());
                }
                write!(f, "{{{}}}", parts.join(", "))
            }
            SchemaShape::Union(members) => {
                let members: Vec<String> = members.iter().map(ToString::to_string).collect();
                one_of(f, &members, labelled)
            }
        }
    }
}

/// Alternatives; in parentheses where a label stands before them.
fn one_of(f: &mut fmt::Formatter<'_>, members: &[String], labelled: bool) -> fmt::Result {
    let members = members.join(" | ");
    if labelled { write!(f, "({members})") } else { f.write_str(&members) }
}

impl fmt::Display for SchemaField {
    /// `name: type`, `name?: type`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mark = if self.optional { "?" } else { "" };
        write!(f, "{}{mark}: {}", self.name, self.schema)
    }
}
