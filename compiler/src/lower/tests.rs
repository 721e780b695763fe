#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use super::*;
use crate::analysis::Syntax;
use crate::bytecode::schema::{Schema, SchemaShape};
use crate::bytecode::{LoadOp, MakeOp, OnReject, Op, StepType, disasm};
use crate::diagnostic::{Code, Severity, SourceText};
use crate::flow;
use crate::syntax::span_map::SpanMap;
use crate::syntax::{expr, json};
use crate::tree::{CallTarget, ExprKind, StepKind};
use crate::types::check::{Backoff, CallPlan, PathPart, RetryPlan, StepTyping};
use crate::types::{Labels, Shape, Type};
use serde_json::{Value as Json, json};

/// Compiles a JSON spec without typing it: everything is `json`, and a call is what it says.
pub(crate) fn untyped(spec: &str) -> Compiled {
    let (module, mut diagnostics) = json::parse(spec);
    let workflow = &module.workflows[0];
    let flow =
        flow::resolve(workflow, SourceText { text: spec, syntax: Syntax::Json }, &mut diagnostics);
    assert!(diagnostics.iter().all(|d| d.severity != Severity::Error), "{diagnostics:?}");
    let steps = workflow.steps.iter().map(|step| StepTyping {
        input: any(),
        output: any(),
        call: plan(&step.kind),
        decides: None,
        ruled_out: Vec::new(),
        covered: false,
        form: None,
    });
    let typed = Typed { input: any(), steps: steps.collect() };
    lower(workflow, &flow, &typed)
}

fn any() -> Type {
    Type { shape: Shape::Json, labels: Labels::default() }
}

fn plan(kind: &StepKind) -> Option<CallPlan> {
    let StepKind::Call(call) = kind else { return None };
    let CallTarget::Http { method, path } = &call.target else { panic!("JSON has no operations") };
    let path = match &path.kind {
        ExprKind::String(text) => vec![PathPart::Text(text.clone())],
        _ => vec![PathPart::Text("/x/".to_owned()), PathPart::Expr(path.clone())],
    };
    Some(CallPlan {
        service: call.service.value.clone(),
        operation: None,
        method: method.value.clone(),
        path,
        query: Vec::new(),
        headers: call.headers.clone(),
        body: call.body.clone(),
        output_field: None,
        external_id: None,
        retry: RetryPlan { max_attempts: 3, backoff: Backoff::Exponential, retry_on: Vec::new() },
        timeout_ms: 30_000,
    })
}

/// A program whose step `x` makes a value, after steps `a` and `b`, of which a run need not have run both.
pub(crate) fn transform(value: &Json) -> Program {
    let nodes = json!([
        {"id": "a", "type": "transform", "value": 1},
        {"id": "b", "type": "service_call", "service": "s", "method": "GET", "path": "/"},
        {"id": "x", "type": "transform", "value": value},
    ]);
    let edges = json!([{"from": "a", "to": "b"}, {"from": "b", "to": "x"}]);
    let spec = json!({"startNodeId": "a", "nodes": nodes, "edges": edges});
    untyped(&spec.to_string()).program
}

/// A program with steps and routes of every kind.
pub(crate) fn every_kind() -> Program {
    untyped(&every_kind_of_step().to_string()).program
}

/// The same with what only format 2 holds.
pub(crate) fn every_addition() -> Program {
    let mut spec = every_kind_of_step();
    for node in spec["nodes"].as_array_mut().unwrap() {
        if matches!(node["type"].as_str(), Some("service_call" | "wait" | "transform")) {
            node["optional"] = true.into();
        }
    }
    let wait = json!({
        "id": "paid", "type": "wait", "event": "paid", "correlation": "for ${trigger.id}", "timeoutMs": 9,
        "onTimeout": "route_to:no", "optional": true,
    });
    spec["nodes"].as_array_mut().unwrap().push(wait);
    for edge in spec["edges"].as_array_mut().unwrap() {
        if edge["from"] == "until" {
            edge["to"] = "paid".into();
        }
    }
    spec["edges"].as_array_mut().unwrap().push(json!({"from": "paid", "to": "ask"}));
    let mut program = untyped(&spec.to_string()).program;
    let form = Schema::new(SchemaShape::Enum(vec!["a".to_owned()]));
    for approval in program.steps.iter_mut().filter_map(|step| step.approval.as_mut()) {
        approval.form = Some(form.clone());
    }
    for event in program.steps.iter_mut().filter_map(|step| step.event.as_mut()) {
        event.data = Some(form.clone());
    }
    program
}

