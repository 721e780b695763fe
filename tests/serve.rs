//! Bad input and bad luck, through real HTTP and real processes: each is a clear error, and nothing is lost or half-written.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use reqwest::Method;
use serde_json::{Value, json};
use std::path::Path;
use support::eventually;
use support::http::{Answer, Api, client, create_key, inputs, send};
use support::process::Process;
use support::run;
use tempfile::TempDir;

/// A server with a key that may do everything, and the sandbox services.
struct Served {
    data: TempDir,
    /// Stops with the test.
    _server: Process,
    sandbox: Process,
    api: Api,
}

impl Served {
    async fn start() -> Self {
        let data = tempfile::tempdir().unwrap();
        let (server, sandbox) = (Process::serve(data.path()), Process::sandbox());
        let api = Api::new(&server.url, vec![create_key(data.path(), "read,write")]);
        api.connect_services(&sandbox.url).await;
        Self { data, _server: server, sandbox, api }
    }

    /// Creates and publishes a workflow of one call to identity and one to aml, which give up soon.
    async fn publish_short_tempered(&self) {
        let call = |id: &str, operation: &str, path: &str, body: Value| {
            json!({
                "id": id, "type": "service_call", "service": operation, "method": "POST", "path": path,
                "body": body, "timeoutMs": 400,
                "retry": {"maxAttempts": 2, "backoff": "fixed", "retryOn": ["5xx", "timeout", "network"]}
            })
        };
        let body = json!({"customerId": "${trigger.customerId}", "bundle": "${trigger.bundle}"});
        let spec = json!({
            "slug": "short-tempered",
            "name": "Gives up soon",
            "triggerType": "api",
            "spec": {
                "startNodeId": "capture",
                "nodes": [call("capture", "identity", "/api/identity/document/ktp/capture", body)],
                "edges": []
            }
        });
        self.api.post("/api/workflows", &spec).await.expect(201);
        self.api.post("/api/workflows/short-tempered/publish", &json!({})).await.expect(200);
    }

    async fn fault(&self, fault: Value) {
        let url = format!("{}/__faults", self.sandbox.url);
        let mut body = json!({"service": "identity", "operation": "captureKtp"});
        for (key, value) in fault.as_object().unwrap() {
            body[key] = value.clone();
        }
        send(client().post(url).json(&body)).await.unwrap();
    }

    /// Executes the short-tempered workflow and waits for its end.
    async fn run_to_end(&self, name: &str) -> Value {
        let mut body = inputs("cus_1", name);
        body.as_object_mut().unwrap().remove("hmacKey");
        let answer = self.api.post("/api/workflows/short-tempered/execute", &body).await;
        let id = answer.expect(202)["data"]["execution"]["id"].as_str().unwrap().to_owned();
        ended(&self.api, &id).await
    }
}

async fn ended(api: &Api, id: &str) -> Value {
    eventually("the execution has ended", || async {
        let answer = api.get(&format!("/api/executions/{id}")).await;
        let execution = &answer.expect(200)["data"]["execution"];
        let status = execution["status"].as_str().unwrap();
        matches!(status, "succeeded" | "failed" | "cancelled").then(|| execution.clone())
    })
    .await
}

async fn raw(api: &Api, method: Method, path: &str, body: impl Into<reqwest::Body>) -> Answer {
    let request = api.request(method, path).header("Content-Type", "application/json").body(body);
    send(request).await.unwrap()
}

