//! Responses: JSON, the documented error envelope, and two that no service should send.

use axum::body::{Body, Bytes, HttpBody, to_bytes};
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use http_body::Frame;
use serde::Serialize;
use serde_json::{Map, Value, json};
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use writ_compiler::bytecode::schema::FieldError;

const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// A JSON answer.
pub fn json(status: StatusCode, body: &impl Serialize) -> Response {
    match serde_json::to_string(body) {
        Ok(text) => json_text(status, text),
        Err(e) => error(StatusCode::INTERNAL_SERVER_ERROR, &e.to_string()),
    }
}

/// A JSON answer whose text is made already.
pub fn json_text(status: StatusCode, text: impl Into<Body>) -> Response {
    (status, [(header::CONTENT_TYPE, JSON)], text.into()).into_response()
}

/// `{"error": "..."}`.
pub fn error(status: StatusCode, message: &str) -> Response {
    json_text(status, json!({"error": message}).to_string())
}

/// 405, with the methods that the path takes.
pub fn method_not_allowed(methods: &[Method]) -> Response {
    let methods: Vec<_> = methods.iter().map(Method::as_str).collect();
    let methods = methods.join(", ");
    let message = format!("this path takes {methods}");
    let mut response = error(StatusCode::METHOD_NOT_ALLOWED, &message);
    if let Ok(allow) = HeaderValue::from_str(&methods) {
        response.headers_mut().insert(header::ALLOW, allow);
    }
    response
}

/// 400, with what is wrong by field.
pub fn invalid(errors: &[FieldError]) -> Response {
    let mut fields: Map<String, Value> = Map::new();
    for error in errors {
        let messages = fields.entry(&error.path).or_insert_with(|| json!([]));
        if let Value::Array(messages) = messages {
            messages.push(json!(error.message));
        }
    }
    let body = json!({"error": "validation failed", "details": {"fieldErrors": fields}});
    json_text(StatusCode::BAD_REQUEST, body.to_string())
}

/// A page where JSON is expected.
pub fn html() -> Response {
    let page = "<!doctype html><title>Welcome</title><h1>It works!</h1>\n";
    axum::response::Html(page).into_response()
}

/// The first half of an answer that promises the whole, after which the connection breaks.
pub async fn truncated(whole: Response) -> Response {
    let (mut parts, body) = whole.into_parts();
    // Every answer here was made from memory, and is small.
    let body = to_bytes(body, usize::MAX).await.unwrap_or_default();
    parts.headers.insert(header::CONTENT_LENGTH, body.len().into());
    let half = body.slice(..body.len() / 2);
    Response::from_parts(parts, Body::new(Half { half: Some(half), rested: false }))
}

/// A body that gives this much, and then fails.
struct Half {
    half: Option<Bytes>,
    rested: bool,
}

impl HttpBody for Half {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        if let Some(half) = self.half.take() {
            return Poll::Ready(Some(Ok(Frame::data(half))));
        }
        if !self.rested {
            // What was given so far is sent when nothing more is to be had at once; a failure right away would take it along.
            self.rested = true;
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        Poll::Ready(Some(Err(io::ErrorKind::ConnectionAborted.into())))
    }
}
