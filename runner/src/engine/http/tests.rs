//! Calls against a local server that misbehaves in every way it can.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use super::*;
use crate::engine::SystemClock;
use ::http::HeaderMap;
use axum::Router;
use axum::response::{IntoResponse, Redirect};
use axum::routing::{any, get, post};
use secrecy::ExposeSecret;
use std::net::SocketAddr;
use std::time::Instant;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

const KEY: &str = "qe_sk_sandbox_topsecret";

struct OneConnection(String);

impl Connections for OneConnection {
    async fn target(&self, slug: &str) -> Result<Target, ConnectionError> {
        match slug {
            "svc" => Ok(Target { base_url: self.0.clone(), api_key: KEY.into() }),
            "broken" => Err(ConnectionError::Unavailable("the disk is gone".into())),
            _ => Err(ConnectionError::Missing),
        }
    }
}

fn caller(base_url: &str) -> HttpCaller<OneConnection> {
    let policy = AddressPolicy::default();
    let connections = Arc::new(OneConnection(base_url.to_owned()));
    HttpCaller::new(connections, HttpClient::new(policy).unwrap(), Arc::new(SystemClock))
}

fn request(path: &str) -> CallRequest {
    CallRequest {
        service: "svc".into(),
        method: "POST".into(),
        path: path.into(),
        headers: vec![("X-Mine".into(), "yes".into())],
        body: Some(serde_json::from_str(r#"{"a":[1,2.5,"x"]}"#).unwrap()),
        timeout_ms: 5_000,
        idempotency_key: "stp_1".into(),
    }
}

/// What was received, as JSON.
async fn echo(headers: HeaderMap, uri: axum::http::Uri, body: String) -> impl IntoResponse {
    let of = |name: &str| headers.get(name).map(|value| value.to_str().unwrap().to_owned());
    let body: serde_json::Value = serde_json::from_str(&body).unwrap_or_default();
    axum::Json(serde_json::json!({
        "uri": uri.to_string(),
        "authorization": of("authorization"),
        "key": of("idempotency-key"),
        "mine": of("x-mine"),
        "type": of("content-type"),
        "body": body,
    }))
}

async fn server() -> SocketAddr {
    let html = || ([("content-type", "application/json")], "<html>oops</html>");
    let router = Router::new()
        .route("/base/echo", any(echo))
        .route("/base/500", post(|| async { (StatusCode::INTERNAL_SERVER_ERROR, "boom") }))
        .route(
            "/base/429",
            post(|| async { (StatusCode::TOO_MANY_REQUESTS, [("retry-after", "7")], "") }),
        )
        .route(
            "/base/404",
            post(|| async {
                (StatusCode::NOT_FOUND, axum::Json(serde_json::json!({"error": "no"})))
            }),
        )
        .route("/base/html", post(move || async move { html() }))
        .route("/base/text", post(|| async { "plain" }))
        .route("/base/empty", post(|| async { StatusCode::NO_CONTENT }))
        .route(
            "/base/slow",
            post(|| async {
                std::future::pending::<()>().await;
            }),
        )
        .route("/base/huge", post(|| async { "x".repeat(RESPONSE_BYTES_MAX + 1) }))
        .route("/base/here", post(|| async { Redirect::temporary("/base/echo?again=1") }))
        .route("/base/see-other", any(|| async { Redirect::to("/base/echo") }))
        .route("/base/loop", any(|| async { Redirect::temporary("/base/loop") }))
        .route(
            "/base/away",
            get(|| async {}).post(|| async { Redirect::temporary("http://localhost:1/steal") }),
        );
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

/// A server that reads a request and answers with these bytes, then closes.
async fn raw_server(answer: &'static str) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            let mut buffer = [0; 4096];
            let _ = socket.read(&mut buffer).await;
            let _ = socket.write_all(answer.as_bytes()).await;
        }
    });
    address
}

async fn call(path: &str) -> Result<CallResponse, CallFailure> {
    let address = server().await;
    caller(&format!("http://{address}/base")).call(request(path)).await
}

async fn failure_of(path: &str) -> CallFailure {
    call(path).await.expect_err("the call fails")
}

