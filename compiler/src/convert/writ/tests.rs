#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use super::to_writ;
use crate::analysis::{Analysis, Syntax, WorkflowAnalysis};
use crate::convert::to_json;
use crate::diagnostic::SourceText;
use crate::flow::{self, RouteKind};
use crate::signatures::Catalog;
use crate::syntax::{json, writ};
use crate::tree::{CallTarget, Case, Module, StepKind};
use crate::types::check;
use proptest::prelude::*;
use serde_json::{Value, json};

const QUICKSTART_JSON: &str = include_str!("../../../../tests/cases/quickstart/workflow.json");
const QUICKSTART_WRIT: &str = include_str!("../../../../tests/cases/quickstart/workflow.writ");

fn analyse(module: &Module) -> WorkflowAnalysis {
    let workflow = &module.workflows[0];
    let mut diagnostics = Vec::new();
    let catalog = Catalog::of(module, &mut diagnostics);
    let flow =
        flow::resolve(workflow, SourceText { text: "", syntax: Syntax::Json }, &mut diagnostics);
    let mode = check::Mode { syntax: Syntax::Json, strict: false };
    let typed = check::check(workflow, &flow, module, &catalog, mode, &mut diagnostics);
    WorkflowAnalysis { flow, typed, compiled: None }
}

pub(crate) fn print(module: &Module) -> String {
    to_writ(module, &module.workflows[0], &analyse(module))
}

fn read_json(text: &str) -> Module {
    let (module, diagnostics) = json::parse(text);
    assert_eq!(diagnostics, []);
    module
}

fn read_writ(text: &str) -> Module {
    let (module, diagnostics) = writ::parse(text);
    assert_eq!(diagnostics, [], "{text}");
    module
}

/// What a workflow means: its tree without places, with every arm of a decision in its case.
fn meaning(mut module: Module) -> String {
    let found = analyse(&module);
    let workflow = &mut module.workflows[0];
    let ids: Vec<_> = workflow.steps.iter().map(|step| step.id.clone()).collect();
    for (at, step) in workflow.steps.iter_mut().enumerate() {
        let StepKind::Decide(decide) = &mut step.kind else { continue };
        decide.cases.clear();
        for route in &found.flow.routes[at] {
            let next = Some(ids[route.target.index()].clone());
            let mut label = step.id.clone();
            match &route.kind {
                RouteKind::Case(case) => label.value = case.clone(),
                RouteKind::Default => {
                    decide.default = next;
                    continue;
                }
                _ => continue,
            }
            decide.cases.push(Case { span: step.span, label, next });
        }
    }
    workflow.start = found.flow.start.map(|start| ids[start.index()].clone());
    let decisions: Vec<_> = workflow
        .steps
        .iter()
        .filter(|step| matches!(step.kind, StepKind::Decide(_)))
        .map(|step| step.id.value.clone())
        .collect();
    workflow.edges.retain(|edge| !decisions.contains(&edge.from.value));
    workflow.edges.sort_by(|a, b| a.from.value.cmp(&b.from.value));
    without_places(workflow)
}

/// A part of the tree as text. Where it is written is no part of what it means.
pub(crate) fn without_places(part: &impl std::fmt::Debug) -> String {
    let debug = format!("{part:#?}");
    let mut lines = debug.lines().map(str::trim);
    let mut out = String::new();
    while let Some(line) = lines.next() {
        if line.contains("Span {") {
            lines.by_ref().take(3).for_each(drop);
        } else {
            out.push_str(line);
            out.push('\n');
        }
    }
    out
}

#[test]
fn the_quickstart_is_printed_as_it_is_kept() {
    assert_eq!(print(&read_json(QUICKSTART_JSON)), QUICKSTART_WRIT);
    assert_eq!(print(&read_writ(QUICKSTART_WRIT)), QUICKSTART_WRIT);
}

