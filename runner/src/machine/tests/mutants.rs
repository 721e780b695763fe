//! Programs that nobody compiled: mutants of those of the fixtures are refused, or run without harm.

#![allow(clippy::disallowed_methods, reason = "fixtures are files")]

use super::*;
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::TestRunner;
use std::cell::Cell;
use std::path::Path;
use writ_compiler::bytecode::{
    AccessOp, BranchOp, Constant, ConstantIx, FlowOp, LoadError, LoadOp, MakeOp, Op, Pc,
};

/// Uses whatever comes after a call, a wait or an approval, and what else there is.
const BUSY: &str = r#"{"startNodeId":"a","nodes":[
    {"id":"a","type":"service_call","service":"custom:svc","method":"POST","path":"/x/${trigger.id}",
     "body":{"n":"${trigger.n}"},"onError":{"404":"route_to:d","any":"route_to:last"}},
    {"id":"b","type":"transform","optional":true,"value":{
      "sum":"${step.a.output.items.map(x, x.n + 1).filter(x, x > 1).size()}",
      "any":"${step.a.output.items.exists(x, x.n > 2) && trigger.?deep[?'er'].hasValue() || trigger.n == 1}",
      "text":"for ${trigger.id}: ${coalesce(step.?a.output.?name, trigger.?name.orValue('nobody'))}",
      "first":"${step.a.output.items.first().optMap(x, x.n).orValue(0)}",
      "round":"${math.round(double(trigger.n) / 3.0)}"}},
    {"id":"c","type":"decision","conditions":[{"when":"coalesce(step.b.output.sum, 0) > 1","next":"d"}],"defaultCase":"e"},
    {"id":"d","type":"human_approval","actionLabel":"Look at ${trigger.id}","timeoutHours":1,
     "onTimeout":"route_to:last","onReject":"route_to:last"},
    {"id":"e","type":"wait","event":"paid","correlation":"${trigger.id}","timeoutMs":5000,"onTimeout":"route_to:f"},
    {"id":"f","type":"wait","duration":"${trigger.n > 3 ? '1s' : '2s'}"},
    {"id":"last","type":"end","output":{"at":"${now()}","sum":"${step.?b.output.?sum.orValue(0)}"}}],
  "edges":[{"from":"a","to":"b"},{"from":"b","to":"c"},{"from":"d","to":"f"},{"from":"e","to":"f"},{"from":"f","to":"last"}]}"#;

/// The programs of the fixtures that compile.
fn programs() -> Vec<Program> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/cases");
    let mut programs = vec![compile(BUSY)];
    let mut cases: Vec<_> = std::fs::read_dir(root).unwrap().map(|e| e.unwrap().path()).collect();
    cases.sort();
    for case in cases {
        for (name, syntax) in [("input.json", Syntax::Json), ("input.writ", Syntax::Writ)] {
            let Ok(bytes) = std::fs::read(case.join(name)) else { continue };
            let found = Analysis::from_bytes(&bytes, syntax).workflows;
            programs.extend(found.into_iter().filter_map(|w| Some(w.compiled?.program)));
        }
    }
    programs
}

/// One change of a program.
#[derive(Debug, Clone)]
struct Mutation {
    how: u8,
    here: Index,
    there: Index,
    by: u32,
}

fn mutation() -> impl Strategy<Value = Mutation> {
    (0..16_u8, any::<Index>(), any::<Index>(), any::<u32>())
        .prop_map(|(how, here, there, by)| Mutation { how, here, there, by })
}

impl Mutation {
    fn apply(&self, program: &mut Program) {
        let Program { steps, constants, switches, code, entry, .. } = program;
        if code.is_empty() {
            return;
        }
        let (at, from) = (self.here.index(code.len()), self.there.index(code.len()));
        let place = Pc(u32::try_from(from).unwrap());
        let step = self.there.get_mut(steps);
        match self.how {
            0 => code.swap(at, from),
            1 => code.swap(at, at.saturating_sub(1)),
            2 => code[at] = code[from],
            3 => drop(code.remove(at)),
            4 => code.insert(at, code[from]),
            5 if self.by.is_multiple_of(8) => code.truncate(at),
            6 if !constants.is_empty() => {
                let constant = match self.by % 4 {
                    0 => Constant::Null,
                    1 => Constant::Int(self.by.into()),
                    2 => Constant::Text("x".into()),
                    _ => self.there.get(constants).clone(),
                };
                *self.here.get_mut(constants) = constant;
            }
            7 if !switches.is_empty() => {
                let table = self.there.get_mut(switches);
                match self.by % 3 {
                    0 => table.default = None,
                    1 => table.default = Some(place),
                    _ => drop(table.cases.pop()),
                }
            }
            8 => match self.by % 8 {
                0 => step.entry = place,
                1 => *entry = place,
                2 => step.call = None,
                3 => step.approval = None,
                4 => step.event = None,
                5 => step.on_failure = None,
                6 => step.on_failure = Some(place),
                _ => {
                    if let Some(route) = step.call.iter_mut().flat_map(|c| &mut c.on_error).next() {
                        route.target = place;
                    }
                }
            },
            9..=11 => code[at] = changed(code[at], self.by),
            // What takes and leaves the same may stand for it.
            _ => {
                let kin: Vec<Op> = code.iter().copied().filter(|op| akin(*op, code[at])).collect();
                code[at] = kin[self.there.index(kin.len())];
            }
        }
    }
}

