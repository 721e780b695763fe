//! The API through its one door, over a real store and a real engine; services never answer.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use super::rate_limit::RateLimits;
use super::routes::{Access, ROUTES};
use super::{Api, ApiOptions};
use crate::engine::{Caller, Engine, EngineOptions, SystemClock};
use crate::ids;
use crate::keys::{self, KeyRequest};
use crate::machine::{CallFailure, CallRequest, CallResponse};
use crate::server;
use crate::store::Store;
use crate::time::Millis;
use axum::body::Body;
use http::{Method, Request, StatusCode};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;

/// A service that never answers.
struct Silent;

impl Caller for Silent {
    async fn call(&self, _request: CallRequest) -> Result<CallResponse, CallFailure> {
        std::future::pending().await
    }
}

struct Served {
    api: Api,
    store: Store,
    key: String,
    _data: TempDir,
}

struct Answer {
    status: StatusCode,
    headers: http::HeaderMap,
    text: String,
    body: Value,
}

impl Served {
    async fn new() -> Self {
        Self::with(RateLimits::Off, "write").await
    }

    async fn with(rate_limits: RateLimits, scope: &str) -> Self {
        let data = tempfile::tempdir().unwrap();
        let store = server::open_store(data.path(), &server::master_key_in(data.path())).unwrap();
        let engine = Engine::start(
            Arc::new(store.clone()),
            Arc::new(Silent),
            Arc::new(SystemClock),
            EngineOptions::default(),
        );
        let request = KeyRequest::with_scopes([scope]);
        let (key, _) = keys::create(&store, request).await.unwrap();
        let options = ApiOptions { rate_limits, ..ApiOptions::default() };
        Self {
            api: Api::new(store.clone(), engine, options),
            store,
            key: key.expose_secret().to_owned(),
            _data: data,
        }
    }

    async fn send(&self, request: http::request::Builder, body: impl Into<Body>) -> Answer {
        let response = self.api.answer(request.body(body.into()).unwrap()).await;
        let (parts, body) = response.into_parts();
        let bytes = axum::body::to_bytes(body, usize::MAX).await.unwrap();
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        let body = serde_json::from_str(&text).unwrap_or(Value::Null);
        Answer { status: parts.status, headers: parts.headers, text, body }
    }

    fn request(&self, method: Method, path: &str) -> http::request::Builder {
        Request::builder()
            .method(method)
            .uri(path)
            .header("Authorization", format!("Bearer {}", self.key))
    }

    async fn get(&self, path: &str) -> Answer {
        self.send(self.request(Method::GET, path), "").await
    }

    async fn post(&self, path: &str, body: &Value) -> Answer {
        self.post_text(path, body.to_string()).await
    }

    async fn post_text(&self, path: &str, body: impl Into<Body>) -> Answer {
        let request = self.request(Method::POST, path).header("Content-Type", "application/json");
        self.send(request, body).await
    }

    /// Creates and publishes a workflow of one call.
    async fn publish(&self) {
        self.post("/api/workflows", &workflow()).await.expect(201);
        self.post("/api/workflows/onboard/publish", &json!({})).await.expect(200);
    }
}

impl Answer {
    #[track_caller]
    fn expect(&self, status: u16) -> &Value {
        assert_eq!(self.status.as_u16(), status, "{}", self.text);
        &self.body
    }

