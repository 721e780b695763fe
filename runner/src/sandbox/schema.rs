//! A signature's types as schemas, which know how to judge JSON.

use writ_compiler::bytecode::schema::{Schema, SchemaField, SchemaShape};
use writ_compiler::types::{Shape, Type};

/// A type as a schema.
pub fn schema(ty: &Type) -> Schema {
    let members = |members: &[Type]| members.iter().map(schema).collect();
    Schema::new(match &ty.shape {
        Shape::Error | Shape::Json => SchemaShape::Json,
        Shape::Null => SchemaShape::Null,
        Shape::Bool => SchemaShape::Bool,
        Shape::Int => SchemaShape::Int,
        Shape::Number => SchemaShape::Number,
        Shape::String => SchemaShape::String,
        Shape::Bytes => SchemaShape::Bytes,
        Shape::Timestamp => SchemaShape::Timestamp,
        Shape::Duration => SchemaShape::Duration,
        Shape::Literal(value) => SchemaShape::Enum(vec![value.to_string()]),
        Shape::List(item) => SchemaShape::List(Box::new(schema(item))),
        Shape::Map(item) => SchemaShape::Map(Box::new(schema(item))),
        Shape::Record(record) => SchemaShape::Record {
            fields: record
                .fields
                .iter()
                .map(|(name, field)| SchemaField {
                    name: name.clone(),
                    optional: field.optional,
                    schema: schema(&field.ty),
                })
                .collect(),
            open: record.open,
        },
        Shape::Union(parts) => match literals(ty) {
            Some(values) => SchemaShape::Enum(values),
            None => SchemaShape::Union(members(parts)),
        },
    })
}

/// The values of an enum, in declared order; `None` for every other type.
pub fn literals(ty: &Type) -> Option<Vec<String>> {
    let literal = |ty: &Type| match &ty.shape {
        Shape::Literal(value) => Some(value.to_string()),
        _ => None,
    };
    match &ty.shape {
        Shape::Union(members) => members.iter().map(literal).collect(),
        _ => literal(ty).map(|value| vec![value]),
    }
}
