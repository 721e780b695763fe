//! The quickstart's six steps, over HTTP, with every answer checked against what is documented.

use super::client::Api;
use super::progress::Progress;
use super::receiver::{Received, Receiver};
use super::verify::{Facts, at};
use crate::failure::Failure;
use serde_json::{Value, json};
use std::collections::HashSet;
use std::time::{Duration, Instant};

/// The documented workflow, byte for byte.
pub const WORKFLOW: &[u8] =
    include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/cases/quickstart/workflow.json"));

/// Its slug.
pub const SLUG: &str = "indonesian-kyc-v1";

/// The sibling services.
pub const SERVICES: [&str; 6] =
    ["identity", "aml", "anti-fraud", "bank-statement", "document-intelligence", "ai-automation"];

/// The analyst's words, as documented.
pub const NOTES: &str =
    "Glare on hologram but OCR fields self-consistent. Approved per supervisor.";

/// What the run is given as `hmacKey`; it may be seen nowhere.
const HMAC_KEY: &str = "qe_whsec_c2FuZGJveC1obWFjLWtleQ";

/// What the connections are given as the services' key; it may be seen nowhere either.
pub const SERVICE_KEY: &str = "qe_sk_sandbox_SERVICEKEYOFTHESANDBOX2345672345";

/// Well within the documented 600 reads a minute.
const POLL_INTERVAL: Duration = Duration::from_millis(150);

/// A run that has not ended by now does not end.
const RUN_LIMIT: Duration = Duration::from_secs(60);

/// Deliveries follow their events at once; this is for a machine under load.
const WEBHOOK_LIMIT: Duration = Duration::from_secs(30);

/// The events the endpoint is registered for.
const EVENTS: [&str; 2] = ["workflow.execution.completed", "kyc.failed"];

/// One of the three runs.
#[derive(Debug, Clone, Copy)]
struct Case {
    /// The verdict, which the sandbox takes from the end of the customer's id.
    verdict: &'static str,
    /// The steps it must take.
    path: &'static [&'static str],
}

const CASES: [Case; 3] = [
    Case { verdict: "passed", path: &["kyc", "branch_on_ktp", "screening"] },
    Case {
        verdict: "requires_review",
        path: &["kyc", "branch_on_ktp", "wait_for_analyst", "screening"],
    },
    Case { verdict: "failed", path: &["kyc", "branch_on_ktp", "notify_failure"] },
];

impl Case {
    fn customer(self) -> String {
        format!("cus_01HXY_{}", self.verdict)
    }
}

/// Everything the story needs, and what it found.
pub struct Story<'a> {
    /// The server.
    pub api: &'a Api,
    /// `http://ADDRESS` of the sandbox services.
    pub sandbox: &'a str,
    /// Where webhooks go.
    pub receiver: &'a mut Receiver,
    /// Where progress is shown.
    pub progress: &'a Progress,
    /// Makes the external ids of this telling its own, so that it can be told again on the same data.
    pub stamp: String,
    /// What was checked.
    pub facts: Facts,
}

