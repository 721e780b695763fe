//! What the published examples of the service get wrong or leave open, and the compiler finds: a test each.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use serde_json::{Value, json};
use writ_compiler::analysis::{Analysis, Syntax};
use writ_compiler::diagnostic::{Code, Diagnostic, Severity};

const QUICKSTART: &str = include_str!("../../tests/cases/quickstart/workflow.json");

/// A step of the wire format, with further fields.
fn step(id: &str, kind: &str, fields: Value) -> Value {
    let mut step = json!({ "id": id, "type": kind });
    step.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    step
}

/// A call with a body.
fn post(id: &str, service: &str, path: &str, body: Value) -> Value {
    let fields = json!({ "service": service, "method": "POST", "path": path, "body": body });
    step(id, "service_call", fields)
}

/// The capture of an identity card, as published.
fn capture() -> Value {
    let quickstart: Value = serde_json::from_str(QUICKSTART).unwrap();
    quickstart["spec"]["nodes"][0].clone()
}

/// A spec whose edges are `from -> to`, or `from -case-> to`.
fn spec(nodes: &[Value], edges: &[&str]) -> String {
    let edge = |edge: &&str| {
        let parts: Vec<&str> =
            edge.split(['-', '>']).map(str::trim).filter(|p| !p.is_empty()).collect();
        match parts[..] {
            [from, to] => json!({ "from": from, "to": to }),
            [from, case, to] => json!({ "from": from, "to": to, "case": case }),
            _ => panic!("no edge: {edge}"),
        }
    };
    let edges: Vec<Value> = edges.iter().map(edge).collect();
    let spec = json!({ "startNodeId": nodes[0]["id"], "nodes": nodes, "edges": edges });
    serde_json::to_string_pretty(&spec).unwrap()
}

fn analyse(nodes: &[Value], edges: &[&str]) -> Analysis {
    Analysis::new(spec(nodes, edges), Syntax::Json)
}

/// Each diagnostic: its code, the text it points at, and its message.
fn said(analysis: &Analysis) -> Vec<String> {
    let said = |d: &Diagnostic| {
        let place = &analysis.text[d.primary.span.range()];
        format!("{} at {place}: {}", d.code.id(), d.message)
    };
    analysis.diagnostics.iter().map(said).collect()
}

/// What is said of one code.
fn of(analysis: &Analysis, code: Code) -> Vec<String> {
    let said = said(analysis);
    said.into_iter().filter(|line| line.starts_with(code.id())).collect()
}

