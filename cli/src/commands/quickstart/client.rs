//! A small client of the documented HTTP API. The quickstart speaks to the server through this and nothing else.

use crate::failure::Failure;
use reqwest::header::HeaderMap;
use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::Value;
use std::time::Duration;

/// The server never takes this long on a quickstart's requests; a hang is an error and not a wait.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);

/// One server and one key.
#[derive(Debug, Clone)]
pub struct Api {
    http: reqwest::Client,
    base: String,
    key: String,
}

/// What a request came back with.
#[derive(Debug, Clone)]
pub struct Answer {
    /// `POST /api/workflows`, for messages.
    pub request: String,
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body's text.
    pub text: String,
    /// The body's JSON; null when it is none.
    pub body: Value,
}

impl Api {
    /// A client for the server at `base`, such as `http://127.0.0.1:7070`.
    pub fn new(base: impl Into<String>, key: impl Into<String>) -> Result<Self, Failure> {
        let http = reqwest::Client::builder()
            .timeout(REQUEST_TIMEOUT)
            .no_proxy()
            .build()
            .map_err(|e| Failure::new(format_args!("cannot make an HTTP client: {e}")))?;
        Ok(Self { http, base: base.into(), key: key.into() })
    }

    /// `GET path`.
    pub async fn get(&self, path: &str) -> Result<Answer, Failure> {
        self.send(Method::GET, path, |request| request).await
    }

    /// `POST path` with a JSON body.
    pub async fn post(&self, path: &str, body: &Value) -> Result<Answer, Failure> {
        self.send(Method::POST, path, |request| request.json(body)).await
    }

    /// `POST path` with exactly these bytes of JSON.
    pub async fn post_bytes(&self, path: &str, body: &'static [u8]) -> Result<Answer, Failure> {
        self.send(Method::POST, path, |request| {
            request.header("Content-Type", "application/json").body(body)
        })
        .await
    }

    /// `POST path` without a body.
    pub async fn post_empty(&self, path: &str) -> Result<Answer, Failure> {
        self.send(Method::POST, path, |request| request).await
    }

    async fn send(
        &self,
        method: Method,
        path: &str,
        with: impl FnOnce(RequestBuilder) -> RequestBuilder,
    ) -> Result<Answer, Failure> {
        let described = format!("{method} {path}");
        let failed = |e: reqwest::Error| Failure::new(format_args!("{described} failed: {e}"));
        let request = self.http.request(method, format!("{}{path}", self.base));
        let response = with(request).bearer_auth(&self.key).send().await.map_err(failed)?;
        let (status, headers) = (response.status(), response.headers().clone());
        let text = response.text().await.map_err(failed)?;
        let body = serde_json::from_str(&text).unwrap_or(Value::Null);
        Ok(Answer { request: described, status, headers, text, body })
    }
}

impl Answer {
    /// The resource under `data`, when the status is the documented one.
    pub fn expect(&self, status: u16, resource: &str) -> Result<&Value, Failure> {
        if self.status.as_u16() != status {
            return Err(Failure::new(format_args!(
                "{} answered {} where {status} is documented: {}",
                self.request, self.status, self.text
            )));
        }
        self.body.get("data").and_then(|data| data.get(resource)).ok_or_else(|| {
            Failure::new(format_args!(
                "{} answered without data.{resource}: {}",
                self.request, self.text
            ))
        })
    }
}