#[tokio::test]
async fn requests_that_make_no_sense_are_told_so() {
    let served = Served::start().await;
    let api = &served.api;
    let deep = format!("{}1{}", "[".repeat(5_000), "]".repeat(5_000));
    let deep = format!("{{\"customerId\": {deep}}}");
    api.publish_quickstart().await;
    let execute = "/api/workflows/indonesian-kyc-v1/execute";

    for (body, status) in [
        (&b""[..], 400),
        (b"{", 400),
        (b"{\"a\": 1} trailing", 400),
        (b"[]", 400),
        (b"\xff\xfe", 400),
        (deep.as_bytes(), 400),
    ] {
        let answer = raw(api, Method::POST, execute, body.to_vec()).await;
        assert!(!answer.error(status).is_empty());
    }
    let large = vec![b' '; 40 * 1024 * 1024];
    let answer = send(
        api.request(Method::POST, execute).header("Content-Type", "application/json").body(large),
    )
    .await;
    // The server may close the connection on a body that it does not read to its end.
    if let Ok(answer) = answer {
        answer.error(413);
    }
    let form = api.request(Method::POST, execute).header("Content-Type", "text/plain").body("{}");
    send(form).await.unwrap().error(415);

    // Inputs that do not fit the workflow name the field.
    let answer = api.post(execute, &json!({"customerId": 7})).await;
    answer.error(400);
    let errors = &answer.body["details"]["fieldErrors"];
    assert!(errors["customerId"].is_array() && errors["bundle"].is_array(), "{}", answer.text);

    // Ids that name nothing, paths and methods that do not exist.
    for path in [
        "/api/executions/exe_01HXYZ0000000000000000000A",
        "/api/executions/nonsense",
        "/api/workflows/nobody",
        "/api/nothing",
        "/nothing",
    ] {
        api.get(path).await.error(404);
    }
    api.post("/api/workflows/nobody/execute", &json!({})).await.error(404);
    api.post("/api/workflows/nobody/publish", &json!({})).await.error(404);
    let answer = raw(api, Method::DELETE, execute, "").await;
    answer.error(405);
    assert!(answer.headers.contains_key("allow"), "{:?}", answer.headers);

    // Nothing of all this became an execution.
    let calls: Value = client()
        .get(format!("{}/__calls", served.sandbox.url))
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert_eq!(calls, json!([]));
}

#[tokio::test]
async fn keys_and_scopes_are_asked_for() {
    let served = Served::start().await;
    let api = &served.api;
    let path = "/api/service-connections";
    for request in [
        api.bare(Method::GET, path),
        api.bare(Method::GET, path).bearer_auth("qe_sk_sandbox_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"),
        api.bare(Method::GET, path).header("Authorization", "Basic YTpi"),
        api.bare(Method::GET, path).header("Authorization", "Bearer"),
        api.bare(Method::GET, "/api/service-connections?access_token=qe_sk_sandbox_A"),
    ] {
        let answer = send(request).await.unwrap();
        assert_eq!(answer.error(401), "missing or invalid Bearer");
    }
    let key = create_key(served.data.path(), "executions:read");
    let reader = api.with_key(&key);
    let answer = reader.get(path).await;
    assert_eq!(answer.error(403), "missing scope: service-connections:read");
    let answer = reader.post("/api/workflows", &json!({})).await;
    assert_eq!(answer.error(403), "missing scope: workflows:write");

    // A revoked key is refused at once, by the running server.
    let data = served.data.path().to_str().unwrap();
    let listed = run(&["keys", "list", "--data", data, "--json"]).ok();
    assert!(!listed.contains(&key), "keys are not listed in clear");
    let listed: Value = serde_json::from_str(&listed).unwrap();
    let row = listed.as_array().unwrap().iter().find(|k| k["scopes"] == json!(["executions:read"]));
    run(&["keys", "revoke", "--data", data, row.unwrap()["id"].as_str().unwrap()]).ok();
    reader.get("/api/executions/exe_01HXYZ0000000000000000000A").await.error(401);
}

