//! The instruction set. One linear vector holds what steps do (flow) and what expressions compute.
//!
//! Expressions run on a stack of operands; each instruction says what it pops and pushes (`a, b -> c`, top last).
//! Flow instructions stand where a run can be made durable: they use up the whole stack.

mod access;
mod branch;
mod effect;
mod flow;
mod function;
mod load;
mod make;
mod operator;
mod signature;

pub use access::AccessOp;
pub use branch::BranchOp;
pub use flow::FlowOp;
pub use function::{Function, NAMESPACES};
pub use load::{ExecutionField, LoadOp, WorkflowField};
pub use make::MakeOp;
pub use operator::Operator;
pub use signature::{Form, Gives, Kind, Overload, Signature};

use serde::{Deserialize, Serialize};

/// The place of an instruction in its program.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize,
)]
pub struct Pc(pub u32);

impl Pc {
    /// The place, for slices.
    #[must_use]
    pub fn index(self) -> usize {
        self.0 as usize
    }

    /// The next instruction.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

/// A constant, by its place in the program's pool.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ConstantIx(pub u32);

/// One instruction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Op {
    /// Steps: what the machine does.
    Flow(FlowOp),
    /// Pushes a constant, or something that the run knows.
    Load(LoadOp),
    /// Into a value.
    Access(AccessOp),
    /// A new value out of operands.
    Make(MakeOp),
    /// `a, b -> a op b`, or `a -> op a`.
    Operator(Operator),
    /// Moves within one expression, or between steps.
    Branch(BranchOp),
    /// Calls a built-in function: `a1, ..., an -> result`.
    Function {
        /// Which.
        function: Function,
        /// How many operands.
        argc: u8,
    },
}

impl Op {
    /// The first format that has it. A reader of an older one must refuse a program with it, and does by the format.
    #[must_use]
    pub fn since(self) -> u16 {
        match self {
            Self::Flow(FlowOp::WaitEvent { .. }) => 2,
            Self::Branch(
                BranchOp::Verdict
                | BranchOp::Attempt { .. }
                | BranchOp::SettleAnd { .. }
                | BranchOp::SettleOr { .. }
                | BranchOp::Conclude { .. }
                | BranchOp::Bind
                | BranchOp::NonZero { .. },
            )
            | Self::Make(MakeOp::Insert) => 3,
            Self::Function { function, .. } if function > Function::Absent => 3,
            Self::Flow(_)
            | Self::Load(_)
            | Self::Access(_)
            | Self::Make(_)
            | Self::Operator(_)
            | Self::Branch(_)
            | Self::Function { .. } => 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instructions_are_small() {
        assert!(size_of::<Op>() <= 16, "{}", size_of::<Op>());
    }
}
