//! The text form of values, in templates, paths and decisions.

use crate::value::{Value, base64, time};
use std::fmt::Write as _;

/// The text that stands for a value inside other text; `None` for null, lists and records, which have none.
#[must_use]
pub fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::Null | Value::List(_) | Value::Map(_) => None,
        Value::Bool(value) => Some(value.to_string()),
        Value::Int(value) => Some(value.to_string()),
        Value::Uint(value) => Some(value.to_string()),
        Value::Double(value) => Some(value.to_string()),
        Value::String(text) => Some(text.to_string()),
        Value::Bytes(bytes) => Some(base64(bytes)),
        Value::Timestamp(ns) => Some(time::timestamp_text(*ns)),
        Value::Duration(ns) => Some(time::duration_text(*ns)),
    }
}

/// Percent-encodes everything but RFC 3986's unreserved characters.
pub(crate) fn percent_encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            encoded.push(char::from(byte));
        } else {
            // Writing to a string cannot fail.
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}
