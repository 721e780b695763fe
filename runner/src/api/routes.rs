//! The table of endpoints.

use crate::keys::Scope;
use crate::limits::{BODY_BYTES_MAX, EVENT_BODY_BYTES_MAX, WORKFLOW_BODY_BYTES_MAX};
use http::Method;

/// What answers a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Endpoint {
    Execute,
    ReadExecution,
    Approve,
    ReceiveEvent,
    ListConnections,
    PutConnection,
    CreateWorkflow,
    ValidateWorkflow,
    ReadWorkflow,
    PublishWorkflow,
    ListWebhooks,
    CreateWebhook,
    Me,
    Probe(Probe),
    /// Promised, and not there yet.
    NotYet,
}

/// What operators ask, without a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Probe {
    Health,
    Ready,
    Metrics,
}

/// Who may ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Access {
    /// Anybody.
    Open,
    /// Whoever has a key.
    AnyKey,
    /// Whoever has a key with this scope.
    Scope(Scope),
}

/// One endpoint.
#[derive(Debug)]
pub(super) struct Route {
    pub(super) endpoint: Endpoint,
    pub(super) method: Method,
    /// `{id}` stands for one segment.
    pub(super) path: &'static str,
    pub(super) access: Access,
    /// The rate limit's name.
    pub(super) bucket: &'static str,
    /// Longest body, in bytes; absent where the body is not looked at.
    pub(super) body_bytes_max: Option<usize>,
}

const fn get(
    path: &'static str,
    access: Access,
    bucket: &'static str,
    endpoint: Endpoint,
) -> Route {
    Route { endpoint, method: Method::GET, path, access, bucket, body_bytes_max: None }
}

const fn post(path: &'static str, scope: Scope, bucket: &'static str, endpoint: Endpoint) -> Route {
    let access = Access::Scope(scope);
    let body_bytes_max = Some(BODY_BYTES_MAX);
    Route { endpoint, method: Method::POST, path, access, bucket, body_bytes_max }
}

impl Route {
    const fn body(mut self, bytes_max: Option<usize>) -> Self {
        self.body_bytes_max = bytes_max;
        self
    }
}

const fn not_yet(method: Method, path: &'static str) -> Route {
    let (endpoint, access) = (Endpoint::NotYet, Access::AnyKey);
    Route { endpoint, method, path, access, bucket: "not_yet", body_bytes_max: None }
}

/// Every endpoint; the busiest first.
#[rustfmt::skip]
pub(super) const ROUTES: &[Route] = &[
    post("/api/workflows/{id}/execute", Scope::ExecutionsWrite, "executions.create", Endpoint::Execute),
    get("/api/executions/{id}", Access::Scope(Scope::ExecutionsRead), "executions.read", Endpoint::ReadExecution),
    post("/api/executions/{id}/approve", Scope::ExecutionsWrite, "executions.approve", Endpoint::Approve),
    post("/api/events", Scope::ExecutionsWrite, "events.create", Endpoint::ReceiveEvent).body(Some(EVENT_BODY_BYTES_MAX)),
    get("/api/service-connections", Access::Scope(Scope::ServiceConnectionsRead), "service-connections.list", Endpoint::ListConnections),
    post("/api/service-connections", Scope::ServiceConnectionsWrite, "service-connections.create", Endpoint::PutConnection),
    post("/api/workflows", Scope::WorkflowsWrite, "workflows.create", Endpoint::CreateWorkflow).body(Some(WORKFLOW_BODY_BYTES_MAX)),
    // Before the workflow of any id, which it is not.
    post("/api/workflows/validate", Scope::WorkflowsRead, "workflows.validate", Endpoint::ValidateWorkflow).body(Some(WORKFLOW_BODY_BYTES_MAX)),
    get("/api/workflows/{id}", Access::Scope(Scope::WorkflowsRead), "workflows.read", Endpoint::ReadWorkflow),
    post("/api/workflows/{id}/publish", Scope::WorkflowsWrite, "workflows.publish", Endpoint::PublishWorkflow).body(None),
    get("/api/webhooks", Access::Scope(Scope::WebhooksManage), "webhooks.list", Endpoint::ListWebhooks),
    post("/api/webhooks", Scope::WebhooksManage, "webhooks.create", Endpoint::CreateWebhook),
    get("/api/auth/me", Access::AnyKey, "auth.me", Endpoint::Me),
    get("/healthz", Access::Open, "health", Endpoint::Probe(Probe::Health)),
    get("/readyz", Access::Open, "ready", Endpoint::Probe(Probe::Ready)),
    get("/metrics", Access::Open, "metrics", Endpoint::Probe(Probe::Metrics)),

    not_yet(Method::GET, "/api/workflows"),
    not_yet(Method::PATCH, "/api/workflows/{id}"),
    not_yet(Method::POST, "/api/workflows/{id}/retire"),
    not_yet(Method::GET, "/api/workflows/{id}/versions"),
    not_yet(Method::GET, "/api/workflows/{id}/versions/{n}"),
    not_yet(Method::GET, "/api/executions"),
    not_yet(Method::POST, "/api/executions/{id}/cancel"),
    not_yet(Method::POST, "/api/executions/{id}/retry"),
    not_yet(Method::GET, "/api/executions/{id}/events"),
    not_yet(Method::GET, "/api/executions/{id}/stream"),
    not_yet(Method::GET, "/api/approvals"),
    not_yet(Method::DELETE, "/api/service-connections/{id}"),
    not_yet(Method::POST, "/api/service-connections/{id}/test"),
    not_yet(Method::GET, "/api/catalog/services"),
    not_yet(Method::GET, "/api/catalog/services/{slug}"),
    not_yet(Method::PATCH, "/api/webhooks/{id}"),
    not_yet(Method::DELETE, "/api/webhooks/{id}"),
    not_yet(Method::POST, "/api/webhooks/{id}/test"),
    not_yet(Method::POST, "/api/webhooks/{id}/rotate-secret"),
    not_yet(Method::GET, "/api/webhooks/{id}/deliveries"),
    not_yet(Method::POST, "/api/webhook-deliveries/{id}/redeliver"),
    not_yet(Method::POST, "/api/triggers/wh/{token}"),
    not_yet(Method::GET, "/api/audit"),
];

