//! Sandbox versions of the six sibling services, answering from their signatures.
//!
//! `http://ADDR/<service>/<path>` is checked as the real service would check it (key, method, media type, body) and answered
//! with a value of the operation's response type: the same request always gets the same answer. `GET /__calls` tells what was
//! called, and `POST /__faults` makes the next calls of an operation go wrong.

mod answer;
mod calls;
mod faults;
mod reply;
mod request;
mod routes;

use crate::limits::SANDBOX_BODY_BYTES_MAX;
use answer::Answers;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::State;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Request, StatusCode};
use axum::response::Response;
use axum::routing::{get, post};
use axum::serve::ListenerExt;
use calls::Calls;
use faults::{Fault, FaultKind, Faults};
use reply::{error, invalid, json};
use request::{Received, Refused};
use routes::{Found, Operation, Routes};
use std::future::Future;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::sync::watch;

/// Carries the caller's name for a request, the same for every attempt.
const IDEMPOTENCY_KEY: &str = "Idempotency-Key";

/// What the handlers share.
struct Sandbox {
    routes: Routes,
    calls: Calls,
    faults: Faults,
    answers: Answers,
    /// Turns `true` when the sandbox is told to stop: calls that hang end then.
    stopping: watch::Receiver<bool>,
}

/// Serves `http://ADDR/<service>` for the six services until `shutdown` ends.
///
/// # Errors
/// When the listener fails.
pub async fn serve(
    listener: TcpListener,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    let (stop, stopping) = watch::channel(false);
    let shutdown = async move {
        shutdown.await;
        // Nobody may be hanging.
        stop.send_replace(true);
    };
    let routes = Routes::new();
    let answers = Answers::new(&routes);
    let sandbox =
        Sandbox { routes, answers, calls: Calls::default(), faults: Faults::default(), stopping };
    let router = Router::new()
        .route("/__calls", get(calls))
        .route("/__faults", post(set_fault))
        .fallback(call)
        .method_not_allowed_fallback(async || {
            error(StatusCode::METHOD_NOT_ALLOWED, "this path does not take that method")
        })
        .with_state(Arc::new(sandbox));
    // Answers are small and waited for: they are not held back to fill a packet. Where that cannot be had it is only slower.
    let listener = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
    axum::serve(listener, router).with_graceful_shutdown(shutdown).await
}

async fn calls(State(sandbox): State<Arc<Sandbox>>) -> Response {
    json(StatusCode::OK, &sandbox.calls.all())
}

async fn set_fault(State(sandbox): State<Arc<Sandbox>>, body: axum::body::Bytes) -> Response {
    let fault: Fault = match serde_json::from_slice(&body) {
        Ok(fault) => fault,
        Err(e) => return error(StatusCode::BAD_REQUEST, &format!("this is no fault: {e}")),
    };
    if !sandbox.routes.has(&fault.service, &fault.operation) {
        let message = format!("no operation {} of a service {}", fault.operation, fault.service);
        return error(StatusCode::NOT_FOUND, &message);
    }
    match sandbox.faults.set(fault) {
        Ok(()) => json(StatusCode::OK, &serde_json::json!({"ok": true})),
        Err(message) => error(StatusCode::BAD_REQUEST, message),
    }
}

/// A call of a service.
async fn call(State(sandbox): State<Arc<Sandbox>>, request: Request<Body>) -> Response {
    let (parts, body) = request.into_parts();
    let operation = match sandbox.routes.find(&parts.method, parts.uri.path()) {
        Found::Operation(operation) => operation,
        Found::Health => return json(StatusCode::OK, &serde_json::json!({"status": "ok"})),
        Found::Nothing => {
            return error(StatusCode::NOT_FOUND, "the sandbox has no such service or path");
        }
        Found::OtherMethods(methods) => return reply::method_not_allowed(&methods),
    };
    if !has_key(&parts.headers) {
        return error(StatusCode::UNAUTHORIZED, "missing or invalid Bearer");
    }
    let Ok(body) = to_bytes(body, SANDBOX_BODY_BYTES_MAX).await else {
        let message = format!("the body is longer than {} MiB", SANDBOX_BODY_BYTES_MAX >> 20);
        return error(StatusCode::PAYLOAD_TOO_LARGE, &message);
    };
    sandbox.calls.add(operation, &parts, header(&parts.headers, IDEMPOTENCY_KEY));
    let fault = sandbox.faults.take(&operation.service, &operation.name);
    if let Some(delay) = fault.and_then(|fault| fault.delay) {
        tokio::time::sleep(delay).await;
    }
    let answer = || answered(&sandbox, operation, &parts, &body);
    match fault.and_then(|fault| fault.kind) {
        None => answer(),
        Some(FaultKind::Status(status)) => error(status, "the sandbox was told to go wrong here"),
        Some(FaultKind::Html) => reply::html(),
        Some(FaultKind::Truncate) => reply::truncated(answer()).await,
        Some(FaultKind::Hang) => {
            let mut stopping = sandbox.stopping.clone();
            // The caller hangs up, or the sandbox stops; a closed channel is a stopped sandbox too.
            let _ = stopping.wait_for(|stopping| *stopping).await;
            error(StatusCode::SERVICE_UNAVAILABLE, "the sandbox is stopping")
        }
    }
}

/// The answer of a service that is well.
fn answered(sandbox: &Sandbox, operation: &Operation, parts: &Parts, body: &[u8]) -> Response {
    if !body.is_empty() && !is_json(&parts.headers) {
        return error(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "the body must be JSON: say Content-Type: application/json",
        );
    }
    match Received::read(operation, &parts.uri, body) {
        Ok(received) => {
            let key = header(&parts.headers, IDEMPOTENCY_KEY);
            reply::json_text(StatusCode::OK, sandbox.answers.answer(&received, key))
        }
        Err(Refused::NotJson(what)) => error(StatusCode::BAD_REQUEST, &what),
        Err(Refused::Fields(errors)) => invalid(&errors),
    }
}

/// Whether a request carries a key. The sandbox takes any.
fn has_key(headers: &HeaderMap) -> bool {
    let given = header(headers, "Authorization").and_then(|text| text.split_once(' '));
    given.is_some_and(|(scheme, key)| {
        scheme.eq_ignore_ascii_case("bearer") && !key.trim().is_empty()
    })
}

fn is_json(headers: &HeaderMap) -> bool {
    let kind = header(headers, "Content-Type").unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    kind == "application/json" || kind.ends_with("+json")
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

#[cfg(test)]
mod tests;
