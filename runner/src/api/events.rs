//! `POST /api/events`: events from outside, for runs that wait for them.

use super::error::{ApiError, FieldErrors};
use super::execute::{IDEMPOTENCY_KEY, REPLAYED, canonical_hash};
use super::fields::Fields;
use super::pipeline::Checked;
use super::reply::{self, Time};
use super::{Api, body};
use crate::engine::Actor;
use crate::limits::{CORRELATION_CHARS_MAX, EVENT_NAME_CHARS_MAX, EXTERNAL_ID_CHARS_MAX};
use crate::store::{EventRow, NewEvent, Received};
use axum::body::Body;
use http::header::{HeaderMap, HeaderValue};
use http::{Response, StatusCode};
use serde::Serialize;
use writ_compiler::bytecode::schema::FieldError;
use writ_compiler::value::Value;

/// What the names of the runner's own events start with.
const RESERVED: &str = "workflow.";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct EventView<'a> {
    id: &'a str,
    event: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    correlation: Option<&'a str>,
    delivered: u32,
    received_at: Time,
}

/// Takes an event in: once this answers 202, it is on disk, and every run that waited for it will have it.
pub(super) async fn receive(api: &Api, request: Checked<'_>) -> Result<Response<Body>, ApiError> {
    if let Some(what) = api.0.engine.health().degraded {
        return Err(ApiError::unavailable(&what));
    }
    let event = event(&request.body, request.headers, request.caller.actor())?;
    match api.0.store.receive_event(event).await? {
        Received::New(row) => {
            if row.delivered > 0 {
                api.0.engine.events_came();
            }
            Ok(accepted(&row))
        }
        Received::Existing(row) => {
            let mut response = accepted(&row);
            response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
            Ok(response)
        }
        Received::Conflict { event_id } => Err(ApiError::conflict(
            "event_id_conflict",
            format!("{event_id} was sent under this id with another body: use another id"),
        )),
        Received::Unfit(errors) => Err(unfit(errors)),
        Received::TooManyKept => Err(ApiError::conflict(
            "too_many_events",
            "no execution waits for this event, and as many of it are kept as can be",
        )),
    }
}

fn event(body: &[u8], headers: &HeaderMap, by: Actor) -> Result<NewEvent, ApiError> {
    let body = body::object(body)?;
    let mut fields = Fields::of(&body);
    let event = fields.require_text("event", 1..=EVENT_NAME_CHARS_MAX).map(str::to_owned);
    match event.as_deref() {
        Some(name) if name.contains(char::is_whitespace) => {
            fields.error("event", "must be words joined by dots, such as `invoice.paid`");
        }
        Some(name) if name.starts_with(RESERVED) => {
            fields.error("event", format!("must not start with `{RESERVED}`"));
        }
        Some(_) | None => {}
    }
    let correlation = fields.text("correlation", 1..=CORRELATION_CHARS_MAX).map(str::to_owned);
    let sender_id = match (fields.get("id"), headers.get(IDEMPOTENCY_KEY)) {
        (None, Some(key)) => {
            let key = key.to_str().unwrap_or_default();
            if !(1..=EXTERNAL_ID_CHARS_MAX).contains(&key.chars().count()) {
                let message = format!("must have 1 to {EXTERNAL_ID_CHARS_MAX} characters");
                fields.error("Idempotency-Key", message);
            }
            Some(key.to_owned())
        }
        _ => fields.text("id", 1..=EXTERNAL_ID_CHARS_MAX).map(str::to_owned),
    };
    let data = fields.get("data").cloned().unwrap_or(Value::Null);
    fields.finish()?;
    let Some(event) = event else {
        return Err(ApiError::internal("a checked event lacks its name"));
    };
    let body_hash = canonical_hash(&Value::record([
        ("event", Value::from(event.as_str())),
        ("correlation", Value::from(correlation.as_deref())),
        ("data", data.clone()),
    ]));
    Ok(NewEvent { event, correlation, data, sender_id, body_hash, by })
}

fn accepted(row: &EventRow) -> Response<Body> {
    let view = EventView {
        id: &row.id,
        event: &row.event,
        correlation: row.correlation.as_deref(),
        delivered: row.delivered,
        received_at: Time(row.received_at),
    };
    reply::data(StatusCode::ACCEPTED, "event", &view)
}

/// 400: what the event carries is not what those who wait for it take.
fn unfit(found: Vec<FieldError>) -> ApiError {
    let mut errors = FieldErrors::new();
    for FieldError { path, message } in found {
        let dot = if path.is_empty() || path.starts_with('[') { "" } else { "." };
        errors.entry(format!("data{dot}{path}")).or_default().push(message);
    }
    ApiError::validation(errors)
}
