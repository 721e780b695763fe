//! A declared input as JSON Schema: what `inputSchema` is read from.

use crate::types::{RecordType, Shape, Type};
use serde_json::{Map, Value, json};

/// The schema that reads back as this type, with its fields in declared order.
pub(super) fn json_schema(ty: &Type) -> Value {
    let mut schema = shape(ty);
    if let Some(object) = schema.as_object_mut() {
        if ty.labels.secret {
            object.insert("x-writ-secret".into(), true.into());
        }
        if ty.labels.pii {
            object.insert("x-writ-pii".into(), true.into());
        }
    }
    schema
}

fn shape(ty: &Type) -> Value {
    match &ty.shape {
        Shape::Error | Shape::Json => json!({}),
        Shape::Null => json!({"type": "null"}),
        Shape::Bool => json!({"type": "boolean"}),
        Shape::Int => json!({"type": "integer"}),
        Shape::Number => json!({"type": "number"}),
        Shape::String => json!({"type": "string"}),
        Shape::Bytes => json!({"type": "string", "contentEncoding": "base64"}),
        Shape::Timestamp => json!({"type": "string", "format": "date-time"}),
        // JSON Schema's own "duration" is ISO 8601, which this is not.
        Shape::Duration => json!({"type": "string", "x-writ-type": "duration"}),
        Shape::Literal(text) => json!({"type": "string", "enum": [&**text]}),
        Shape::List(item) => json!({"type": "array", "items": json_schema(item)}),
        Shape::Map(item) => json!({"type": "object", "additionalProperties": json_schema(item)}),
        Shape::Record(record) => object(record),
        Shape::Union(members) => union(members),
    }
}

fn object(record: &RecordType) -> Value {
    let properties: Map<String, Value> = record
        .fields
        .iter()
        .map(|(name, field)| {
            let mut schema = json_schema(&field.ty);
            if let (Some(doc), Some(object)) = (&field.doc, schema.as_object_mut()) {
                object.insert("description".into(), doc.as_str().into());
            }
            (name.clone(), schema)
        })
        .collect();
    let required: Vec<&str> =
        record.fields.iter().filter(|(_, f)| !f.optional).map(|(name, _)| name.as_str()).collect();
    let mut object = json!({"type": "object", "properties": properties});
    if let (false, Some(object)) = (required.is_empty(), object.as_object_mut()) {
        object.insert("required".into(), required.into());
    }
    object
}

/// Strings without labels of their own are one `enum`.
fn union(members: &[Type]) -> Value {
    let literals: Option<Vec<&str>> = members
        .iter()
        .map(|member| match &member.shape {
            Shape::Literal(text) if !member.labels.secret && !member.labels.pii => Some(&**text),
            _ => None,
        })
        .collect();
    match literals {
        Some(literals) => json!({"type": "string", "enum": literals}),
        None => json!({"anyOf": members.iter().map(json_schema).collect::<Vec<_>>()}),
    }
}