impl Story<'_> {
    /// Tells it whole. An error is something it could not go on after; what is merely wrong is in `facts`.
    pub async fn tell(&mut self) -> Result<(), Failure> {
        self.register_services().await?;
        self.create_workflow().await?;
        let endpoint = self.register_webhook().await?;
        self.publish().await?;
        let mut executions = Vec::new();
        for case in CASES {
            executions.push(self.execute(case).await?);
        }
        let wrong = self.facts.wrong();
        self.check_webhooks(&executions).await?;
        if self.facts.wrong() == wrong {
            let came = format!("received the webhooks at {endpoint}, each with a valid signature");
            self.progress.done(&came)?;
        } else {
            self.progress.wrong(&format!("the webhooks at {endpoint} are not as documented"))?;
        }
        self.replay(&executions).await
    }

    async fn register_services(&mut self) -> Result<(), Failure> {
        for service in SERVICES {
            let base_url = format!("{}/{service}", self.sandbox);
            let body = json!({"serviceSlug": service, "baseUrl": base_url, "apiKey": SERVICE_KEY});
            let answer = self.api.post("/api/service-connections", &body).await?;
            // An upsert: 201 when new, 200 when told again on the same data.
            let status = if answer.status.as_u16() == 200 { 200 } else { 201 };
            let connection = answer.expect(status, "connection")?;
            let facts = &mut self.facts;
            facts.id("connection.id", at(connection, "/id"), "scn_");
            facts.equal("connection.serviceSlug", at(connection, "/serviceSlug"), service);
            facts.equal("connection.baseUrl", at(connection, "/baseUrl"), base_url);
            facts.equal("connection.active", at(connection, "/active"), true);
            facts.absent("the connection", &answer.text, SERVICE_KEY);
        }
        let answer = self.api.get("/api/service-connections").await?;
        let connections = answer.expect(200, "connections")?;
        let count = connections.as_array().map_or(0, Vec::len);
        self.facts.holds(format!("{count} connections are listed, not 6"), count == SERVICES.len());
        self.facts.absent("the list of connections", &answer.text, SERVICE_KEY);
        self.progress.done(&format!("registered {count} service connections"))
    }

    async fn create_workflow(&mut self) -> Result<(), Failure> {
        let answer = self.api.post_bytes("/api/workflows", WORKFLOW).await?;
        if answer.status.as_u16() == 409 {
            return self.progress.done(&format!("workflow {SLUG} is there already"));
        }
        let workflow = answer.expect(201, "workflow")?;
        let sent: Value = serde_json::from_slice(WORKFLOW)
            .map_err(|e| Failure::new(format_args!("the quickstart's workflow is damaged: {e}")))?;
        let facts = &mut self.facts;
        facts.id("workflow.id", at(workflow, "/id"), "wkf_");
        for field in ["slug", "name", "description", "spec", "triggerType"] {
            let pointer = format!("/{field}");
            facts.equal(
                &format!("workflow.{field}"),
                at(workflow, &pointer),
                at(&sent, &pointer).clone(),
            );
        }
        facts.equal("workflow.status", at(workflow, "/status"), "draft");
        facts.equal("workflow.version", at(workflow, "/version"), 1);
        facts.time("workflow.createdAt", at(workflow, "/createdAt"));
        let id = at(workflow, "/id").as_str().unwrap_or_default();
        self.progress.done(&format!("created workflow {SLUG} ({id}, draft, version 1)"))
    }

    async fn register_webhook(&mut self) -> Result<String, Failure> {
        let url = self.receiver.url();
        let body = json!({"url": url, "events": EVENTS});
        let answer = self.api.post("/api/webhooks", &body).await?;
        let webhook = answer.expect(201, "webhook")?;
        self.facts.equal("webhook.url", at(webhook, "/url"), url.as_str());
        self.facts.equal("webhook.events", at(webhook, "/events"), json!(EVENTS));
        let secret = at(webhook, "/secret").as_str().ok_or_else(|| {
            Failure::new(format_args!("POST /api/webhooks gave no secret: {}", answer.text))
        })?;
        self.receiver.set_secret(secret);
        self.progress.done(&format!("registered {url} for {}", EVENTS.join(" and ")))?;
        Ok(url)
    }

    async fn publish(&mut self) -> Result<(), Failure> {
        let answer = self.api.post_empty(&format!("/api/workflows/{SLUG}/publish")).await?;
        let workflow = answer.expect(200, "workflow")?;
        self.facts.equal("workflow.status", at(workflow, "/status"), "active");
        self.progress.done(&format!("published {SLUG} (active)"))
    }

    /// The body of one `execute`.
    fn inputs(&self, case: Case) -> Value {
        let mut body = inputs(&case.customer());
        if let Some(fields) = body.as_object_mut() {
            let external_id = format!("quickstart-{}-{}", self.stamp, case.verdict);
            fields.insert("externalId".to_owned(), external_id.into());
        }
        body
    }

    /// Runs one case to its end; gives the final execution.
    async fn execute(&mut self, case: Case) -> Result<Value, Failure> {
        let inputs = self.inputs(case);
        let answer = self.api.post(&format!("/api/workflows/{SLUG}/execute"), &inputs).await?;
        let accepted = answer.expect(202, "execution")?;
        let id = at(accepted, "/id").as_str().unwrap_or_default().to_owned();
        self.facts.id("execution.id", at(accepted, "/id"), "exe_");
        self.facts.id("execution.workflowId", at(accepted, "/workflowId"), "wkf_");
        self.facts.equal("execution.status when accepted", at(accepted, "/status"), "pending");
        self.facts.time("execution.createdAt", at(accepted, "/createdAt"));
        self.facts.absent("the accepted execution", &answer.text, HMAC_KEY);

        self.progress.heading(&format!("{}  {id}", case.customer()))?;
        let mut view = self.progress.run(case.path);
        let deadline = Instant::now() + RUN_LIMIT;
        let mut approved = false;
        loop {
            let answer = self.api.get(&format!("/api/executions/{id}")).await?;
            let execution = answer.expect(200, "execution")?;
            view.update(execution)?;
            match at(execution, "/status").as_str() {
                Some("succeeded" | "failed" | "cancelled") => {
                    let execution = execution.clone();
                    view.finish(&execution)?;
                    self.check(case, &inputs, &execution, &answer.text);
                    self.facts.holds(
                        format!("{} was approved: {approved}", case.customer()),
                        approved == (case.verdict == "requires_review"),
                    );
                    let shown = serde_json::to_string_pretty(&execution).unwrap_or_default();
                    self.progress.line(&shown)?;
                    return Ok(execution);
                }
                Some("awaiting_approval") if !approved => {
                    self.approve(&id).await?;
                    approved = true;
                }
                _ if Instant::now() > deadline => {
                    return Err(Failure::new(format_args!(
                        "{id} has not ended after {} s: {}",
                        RUN_LIMIT.as_secs(),
                        answer.text
                    )));
                }
                _ => tokio::time::sleep(POLL_INTERVAL).await,
            }
        }
    }

    async fn approve(&mut self, id: &str) -> Result<(), Failure> {
        let path = format!("/api/executions/{id}/approve");
        let body = json!({"decision": "approve", "notes": NOTES});
        let answer = self.api.post(&path, &body).await?;
        let execution = answer.expect(200, "execution")?;
        self.facts.equal("execution.status when approved", at(execution, "/status"), "running");
        let again = self.api.post(&path, &body).await?.status.as_u16();
        self.facts.holds(format!("deciding twice answers {again}, not 409"), again == 409);
        self.progress.done("approved, with the analyst's notes")
    }

    fn check(&mut self, case: Case, sent: &Value, execution: &Value, text: &str) {
        let facts = &mut self.facts;
        let customer = case.customer();
        let named = |what: &str| format!("{customer}: {what}");
        facts.equal(&named("status"), at(execution, "/status"), "succeeded");
        facts.equal(&named("workflowSlug"), at(execution, "/workflowSlug"), SLUG);
        facts.equal(&named("workflowVersion"), at(execution, "/workflowVersion"), 1);
        facts.equal(
            &named("externalId"),
            at(execution, "/externalId"),
            at(sent, "/externalId").clone(),
        );
        facts.time(&named("createdAt"), at(execution, "/createdAt"));
        facts.time(&named("completedAt"), at(execution, "/completedAt"));
        facts.equal(
            &named("inputs.customerId"),
            at(execution, "/inputs/customerId"),
            customer.as_str(),
        );
        facts.equal(&named("inputs.hmacKey"), at(execution, "/inputs/hmacKey"), "[redacted]");
        facts.absent(&named("the execution"), text, HMAC_KEY);

        let empty = Vec::new();
        let steps = at(execution, "/steps").as_array().unwrap_or(&empty);
        let path: Vec<&Value> = steps.iter().map(|step| at(step, "/nodeId")).collect();
        facts.equal(&named("path"), &json!(path), json!(case.path));
        for step in steps {
            let node = at(step, "/nodeId").as_str().unwrap_or_default();
            let named = |what: &str| format!("{customer}: {node}.{what}");
            facts.id(&named("id"), at(step, "/id"), "stp_");
            facts.equal(&named("status"), at(step, "/status"), "succeeded");
            facts.equal(&named("attempts"), at(step, "/attempts"), 1);
            facts.time(&named("startedAt"), at(step, "/startedAt"));
            facts.time(&named("completedAt"), at(step, "/completedAt"));
            let output = at(step, "/output");
            match node {
                "kyc" => {
                    facts.equal(&named("type"), at(step, "/type"), "service_call");
                    let verdict = at(output, "/ktpBundle/verdict");
                    facts.equal(&named("output.ktpBundle.verdict"), verdict, case.verdict);
                }
                "branch_on_ktp" => {
                    facts.equal(&named("type"), at(step, "/type"), "decision");
                    facts.equal(&named("output"), output, json!({"selected": case.verdict}));
                }
                "screening" => {
                    facts.equal(&named("type"), at(step, "/type"), "service_call");
                    facts.equal(&named("output.status"), at(output, "/status"), "no_match");
                    let id = at(output, "/screeningId").as_str().unwrap_or_default();
                    facts.holds(named("output.screeningId has no scr_ id"), id.starts_with("scr_"));
                }
                "wait_for_analyst" => {
                    facts.equal(&named("type"), at(step, "/type"), "human_approval");
                    facts.equal(&named("output.decision"), at(output, "/decision"), "approve");
                    facts.equal(&named("output.notes"), at(output, "/notes"), NOTES);
                }
                "notify_failure" => {
                    facts.equal(&named("type"), at(step, "/type"), "webhook_emit");
                    facts.id(&named("output.eventId"), at(output, "/eventId"), "evt_");
                }
                _ => {}
            }
        }
        let last = steps.last().map_or(&Value::Null, |step| at(step, "/output"));
        facts.equal(&named("output"), at(execution, "/output"), last.clone());
    }

    async fn check_webhooks(&mut self, executions: &[Value]) -> Result<(), Failure> {
        let expected = executions.len() + 1;
        // At least once is the promise: what comes twice counts once.
        let events = |received: &[Received]| -> usize {
            received.iter().map(|r| at(&r.body, "/id").to_string()).collect::<HashSet<_>>().len()
        };
        let waiting = self.progress.waiting("waiting for the webhooks");
        self.receiver.wait(|received| events(received) >= expected, WEBHOOK_LIMIT).await;
        drop(waiting);
        let received = self.receiver.received();
        let facts = &mut self.facts;
        for delivery in &received {
            let event = at(&delivery.body, "/event");
            let name = event.as_str().unwrap_or("a webhook").to_owned();
            let header = |name: &str| {
                let value = delivery.headers.get(name).and_then(|v| v.to_str().ok());
                value.map_or(Value::Null, Value::from)
            };
            facts.holds(format!("{name}: the signature is not the body's"), delivery.signed);
            facts.absent(&name, &delivery.text, HMAC_KEY);
            facts.id(&format!("{name}: id"), at(&delivery.body, "/id"), "evt_");
            facts.time(&format!("{name}: occurredAt"), at(&delivery.body, "/occurredAt"));
            facts.equal(
                &format!("{name}: X-Quantum-Event"),
                &header("X-Quantum-Event"),
                event.clone(),
            );
            facts.id(&format!("{name}: X-Quantum-Delivery"), &header("X-Quantum-Delivery"), "whd_");
        }
        for execution in executions {
            let id = at(execution, "/id");
            let found = received.iter().find(|r| {
                at(&r.body, "/event") == EVENTS[0] && at(&r.body, "/data/executionId") == id
            });
            let Some(found) = found else {
                facts.holds(format!("no {} came for {id}", EVENTS[0]), false);
                continue;
            };
            let data = at(&found.body, "/data");
            for field in ["status", "output", "completedAt", "workflowSlug", "externalId"] {
                let pointer = format!("/{field}");
                let name = format!("{}: data.{field}", EVENTS[0]);
                facts.equal(&name, at(data, &pointer), at(execution, &pointer).clone());
            }
        }
        let failed = received.iter().find(|r| at(&r.body, "/event") == EVENTS[1]);
        let data = failed.map_or(&Value::Null, |r| at(&r.body, "/data"));
        facts.equal("kyc.failed: data", data, json!({"customerId": "cus_01HXY_failed"}));
        Ok(())
    }

    /// The first run is asked for again, as a client does that saw no answer: it gets the same one.
    async fn replay(&mut self, executions: &[Value]) -> Result<(), Failure> {
        let [case, ..] = CASES;
        let inputs = self.inputs(case);
        let path = format!("/api/workflows/{SLUG}/execute");
        let answer = self.api.post(&path, &inputs).await?;
        let again = answer.expect(200, "execution")?;
        let first = executions.first().unwrap_or(&Value::Null);
        self.facts.equal("the replayed execution", at(again, "/id"), at(first, "/id").clone());
        let replayed = answer.headers.get("Idempotent-Replayed").is_some_and(|v| v == "true");
        self.facts.holds("the replay has no Idempotent-Replayed: true", replayed);

        let mut other = inputs;
        if let Some(fields) = other.as_object_mut() {
            fields.insert("customerId".to_owned(), "cus_01HXY_other".into());
        }
        let status = self.api.post(&path, &other).await?.status.as_u16();
        self.facts.holds(
            format!("another body under the same externalId answers {status}, not 409"),
            status == 409,
        );
        self.progress.done("asked for the first run again: the same execution came back")
    }
}

/// What the workflow's spec refers to as `trigger.*`.
pub fn inputs(customer: &str) -> Value {
    json!({
        "customerId": customer,
        "bundle": {
            "version": "1.0",
            "sdkVersion": "3.2.0",
            "platform": "web",
            "frames": ["/9j/4AAQSkZJRgABAQEASABIAAD/2Q=="],
            "capturedAt": "2026-05-01T12:00:00.000Z",
            "signature": "c2lnbmF0dXJlLW9mLXRoZS1jYXB0dXJl"
        },
        "hmacKey": HMAC_KEY
    })
}
