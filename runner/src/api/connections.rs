//! `/api/service-connections`.

use super::error::ApiError;
use super::fields::{Fields, SLUG_WORDS, is_slug};
use super::pipeline::Checked;
use super::reply::{self, Time};
use super::{Api, body};
use crate::engine::http::check_base;
use crate::limits::{SERVICE_KEY_CHARS_MAX, SLUG_CHARS_MAX, URL_CHARS_MAX};
use crate::store::{Connection, NewConnection};
use axum::body::Body;
use http::{Response, StatusCode};
use serde::Serialize;

/// The sibling services; any other is `custom:<slug>`.
const SERVICES: [&str; 6] =
    ["identity", "aml", "anti-fraud", "document-intelligence", "bank-statement", "ai-automation"];

/// A connection as it is listed.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ListedView<'a> {
    id: &'a str,
    service_slug: &'a str,
    base_url: &'a str,
    active: bool,
    last_healthy_at: Option<Time>,
    created_at: Time,
    last_used_at: Option<Time>,
}

/// A connection as its registration is answered. The key is shown nowhere.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RegisteredView<'a> {
    id: &'a str,
    service_slug: &'a str,
    base_url: &'a str,
    active: bool,
    api_key_hash: &'a str,
    created_at: Time,
}

/// `GET`: every connection.
pub(super) async fn list(api: &Api) -> Result<Response<Body>, ApiError> {
    let connections = api.0.store.connections().await?;
    let views: Vec<_> = connections
        .iter()
        .map(|connection| ListedView {
            id: &connection.id,
            service_slug: &connection.service_slug,
            base_url: &connection.base_url,
            active: connection.active,
            last_healthy_at: connection.last_healthy_at.map(Time),
            created_at: Time(connection.created_at),
            last_used_at: connection.last_used_at.map(Time),
        })
        .collect();
    Ok(reply::data(StatusCode::OK, "connections", &views))
}

/// `POST`: registers a connection, or replaces its base URL and key.
pub(super) async fn put(api: &Api, request: Checked<'_>) -> Result<Response<Body>, ApiError> {
    let body = body::object(&request.body)?;
    let mut fields = Fields::of(&body);
    let slug = fields.require_text("serviceSlug", 1..=SLUG_CHARS_MAX);
    if let Some(problem) = slug.and_then(slug_problem) {
        fields.error("serviceSlug", problem);
    }
    let base_url = fields.require_text("baseUrl", 1..=URL_CHARS_MAX);
    if let Some(Err(problem)) = base_url.map(|url| check_base(url, api.0.options.addresses)) {
        fields.error("baseUrl", format!("cannot be used: {problem}"));
    }
    let key = fields.require_text("apiKey", 1..=SERVICE_KEY_CHARS_MAX);
    if key.is_some_and(|key| !key.bytes().all(|b| b.is_ascii_graphic())) {
        fields.error("apiKey", "must be of visible ASCII characters: it is sent in a header");
    }
    fields.finish()?;
    let (Some(slug), Some(base_url), Some(key)) = (slug, base_url, key) else {
        return Err(ApiError::internal("a checked connection lacks a field"));
    };
    let connection = NewConnection {
        service_slug: slug.to_owned(),
        base_url: base_url.to_owned(),
        api_key: key.to_owned().into(),
        by: request.caller.actor(),
    };
    let (connection, new) = api.0.store.put_connection(connection).await?;
    let status = if new { StatusCode::CREATED } else { StatusCode::OK };
    Ok(reply::data(status, "connection", &registered(&connection)))
}

fn registered(connection: &Connection) -> RegisteredView<'_> {
    RegisteredView {
        id: &connection.id,
        service_slug: &connection.service_slug,
        base_url: &connection.base_url,
        active: connection.active,
        api_key_hash: &connection.api_key_hash,
        created_at: Time(connection.created_at),
    }
}

fn slug_problem(slug: &str) -> Option<String> {
    if SERVICES.contains(&slug) {
        return None;
    }
    match slug.strip_prefix("custom:") {
        Some(own) if is_slug(own) => None,
        Some(_) => Some(format!("after `custom:` it {SLUG_WORDS}")),
        None => Some(format!(
            "must be one of {}, or custom:<slug> for a service of your own",
            SERVICES.join(", ")
        )),
    }
}
