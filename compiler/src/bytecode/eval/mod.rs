//! Evaluation of the expression part of a program: from an instruction up to the next flow instruction.
//!
//! Pure: what the expressions can see comes in through a [`Scope`], what they may use up is a [`Budget`]. Safe on
//! any program, verified or not: a missing operand is an error, never a panic.

mod access;
mod alone;
mod arithmetic;
mod convert;
mod error;
mod format;
mod function;
mod lists;
mod make;
mod math;
mod moment;
mod observe;
mod strings;
mod text;
mod verdict;

pub(crate) use access::item_of;
pub use alone::Alone;
pub use error::EvalError;
pub use observe::{Observer, Seen};
pub(crate) use text::percent_encoded;
pub use text::text_of;

use super::Program;
use super::op::{BranchOp, ExecutionField, FlowOp, LoadOp, Op, Operator, Pc, WorkflowField};
use crate::limits::{EVAL_BYTES_MAX, FUEL_MAX};
use crate::value::pattern::Pattern;
use crate::value::{Map, Value};
use arithmetic::Integers;
use error::Problem;
use observe::Unobserved;
use std::sync::Arc;
use verdict::Verdict;

/// Operands that there is room for at first; most expressions have fewer.
const STACK: usize = 8;

/// What expressions can see.
pub trait Scope {
    /// The trigger's inputs.
    fn trigger(&self) -> &Value;
    /// A step's output, when it has one.
    fn output(&self, step: u32) -> Option<&Value>;
    /// How a step failed, as a record, when it did.
    fn error(&self, step: u32) -> Option<Value>;
    /// A field of `execution`.
    fn execution(&self, field: ExecutionField) -> Value;
    /// A field of `workflow`.
    fn workflow(&self, field: WorkflowField) -> Value;
    /// The running step's `stp_` id.
    fn step_id(&self) -> Arc<str>;
    /// The step's recorded time, in nanoseconds since the Unix epoch.
    fn now(&self) -> i128;
    /// 128 bits for the n-th `uuid()` of the step; the same whenever it is evaluated again.
    fn uuid_bits(&self, n: u32) -> u128;
}

/// What the expressions of one transition may use up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    /// Units of work left.
    pub fuel: u64,
    /// Bytes left that may be made.
    pub bytes: u64,
}

impl Default for Budget {
    /// The limits of one transition.
    fn default() -> Self {
        Self { fuel: FUEL_MAX, bytes: EVAL_BYTES_MAX }
    }
}

/// Where evaluation stopped: at a flow instruction, with its operands.
#[derive(Debug, Clone, PartialEq)]
pub struct Stopped {
    /// The instruction's place.
    pub at: Pc,
    /// The instruction.
    pub op: FlowOp,
    /// The operands, last on top.
    pub operands: Vec<Value>,
}

/// Evaluates from `from` up to the next flow instruction.
///
/// # Errors
///
/// When an expression fails or the budget is used up.
pub fn run(
    program: &Program,
    from: Pc,
    scope: &impl Scope,
    budget: &mut Budget,
) -> Result<Stopped, EvalError> {
    run_observed(program, from, scope, budget, &mut Unobserved)
}

/// [`run`], watched.
///
/// # Errors
///
/// When an expression fails or the budget is used up.
pub fn run_observed<O: Observer + ?Sized>(
    program: &Program,
    from: Pc,
    scope: &impl Scope,
    budget: &mut Budget,
    observer: &mut O,
) -> Result<Stopped, EvalError> {
    let mut evaluator = Evaluator {
        program,
        scope,
        budget,
        stack: Vec::with_capacity(STACK),
        loops: Vec::new(),
        verdicts: Vec::new(),
        patterns: Vec::new(),
        uuids: 0,
    };
    let mut pc = from;
    loop {
        let Some(op) = program.op(pc) else {
            return Err(EvalError::new(pc, Problem::damaged()));
        };
        observer.before(pc, op, evaluator.seen());
        if let Op::Flow(op) = op {
            return Ok(Stopped { at: pc, op, operands: evaluator.stack });
        }
        match evaluator.step(pc, op) {
            Ok(next) => {
                observer.after(next, evaluator.seen());
                pc = next;
            }
            Err(problem) => {
                let error = EvalError::new(pc, problem);
                observer.failed(&error);
                pc = evaluator.absorb(error).map_err(|error| error.with_path(program))?;
            }
        }
    }
}

/// The operands and comprehensions of one expression.
struct Evaluator<'a, S> {
    program: &'a Program,
    scope: &'a S,
    budget: &'a mut Budget,
    stack: Vec<Value>,
    loops: Vec<Loop>,
    verdicts: Vec<Verdict>,
    patterns: Vec<(Arc<str>, Pattern)>,
    uuids: u32,
}

/// A comprehension under way.
struct Loop {
    items: Items,
    at: usize,
    current: Value,
}

