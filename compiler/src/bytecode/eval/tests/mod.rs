#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod laws;
mod values;

use super::*;
use crate::lower::tests::transform;
use serde_json::{Value as Json, json};

/// A run that may have outputs of step 0 (`a`) and an error of step 1 (`b`).
pub(crate) struct Run {
    trigger: Value,
    output: Option<Value>,
    error: Option<Value>,
}

impl Scope for Run {
    fn trigger(&self) -> &Value {
        &self.trigger
    }

    fn output(&self, step: u32) -> Option<&Value> {
        self.output.as_ref().filter(|_| step == 0)
    }

    fn error(&self, step: u32) -> Option<Value> {
        self.error.clone().filter(|_| step == 1)
    }

    fn execution(&self, field: ExecutionField) -> Value {
        match field {
            ExecutionField::Id => Value::from("exe_1"),
            ExecutionField::ExternalId => Value::Null,
            ExecutionField::StartedAt => Value::Timestamp(1_000_000_000),
        }
    }

    fn workflow(&self, field: WorkflowField) -> Value {
        match field {
            WorkflowField::Slug => Value::from("kyc"),
            WorkflowField::Version => Value::Int(7),
        }
    }

    fn step_id(&self) -> Arc<str> {
        "stp_1".into()
    }

    fn now(&self) -> i128 {
        1_700_000_000_000_000_000
    }

    fn uuid_bits(&self, n: u32) -> u128 {
        u128::from(n)
    }
}

fn run_value(value: &Json, run: &Run, budget: &mut Budget) -> Result<Value, EvalError> {
    let program = transform(value);
    let mut stopped = super::run(&program, program.steps[2].entry.next(), run, budget)?;
    assert_eq!(stopped.operands.len(), 1);
    Ok(stopped.operands.pop().unwrap())
}

/// A run to evaluate in.
pub(crate) fn sample() -> Run {
    let trigger = json!({
        "n": 5, "half": 0.5, "name": "Ada", "nothing": null, "yes": true,
        "items": [1, 2, 3], "person": {"age": 36, "tags": ["x", "y"]},
        "big": i64::MAX, "at": "2026-01-02T03:04:05Z",
    });
    Run {
        trigger: trigger.into(),
        output: Some(json!({"id": "o1", "score": 3}).into()),
        error: None,
    }
}

/// The work and the bytes that an expression takes; `None` where it fails.
pub(crate) fn taken_by(expression: &str) -> Option<(u64, u64)> {
    let all = Budget { fuel: u64::MAX, bytes: u64::MAX };
    let mut left = all;
    run_value(&json!(format!("${{{expression}}}")), &sample(), &mut left).ok()?;
    Some((all.fuel - left.fuel, all.bytes - left.bytes))
}

/// The value of an expression as JSON, or `error: ...`.
fn eval(expression: &str) -> String {
    eval_in(expression, &sample())
}

fn eval_in(expression: &str, run: &Run) -> String {
    let result = run_value(&json!(format!("${{{expression}}}")), run, &mut Budget::default());
    result.map_or_else(|e| format!("error: {}", e.message(true)), |value| value.to_json())
}

/// Each line as `expression` and, under it, what it gives.
fn table(expressions: &[&str]) -> String {
    expressions.iter().map(|e| format!("{e}\n    {}\n", eval(e))).collect()
}

#[test]
fn programs_of_the_first_semantics_keep_their_integers() {
    let run_as = |semantics: u16, text: &str| {
        let program = Program { semantics, ..transform(&json!(format!("${{{text}}}"))) };
        let entry = program.steps[2].entry.next();
        super::run(&program, entry, &sample(), &mut Budget::default())
            .map(|stopped| stopped.operands[0].clone())
            .map_err(|error| error.message(true))
    };
    let beyond = Value::Uint(9_223_372_036_854_775_808);
    assert_eq!(run_as(1, "trigger.big + 1"), Ok(beyond));
    assert_eq!(run_as(1, "1u - 2u"), Ok(Value::Int(-1)));
    assert!(run_as(2, "trigger.big + 1").unwrap_err().contains("does not fit"));
    assert!(run_as(2, "1u - 2u").unwrap_err().contains("does not fit"));
}