fn json(value: &Value) -> serde_json::Value {
    serde_json::to_value(value).unwrap()
}

#[tokio::test]
async fn a_call_carries_the_key_the_idempotency_key_and_the_body() {
    let response = call("/echo?x=%20y").await.unwrap();
    assert_eq!(response.status, 200);
    assert_eq!(
        json(&response.body),
        serde_json::json!({
            "uri": "/base/echo?x=%20y",
            "authorization": format!("Bearer {KEY}"),
            "key": "stp_1",
            "mine": "yes",
            "type": "application/json",
            "body": {"a": [1, 2.5, "x"]},
        })
    );
}

#[tokio::test]
async fn failures_of_the_service_keep_status_and_body() {
    let failure = failure_of("/500").await;
    assert_eq!(failure.class, FailureClass::Status(500));
    let body = failure.response.unwrap().body;
    assert_eq!(json(&body)["text"], "boom");

    let failure = failure_of("/404").await;
    assert_eq!(failure.class, FailureClass::Status(404));
    assert_eq!(json(&failure.response.unwrap().body), serde_json::json!({"error": "no"}));

    let failure = failure_of("/429").await;
    assert_eq!(failure.class, FailureClass::Status(429));
    assert_eq!(failure.retry_after_ms, Some(7_000));
}

#[tokio::test]
async fn answers_that_are_not_what_they_say_are_bad() {
    let failure = failure_of("/html").await;
    assert_eq!(failure.class, FailureClass::BadResponse);
    assert!(failure.message.contains("says it is JSON and is not"), "{}", failure.message);
    assert!(!failure.message.contains("oops"), "{}", failure.message);
    assert_eq!(json(&call("/text").await.unwrap().body)["text"], "plain");
    assert_eq!(call("/empty").await.unwrap().body, Value::Null);
}

#[tokio::test]
async fn a_truncated_answer_is_broken_as_a_missing_one_is() {
    let head =
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{\"a\":";
    let address = raw_server(head).await;
    let failure = caller(&format!("http://{address}")).call(request("/x")).await.unwrap_err();
    assert_eq!(failure.class, FailureClass::Broken, "{}", failure.message);
    assert!(failure.message.contains("broke off"), "{}", failure.message);

    let address = raw_server("").await;
    let failure = caller(&format!("http://{address}")).call(request("/x")).await.unwrap_err();
    assert_eq!(failure.class, FailureClass::Broken, "{}", failure.message);

    let address = raw_server("HTTP/1.1 503 Down\r\ncontent-length: 100\r\n\r\nha").await;
    let failure = caller(&format!("http://{address}")).call(request("/x")).await.unwrap_err();
    assert_eq!(failure.class, FailureClass::Status(503), "the status says enough");
}

#[tokio::test]
async fn a_slow_answer_times_out() {
    let address = server().await;
    let mut slow = request("/slow");
    slow.timeout_ms = 50;
    let begun = Instant::now();
    let failure = caller(&format!("http://{address}/base")).call(slow).await.unwrap_err();
    assert_eq!(failure.class, FailureClass::Timeout);
    assert!(begun.elapsed() < Duration::from_secs(4));

    // The limit covers the body too.
    let head = "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{";
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (mut socket, _) = listener.accept().await.unwrap();
        let mut buffer = [0; 4096];
        assert!(socket.read(&mut buffer).await.unwrap() > 0);
        socket.write_all(head.as_bytes()).await.unwrap();
        std::future::pending::<()>().await;
        drop(socket);
    });
    let mut slow = request("/x");
    slow.timeout_ms = 50;
    let failure = caller(&format!("http://{address}")).call(slow).await.unwrap_err();
    assert_eq!(failure.class, FailureClass::Timeout);
}

#[tokio::test]
async fn a_huge_answer_is_given_up() {
    let failure = failure_of("/huge").await;
    assert_eq!(failure.class, FailureClass::BadResponse);
    assert!(failure.message.contains("longer than 8 MiB"), "{}", failure.message);
    // Without a content-length the bytes are counted.
    let address = raw_server("HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n0123456789").await;
    let mut caller = caller(&format!("http://{address}"));
    caller.response_bytes_max = 5;
    let failure = caller.call(request("/x")).await.unwrap_err();
    assert_eq!(failure.class, FailureClass::BadResponse, "{}", failure.message);
}