enum Items {
    List(Arc<Vec<Value>>),
    Keys(Arc<Map>),
}

type Outcome<T> = Result<T, Problem>;

impl<S: Scope> Evaluator<'_, S> {
    fn seen(&self) -> Seen<'_> {
        Seen { operands: &self.stack, loops: self.loops.len() }
    }

    /// Runs one instruction; where to go on.
    fn step(&mut self, pc: Pc, op: Op) -> Outcome<Pc> {
        self.burn(1)?;
        match op {
            // `run` stops before these.
            Op::Flow(_) => return Err(Problem::damaged()),
            Op::Load(op) => {
                if let Some(absent) = self.load(op)? {
                    return Ok(absent);
                }
            }
            Op::Access(op) => {
                if let Some(absent) = self.access(op)? {
                    return Ok(absent);
                }
            }
            Op::Make(op) => self.make(op)?,
            Op::Operator(op) => self.operator(op)?,
            Op::Branch(op) => {
                if let Some(target) = self.branch(op)? {
                    return Ok(target);
                }
            }
            Op::Function { function, argc } => self.function(function, argc)?,
        }
        Ok(pc.next())
    }

    /// Uses up work.
    fn burn(&mut self, units: u64) -> Outcome<()> {
        self.budget.fuel = self
            .budget
            .fuel
            .checked_sub(units)
            .ok_or_else(|| Problem::limit("it takes too long"))?;
        Ok(())
    }

    /// Uses up the work of looking at the whole of a value.
    fn look_at(&mut self, value: &Value) -> Outcome<()> {
        self.burn(weight(value, self.budget.fuel))
    }

    /// Uses up bytes that are about to be made, and the work of making them.
    fn allocate(&mut self, bytes: usize) -> Outcome<()> {
        let bytes = bytes as u64;
        self.burn(bytes / 64)?;
        self.budget.bytes = self
            .budget
            .bytes
            .checked_sub(bytes)
            .ok_or_else(|| Problem::limit("it makes too much data"))?;
        Ok(())
    }

    fn pop(&mut self) -> Outcome<Value> {
        self.stack.pop().ok_or_else(Problem::damaged)
    }

    /// The last `len` operands, in the order they were pushed.
    fn pop_many(&mut self, len: usize) -> Outcome<Vec<Value>> {
        let at = self.stack.len().checked_sub(len).ok_or_else(Problem::damaged)?;
        Ok(self.stack.split_off(at))
    }

    fn pop_bool(&mut self) -> Outcome<bool> {
        match self.pop()? {
            Value::Bool(value) => Ok(value),
            other => Err(Problem::met("a bool is needed here", other)),
        }
    }

    /// Loads a value, or says where to go on without it.
    fn load(&mut self, op: LoadOp) -> Outcome<Option<Pc>> {
        let value = match op {
            LoadOp::Constant { constant } => {
                self.program.constant(constant).ok_or_else(Problem::damaged)?.value()
            }
            LoadOp::Trigger => self.scope.trigger().clone(),
            LoadOp::Output { step } => match self.scope.output(step) {
                Some(output) => output.clone(),
                None => return Err(Problem::new("the step has no output on this path")),
            },
            LoadOp::OutputOr { step, absent } => match self.scope.output(step) {
                Some(output) => output.clone(),
                None => return Ok(Some(absent)),
            },
            LoadOp::Error { step } => match self.scope.error(step) {
                Some(error) => error,
                None => return Err(Problem::new("the step did not fail on this path")),
            },
            LoadOp::ErrorOr { step, absent } => match self.scope.error(step) {
                Some(error) => error,
                None => return Ok(Some(absent)),
            },
            LoadOp::Execution { field } => self.scope.execution(field),
            LoadOp::Workflow { field } => self.scope.workflow(field),
            LoadOp::StepId => Value::String(self.scope.step_id()),
            LoadOp::Local { slot } => {
                let current = self.loops.get(usize::from(slot)).map(|l| l.current.clone());
                current.ok_or_else(Problem::damaged)?
            }
        };
        self.stack.push(value);
        Ok(None)
    }

    /// Moves: `Some` when it does not go on to the next instruction.
    fn branch(&mut self, op: BranchOp) -> Outcome<Option<Pc>> {
        match op {
            BranchOp::Jump { target } => return Ok(Some(target)),
            BranchOp::Unless { target } => {
                if !self.pop_bool()? {
                    return Ok(Some(target));
                }
            }
            BranchOp::And { end } => {
                if !self.pop_bool()? {
                    self.stack.push(Value::Bool(false));
                    return Ok(Some(end));
                }
            }
            BranchOp::Or { end } => {
                if self.pop_bool()? {
                    self.stack.push(Value::Bool(true));
                    return Ok(Some(end));
                }
            }
            BranchOp::Bool => {
                let value = self.pop_bool()?;
                self.stack.push(Value::Bool(value));
            }
            BranchOp::Present { end } => {
                let value = self.pop()?;
                if !value.is_null() {
                    self.stack.push(value);
                    return Ok(Some(end));
                }
            }
            BranchOp::Drop => drop(self.pop()?),
            BranchOp::Loop => {
                let items = match self.pop()? {
                    Value::List(items) => Items::List(items),
                    Value::Map(map) => Items::Keys(map),
                    other => return Err(Problem::met("a list or a record is needed here", other)),
                };
                self.loops.push(Loop { items, at: 0, current: Value::Null });
            }
            BranchOp::Next { done, .. } => {
                let this = self.loops.last_mut().ok_or_else(Problem::damaged)?;
                let item = match &this.items {
                    Items::List(items) => items.get(this.at).cloned(),
                    Items::Keys(map) => {
                        map.get_index(this.at).map(|(key, _)| Value::String(Arc::clone(key)))
                    }
                };
                let Some(item) = item else {
                    self.loops.pop();
                    return Ok(Some(done));
                };
                this.current = item;
                this.at += 1;
            }
            BranchOp::Break => drop(self.loops.pop().ok_or_else(Problem::damaged)?),
            BranchOp::Verdict => self.verdicts.push(Verdict::default()),
            BranchOp::Attempt { failed } => self.attempt(failed)?,
            BranchOp::SettleAnd { end } => {
                if self.settle(false)? {
                    return Ok(Some(end));
                }
            }
            BranchOp::SettleOr { end } => {
                if self.settle(true)? {
                    return Ok(Some(end));
                }
            }
            BranchOp::Conclude { value } => self.conclude(value)?,
            BranchOp::Bind => {
                let current = self.pop()?;
                self.loops.push(Loop { items: Items::List(Arc::default()), at: 0, current });
            }
            BranchOp::NonZero { absent } => {
                let value = self.pop()?;
                if is_zero(&value) {
                    return Ok(Some(absent));
                }
                self.stack.push(value);
            }
        }
        Ok(None)
    }

    fn operator(&mut self, op: Operator) -> Outcome<()> {
        let integers = Integers::of(self.program.semantics);
        let result = if op.arity() == 1 {
            let operand = self.pop()?;
            arithmetic::unary(op, &operand, integers)?
        } else {
            let (b, a) = (self.pop()?, self.pop()?);
            // What is compared, searched or joined may be large.
            let left = weight(&a, self.budget.fuel);
            self.burn(left.saturating_add(weight(&b, self.budget.fuel)))?;
            if op == Operator::Add {
                self.allocate(arithmetic::joined_bytes(&a, &b))?;
            }
            arithmetic::binary(op, a, b, integers)?
        };
        self.stack.push(result);
        Ok(())
    }
}