/// An instruction with another operand.
fn changed(op: Op, by: u32) -> Op {
    let near = |pc: Pc| Pc(pc.0.saturating_add(by % 5).saturating_sub(2));
    let constant = ConstantIx(by % 12);
    match op {
        Op::Load(LoadOp::Constant { .. }) => Op::Load(LoadOp::Constant { constant }),
        Op::Load(LoadOp::Local { .. }) => {
            Op::Load(LoadOp::Local { slot: u16::try_from(by % 3).unwrap() })
        }
        Op::Load(LoadOp::Output { step }) => Op::Load(LoadOp::Output { step: step ^ (by % 4) }),
        Op::Load(_) => Op::Load(LoadOp::Output { step: by % 4 }),
        Op::Access(AccessOp::FieldOr { absent, .. }) => {
            Op::Access(AccessOp::FieldOr { name: constant, absent })
        }
        Op::Access(AccessOp::IndexOr { absent }) => {
            Op::Access(AccessOp::IndexOr { absent: near(absent) })
        }
        Op::Access(_) => Op::Access(AccessOp::Field { name: constant }),
        Op::Make(MakeOp::List { .. }) => Op::Make(MakeOp::Text { len: by % 4 }),
        Op::Make(MakeOp::Text { len }) => Op::Make(MakeOp::List { len: len ^ (by % 2) }),
        Op::Make(_) => Op::Make(MakeOp::Record { len: by % 3 }),
        Op::Branch(BranchOp::Jump { target }) => {
            Op::Branch(BranchOp::Jump { target: near(target) })
        }
        Op::Branch(BranchOp::Unless { target }) => {
            Op::Branch(BranchOp::Unless { target: near(target) })
        }
        Op::Branch(BranchOp::Attempt { failed }) => {
            Op::Branch(BranchOp::Attempt { failed: near(failed) })
        }
        Op::Branch(BranchOp::SettleAnd { end }) => Op::Branch(BranchOp::SettleOr { end }),
        Op::Branch(BranchOp::SettleOr { end }) => {
            Op::Branch(BranchOp::SettleAnd { end: near(end) })
        }
        Op::Branch(BranchOp::Next { slot, done }) => {
            Op::Branch(BranchOp::Next { slot, done: near(done) })
        }
        Op::Branch(BranchOp::Conclude { value }) => {
            Op::Branch(BranchOp::Conclude { value: !value })
        }
        Op::Branch(_) => Op::Branch(BranchOp::Bool),
        Op::Function { function, argc } => {
            Op::Function { function, argc: argc ^ u8::try_from(by % 2).unwrap() }
        }
        Op::Flow(FlowOp::Enter { step }) => Op::Flow(FlowOp::Enter { step: step ^ (by % 2) }),
        Op::Flow(FlowOp::Select { step, label, target }) => {
            Op::Flow(FlowOp::Select { step, label, target: near(target) })
        }
        Op::Flow(_) | Op::Operator(_) => op,
    }
}

/// Whether two instructions take and leave the same, wherever they stand.
fn akin(a: Op, b: Op) -> bool {
    let jumps = |op: Op| {
        matches!(
            op,
            Op::Load(LoadOp::OutputOr { .. } | LoadOp::ErrorOr { .. } | LoadOp::Local { .. })
        )
    };
    match (a, b) {
        (Op::Load(_), Op::Load(_)) => a == b || !jumps(a) && !jumps(b),
        (Op::Operator(a), Op::Operator(b)) => a.arity() == b.arity(),
        (Op::Function { argc: a, .. }, Op::Function { argc: b, .. }) => a == b,
        (
            Op::Access(AccessOp::Field { .. } | AccessOp::Has { .. }) | Op::Branch(BranchOp::Bool),
            Op::Access(AccessOp::Field { .. } | AccessOp::Has { .. }) | Op::Branch(BranchOp::Bool),
        ) => true,
        _ => a == b,
    }
}

