//! A webhook receiver that keeps whatever comes.

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use serde_json::Value;
use std::sync::{Arc, Mutex};

/// One delivery.
#[derive(Debug, Clone)]
pub struct Hook {
    pub headers: HeaderMap,
    pub text: String,
    pub body: Value,
}

/// A receiver on a free loopback port, for as long as the test runs.
#[derive(Clone)]
pub struct Receiver {
    pub url: String,
    hooks: Arc<Mutex<Vec<Hook>>>,
}

impl Receiver {
    pub async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hooks", listener.local_addr().unwrap());
        let hooks = Arc::new(Mutex::new(Vec::new()));
        let router = Router::new().route("/hooks", post(receive)).with_state(hooks.clone());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { url, hooks }
    }

    pub fn hooks(&self) -> Vec<Hook> {
        self.hooks.lock().unwrap().clone()
    }
}

async fn receive(
    State(hooks): State<Arc<Mutex<Vec<Hook>>>>,
    headers: HeaderMap,
    body: Bytes,
) -> StatusCode {
    let text = String::from_utf8(body.to_vec()).unwrap();
    let body = serde_json::from_str(&text).unwrap();
    hooks.lock().unwrap().push(Hook { headers, text, body });
    StatusCode::NO_CONTENT
}