#[test]
fn the_quickstart_compiles_and_its_two_oversights_are_warnings() {
    let analysis = Analysis::new(QUICKSTART, Syntax::Json);
    insta::assert_snapshot!(said(&analysis).join("\n"), @r#"
    WR0601 at "screening": nothing looks at the verdict of "screening"
    WR0801 at "wait_for_analyst": a rejection of "wait_for_analyst" fails the run
    "#);
    assert!(analysis.diagnostics.iter().all(|d| d.severity == Severity::Warning));
    assert!(analysis.workflows[0].compiled.is_some());
}

#[test]
fn a_decision_without_a_default_on_a_value_that_nobody_declares() {
    let score = post("score", "custom:scoring", "/scores", json!({ "id": "${trigger.id}" }));
    let decide = |expression: &str| {
        let cases = json!({ "gold": { "next": "greet" }, "silver": { "next": "greet" } });
        step("by_tier", "decision", json!({ "expression": expression, "cases": cases }))
    };
    let greet = step("greet", "webhook_emit", json!({ "event": "customer.greeted" }));
    let of_answer = analyse(
        &[score.clone(), decide("step.score.output.tier"), greet.clone()],
        &["score -> by_tier"],
    );
    let of_input = analyse(&[decide("trigger.tier"), greet.clone()], &[]);
    insta::assert_snapshot!([said(&of_answer), said(&of_input)].concat().join("\n"), @r#"
    WR0512 at step.score.output.tier: "by_tier" does not handle every value
    WR0512 at trigger.tier: "by_tier" does not handle every value
    "#);
    // Published with a `default` arm, or with a default case, there is nothing to say.
    let with_arm = analyse(&[decide("trigger.tier"), greet.clone()], &["by_tier -default-> greet"]);
    assert!(said(&with_arm).is_empty(), "{:?}", said(&with_arm));
    let mut with_default = decide("trigger.tier");
    with_default["defaultCase"] = "greet".into();
    let with_default = analyse(&[with_default, greet], &[]);
    assert!(said(&with_default).is_empty(), "{:?}", said(&with_default));
}

/// The decision of the onboarding guide on what anti-fraud says, with the cases given.
fn anti_fraud_guide(cases: &[&str]) -> Analysis {
    let body = json!({
        "customerId": "${trigger.customerId}", "lane": "onboarding", "externalId": "${trigger.applicationId}",
        "data": { "fullName": "${trigger.fullName}", "phone": "${trigger.phone}" }
    });
    let fraud = post("fraud", "anti-fraud", "/api/evaluate", body);
    let cases: serde_json::Map<String, Value> = cases
        .iter()
        .map(|case| {
            let next = match *case {
                "allow" => "accept",
                "review" => "ask",
                _ => "refuse",
            };
            (case.to_string(), json!({ "next": next }))
        })
        .collect();
    let decide = json!({ "expression": "step.fraud.output.decision", "cases": cases });
    let ask = json!({
        "actionLabel": "Application ${trigger.applicationId}", "assignTo": "role:fraud_analyst",
        "onReject": "route_to:refuse"
    });
    analyse(
        &[
            fraud,
            step("gate", "decision", decide),
            step("ask", "human_approval", ask),
            step("accept", "webhook_emit", json!({ "event": "application.accepted" })),
            step("refuse", "webhook_emit", json!({ "event": "application.refused" })),
        ],
        &["fraud -> gate", "ask -> accept"],
    )
}

#[test]
fn flag_is_missing_from_the_decision_on_what_anti_fraud_says() {
    let guide = anti_fraud_guide(&["allow", "review", "block"]);
    insta::assert_snapshot!(said(&guide).join("\n"), @r#"WR0510 at step.fraud.output.decision: "gate" does not handle "flag""#);
    assert!(guide.has_errors());
    let whole = anti_fraud_guide(&["allow", "flag", "review", "block"]);
    assert!(said(&whole).is_empty(), "{:?}", said(&whole));
}

/// A screening, and after it a decision on its status with the cases given.
fn screened(cases: &[&str]) -> Analysis {
    let body = json!({
        "lane": "onboarding", "subjectType": "individual", "fullName": "${trigger.fullName}",
        "customerId": "${trigger.customerId}"
    });
    let mut nodes = vec![post("screening", "aml", "/api/screenings", body)];
    let mut edges = Vec::new();
    if !cases.is_empty() {
        let cases: serde_json::Map<String, Value> =
            cases.iter().map(|case| (case.to_string(), json!({ "next": "done" }))).collect();
        let decide = json!({ "expression": "step.screening.output.status", "cases": cases });
        nodes.push(step("by_status", "decision", decide));
        nodes.push(step("done", "webhook_emit", json!({ "event": "kyc.done" })));
        edges.push("screening -> by_status");
    }
    analyse(&nodes, &edges)
}

#[test]
fn nobody_reads_the_verdict_of_the_screening() {
    insta::assert_snapshot!(said(&screened(&[])).join("\n"), @r#"WR0601 at "screening": nothing looks at the verdict of "screening""#);
    let read = screened(&["no_match", "review", "confirmed"]);
    assert!(said(&read).is_empty(), "{:?}", said(&read));
}

#[test]
fn a_screening_is_never_pending_nor_a_potential_match() {
    let analysis = screened(&["no_match", "review", "confirmed", "pending", "potential_match"]);
    insta::assert_snapshot!(said(&analysis).join("\n"), @r#"
    WR0511 at "pending": `step.screening.output.status` can never be "pending"
    WR0511 at "potential_match": `step.screening.output.status` can never be "potential_match"
    "#);
}

#[test]
fn a_rejection_has_no_route() {
    let ask = |route: Value| {
        let mut fields =
            json!({ "actionLabel": "KTP requires manual review", "assignTo": "role:kyc_analyst" });
        fields.as_object_mut().unwrap().extend(route.as_object().unwrap().clone());
        step("ask", "human_approval", fields)
    };
    let go_on = step("go_on", "webhook_emit", json!({ "event": "kyc.reviewed" }));
    let stop = step("stop", "webhook_emit", json!({ "event": "kyc.rejected" }));
    let without = analyse(&[ask(json!({})), go_on.clone()], &["ask -> go_on"]);
    insta::assert_snapshot!(said(&without).join("\n"), @r#"WR0801 at "ask": a rejection of "ask" fails the run"#);
    let routed = analyse(
        &[ask(json!({ "onReject": "route_to:stop" })), go_on.clone(), stop.clone()],
        &["ask -> go_on"],
    );
    assert!(said(&routed).is_empty(), "{:?}", said(&routed));
    // The published way: a decision on the decision.
    let cases = json!({ "approve": { "next": "go_on" }, "reject": { "next": "stop" } });
    let decide = json!({ "expression": "step.ask.output.decision", "cases": cases });
    let decided =
        analyse(&[ask(json!({})), step("by", "decision", decide), go_on, stop], &["ask -> by"]);
    assert!(said(&decided).is_empty(), "{:?}", said(&decided));
}

#[test]
fn the_hmac_key_is_a_secret_input_because_the_capture_declares_it_one() {
    let analysis = Analysis::new(QUICKSTART, Syntax::Json);
    let program = &analysis.workflows[0].compiled.as_ref().unwrap().program;
    let published = program.input.to_json_schema();
    assert_eq!(
        published["properties"]["hmacKey"],
        json!({ "type": "string", "writeOnly": true, "x-writ-secret": true })
    );
    assert_eq!(published["properties"]["customerId"], json!({ "type": "string" }));
    // Of what the run and the step record, the key alone is hidden.
    let inputs = json!({ "customerId": "cus_1", "hmacKey": "qe_whsec_1" });
    let recorded = program.input.redact(&serde_json::from_value(inputs).unwrap());
    assert_eq!(
        serde_json::to_value(&recorded).unwrap(),
        json!({ "customerId": "cus_1", "hmacKey": "[redacted]" })
    );
    let request = json!({
        "method": "POST", "path": "/api/identity/document/ktp/capture",
        "body": { "customerId": "cus_1", "hmacKey": "qe_whsec_1" }
    });
    let recorded = program.steps[0].input.redact(&serde_json::from_value(request).unwrap());
    let recorded = serde_json::to_value(&recorded).unwrap();
    assert_eq!(recorded["body"]["hmacKey"], "[redacted]");
    assert_eq!(recorded["body"]["customerId"], "cus_1");
}

/// Steps after the capture that give its key away.
fn leaks() -> Vec<(&'static str, Vec<Value>)> {
    let approval = |fields: Value| {
        let mut all = json!({ "assignTo": "role:kyc_analyst", "onReject": "fail" });
        all.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        step("ask", "human_approval", all)
    };
    let call = |method: &str, service: &str, path: &str| {
        let fields = json!({ "service": service, "method": method, "path": path });
        step("call", "service_call", fields)
    };
    let emit = |payload: Value| {
        step("tell", "webhook_emit", json!({ "event": "kyc.done", "payload": payload }))
    };
    let transform = |value: Value| step("keep", "transform", json!({ "value": value }));
    vec![
        ("a payload", vec![emit(json!({ "key": "${trigger.hmacKey}" }))]),
        ("a payload's text", vec![emit(json!({ "note": ["signed with ${trigger.hmacKey}"] }))]),
        ("a whole payload", vec![emit("${trigger}".into())]),
        ("a label", vec![approval(json!({ "actionLabel": "Key ${trigger.hmacKey}" }))]),
        ("an approver's data", vec![approval(json!({ "data": { "key": "${trigger.hmacKey}" } }))]),
        ("a path", vec![call("GET", "custom:crm", "/keys/${trigger.hmacKey}")]),
        ("a query", vec![call("GET", "custom:crm", "/find?key=${trigger.hmacKey}")]),
        (
            "an operation's path",
            vec![call("GET", "identity", "/api/identity/kyc/${trigger.hmacKey}")],
        ),
        (
            "a header",
            vec![step(
                "call",
                "service_call",
                json!({
                    "service": "custom:crm", "method": "GET", "path": "/", "headers": { "X-Key": "${trigger.hmacKey}" }
                }),
            )],
        ),
        (
            "another service",
            vec![post("call", "custom:crm", "/notes", json!({ "key": "${trigger.hmacKey}" }))],
        ),
        (
            "a parameter that takes none",
            vec![post(
                "call",
                "aml",
                "/api/customers",
                json!({
                    "fullName": "${trigger.hmacKey}"
                }),
            )],
        ),
        ("the output of the run", vec![transform("${trigger.hmacKey}".into())]),
        (
            "the output of an end",
            vec![step("done", "end", json!({ "output": { "key": "${trigger.hmacKey}" } }))],
        ),
        (
            "a message of failure",
            vec![step(
                "done",
                "end",
                json!({
                    "fail": { "code": "x", "message": "with ${trigger.hmacKey}" }
                }),
            )],
        ),
        (
            "a payload, by way of a step",
            vec![
                transform(json!({ "inner": ["${trigger.hmacKey}"] })),
                emit(json!({ "key": "${step.keep.output.inner[0]}" })),
            ],
        ),
        (
            "a payload, by way of an expression",
            vec![emit(json!({ "key": "${[trigger.hmacKey].map(k, k + '!')[0]}" }))],
        ),
    ]
}

#[test]
fn the_hmac_key_reaches_nobody_but_the_service_that_asks_for_it() {
    let mut found = Vec::new();
    for (place, steps) in leaks() {
        let nodes = [vec![capture()], steps].concat();
        let ids: Vec<&str> = nodes.iter().map(|node| node["id"].as_str().unwrap()).collect();
        let edges: Vec<String> =
            ids.windows(2).map(|pair| format!("{} -> {}", pair[0], pair[1])).collect();
        let edges: Vec<&str> = edges.iter().map(String::as_str).collect();
        let analysis = analyse(&nodes, &edges);
        found.push(format!("{place}: {}", of(&analysis, Code::SecretLeak).join(" | ")));
    }
    insta::assert_snapshot!(found.join("\n"), @r#"
    a payload: WR0701 at trigger.hmacKey: a secret would reach `key` of the payload of `kyc.done`
    a payload's text: WR0701 at "signed with ${trigger.hmacKey}": a secret would reach `note[]` of the payload of `kyc.done`
    a whole payload: WR0701 at trigger: a secret would reach the payload of `kyc.done`
    a label: WR0701 at trigger.hmacKey: a secret would reach the label of approval "ask"
    an approver's data: WR0701 at trigger.hmacKey: a secret would reach `key` of the data of approval "ask"
    a path: WR0701 at trigger.hmacKey: a secret would reach the path of a request to `custom:crm`
    a query: WR0701 at trigger.hmacKey: a secret would reach the query of a request to `custom:crm`
    an operation's path: WR0701 at trigger.hmacKey: a secret would reach `customerId` of `identity.getKyc`
    a header: WR0701 at trigger.hmacKey: a secret would reach `X-Key` of the headers of a request to `custom:crm`
    another service: WR0701 at trigger.hmacKey: a secret would reach `key` of `custom:crm`, which declares no such parameter
    a parameter that takes none: WR0701 at trigger.hmacKey: a secret would reach `fullName` of `aml.createCustomer`
    the output of the run: WR0701 at trigger.hmacKey: a secret would reach the run's output
    the output of an end: WR0701 at trigger.hmacKey: a secret would reach `key` of the run's output
    a message of failure: WR0701 at trigger.hmacKey: a secret would reach the message of a failed run
    a payload, by way of a step: WR0701 at step.keep.output.inner[0]: a secret would reach `key` of the payload of `kyc.done`
    a payload, by way of an expression: WR0701 at [trigger.hmacKey].map(k, k + '!')[0]: a secret would reach `key` of the payload of `kyc.done`
    "#);
}