/// Runs a program to its end, or for a while, with whatever the world answers.
fn run(program: Program, world: &[u8]) {
    let inputs = r#"{"id":"i","n":4,"name":"Ada","customerId":"c","amount":20,"items":[1,{"n":2}],"hmacKey":"k"}"#;
    let bodies = [
        r#"{"items":[{"n":1},{"n":3},{}],"name":"x","verdict":"passed","status":"a"}"#,
        r#"{"items":[],"n":1}"#,
        "null",
        "[1,\"a\"]",
    ];
    let mut sim = Sim::of(program, json(inputs));
    let mut outcome = sim.apply(EventKind::Started);
    for choice in world {
        // A verified program and a state of its own fit each other.
        assert!(!matches!(outcome, Err(Refused::Damaged(_))), "{outcome:?}");
        if sim.state.status().is_terminal() {
            return;
        }
        let body = bodies[usize::from(*choice) % bodies.len()];
        sim.now = sim.timer().map_or(sim.now, |(_, _, due)| due);
        outcome = sim.apply(next(&sim, *choice, body));
    }
}

/// What happens next to a run that waits.
fn next(sim: &Sim, choice: u8, body: &str) -> EventKind {
    let (frame, fails) = (FrameId(0), choice.is_multiple_of(3));
    let pending = pending_effects(&sim.program, &sim.start, &sim.state).unwrap();
    match pending.first() {
        Some(Effect::Call { attempt, .. }) if fails => {
            let failure = failed(FailureClass::Status(404), Some(body));
            EventKind::CallFailed { frame, attempt: *attempt, failure }
        }
        Some(Effect::Call { attempt, .. }) => {
            EventKind::CallSucceeded { frame, attempt: *attempt, response: ok(body) }
        }
        Some(Effect::Timer { .. } | Effect::Listen { .. })
            if choice % 3 == 1 && sim.timer().is_some() =>
        {
            let (frame, timer, _) = sim.timer().unwrap();
            EventKind::TimerFired { frame, timer }
        }
        Some(Effect::Listen { .. }) if !fails => {
            let last = u32::try_from(sim.state.steps.len() - 1).unwrap();
            EventKind::EventReceived { frame, ordinal: StepOrdinal(last), data: json(body) }
        }
        Some(_) | None if choice > 240 => {
            EventKind::Cancelled { reason: None, actor_user_id: None }
        }
        Some(_) | None => EventKind::Decided {
            frame,
            decision: if fails { Decision::Reject } else { Decision::Approve },
            notes: String::new(),
            actor_user_id: None,
            form: None,
        },
    }
}

/// How many of all were refused when decoded, when verified, and how many ran.
#[derive(Default)]
struct Shares {
    all: Cell<u32>,
    decoded: Cell<u32>,
    ran: Cell<u32>,
}

impl Shares {
    fn meet(&self, bytes: &[u8], world: &[u8]) {
        let count = |cell: &Cell<u32>| cell.set(cell.get() + 1);
        count(&self.all);
        match Program::load(bytes) {
            Ok(program) => {
                count(&self.decoded);
                count(&self.ran);
                run(program, world);
            }
            Err(LoadError::Invalid(_)) => count(&self.decoded),
            Err(_) => {}
        }
    }

    /// In percent of all.
    fn of(&self) -> (u32, u32) {
        (self.decoded.get() * 100 / self.all.get(), self.ran.get() * 100 / self.all.get())
    }
}

fn cases(cases: u32) -> TestRunner {
    let config = ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() };
    TestRunner::new(config)
}

#[test]
fn mutants_of_programs_are_refused_or_run() {
    let (programs, shares) = (programs(), Shares::default());
    assert!(programs.len() > 20, "{}", programs.len());
    let mutants = (any::<Index>(), prop::collection::vec(mutation(), 1..4), any::<[u8; 12]>());
    let outcome = cases(1_500).run(&mutants, |(which, mutations, world)| {
        let mut program = programs[which.index(programs.len())].clone();
        mutations.iter().for_each(|mutation| mutation.apply(&mut program));
        shares.meet(&program.encode(), &world);
        Ok(())
    });
    outcome.unwrap();
    // A test that the verifier never sees, or never lets pass, shows nothing.
    let (decoded, ran) = shares.of();
    assert!(decoded == 100 && (20..80).contains(&ran), "{decoded} % verified, {ran} % ran");
}

#[test]
fn programs_with_damaged_bytes_are_refused_or_run() {
    let (programs, shares) = (programs(), Shares::default());
    let damages = prop::collection::vec((any::<Index>(), any::<u8>(), 0..4_u8), 1..4);
    let damaged = (any::<Index>(), damages, any::<[u8; 12]>());
    let outcome = cases(1_500).run(&damaged, |(which, damages, world)| {
        let mut bytes = programs[which.index(programs.len())].encode();
        for (at, byte, how) in damages {
            // The header is another matter.
            let at = 7 + at.index(bytes.len() - 7);
            match how {
                0 | 1 => bytes[at] ^= 1 << (byte % 8),
                2 => bytes[at] = byte % 16,
                _ => bytes.swap(at, at - 1),
            }
        }
        shares.meet(&bytes, &world);
        Ok(())
    });
    outcome.unwrap();
    let (decoded, ran) = shares.of();
    assert!(decoded > 20 && ran > 5, "{decoded} % verified, {ran} % ran");
}
