//! Expressions beside the `cel` crate, parsed and evaluated apart; and the machine's transitions without any I/O.
//!
//! `cargo run --release -p writ-benches --bin expressions`

#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use serde_json::{Value as Json, json};
use std::hint::black_box;
use std::time::{Duration, Instant};
use writ_benches::machine;
use writ_compiler::analysis::{Analysis, Syntax};
use writ_compiler::bytecode::Program;
use writ_compiler::bytecode::eval::{self, Alone, Budget};
use writ_compiler::syntax::{expr, span_map::SpanMap};
use writ_compiler::value::Value;
use writ_runner::machine::{self as runs, CallResponse, Event, EventKind, FrameId, Start, State};
use writ_runner::time::Millis;

/// Shortest stretch that a figure is taken over, and how many are taken: the best counts, for the machine may be busy, and a short
/// one is more likely to be left alone.
const STRETCH: Duration = Duration::from_millis(2);
const STRETCHES: usize = 150;

const CASES: [(&str, &str); 12] = [
    ("lookup", "trigger.customer.address.city"),
    ("lookup, of an item", "trigger.items[2].price"),
    ("comparison", "trigger.amount > 100"),
    ("comparison, of text", "trigger.customer.status == 'active'"),
    (
        "comparison, three",
        "trigger.amount > 100 && trigger.customer.age >= 18 && trigger.customer.status == 'active'",
    ),
    ("membership", "trigger.customer.status in ['new', 'active', 'closed']"),
    ("string", "trigger.customer.email.endsWith('@example.com')"),
    ("string, joined", "trigger.customer.first + ' ' + trigger.customer.last"),
    ("list, exists", "trigger.items.exists(i, i.price > 900)"),
    ("list, filter and map", "trigger.items.filter(i, i.price > 50).map(i, i.price * 2)"),
    ("arithmetic", "(trigger.amount * 3 + 17) * 2 - trigger.amount / 2"),
    ("arithmetic, literals", "trigger.amount + (60 * 60 * 24 - 1)"),
];

fn inputs() -> Json {
    let items: Vec<Json> =
        (0..20).map(|n| json!({"sku": format!("s{n}"), "price": n * 10})).collect();
    json!({
        "amount": 250,
        "customer": {
            "first": "Ada", "last": "Lovelace", "age": 36, "status": "active", "email": "ada@example.com",
            "address": {"street": "12 St James's Square", "city": "London"},
        },
        "items": items,
    })
}

fn main() {
    println!("{}", machine());
    println!("ns each, the best of {STRETCHES}\n");
    println!("| | parse: cel | Writ | ratio | evaluate: cel | Writ | ratio |");
    println!("|---|---|---|---|---|---|---|");
    let inputs = inputs();
    let run = Alone { inputs: Value::from(&inputs) };
    let mut context = cel::Context::default();
    // Written as an expression, for `cel` takes JSON numbers as unsigned.
    let literal = cel::Program::compile(&inputs.to_string()).expect("JSON is CEL");
    let literal = literal.execute(&cel::Context::default()).expect("a literal");
    context.add_variable_from_value("trigger", literal);
    for (name, text) in CASES {
        let theirs = cel::Program::compile(text).expect("cel reads it");
        let ours = program(text);
        let entry = ours.steps[0].entry.next();
        let expected = theirs.execute(&context).expect("cel evaluates it").json().expect("JSON");
        let stopped = eval::run(&ours, entry, &run, &mut Budget::default()).expect("it evaluates");
        assert_eq!(Json::from(&stopped.operands[0]), expected, "{text}");
        let parse = (
            best(|| cel::Program::compile(black_box(text)).is_ok()),
            best(|| expr::parse(black_box(text), &SpanMap::verbatim(0)).1.is_empty()),
        );
        let evaluate = (
            best(|| theirs.execute(black_box(&context)).is_ok()),
            best(|| eval::run(black_box(&ours), entry, &run, &mut Budget::default()).is_ok()),
        );
        println!(
            "| {name} | {:.0} | {:.0} | {:.1} | {:.0} | {:.0} | {:.1} |",
            parse.0,
            parse.1,
            parse.0 / parse.1,
            evaluate.0,
            evaluate.1,
            evaluate.0 / evaluate.1
        );
    }
    println!("\nMachine, no I/O, one core: {:.0} transitions/s", transitions());
}

fn program(expression: &str) -> Program {
    let spec = json!({
        "startNodeId": "x",
        "nodes": [{"id": "x", "type": "transform", "value": format!("${{{expression}}}")}],
        "edges": [],
    });
    compiled(&spec)
}

fn compiled(spec: &Json) -> Program {
    let analysis = Analysis::new(spec.to_string(), Syntax::Json);
    let first = analysis.diagnostics.first();
    let compiled = analysis.workflows[0].compiled.as_ref();
    compiled.unwrap_or_else(|| panic!("{first:?}")).program.clone()
}

/// Nanoseconds that one call takes.
fn best(mut call: impl FnMut() -> bool) -> f64 {
    let mut times = 1_u32;
    let mut best = f64::INFINITY;
    let mut stretches = 0;
    while stretches < STRETCHES {
        let begun = Instant::now();
        for _ in 0..times {
            assert!(black_box(call()));
        }
        let took = begun.elapsed();
        if took < STRETCH {
            times = times.saturating_mul(2);
            continue;
        }
        stretches += 1;
        best = best.min(took.as_secs_f64() * 1e9 / f64::from(times));
    }
    best
}

/// A run of two calls with a decision between them, applied again and again: transitions a second.
fn transitions() -> f64 {
    let program = compiled(&json!({
        "startNodeId": "kyc",
        "nodes": [
            {"id": "kyc", "type": "service_call", "service": "custom:kyc", "method": "POST", "path": "/captures",
             "body": {"customerId": "${trigger.customerId}"}},
            {"id": "verdict", "type": "decision", "expression": "step.kyc.output.verdict",
             "cases": {"passed": {"next": "screen"}, "failed": {"next": "done"}}},
            {"id": "screen", "type": "service_call", "service": "custom:aml", "method": "POST", "path": "/screenings",
             "body": {"name": "${step.kyc.output.fullName}"}},
            {"id": "done", "type": "end", "output": {"ok": true}},
        ],
        "edges": [{"from": "kyc", "to": "verdict"}, {"from": "screen", "to": "done"}],
    }));
    let start = Start {
        execution_id: "exe_1".to_owned(),
        external_id: None,
        workflow_slug: "kyc".to_owned(),
        workflow_version: 1,
        seed: [7; 16],
        at: Millis(0),
        inputs: Value::from(json!({"customerId": "cus_1"})),
    };
    let answer = |attempt| Event {
        at: Millis(1),
        kind: EventKind::CallSucceeded {
            frame: FrameId(0),
            attempt,
            response: CallResponse {
                status: 200,
                body: Value::from(json!({"verdict": "passed", "fullName": "Ada Lovelace"})),
            },
        },
    };
    let events = [Event { at: Millis(1), kind: EventKind::Started }, answer(1), answer(1)];
    let each = best(|| {
        let mut state = State::new();
        for event in &events {
            black_box(runs::apply(&program, &start, &mut state, event).expect("it fits"));
        }
        state.is_finished()
    });
    events.len() as f64 * 1e9 / each
}
