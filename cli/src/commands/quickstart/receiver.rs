//! A webhook receiver such as an integrator writes: it verifies each delivery's signature and keeps what came.

use crate::failure::Failure;
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::Value;
use sha2::Sha256;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// One delivery, as it came.
#[derive(Debug, Clone)]
pub struct Received {
    /// Whether the signature is the body's, under the endpoint's secret.
    pub signed: bool,
    /// The request's headers.
    pub headers: HeaderMap,
    /// The exact body.
    pub text: String,
    /// The body's JSON.
    pub body: Value,
}

#[derive(Debug, Default)]
struct Shared {
    secret: OnceLock<String>,
    received: Mutex<Vec<Received>>,
}

/// A receiver on a loopback port.
#[derive(Debug)]
pub struct Receiver {
    address: SocketAddr,
    shared: Arc<Shared>,
    count: watch::Receiver<usize>,
    task: JoinHandle<()>,
}

#[derive(Clone)]
struct App {
    shared: Arc<Shared>,
    count: Arc<watch::Sender<usize>>,
}

impl Receiver {
    /// Listens on a free loopback port.
    pub async fn start() -> Result<Self, Failure> {
        let failed = |e| Failure::new(format_args!("cannot listen for webhooks on loopback: {e}"));
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let (sender, count) = watch::channel(0);
        let shared = Arc::new(Shared::default());
        let app = App { shared: shared.clone(), count: Arc::new(sender) };
        let router = Router::new().route("/hooks", post(receive)).with_state(app);
        let task = tokio::spawn(async move {
            // A loopback listener ends only with its task.
            let _ = axum::serve(listener, router).await;
        });
        Ok(Self { address, shared, count, task })
    }

    /// Where deliveries go.
    pub fn url(&self) -> String {
        format!("http://{}/hooks", self.address)
    }

    /// Sets the endpoint's secret. Deliveries before that cannot be verified and are refused, so that they come again.
    pub fn set_secret(&self, secret: &str) {
        // Set once, by the one registration.
        let _ = self.shared.secret.set(secret.to_owned());
    }

    /// Waits until `enough` says so of what came, or until the time is up.
    pub async fn wait(&mut self, enough: impl Fn(&[Received]) -> bool, limit: Duration) {
        let shared = self.shared.clone();
        let waiting = self
            .count
            .wait_for(|_| enough(&shared.received.lock().unwrap_or_else(PoisonError::into_inner)));
        // When time is up the caller looks at what did come.
        let _ = tokio::time::timeout(limit, waiting).await;
    }

    /// What came so far.
    pub fn received(&self) -> Vec<Received> {
        self.shared.received.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn receive(State(app): State<App>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let Some(secret) = app.shared.secret.get() else {
        return StatusCode::SERVICE_UNAVAILABLE;
    };
    let signature = headers.get("X-Quantum-Signature").and_then(|v| v.to_str().ok());
    let signed = signature.is_some_and(|signature| verify(secret, &body, signature));
    let received = Received {
        signed,
        headers,
        text: String::from_utf8_lossy(&body).into_owned(),
        body: serde_json::from_slice(&body).unwrap_or(Value::Null),
    };
    let mut all = app.shared.received.lock().unwrap_or_else(PoisonError::into_inner);
    all.push(received);
    let count = all.len();
    drop(all);
    // Nobody may be waiting.
    app.count.send_replace(count);
    if signed { StatusCode::NO_CONTENT } else { StatusCode::UNAUTHORIZED }
}

/// `sha256=` and the hex HMAC-SHA256 of the raw body; compared in constant time.
fn verify(secret: &str, body: &[u8], signature: &str) -> bool {
    let Some(hex) = signature.strip_prefix("sha256=") else { return false };
    let Some(given) = decode_hex(hex) else { return false };
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else { return false };
    mac.update(body);
    mac.verify_slice(&given).is_ok()
}

fn decode_hex(hex: &str) -> Option<Vec<u8>> {
    let digit = |c: u8| char::from(c).to_digit(16).and_then(|d| u8::try_from(d).ok());
    let mut pairs = hex.as_bytes().chunks_exact(2);
    let bytes = pairs.by_ref().map(|pair| match pair {
        [high, low] => Some(digit(*high)? << 4 | digit(*low)?),
        _ => None,
    });
    let bytes = bytes.collect::<Option<Vec<u8>>>()?;
    pairs.remainder().is_empty().then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_the_hmac_of_the_exact_body() {
        // RFC 4231, test case 2.
        let signature = "sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
        assert!(verify("Jefe", b"what do ya want for nothing?", signature));
        assert!(!verify("Jefe", b"what do ya want for nothing!", signature));
        assert!(!verify("Jefe", b"what do ya want for nothing?", "sha256=5b"));
        assert!(!verify("Jefe", b"", "sha256=zz"));
        assert!(!verify("Jefe", b"", "5bdc"));
    }
}
