//! Bodies: reading them within their limit, and as JSON of which no two readers can think differently.

use super::error::ApiError;
use crate::limits::BODY_TIMEOUT_MS;
use axum::body::{Body, HttpBody};
use bytes::Bytes;
use http::StatusCode;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderMap};
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use writ_compiler::limits::VALUE_DEPTH_MAX;
use writ_compiler::value::{Map, Value};

/// Most fields or items reserved on the word of a size hint.
const RESERVE_MAX: usize = 256;

/// The whole body, when it says that it is JSON and is not too long.
pub(super) async fn read(
    headers: &HeaderMap,
    body: Body,
    bytes_max: usize,
) -> Result<Bytes, ApiError> {
    let declared = body.size_hint().lower();
    if usize::try_from(declared).map_or(true, |bytes| bytes > bytes_max) {
        return Err(too_large(bytes_max));
    }
    let empty = body.is_end_stream();
    check_type(headers, empty)?;
    if empty {
        return Ok(Bytes::new());
    }
    let limit = Duration::from_millis(BODY_TIMEOUT_MS);
    match tokio::time::timeout(limit, collect(body, bytes_max)).await {
        Ok(read) => read,
        Err(_) => Err(ApiError::new(
            StatusCode::REQUEST_TIMEOUT,
            "request_timeout",
            format!("the body did not arrive within {} s", BODY_TIMEOUT_MS / 1_000),
        )),
    }
}

async fn collect(mut body: Body, bytes_max: usize) -> Result<Bytes, ApiError> {
    let mut first = Bytes::new();
    let mut rest: Vec<u8> = Vec::new();
    while let Some(frame) = poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await {
        let frame = frame.map_err(|_| {
            ApiError::new(
                StatusCode::BAD_REQUEST,
                "invalid_body",
                "the body broke off before its end",
            )
        })?;
        let Ok(chunk) = frame.into_data() else { continue };
        if first.len() + rest.len() + chunk.len() > bytes_max {
            return Err(too_large(bytes_max));
        }
        // A small body is one chunk, which then need not be copied.
        if first.is_empty() && rest.is_empty() {
            first = chunk;
        } else {
            if rest.is_empty() {
                rest.extend_from_slice(&std::mem::take(&mut first));
            }
            rest.extend_from_slice(&chunk);
        }
    }
    Ok(if rest.is_empty() { first } else { rest.into() })
}

fn too_large(bytes_max: usize) -> ApiError {
    ApiError::new(
        StatusCode::PAYLOAD_TOO_LARGE,
        "body_too_large",
        match bytes_max / 1024 / 1024 {
            0 => format!("the body is larger than {} KiB", bytes_max / 1024),
            mib => format!("the body is larger than {mib} MiB"),
        },
    )
}