#[tokio::test]
async fn an_approval_with_a_form_is_given_by_filling_it_in() {
    let served = Served::start().await;
    let api = &served.api;
    let limit = json!({
        "type": "object", "required": ["limit", "tier"],
        "properties": {"limit": {"type": "integer"}, "tier": {"type": "string", "enum": ["gold", "silver"]}}
    });
    let spec = json!({
        "slug": "limits", "name": "Limits", "triggerType": "api",
        "spec": {
            "startNodeId": "ask",
            "nodes": [
                {"id": "ask", "type": "human_approval", "form": limit, "onReject": "fail"},
                {"id": "set", "type": "transform", "value": "${step.ask.output.form.limit}"}
            ],
            "edges": [{"from": "ask", "to": "set"}]
        }
    });
    api.post("/api/workflows", &spec).await.expect(201);
    api.post("/api/workflows/limits/publish", &json!({})).await.expect(200);
    let answer = api.post("/api/workflows/limits/execute", &json!({})).await;
    let id = answer.expect(202)["data"]["execution"]["id"].as_str().unwrap().to_owned();
    let execution = format!("/api/executions/{id}");
    let reads = |status: &'static str| {
        let execution = execution.clone();
        eventually("the execution gets there", move || {
            let execution = execution.clone();
            async move {
                let answer = api.get(&execution).await;
                let found = answer.expect(200)["data"]["execution"].clone();
                (found["status"] == status).then_some(found)
            }
        })
    };
    reads("awaiting_approval").await;
    let approve = format!("{execution}/approve");
    let decide = |decision: &str, form: Value| json!({"decision": decision, "notes": "A limit that the income bears.", "form": form});
    for (form, field) in [
        (Value::Null, "form"),
        (json!({"limit": "5", "tier": "gold"}), "form.limit"),
        (json!({"limit": 5, "tier": "bronze"}), "form.tier"),
    ] {
        let answer = api.post(&approve, &decide("approve", form)).await;
        answer.error(400);
        assert!(answer.body["details"]["fieldErrors"][field].is_array(), "{}", answer.text);
    }
    api.post(&approve, &decide("reject", json!({"limit": 5}))).await.error(400);
    api.post(&approve, &decide("approve", json!({"limit": 5, "tier": "gold"}))).await.expect(200);
    let done = reads("succeeded").await;
    assert_eq!(done["output"], 5, "{done}");
    assert_eq!(done["steps"][0]["output"]["form"], json!({"limit": 5, "tier": "gold"}), "{done}");
}

#[tokio::test]
async fn workflows_with_errors_are_refused_and_states_are_respected() {
    let served = Served::start().await;
    let api = &served.api;
    let text = std::fs::read_to_string(support::case("quickstart/workflow.json")).unwrap();
    let wrong = text.replacen("step.kyc.output.ktpBundle.verdict", "step.kyc.output.verdikt", 1);
    let answer = raw(api, Method::POST, "/api/workflows", wrong).await;
    answer.error(422);
    let diagnostic = &answer.body["details"]["diagnostics"][0];
    assert!(diagnostic["code"].as_str().unwrap().starts_with("WR"), "{}", answer.text);
    assert!(diagnostic["line"].is_u64() && diagnostic["column"].is_u64(), "{}", answer.text);
    api.get("/api/workflows/indonesian-kyc-v1").await.error(404);

    // A draft takes no triggers; a slug is taken once.
    raw(api, Method::POST, "/api/workflows", text.clone()).await.expect(201);
    let execute = "/api/workflows/indonesian-kyc-v1/execute";
    api.post(execute, &inputs("cus_1", "a")).await.error(409);
    raw(api, Method::POST, "/api/workflows", text).await.error(409);
    api.post("/api/workflows/indonesian-kyc-v1/publish", &json!({})).await.expect(200);

    // Approvals: of runs that wait, once, with reasons.
    let answer = api.post(execute, &inputs("cus_1_requires_review", "b")).await;
    let id = answer.expect(202)["data"]["execution"]["id"].as_str().unwrap().to_owned();
    let approve = format!("/api/executions/{id}/approve");
    eventually("the execution waits for its approval", || async {
        let answer = api.get(&format!("/api/executions/{id}")).await;
        (answer.expect(200)["data"]["execution"]["status"] == "awaiting_approval").then_some(())
    })
    .await;
    let notes = "Looks right to me, and to my colleague.";
    let answer = api.post(&approve, &json!({"decision": "approve", "notes": "ok"})).await;
    answer.error(400);
    assert!(answer.body["details"]["fieldErrors"]["notes"].is_array(), "{}", answer.text);
    api.post(&approve, &json!({"decision": "maybe", "notes": notes})).await.error(400);
    api.post(&approve, &json!({"decision": "reject", "notes": notes})).await.expect(200);
    api.post(&approve, &json!({"decision": "approve", "notes": notes})).await.error(409);
    let execution = ended(api, &id).await;
    assert_eq!(execution["status"], "failed", "a rejection with no route fails the run");
    assert_eq!(execution["error"]["code"], "approval_rejected");
}

