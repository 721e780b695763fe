//! Workflows that the benchmarks run or compile.

use serde_json::{Value, json};

/// W3: a call, a decision on a field of its answer, a second call, the end.
#[must_use]
pub fn w3() -> Value {
    json!({
        "slug": "bench-w3",
        "name": "W3",
        "spec": {
            "startNodeId": "first",
            "nodes": [
                { "id": "first", "type": "service_call", "service": "custom:bench", "method": "POST",
                  "path": "/first", "body": { "customerId": "${trigger.customerId}" } },
                { "id": "branch", "type": "decision", "expression": "step.first.output.verdict",
                  "cases": { "passed": { "next": "second" }, "default": { "next": "rejected" } } },
                { "id": "second", "type": "service_call", "service": "custom:bench", "method": "POST",
                  "path": "/second",
                  "body": { "externalId": "${execution.externalId}", "score": "${step.first.output.score}" } },
                { "id": "rejected", "type": "webhook_emit", "event": "bench.rejected", "payload": {} }
            ],
            "edges": [
                { "from": "first", "to": "branch" },
                { "from": "branch", "to": "second", "case": "passed" },
                { "from": "branch", "to": "rejected", "case": "default" }
            ]
        },
        "triggerType": "api"
    })
}

/// A valid spec of about `steps` steps: decisions on an input with two arms each that meet again, so that there are 2 to the
/// power of a third of the steps paths through it; the last step reads what may have run on either arm.
#[must_use]
pub fn diamonds(steps: usize) -> Value {
    let mut nodes = Vec::new();
    let mut edges = Vec::new();
    let n = steps / 3;
    for i in 0..n {
        let (a, b, next) = (format!("a_{i}"), format!("b_{i}"), format!("d_{}", i + 1));
        nodes.push(json!({ "id": format!("d_{i}"), "type": "decision",
            "expression": format!("trigger.n == {i}"),
            "cases": { "true": { "next": a }, "false": { "next": b } } }));
        for id in [a, b] {
            edges.push(json!({ "from": id, "to": next }));
            nodes.push(
                json!({ "id": id, "type": "transform", "value": { "seen": "${trigger.n}" } }),
            );
        }
    }
    let both = |i: usize| format!("coalesce(step.a_{i}.output.seen, step.b_{i}.output.seen)");
    nodes.push(json!({ "id": format!("d_{n}"), "type": "transform",
        "value": [format!("${{{}}}", both(0)), format!("${{{}}}", both(n - 1))] }));
    json!({ "startNodeId": "d_0", "nodes": nodes, "edges": edges })
}

/// A valid spec of `steps` steps: one decision with an arm for all others, which meet at the end.
#[must_use]
pub fn wide(steps: usize) -> Value {
    let arms = steps - 2;
    let cases: serde_json::Map<String, Value> =
        (0..arms).map(|i| (format!("c{i}"), json!({ "next": format!("a_{i}") }))).collect();
    let mut nodes = vec![
        json!({ "id": "d", "type": "decision", "expression": "trigger.kind", "cases": cases, "defaultCase": "end" }),
        json!({ "id": "end", "type": "transform", "value": "${trigger.kind}" }),
    ];
    let mut edges = Vec::new();
    for i in 0..arms {
        nodes.push(json!({ "id": format!("a_{i}"), "type": "transform", "value": { "kind": "${trigger.kind}" } }));
        edges.push(json!({ "from": format!("a_{i}"), "to": "end" }));
    }
    json!({ "startNodeId": "d", "nodes": nodes, "edges": edges })
}

/// A valid spec of about `steps` steps: segments of two signed calls, a decision on an enum with three
/// arms, and a transform that reads what came before.
#[must_use]
pub fn long(steps: usize) -> Value {
    let mut nodes = Vec::new();
    let mut edges = Vec::new();
    let mut next = |from: &str, to: &str| edges.push(json!({ "from": from, "to": to }));
    let segments = steps.div_ceil(5);
    for i in 0..segments {
        let (kyc, branch, review, screening, note) = (
            format!("kyc_{i}"),
            format!("branch_{i}"),
            format!("review_{i}"),
            format!("screening_{i}"),
            format!("note_{i}"),
        );
        nodes.push(
            json!({ "id": kyc, "type": "service_call", "service": "identity", "method": "POST",
            "path": "/api/identity/document/ktp/capture",
            "body": { "customerId": "${trigger.customerId}", "bundle": "${trigger.bundle}" } }),
        );
        nodes.push(json!({ "id": branch, "type": "decision",
            "expression": format!("step.{kyc}.output.ktpBundle.verdict"),
            "cases": { "passed": { "next": screening }, "requires_review": { "next": review },
                       "failed": { "next": note } } }));
        nodes.push(json!({ "id": review, "type": "human_approval", "assignTo": "role:kyc_analyst",
            "actionLabel": format!("Review ${{trigger.customerId}} (${{step.{kyc}.output.ktpBundle.verdict}})") }));
        nodes.push(json!({ "id": screening, "type": "service_call", "service": "aml", "method": "POST",
            "path": "/api/screenings",
            "body": { "lane": "onboarding", "subjectType": "individual", "customerId": "${trigger.customerId}",
                      "fullName": format!("${{step.{kyc}.output.ktpBundle.ocr.fullName}}"),
                      "nik": format!("${{step.{kyc}.output.ktpBundle.ocr.nik}}") } }));
        nodes.push(json!({ "id": note, "type": "transform",
            "value": { "segment": i, "score": format!("${{step.{kyc}.output.verification.score}}") } }));
        next(&kyc, &branch);
        next(&review, &screening);
        next(&screening, &note);
        if i + 1 < segments {
            next(&note, &format!("kyc_{}", i + 1));
        }
    }
    json!({ "startNodeId": "kyc_0", "nodes": nodes, "edges": edges })
}