fn check_type(headers: &HeaderMap, empty: bool) -> Result<(), ApiError> {
    let unsupported = |message: &str| {
        Err(ApiError::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", message))
    };
    if headers.get(CONTENT_ENCODING).is_some_and(|encoding| encoding != "identity") {
        return unsupported("send the body uncompressed");
    }
    let Some(kind) = headers.get(CONTENT_TYPE) else {
        return if empty { Ok(()) } else { unsupported("send Content-Type: application/json") };
    };
    let kind = kind.to_str().unwrap_or_default().to_ascii_lowercase();
    let mut parts = kind.split(';').map(str::trim);
    let json =
        parts.next().is_some_and(|kind| kind == "application/json" || kind.ends_with("+json"));
    if !json {
        return unsupported("send JSON, with Content-Type: application/json");
    }
    let charset = parts.find_map(|parameter| parameter.strip_prefix("charset="));
    match charset.map(|name| name.trim_matches('"')) {
        None | Some("utf-8" | "utf8" | "us-ascii") => Ok(()),
        Some(_) => unsupported("send JSON in UTF-8"),
    }
}

/// The body as a JSON object.
pub(super) fn object(bytes: &[u8]) -> Result<Value, ApiError> {
    let value = json(bytes)?;
    if value.as_map().is_some() {
        return Ok(value);
    }
    Err(ApiError::new(StatusCode::BAD_REQUEST, "invalid_json", "the body must be a JSON object"))
}

/// The body as JSON: no key twice, nothing too deep, nothing after the end.
pub(super) fn json(bytes: &[u8]) -> Result<Value, ApiError> {
    let invalid = |message| ApiError::new(StatusCode::BAD_REQUEST, "invalid_json", message);
    if bytes.is_empty() {
        return Err(invalid("the body is empty: send a JSON object".to_owned()));
    }
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let read = Strict { depth_left: VALUE_DEPTH_MAX }
        .deserialize(&mut reader)
        .and_then(|value| reader.end().map(|()| value));
    // The reader's messages name what it expected, never what it found in a value.
    read.map_err(|error| {
        invalid(format!("the body is not usable JSON: {error}")).at(error.line(), error.column())
    })
}

/// Reads a value, and refuses what readers commonly disagree on.
#[derive(Clone, Copy)]
struct Strict {
    depth_left: usize,
}

impl Strict {
    fn deeper<E: Error>(self) -> Result<Self, E> {
        match self.depth_left.checked_sub(1) {
            Some(depth_left) => Ok(Self { depth_left }),
            None => Err(E::custom(format_args!("it is nested more than {VALUE_DEPTH_MAX} deep"))),
        }
    }
}

impl<'de> DeserializeSeed<'de> for Strict {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Int(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Value::Double(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let seed = self.deeper()?;
        let mut list = Vec::with_capacity(items.size_hint().unwrap_or(0).min(RESERVE_MAX));
        while let Some(item) = items.next_element_seed(seed)? {
            list.push(item);
        }
        Ok(Value::list(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Value, A::Error> {
        let seed = self.deeper()?;
        let mut map = Map::with_capacity(fields.size_hint().unwrap_or(0).min(RESERVE_MAX));
        while let Some(key) = fields.next_key::<Arc<str>>()? {
            if map.contains_key(&key) {
                return Err(A::Error::custom(format_args!("the key {key:?} is given twice")));
            }
            let value = fields.next_value_seed(seed)?;
            map.insert(key, value);
        }
        Ok(Value::map(map))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use http::HeaderValue;

    #[test]
    fn json_is_read_as_it_stands() {
        let text = r#"{"b":[1,-2.5,"x",null,true],"a":{"n":18446744073709551615}}"#;
        assert_eq!(json(text.as_bytes()).unwrap().to_json(), text);
    }

    #[test]
    fn json_that_readers_disagree_on_is_refused_with_its_place() {
        for (body, what) in [
            (r#"{"a": 1, "a": 2}"#.to_owned(), "given twice at line 1 column 12"),
            ("{\n  \"a\": 1,\n}".to_owned(), "trailing comma at line 3 column 1"),
            ("{} x".to_owned(), "trailing characters at line 1 column 4"),
            ("{".to_owned(), "EOF while parsing"),
            (String::new(), "the body is empty"),
            (format!("{}{}", "[".repeat(97), "]".repeat(97)), "nested more than 96 deep"),
            ("[".repeat(100_000), "nested more than 96 deep"),
        ] {
            let error = format!("{:?}", json(body.as_bytes()).unwrap_err());
            assert!(error.contains(what), "{error}");
        }
        assert!(json(b"{\"a\": \"\xff\"}").is_err());
    }

    #[test]
    fn only_json_in_utf8_is_taken() {
        let check = |pairs: &[(http::HeaderName, &'static str)]| {
            let headers = pairs
                .iter()
                .map(|(name, value)| (name.clone(), HeaderValue::from_static(value)))
                .collect();
            check_type(&headers, false).is_ok()
        };
        for good in [
            "application/json",
            "Application/JSON; charset=UTF-8",
            "application/problem+json",
            "application/json; charset=\"utf-8\"",
        ] {
            assert!(check(&[(CONTENT_TYPE, good)]), "{good}");
        }
        for bad in ["text/plain", "application/json; charset=utf-16", "application/jsonl", ""] {
            assert!(!check(&[(CONTENT_TYPE, bad)]), "{bad}");
        }
        assert!(!check(&[]));
        assert!(!check(&[(CONTENT_TYPE, "application/json"), (CONTENT_ENCODING, "gzip")]));
    }
}