#[test]
fn the_two_spellings_of_the_quickstart_mean_the_same() {
    let (json, mut written) = (read_json(QUICKSTART_JSON), read_writ(QUICKSTART_WRIT));
    for (step, from) in written.workflows[0].steps.iter_mut().zip(&json.workflows[0].steps) {
        // A call by name; that the two are the same call is for the signatures to say.
        if let (StepKind::Call(call), StepKind::Call(from)) = (&mut step.kind, &from.kind) {
            assert!(matches!(call.target, CallTarget::Operation(_)));
            call.target = from.target.clone();
        }
    }
    assert_eq!(meaning(written), meaning(json));
}

/// Every kind of step and clause, with ids, labels and texts that need quotes, the start not first, arms in edges
/// alone, and edges out of order.
const EVERYTHING: &str = r#"{
  "slug": "odd \"slug\"", "name": "${not a template}", "description": "Two\nlines  \n\n// here",
  "triggerType": "schedule", "triggerSpec": {"cron": "0 9 * * *", "raw": "${x}", "list": [1, -2.5, null]},
  "spec": {
    "startNodeId": "first-step",
    "budget": {"calls": 20, "callsPerService": {"custom:crm": 2, "my service": 1}, "attempts": 40, "duration": "7d", "storedBytes": 1048577},
    "let": {"who": "${step.`first-step`.output.id}", "greeting": {"text": "Hello ${who}"}},
    "nodes": [
      {"id": "end", "type": "end", "output": {"a": "${step.`first-step`.output.id}", "in": "$${b", "c d": true}},
      {"id": "first-step", "type": "service_call", "service": "custom:crm", "method": "POST",
       "path": "/x/${trigger.id}?y=${trigger.y + '\"'}", "description": "What it does",
       "headers": {"X-Trace": "${execution.id}"}, "body": ["a ${trigger.a} b", {"k": "${[1, 2].map(x, x * 2)}"}],
       "retry": {"maxAttempts": 3, "backoff": "fixed", "retryOn": ["5xx", "timeout", 429, "odd code"]},
       "timeoutMs": 30000, "onError": {"404": "route_to:end", "any": "route_to:late", "error": "route_to:w1"}},
      {"id": "d1", "type": "decision", "expression": "step.`first-step`.output.kind",
       "cases": {"a": {"next": "t"}, "b": null, "5": {}, "x y": {"next": "w1"}, "default": {"next": "f"}}},
      {"id": "t", "type": "transform", "value": {"long": "${trigger.aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa + trigger.bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb}",
       "items": ["${trigger.aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa}", "${trigger.bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb}"]}},
      {"id": "w1", "type": "wait", "durationMs": 5400000},
      {"id": "w2", "type": "wait", "duration": "1h30m"},
      {"id": "w3", "type": "wait", "until": "${trigger.when}"},
      {"id": "w4", "type": "wait", "event": "paid", "correlation": "${trigger.id}", "timeoutMs": 1500, "onTimeout": "route_to:f",
       "dataSchema": {"type": "object", "properties": {"amount": {"type": "integer", "description": "In cents."}, "by": {"type": "string"}}, "required": ["amount"]}},
      {"id": "w5", "type": "wait", "event": "paid"},
      {"id": "late", "type": "webhook_emit", "event": "x.late", "payload": "${trigger}"},
      {"id": "quiet", "type": "webhook_emit", "event": "x.quiet"},
      {"id": "ask", "type": "human_approval", "actionLabel": "Look at ${trigger.id}", "assignTo": "role:a b",
       "timeoutHours": 0.5, "onTimeout": "reject", "onReject": "route_to:f", "data": {"a": "${trigger.a}"}, "notInitiator": true},
      {"id": "ask2", "type": "human_approval", "assignTo": "user:u-1.x", "onTimeout": "fail", "onReject": "fail"},
      {"id": "d2", "type": "decision", "conditions": [{"when": "trigger.n > 5 && !(trigger.n in [7, 8])", "next": "ask2"},
       {"when": "trigger.s == \"${x}\"", "next": "f"}], "defaultCase": "end"},
      {"id": "op", "type": "service_call", "service": "aml", "method": "GET", "path": "/api/alerts/${trigger.alertId}"},
      {"id": "bare", "type": "service_call", "service": "my service", "method": "post", "path": "${trigger.path}",
       "body": {}, "retry": {"retryOn": []}},
      {"id": "f", "type": "end", "fail": {"code": "too.odd", "message": "Because ${trigger.why}"}},
      {"id": "f2", "type": "end", "fail": {"code": "no", "message": "${trigger.why}"}}
    ],
    "edges": [
      {"from": "bare", "to": "f2"}, {"from": "w5", "to": "late"}, {"from": "w4", "to": "w5"}, {"from": "w3", "to": "w4"},
      {"from": "w1", "to": "w2"}, {"from": "w2", "to": "w3"}, {"from": "late", "to": "quiet"},
      {"from": "first-step", "to": "d1"}, {"from": "d1", "to": "d2", "case": "b"}, {"from": "d1", "to": "ask", "case": "5"},
      {"from": "d1", "to": "op", "case": "only-edge"}, {"from": "op", "to": "bare"}, {"from": "ask", "to": "late"}
    ]
  }
}"#;