/// What an operator makes of its operands; `None` where it fails, or does not take so many.
pub(crate) fn apply(op: Operator, mut operands: Vec<Value>) -> Option<Value> {
    let last = operands.pop()?;
    match (op.arity(), operands.pop()) {
        (1, None) => arithmetic::unary(op, &last, Integers::Typed).ok(),
        (2, Some(first)) => arithmetic::binary(op, first, last, Integers::Typed).ok(),
        _ => None,
    }
}

/// Whether a value is the one that its type has when nothing was said.
fn is_zero(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(value) => !value,
        Value::Int(value) => *value == 0,
        Value::Uint(value) => *value == 0,
        Value::Double(value) => *value == 0.0,
        Value::String(text) => text.is_empty(),
        Value::Bytes(bytes) => bytes.is_empty(),
        Value::List(items) => items.is_empty(),
        Value::Map(map) => map.is_empty(),
        Value::Timestamp(ns) | Value::Duration(ns) => *ns == 0,
    }
}

/// The work of looking at the whole of a value. What exceeds `most` is not gone through to its end: parts that are shared
/// count as often as they are met, and so a small value may have any number of them.
fn weight(value: &Value, most: u64) -> u64 {
    match value {
        Value::Null
        | Value::Bool(_)
        | Value::Int(_)
        | Value::Uint(_)
        | Value::Double(_)
        | Value::Timestamp(_)
        | Value::Duration(_) => 1,
        Value::String(text) => 1 + text.len() as u64 / 64,
        Value::Bytes(bytes) => 1 + bytes.len() as u64 / 64,
        Value::List(items) => weight_of_all(items.iter(), most),
        Value::Map(map) => weight_of_all(map.values(), most),
    }
}

fn weight_of_all<'v>(values: impl Iterator<Item = &'v Value>, most: u64) -> u64 {
    let mut total = 1_u64;
    for value in values {
        let Some(left) = most.checked_sub(total) else { break };
        total = total.saturating_add(weight(value, left));
    }
    total
}

#[cfg(test)]
pub(crate) mod tests;
