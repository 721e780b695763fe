//! A call's parameters and body, checked against the operation's signature.

use super::routes::{Operation, split_service};
use axum::http::Uri;
use serde_json::{Map, Value};
use writ_compiler::bytecode::schema::{FieldError, Schema, SchemaShape};
use writ_compiler::types::{RecordType, Shape, Type};

/// What a call said.
#[derive(Debug)]
pub struct Received<'a> {
    /// What was called.
    pub operation: &'a Operation,
    /// Everything it named: path parameters, query parameters, the body's fields.
    pub named: Map<String, Value>,
    /// The path.
    pub path: String,
    /// The body as compact text: the same for the same body, however it was written.
    pub body: String,
    /// The query, as sent.
    pub query: String,
}

/// Why a call is refused.
#[derive(Debug)]
pub enum Refused {
    /// The body is not JSON; in words.
    NotJson(String),
    /// Fields that do not fit.
    Fields(Vec<FieldError>),
}

impl<'a> Received<'a> {
    /// Reads and checks a call.
    pub fn read(operation: &'a Operation, uri: &Uri, body: &[u8]) -> Result<Self, Refused> {
        let query = uri.query().unwrap_or_default();
        let path = split_service(uri.path()).map_or("", |(_, path)| path);
        let parameters = operation.parameters_of(path).unwrap_or_default();
        let mut named: Map<String, Value> =
            parameters.into_iter().map(|(name, value)| (name, value.into())).collect();
        if let Some(ty) = &operation.query {
            named.extend(read_query(ty, query)?);
        }
        let body = read_body(operation.request.as_ref(), body)?;
        let text = if body.is_null() { String::new() } else { body.to_string() };
        if let Value::Object(fields) = body {
            named.extend(fields);
        }
        Ok(Self {
            operation,
            named,
            path: uri.path().to_owned(),
            body: text,
            query: query.to_owned(),
        })
    }
}

fn read_body(ty: Option<&Type>, body: &[u8]) -> Result<Value, Refused> {
    let value = if body.is_empty() {
        Value::Null
    } else {
        serde_json::from_slice(body)
            .map_err(|e| Refused::NotJson(format!("the body is not JSON: {e}")))?
    };
    let Some(ty) = ty else { return Ok(value) };
    if value.is_null() && !matches!(ty.shape, Shape::Json) {
        return Err(Refused::NotJson("the body is missing".to_owned()));
    }
    validate(&ty.to_schema(), &value)?;
    Ok(value)
}

/// Query parameters as the types say: text that is a number or a truth value is one where one is asked for.
fn read_query(ty: &Type, query: &str) -> Result<Map<String, Value>, Refused> {
    let Shape::Record(record) = &ty.shape else { return Ok(Map::new()) };
    let pairs = query_pairs(query).into_iter();
    let values: Map<String, Value> = pairs
        .map(|(name, text)| {
            let value = typed(record, &name, &text);
            (name, value)
        })
        .collect();
    let value = Value::Object(values);
    validate(&ty.to_schema(), &value)?;
    Ok(match value {
        Value::Object(values) => values,
        _ => Map::new(),
    })
}

fn typed(record: &RecordType, name: &str, text: &str) -> Value {
    let Some(field) = record.fields.get(name) else { return text.into() };
    let fits = |value: &Value| accepts(&field.ty.to_schema(), value);
    let text_value = Value::from(text);
    if fits(&text_value) {
        return text_value;
    }
    serde_json::from_str(text).ok().filter(fits).unwrap_or(text_value)
}

fn validate(schema: &Schema, value: &Value) -> Result<(), Refused> {
    let errors = match plain(value) {
        Some(value) => schema.validate(&value),
        None => vec![FieldError {
            path: String::new(),
            message: "holds a number that is out of range".to_owned(),
        }],
    };
    if errors.is_empty() { Ok(()) } else { Err(Refused::Fields(errors)) }
}

/// Whether JSON is what a schema says.
pub fn accepts(schema: &Schema, value: &Value) -> bool {
    matches!(schema.shape, SchemaShape::Json) || plain(value).is_some_and(|v| schema.accepts(&v))
}

/// JSON as the language's value.
fn plain(value: &Value) -> Option<writ_compiler::value::Value> {
    serde_json::from_value(value.clone()).ok()
}

/// The decoded pairs of a query.
pub fn query_pairs(query: &str) -> Vec<(String, String)> {
    // Any text is a query once what has a meaning elsewhere in a URL is encoded; the base only makes it whole.
    let uri = format!("http://sandbox/?{}", query.replace('#', "%23"));
    reqwest::Url::parse(&uri)
        .map(|url| url.query_pairs().into_owned().collect())
        .unwrap_or_default()
}