#[test]
fn nothing_is_lost() {
    let source = read_json(EVERYTHING);
    let text = print(&source);
    insta::assert_snapshot!(text, @r#"
    use aml

    /// Two
    /// lines  
    ///
    /// // here
    workflow "odd \"slug\"" {
      name "${not a template}"

      trigger schedule with { cron: "0 9 * * *", raw: "$${x}", list: [1, -2.5, null] }

      start "first-step"

      budget {
        calls 20
        calls custom:crm 2
        calls "my service" 1
        attempts 40
        duration 7d
        stored 1048577
      }

      let who = step.`first-step`.output.id

      let greeting = { text: "Hello ${who}" }

      end "end" = { a: step.`first-step`.output.id, in: "$${b", "c d": true }

      /// What it does
      call "first-step" = custom:crm POST "/x/${trigger.id}?y=${trigger.y + '\"'}"
      body ["a ${trigger.a} b", { k: [1, 2].map(x, x * 2) }]
      headers { "X-Trace": execution.id }
      timeout 30s
      retry 3 fixed on 5xx, timeout, 429, "odd code"
      on error 404 -> "end"
      on error -> late
      on error "error" -> w1

      decide d1 = step.`first-step`.output.kind {
        a -> t
        b -> d2
        5 -> ask
        "x y" -> w1
        "only-edge" -> op
        default -> f
      }

      transform t = {
        long: trigger.aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa + trigger.bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb
        items: [
          trigger.aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa,
          trigger.bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb,
        ]
      }
      -> end

      wait w1 for 90m

      wait w2 for "1h30m"

      wait w3 until trigger.when

      wait w4 for event "paid" {
        correlation trigger.id
        data {
          /// In cents.
          amount: int
          by?: string
        }
        timeout 1500ms
        on timeout -> f
      }

      wait w5 for event "paid"

      emit late = "x.late" payload trigger

      emit quiet = "x.quiet"
      -> end

      approval ask {
        label "Look at ${trigger.id}"
        assign "role:a b"
        data { a: trigger.a }
        timeout 30m
        on timeout reject
        on reject -> f
        not initiator
      }
      -> late

      approval ask2 {
        assign user:u-1.x
        on timeout fail
        on reject fail
      }
      -> end

      decide d2 {
        when trigger.n > 5 && !(trigger.n in [7, 8]) -> ask2
        when trigger.s == "$${x}" -> f
        else -> "end"
      }

      call op = aml.getAlert {
        id: trigger.alertId
      }

      call bare = "my service" "post" "${trigger.path}" {}
      retry on nothing
      -> f2

      fail f = "too.odd" "Because ${trigger.why}"

      fail f2 = "no" "${trigger.why}"
    }
    "#);
    let mut back = read_writ(&text);
    assert_eq!(print(&back), text);
    for (step, from) in back.workflows[0].steps.iter_mut().zip(&source.workflows[0].steps) {
        if step.id.value == "op" {
            step.kind = from.kind.clone();
        }
    }
    assert_eq!(meaning(back), meaning(source));
}

#[test]
fn what_is_converted_compiles_to_the_same_program() {
    let get = |id: &str, path: &str| json!({"id": id, "type": "service_call", "service": "aml", "method": "GET", "path": path});
    let calls = json!({
        "startNodeId": "a",
        "nodes": [
            get("a", "/api/alerts/${trigger.alertId}"), get("b", "/api/alerts/alr_1"), get("c", "/api/alerts?limit=5"),
            get("d", "/api/alerts"), get("e", "/api/alerts/x${trigger.n}"), get("f", "/api/alerts/${'alr_2'}"),
            {"id": "g", "type": "service_call", "service": "aml", "method": "POST", "body": {"body": "Note ${trigger.n}"},
             "path": "/api/cases/${trigger.caseId}/notes"},
            {"id": "h", "type": "wait", "duration": "${trigger.delay}"},
            {"id": "i", "type": "end", "output": {"all": ["${step.a.output.status}", "$${x}", -1.5, u64::MAX]}},
        ],
        "edges": [
            {"from": "a", "to": "b"}, {"from": "b", "to": "c"}, {"from": "c", "to": "d"}, {"from": "d", "to": "e"},
            {"from": "e", "to": "f"}, {"from": "f", "to": "g"}, {"from": "g", "to": "h"}, {"from": "h", "to": "i"},
        ],
    });
    for text in [QUICKSTART_JSON, &calls.to_string()] {
        let program = |text: &str, syntax| {
            let analysis = Analysis::new(text, syntax);
            let compiled = analysis.workflows[0].compiled.clone();
            compiled.unwrap_or_else(|| panic!("{text}\n{:#?}", analysis.diagnostics)).program
        };
        let written = print(&read_json(text));
        assert_eq!(program(text, Syntax::Json), program(&written, Syntax::Writ), "{written}");
    }
}

#[test]
fn what_a_workflow_declares_is_kept_in_json() {
    let text = r#"use identity

/// Not needed by the workflow.
type Unused = { a: int }

/// An amount.
type Money = { amount: int, currency?: Currency }

type Currency = "IDR" | "USD"

/// Ours.
service custom:shop {
  /// Where an order stands.
  type Status = "paid" | "refunded" | "lost"

  type Order = { id: string, status: Status, total: Money, tags: {string: [secret string]} }

  /// Finds.
  operation find {
    GET "/orders/{id}"
    query { limit?: int }
    response { ok: bool, data: Order }
    output data
    safe to repeat
    rate 60 per minute
    verdict status
  }

  operation refund {
    POST "/orders/{id}/refund"
    request { amount: Money, requestId?: string }
    response Order | { none: null }
    not safe to repeat
    external id requestId
  }
}

workflow "w" {
  trigger api {
    orderId: string
    /// How much.
    amount: Money
    bundle?: pii identity.CaptureBundle
  }

  call find = custom:shop.find {
    id: trigger.orderId
  }

  decide by_status = step.find.output.status {
    paid -> ask
    refunded -> end
    lost -> end
  }

  approval ask {
    form {
      amount: Money
      status: custom:shop.Status
    }
    on reject fail
  }

  call refund = custom:shop.refund {
    id: trigger.orderId
    amount: step.ask.output.form.amount
  }

  wait settled for event "refund.settled" {
    correlation trigger.orderId
    data {
      total: Money
    }
  }

  end done = step.settled.output.data.total.amount
}
"#;
    let program = |analysis: &Analysis| {
        let shown = format!("{}\n{:#?}", analysis.text, analysis.diagnostics);
        assert_eq!(analysis.diagnostics, [], "{shown}");
        analysis.workflows[0].compiled.clone().expect("it compiles").program
    };
    let source = Analysis::new(text, Syntax::Writ);
    let spec = to_json(&source.module, &source.module.workflows[0], &source.workflows[0]);
    assert!(!spec.contains("Unused") && spec.contains("#/services/identity/types/CaptureBundle"));
    let json = Analysis::new(spec.as_str(), Syntax::Json);
    assert_eq!(program(&json), program(&source), "{spec}");
    // Only what the workflow does not need is gone.
    let back = to_writ(&json.module, &json.module.workflows[0], &json.workflows[0]);
    let needed = text.replace("/// Not needed by the workflow.\ntype Unused = { a: int }\n\n", "");
    assert_eq!(back, needed);
    let again = Analysis::new(back, Syntax::Writ);
    assert_eq!(to_json(&again.module, &again.module.workflows[0], &again.workflows[0]), spec);
}

#[test]
fn null_is_a_value_where_it_is_written() {
    let text = r#"workflow "w" {
  transform a = null

  call b = custom:x POST "/"
  body null

  emit c = "a.b" payload null

  approval d {
    data null
    on reject fail
  }

  end e = null
}
"#;
    let program = |text: &str, syntax| {
        let analysis = Analysis::new(text, syntax);
        let compiled = analysis.workflows[0].compiled.clone();
        compiled.unwrap_or_else(|| panic!("{text}\n{:#?}", analysis.diagnostics)).program
    };
    let source = Analysis::new(text, Syntax::Writ);
    let spec = to_json(&source.module, &source.module.workflows[0], &source.workflows[0]);
    assert_eq!(program(&spec, Syntax::Json), program(text, Syntax::Writ), "{spec}");
}

