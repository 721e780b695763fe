#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use super::to_json;
use crate::analysis::{Analysis, Syntax};
use crate::lower::tests::untyped;
use serde_json::{Value, json};

/// A JSON text, read and written back.
fn there_and_back(text: &str) -> String {
    let analysis = Analysis::new(text, Syntax::Json);
    to_json(&analysis.module, &analysis.module.workflows[0], &analysis.workflows[0])
}

fn value(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

#[test]
fn the_quickstart_comes_back_as_it_was() {
    let text = include_str!("../../../../tests/cases/quickstart/workflow.json");
    let back = there_and_back(text);
    assert_eq!(value(&back), value(text));
    assert_eq!(there_and_back(&back), back);
}

#[test]
fn every_field_of_every_step_comes_back() {
    let spec = json!({
        "slug": "all", "name": "All", "triggerType": "schedule", "triggerSpec": {"cron": "0 6 * * *", "inputs": {"a": "${x}"}},
        "spec": {
            "startNodeId": "get",
            "budget": {"calls": 5, "callsPerService": {"custom:crm": 1}, "attempts": 0, "duration": "1500ms", "storedBytes": 3},
            "nodes": [
                {"id": "get", "type": "service_call", "description": "Gets.", "service": "custom:crm", "method": "PATCH",
                 "path": "/c/${trigger.id}?x=1", "headers": {"x-a": "${trigger.id}-1"},
                 "body": {"text": "costs $${x} ${trigger.id}", "n": [1, -1.5, u64::MAX, null, true, {}], "a b": {"c": "${[1].map(x, x + 1)}"}},
                 "retry": {"maxAttempts": 5, "backoff": "fixed", "retryOn": ["5xx", "429"]}, "timeoutMs": 100,
                 "onError": {"404": "route_to:make", "any": "route_to:stop"}},
                {"id": "make", "type": "transform", "value": "${trigger.id == 'x' ? {a: 1} : {(trigger.id): 2}}"},
                {"id": "rest", "type": "wait", "durationMs": 1500},
                {"id": "more", "type": "wait", "duration": "90s"},
                {"id": "till", "type": "wait", "until": "${execution.startedAt + duration('1h')}"},
                {"id": "heard", "type": "wait", "event": "aml.done", "correlation": "${trigger.id}", "timeoutMs": 5, "onTimeout": "route_to:stop",
                 "dataSchema": {"type": "object", "properties": {"hits": {"type": "integer"}}, "required": ["hits"]}},
                {"id": "ask", "type": "human_approval", "actionLabel": "Look at ${trigger.id}", "assignTo": "role:a", "timeoutHours": 1.5,
                 "onTimeout": "reject", "onReject": "route_to:stop", "data": {"id": "${trigger.id}"}, "notInitiator": true},
                {"id": "lane", "type": "decision", "expression": "trigger.lane", "cases": {"a": {"next": "amount"}}, "defaultCase": "stop"},
                {"id": "amount", "type": "decision", "conditions": [{"when": "trigger.n > 1", "next": "tell"}], "defaultCase": "good"},
                {"id": "tell", "type": "webhook_emit", "event": "a.b", "payload": {"x": 1}},
                {"id": "good", "type": "end", "output": {"ok": true}},
                {"id": "stop", "type": "end", "fail": {"code": "stopped", "message": "by ${trigger.id}"}},
            ],
            "edges": [
                {"from": "get", "to": "make"}, {"from": "make", "to": "rest"}, {"from": "rest", "to": "more"},
                {"from": "more", "to": "till"}, {"from": "till", "to": "heard"}, {"from": "heard", "to": "ask"},
                {"from": "ask", "to": "lane"}, {"from": "lane", "to": "amount", "case": "a"}, {"from": "tell", "to": "good"},
            ],
        },
    });
    let back = there_and_back(&spec.to_string());
    assert_eq!(value(&back), spec);
    assert_eq!(there_and_back(&back), back);
}

#[test]
fn what_comes_back_compiles_to_the_same_program() {
    for value in [
        json!("a${\"$\"}${trigger.x}$"),
        json!("$${a} $$${b} ${trigger.x} }"),
        json!(["${-1.5}", -1.5, "${-2}", "${9223372036854775807}", u64::MAX, "${2u}"]),
        json!({"a": "${{\"x\": '}', (trigger.k): \"${\"}}", "b": "${b'\\xff'}"}),
        json!("${trigger.?a[?0].`b-c`.orValue(\"it's\")} and ${r'\\d'}"),
        json!("\u{1F600} \"quoted\" \\ ${'\\n'}${trigger.x}"),
    ] {
        let nodes = json!([{"id": "a", "type": "transform", "value": value}]);
        let text = json!({"startNodeId": "a", "nodes": nodes, "edges": []}).to_string();
        let back = there_and_back(&text);
        assert_eq!(untyped(&back).program, untyped(&text).program, "{text}\n{back}");
    }
}

#[test]
fn a_declared_input_comes_back() {
    let schema = json!({"type": "object", "properties": {
        "id": {"type": "string", "description": "Who."},
        "pin": {"type": "string", "x-writ-secret": true},
        "for": {"type": "string", "x-writ-type": "duration"},
        "lane": {"type": "string", "enum": ["b", "a"]},
        "at": {"anyOf": [{"type": "string", "format": "date-time"}, {"type": "null"}]},
        "tags": {"type": "array", "items": {"type": "object", "additionalProperties": {"type": "integer"}}},
        "raw": {"type": "string", "contentEncoding": "base64", "x-writ-pii": true},
        "any": {},
    }, "required": ["id", "lane"]});
    let nodes = json!([{"id": "a", "type": "transform", "value": "${trigger.id}"}]);
    let bare = json!({"startNodeId": "a", "nodes": nodes, "edges": [], "inputSchema": schema});
    assert_eq!(value(&there_and_back(&bare.to_string())), bare);
    let whole = json!({"slug": "s", "spec": bare, "triggerType": "api"});
    assert_eq!(value(&there_and_back(&whole.to_string())), whole);
    let spec = json!({"startNodeId": "a", "nodes": nodes, "edges": []});
    let beside = json!({"slug": "s", "spec": spec, "triggerType": "api", "inputSchema": schema});
    assert_eq!(value(&there_and_back(&beside.to_string())), whole);
}
