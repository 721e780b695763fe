//! A tiny client of the API.

use reqwest::header::HeaderMap;
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use std::path::Path;
use std::sync::Once;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// One server and some keys, used in turn, so that a test of many requests stays within each key's limits.
pub struct Api {
    http: reqwest::Client,
    pub base: String,
    keys: Vec<String>,
    next: AtomicUsize,
}

/// What came back.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub text: String,
    pub body: Value,
}

impl Answer {
    /// The body of an answer that must have this status.
    #[track_caller]
    pub fn expect(&self, status: u16) -> &Value {
        assert_eq!(self.status, status, "{}", self.text);
        &self.body
    }

    /// The documented error of an answer that must have this status.
    #[track_caller]
    pub fn error(&self, status: u16) -> &str {
        self.expect(status);
        let error = self.body["error"].as_str();
        error.unwrap_or_else(|| panic!("no error envelope: {}", self.text))
    }
}

/// A client that is patient for as long as the tests are.
pub fn client() -> reqwest::Client {
    static PROVIDER: Once = Once::new();
    PROVIDER.call_once(|| {
        let _ = rustls::crypto::ring::default_provider().install_default();
    });
    reqwest::Client::builder().timeout(Duration::from_secs(30)).no_proxy().build().unwrap()
}

impl Api {
    pub fn new(base: &str, keys: Vec<String>) -> Self {
        Self { http: client(), base: base.to_owned(), keys, next: AtomicUsize::new(0) }
    }

    /// The same keys against another process, after a restart.
    pub fn at(&self, base: &str) -> Self {
        Self::new(base, self.keys.clone())
    }

    /// The same server with another key.
    pub fn with_key(&self, key: &str) -> Self {
        Self::new(&self.base, vec![key.to_owned()])
    }

    fn key(&self) -> &str {
        &self.keys[self.next.fetch_add(1, Ordering::Relaxed) % self.keys.len()]
    }

    /// A request without a key.
    pub fn bare(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{}{path}", self.base))
    }

    /// A request with a key.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.bare(method, path).bearer_auth(self.key())
    }

    pub async fn get(&self, path: &str) -> Answer {
        send(self.request(Method::GET, path)).await.unwrap()
    }

    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        send(self.request(Method::POST, path).json(body)).await.unwrap()
    }

    /// A post to a server that may be killed meanwhile.
    pub async fn try_post(&self, path: &str, body: &Value) -> Option<Answer> {
        send(self.request(Method::POST, path).json(body)).await.ok()
    }

    /// A read of a server that may be killed meanwhile.
    pub async fn try_get(&self, path: &str) -> Option<Answer> {
        send(self.request(Method::GET, path)).await.ok()
    }

    /// Registers the six services at a sandbox.
    pub async fn connect_services(&self, sandbox: &str) {
        for service in [
            "identity",
            "aml",
            "anti-fraud",
            "bank-statement",
            "document-intelligence",
            "ai-automation",
        ] {
            let body = json!({
                "serviceSlug": service,
                "baseUrl": format!("{sandbox}/{service}"),
                "apiKey": "qe_sk_sandbox_SIBLINGSIBLINGSIBLINGSIBLINGSIBL"
            });
            self.post("/api/service-connections", &body).await.expect(201);
        }
    }

    /// Creates and publishes the quickstart's workflow.
    pub async fn publish_quickstart(&self) {
        let spec = std::fs::read(super::case("quickstart/workflow.json")).unwrap();
        let request = self.request(Method::POST, "/api/workflows");
        let request = request.header("Content-Type", "application/json").body(spec);
        send(request).await.unwrap().expect(201);
        self.post("/api/workflows/indonesian-kyc-v1/publish", &json!({})).await.expect(200);
    }
}

/// Sends a request and reads the whole answer.
pub async fn send(request: RequestBuilder) -> reqwest::Result<Answer> {
    let response = request.send().await?;
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let text = response.text().await?;
    let body = serde_json::from_str(&text).unwrap_or(Value::Null);
    Ok(Answer { status, headers, text, body })
}

/// A key made by the command line.
pub fn create_key(data: &Path, scopes: &str) -> String {
    let data = data.to_str().unwrap();
    let out = super::run(&["keys", "create", "--data", data, "--scopes", scopes, "--json"]).ok();
    let made: Value = serde_json::from_str(&out).unwrap();
    made["key"].as_str().unwrap().to_owned()
}

/// The body of an `execute` for a customer.
pub fn inputs(customer: &str, external_id: &str) -> Value {
    json!({
        "externalId": external_id,
        "customerId": customer,
        "bundle": {
            "version": "1.0",
            "sdkVersion": "3.2.0",
            "platform": "web",
            "frames": ["/9j/4AAQSkZJRgABAQEASABIAAD/2Q=="],
            "capturedAt": "2026-05-01T12:00:00.000Z",
            "signature": "c2lnbmF0dXJl"
        },
        "hmacKey": "qe_whsec_end-to-end-secret"
    })
}