#[test]
fn arrows_to_the_end_are_kept() {
    let text = r#"workflow "w" {
  decide d = trigger.x {
    a -> end
    default -> c
  }

  call c = x GET "/c"
  on error 404 -> end
  -> end
}
"#;
    assert_eq!(print(&read_writ(text)), text);
}

#[test]
fn declarations_are_kept() {
    let text = r#"use identity

/// An amount.
type Money = { amount: int, currency?: string }

/// Ours.
service custom:crm {
  type Kind = "a" | "b"

  /// Finds.
  operation find {
    GET "/contacts/{id}"
    query { limit?: int }
    response {
      ok: bool
      /// The contact.
      data: { kind: Kind, tags: ["x" | "y"], more: {string: secret (string | null)} }
    }
    output data
    safe to repeat
    rate 60 per minute
    verdict kind
  }
}

workflow "w" {
  trigger webhook {
    id: string
    /// Who it is about.
    bundle?: identity.CaptureBundle
  }

  call find = custom:crm.find {
    id: trigger.id
  }
  -> end
}
"#;
    assert_eq!(print(&read_writ(text)), text);
}

/// Ids, labels and texts, most of which need care.
const NAMES: [&str; 12] = [
    "a",
    "b-c",
    "end",
    "fail",
    "default_",
    "call",
    "with \"quotes\"",
    "é",
    "5",
    "in",
    "${x}",
    " //\n",
];