/// What a method and a path lead to.
#[derive(Debug)]
pub(super) enum Found<'p> {
    /// An endpoint, its place in [`ROUTES`], and what stands in the place of `{id}`.
    Route(u8, &'static Route, &'p str),
    /// The path is there, for these methods.
    OtherMethods(String),
    /// No such path.
    Nothing,
}

/// Finds the endpoint of a request. HEAD is answered as GET.
pub(super) fn find<'p>(method: &Method, path: &'p str) -> Found<'p> {
    let method = if *method == Method::HEAD { &Method::GET } else { method };
    let mut others: Vec<&str> = Vec::new();
    for (place, route) in (0..).zip(ROUTES) {
        let Some(id) = fits(route.path, path) else { continue };
        if route.method == *method {
            return Found::Route(place, route, id);
        }
        if !others.contains(&route.method.as_str()) {
            others.push(route.method.as_str());
        }
    }
    if others.is_empty() { Found::Nothing } else { Found::OtherMethods(others.join(", ")) }
}

/// The segment that stands for the pattern's first `{...}`, empty when there is none.
fn fits<'p>(pattern: &str, path: &'p str) -> Option<&'p str> {
    let (mut pattern, mut segments) = (pattern.split('/'), path.split('/'));
    let mut id = "";
    loop {
        match (pattern.next(), segments.next()) {
            (None, None) => return Some(id),
            (Some(wanted), Some(segment)) if wanted.starts_with('{') && !segment.is_empty() => {
                if id.is_empty() {
                    id = segment;
                }
            }
            (Some(wanted), Some(segment)) if wanted == segment => {}
            _ => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::panic)]
    use super::*;

    #[test]
    fn paths_lead_to_their_endpoints() {
        for (method, path, endpoint, id) in [
            (Method::POST, "/api/workflows/kyc/execute", Endpoint::Execute, "kyc"),
            (Method::POST, "/api/workflows/validate", Endpoint::ValidateWorkflow, ""),
            (Method::GET, "/api/workflows/kyc", Endpoint::ReadWorkflow, "kyc"),
            (Method::HEAD, "/healthz", Endpoint::Probe(Probe::Health), ""),
            (Method::GET, "/api/workflows/kyc/versions/2", Endpoint::NotYet, "kyc"),
        ] {
            let Found::Route(place, route, found) = find(&method, path) else { panic!("{path}") };
            assert_eq!((route.endpoint, found), (endpoint, id), "{path}");
            assert_eq!(ROUTES.get(usize::from(place)).map(|r| r.path), Some(route.path));
        }
    }

    #[test]
    fn other_methods_are_named_and_other_paths_are_not_found() {
        let Found::OtherMethods(allow) = find(&Method::PUT, "/api/workflows/kyc") else { panic!() };
        assert_eq!(allow, "GET, PATCH");
        for path in
            ["/", "", "/api/workflows/", "/api/workflows//publish", "/healthz/", "/API/webhooks"]
        {
            assert!(matches!(find(&Method::GET, path), Found::Nothing), "{path}");
        }
    }
}
