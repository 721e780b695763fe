//! Types as they stand in a program.

use super::{Shape, Type};
use crate::bytecode::schema::{Schema, SchemaField, SchemaShape};
use crate::limits::SCHEMA_DEPTH_MAX;

impl Type {
    /// The type without names and places. What nests deeper than a program may is anything.
    #[must_use]
    pub fn to_schema(&self) -> Schema {
        self.schema_at(SCHEMA_DEPTH_MAX - 1)
    }

    fn schema_at(&self, depth_left: usize) -> Schema {
        let shape = match depth_left.checked_sub(1) {
            Some(left) => self.schema_shape(left),
            None => SchemaShape::Json,
        };
        let Schema { shape, secret, pii } = Schema::new(shape);
        // What is cut off may hold a secret.
        let within = if depth_left == 0 { self.labels_within() } else { self.labels };
        Schema { shape, secret: secret || within.secret, pii: pii || within.pii }
    }

    fn schema_shape(&self, left: usize) -> SchemaShape {
        match &self.shape {
            Shape::Error | Shape::Json => SchemaShape::Json,
            Shape::Null => SchemaShape::Null,
            Shape::Bool => SchemaShape::Bool,
            Shape::Int => SchemaShape::Int,
            Shape::Number => SchemaShape::Number,
            Shape::String => SchemaShape::String,
            Shape::Bytes => SchemaShape::Bytes,
            Shape::Timestamp => SchemaShape::Timestamp,
            Shape::Duration => SchemaShape::Duration,
            Shape::Literal(text) => SchemaShape::Enum(vec![text.to_string()]),
            Shape::List(item) => SchemaShape::List(Box::new(item.schema_at(left))),
            Shape::Map(item) => SchemaShape::Map(Box::new(item.schema_at(left))),
            Shape::Record(record) => {
                let mut fields: Vec<SchemaField> = record
                    .fields
                    .iter()
                    .map(|(name, field)| SchemaField {
                        name: name.clone(),
                        optional: field.optional,
                        schema: field.ty.schema_at(left),
                    })
                    .collect();
                fields.sort_by(|a, b| a.name.cmp(&b.name));
                SchemaShape::Record { fields, open: record.open }
            }
            Shape::Union(members) => union(members, left),
        }
    }
}

/// Literals without labels of their own are one enum; the rest are members.
fn union(members: &[Type], left: usize) -> SchemaShape {
    let plain = |member: &&Type| match &member.shape {
        Shape::Literal(text) if member.labels == super::Labels::default() => Some(text.to_string()),
        _ => None,
    };
    let mut values: Vec<String> = members.iter().filter_map(|m| plain(&m)).collect();
    let mut others: Vec<Schema> =
        members.iter().filter(|m| plain(m).is_none()).map(|m| m.schema_at(left)).collect();
    values.sort();
    match (values.is_empty(), others.is_empty()) {
        (false, true) => SchemaShape::Enum(values),
        (true, _) => SchemaShape::Union(others),
        (false, false) => {
            others.push(Schema::new(SchemaShape::Enum(values)));
            SchemaShape::Union(others)
        }
    }
}
