//! Traces: each instruction with its values, and no secret among them.
//!
//! What a secret becomes part of is a secret too. Beside the evaluation's stack the tracer keeps what may be shown of
//! it: of a run's inputs and outputs their redacted form, of a list or a record that is made the same of its parts,
//! and of whatever else is computed from a secret nothing.

use super::disasm::Listing;
use super::eval::{EvalError, Observer, Seen, item_of};
use super::op::{AccessOp, BranchOp, FlowOp, LoadOp, MakeOp, Op, Pc};
use super::schema::REDACTED;
use super::{Program, StepInfo};
use crate::value::{Map, Value};
use std::fmt;
use std::sync::Arc;

/// Longest rendering of a value in a line, in characters.
const VALUE_CHARS_MAX: usize = 60;

/// One instruction that was run, with what may be shown of its values.
#[derive(Debug, Clone, PartialEq)]
pub struct Traced {
    /// Its place.
    pub pc: Pc,
    /// The instruction as `disasm` lists it.
    pub instruction: String,
    /// The operands it took, the last from the top of the stack.
    pub operands: Vec<Value>,
    /// What it left there; of a comprehension that goes on, its item.
    pub results: Vec<Value>,
    /// Where the evaluation went on, when that is not at the next instruction.
    pub jumped: Option<Pc>,
    /// Why it failed.
    pub error: Option<String>,
}

impl fmt::Display for Traced {
    /// One line: the place, the instruction, and `operands -> results`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let values = |values: &[Value]| values.iter().map(shortened).collect::<Vec<_>>().join(", ");
        let (operands, results) = (values(&self.operands), values(&self.results));
        let left = match &self.error {
            Some(error) => format!(" failed: {error}"),
            None if results.is_empty() => String::new(),
            None => format!(" -> {results}"),
        };
        let line = format!("{:>4}  {:<32} {operands}{left}", self.pc.0, self.instruction);
        f.write_str(line.trim_end())
    }
}

fn shortened(value: &Value) -> String {
    let text = value.to_json();
    match text.char_indices().nth(VALUE_CHARS_MAX) {
        Some((end, _)) => format!("{}...", text.get(..end).unwrap_or_default()),
        None => text,
    }
}

/// Watches a run and tells each of its instructions.
pub struct Tracer<'p, F> {
    listing: Listing<'p>,
    program: &'p Program,
    tell: F,
    /// What may be shown of the operands on the stack.
    stack: Vec<Shown>,
    /// The same of the comprehensions.
    loops: Vec<Items>,
    /// The instruction under way, with its operands.
    running: Option<(Pc, Op, Vec<Shown>)>,
    /// Whether an instruction failed over operands of which a part is hidden.
    hid_failure: bool,
}

/// What may be shown of a value.
#[derive(Debug, Clone)]
struct Shown {
    value: Value,
    /// Whether that is not the value itself.
    hidden: bool,
}

/// What may be shown of the items of a comprehension, or of the one value that a name was given.
struct Items {
    over: Shown,
    at: usize,
    is_one: bool,
}

impl Shown {
    fn clear(value: &Value) -> Self {
        Self { value: value.clone(), hidden: false }
    }

    /// Nothing of a value; of null, that it is none.
    fn nothing_of(value: &Value) -> Self {
        if value.is_null() { Self::clear(value) } else { Self::instead_of(value, REDACTED.into()) }
    }

    fn instead_of(value: &Value, shown: Value) -> Self {
        Self { hidden: shown != *value, value: shown }
    }
}

impl<'p, F: FnMut(Traced)> Tracer<'p, F> {
    /// Traces runs of a program; each instruction is given to `tell` when it has been run.
    #[must_use]
    pub fn new(program: &'p Program, tell: F) -> Self {
        Self {
            listing: Listing::new(program, None),
            program,
            tell,
            stack: Vec::new(),
            loops: Vec::new(),
            running: None,
            hid_failure: false,
        }
    }

    fn tell(&mut self, (pc, op, operands): (Pc, Op, &[Shown]), gave: Traced) {
        let operands = operands.iter().map(|shown| shown.value.clone()).collect();
        let instruction = self.listing.instruction(pc, op).trim_end().to_owned();
        (self.tell)(Traced { pc, instruction, operands, ..gave });
    }

