//! The HTTP client of calls and webhook deliveries.

use super::AddressPolicy;
use super::address::GuardedResolver;
use crate::limits::CONNECT_TIMEOUT_MS_MAX;
use std::time::Duration;

/// Builds the client. It follows no redirects, uses no proxy (one would resolve names behind the address check),
/// sends nothing by itself but what it is told, and trusts the platform's certificate roots.
///
/// # Errors
/// When the platform's certificate store cannot be used.
pub fn client(policy: AddressPolicy) -> Result<reqwest::Client, reqwest::Error> {
    // An error means that a provider is installed already, which then is used.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let builder = || {
        reqwest::Client::builder()
            .dns_resolver(GuardedResolver(policy))
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .no_proxy()
            .referer(false)
            .http1_only()
            .tcp_nodelay(true)
            .connect_timeout(Duration::from_millis(CONNECT_TIMEOUT_MS_MAX))
            .pool_idle_timeout(Duration::from_secs(30))
            .user_agent(concat!("writ/", env!("CARGO_PKG_VERSION")))
    };
    builder().build().or_else(|error| {
        // A machine without certificate roots can still call plain http; https then fails at the handshake.
        tracing::warn!(%error, "no certificate roots were found: calls to https services will fail");
        builder().tls_certs_only([]).build()
    })
}
