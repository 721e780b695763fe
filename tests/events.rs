//! Waiting for events, through real HTTP: an event wakes the run it is for, whichever of the two comes first, once, and
//! whatever happens to the server in between.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use serde_json::{Value, json};
use support::eventually;
use support::http::{Api, create_key, send};
use support::process::Process;
use tempfile::TempDir;

const EVENTS: &str = "/api/events";

/// Waits for a payment of an invoice, and then for word of its shipment, which it can do without.
fn settle(timeout_ms: u64) -> Value {
    json!({
        "slug": "settle",
        "name": "Settle an invoice",
        "triggerType": "api",
        "spec": {
            "startNodeId": "paid",
            "nodes": [
                {"id": "paid", "type": "wait", "event": "invoice.paid", "correlation": "${trigger.invoice}",
                 "dataSchema": {"type": "object", "required": ["cents"], "properties": {
                     "cents": {"type": "integer"},
                     "token": {"type": "string", "x-writ-secret": true, "writeOnly": true}}}},
                {"id": "shipped", "type": "wait", "event": "invoice.shipped", "correlation": "${trigger.invoice}",
                 "timeoutMs": timeout_ms, "onTimeout": "route_to:late"},
                {"id": "done", "type": "end",
                 "output": {"cents": "${step.paid.output.data.cents + 1}", "by": "${step.shipped.output.data}"}},
                {"id": "late", "type": "end", "output": {"cents": "${step.paid.output.data.cents}"}}
            ],
            "edges": [{"from": "paid", "to": "shipped"}, {"from": "shipped", "to": "done"}]
        }
    })
}

/// A server on which invoices are settled.
struct Served {
    data: TempDir,
    server: Process,
    api: Api,
}

impl Served {
    async fn start(timeout_ms: u64) -> Self {
        let data = tempfile::tempdir().unwrap();
        let server = Process::serve(data.path());
        let api = Api::new(&server.url, vec![create_key(data.path(), "write")]);
        api.post("/api/workflows", &settle(timeout_ms)).await.expect(201);
        api.post("/api/workflows/settle/publish", &json!({})).await.expect(200);
        Self { data, server, api }
    }

    /// Kills the server and starts it again on the same data.
    fn restart(self) -> Self {
        let Self { data, server, api } = self;
        server.kill();
        let server = Process::serve(data.path());
        let api = api.at(&server.url);
        Self { data, server, api }
    }

    async fn execute(&self, invoice: &str) -> String {
        let answer =
            self.api.post("/api/workflows/settle/execute", &json!({"invoice": invoice})).await;
        answer.expect(202)["data"]["execution"]["id"].as_str().unwrap().to_owned()
    }

    async fn read(&self, id: &str) -> Value {
        let answer = self.api.get(&format!("/api/executions/{id}")).await;
        answer.expect(200)["data"]["execution"].clone()
    }

    /// Waits until an execution waits in a step.
    async fn waits(&self, id: &str, node: &str) -> Value {
        eventually("the execution waits", || async {
            let waiting = self.read(id).await["waitingFor"].clone();
            (waiting["nodeId"] == node).then_some(waiting)
        })
        .await
    }

    async fn output(&self, id: &str) -> Value {
        eventually("the execution has ended", || async {
            let execution = self.read(id).await;
            (execution["status"] == "succeeded").then(|| execution["output"].clone())
        })
        .await
    }

    /// Sends an event that is accepted, and gives how many executions have it.
    async fn tell(&self, event: &str, invoice: &str, data: Value) -> u64 {
        let body = json!({"event": event, "correlation": invoice, "data": data});
        let answer = self.api.post(EVENTS, &body).await;
        answer.expect(202)["data"]["event"]["delivered"].as_u64().unwrap()
    }
}

const HOUR_MS: u64 = 3_600_000;

#[tokio::test]
async fn an_event_wakes_the_runs_that_wait_for_it_and_no_others() {
    let served = Served::start(HOUR_MS).await;
    let [one, same, other] = [
        served.execute("inv_1").await,
        served.execute("inv_1").await,
        served.execute("inv_2").await,
    ];
    for id in [&one, &same, &other] {
        served.waits(id, "paid").await;
    }
    let waiting = served.waits(&other, "paid").await;
    assert_eq!((&waiting["kind"], &waiting["event"]), (&json!("event"), &json!("invoice.paid")));
    assert_eq!(waiting["correlation"], "inv_2");

    // What does not fit is refused, and the runs go on waiting.
    let misfit =
        json!({"event": "invoice.paid", "correlation": "inv_1", "data": {"cents": "many"}});
    let answer = served.api.post(EVENTS, &misfit).await;
    answer.error(400);
    assert_eq!(answer.body["details"]["fieldErrors"]["data.cents"][0], "must be an integer");

    let data = json!({"cents": 41, "token": "t0ken-in-clear"});
    assert_eq!(served.tell("invoice.paid", "inv_1", data).await, 2);
    for id in [&one, &same] {
        let waiting = served.waits(id, "shipped").await;
        assert!(waiting["until"].is_string(), "{waiting}");
        let paid = &served.read(id).await["steps"][0]["output"];
        assert_eq!(paid["data"], json!({"cents": 41, "token": "[redacted]"}));
    }
    assert_eq!(served.tell("invoice.shipped", "inv_1", json!("DHL")).await, 2);
    assert_eq!(served.output(&one).await, json!({"cents": 42, "by": "DHL"}));
    assert_eq!(served.output(&same).await, json!({"cents": 42, "by": "DHL"}));
    served.waits(&other, "paid").await;
}

