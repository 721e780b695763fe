//! The documented error envelope: `{error, code, requestId, details?}`.

use super::diagnostics::Diagnostics;
use super::reply;
use crate::engine::DeliverError;
use crate::store::StoreError;
use axum::body::Body;
use http::header::{CONNECTION, HeaderName, HeaderValue, RETRY_AFTER};
use http::{Response, StatusCode};
use indexmap::IndexMap;
use serde::Serialize;

/// What is wrong with which fields, by name, path or JSON pointer.
pub(super) type FieldErrors = IndexMap<String, Vec<String>>;

/// Seconds after which a request may be tried again that the store or the engine could not take.
const RETRY_S: u64 = 2;

/// Why a request is refused.
#[derive(Debug)]
pub(super) struct ApiError(Box<Refusal>);

#[derive(Debug)]
struct Refusal {
    status: StatusCode,
    code: &'static str,
    message: String,
    details: Details,
    /// Of a rate limit: its bucket and its limit.
    limit: Option<(&'static str, u32)>,
    header: Option<(HeaderName, HeaderValue)>,
}

/// What there is to say beyond the message.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct Details {
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    field_errors: FieldErrors,
    #[serde(skip_serializing_if = "Diagnostics::is_empty")]
    diagnostics: Diagnostics,
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    column: Option<usize>,
}

impl Details {
    fn is_empty(&self) -> bool {
        self.field_errors.is_empty() && self.diagnostics.is_empty() && self.line.is_none()
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Envelope<'a> {
    error: &'a str,
    code: &'a str,
    request_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    bucket: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    limit: Option<u32>,
    #[serde(skip_serializing_if = "Details::is_empty")]
    details: &'a Details,
}

impl ApiError {
    /// A refusal with a status, a code for programs and a sentence for people.
    pub(super) fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self(Box::new(Refusal {
            status,
            code,
            message: message.into(),
            details: Details::default(),
            limit: None,
            header: None,
        }))
    }

    /// Adds a header.
    pub(super) fn header(mut self, name: HeaderName, value: impl Into<HeaderValue>) -> Self {
        self.0.header = Some((name, value.into()));
        self
    }

    /// Adds the place in the body, from 1.
    pub(super) fn at(mut self, line: usize, column: usize) -> Self {
        self.0.details.line = Some(line);
        self.0.details.column = Some(column);
        self
    }

    /// 400: what is wrong, field by field.
    pub(super) fn validation(field_errors: FieldErrors) -> Self {
        let mut error =
            Self::new(StatusCode::BAD_REQUEST, "validation_failed", "validation failed");
        error.0.details.field_errors = field_errors;
        error
    }

    /// 400: what is wrong with one field.
    pub(super) fn field(name: &str, message: impl Into<String>) -> Self {
        Self::validation(FieldErrors::from_iter([(name.to_owned(), vec![message.into()])]))
    }

    /// 422: the workflow has errors.
    pub(super) fn compile(diagnostics: Diagnostics) -> Self {
        let field_errors = diagnostics.field_errors();
        let message = match field_errors.values().map(Vec::len).sum() {
            1 => "the workflow has an error".to_owned(),
            n => format!("the workflow has {n} errors"),
        };
        let mut error = Self::new(StatusCode::UNPROCESSABLE_ENTITY, "workflow_invalid", message);
        error.0.details = Details { field_errors, diagnostics, line: None, column: None };
        error
    }

    /// 404: there is no such thing.
    pub(super) fn not_found(what: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", what)
    }

    /// 409: the thing is not in a state for this.
    pub(super) fn conflict(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, code, message)
    }

    /// 403: the key may not.
    pub(super) fn forbidden(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, code, message)
    }

    /// 429: too many requests.
    pub(super) fn rate_limited(bucket: &'static str, limit: u32, retry_ms: u64) -> Self {
        let mut error =
            Self::new(StatusCode::TOO_MANY_REQUESTS, "rate_limited", "rate limit exceeded")
                .header(RETRY_AFTER, retry_ms.div_ceil(1_000));
        error.0.limit = Some((bucket, limit));
        error
    }

    /// 503: nothing was done, and the request may be made again.
    pub(super) fn unavailable(what: &str) -> Self {
        // What exactly the disk or the database said is the operator's, and in the log.
        tracing::error!(what, "a request cannot be served");
        let message = "the server cannot write or read its data at present: try again";
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", message)
            .header(RETRY_AFTER, RETRY_S)
    }

    /// 500: a defect of ours.
    pub(super) fn internal(what: &str) -> Self {
        tracing::error!(what, "a request ran into a defect of the server");
        let message =
            "something went wrong inside the server: try again, or report the request's id";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", message)
    }

    /// The answer.
    pub(super) fn into_response(self, request_id: &str) -> Response<Body> {
        let Refusal { status, code, message, details, limit, header } = *self.0;
        let envelope = Envelope {
            error: &message,
            code,
            request_id,
            bucket: limit.map(|(bucket, _)| bucket),
            limit: limit.map(|(_, limit)| limit),
            details: &details,
        };
        let mut response = reply::json(status, &envelope);
        if let Some((name, value)) = header {
            response.headers_mut().insert(name, value);
        }
        // The rest of the body is not read, and so the connection cannot serve another request (RFC 9110, 15.5.14).
        if matches!(status, StatusCode::PAYLOAD_TOO_LARGE | StatusCode::REQUEST_TIMEOUT) {
            response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        }
        response
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unavailable(what) => Self::unavailable(&what),
            StoreError::SlugTaken => {
                Self::conflict("slug_taken", "another workflow has this slug: choose another one")
            }
            StoreError::NotFound => Self::not_found("there is no such thing"),
        }
    }
}

impl From<DeliverError> for ApiError {
    fn from(error: DeliverError) -> Self {
        match error {
            DeliverError::NotFound => Self::not_found("there is no such execution"),
            DeliverError::Refused(why) => Self::conflict("state_conflict", why),
            DeliverError::Unavailable(what) => Self::unavailable(&what),
        }
    }
}