#[tokio::test]
async fn services_that_misbehave_fail_the_step_with_what_happened() {
    let served = Served::start().await;
    served.publish_short_tempered().await;

    // Trouble that passes is retried under the same key.
    served.fault(json!({"status": 503, "times": 1})).await;
    let execution = served.run_to_end("recovers").await;
    assert_eq!(execution["status"], "succeeded", "{execution}");
    assert_eq!(execution["steps"][0]["attempts"], 2);

    for (name, fault, attempts) in [
        ("status", json!({"status": 500, "times": 2}), 2),
        ("slow", json!({"hang": true, "times": 2}), 2),
        ("refuses", json!({"status": 404, "times": 1}), 1),
        ("html", json!({"html": true, "times": 2}), 1),
        ("truncated", json!({"truncate": true, "times": 2}), 2),
    ] {
        served.fault(fault).await;
        let execution = served.run_to_end(name).await;
        assert_eq!(execution["status"], "failed", "{name}: {execution}");
        let step = &execution["steps"][0];
        assert_eq!(step["status"], "failed", "{name}: {step}");
        assert_eq!(execution["error"]["nodeId"], "capture", "{name}: {execution}");
        assert_eq!(execution["error"]["stepId"], step["id"], "{name}: {execution}");
        assert!(execution["error"]["code"].is_string(), "{name}: {execution}");
        assert!(execution["error"]["message"].as_str().unwrap().len() > 10, "{name}: {execution}");
        assert_eq!(step["attempts"], attempts, "{name}: {step}");
        served.fault(json!({"times": 0})).await;
    }

    // A service that is down: a port that nobody listens on.
    let port = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap().port()
    };
    let down = json!({
        "serviceSlug": "identity", "baseUrl": format!("http://127.0.0.1:{port}"), "apiKey": "k"
    });
    let answer = served.api.post("/api/service-connections", &down).await;
    assert!(matches!(answer.status, 200 | 201), "{}", answer.text);
    let execution = served.run_to_end("down").await;
    assert_eq!(execution["status"], "failed");
    assert_eq!(execution["steps"][0]["attempts"], 2);
    let message = execution["error"]["message"].as_str().unwrap();
    assert!(message.contains("identity"), "the operator is told which service: {message}");
}

fn serve_args(data: &Path) -> Vec<&str> {
    vec!["serve", "--data", data.to_str().unwrap(), "--listen", "127.0.0.1:0"]
}

#[tokio::test]
async fn a_server_that_cannot_start_says_why() {
    let data = tempfile::tempdir().unwrap();
    let first = Process::serve(data.path());
    assert!(
        first.before_ready.iter().any(|line| line.contains("qe_sk_")),
        "{:?}",
        first.before_ready
    );

    // The port is taken.
    let other = tempfile::tempdir().unwrap();
    let address = first.url.strip_prefix("http://").unwrap();
    let stderr =
        run(&["serve", "--data", other.path().to_str().unwrap(), "--listen", address]).fails(2);
    assert!(stderr.contains(address) && stderr.contains("help: "), "{stderr}");

    // A stopped server starts again, and has no second first key.
    let (status, stderr) = first.terminate();
    assert!(status.success(), "{stderr}");
    let second = Process::serve(data.path());
    assert!(
        !second.before_ready.iter().any(|line| line.contains("qe_sk_")),
        "{:?}",
        second.before_ready
    );
    second.kill();

    // The master key is another one.
    let key = data.path().join("other.key");
    let wrong = tempfile::tempdir().unwrap();
    Process::serve(wrong.path()).kill();
    std::fs::copy(wrong.path().join("master.key"), &key).unwrap();
    let mut args = serve_args(data.path());
    args.extend(["--master-key-file", key.to_str().unwrap()]);
    let stderr = run(&args).fails(2);
    assert!(stderr.contains("master key"), "{stderr}");

    // No master key at all.
    let missing = data.path().join("missing.key");
    let mut args = serve_args(data.path());
    args.extend(["--master-key-file", missing.to_str().unwrap()]);
    let stderr = run(&args).fails(2);
    assert!(stderr.contains("missing.key"), "{stderr}");

    // A data directory that is a file.
    let stderr = run(&serve_args(&key)).fails(2);
    assert!(stderr.contains("other.key"), "{stderr}");
}