fn texts() -> impl Strategy<Value = Value> {
    let special = prop::sample::select(vec![
        json!("${trigger.a}"),
        json!("x ${trigger.a + 'y'} $${z}"),
        json!("$"),
        json!("\"\\\n"),
        json!(null),
        json!(-1.5),
        json!(u64::MAX),
        json!([]),
        json!({}),
        json!("${{(trigger.k): 1}}"),
        json!("${-1}"),
        json!("${trigger.?a[?0].`b-c`.orValue('${x}')}"),
        json!(true),
    ]);
    special.prop_recursive(3, 24, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            prop::collection::vec((prop::sample::select(&NAMES[..]), inner), 1..3)
                .prop_map(|fields| fields.into_iter().map(|(k, v)| (k.to_owned(), v)).collect()),
        ]
    })
}

/// A step of the graph, whose routes lead to the steps of these names.
fn steps(id: &'static str, others: Vec<&'static str>) -> impl Strategy<Value = Value> {
    let other = prop::sample::select(others);
    (0..9_u8, texts(), other.clone(), other, prop::sample::select(&NAMES[..])).prop_map(
        move |(kind, value, one, two, label)| match kind {
            0 => json!({"id": id, "type": "service_call", "service": "custom:crm", "method": "POST", "path": "/x",
                "body": value, "onError": {label: format!("route_to:{one}"), "any": format!("route_to:{two}")}}),
            1 => json!({"id": id, "type": "service_call", "service": label, "method": label, "path": label,
                "headers": value, "retry": {"retryOn": [label]}, "description": label}),
            2 => json!({"id": id, "type": "decision", "expression": "trigger.a == '${x}' ? 'p' : r'\\d'",
                "cases": {label: {"next": one}, "other": {"next": two}}, "defaultCase": two}),
            3 => json!({"id": id, "type": "decision", "conditions": [{"when": "trigger.a > 1", "next": one}], "defaultCase": two}),
            4 => json!({"id": id, "type": "transform", "value": [value, 1]}),
            5 => json!({"id": id, "type": "webhook_emit", "event": label, "payload": value}),
            6 => json!({"id": id, "type": "human_approval", "actionLabel": value, "assignTo": label, "data": value,
                "onTimeout": "reject", "onReject": format!("route_to:{one}")}),
            7 => json!({"id": id, "type": "wait", "event": label, "correlation": value, "timeoutMs": 90_500,
                "onTimeout": format!("route_to:{one}"), "dataSchema": {"type": "object", "required": [label],
                "properties": {label: {"type": "integer", "description": label}}}}),
            _ => json!({"id": id, "type": "end", "fail": {"code": label, "message": format!("${{trigger.a}} {label}")}}),
        },
    )
}

