//! The verifier: what makes running a program safe, whoever made its bytes.
//!
//! It walks every way through the code with the stack's depth in place of its operands. A program that passes
//! never takes an operand that is not there, never leaves one behind when a step ends, never leaves the code, refers
//! to nothing that does not exist, and ends: between steps it only ever goes on to a step it was not in before,
//! and within one, only the loops of comprehensions go back, which fuel bounds.

use super::op::{AccessOp, BranchOp, FlowOp, LoadOp, MakeOp};
use super::{Constant, ConstantIx, OnReject, OnTimeout, Op, Pc, Program, StepType};
use crate::limits::{LOOPS_MAX, OPERANDS_MAX, STEPS_MAX};

/// What is wrong with a program.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("instruction {}: {problem}", .pc.0)]
pub struct VerifyError {
    /// The instruction.
    pub pc: Pc,
    /// What is wrong.
    pub problem: &'static str,
}

type Result<T> = std::result::Result<T, VerifyError>;

fn error<T>(pc: Pc, problem: &'static str) -> Result<T> {
    Err(VerifyError { pc, problem })
}

/// What is known before an instruction, the same on every way to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Before {
    /// Operands on the stack.
    depth: u32,
    /// Comprehensions around it.
    loops: u16,
    /// The step it belongs to; `None` between steps.
    step: Option<u32>,
    /// The innermost verdict around it.
    verdict: Option<Verdict>,
}

/// A verdict under way. Those around it are known where it began.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Verdict {
    began: Pc,
    /// Whether a part of it is being attempted.
    open: bool,
    /// The operands and comprehensions that must be left alone: after a failure, they are still there.
    depth: u32,
    loops: u16,
}

const BETWEEN_STEPS: Before = Before { depth: 0, loops: 0, step: None, verdict: None };

/// Checks a program.
pub(super) fn verify(program: &Program) -> Result<()> {
    if program.steps.len() > STEPS_MAX {
        return error(Pc(0), "the program has too many steps");
    }
    for (pc, op) in (0..).map(Pc).zip(&program.code) {
        references(program, pc, *op)?;
    }
    for (index, step) in (0..).zip(&program.steps) {
        if program.op(step.entry) != Some(Op::Flow(FlowOp::Enter { step: index })) {
            return error(step.entry, "a step's entry does not enter it");
        }
        let wants = (step.kind == StepType::ServiceCall, step.kind == StepType::HumanApproval);
        if wants != (step.call.is_some(), step.approval.is_some()) {
            return error(step.entry, "a step lacks what its type needs, or has what it does not");
        }
        if step.event.is_some() && step.kind != StepType::Wait {
            return error(step.entry, "a step lacks what its type needs, or has what it does not");
        }
        if step.on_failure.is_some() && !may_be_optional(step.kind) {
            return error(step.entry, "a step of this type cannot be optional");
        }
    }
    for table in &program.switches {
        if !table.cases.is_sorted_by(|(a, _), (b, _)| a < b) {
            return error(Pc(0), "a switch table is not sorted");
        }
    }
    let mut walk = Walk::new(program);
    walk.run()?;
    acyclic(&walk.edges, program.entry)
}

/// Whether a run can go on after a step of this type failed.
fn may_be_optional(kind: StepType) -> bool {
    match kind {
        StepType::ServiceCall | StepType::Transform | StepType::Wait | StepType::WebhookEmit => {
            true
        }
        StepType::Decision | StepType::HumanApproval | StepType::End => false,
    }
}

