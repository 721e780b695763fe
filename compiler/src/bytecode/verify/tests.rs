#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use super::*;
use crate::bytecode::schema::Schema;
use crate::bytecode::{Function, Operator, StepInfo, SwitchTable};

const TRUE: ConstantIx = ConstantIx(0);
const TEXT: ConstantIx = ConstantIx(1);
const ENTER: Op = Op::Flow(FlowOp::Enter { step: 0 });
const STORE: Op = Op::Flow(FlowOp::Store { step: 0 });
const END: Op = Op::Flow(FlowOp::End);
const PUSH: Op = Op::Load(LoadOp::Constant { constant: TRUE });
const LOOP: Op = Op::Branch(BranchOp::Loop);
const BREAK: Op = Op::Branch(BranchOp::Break);

fn jump(target: u32) -> Op {
    Op::Branch(BranchOp::Jump { target: Pc(target) })
}

fn unless(target: u32) -> Op {
    Op::Branch(BranchOp::Unless { target: Pc(target) })
}

fn next(slot: u16, done: u32) -> Op {
    Op::Branch(BranchOp::Next { slot, done: Pc(done) })
}

/// A program of one step of this kind, entered where the code enters it first.
fn program(kind: StepType, code: &[Op]) -> Program {
    let step = StepInfo {
        id: "a".to_owned(),
        kind,
        input: Schema::json(),
        output: Schema::json(),
        entry: Pc(0),
        call: None,
        approval: None,
        event: None,
        on_failure: None,
    };
    Program {
        semantics: 1,
        input: Schema::json(),
        steps: vec![step],
        constants: vec![Constant::Bool(true), Constant::Text("x".into())],
        switches: Vec::new(),
        code: code.to_vec(),
        entry: Pc(0),
    }
}

fn problem(program: &Program) -> &'static str {
    program.verify().expect_err("a bad program passes").problem
}

/// What is wrong with a transform of this code.
fn transform(code: &[Op]) -> &'static str {
    problem(&program(StepType::Transform, code))
}

#[test]
fn a_good_program_passes() {
    for code in [
        &[ENTER, PUSH, STORE, END][..],
        &[ENTER, PUSH, unless(5), PUSH, jump(6), PUSH, STORE, END],
        &[ENTER, PUSH, LOOP, next(0, 7), PUSH, unless(3), jump(3), PUSH, STORE, END],
        &[ENTER, PUSH, LOOP, next(0, 7), BREAK, PUSH, jump(8), PUSH, STORE, END],
    ] {
        assert_eq!(program(StepType::Transform, code).verify(), Ok(()), "{code:?}");
    }
}

#[test]
fn operands_are_there_and_none_is_left_behind() {
    for (code, says) in [
        (&[ENTER, STORE, END][..], "it takes operands that are not there"),
        (&[ENTER, Op::Operator(Operator::Add), STORE, END], "it takes operands that are not there"),
        (&[ENTER, PUSH, PUSH, STORE, END], "it leaves operands behind"),
        (&[ENTER, PUSH, LOOP, PUSH, STORE, END], "it leaves operands behind"),
        (
            &[ENTER, PUSH, unless(4), PUSH, PUSH, STORE, END],
            "the ways that lead to it leave different operands",
        ),
    ] {
        assert_eq!(transform(code), says, "{code:?}");
    }
    let many = [&[ENTER][..], &vec![PUSH; OPERANDS_MAX as usize + 1]].concat();
    assert_eq!(transform(&many), "it needs too many operands at once");
}

#[test]
fn code_stays_in_its_step_and_ends() {
    for (code, says) in [
        (&[][..], "a step's entry does not enter it"),
        (&[PUSH, STORE, END], "a step's entry does not enter it"),
        (&[ENTER, PUSH, STORE], "it leads outside the code"),
        (&[ENTER, PUSH, STORE, jump(9)], "it leads outside the code"),
        (&[ENTER, PUSH, STORE, PUSH], "it stands between steps"),
        (&[ENTER, ENTER], "an instruction does not fit its step"),
        (&[ENTER, END], "it ends the run within a step"),
        (&[ENTER, jump(0)], "the ways that lead to it leave different operands"),
        (&[ENTER, jump(1)], "it goes back within an expression"),
        (&[ENTER, PUSH, unless(1), PUSH, STORE, END], "it goes back within an expression"),
        (&[ENTER, PUSH, STORE, jump(0)], "the run could go round in circles"),
    ] {
        assert_eq!(transform(code), says, "{code:?}");
    }
    let emit = Op::Flow(FlowOp::Emit { step: 0, event: TEXT, payload: false });
    let twice = program(StepType::WebhookEmit, &[ENTER, emit, emit, END]);
    assert_eq!(problem(&twice), "it belongs to a step that was not entered");
    let mut elsewhere = program(StepType::Transform, &[ENTER, PUSH, STORE, END]);
    elsewhere.entry = Pc(7);
    assert_eq!(problem(&elsewhere), "the entry is outside the code");
    elsewhere.entry = Pc(1);
    assert_eq!(problem(&elsewhere), "it stands between steps");
}