#[test]
fn errors_show_values_only_when_asked_to() {
    let run = Run { trigger: json!({"pin": "4711"}).into(), ..sample() };
    let error = run_value(&json!("${trigger.pin.x}"), &run, &mut Budget::default()).unwrap_err();
    assert!(error.message(true).contains("4711"));
    assert!(!error.message(false).contains("4711"), "{}", error.message(false));
    assert_eq!(error.path.as_deref(), Some("trigger.pin.x"));
}

#[test]
fn work_and_memory_are_bounded() {
    let items: Vec<i64> = (0..2_000).collect();
    let run = Run { trigger: json!({ "l": items, "t": "x".repeat(1000) }).into(), ..sample() };
    let with = |text: &str, fuel: u64, bytes: u64| {
        let mut budget = Budget { fuel, bytes };
        let result = run_value(&json!(format!("${{{text}}}")), &run, &mut budget);
        result.map_err(|e| (e.is_limit(), e.message(true)))
    };
    let many = u64::MAX;
    for (text, fuel, bytes) in [
        ("trigger.l.all(x, trigger.l.all(y, trigger.l.all(z, true)))", 1_000_000, many),
        ("trigger.l.all(x, trigger.l != trigger.l)", 1_000, many),
        ("trigger.l.map(x, trigger.l.map(y, y))", many, 1 << 20),
        ("trigger.l.map(x, x)", many, 10_000),
        ("trigger.l.map(x, trigger.t + trigger.t)", many, 100_000),
        ("trigger.t.replace('', trigger.t)", many, 100_000),
    ] {
        let (limit, message) = with(text, fuel, bytes).unwrap_err();
        assert!(limit, "{text}: {message}");
    }
    let text = "[trigger.t, trigger.t].map(x, trigger.l.map(y, trigger.t).join()).join()";
    let (limit, message) = with(text, many, many).unwrap_err();
    assert!(limit && message.contains("more than"), "{message}");
}

#[test]
fn the_same_run_evaluates_to_the_same() {
    for text in ["${uuid()}", "${now()}", "${trigger.items.map(x, uuid())}"] {
        let once = || run_value(&json!(text), &sample(), &mut Budget::default()).unwrap();
        assert_eq!(once(), once());
    }
}

#[test]
fn a_program_that_was_not_verified_is_an_error_and_no_panic() {
    let program = |code: Vec<Op>| Program { code, ..transform(&json!(1)) };
    for op in [
        Op::Operator(Operator::Add),
        Op::Access(super::super::AccessOp::Index),
        Op::Branch(BranchOp::Break),
        Op::Branch(BranchOp::Next { slot: 0, done: Pc(0) }),
        Op::Branch(BranchOp::Jump { target: Pc(9) }),
        Op::Load(LoadOp::Local { slot: 3 }),
        Op::Load(LoadOp::Constant { constant: super::super::ConstantIx(99) }),
        Op::Make(super::super::MakeOp::List { len: 7 }),
    ] {
        let error = super::run(&program(vec![op]), Pc(0), &sample(), &mut Budget::default());
        assert!(error.unwrap_err().message(true).contains("damaged"), "{op:?}");
    }
    // Round and round: the fuel ends it.
    let forever = program(vec![Op::Branch(BranchOp::Jump { target: Pc(0) })]);
    let mut budget = Budget { fuel: 1_000, ..Budget::default() };
    assert!(super::run(&forever, Pc(0), &sample(), &mut budget).unwrap_err().is_limit());
}

#[test]
fn a_path_is_named_only_where_it_is_what_was_read() {
    let table = [
        "int(trigger.name)",
        "int(trigger.yes ? trigger.name : trigger.person)",
        "(trigger.?gone.orValue(trigger.person)).nope",
        "trigger.items.filter(x, x)",
        "trigger.n + trigger.name",
    ];
    insta::assert_snapshot!(table.map(|e| format!("{e}\n    {}", eval(e))).join("\n"), @r#"
    int(trigger.name)
        error: `trigger.name`: `int` cannot convert this; it met "Ada"
    int(trigger.yes ? trigger.name : trigger.person)
        error: `int` cannot convert this; it met "Ada"
    (trigger.?gone.orValue(trigger.person)).nope
        error: there is no field `nope`; it met {"age":36,"tags":["x","y"]}
    trigger.items.filter(x, x)
        error: a bool is needed here; it met 1
    trigger.n + trigger.name
        error: `+` does not apply to int and string; it met [5,"Ada"]
    "#);
}
