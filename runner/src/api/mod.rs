//! The HTTP API.
//!
//! A request goes through the steps of `pipeline`, in this order: its route, its key, its rate limit, its scope, its
//! body, its handler. There is one table of endpoints, in `routes`; a handler is a function in the file of its resource.

mod approvals;
mod auth;
mod body;
mod connections;
mod diagnostics;
mod error;
mod events;
mod execute;
mod executions;
mod fields;
pub(crate) mod listen;
mod metrics;
mod operations;
mod pipeline;
mod rate_limit;
mod reply;
mod routes;
mod spec_text;
mod webhooks;
mod workflows;

pub use rate_limit::RateLimits;

use crate::engine::EngineHandle;
use crate::engine::http::AddressPolicy;
use crate::store::Store;
use metrics::Metrics;
use rate_limit::Limiter;
use std::sync::Arc;

/// How the API behaves.
#[derive(Debug, Clone, Copy, Default)]
pub struct ApiOptions {
    /// How many requests a key may make.
    pub rate_limits: RateLimits,
    /// Which addresses services and webhook endpoints may not have.
    pub addresses: AddressPolicy,
    /// Whether only keys of persons may decide approvals.
    pub require_actor: bool,
}

/// The API over a store and an engine. Clones refer to the same one.
#[derive(Debug, Clone)]
pub struct Api(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    store: Store,
    engine: EngineHandle,
    options: ApiOptions,
    limiter: Limiter,
    metrics: Metrics,
}

impl Api {
    /// The API over a store and an engine.
    #[must_use]
    pub fn new(store: Store, engine: EngineHandle, options: ApiOptions) -> Self {
        let limiter = Limiter::new(options.rate_limits);
        Self(Arc::new(Inner { store, engine, options, limiter, metrics: Metrics::default() }))
    }
}

#[cfg(test)]
mod tests;
