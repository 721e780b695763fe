//! Watching an evaluation, instruction by instruction.

use super::EvalError;
use crate::bytecode::op::{Op, Pc};
use crate::value::Value;

/// What watches an evaluation. What it does not want to know of, it leaves out; a run that nobody watches is compiled
/// without any of it.
pub trait Observer {
    /// An instruction is about to be run, or, where it is a flow instruction, done by the machine.
    fn before(&mut self, pc: Pc, op: Op, seen: Seen<'_>) {
        let _ = (pc, op, seen);
    }

    /// It was run, and the evaluation goes on at `next`.
    fn after(&mut self, next: Pc, seen: Seen<'_>) {
        let _ = (next, seen);
    }

    /// It failed; the evaluation ends, unless another part of a verdict may make up for it.
    fn failed(&mut self, error: &EvalError) {
        let _ = error;
    }
}

/// What an evaluation has in hand.
#[derive(Debug, Clone, Copy)]
pub struct Seen<'a> {
    /// The operands on the stack, the last on top.
    pub operands: &'a [Value],
    /// How many comprehensions are under way.
    pub loops: usize,
}

/// Nobody.
pub(super) struct Unobserved;

impl Observer for Unobserved {}
