//! The service that the measured workflow calls: answers a small JSON at once.

use axum::serve::ListenerExt;
use axum::{Json, Router, extract::State, routing::post};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use tokio::sync::oneshot;

/// Who is told when a run's last call arrives, by the run's external id.
#[derive(Clone, Default)]
pub struct LastCalls(Arc<Mutex<HashMap<String, oneshot::Sender<()>>>>);

impl LastCalls {
    /// A receiver that resolves when the last call of the run with this external id arrives.
    ///
    /// # Panics
    /// When another thread panicked while it held the table.
    #[must_use]
    pub fn expect(&self, external_id: &str) -> oneshot::Receiver<()> {
        let (tx, rx) = oneshot::channel();
        self.0.lock().unwrap().insert(external_id.to_owned(), tx);
        rx
    }
}

/// Starts the upstream on a free loopback port; returns its base URL.
///
/// # Panics
/// When no loopback port can be bound.
pub async fn start(calls: LastCalls) -> String {
    let app = Router::new()
        .route("/first", post(|| async { Json(json!({ "verdict": "passed", "score": 97 })) }))
        .route("/second", post(second))
        .with_state(calls);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a loopback port");
    let url = format!("http://{}", listener.local_addr().expect("its address"));
    let listener = listener.tap_io(|s| s.set_nodelay(true).expect("TCP_NODELAY"));
    tokio::spawn(async move { axum::serve(listener, app).await });
    url
}

async fn second(State(calls): State<LastCalls>, Json(body): Json<Value>) -> Json<Value> {
    let waiting = body["externalId"].as_str().and_then(|id| calls.0.lock().unwrap().remove(id));
    if let Some(waiting) = waiting {
        let _ = waiting.send(());
    }
    Json(json!({ "status": "no_match" }))
}