/// Whether everything that the instruction refers to exists and is of the right kind.
fn references(program: &Program, pc: Pc, op: Op) -> Result<()> {
    let text = |constant: ConstantIx| match program.constant(constant) {
        Some(Constant::Text(_)) => Ok(()),
        _ => error(pc, "a constant is not text, or does not exist"),
    };
    let step = |step: u32| match program.step(step) {
        Some(_) => Ok(()),
        None => error(pc, "a step does not exist"),
    };
    match op {
        Op::Flow(op) => flow_references(program, pc, op),
        Op::Load(op) => match op {
            LoadOp::Constant { constant } if program.constant(constant).is_none() => {
                error(pc, "a constant does not exist")
            }
            LoadOp::Output { step: s }
            | LoadOp::OutputOr { step: s, .. }
            | LoadOp::Error { step: s }
            | LoadOp::ErrorOr { step: s, .. } => step(s),
            LoadOp::Constant { .. }
            | LoadOp::Trigger
            | LoadOp::Execution { .. }
            | LoadOp::Workflow { .. }
            | LoadOp::StepId
            | LoadOp::Local { .. } => Ok(()),
        },
        Op::Access(op) => match op {
            AccessOp::Field { name } | AccessOp::FieldOr { name, .. } | AccessOp::Has { name } => {
                text(name)
            }
            AccessOp::Index | AccessOp::IndexOr { .. } => Ok(()),
        },
        Op::Make(op) => match op {
            MakeOp::QueryPair { name } => text(name),
            MakeOp::WithStepId { field } => text(field),
            MakeOp::List { .. }
            | MakeOp::Record { .. }
            | MakeOp::Text { .. }
            | MakeOp::Append
            | MakeOp::Insert
            | MakeOp::PathSegment
            | MakeOp::WithQuery { .. } => Ok(()),
        },
        Op::Function { function, argc } if !function.takes(argc.into()) => {
            error(pc, "a function is called with the wrong number of arguments")
        }
        Op::Operator(_) | Op::Branch(_) | Op::Function { .. } => Ok(()),
    }
}

fn flow_references(program: &Program, pc: Pc, op: FlowOp) -> Result<()> {
    let Some(step) = op.step() else { return Ok(()) };
    let Some(info) = program.step(step) else { return error(pc, "a step does not exist") };
    let text = |constant: ConstantIx| matches!(program.constant(constant), Some(Constant::Text(_)));
    let fits = match op {
        FlowOp::Enter { .. } => info.entry == pc,
        FlowOp::Call { .. } => info.kind == StepType::ServiceCall,
        FlowOp::Switch { table, .. } => {
            info.kind == StepType::Decision && (table as usize) < program.switches.len()
        }
        FlowOp::Select { label, .. } => info.kind == StepType::Decision && text(label),
        FlowOp::NoCase { .. } => info.kind == StepType::Decision,
        FlowOp::Store { .. } => info.kind == StepType::Transform,
        FlowOp::WaitFor { .. } | FlowOp::WaitUntil { .. } => {
            info.kind == StepType::Wait && info.event.is_none()
        }
        FlowOp::WaitEvent { event, .. } => {
            info.kind == StepType::Wait && info.event.is_some() && text(event)
        }
        FlowOp::Emit { event, .. } => info.kind == StepType::WebhookEmit && text(event),
        FlowOp::Approve { .. } => info.kind == StepType::HumanApproval,
        FlowOp::Finish { .. } => info.kind == StepType::End,
        FlowOp::Fail { code, .. } => info.kind == StepType::End && text(code),
        FlowOp::End => true,
    };
    if fits { Ok(()) } else { error(pc, "an instruction does not fit its step") }
}

struct Walk<'a> {
    program: &'a Program,
    before: Vec<Option<Before>>,
    /// Where each instruction may lead, but for the loops of comprehensions.
    edges: Vec<Vec<Pc>>,
    due: Vec<Pc>,
}

impl<'a> Walk<'a> {
    fn new(program: &'a Program) -> Self {
        Self {
            program,
            before: vec![None; program.code.len()],
            edges: vec![Vec::new(); program.code.len()],
            due: Vec::new(),
        }
    }

    fn run(&mut self) -> Result<()> {
        let entry = self.program.entry;
        let Some(slot) = self.before.get_mut(entry.index()) else {
            return error(entry, "the entry is outside the code");
        };
        *slot = Some(BETWEEN_STEPS);
        self.due.push(entry);
        while let Some(pc) = self.due.pop() {
            let (Some(op), Some(Some(before))) =
                (self.program.op(pc), self.before.get(pc.index()).copied())
            else {
                return error(pc, "the code ends without an end");
            };
            self.step(pc, op, before)?;
        }
        Ok(())
    }

    /// Notes that `from` leads to `to`, with this known there.
    fn reach(&mut self, from: Pc, to: Pc, before: Before) -> Result<()> {
        let Some(slot) = self.before.get_mut(to.index()) else {
            return error(from, "it leads outside the code");
        };
        match slot {
            None => {
                *slot = Some(before);
                self.due.push(to);
            }
            Some(known) if *known == before => {}
            Some(_) => return error(to, "the ways that lead to it leave different operands"),
        }
        let in_loop = before.step.is_some() && to <= from;
        if !in_loop {
            if let Some(edges) = self.edges.get_mut(from.index()) {
                edges.push(to);
            }
        } else if !matches!(self.program.op(to), Some(Op::Branch(BranchOp::Next { .. }))) {
            return error(from, "it goes back within an expression");
        }
        Ok(())
    }

