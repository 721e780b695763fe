//! From a call as the machine asks for it to an HTTP request.

use super::url::join;
use crate::machine::CallRequest;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderName, HeaderValue};
use http::{HeaderMap, Method};
use reqwest::{Request, Url};
use secrecy::{ExposeSecret, SecretString};

/// The header that tells a service that an attempt repeats an earlier one.
pub(super) const IDEMPOTENCY_KEY: &str = "idempotency-key";

/// Headers that an author cannot set: the runner's own, and those that frame the message.
const RESERVED: [&str; 9] = [
    "authorization",
    IDEMPOTENCY_KEY,
    "host",
    "content-length",
    "transfer-encoding",
    "connection",
    "upgrade",
    "te",
    "proxy-authorization",
];

/// Builds the request.
///
/// # Errors
/// What is wrong, in words for the operator, without any value that may be secret.
pub(super) fn prepare(
    base: &Url,
    api_key: &SecretString,
    call: &CallRequest,
) -> Result<Request, String> {
    let method = Method::from_bytes(call.method.as_bytes())
        .ok()
        .filter(|method| *method != Method::CONNECT)
        .ok_or("its method is not an HTTP method")?;
    let mut request = Request::new(method, join(base, &call.path)?);
    let mut headers = author_headers(&call.headers)?;
    let mut bearer = HeaderValue::from_str(&format!("Bearer {}", api_key.expose_secret()))
        .map_err(|_| "the connection's key holds a character that no header may hold")?;
    bearer.set_sensitive(true);
    headers.insert(AUTHORIZATION, bearer);
    let key = HeaderValue::from_str(&call.idempotency_key)
        .map_err(|_| "its idempotency key cannot be sent")?;
    headers.insert(IDEMPOTENCY_KEY, key);
    headers.entry(ACCEPT).or_insert(HeaderValue::from_static("application/json"));
    if let Some(body) = &call.body {
        let body = serde_json::to_vec(body).map_err(|_| "its body cannot be written as JSON")?;
        headers.entry(CONTENT_TYPE).or_insert(HeaderValue::from_static("application/json"));
        *request.body_mut() = Some(body.into());
    }
    *request.headers_mut() = headers;
    Ok(request)
}

fn author_headers(pairs: &[(String, String)]) -> Result<HeaderMap, String> {
    let mut headers = HeaderMap::with_capacity(pairs.len() + 4);
    for (name, value) in pairs {
        let parsed = HeaderName::from_bytes(name.as_bytes())
            .map_err(|_| format!("`{name}` is not the name of a header"))?;
        if RESERVED.contains(&parsed.as_str()) {
            return Err(format!(
                "the header `{name}` is set by the runner and cannot be set by a workflow"
            ));
        }
        let mut value = HeaderValue::from_str(value).map_err(|_| {
            format!("the value of the header `{name}` holds a character that no header may hold")
        })?;
        value.set_sensitive(true);
        headers.insert(parsed, value);
    }
    Ok(headers)
}
