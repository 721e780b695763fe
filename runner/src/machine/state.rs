//! The state of a run: the frames it is parked in, and what its steps came to.

use super::{ExecutionStatus, FrameId, PayloadId, StepOrdinal, StepStatus};
use crate::time::Millis;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::sync::Arc;
use writ_compiler::bytecode::Pc;
use writ_compiler::value::Value;

/// A run between two events. What it holds of values are their ids when it is encoded, and the values besides in memory.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct State {
    pub(super) status: ExecutionStatus,
    /// The latest time an event brought; time never goes back within a run.
    pub(super) at: Millis,
    /// Parked strands, by rising id.
    pub(super) frames: Vec<Frame>,
    /// Every step that was started, by ordinal.
    pub(super) steps: Vec<StepRun>,
    /// Payloads named so far; the trigger's inputs are the first.
    pub(super) payloads: u32,
    /// Bytes of all values kept so far.
    pub(super) bytes: u64,
}

/// A strand of the run, parked at a flow instruction.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Frame {
    pub(super) id: FrameId,
    /// The step it is in.
    pub(super) ordinal: StepOrdinal,
    /// The flow instruction it is parked at.
    pub(super) pc: Pc,
    /// Timers it has set so far; the last one is the only one that counts.
    pub(super) timers: u32,
    pub(super) waits: Waits,
}

/// What a frame waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Waits {
    /// The outcome of an attempt that was made.
    Call { attempt: u32 },
    /// The time of the next attempt.
    Retry { due: Millis },
    /// A point in time.
    Time { due: Millis },
    /// A person, until a point in time when there is one.
    Approval { due: Option<Millis> },
    /// An event, until a point in time when there is one.
    Event { due: Option<Millis> },
}

impl Waits {
    /// When the frame's timer is due, if it has one.
    pub(super) fn due(self) -> Option<Millis> {
        match self {
            Self::Call { .. } => None,
            Self::Retry { due } | Self::Time { due } => Some(due),
            Self::Approval { due } | Self::Event { due } => due,
        }
    }
}

/// A step that was started.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct StepRun {
    /// Index into the program's steps.
    pub(super) step: u32,
    /// When it began: its `now()`, and part of its id.
    pub(super) at: Millis,
    pub(super) status: StepStatus,
    /// Attempts begun.
    pub(super) attempts: u32,
    /// What an open call sends.
    pub(super) input: Option<Kept>,
    pub(super) output: Option<Kept>,
    /// How it failed, when the run went on.
    pub(super) error: Option<StepError>,
}

/// How a step failed, as the program can read it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct StepError {
    pub(super) code: Arc<str>,
    pub(super) message: Arc<str>,
    pub(super) status: Option<u16>,
    pub(super) body: Option<Kept>,
}

/// A value that is kept: its id, and in memory the value itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Kept {
    pub(super) id: PayloadId,
    #[serde(skip, default = "absent")]
    pub(super) value: Value,
}

fn absent() -> Value {
    Value::Null
}

impl Default for State {
    fn default() -> Self {
        Self::new()
    }
}

impl State {
    /// The state of a run that was accepted and to which nothing has happened.
    #[must_use]
    pub fn new() -> Self {
        Self {
            status: ExecutionStatus::Pending,
            at: Millis(i64::MIN),
            frames: Vec::new(),
            steps: Vec::new(),
            payloads: 1,
            bytes: 0,
        }
    }

    /// The run's status.
    #[must_use]
    pub fn status(&self) -> ExecutionStatus {
        self.status
    }

    /// Whether the run has ended.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        self.status.is_terminal()
    }

    /// The latest time that an event brought; a later event should not be recorded under an earlier one.
    #[must_use]
    pub fn at(&self) -> Millis {
        self.at
    }

    /// The frame that waits for an approval of this step, when one does.
    #[must_use]
    pub fn approval_frame(&self, ordinal: StepOrdinal) -> Option<FrameId> {
        let waits = |frame: &&Frame| {
            frame.ordinal == ordinal && matches!(frame.waits, Waits::Approval { .. })
        };
        self.frames.iter().find(waits).map(|frame| frame.id)
    }

    pub(super) fn step(&self, ordinal: StepOrdinal) -> Option<&StepRun> {
        self.steps.get(ordinal.0 as usize)
    }

    /// The last run of a step of the program.
    pub(super) fn latest(&self, step: u32) -> Option<&StepRun> {
        self.steps.iter().rev().find(|run| run.step == step)
    }

    /// Puts the values back that the encoding left out; the id of one that is missing, when one is.
    pub(super) fn fill(&mut self, payloads: &HashMap<u32, Value>) -> Result<(), PayloadId> {
        for run in &mut self.steps {
            let body = run.error.as_mut().and_then(|error| error.body.as_mut());
            for kept in [run.input.as_mut(), run.output.as_mut(), body].into_iter().flatten() {
                kept.value = payloads.get(&kept.id.0).ok_or(kept.id)?.clone();
            }
        }
        Ok(())
    }
}

impl ExecutionStatus {
    /// Whether nothing can follow it.
    #[must_use]
    pub fn is_terminal(self) -> bool {
        match self {
            Self::Pending | Self::Running | Self::AwaitingApproval => false,
            Self::Succeeded | Self::Failed | Self::Cancelled => true,
        }
    }
}
