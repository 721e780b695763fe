//! Health, readiness, metrics, and who one is.

use super::Api;
use super::auth::Caller;
use super::reply::{self, Time};
use axum::body::Body;
use http::header::{HeaderValue, RETRY_AFTER};
use http::{Response, StatusCode};
use serde::Serialize;

#[derive(Serialize)]
struct State<'a> {
    status: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
}

/// `GET /healthz`: the process answers.
pub(super) fn health() -> Response<Body> {
    reply::json(StatusCode::OK, &State { status: "ok", reason: None })
}

/// `GET /readyz`: requests can be served.
pub(super) fn ready(api: &Api) -> Response<Body> {
    let (store, engine) = (api.0.store.stats(), api.0.engine.health());
    let reason = if engine.draining {
        Some("the server is stopping")
    } else if store.degraded.is_some() || engine.degraded.is_some() {
        // What exactly is wrong is the operator's, and in the log: whoever asks this needs no key.
        Some("the server cannot write its data at present")
    } else {
        None
    };
    if reason.is_none() {
        return reply::json(StatusCode::OK, &State { status: "ready", reason });
    }
    let state = State { status: "unavailable", reason };
    let mut response = reply::json(StatusCode::SERVICE_UNAVAILABLE, &state);
    response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("2"));
    response
}

/// `GET /metrics`: counters, for Prometheus.
pub(super) fn metrics(api: &Api) -> Response<Body> {
    let text = api.0.metrics.text(&api.0.store.stats(), &api.0.engine.health());
    let kind = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
    reply::with_body(StatusCode::OK, kind, text.into_bytes())
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct KeyView<'a> {
    id: &'a str,
    org_id: &'a str,
    scopes: &'a [String],
    actor: Option<&'a str>,
    roles: &'a [String],
    teams: &'a [String],
    created_at: Time,
}

/// `GET /api/auth/me`: what the key is and may do.
pub(super) fn me(api: &Api, caller: &Caller) -> Response<Body> {
    let key = &caller.key;
    let view = KeyView {
        id: &key.id,
        org_id: api.0.store.org_id(),
        scopes: &key.scopes,
        actor: key.actor.as_deref(),
        roles: &key.roles,
        teams: &key.teams,
        created_at: Time(key.created_at),
    };
    reply::data(StatusCode::OK, "key", &view)
}
