//! Types as written, as JSON Schema: what `inputSchema`, `types` and their kin are read from.

use crate::syntax::type_ref;
use crate::tree::{FieldType, ServiceDecl, TypeExpr, TypeExprKind};
use serde_json::{Map, Value, json};

/// The schema that reads back as this type. In a declaration of `service`, its own types go by their bare names.
pub(super) fn json_schema(ty: &TypeExpr, service: Option<&ServiceDecl>) -> Value {
    match &ty.kind {
        TypeExprKind::Secret(inner) => marked(json_schema(inner, service), "x-writ-secret"),
        TypeExprKind::Pii(inner) => marked(json_schema(inner, service), "x-writ-pii"),
        TypeExprKind::Name { service: None, name } => named(&name.value, service),
        TypeExprKind::Name { service: Some(of), name } => {
            json!({"$ref": type_ref::write(Some(&of.value), &name.value)})
        }
        TypeExprKind::Literal(text) => json!({"type": "string", "enum": [text]}),
        TypeExprKind::List(item) => json!({"type": "array", "items": json_schema(item, service)}),
        TypeExprKind::Map(item) => {
            json!({"type": "object", "additionalProperties": json_schema(item, service)})
        }
        TypeExprKind::Record(fields) => object(fields, service),
        TypeExprKind::Union(members) => union(members, service),
        TypeExprKind::Error => json!({}),
    }
}

fn marked(mut schema: Value, label: &str) -> Value {
    if let Some(object) = schema.as_object_mut() {
        object.insert(label.into(), true.into());
    }
    schema
}

fn named(name: &str, service: Option<&ServiceDecl>) -> Value {
    match name {
        "json" => json!({}),
        "null" => json!({"type": "null"}),
        "bool" => json!({"type": "boolean"}),
        "int" => json!({"type": "integer"}),
        "number" => json!({"type": "number"}),
        "string" => json!({"type": "string"}),
        "bytes" => json!({"type": "string", "contentEncoding": "base64"}),
        "timestamp" => json!({"type": "string", "format": "date-time"}),
        // JSON Schema's own "duration" is ISO 8601, which this is not.
        "duration" => json!({"type": "string", "x-writ-type": "duration"}),
        name => {
            let own = service.filter(|s| s.types.iter().any(|alias| alias.name.value == name));
            json!({"$ref": type_ref::write(own.map(|service| service.name.value.as_str()), name)})
        }
    }
}

fn object(fields: &[FieldType], service: Option<&ServiceDecl>) -> Value {
    let mut properties = Map::with_capacity(fields.len());
    for field in fields {
        let mut schema = json_schema(&field.ty, service);
        if let (Some(doc), Some(object)) = (&field.doc, schema.as_object_mut()) {
            object.insert("description".into(), doc.value.as_str().into());
        }
        properties.insert(field.name.value.clone(), schema);
    }
    let required: Vec<&str> =
        fields.iter().filter(|f| !f.optional).map(|field| field.name.value.as_str()).collect();
    let mut object = json!({"type": "object", "properties": properties});
    if let (false, Some(object)) = (required.is_empty(), object.as_object_mut()) {
        object.insert("required".into(), required.into());
    }
    object
}

/// Strings are one `enum`.
fn union(members: &[TypeExpr], service: Option<&ServiceDecl>) -> Value {
    let literals: Option<Vec<&str>> = members
        .iter()
        .map(|member| match &member.kind {
            TypeExprKind::Literal(text) => Some(text.as_str()),
            _ => None,
        })
        .collect();
    match literals {
        Some(literals) => json!({"type": "string", "enum": literals}),
        None => {
            let members = members.iter().map(|member| json_schema(member, service));
            json!({"anyOf": members.collect::<Vec<_>>()})
        }
    }
}