fn budgets() -> impl Strategy<Value = Value> {
    let count = || prop::option::of(0..4_000_000_u64);
    let service = prop::sample::select(vec!["identity", "custom:crm", "my \"service\"", "calls"]);
    let services = prop::option::of(prop::collection::btree_map(service, 0..9_u64, 0..3));
    let time = prop::option::of((0..200_u64, prop::sample::select(vec!["ms", "m", "h", "d"])));
    (count(), services, count(), time, count()).prop_map(
        |(calls, services, attempts, time, bytes)| {
            let services = services.filter(|services| !services.is_empty());
            let given = [
                ("calls", calls.map(Value::from)),
                ("callsPerService", services.map(|services| json!(services))),
                ("attempts", attempts.map(Value::from)),
                ("duration", time.map(|(n, unit)| format!("{n}{unit}").into())),
                ("storedBytes", bytes.map(|n| (n * 512).into())),
            ];
            given.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?))).collect()
        },
    )
}

pub(crate) fn specs() -> impl Strategy<Value = Value> {
    let names = prop::sample::subsequence(&NAMES[..], 2..6).prop_shuffle();
    let nodes = names.prop_flat_map(|names| {
        let nodes: Vec<_> = names.iter().map(|id| steps(id, names.clone())).collect();
        let starts = prop::sample::select(names.clone());
        let links = prop::collection::vec(prop::sample::select(names.clone()), names.len());
        (nodes, starts, links)
    });
    (nodes, budgets()).prop_map(|((nodes, start, links), budget)| {
        let plain = |node: &Value| !matches!(node["type"].as_str(), Some("decision" | "end"));
        let edges = nodes.iter().zip(links).filter(|(node, _)| plain(node));
        let edges: Vec<_> = edges.map(|(node, to)| json!({"from": node["id"], "to": to})).collect();
        json!({"startNodeId": start, "budget": budget, "nodes": nodes, "edges": edges})
    })
}

proptest! {
    #[test]
    fn nothing_is_lost_of_any_spec(spec in specs()) {
        let (source, found) = json::parse(&spec.to_string());
        prop_assert_eq!(found, []);
        let text = print(&source);
        let (back, found) = writ::parse(&text);
        prop_assert_eq!(found, [], "{}", text);
        prop_assert_eq!(meaning(back), meaning(source), "{}", text);
    }
}