    fn step(&mut self, pc: Pc, op: Op, before: Before) -> Result<()> {
        let effect = op.effect();
        let Some(left) = before.depth.checked_sub(effect.pops) else {
            return error(pc, "it takes operands that are not there");
        };
        let mut after = before;
        match op {
            Op::Flow(flow) => return self.flow(pc, flow, before, left),
            Op::Branch(BranchOp::Jump { .. }) => {}
            _ if before.step.is_none() => return error(pc, "it stands between steps"),
            Op::Branch(BranchOp::Loop | BranchOp::Bind) if before.loops >= LOOPS_MAX => {
                return error(pc, "too many comprehensions are inside one another");
            }
            Op::Branch(BranchOp::Loop | BranchOp::Bind) => after.loops += 1,
            Op::Branch(BranchOp::Next { slot, .. })
                if Some(slot) != before.loops.checked_sub(1) =>
            {
                return error(pc, "it is not in its comprehension");
            }
            Op::Branch(BranchOp::Break) => match before.loops.checked_sub(1) {
                Some(loops) => after.loops = loops,
                None => return error(pc, "it is in no comprehension"),
            },
            Op::Load(LoadOp::Local { slot }) if slot >= before.loops => {
                return error(pc, "it is in no such comprehension");
            }
            _ => {}
        }
        let mut there = after;
        if matches!(op, Op::Branch(BranchOp::Next { .. })) {
            there.loops = there.loops.saturating_sub(1);
        }
        let floor = before.verdict.map_or((0, 0), |verdict| (verdict.depth, verdict.loops));
        if left < floor.0 || after.loops.min(there.loops) < floor.1 {
            return error(pc, "it takes what was there before a verdict");
        }
        if let Op::Branch(op) = op {
            (after.verdict, there.verdict) = self.verdicts(pc, op, before, left)?;
        }
        if let Some(pushes) = effect.next {
            let depth = left.saturating_add(pushes);
            if depth > OPERANDS_MAX {
                return error(pc, "it needs too many operands at once");
            }
            self.reach(pc, pc.next(), Before { depth, ..after })?;
        }
        if let Some((target, pushes)) = effect.branch {
            self.reach(pc, target, Before { depth: left.saturating_add(pushes), ..there })?;
        }
        Ok(())
    }

    /// The innermost verdict behind an instruction, and where else it may go.
    fn verdicts(
        &self,
        pc: Pc,
        op: BranchOp,
        before: Before,
        left: u32,
    ) -> Result<(Option<Verdict>, Option<Verdict>)> {
        let closed = |began: Pc, before: Before| {
            Some(Verdict { began, open: false, depth: before.depth, loops: before.loops })
        };
        let Some(verdict) = before.verdict else {
            return match op {
                BranchOp::Verdict => Ok((closed(pc, before), None)),
                BranchOp::Attempt { .. }
                | BranchOp::SettleAnd { .. }
                | BranchOp::SettleOr { .. }
                | BranchOp::Conclude { .. } => error(pc, "it is in no verdict"),
                _ => Ok((None, None)),
            };
        };
        let Some(Some(start)) = self.before.get(verdict.began.index()).copied() else {
            return error(pc, "it is in no verdict");
        };
        match op {
            BranchOp::Verdict => Ok((closed(pc, before), before.verdict)),
            BranchOp::Attempt { .. } if !verdict.open => {
                let (depth, loops) = (before.depth, before.loops);
                Ok((Some(Verdict { open: true, depth, loops, ..verdict }), before.verdict))
            }
            BranchOp::SettleAnd { .. } | BranchOp::SettleOr { .. }
                if !verdict.open || (left, before.loops) == (verdict.depth, verdict.loops) =>
            {
                Ok((closed(verdict.began, start), start.verdict))
            }
            BranchOp::Conclude { .. } if !verdict.open => Ok((start.verdict, start.verdict)),
            BranchOp::Attempt { .. }
            | BranchOp::SettleAnd { .. }
            | BranchOp::SettleOr { .. }
            | BranchOp::Conclude { .. } => error(pc, "it does not fit the verdict it is in"),
            _ => Ok((before.verdict, before.verdict)),
        }
    }

