//! Values made up from their types, for what a test does not say.

use super::{Schema, SchemaShape};
use crate::value::{Map, Value};

impl Schema {
    /// A value of this type, the same every time: of an enum the first value, of a record the fields that must be there,
    /// of a list one item, and as text the name of the place. `name` is the name of the place itself.
    ///
    /// Anything is `null`: what is in it, nobody has said.
    #[must_use]
    pub fn sample(&self, name: &str) -> Value {
        match &self.shape {
            SchemaShape::Json | SchemaShape::Null => Value::Null,
            SchemaShape::Bool => Value::Bool(true),
            SchemaShape::Int | SchemaShape::Number => Value::Int(1),
            SchemaShape::String => Value::from(name),
            SchemaShape::Bytes => Value::from("c2FtcGxl"),
            SchemaShape::Timestamp => Value::from(SAMPLE_TIMESTAMP),
            SchemaShape::Duration => Value::from("60s"),
            SchemaShape::Enum(values) => {
                values.first().map_or(Value::Null, |value| Value::from(value.as_str()))
            }
            SchemaShape::List(item) => Value::list(vec![item.sample(name)]),
            SchemaShape::Map(_) => Value::map(Map::default()),
            SchemaShape::Record { fields, .. } => {
                let required = fields.iter().filter(|field| !field.optional);
                Value::record(required.map(|f| (f.name.as_str(), f.schema.sample(&f.name))))
            }
            SchemaShape::Union(members) => {
                let something = |member: &&Self| member.shape != SchemaShape::Null;
                let member = members.iter().find(something).or(members.first());
                member.map_or(Value::Null, |member| member.sample(name))
            }
        }
    }
}

/// The moment that stands for any.
const SAMPLE_TIMESTAMP: &str = "2026-01-01T00:00:00Z";
