//! `/api/webhooks`: endpoints that take the organisation's events.

use super::error::ApiError;
use super::fields::Fields;
use super::pipeline::Checked;
use super::reply::{self, Time};
use super::{Api, body};
use crate::engine::http::check_url;
use crate::limits::{URL_CHARS_MAX, WEBHOOK_ENDPOINTS_MAX, WEBHOOK_EVENTS_MAX};
use crate::store::{Endpoint, NewEndpoint};
use axum::body::Body;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{Response, StatusCode};
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use std::collections::HashSet;

/// The runner's own events. Others are those that workflows emit.
const EVENTS: [&str; 8] = [
    "workflow.execution.started",
    "workflow.execution.completed",
    "workflow.execution.failed",
    "workflow.execution.cancelled",
    "workflow.step.completed",
    "workflow.step.failed",
    "workflow.human_approval_pending",
    "webhook.test",
];

/// Random bytes of a secret: as many as the signature's hash has.
const SECRET_BYTES: usize = 32;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct EndpointView<'a> {
    id: &'a str,
    url: &'a str,
    events: &'a [String],
    active: bool,
    /// In the answer to its registration, and never again.
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<&'a str>,
    created_at: Time,
}

fn view<'a>(endpoint: &'a Endpoint, secret: Option<&'a str>) -> EndpointView<'a> {
    EndpointView {
        id: &endpoint.id,
        url: &endpoint.url,
        events: &endpoint.events,
        active: endpoint.active,
        secret,
        created_at: Time(endpoint.created_at),
    }
}

/// `GET`: every endpoint.
pub(super) async fn list(api: &Api) -> Result<Response<Body>, ApiError> {
    let endpoints = api.0.store.endpoints().await?;
    let views: Vec<_> = endpoints.iter().map(|endpoint| view(endpoint, None)).collect();
    Ok(reply::data(StatusCode::OK, "webhooks", &views))
}

/// `POST`: registers an endpoint.
pub(super) async fn create(api: &Api, request: Checked<'_>) -> Result<Response<Body>, ApiError> {
    let body = body::object(&request.body)?;
    let mut fields = Fields::of(&body);
    let url = fields.require_text("url", 1..=URL_CHARS_MAX);
    if let Some(Err(problem)) = url.map(|url| check_url(url, api.0.options.addresses)) {
        fields.error("url", format!("cannot be used: {problem}"));
    }
    let events = fields.texts("events", WEBHOOK_EVENTS_MAX);
    let mut seen = HashSet::new();
    for event in &events {
        if let Some(problem) = event_problem(event) {
            fields.error("events", problem);
        } else if !seen.insert(event) {
            fields.error("events", format!("{event} is named twice"));
        }
    }
    fields.finish()?;
    let Some(url) = url else {
        return Err(ApiError::internal("a checked endpoint has no URL"));
    };
    if api.0.store.endpoints().await?.len() >= WEBHOOK_ENDPOINTS_MAX {
        return Err(ApiError::conflict(
            "too_many_webhooks",
            format!("there are {WEBHOOK_ENDPOINTS_MAX} endpoints already, and no more are kept"),
        ));
    }
    let secret = new_secret()?;
    let endpoint = NewEndpoint { url: url.to_owned(), events, by: request.caller.actor() };
    let endpoint = api.0.store.create_endpoint(endpoint, secret.clone()).await?;
    let view = view(&endpoint, Some(secret.expose_secret()));
    Ok(reply::data(StatusCode::CREATED, "webhook", &view))
}

fn event_problem(event: &str) -> Option<String> {
    if EVENTS.contains(&event) {
        return None;
    }
    if event.starts_with("workflow.") || event.starts_with("webhook.") {
        return Some(format!("{event:?} is none of the runner's events: {}", EVENTS.join(", ")));
    }
    let fits = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-');
    let good = (1..=100).contains(&event.len()) && event.bytes().all(fits);
    (!good).then(|| format!("{event:?} is no event's name: use letters, digits, `.`, `_` and `-`"))
}

/// `whsec_` and base64, as Standard Webhooks has it.
fn new_secret() -> Result<SecretString, ApiError> {
    let mut bytes = [0; SECRET_BYTES];
    getrandom::fill(&mut bytes)
        .map_err(|_| ApiError::internal("the operating system gives no random numbers"))?;
    Ok(SecretString::from(format!("whsec_{}", STANDARD.encode(bytes))))
}