    /// What may be shown of what an instruction left.
    fn result(&self, op: Op, operands: &[Shown], value: &Value) -> Shown {
        let any_hidden = operands.iter().any(|operand| operand.hidden);
        match op {
            Op::Load(op) => self.loaded(op, value),
            Op::Access(op) if any_hidden => part(op, operands, self.program, value),
            Op::Make(op) if any_hidden => made(op, operands, value),
            Op::Branch(BranchOp::Present { .. } | BranchOp::NonZero { .. }) => {
                operands.first().cloned().unwrap_or_else(|| Shown::nothing_of(value))
            }
            Op::Flow(_)
            | Op::Access(_)
            | Op::Make(_)
            | Op::Operator(_)
            | Op::Branch(_)
            | Op::Function { .. } => {
                if any_hidden {
                    Shown::nothing_of(value)
                } else {
                    Shown::clear(value)
                }
            }
        }
    }

    fn loaded(&self, op: LoadOp, value: &Value) -> Shown {
        match op {
            LoadOp::Trigger => Shown::instead_of(value, self.program.input.redact(value)),
            LoadOp::Output { step } | LoadOp::OutputOr { step, .. } => {
                match self.program.step(step) {
                    Some(StepInfo { output, .. }) => Shown::instead_of(value, output.redact(value)),
                    None => Shown::nothing_of(value),
                }
            }
            LoadOp::Error { .. } | LoadOp::ErrorOr { .. } => {
                // Nothing declares what is in the body of an error.
                let mut fields = value.as_map().cloned().unwrap_or_default();
                if let Some(body) = fields.get_mut("body").filter(|body| !body.is_null()) {
                    *body = REDACTED.into();
                }
                Shown::instead_of(value, Value::map(fields))
            }
            LoadOp::Local { slot } => match self.loops.get(usize::from(slot)) {
                Some(items) => Shown::instead_of(value, items.current()),
                None => Shown::nothing_of(value),
            },
            LoadOp::Constant { .. }
            | LoadOp::Execution { .. }
            | LoadOp::Workflow { .. }
            | LoadOp::StepId => Shown::clear(value),
        }
    }

    /// Keeps up with the comprehensions; the item of one that goes on.
    fn comprehension(&mut self, op: Op, operands: &[Shown], loops: usize) -> Option<Value> {
        let Op::Branch(op @ (BranchOp::Loop | BranchOp::Bind | BranchOp::Next { .. })) = op else {
            self.loops.truncate(loops);
            return None;
        };
        if matches!(op, BranchOp::Next { .. }) {
            self.loops.truncate(loops);
            let items = self.loops.last_mut()?;
            items.at += 1;
            return Some(items.current());
        }
        let over = operands.first().cloned();
        let over = over.unwrap_or_else(|| Shown { value: REDACTED.into(), hidden: true });
        self.loops.push(Items { over, at: 0, is_one: op == BranchOp::Bind });
        None
    }
}

impl Items {
    /// What may be shown of the item it is at.
    fn current(&self) -> Value {
        let before = self.at.saturating_sub(1);
        match &self.over.value {
            value if self.is_one => value.clone(),
            Value::List(items) => items.get(before).cloned().unwrap_or(Value::Null),
            Value::Map(fields) => fields
                .get_index(before)
                .map_or(Value::Null, |(name, _)| Value::String(Arc::clone(name))),
            _ => REDACTED.into(),
        }
    }
}

