//! The HTTP client of calls and webhook deliveries.

use super::AddressPolicy;
use super::address::GuardedResolver;
use crate::limits::CONNECT_TIMEOUT_MS_MAX;
use reqwest::{Request, Response};
use std::time::Duration;

/// The client, and which addresses it refuses. It follows no redirects, uses no proxy (one would resolve names behind
/// the address check), sends nothing by itself but what it is told, and trusts the platform's certificate roots.
#[derive(Debug, Clone)]
pub struct HttpClient {
    client: reqwest::Client,
    policy: AddressPolicy,
}

impl HttpClient {
    /// Builds the client. Clones share its connections.
    ///
    /// # Errors
    /// When the platform's TLS cannot be set up.
    pub fn new(policy: AddressPolicy) -> Result<Self, reqwest::Error> {
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
        let client = builder().build().or_else(|error| {
            // A machine without certificate roots can still call plain http; https then fails at the handshake.
            tracing::warn!(%error, "no certificate roots were found: calls over https will fail");
            builder().tls_certs_only([]).build()
        })?;
        Ok(Self { client, policy })
    }

    /// Which addresses it refuses.
    #[must_use]
    pub fn policy(&self) -> AddressPolicy {
        self.policy
    }

    /// Sends a request whose URL went through [`super::check_url`]: names are checked here, literal addresses there.
    pub(in crate::engine) async fn send(&self, request: Request) -> reqwest::Result<Response> {
        self.client.execute(request).await
    }
}
