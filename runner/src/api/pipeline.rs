//! What every request goes through.

use super::auth::{self, Caller};
use super::error::ApiError;
use super::rate_limit::Standing;
use super::routes::{Endpoint, Found, Probe, Route};
use super::{
    Api, approvals, body, connections, events, execute, executions, operations, routes, webhooks,
    workflows,
};
use crate::ids;
use crate::time::Millis;
use axum::body::Body;
use bytes::Bytes;
use http::header::{ALLOW, HeaderMap, HeaderName, HeaderValue};
use http::request::Parts;
use http::{Request, Response, StatusCode};
use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::task::Poll;
use std::time::Instant;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const RATE_LIMIT: HeaderName = HeaderName::from_static("x-ratelimit-limit");
const RATE_REMAINING: HeaderName = HeaderName::from_static("x-ratelimit-remaining");
const RATE_RESET: HeaderName = HeaderName::from_static("x-ratelimit-reset");

/// A request whose caller and body have been checked.
pub(super) struct Checked<'a> {
    pub(super) caller: &'a Caller,
    /// What stands in the path for `{id}`.
    pub(super) id: &'a str,
    pub(super) headers: &'a HeaderMap,
    pub(super) body: Bytes,
}

impl Api {
    /// Answers one request. Never fails: every refusal, and every defect, is an answer too.
    pub async fn answer(&self, request: Request<Body>) -> Response<Body> {
        let began = Instant::now();
        let (parts, body) = request.into_parts();
        let id = request_id(&parts.headers);
        let found = routes::find(&parts.method, parts.uri.path());
        let place = match &found {
            Found::Route(place, ..) => Some(*place),
            Found::OtherMethods(_) | Found::Nothing => None,
        };
        let mut standing = None;
        let outcome = self.outcome(found, &parts, body, &mut standing).await;
        let mut response = outcome.unwrap_or_else(|error| error.into_response(&id));
        let headers = response.headers_mut();
        if let Ok(id) = HeaderValue::from_str(&id) {
            headers.insert(REQUEST_ID, id);
        }
        if let Some(standing) = standing {
            headers.insert(RATE_LIMIT, standing.limit.into());
            headers.insert(RATE_REMAINING, standing.remaining.into());
            headers.insert(RATE_RESET, standing.reset_s.into());
        }
        let status = response.status();
        self.0.metrics.answered(place, status, began.elapsed());
        // The path names things, never secrets; the query is left out all the same.
        tracing::debug!(
            request = id,
            method = %parts.method,
            path = parts.uri.path(),
            status = status.as_u16(),
            "answered"
        );
        response
    }

    async fn outcome(
        &self,
        found: Found<'_>,
        parts: &Parts,
        body: Body,
        standing: &mut Option<Standing>,
    ) -> Result<Response<Body>, ApiError> {
        let (place, route, id) = match found {
            Found::Route(place, route, id) => (place, route, id),
            Found::OtherMethods(allow) => return Err(other_methods(&allow)),
            Found::Nothing => {
                return Err(ApiError::not_found("there is nothing at this path"));
            }
        };
        let mut answer = pin!(self.checked(place, route, id, parts, body, standing));
        // A panic must cost one request, not the connection's other ones. What it left behind is only its own: the
        // store and the engine take whole messages.
        poll_fn(|cx| match catch_unwind(AssertUnwindSafe(|| answer.as_mut().poll(cx))) {
            Ok(poll) => poll,
            Err(_) => Poll::Ready(Err(ApiError::internal("a handler panicked"))),
        })
        .await
    }

    /// The steps in their order: key, rate limit, scope, body, handler.
    async fn checked(
        &self,
        place: u8,
        route: &Route,
        id: &str,
        parts: &Parts,
        body: Body,
        standing: &mut Option<Standing>,
    ) -> Result<Response<Body>, ApiError> {
        if let Endpoint::Probe(probe) = route.endpoint {
            return Ok(self.probe(probe));
        }
        let caller = auth::caller(&self.0.store, &parts.headers, &parts.uri).await?;
        let read = route.method == http::Method::GET;
        *standing = self.0.limiter.count((caller.hash, place), read, Millis::now());
        if let Some(Standing { limit, retry_ms: Some(retry_ms), .. }) = *standing {
            return Err(ApiError::rate_limited(route.bucket, limit, retry_ms));
        }
        caller.may(route.access)?;
        let body = match route.body_bytes_max {
            Some(bytes_max) => body::read(&parts.headers, body, bytes_max).await?,
            None => Bytes::new(),
        };
        let request = Checked { caller: &caller, id, headers: &parts.headers, body };
        self.handle(route.endpoint, request).await
    }

    fn probe(&self, probe: Probe) -> Response<Body> {
        match probe {
            Probe::Health => operations::health(),
            Probe::Ready => operations::ready(self),
            Probe::Metrics => operations::metrics(self),
        }
    }

    async fn handle(
        &self,
        endpoint: Endpoint,
        request: Checked<'_>,
    ) -> Result<Response<Body>, ApiError> {
        match endpoint {
            Endpoint::Execute => execute::execute(self, request).await,
            Endpoint::ReadExecution => executions::read(self, request).await,
            Endpoint::Approve => approvals::decide(self, request).await,
            Endpoint::ReceiveEvent => events::receive(self, request).await,
            Endpoint::ListConnections => connections::list(self).await,
            Endpoint::PutConnection => connections::put(self, request).await,
            Endpoint::CreateWorkflow => workflows::create(self, request).await,
            Endpoint::ValidateWorkflow => workflows::validate(request).await,
            Endpoint::ReadWorkflow => workflows::read(self, request).await,
            Endpoint::PublishWorkflow => workflows::publish(self, request).await,
            Endpoint::ListWebhooks => webhooks::list(self).await,
            Endpoint::CreateWebhook => webhooks::create(self, request).await,
            Endpoint::Me => Ok(operations::me(self, request.caller)),
            Endpoint::Probe(probe) => Ok(self.probe(probe)),
            Endpoint::NotYet => Err(ApiError::new(
                StatusCode::NOT_IMPLEMENTED,
                "not_implemented",
                "this endpoint is not there yet",
            )),
        }
    }
}

/// The client's own id of the request, when it has a sensible one, or else a new one.
fn request_id(headers: &HeaderMap) -> String {
    let fits = |id: &&str| {
        (1..=64).contains(&id.len())
            && id.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
    };
    let given = headers.get(REQUEST_ID).and_then(|id| id.to_str().ok()).filter(fits);
    given.map_or_else(|| ids::new("req"), str::to_owned)
}

fn other_methods(allow: &str) -> ApiError {
    let error = ApiError::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "method_not_allowed",
        format!("this path takes {allow}"),
    );
    match HeaderValue::from_str(allow) {
        Ok(allow) => error.header(ALLOW, allow),
        Err(_) => error,
    }
}
