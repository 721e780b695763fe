//! Loads: constants, and what the run knows.

use super::{ConstantIx, Pc};
use serde::{Deserialize, Serialize};

/// Pushes one value. `-> value`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum LoadOp {
    /// A constant.
    Constant {
        /// Which.
        constant: ConstantIx,
    },
    /// The trigger's inputs.
    Trigger,
    /// A step's output; an error when the step has none on this path.
    Output {
        /// The step.
        step: u32,
    },
    /// A step's output, or, when it has none on this path, nothing and on to `absent`.
    OutputOr {
        /// The step.
        step: u32,
        /// Where to go on without it.
        absent: Pc,
    },
    /// How a step failed: `{code, message, status, body}`; an error when it did not.
    Error {
        /// The step.
        step: u32,
    },
    /// How a step failed, or, when it did not, nothing and on to `absent`.
    ErrorOr {
        /// The step.
        step: u32,
        /// Where to go on without it.
        absent: Pc,
    },
    /// Something about the run.
    Execution {
        /// What.
        field: ExecutionField,
    },
    /// Something about the workflow.
    Workflow {
        /// What.
        field: WorkflowField,
    },
    /// The running step's own `stp_` id.
    StepId,
    /// The item that a comprehension is at.
    Local {
        /// The comprehension, counted from the outermost.
        slot: u16,
    },
}

/// Fields of `execution`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ExecutionField {
    /// `execution.id`
    Id,
    /// `execution.externalId`; null when the caller gave none.
    ExternalId,
    /// `execution.startedAt`
    StartedAt,
}

/// Fields of `workflow`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum WorkflowField {
    /// `workflow.slug`
    Slug,
    /// `workflow.version`
    Version,
}