#[test]
fn loops_are_entered_and_left() {
    let local = Op::Load(LoadOp::Local { slot: 0 });
    for (code, says) in [
        (&[ENTER, local, STORE, END][..], "it is in no such comprehension"),
        (&[ENTER, BREAK, PUSH, STORE, END], "it is in no comprehension"),
        (&[ENTER, next(0, 2), PUSH, STORE, END], "it is not in its comprehension"),
        (&[ENTER, PUSH, LOOP, next(1, 4), PUSH, STORE, END], "it is not in its comprehension"),
    ] {
        assert_eq!(transform(code), says, "{code:?}");
    }
    let nested: Vec<Op> = (0..=LOOPS_MAX).flat_map(|_| [PUSH, LOOP]).collect();
    assert_eq!(
        transform(&[&[ENTER][..], &nested].concat()),
        "too many comprehensions are inside one another"
    );
}

#[test]
fn verdicts_are_begun_settled_and_concluded() {
    let verdict = Op::Branch(BranchOp::Verdict);
    let attempt = |failed| Op::Branch(BranchOp::Attempt { failed: Pc(failed) });
    let settle = |end| Op::Branch(BranchOp::SettleAnd { end: Pc(end) });
    let conclude = Op::Branch(BranchOp::Conclude { value: true });
    let drop = Op::Branch(BranchOp::Drop);
    let good = [ENTER, verdict, attempt(5), PUSH, settle(8), PUSH, settle(8), conclude, STORE, END];
    assert_eq!(program(StepType::Transform, &good).verify(), Ok(()));
    let misfit = "it does not fit the verdict it is in";
    for (code, says) in [
        (&[ENTER, attempt(2), PUSH, STORE, END][..], "it is in no verdict"),
        (&[ENTER, PUSH, settle(3), STORE, END], "it is in no verdict"),
        (&[ENTER, conclude, STORE, END], "it is in no verdict"),
        (&[ENTER, verdict, PUSH, STORE, END], "it leaves operands behind"),
        (&[ENTER, verdict, attempt(5), attempt(5), PUSH, conclude, STORE, END], misfit),
        (&[ENTER, verdict, attempt(5), conclude, PUSH, conclude, STORE, END], misfit),
        // More on the stack than what a failure would leave there.
        (&[ENTER, verdict, attempt(6), PUSH, PUSH, settle(7), conclude, STORE, END], misfit),
        // Less than that.
        (
            &[ENTER, PUSH, verdict, attempt(7), drop, PUSH, PUSH, settle(8), conclude, STORE, END],
            "it takes what was there before a verdict",
        ),
        // A part that is left by another way than its end.
        (
            &[ENTER, verdict, attempt(4), jump(4), conclude, STORE, END],
            "the ways that lead to it leave different operands",
        ),
        // A comprehension that a failure would find ended.
        (
            &[ENTER, PUSH, LOOP, verdict, BREAK, conclude, STORE, END],
            "it takes what was there before a verdict",
        ),
    ] {
        assert_eq!(transform(code), says, "{code:?}");
    }
}

#[test]
fn what_is_referred_to_exists_and_fits() {
    let field = |name| Op::Access(AccessOp::Field { name });
    let output = |step| Op::Load(LoadOp::Output { step });
    for (op, says) in [
        (Op::Load(LoadOp::Constant { constant: ConstantIx(2) }), "a constant does not exist"),
        (field(TRUE), "a constant is not text, or does not exist"),
        (field(ConstantIx(9)), "a constant is not text, or does not exist"),
        (output(1), "a step does not exist"),
        (
            Op::Function { function: Function::Size, argc: 2 },
            "a function is called with the wrong number of arguments",
        ),
        (Op::Flow(FlowOp::Store { step: 1 }), "a step does not exist"),
        (
            Op::Flow(FlowOp::Call { step: 0, headers: false, body: false }),
            "an instruction does not fit its step",
        ),
        (
            Op::Flow(FlowOp::Emit { step: 0, event: TEXT, payload: false }),
            "an instruction does not fit its step",
        ),
    ] {
        assert_eq!(transform(&[ENTER, PUSH, STORE, END, op]), says, "{op:?}");
    }
    assert_eq!(
        problem(&program(StepType::ServiceCall, &[ENTER, END])),
        "a step lacks what its type needs, or has what it does not"
    );
    let switch = Op::Flow(FlowOp::Switch { step: 0, table: 0 });
    let mut decision = program(StepType::Decision, &[ENTER, PUSH, switch, END]);
    assert_eq!(problem(&decision), "an instruction does not fit its step");
    let case = |label: &str| (label.to_owned(), Pc(3));
    decision.switches = vec![SwitchTable { cases: vec![case("b"), case("a")], default: None }];
    assert_eq!(problem(&decision), "a switch table is not sorted");
    decision.switches[0].cases = vec![case("a"), case("a")];
    assert_eq!(problem(&decision), "a switch table is not sorted");
    decision.switches[0].cases = vec![case("a"), ("b".to_owned(), Pc(0))];
    assert_eq!(problem(&decision), "the run could go round in circles");
    decision.switches[0].cases = vec![case("a"), case("b")];
    assert_eq!(decision.verify(), Ok(()));
    let many = vec![decision.steps[0].clone(); STEPS_MAX + 1];
    assert_eq!(problem(&Program { steps: many, ..decision }), "the program has too many steps");
}
