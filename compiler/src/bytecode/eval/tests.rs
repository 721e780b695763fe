#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use super::*;
use crate::convert::expr::{Style, text};
use crate::lower::tests::transform;
use crate::syntax::{self, span_map::SpanMap};
use proptest::prelude::*;
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
fn arithmetic_is_exact_or_an_error() {
    insta::assert_snapshot!(table(&[
        "trigger.n + 2 * 3 - 4 / 3",
        "7 / 0",
        "7 % 0",
        "7.0 / 0.0 > 1.0",
        "trigger.big + 1",
        "-trigger.big - 2",
        "trigger.big * 3",
        "-7 / 2",
        "-7 % 2",
        "trigger.half + 1",
        "'a' + 'b' + trigger.name",
        "[1] + [2, 3]",
        "'a' + 1",
        "timestamp(trigger.at) + duration('24h')",
        "timestamp(trigger.at) - timestamp('2026-01-01T00:00:00Z')",
        "duration('1h') > duration('59m')",
        "9007199254740993 == 9007199254740992.0",
    ]), @r#"
    trigger.n + 2 * 3 - 4 / 3
        10
    7 / 0
        error: division by zero; it met 7
    7 % 0
        error: division by zero; it met 7
    7.0 / 0.0 > 1.0
        true
    trigger.big + 1
        error: the result does not fit 64 bits
    -trigger.big - 2
        error: the result does not fit 64 bits
    trigger.big * 3
        error: the result does not fit 64 bits
    -7 / 2
        -3
    -7 % 2
        -1
    trigger.half + 1
        1.5
    'a' + 'b' + trigger.name
        "abAda"
    [1] + [2, 3]
        [1,2,3]
    'a' + 1
        error: `+` does not apply to string and int; it met ["a",1]
    timestamp(trigger.at) + duration('24h')
        "2026-01-03T03:04:05Z"
    timestamp(trigger.at) - timestamp('2026-01-01T00:00:00Z')
        "97445s"
    duration('1h') > duration('59m')
        true
    9007199254740993 == 9007199254740992.0
        false
    "#);
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
fn logic_and_comparison() {
    insta::assert_snapshot!(table(&[
        "trigger.yes && trigger.n > 4 || 1 / 0 == 1",
        "false && 1 / 0 == 1",
        "true || 1 / 0 == 1",
        "trigger.n && true",
        "true && trigger.n",
        "1 / 0 == 1 && false",
        "1 / 0 == 1 || true",
        "1 / 0 == 1 || trigger.nick || 'x'.size() > 2",
        "(1 / 0 == 1 || trigger.yes) && (trigger.nick || trigger.yes)",
        "trigger.n && false",
        "!trigger.yes",
        "!trigger.n",
        "trigger.n == '5'",
        "trigger.n < '5'",
        "trigger.n in trigger.items",
        "'age' in trigger.person",
        "1 in 'abc'",
        "trigger.n > 4 ? 'big' : 1 / 0",
        "[1, {\"a\": 2}] == [1.0, {\"a\": 2u}]",
    ]), @r#"
    trigger.yes && trigger.n > 4 || 1 / 0 == 1
        true
    false && 1 / 0 == 1
        false
    true || 1 / 0 == 1
        true
    trigger.n && true
        error: a bool is needed here; it met 5
    true && trigger.n
        error: a bool is needed here; it met 5
    1 / 0 == 1 && false
        false
    1 / 0 == 1 || true
        true
    1 / 0 == 1 || trigger.nick || 'x'.size() > 2
        error: division by zero; it met 1
    (1 / 0 == 1 || trigger.yes) && (trigger.nick || trigger.yes)
        true
    trigger.n && false
        false
    !trigger.yes
        false
    !trigger.n
        error: `!` does not apply here; it met 5
    trigger.n == '5'
        false
    trigger.n < '5'
        error: `<` does not apply to int and string; it met [5,"5"]
    trigger.n in trigger.items
        false
    'age' in trigger.person
        true
    1 in 'abc'
        error: `in` needs a list or a record on its right; it met "abc"
    trigger.n > 4 ? 'big' : 1 / 0
        "big"
    [1, {"a": 2}] == [1.0, {"a": 2u}]
        true
    "#);
}

#[test]
fn what_is_absent_is_an_error_that_names_the_path_or_what_the_author_says() {
    insta::assert_snapshot!(table(&[
        "trigger.person.age",
        "trigger.person.agee",
        "trigger.name.first",
        "trigger.items[2]",
        "trigger.items[3]",
        "trigger.items['x']",
        "trigger['name']",
        "trigger['nome']",
        "step.b.output.id",
        "step.b.error.code",
        "trigger.?nick",
        "trigger.?nick.first.orValue('none')",
        "trigger.?name.orValue('none')",
        "trigger.?nothing.orValue('none')",
        "trigger.items[?9].orValue(0)",
        "step.?b.output.id.orValue('none')",
        "step.?a.output.id.orValue('none')",
        "trigger.?nick.hasValue()",
        "trigger.?name.hasValue()",
        "trigger.?name.value()",
        "trigger.?nick.value()",
        "has(trigger.nick)",
        "has(trigger.nothing)",
        "has(trigger.person.age)",
        "has(trigger.persona.age)",
        "has(trigger.?persona.age)",
        "has(step.a.output)",
        "has(step.b.output)",
        "has(step.b.output.id)",
        "has(step.a.output.id)",
        "has(step.b.error)",
        "coalesce(step.b.output.id, step.a.output.id)",
        "coalesce(trigger.nothing, trigger.nick, trigger.name)",
        "coalesce(trigger.nick, trigger.nack)",
        "coalesce(trigger.nothing, null)",
    ]), @r#"
    trigger.person.age
        36
    trigger.person.agee
        error: `trigger.person.agee`: there is no field `agee`; it met {"age":36,"tags":["x","y"]}
    trigger.name.first
        error: `trigger.name.first`: there is no field `first` in what is no record; it met "Ada"
    trigger.items[2]
        3
    trigger.items[3]
        error: `trigger.items[3]`: the list of 3 has no item of this number; it met 3
    trigger.items['x']
        error: `trigger.items["x"]`: a list is indexed by an int; it met "x"
    trigger['name']
        "Ada"
    trigger['nome']
        error: `trigger["nome"]`: the record has no field of this name; it met "nome"
    step.b.output.id
        error: `step.b.output`: the step has no output on this path
    step.b.error.code
        error: `step.b.error`: the step did not fail on this path
    trigger.?nick
        error: `trigger.nick`: there is no field `nick`; it met {"n":5,"half":0.5,"name":"Ada","nothing":null,"yes":true,"items":[1,2,3],"person":{"age":36,"tags":["x","y"]},"big":9223...
    trigger.?nick.first.orValue('none')
        "none"
    trigger.?name.orValue('none')
        "Ada"
    trigger.?nothing.orValue('none')
        null
    trigger.items[?9].orValue(0)
        0
    step.?b.output.id.orValue('none')
        "none"
    step.?a.output.id.orValue('none')
        "o1"
    trigger.?nick.hasValue()
        false
    trigger.?name.hasValue()
        true
    trigger.?name.value()
        "Ada"
    trigger.?nick.value()
        error: `trigger.nick`: there is no field `nick`; it met {"n":5,"half":0.5,"name":"Ada","nothing":null,"yes":true,"items":[1,2,3],"person":{"age":36,"tags":["x","y"]},"big":9223...
    has(trigger.nick)
        false
    has(trigger.nothing)
        true
    has(trigger.person.age)
        true
    has(trigger.persona.age)
        error: `trigger.persona`: there is no field `persona`; it met {"n":5,"half":0.5,"name":"Ada","nothing":null,"yes":true,"items":[1,2,3],"person":{"age":36,"tags":["x","y"]},"big":9223...
    has(trigger.?persona.age)
        false
    has(step.a.output)
        true
    has(step.b.output)
        false
    has(step.b.output.id)
        false
    has(step.a.output.id)
        true
    has(step.b.error)
        false
    coalesce(step.b.output.id, step.a.output.id)
        "o1"
    coalesce(trigger.nothing, trigger.nick, trigger.name)
        "Ada"
    coalesce(trigger.nick, trigger.nack)
        error: `trigger.nack`: there is no field `nack`; it met {"n":5,"half":0.5,"name":"Ada","nothing":null,"yes":true,"items":[1,2,3],"person":{"age":36,"tags":["x","y"]},"big":9223...
    coalesce(trigger.nothing, null)
        null
    "#);
}

#[test]
fn comprehensions() {
    insta::assert_snapshot!(table(&[
        "trigger.items.all(x, x > 0)",
        "trigger.items.all(x, x > 1)",
        "[].all(x, x > 1)",
        "trigger.items.exists(x, x == 3)",
        "trigger.items.exists(x, x == 4)",
        "trigger.items.exists(x, x == 1 || x / 0 == 1)",
        "trigger.items.exists_one(x, x > 2)",
        "trigger.items.exists_one(x, x > 1)",
        "trigger.items.map(x, x * x)",
        "trigger.items.map(x, x > 1, x * 10)",
        "trigger.items.filter(x, x != 2)",
        "trigger.person.map(key, key)",
        "trigger.items.map(x, trigger.items.filter(y, y > x))",
        "[[1, 2], [3]].map(xs, xs.exists(x, x == 3)) + [true]",
        "1 + trigger.items.filter(x, x > 1).size()",
        "trigger.items.exists(x, x / 0 == 1 || x == 3)",
        "trigger.items.all(x, x / 0 == 1 && x == 3)",
        "trigger.items.all(x, x / (x - 1) > 0)",
        "trigger.items.exists(x, trigger.items.all(y, y / (x - 2) > 0))",
        "trigger.items.map(x, x / 0)",
        "trigger.n.map(x, x)",
        "trigger.items.filter(x, x)",
        "trigger.person.tags.map(t, {(t): trigger.n, \"same\": t})",
        "trigger.person.tags.map(t, {(t): 1, \"x\": 2})",
    ]), @r#"
    trigger.items.all(x, x > 0)
        true
    trigger.items.all(x, x > 1)
        false
    [].all(x, x > 1)
        true
    trigger.items.exists(x, x == 3)
        true
    trigger.items.exists(x, x == 4)
        false
    trigger.items.exists(x, x == 1 || x / 0 == 1)
        true
    trigger.items.exists_one(x, x > 2)
        true
    trigger.items.exists_one(x, x > 1)
        false
    trigger.items.map(x, x * x)
        [1,4,9]
    trigger.items.map(x, x > 1, x * 10)
        [20,30]
    trigger.items.filter(x, x != 2)
        [1,3]
    trigger.person.map(key, key)
        ["age","tags"]
    trigger.items.map(x, trigger.items.filter(y, y > x))
        [[2,3],[3],[]]
    [[1, 2], [3]].map(xs, xs.exists(x, x == 3)) + [true]
        [false,true,true]
    1 + trigger.items.filter(x, x > 1).size()
        3
    trigger.items.exists(x, x / 0 == 1 || x == 3)
        true
    trigger.items.all(x, x / 0 == 1 && x == 3)
        false
    trigger.items.all(x, x / (x - 1) > 0)
        error: division by zero; it met 1
    trigger.items.exists(x, trigger.items.all(y, y / (x - 2) > 0))
        true
    trigger.items.map(x, x / 0)
        error: division by zero; it met 1
    trigger.n.map(x, x)
        error: a list or a record is needed here; it met 5
    trigger.items.filter(x, x)
        error: a bool is needed here; it met 1
    trigger.person.tags.map(t, {(t): trigger.n, "same": t})
        [{"x":5,"same":"x"},{"y":5,"same":"y"}]
    trigger.person.tags.map(t, {(t): 1, "x": 2})
        error: two fields of a record have the same name; it met "x"
    "#);
}

#[test]
fn functions() {
    insta::assert_snapshot!(table(&[
        "size('äöü') + 'abc'.size() + trigger.items.size() + size(trigger.person)",
        "trigger.name.startsWith('A') && trigger.name.endsWith('a') && trigger.name.contains('d')",
        "' x '.trim() + 'ab'.upperAscii() + 'AB'.lowerAscii()",
        "'a,b'.split(',').join('-') + ['x', 'y'].join() + 'aXa'.replace('a', 'b')",
        "string(1) + string(true) + string(1.5) + string(b'x')",
        "[int('7'), int(7.9), int(-7.9), int(true)]",
        "int('7x')",
        "double('1.5') + double(1)",
        "bool('true')",
        "uint(-1)",
        "bytes('ab')",
        "string(duration('90s')) + ' ' + string(timestamp(0))",
        "now() - timestamp(trigger.at) < duration('0s')",
        "[uuid(), uuid()]",
        "execution.id + workflow.slug + string(workflow.version)",
        "execution.externalId",
        "execution",
        "'x'.contains(1)",
    ]), @r#"
    size('äöü') + 'abc'.size() + trigger.items.size() + size(trigger.person)
        11
    trigger.name.startsWith('A') && trigger.name.endsWith('a') && trigger.name.contains('d')
        true
    ' x '.trim() + 'ab'.upperAscii() + 'AB'.lowerAscii()
        "xABab"
    'a,b'.split(',').join('-') + ['x', 'y'].join() + 'aXa'.replace('a', 'b')
        "a-bxybXb"
    string(1) + string(true) + string(1.5) + string(b'x')
        "1true1.5x"
    [int('7'), int(7.9), int(-7.9), int(true)]
        error: `int` cannot convert this; it met true
    int('7x')
        error: `int` cannot convert this; it met "7x"
    double('1.5') + double(1)
        2.5
    bool('true')
        true
    uint(-1)
        error: `uint` cannot convert this; it met -1
    bytes('ab')
        "YWI="
    string(duration('90s')) + ' ' + string(timestamp(0))
        "90s 1970-01-01T00:00:00Z"
    now() - timestamp(trigger.at) < duration('0s')
        true
    [uuid(), uuid()]
        ["00000000-0000-4000-8000-000000000000","00000000-0000-4000-8000-000000000001"]
    execution.id + workflow.slug + string(workflow.version)
        "exe_1kyc7"
    execution.externalId
        null
    execution
        {"id":"exe_1","externalId":null,"startedAt":"1970-01-01T00:00:01Z"}
    'x'.contains(1)
        error: `contains` needs a string; it met 1
    "#);
}

#[test]
fn templates_splice_text_and_refuse_what_has_none() {
    let template = |text: &str| match run_value(&json!(text), &sample(), &mut Budget::default()) {
        Ok(value) => value.to_json(),
        Err(e) => format!("error: {}", e.message(true)),
    };
    let texts = [
        "Hi ${trigger.name}, ${trigger.n + 1} of ${trigger.half} at ${timestamp(0)}",
        "${trigger.items}",
        "is ${trigger.items}",
        "is ${trigger.nothing}",
        "is ${trigger.nick}",
        "costs $${trigger.n} ${trigger.n}",
        "${\"$\"}${trigger.n}",
    ];
    let shown: String = texts.iter().map(|t| format!("{t}\n    {}\n", template(t))).collect();
    insta::assert_snapshot!(shown, @r#"
    Hi ${trigger.name}, ${trigger.n + 1} of ${trigger.half} at ${timestamp(0)}
        "Hi Ada, 6 of 0.5 at 1970-01-01T00:00:00Z"
    ${trigger.items}
        [1,2,3]
    is ${trigger.items}
        error: this cannot be spliced into text; it met [1,2,3]
    is ${trigger.nothing}
        error: this cannot be spliced into text; it met null
    is ${trigger.nick}
        error: `trigger.nick`: there is no field `nick`; it met {"n":5,"half":0.5,"name":"Ada","nothing":null,"yes":true,"items":[1,2,3],"person":{"age":36,"tags":["x","y"]},"big":9223...
    costs $${trigger.n} ${trigger.n}
        "costs ${trigger.n} 5"
    ${"$"}${trigger.n}
        "$5"
    "#);
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

/// Expressions of every kind, most of which fail when they are evaluated.
fn any_expression() -> impl Strategy<Value = String> {
    let leaf = prop::sample::select(vec![
        "1",
        "-2.5",
        "3u",
        "'a'",
        "true",
        "null",
        "b'b'",
        "[]",
        "{a: 1}",
        "trigger.n",
        "trigger.items",
        "trigger.person",
        "step.a.output",
        "step.a.output.id",
        "step.?b.output.id",
        "step.b.error.code",
        "x",
        "execution.id",
        "workflow",
        "now()",
        "uuid()",
        "duration('1h')",
    ]);
    leaf.prop_map(str::to_owned).prop_recursive(5, 24, 3, |inner| {
        let parts = (inner.clone(), inner.clone(), inner);
        (parts, 0..46usize).prop_map(|((a, b, c), form)| match form {
            0 => format!("({a} + {b} * {c})"),
            1 => format!("({a} == {b})"),
            2 => format!("({a} && {b} || {c})"),
            3 => format!("({a} ? {b} : {c})"),
            4 => format!("({a} in {b})"),
            5 => format!("!{a}"),
            6 => format!("-({a})"),
            7 => format!("({a}).map(x, {b})"),
            8 => format!("({a}).map(x, {b}, {c})"),
            9 => format!("({a}).filter(x, {b})"),
            10 => format!("({a}).all(x, {b})"),
            11 => format!("({a}).exists(x, {b})"),
            12 => format!("({a}).exists_one(y, {b})"),
            13 => format!("({a}).?f.g.orValue({b})"),
            14 => format!("({a})[?{b}].hasValue()"),
            15 => format!("has(({a}).?f.g)"),
            16 => format!("coalesce({a}, {b}, {c})"),
            17 => format!("size({a})"),
            18 => format!("string({a}).contains({b})"),
            19 => format!("[{a}, {b}, {c}]"),
            20 => format!("{{(string({a})): {b}, f: {c}}}"),
            21 => format!("({a}).f"),
            22 => format!("({a})[{b}]"),
            23 => format!("({a} - {b} / {c})"),
            24 => format!("({a} < {b})"),
            25 => format!("({a}).split({b}).join({c})"),
            26 => format!("({a})[?{b}].value()"),
            27 => format!("({a}).?f.or(({b}).?g).orValue({c})"),
            28 => format!("({a}).?f.optMap(x, {b}).orValue({c})"),
            29 => format!("({a}).?f.optFlatMap(x, ({b}).?g).hasValue()"),
            30 => format!("optional.ofNonZeroValue({a}).or(optional.none()).orValue({b})"),
            31 => format!("({a}).first().or(({b}).last()).orValue({c})"),
            32 => format!("({a}).sortBy(x, {b}).reverse()"),
            33 => format!("({a}).flatten({b}).distinct().sort()"),
            34 => format!("({a}).slice({b}, {c})"),
            35 => format!("'%s %d %x'.format([{a}, {b}, {c}])"),
            36 => format!("math.greatest({a}, {b}, math.abs({c}))"),
            37 => format!("math.bitShiftLeft({a}, {b}) == math.round({c})"),
            38 => format!("string({a}).matches(string({b}))"),
            39 => format!("timestamp({a}).getHours(string({b}))"),
            40 => format!("json.decode(json.encode({a}))"),
            41 => format!("string({a}).substring({b}, {c}).lastIndexOf('a', {b})"),
            42 => format!("string({a}).replace({b}, 'x', {c}).split('x', {b})"),
            43 => format!("base64.decode(base64.encode(bytes({a}))) == {b}"),
            44 => format!("type({a}) == type({b})"),
            _ => format!("({a} % {b})"),
        })
    })
}

proptest! {
    #[test]
    fn any_expression_compiles_and_evaluates_without_a_panic(expression in any_expression()) {
        let value = json!(format!("${{{expression}}}"));
        let program = transform(&value);
        prop_assert_eq!(program.verify(), Ok(()));
        let once = || {
            let mut budget = Budget { fuel: 100_000, bytes: 1 << 20 };
            super::run(&program, program.steps[2].entry.next(), &sample(), &mut budget)
        };
        prop_assert_eq!(format!("{:?}", once()), format!("{:?}", once()));
        let (tree, _) = syntax::expr::parse(&expression, &SpanMap::verbatim(0));
        let text = text(&tree, Style::Template);
        let canonical = transform(&json!(format!("${{{text}}}")));
        prop_assert_eq!(canonical, program);
    }

    #[test]
    fn integers_agree_with_wide_arithmetic(a in any::<i64>(), b in any::<i64>()) {
        let run = Run { trigger: json!({"a": a, "b": b}).into(), ..sample() };
        for (op, wide) in [
            ("+", i128::from(a).checked_add(b.into())),
            ("-", i128::from(a).checked_sub(b.into())),
            ("*", i128::from(a).checked_mul(b.into())),
            ("/", i128::from(a).checked_div(b.into())),
            ("%", a.checked_rem(b).map(i128::from)),
        ] {
            let found = eval_in(&format!("trigger.a {op} trigger.b"), &run);
            let fits = wide.filter(|n| i64::try_from(*n).is_ok());
            match fits {
                Some(n) => prop_assert_eq!(found, n.to_string()),
                None => prop_assert!(found.starts_with("error: ")),
            }
        }
    }

    #[test]
    fn comprehensions_agree_with_iterators(items in prop::collection::vec(-9i64..9, 0..8), k in -9i64..9) {
        let run = Run { trigger: json!({"l": items, "k": k}).into(), ..sample() };
        let eval = |text: &str| eval_in(text, &run);
        prop_assert_eq!(eval("trigger.l.all(x, x < trigger.k)"), items.iter().all(|x| *x < k).to_string());
        prop_assert_eq!(eval("trigger.l.exists(x, x < trigger.k)"), items.iter().any(|x| *x < k).to_string());
        let one = items.iter().filter(|x| **x == k).count() == 1;
        prop_assert_eq!(eval("trigger.l.exists_one(x, x == trigger.k)"), one.to_string());
        let kept: Vec<_> = items.iter().filter(|x| **x > k).map(|x| x + 1).collect();
        prop_assert_eq!(eval("trigger.l.map(x, x > trigger.k, x + 1)"), json!(kept).to_string());
        prop_assert_eq!(eval("trigger.l.filter(x, x > trigger.k).map(x, x + 1)"), json!(kept).to_string());
    }
}
