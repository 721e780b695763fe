//! From an HTTP response to a value.

use base64::Engine as _;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, RETRY_AFTER};
use std::sync::Arc;
use writ_compiler::value::{Map, Value};

use crate::time::Millis;

/// Why a body could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BodyError {
    /// Longer than the limit, in bytes.
    TooLong(usize),
    /// The connection broke before the end.
    Truncated,
}

/// Reads a body while counting its bytes, so that a long one is given up early.
pub(super) async fn read_body(
    response: &mut reqwest::Response,
    bytes_max: usize,
) -> Result<Vec<u8>, BodyError> {
    let declared = response.content_length().unwrap_or(0);
    if usize::try_from(declared).unwrap_or(usize::MAX) > bytes_max {
        return Err(BodyError::TooLong(bytes_max));
    }
    let mut body = Vec::with_capacity(usize::try_from(declared).unwrap_or(0));
    while let Some(chunk) = response.chunk().await.map_err(|_| BodyError::Truncated)? {
        if body.len().saturating_add(chunk.len()) > bytes_max {
            return Err(BodyError::TooLong(bytes_max));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// The body as a value: null when empty, parsed when it is JSON, else `{contentType, text}` or
/// `{contentType, base64}`.
///
/// # Errors
/// When it is not what its headers say; in words for the operator, without any of the body.
pub(super) fn parse_body(headers: &HeaderMap, body: &[u8]) -> Result<Value, String> {
    if body.is_empty() {
        return Ok(Value::Null);
    }
    if let Some(encoding) = headers.get(CONTENT_ENCODING)
        && encoding.as_bytes() != b"identity"
    {
        return Err("is compressed, which was not asked for".into());
    }
    match content_type(headers) {
        Some(kind) if is_json(&kind) => serde_json::from_slice(body).map_err(|error| {
            format!(
                "says it is JSON and is not: {} at line {}, column {}",
                category(&error),
                error.line(),
                error.column()
            )
        }),
        Some(kind) => Ok(raw(&kind, body)),
        None => {
            Ok(serde_json::from_slice(body)
                .unwrap_or_else(|_| raw("application/octet-stream", body)))
        }
    }
}

/// The body of a failure, of which the status alone already tells enough: never an error.
pub(super) fn parse_body_leniently(headers: &HeaderMap, body: &[u8]) -> Value {
    parse_body(headers, body).unwrap_or_else(|_| {
        raw(content_type(headers).as_deref().unwrap_or("application/octet-stream"), body)
    })
}

/// `Retry-After`, seconds or an HTTP date, in milliseconds from `now`.
pub(super) fn retry_after_ms(headers: &HeaderMap, now: Millis) -> Option<u64> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse::<u64>() {
        return Some(seconds.saturating_mul(1_000));
    }
    let date = jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(text).ok()?;
    Some(u64::try_from(date.as_millisecond().saturating_sub(now.0)).unwrap_or(0))
}

/// The media type, lower case, without parameters.
fn content_type(headers: &HeaderMap) -> Option<String> {
    let text = headers.get(CONTENT_TYPE)?.to_str().ok()?;
    let kind = text.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    (!kind.is_empty()).then_some(kind)
}

fn is_json(kind: &str) -> bool {
    matches!(kind, "application/json" | "text/json") || kind.ends_with("+json")
}

/// What is wrong with JSON, without the text itself.
fn category(error: &serde_json::Error) -> &'static str {
    match error.classify() {
        serde_json::error::Category::Eof => "it ends too early",
        serde_json::error::Category::Syntax => "it has a syntax error",
        serde_json::error::Category::Data | serde_json::error::Category::Io => {
            "it holds a value that cannot be kept"
        }
    }
}

fn raw(kind: &str, body: &[u8]) -> Value {
    let string = |text: &str| Value::String(Arc::from(text));
    let content = match std::str::from_utf8(body) {
        Ok(text) => ("text", string(text)),
        Err(_) => ("base64", string(&base64::engine::general_purpose::STANDARD.encode(body))),
    };
    let fields = [("contentType", string(kind)), content];
    let map: Map = fields.into_iter().map(|(name, value)| (Arc::from(name), value)).collect();
    Value::Map(Arc::new(map))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
    use super::*;
    use http::HeaderValue;

    fn headers(pairs: &[(http::HeaderName, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(k, v)| (k.clone(), HeaderValue::from_static(v))).collect()
    }

    fn json(value: &Value) -> String {
        serde_json::to_string(value).unwrap()
    }

    #[test]
    fn bodies_become_values() {
        let of = |kind: &'static str, body: &[u8]| {
            parse_body(&headers(&[(CONTENT_TYPE, kind)]), body).map(|v| json(&v))
        };
        assert_eq!(of("application/json; charset=utf-8", b"{\"a\":1}").unwrap(), "{\"a\":1}");
        assert_eq!(of("application/problem+json", b"[1.5]").unwrap(), "[1.5]");
        assert_eq!(of("application/json", b"").unwrap(), "null");
        assert_eq!(of("text/plain", b"hi").unwrap(), r#"{"contentType":"text/plain","text":"hi"}"#);
        assert_eq!(
            of("image/png", &[0xff, 0xd8]).unwrap(),
            r#"{"contentType":"image/png","base64":"/9g="}"#
        );
        let message = of("application/json", b"<html>secret</html>").unwrap_err();
        assert!(message.contains("syntax error") && !message.contains("secret"), "{message}");
        assert!(of("application/json", b"{\"a\":").unwrap_err().contains("ends too early"));
        assert_eq!(json(&parse_body(&HeaderMap::new(), b"[1]").unwrap()), "[1]");
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let of = |value: &'static str| {
            retry_after_ms(&headers(&[(RETRY_AFTER, value)]), Millis(784_111_777_000))
        };
        assert_eq!(of("3"), Some(3_000));
        assert_eq!(of("Sun, 06 Nov 1994 08:49:47 GMT"), Some(10_000));
        assert_eq!(of("Sun, 06 Nov 1994 08:49:30 GMT"), Some(0));
        assert_eq!(of("soon"), None);
    }
}