    /// The status and the body, with what differs each time masked.
    fn shown(&self) -> String {
        format!("{} {}", self.status.as_u16(), masked(self.body.clone()))
    }

    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

fn masked(value: Value) -> Value {
    let prefix = |text: &str| text.split_once('_').map(|(prefix, _)| prefix.to_owned());
    match value {
        Value::String(text) if Millis::parse(&text).is_some() => "<time>".into(),
        Value::String(text) if text.starts_with("whsec_") => "whsec_<secret>".into(),
        Value::String(text) => match prefix(&text) {
            Some(prefix) if ids::is(&prefix, &text) => format!("{prefix}_<ulid>").into(),
            _ => text.into(),
        },
        Value::Array(items) => items.into_iter().map(masked).collect(),
        Value::Object(fields) => fields.into_iter().map(|(k, v)| (k, masked(v))).collect(),
        other => other,
    }
}

fn workflow() -> Value {
    json!({
        "slug": "onboard",
        "name": "Onboarding",
        "spec": {
            "startNodeId": "notify",
            "nodes": [{
                "id": "notify", "type": "service_call", "service": "custom:crm", "method": "POST",
                "path": "/notes", "body": {"text": "Welcome ${trigger.customerId}"}
            }],
            "edges": []
        }
    })
}

#[tokio::test]
async fn refusals_have_the_documented_envelope() {
    let served = Served::new().await;
    let mut shown = Vec::new();
    let bare = |method, path| Request::builder().method(method).uri(path);
    shown.push(served.send(bare(Method::GET, "/nothing"), "").await);
    shown.push(served.send(bare(Method::PUT, "/healthz"), "").await);
    shown.push(served.send(bare(Method::GET, "/api/workflows/a"), "").await);
    shown.push(served.get("/api/workflows/a").await);
    shown.push(served.get("/api/audit").await);
    let path = "/api/service-connections";
    shown.push(served.post_text(path, "{\"a\": 1,}").await);
    shown.push(served.post_text(path, "[]").await);
    shown.push(served.post_text(path, vec![b' '; 1024 * 1024 + 1]).await);
    shown.push(served.send(served.request(Method::POST, path), "{}").await);
    shown.push(served.post(path, &json!({"serviceSlug": "crm", "baseUrl": "ftp://h"})).await);
    let shown: Vec<String> = shown.iter().map(Answer::shown).collect();
    insta::assert_snapshot!(shown.join("\n"), @r#"
    404 {"error":"there is nothing at this path","code":"not_found","requestId":"req_<ulid>"}
    405 {"error":"this path takes GET","code":"method_not_allowed","requestId":"req_<ulid>"}
    401 {"error":"missing or invalid Bearer","code":"unauthorized","requestId":"req_<ulid>"}
    404 {"error":"there is no workflow with this id or slug","code":"not_found","requestId":"req_<ulid>"}
    501 {"error":"this endpoint is not there yet","code":"not_implemented","requestId":"req_<ulid>"}
    400 {"error":"the body is not usable JSON: trailing comma at line 1 column 9","code":"invalid_json","requestId":"req_<ulid>","details":{"line":1,"column":9}}
    400 {"error":"the body must be a JSON object","code":"invalid_json","requestId":"req_<ulid>"}
    413 {"error":"the body is larger than 1 MiB","code":"body_too_large","requestId":"req_<ulid>"}
    415 {"error":"send Content-Type: application/json","code":"unsupported_media_type","requestId":"req_<ulid>"}
    400 {"error":"validation failed","code":"validation_failed","requestId":"req_<ulid>","details":{"fieldErrors":{"serviceSlug":["must be one of identity, aml, anti-fraud, document-intelligence, bank-statement, ai-automation, or custom:<slug> for a service of your own"],"baseUrl":["cannot be used: it must be an http or https URL, not `ftp`"],"apiKey":["is required"]}}}
    "#);
}

#[tokio::test]
async fn a_refusal_says_how_to_do_better_in_its_headers() {
    let served = Served::new().await;
    let answer = served.send(Request::builder().uri("/api/auth/me"), "").await;
    assert_eq!(answer.header("www-authenticate"), "Bearer");
    assert!(ids::is("req", answer.header("x-request-id")));
    assert_eq!(answer.body["requestId"], answer.header("x-request-id"));
    let answer = served.send(served.request(Method::PUT, "/api/webhooks"), "").await;
    assert_eq!(answer.header("allow"), "GET, POST");
    let mine = served.request(Method::GET, "/api/auth/me").header("X-Request-Id", "mine.1");
    assert_eq!(served.send(mine, "").await.header("x-request-id"), "mine.1");
    let bad = served.request(Method::GET, "/api/auth/me").header("X-Request-Id", "a b");
    assert!(ids::is("req", served.send(bad, "").await.header("x-request-id")));
}

#[tokio::test]
async fn every_endpoint_asks_for_its_scope() {
    let served = Served::with(RateLimits::Off, "audit:read").await;
    for route in ROUTES {
        let Access::Scope(scope) = route.access else { continue };
        let path = route.path.replace("{id}", "x");
        let answer = served.send(served.request(route.method.clone(), &path), "").await;
        let body = answer.expect(403);
        assert_eq!(body["error"], format!("missing scope: {}", scope.name()), "{path}");
    }
    let me = served.get("/api/auth/me").await;
    insta::assert_snapshot!(me.shown(), @r#"200 {"data":{"key":{"id":"key_<ulid>","orgId":"org_<ulid>","scopes":["audit:read"],"actor":null,"roles":[],"teams":[],"createdAt":"<time>"}}}"#);
    let id = me.body["data"]["key"]["id"].as_str().unwrap().to_owned();
    assert!(served.store.revoke_key(&id).await.unwrap());
    served.get("/api/auth/me").await.expect(401);
}

#[tokio::test]
async fn a_key_that_asks_too_often_is_told_when_to_come_back() {
    let limits = RateLimits::PerMinute { reads: 2, writes: 1 };
    let served = Served::with(limits, "write").await;
    let answer = served.get("/api/auth/me").await;
    answer.expect(200);
    assert_eq!(answer.header("x-ratelimit-limit"), "2");
    assert_eq!(answer.header("x-ratelimit-remaining"), "1");
    assert!(answer.header("x-ratelimit-reset").parse::<i64>().unwrap() > 1_700_000_000);
    served.get("/api/auth/me").await.expect(200);
    let answer = served.get("/api/auth/me").await;
    assert!((1..=60).contains(&answer.header("retry-after").parse::<i64>().unwrap()));
    insta::assert_snapshot!(answer.shown(), @r#"429 {"error":"rate limit exceeded","code":"rate_limited","requestId":"req_<ulid>","bucket":"auth.me","limit":2}"#);
    // Another endpoint has a window of its own; a refused request counts too.
    let answer = served.post("/api/webhooks", &json!({})).await;
    answer.expect(400);
    assert_eq!(answer.header("x-ratelimit-remaining"), "0");
}

#[tokio::test]
async fn connections_are_registered_replaced_and_listed_without_their_key() {
    let served = Served::new().await;
    let path = "/api/service-connections";
    let body = |url: &str| json!({"serviceSlug": "custom:crm", "baseUrl": url, "apiKey": "s3cr3t"});
    let made = served.post(path, &body("http://127.0.0.1:1")).await;
    let replaced = served.post(path, &body("http://127.0.0.1:2/crm")).await;
    let listed = served.get(path).await;
    assert_eq!(made.body["data"]["connection"]["id"], replaced.body["data"]["connection"]["id"]);
    for answer in [&made, &replaced, &listed] {
        assert!(!answer.text.contains("s3cr3t"));
    }
    let shown = [made.shown(), replaced.shown(), listed.shown()];
    insta::assert_snapshot!(shown.join("\n"), @r#"
    201 {"data":{"connection":{"id":"scn_<ulid>","serviceSlug":"custom:crm","baseUrl":"http://127.0.0.1:1","active":true,"apiKeyHash":"sha256:4e738ca5563c06cfd0018299933d58db1dd8bf97f6973dc99bf6cdc64b5550bd","createdAt":"<time>"}}}
    200 {"data":{"connection":{"id":"scn_<ulid>","serviceSlug":"custom:crm","baseUrl":"http://127.0.0.1:2/crm","active":true,"apiKeyHash":"sha256:4e738ca5563c06cfd0018299933d58db1dd8bf97f6973dc99bf6cdc64b5550bd","createdAt":"<time>"}}}
    200 {"data":{"connections":[{"id":"scn_<ulid>","serviceSlug":"custom:crm","baseUrl":"http://127.0.0.1:2/crm","active":true,"lastHealthyAt":null,"createdAt":"<time>","lastUsedAt":null}]}}
    "#);
}

#[tokio::test]
async fn a_workflow_is_created_read_and_published() {
    let served = Served::new().await;
    let made = served.post("/api/workflows", &workflow()).await;
    assert_eq!(made.expect(201)["data"]["workflow"]["spec"], workflow()["spec"]);
    served.post("/api/workflows", &workflow()).await.expect(409);
    served.post("/api/workflows/onboard/execute", &json!({"customerId": "c"})).await.expect(409);
    let id = made.body["data"]["workflow"]["id"].as_str().unwrap();
    // Without a body, as the documentation has it.
    let publish = served.request(Method::POST, &format!("/api/workflows/{id}/publish"));
    served.send(publish, "").await.expect(200);
    let mut read = served.get("/api/workflows/onboard").await;
    read.body["data"]["workflow"]["spec"] = "<spec>".into();
    insta::assert_snapshot!(read.shown(), @r#"200 {"data":{"workflow":{"id":"wkf_<ulid>","slug":"onboard","name":"Onboarding","description":null,"spec":"<spec>","triggerType":"api","triggerSpec":null,"status":"active","version":1,"publishedVersion":1,"createdAt":"<time>","updatedAt":"<time>"}}}"#);
}

#[tokio::test]
async fn a_spec_may_declare_types_and_services() {
    let served = Served::new().await;
    let mut body = workflow();
    body["spec"]["types"] = json!({"Id": {"type": "string", "description": "Who."}});
    body["spec"]["services"] = json!({"custom:crm": {"operations": {"note": {
        "method": "POST",
        "path": "/notes",
        "request": {"type": "object", "properties": {"text": {"$ref": "#/types/Id"}}, "required": ["text"]},
    }}}});
    let inputs = json!({"customerId": {"$ref": "#/types/Id"}});
    body["spec"]["inputSchema"] =
        json!({"type": "object", "properties": inputs, "required": ["customerId"]});
    let made = served.post("/api/workflows", &body).await;
    assert_eq!(made.expect(201)["data"]["workflow"]["spec"], body["spec"]);
    served.post("/api/workflows/onboard/publish", &json!({})).await.expect(200);
    let refused = served.post("/api/workflows/onboard/execute", &json!({"customerId": 7})).await;
    assert!(refused.expect(400)["details"]["fieldErrors"]["customerId"].is_array());
    served.post("/api/workflows/onboard/execute", &json!({"customerId": "c"})).await.expect(202);

    body["slug"] = "typed".into();
    body["spec"]["nodes"][0]["body"]["txet"] = "Welcome".into();
    let refused = served.post("/api/workflows", &body).await;
    let errors = &refused.expect(422)["details"]["fieldErrors"];
    assert!(errors["/spec/nodes/0/body/txet"].is_array(), "{}", refused.text);
}

#[tokio::test]
async fn what_stands_around_a_spec_is_checked_before_it() {
    let served = Served::new().await;
    let errors = async |change: Value| {
        let mut body = workflow();
        for (name, value) in change.as_object().unwrap() {
            body[name] = value.clone();
        }
        let answer = served.post("/api/workflows", &body).await;
        format!("{} {}", answer.status.as_u16(), answer.body["details"]["fieldErrors"])
    };
    let shown = [
        errors(json!({"slug": "On Boarding", "name": 7, "spec": []})).await,
        errors(json!({"slug": "validate", "triggerSpec": {}})).await,
        errors(json!({"slug": null, "data": {}})).await,
        errors(json!({"triggerType": "cron"})).await,
        errors(json!({"triggerType": "schedule"})).await,
    ];
    insta::assert_snapshot!(shown.join("\n"), @r#"
    400 {"slug":["must be of lower-case letters, digits, `-` and `_`, and begin with a letter or a digit"],"name":["must be a string"],"spec":["must be an object"]}
    400 {"slug":["is reserved: choose another one"],"triggerSpec":["must be null for an api trigger"]}
    400 {"slug":["is required"],"data":["is no field of a workflow: send what is inside it"]}
    400 {"triggerType":["must be one of api, webhook, schedule"]}
    501 null
    "#);
}

#[tokio::test]
async fn diagnostics_point_into_what_was_sent() {
    let served = Served::new().await;
    let text = serde_json::to_string_pretty(&workflow())
        .unwrap()
        .replace("\"edges\": []", "\"edges\": [{\"from\": \"notify\", \"to\": \"nobody\"}]");
    let answer = served.post_text("/api/workflows", text.clone()).await;
    answer.expect(422);
    let diagnostic = &answer.body["details"]["diagnostics"][0];
    let (line, column) =
        (diagnostic["line"].as_u64().unwrap(), diagnostic["column"].as_u64().unwrap());
    let at = text.lines().nth(usize::try_from(line).unwrap() - 1).unwrap();
    let rest = at.get(usize::try_from(column).unwrap() - 1..).unwrap();
    assert!(rest.starts_with("\"nobody\""), "{rest}: {}", answer.text);
    assert_eq!(diagnostic["pointer"], "/spec/edges/0/to");
    assert!(answer.body["details"]["fieldErrors"]["/spec/edges/0/to"].is_array());
    served.get("/api/workflows/onboard").await.expect(404);

    let checked = served.post_text("/api/workflows/validate", text).await;
    assert_eq!(checked.expect(200)["data"]["validation"]["valid"], false);
    let checked = served.post("/api/workflows/validate", &workflow()["spec"]).await;
    assert_eq!(
        checked.expect(200)["data"]["validation"],
        json!({"valid": true, "diagnostics": []})
    );
    served.get("/api/workflows/onboard").await.expect(404);
}

#[tokio::test]
async fn an_expression_that_failed_is_shown_with_its_place() {
    let served = Served::new().await;
    let spec = r#"{
      "startNodeId": "sum", "edges": [],
      "nodes": [{"id": "sum", "type": "transform", "value": "\u0041 \ud83d\ude00 ${int(trigger[\"n\"]) + 1}"}]
    }"#;
    let body = format!(r#"{{"slug": "sums", "name": "Sums", "spec": {spec}}}"#);
    served.post_text("/api/workflows", body).await.expect(201);
    served.post("/api/workflows/sums/publish", &json!({})).await.expect(200);
    let made = served.post("/api/workflows/sums/execute", &json!({"n": "many"})).await;
    let id = made.expect(202)["data"]["execution"]["id"].as_str().unwrap();
    let ended = async {
        loop {
            let read = served.get(&format!("/api/executions/{id}")).await;
            if read.body["data"]["execution"]["status"] == "failed" {
                return read.body["data"]["execution"].clone();
            }
            tokio::task::yield_now().await;
        }
    };
    let ended = tokio::time::timeout(Duration::from_secs(30), ended).await.unwrap();
    insta::assert_snapshot!(format!("{}\n{}", masked(ended["error"].clone()), ended["steps"][0]["error"]), @r#"
    {"code":"template_failed","message":"`trigger[\"n\"]`: `int` cannot convert this; it met \"many\"","nodeId":"sum","stepId":"stp_<ulid>","line":3,"column":84,"expression":"int(trigger[\"n\"])"}
    {"code":"template_failed","message":"`trigger[\"n\"]`: `int` cannot convert this; it met \"many\"","line":3,"column":84,"expression":"int(trigger[\"n\"])"}
    "#);
}

#[tokio::test]
async fn the_same_request_is_one_execution() {
    let served = Served::new().await;
    served.publish().await;
    let path = "/api/workflows/onboard/execute";
    let body = json!({"externalId": "loan-1", "customerId": "cus_1"});
    let first = served.post(path, &body).await;
    insta::assert_snapshot!(first.shown(), @r#"202 {"data":{"execution":{"id":"exe_<ulid>","workflowId":"wkf_<ulid>","status":"pending","inputs":{"externalId":"loan-1","customerId":"cus_1"},"externalId":"loan-1","createdAt":"<time>"}}}"#);
    assert_eq!(first.header("idempotent-replayed"), "");
    let again = served.post_text(path, r#"{"customerId":"cus_1", "externalId":"loan-1"}"#).await;
    assert_eq!(again.expect(202)["data"]["execution"]["id"], first.body["data"]["execution"]["id"]);
    assert_eq!(again.header("idempotent-replayed"), "true");
    let other = served.post(path, &json!({"externalId": "loan-1", "customerId": "cus_2"})).await;
    assert_eq!(other.expect(409)["code"], "external_id_conflict");

    let with_key = || {
        served
            .request(Method::POST, path)
            .header("Content-Type", "application/json")
            .header("Idempotency-Key", "k-1")
    };
    let one = served.send(with_key(), r#"{"customerId":"cus_1"}"#).await;
    let two = served.send(with_key(), r#"{"customerId":"cus_1"}"#).await;
    assert_eq!(one.expect(202)["data"]["execution"]["externalId"], "k-1");
    assert_eq!(two.expect(202)["data"]["execution"]["id"], one.body["data"]["execution"]["id"]);

    // What does not fit names its field, and is no execution.
    let answer = served.post(path, &json!({"externalId": "loan-2"})).await;
    assert!(
        answer.expect(400)["details"]["fieldErrors"]["customerId"].is_array(),
        "{}",
        answer.text
    );
    served.post(path, &json!({"externalId": "loan-2", "customerId": "cus_1"})).await.expect(202);

    let id = first.body["data"]["execution"]["id"].as_str().unwrap();
    let read = served.get(&format!("/api/executions/{id}")).await;
    let execution = &read.expect(200)["data"]["execution"];
    assert_eq!(execution["workflowSlug"], "onboard");
    assert_eq!(execution["workflowVersion"], 1);
    assert!(execution["steps"].is_array(), "{}", read.text);
}

#[tokio::test]
async fn webhooks_show_their_secret_once() {
    let served = Served::new().await;
    let body = json!({"url": "http://127.0.0.1:1/hooks", "events": ["kyc.failed"]});
    let made = served.post("/api/webhooks", &body).await;
    let listed = served.get("/api/webhooks").await;
    let bad =
        json!({"url": "http://169.254.169.254/", "events": ["workflow.ended", "a", "a", "b c"]});
    let refused = served.post("/api/webhooks", &bad).await;
    let shown = [made.shown(), listed.shown(), refused.shown()];
    insta::assert_snapshot!(shown.join("\n"), @r#"
    201 {"data":{"webhook":{"id":"whe_<ulid>","url":"http://127.0.0.1:1/hooks","events":["kyc.failed"],"active":true,"secret":"whsec_<secret>","createdAt":"<time>"}}}
    200 {"data":{"webhooks":[{"id":"whe_<ulid>","url":"http://127.0.0.1:1/hooks","events":["kyc.failed"],"active":true,"createdAt":"<time>"}]}}
    400 {"error":"validation failed","code":"validation_failed","requestId":"req_<ulid>","details":{"fieldErrors":{"url":["cannot be used: it has a link-local address, which calls may not go to"],"events":["\"workflow.ended\" is none of the runner's events: workflow.execution.started, workflow.execution.completed, workflow.execution.failed, workflow.execution.cancelled, workflow.step.completed, workflow.step.failed, workflow.human_approval_pending, webhook.test","a is named twice","\"b c\" is no event's name: use letters, digits, `.`, `_` and `-`"]}}}
    "#);
}

#[tokio::test]
async fn operators_need_no_key() {
    let served = Served::new().await;
    for path in ["/healthz", "/readyz", "/metrics"] {
        served.send(Request::builder().uri(path), "").await.expect(200);
    }
    let metrics = served.send(Request::builder().uri("/metrics"), "").await;
    for line in ["writ_store_jobs_total ", "writ_store_commits_total ", "writ_runs_active "] {
        assert!(metrics.text.lines().any(|l| l.starts_with(line)), "{line}");
    }
}
