//! What an instruction does to the stack of operands and to the comprehensions around it.

use super::{AccessOp, BranchOp, FlowOp, LoadOp, MakeOp, Op, Pc};

/// The effect of one instruction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Effect {
    /// Operands it takes.
    pub(crate) pops: u32,
    /// Operands it leaves when it goes on to the next instruction; `None` when it never does.
    pub(crate) next: Option<u32>,
    /// Where else it may go, and the operands it leaves then.
    pub(crate) branch: Option<(Pc, u32)>,
}

impl Op {
    /// Its effect on the operands.
    pub(crate) fn effect(self) -> Effect {
        let plain = |pops, pushes| Effect { pops, next: Some(pushes), branch: None };
        let or = |pops, pushes, target, left| Effect {
            pops,
            next: Some(pushes),
            branch: Some((target, left)),
        };
        match self {
            Self::Flow(op) => {
                Effect { pops: op.pops(), next: op.falls_through().then_some(0), branch: None }
            }
            Self::Load(op) => match op {
                LoadOp::OutputOr { absent, .. } | LoadOp::ErrorOr { absent, .. } => {
                    or(0, 1, absent, 0)
                }
                LoadOp::Constant { .. }
                | LoadOp::Trigger
                | LoadOp::Output { .. }
                | LoadOp::Error { .. }
                | LoadOp::Execution { .. }
                | LoadOp::Workflow { .. }
                | LoadOp::StepId
                | LoadOp::Local { .. } => plain(0, 1),
            },
            Self::Access(op) => match op {
                AccessOp::Field { .. } | AccessOp::Has { .. } => plain(1, 1),
                AccessOp::FieldOr { absent, .. } => or(1, 1, absent, 0),
                AccessOp::Index => plain(2, 1),
                AccessOp::IndexOr { absent } => or(2, 1, absent, 0),
            },
            Self::Make(op) => match op {
                MakeOp::List { len } | MakeOp::Text { len } => plain(len, 1),
                MakeOp::Record { len } => plain(len.saturating_mul(2), 1),
                MakeOp::Append => plain(2, 1),
                MakeOp::Insert => plain(3, 1),
                MakeOp::PathSegment | MakeOp::QueryPair { .. } | MakeOp::WithStepId { .. } => {
                    plain(1, 1)
                }
                MakeOp::WithQuery { len } => plain(len.saturating_add(1), 1),
            },
            Self::Operator(op) => plain(op.arity(), 1),
            Self::Branch(op) => match op {
                BranchOp::Jump { target } => {
                    Effect { pops: 0, next: None, branch: Some((target, 0)) }
                }
                BranchOp::Unless { target } => or(1, 0, target, 0),
                BranchOp::And { end } | BranchOp::Or { end } | BranchOp::Present { end } => {
                    or(1, 0, end, 1)
                }
                BranchOp::Bool => plain(1, 1),
                BranchOp::Drop | BranchOp::Loop | BranchOp::Bind => plain(1, 0),
                BranchOp::Next { done, .. } => or(0, 0, done, 0),
                BranchOp::Break | BranchOp::Verdict => plain(0, 0),
                BranchOp::Attempt { failed } => or(0, 0, failed, 0),
                BranchOp::SettleAnd { end } | BranchOp::SettleOr { end } => or(1, 0, end, 1),
                BranchOp::Conclude { .. } => plain(0, 1),
                BranchOp::NonZero { absent } => or(1, 1, absent, 0),
            },
            Self::Function { argc, .. } => plain(u32::from(argc), 1),
        }
    }
}

impl FlowOp {
    /// Operands it takes.
    fn pops(self) -> u32 {
        match self {
            Self::Enter { .. } | Self::Select { .. } | Self::NoCase { .. } | Self::End => 0,
            Self::Switch { .. }
            | Self::Store { .. }
            | Self::WaitFor { .. }
            | Self::WaitUntil { .. } => 1,
            Self::Call { headers, body, .. } => 1 + u32::from(headers) + u32::from(body),
            Self::Emit { payload, .. } => u32::from(payload),
            Self::WaitEvent { correlation, .. } => u32::from(correlation),
            Self::Approve { label, data, .. } => u32::from(label) + u32::from(data),
            Self::Finish { output, .. } => u32::from(output),
            Self::Fail { message, .. } => u32::from(message),
        }
    }

    /// Whether the run may go on at the next instruction.
    fn falls_through(self) -> bool {
        match self {
            Self::Enter { .. }
            | Self::Call { .. }
            | Self::Store { .. }
            | Self::WaitFor { .. }
            | Self::WaitUntil { .. }
            | Self::WaitEvent { .. }
            | Self::Emit { .. }
            | Self::Approve { .. } => true,
            Self::Switch { .. }
            | Self::Select { .. }
            | Self::NoCase { .. }
            | Self::Finish { .. }
            | Self::Fail { .. }
            | Self::End => false,
        }
    }

    /// The step it belongs to.
    #[must_use]
    pub fn step(self) -> Option<u32> {
        match self {
            Self::Enter { step }
            | Self::Call { step, .. }
            | Self::Switch { step, .. }
            | Self::Select { step, .. }
            | Self::NoCase { step }
            | Self::Store { step }
            | Self::WaitFor { step }
            | Self::WaitUntil { step }
            | Self::WaitEvent { step, .. }
            | Self::Emit { step, .. }
            | Self::Approve { step, .. }
            | Self::Finish { step, .. }
            | Self::Fail { step, .. } => Some(step),
            Self::End => None,
        }
    }
}
