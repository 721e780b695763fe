//! Answers: JSON written straight from rows and values.

use crate::time::Millis;
use axum::body::Body;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue};
use http::{Response, StatusCode};
use serde::ser::{Serialize, SerializeMap, Serializer};

/// An answer with a JSON body.
pub(super) fn json(status: StatusCode, body: &impl Serialize) -> Response<Body> {
    // Keys are text and numbers are finite wherever we serialize: this does not fail.
    let bytes = serde_json::to_vec(body).unwrap_or_default();
    with_body(status, HeaderValue::from_static("application/json"), bytes)
}

/// An answer with a body of some type.
pub(super) fn with_body(
    status: StatusCode,
    content_type: HeaderValue,
    bytes: Vec<u8>,
) -> Response<Body> {
    let mut response = Response::new(Body::from(bytes));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, content_type);
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// `{"data": {<name>: <value>}}`, the envelope of every success.
pub(super) fn data(
    status: StatusCode,
    name: &'static str,
    value: &impl Serialize,
) -> Response<Body> {
    json(status, &Data { name, value, diagnostics: None::<&()> })
}

/// The same with `{"meta": {"diagnostics": [...]}}` beside it.
pub(super) fn data_with_diagnostics(
    status: StatusCode,
    name: &'static str,
    value: &impl Serialize,
    diagnostics: &impl Serialize,
) -> Response<Body> {
    json(status, &Data { name, value, diagnostics: Some(diagnostics) })
}

struct Data<'a, T, D> {
    name: &'static str,
    value: &'a T,
    diagnostics: Option<&'a D>,
}

impl<T: Serialize, D: Serialize> Serialize for Data<'_, T, D> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("data", &One(self.name, self.value))?;
        if let Some(diagnostics) = self.diagnostics {
            map.serialize_entry("meta", &One("diagnostics", diagnostics))?;
        }
        map.end()
    }
}

/// An object of one member.
struct One<'a, T>(&'static str, &'a T);

impl<T: Serialize> Serialize for One<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(1))?;
        map.serialize_entry(self.0, self.1)?;
        map.end()
    }
}

/// An instant as the API shows it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Time(pub(super) Millis);

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0.to_rfc3339())
    }
}