fn every_kind_of_step() -> Json {
    json!({
        "startNodeId": "get",
        "nodes": [
            {"id": "late", "type": "transform", "value": "${coalesce(step.get.output, step.?get.error)}"},
            {"id": "get", "type": "service_call", "service": "custom:crm", "method": "GET",
             "path": "${trigger.id}", "headers": {"x-a": "b"}, "body": [1],
             "onError": {"any": "route_to:late", "404": "route_to:ask", "5xx": "route_to:pause",
                         "timeout": "route_to:pause", "network": "route_to:pause", "taken": "route_to:late"}},
            {"id": "pause", "type": "wait", "durationMs": 1000},
            {"id": "until", "type": "wait", "until": "${execution.startedAt + duration('1h')}"},
            {"id": "ask", "type": "human_approval", "actionLabel": "${trigger.label}", "assignTo": "role:a",
             "timeoutHours": 1.5, "onTimeout": "route_to:late", "data": {"a": 1}},
            {"id": "heard", "type": "decision", "expression": "step.ask.output.decision",
             "cases": {"approve": {"next": "amount"}, "reject": {"next": "no"}}},
            {"id": "amount", "type": "decision",
             "conditions": [{"when": "trigger.amount > 10", "next": "tell"}, {"when": "trigger.vip", "next": "yes"}]},
            {"id": "tell", "type": "webhook_emit", "event": "kyc.done"},
            {"id": "yes", "type": "end", "output": {"ok": true}},
            {"id": "no", "type": "end", "fail": {"code": "refused", "message": "by ${step.ask.output.actorUserId}"}},
        ],
        "edges": [
            {"from": "get", "to": "pause"}, {"from": "pause", "to": "until"}, {"from": "until", "to": "ask"},
            {"from": "ask", "to": "heard"}, {"from": "tell", "to": "late"},
        ],
    })
}

/// The instructions that make an expression's value.
fn code(expression: &str) -> Vec<Op> {
    let program = transform(&json!(format!("${{{expression}}}")));
    let from = program.steps[2].entry.index() + 1;
    let code = program.code[from..].iter();
    code.copied().take_while(|op| !matches!(op, Op::Flow(_))).collect()
}

#[test]
fn each_constant_stands_once() {
    let program = transform(&json!("${['a', 'a', 1, 1u, 1.0, 0.0, -0.0, 'a', b'a', true, 1]}"));
    assert_eq!(program.constants.len(), 9, "{:?}", program.constants);
}

#[test]
fn what_is_written_differently_and_means_the_same_is_the_same_code() {
    for (a, b) in [
        ("step.a.output.x", "step[\"a\"][\"output\"].x"),
        ("step.?a.output", "step.a.?output"),
        ("-1.5", "(-(1.5))"),
        ("(1 + 2)", "1+2"),
    ] {
        assert_eq!(code(a), code(b), "{a} and {b}");
    }
    let spliced = transform(&json!("a${\"$\"}${trigger.x}"));
    let op = spliced.code[spliced.code.len() - 3];
    assert_eq!(op, Op::Make(MakeOp::Text { len: 2 }), "{}", disasm(&spliced, None));
}