#[tokio::test]
async fn an_event_that_comes_first_is_kept_for_one_run() {
    let served = Served::start(HOUR_MS).await;
    assert_eq!(served.tell("invoice.shipped", "inv_1", json!("DHL")).await, 0);
    assert_eq!(served.tell("invoice.paid", "inv_1", json!({"cents": "no number"})).await, 0);
    assert_eq!(served.tell("invoice.paid", "inv_1", json!({"cents": 1})).await, 0);
    assert_eq!(served.tell("invoice.paid", "inv_1", json!({"cents": 2})).await, 0);
    let first = served.execute("inv_1").await;
    assert_eq!(
        served.output(&first).await,
        json!({"cents": 2, "by": "DHL"}),
        "the oldest that fits"
    );
    let second = served.execute("inv_1").await;
    served.waits(&second, "shipped").await;
    let third = served.execute("inv_1").await;
    served.waits(&third, "paid").await;
}

#[tokio::test]
async fn an_event_that_does_not_come_in_time_is_done_without() {
    let served = Served::start(1).await;
    let id = served.execute("inv_1").await;
    served.waits(&id, "paid").await;
    assert_eq!(served.tell("invoice.paid", "inv_1", json!({"cents": 7})).await, 1);
    assert_eq!(served.output(&id).await, json!({"cents": 7}));
}

#[tokio::test]
async fn a_repeat_is_known_by_its_id() {
    let served = Served::start(HOUR_MS).await;
    let api = &served.api;
    let event = |cents: u32| json!({"event": "invoice.paid", "correlation": "inv_1", "id": "pay_1", "data": {"cents": cents}});
    let first = api.post(EVENTS, &event(1)).await;
    let again = api.post(EVENTS, &event(1)).await;
    assert_eq!(again.expect(202), first.expect(202));
    assert!(!first.headers.contains_key("idempotent-replayed"));
    assert_eq!(again.headers["idempotent-replayed"], "true");
    let other = api.post(EVENTS, &event(2)).await;
    other.error(409);
    assert_eq!(other.body["code"], "event_id_conflict");

    // The standard header is as good.
    let by_header = |body: Value| {
        send(api.request(reqwest::Method::POST, EVENTS).header("Idempotency-Key", "k").json(&body))
    };
    let body = json!({"event": "it.is", "data": [1]});
    let first = by_header(body.clone()).await.unwrap();
    assert_eq!(by_header(body).await.unwrap().expect(202), first.expect(202));
    by_header(json!({"event": "it.is", "data": [2]})).await.unwrap().error(409);
}

#[tokio::test]
async fn what_is_no_event_is_told_so() {
    let served = Served::start(HOUR_MS).await;
    let long = "x".repeat(256);
    for (body, field) in [
        (json!({}), "event"),
        (json!({"event": "two words"}), "event"),
        (json!({"event": "workflow.execution.completed"}), "event"),
        (json!({"event": "a", "correlation": ""}), "correlation"),
        (json!({"event": "a", "correlation": long}), "correlation"),
        (json!({"event": "a", "id": 7}), "id"),
    ] {
        let answer = served.api.post(EVENTS, &body).await;
        answer.error(400);
        assert!(answer.body["details"]["fieldErrors"][field].is_array(), "{}", answer.text);
    }
    let large = json!({"event": "a", "data": "x".repeat(300 * 1024)});
    // The server may close the connection on a body that it does not read to its end.
    if let Some(answer) = served.api.try_post(EVENTS, &large).await {
        answer.error(413);
    }
    for n in 0..100 {
        assert_eq!(served.tell("nobody.waits", "c", json!(n)).await, 0);
    }
    let full = served.api.post(EVENTS, &json!({"event": "nobody.waits", "correlation": "c"})).await;
    full.error(409);
    assert_eq!(full.body["code"], "too_many_events");
    let reader = served.api.with_key(&create_key(served.data.path(), "read"));
    reader.post(EVENTS, &json!({"event": "a"})).await.error(403);
}

#[tokio::test]
async fn an_accepted_event_outlives_the_server() {
    let mut served = Served::start(HOUR_MS).await;
    for round in 0..4 {
        let invoice = format!("inv_{round}");
        let waits = served.execute(&invoice).await;
        served.waits(&waits, "paid").await;
        let paid = json!({"cents": round, "token": "t0ken-in-clear"});
        assert_eq!(served.tell("invoice.shipped", &invoice, json!("early")).await, 0);
        assert_eq!(served.tell("invoice.paid", &invoice, paid).await, 1);
        // At once: the run may have been told, or not.
        served = served.restart();
        let ended = served.output(&waits).await;
        assert_eq!(ended, json!({"cents": round + 1, "by": "early"}));
    }
    for file in std::fs::read_dir(served.data.path()).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        assert!(!bytes.windows(14).any(|window| window == b"t0ken-in-clear"));
    }
}