    fn flow(&mut self, pc: Pc, op: FlowOp, before: Before, left: u32) -> Result<()> {
        if left != 0 || before.loops != 0 || before.verdict.is_some() {
            return error(pc, "it leaves operands behind");
        }
        match op {
            FlowOp::Enter { step } => {
                if before.step.is_some() {
                    return error(pc, "it enters a step within another");
                }
                return self.reach(pc, pc.next(), Before { step: Some(step), ..BETWEEN_STEPS });
            }
            FlowOp::End if before.step.is_some() => {
                return error(pc, "it ends the run within a step");
            }
            _ if before.step != op.step() => {
                return error(pc, "it belongs to a step that was not entered");
            }
            _ => {}
        }
        let info = op.step().and_then(|step| self.program.step(step));
        if let Some(target) = info.and_then(|info| info.on_failure) {
            self.reach(pc, target, BETWEEN_STEPS)?;
        }
        match op {
            FlowOp::Enter { .. } => {}
            FlowOp::Call { step, .. } => {
                let routes = self.program.step(step).and_then(|info| info.call.as_ref());
                for route in routes.map(|call| call.on_error.as_slice()).unwrap_or_default() {
                    self.reach(pc, route.target, BETWEEN_STEPS)?;
                }
                self.reach(pc, pc.next(), BETWEEN_STEPS)?;
            }
            FlowOp::Approve { step, .. } => {
                if let Some(info) = self.program.step(step).and_then(|info| info.approval.as_ref())
                {
                    if let OnTimeout::Route(target) = info.on_timeout {
                        self.reach(pc, target, BETWEEN_STEPS)?;
                    }
                    if let OnReject::Route(target) = info.on_reject {
                        self.reach(pc, target, BETWEEN_STEPS)?;
                    }
                }
                self.reach(pc, pc.next(), BETWEEN_STEPS)?;
            }
            FlowOp::WaitEvent { step, .. } => {
                let info = self.program.step(step).and_then(|info| info.event.as_ref());
                if let Some(target) = info.and_then(|info| info.on_timeout) {
                    self.reach(pc, target, BETWEEN_STEPS)?;
                }
                self.reach(pc, pc.next(), BETWEEN_STEPS)?;
            }
            FlowOp::Switch { table, .. } => {
                if let Some(table) = self.program.switches.get(table as usize) {
                    let cases = table.cases.iter().map(|(_, target)| *target);
                    for target in cases.chain(table.default) {
                        self.reach(pc, target, BETWEEN_STEPS)?;
                    }
                }
            }
            FlowOp::Select { target, .. } => self.reach(pc, target, BETWEEN_STEPS)?,
            FlowOp::Store { .. }
            | FlowOp::WaitFor { .. }
            | FlowOp::WaitUntil { .. }
            | FlowOp::Emit { .. } => self.reach(pc, pc.next(), BETWEEN_STEPS)?,
            FlowOp::NoCase { .. } | FlowOp::Finish { .. } | FlowOp::Fail { .. } | FlowOp::End => {}
        }
        Ok(())
    }
}

/// Whether no way leads back to where it was.
fn acyclic(edges: &[Vec<Pc>], entry: Pc) -> Result<()> {
    #[derive(Clone, Copy, PartialEq)]
    enum Mark {
        New,
        Open,
        Done,
    }
    let mut marks = vec![Mark::New; edges.len()];
    let mut path = vec![(entry, 0)];
    while let Some((pc, tried)) = path.last_mut() {
        let (Some(mark), Some(out)) = (marks.get_mut(pc.index()), edges.get(pc.index())) else {
            return error(*pc, "it leads outside the code");
        };
        *mark = Mark::Open;
        let Some(target) = out.get(*tried).copied() else {
            *mark = Mark::Done;
            path.pop();
            continue;
        };
        *tried += 1;
        match marks.get(target.index()) {
            Some(Mark::Open) => return error(*pc, "the run could go round in circles"),
            Some(Mark::New) => path.push((target, 0)),
            Some(Mark::Done) | None => {}
        }
    }
    Ok(())
}

/// The operands on the stack, at most, anywhere in a good program.
#[cfg(test)]
pub(crate) fn most_operands(program: &Program) -> u32 {
    let mut walk = Walk::new(program);
    assert_eq!(walk.run(), Ok(()));
    walk.before.iter().flatten().map(|before| before.depth).max().unwrap_or(0)
}

#[cfg(test)]
mod tests;
