//! JSON Schema (draft 2020-12) of a schema, for the catalogue, OpenAPI and editors.

use super::{Schema, SchemaShape};
use serde_json::{Map, Value as Json, json};

impl Schema {
    /// The same constraints as JSON Schema. Labels show as `x-writ-secret` (also `writeOnly`) and `x-writ-pii`.
    #[must_use]
    pub fn to_json_schema(&self) -> Json {
        let mut schema = match &self.shape {
            SchemaShape::Json => json!({}),
            SchemaShape::Null => json!({"type": "null"}),
            SchemaShape::Bool => json!({"type": "boolean"}),
            SchemaShape::Int => json!({"type": "integer"}),
            SchemaShape::Number => json!({"type": "number"}),
            SchemaShape::String => json!({"type": "string"}),
            SchemaShape::Bytes => json!({"type": "string", "contentEncoding": "base64"}),
            SchemaShape::Timestamp => json!({"type": "string", "format": "date-time"}),
            // JSON Schema's own "duration" is ISO 8601, which this is not.
            SchemaShape::Duration => json!({
                "type": "string",
                "pattern": r"^[+-]?(0|(\d+(\.\d+)?(d|h|m|s|ms|us|ns))+)$",
            }),
            SchemaShape::Enum(values) => json!({"type": "string", "enum": values}),
            SchemaShape::List(item) => json!({"type": "array", "items": item.to_json_schema()}),
            SchemaShape::Map(item) => {
                json!({"type": "object", "additionalProperties": item.to_json_schema()})
            }
            SchemaShape::Record { fields, open } => {
                let properties: Map<String, Json> = fields
                    .iter()
                    .map(|field| (field.name.clone(), field.schema.to_json_schema()))
                    .collect();
                let required: Vec<&str> =
                    fields.iter().filter(|f| !f.optional).map(|f| f.name.as_str()).collect();
                let mut object = json!({"type": "object", "properties": properties});
                insert(&mut object, !required.is_empty(), "required", json!(required));
                insert(&mut object, !open, "additionalProperties", json!(false));
                object
            }
            SchemaShape::Union(members) => {
                let members: Vec<Json> = members.iter().map(Self::to_json_schema).collect();
                json!({"anyOf": members})
            }
        };
        insert(&mut schema, self.secret, "writeOnly", json!(true));
        insert(&mut schema, self.secret, "x-writ-secret", json!(true));
        insert(&mut schema, self.pii, "x-writ-pii", json!(true));
        schema
    }
}

fn insert(schema: &mut Json, when: bool, key: &str, value: Json) {
    if let (true, Some(object)) = (when, schema.as_object_mut()) {
        object.insert(key.to_owned(), value);
    }
}