#[tokio::test]
async fn a_refused_connection_was_not_seen() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let failure = caller(&format!("http://{address}")).call(request("/x")).await.unwrap_err();
    assert_eq!(failure.class, FailureClass::NotSent);
    assert!(failure.message.contains("refused"), "{}", failure.message);
}

#[tokio::test]
async fn redirects_stay_within_the_host_and_the_call() {
    let response = call("/here").await.unwrap();
    assert_eq!(json(&response.body)["uri"], "/base/echo?again=1");
    assert_eq!(json(&response.body)["body"], serde_json::json!({"a": [1, 2.5, "x"]}));

    let failure = failure_of("/away").await;
    assert_eq!(failure.class, FailureClass::BadResponse);
    assert!(failure.message.contains("another host"), "{}", failure.message);

    let failure = failure_of("/see-other").await;
    assert!(failure.message.contains("into another one"), "{}", failure.message);
    let failure = failure_of("/loop").await;
    assert!(failure.message.contains("more than 5 times"), "{}", failure.message);
}

#[tokio::test]
async fn what_cannot_be_called_is_refused_without_a_secret() {
    let address = server().await;
    let base = format!("http://{address}/base");
    let refused = async |change: fn(&mut CallRequest)| {
        let mut request = request("/echo");
        change(&mut request);
        let failure = caller(&base).call(request).await.unwrap_err();
        assert!(!failure.message.contains("topsecret"), "{}", failure.message);
        (failure.class, failure.message)
    };
    let (class, message) = refused(|r| r.service = "crm".into()).await;
    assert_eq!(class, FailureClass::Refused);
    assert_eq!(message, "`crm` cannot be called: no active connection is registered for it");
    let (class, _) = refused(|r| r.service = "broken".into()).await;
    assert_eq!(class, FailureClass::NotSent);
    for name in ["Authorization", "host", "IDEMPOTENCY-KEY", "Content-Length"] {
        let mut request = request("/echo");
        request.headers = vec![(name.into(), "topsecret".into())];
        let failure = caller(&base).call(request).await.unwrap_err();
        assert_eq!(failure.class, FailureClass::Refused, "{name}");
        assert!(!failure.message.contains("topsecret"), "{}", failure.message);
    }
    let (class, _) = refused(|r| r.path = "/../../topsecret".into()).await;
    assert_eq!(class, FailureClass::Refused);
    let (class, _) = refused(|r| r.method = "NO SUCH".into()).await;
    assert_eq!(class, FailureClass::Refused);
    let (class, _) = refused(|r| r.headers = vec![("x".into(), "topsecret\n".into())]).await;
    assert_eq!(class, FailureClass::Refused);
}

#[tokio::test]
async fn addresses_are_checked_at_the_connect() {
    let metadata = caller("http://169.254.169.254/latest");
    let failure = metadata.call(request("/meta-data")).await.unwrap_err();
    assert_eq!(failure.class, FailureClass::Refused);
    assert!(failure.message.contains("link-local"), "{}", failure.message);

    // A name that resolves to loopback, where that is refused.
    let policy = AddressPolicy { deny_private: true };
    let connections = Arc::new(OneConnection("http://localhost:1/".into()));
    let caller =
        HttpCaller::new(connections, HttpClient::new(policy).unwrap(), Arc::new(SystemClock));
    let failure = caller.call(request("/x")).await.unwrap_err();
    assert_eq!(failure.class, FailureClass::Refused, "{}", failure.message);
    assert!(failure.message.contains("loopback"), "{}", failure.message);
}

#[tokio::test]
async fn keys_do_not_show_in_debug_output() {
    let target = Target { base_url: "http://h".into(), api_key: KEY.into() };
    assert!(!format!("{target:?}").contains("topsecret"));
    assert_eq!(target.api_key.expose_secret(), KEY);
}