impl<F: FnMut(Traced)> Observer for Tracer<'_, F> {
    fn before(&mut self, pc: Pc, op: Op, seen: Seen<'_>) {
        if matches!(op, Op::Flow(FlowOp::Enter { .. })) {
            self.hid_failure = false;
        }
        // A failure that another part may make up for drops what its part had pushed.
        self.loops.truncate(seen.loops);
        let unknown = || Shown { value: REDACTED.into(), hidden: true };
        self.stack.resize_with(seen.operands.len(), unknown);
        let pops = self.stack.len().saturating_sub(op.effect().pops as usize);
        let operands = self.stack.split_off(pops);
        if let Op::Flow(_) = op {
            self.tell((pc, op, &operands), Traced::of(pc));
            self.stack.clear();
        } else {
            self.running = Some((pc, op, operands));
        }
    }

    fn after(&mut self, next: Pc, seen: Seen<'_>) {
        let Some((pc, op, operands)) = self.running.take() else { return };
        let left = seen.operands.get(self.stack.len()..).unwrap_or_default();
        let left: Vec<Shown> = left.iter().map(|v| self.result(op, &operands, v)).collect();
        let item = self.comprehension(op, &operands, seen.loops);
        let results = left.iter().map(|shown| shown.value.clone()).chain(item).collect();
        let jumped = (next != pc.next()).then_some(next);
        self.tell((pc, op, &operands), Traced { results, jumped, ..Traced::of(pc) });
        self.stack.extend(left);
    }

    fn failed(&mut self, error: &EvalError) {
        let Some((pc, op, operands)) = self.running.take() else { return };
        let again = matches!(op, Op::Branch(BranchOp::Conclude { .. }));
        let hides = operands.iter().any(|operand| operand.hidden);
        self.hid_failure |= hides;
        let reveal = if again { !self.hid_failure } else { !hides };
        let error = Some(error.message(reveal));
        self.tell((pc, op, &operands), Traced { error, ..Traced::of(pc) });
    }
}

impl Traced {
    /// An instruction of which nothing is known yet but its place.
    fn of(pc: Pc) -> Self {
        Self {
            pc,
            instruction: String::new(),
            operands: Vec::new(),
            results: Vec::new(),
            jumped: None,
            error: None,
        }
    }
}

/// What may be shown of a part, out of what may be shown of the whole.
fn part(op: AccessOp, operands: &[Shown], program: &Program, value: &Value) -> Shown {
    let found = match (op, operands) {
        (AccessOp::Field { name } | AccessOp::FieldOr { name, .. }, [whole]) => {
            whole.value.get(program.text(name))
        }
        (AccessOp::Has { .. }, [Shown { value: Value::Map(_), .. }]) => {
            return Shown::clear(value);
        }
        (AccessOp::Index | AccessOp::IndexOr { .. }, [whole, index]) if !index.hidden => {
            item_of(&whole.value, &index.value)
        }
        _ => None,
    };
    found.map_or_else(|| Shown::nothing_of(value), |shown| Shown::instead_of(value, shown.clone()))
}

/// What may be shown of a list or a record, out of what may be shown of its parts.
fn made(op: MakeOp, operands: &[Shown], value: &Value) -> Shown {
    let shown = |shown: &Shown| shown.value.clone();
    let made = match (op, operands) {
        (MakeOp::List { .. }, items) => Value::list(items.iter().map(shown).collect()),
        (MakeOp::Record { .. }, fields) => {
            let mut made = Map::new();
            for pair in fields.chunks(2) {
                let [Shown { value: Value::String(name), hidden: false }, field] = pair else {
                    return Shown::nothing_of(value);
                };
                made.insert(Arc::clone(name), shown(field));
            }
            Value::map(made)
        }
        (MakeOp::Append, [Shown { value: Value::List(items), .. }, item]) => {
            Value::list(items.iter().cloned().chain([shown(item)]).collect())
        }
        (
            MakeOp::Insert,
            [
                Shown { value: Value::Map(fields), .. },
                Shown { value: Value::String(name), hidden: false },
                field,
            ],
        ) => {
            let mut made = fields.as_ref().clone();
            made.insert(Arc::clone(name), shown(field));
            Value::map(made)
        }
        (MakeOp::WithStepId { .. }, [Shown { value: Value::Map(fields), .. }]) => {
            // What was added is the step's own id.
            let mut made = value.as_map().cloned().unwrap_or_default();
            fields.iter().for_each(|(name, field)| drop(made.insert(name.clone(), field.clone())));
            Value::map(made)
        }
        (
            MakeOp::Append
            | MakeOp::Insert
            | MakeOp::WithStepId { .. }
            | MakeOp::Text { .. }
            | MakeOp::PathSegment
            | MakeOp::QueryPair { .. }
            | MakeOp::WithQuery { .. },
            _,
        ) => return Shown::nothing_of(value),
    };
    Shown::instead_of(value, made)
}