#[test]
fn routes_stated_in_cases_in_edges_or_in_both_give_the_same_program() {
    let spec = |cases: Json, edges: Json| {
        let spec = json!({
            "startNodeId": "d",
            "nodes": [
                {"id": "d", "type": "decision", "expression": "trigger.v", "cases": cases},
                {"id": "y", "type": "transform", "value": 1},
                {"id": "n", "type": "transform", "value": 2},
            ],
            "edges": edges,
        });
        untyped(&spec.to_string()).program
    };
    let in_cases = json!({"yes": {"next": "y"}, "default": {"next": "n"}});
    let in_edges = json!([
        {"from": "d", "to": "n", "case": "default"},
        {"from": "d", "to": "y", "case": "yes"},
    ]);
    let program = spec(in_cases.clone(), json!([]));
    assert_eq!(program, spec(json!({"default": {}, "yes": {}}), in_edges.clone()));
    assert_eq!(program, spec(in_cases, in_edges));
    assert_eq!(program.switches[0].cases.len(), 1);
}

#[test]
fn every_kind_of_step_and_route_passes_the_verifier() {
    let program = every_addition();
    assert_eq!(program.verify(), Ok(()));
    let program = every_kind();
    program.verify().unwrap();
    assert_eq!(Program::load(&program.encode()).unwrap(), program);
    let step = |id: &str| &program.steps[program.step_named(id).unwrap() as usize];
    let call = step("get").call.as_ref().unwrap();
    let classes: Vec<_> = call.on_error.iter().map(|route| format!("{:?}", route.class)).collect();
    assert_eq!(
        classes,
        ["Status(404)", "ServerError", "Timeout", "Network", "Code(\"taken\")", "Any"]
    );
    assert!(call.keeps_error_body, "the whole error is read");
    assert_eq!(step("ask").approval.as_ref().unwrap().on_reject, OnReject::Continue);
    assert_eq!(program.entry, step("get").entry);
    assert_eq!(step("yes").kind, StepType::End);
}

#[test]
fn only_a_body_that_is_read_is_kept() {
    let keeps = |read: &str| {
        let program = transform(&json!(format!("${{{read}}}")));
        program.steps[1].call.as_ref().unwrap().keeps_error_body
    };
    assert!(!keeps("step.b.output"));
    assert!(!keeps("step.b.error.code + step.?b.error.message.orValue('')"));
    assert!(keeps("step.b.error.body.reason"));
    assert!(keeps("has(step.b.error.body)"));
    assert!(keeps("step.b.error['body']"));
}

#[test]
fn variables_of_comprehensions_hide_what_is_outside() {
    let loads = |text: &str, wanted: LoadOp| {
        let all = code(text);
        all.iter().filter(|op| **op == Op::Load(wanted)).count()
    };
    assert_eq!(loads("trigger.map(trigger, trigger.x)", LoadOp::Trigger), 1);
    assert_eq!(loads("[1].map(step, step.a.output)", LoadOp::Output { step: 0 }), 0);
    let nested = "[1].map(x, [2].exists(y, y == x))";
    assert_eq!(loads(nested, LoadOp::Local { slot: 0 }), 1);
    assert_eq!(loads(nested, LoadOp::Local { slot: 1 }), 1);
}

#[test]
fn deep_expressions_are_compiled_or_refused_and_never_exhaust_the_stack() {
    for part in [" + 1", ".a", "[0]", " && true", " ? 1 : 2", ".map(x, x)"] {
        for (nested, length) in [(0, 60), (60, 1), (30, 3), (60, 100)] {
            let inner = (0..nested)
                .fold("1".to_owned(), |inner, _| format!("({inner}){}", part.repeat(length)));
            let (_, diagnostics) = expr::parse(&inner, &SpanMap::verbatim(0));
            let refused = diagnostics.iter().any(|d| d.code == Code::TooDeep);
            assert!(refused || nested * length < 1_000, "{part}");
            if !refused {
                let lists = (0..50).fold(json!(format!("${{{inner}}}")), |inner, _| json!([inner]));
                transform(&lists);
            }
        }
    }
}
