//! States to bytes and back.
//!
//! ```text
//! state version (one byte)  postcard of the State, without values
//! ```
//!
//! Canonical: the same events give the same bytes, on every machine and in every release with this version.

use super::state::{Frame, State, Waits};
use super::{ExecutionStatus, StepStatus};
use std::collections::HashMap;
use writ_compiler::bytecode::{FlowOp, Op, Program};
use writ_compiler::value::Value;

/// The encoding's version. A change of what the machine does with an event makes a new one.
pub const STATE_VERSION: u8 = 1;

/// Why bytes are no state that this release can continue.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StateError {
    /// Written by another release.
    #[error(
        "the run's state has version {found}, and this release knows version {STATE_VERSION}: run the release that wrote it"
    )]
    OtherVersion {
        /// Its version.
        found: u8,
    },
    /// It cannot be decoded, or is not a state of this program.
    #[error("the run's state is damaged: {0}")]
    Damaged(&'static str),
    /// A value that it refers to is not there.
    #[error("the run's value {0} is missing")]
    MissingPayload(u32),
}

impl State {
    /// The state's bytes; equal states give equal bytes.
    #[must_use]
    #[allow(clippy::expect_used, reason = "writing plain data to memory cannot fail")]
    pub fn encode(&self) -> Vec<u8> {
        debug_assert_eq!(self.structure(), Ok(()), "the machine made a state that it would refuse");
        postcard::to_extend(self, vec![STATE_VERSION]).expect("a state is plain data")
    }

    /// Decodes a state of a program, and puts the values of its payloads back. No bytes at all are a run to which
    /// nothing has happened.
    ///
    /// # Errors
    /// When the bytes are no state of this program, or a payload is missing.
    pub fn decode(
        program: &Program,
        bytes: &[u8],
        payloads: &HashMap<u32, Value>,
    ) -> Result<Self, StateError> {
        let Some((version, body)) = bytes.split_first() else { return Ok(Self::new()) };
        if *version != STATE_VERSION {
            return Err(StateError::OtherVersion { found: *version });
        }
        let (mut state, rest): (Self, _) = postcard::take_from_bytes(body)
            .map_err(|_| StateError::Damaged("it cannot be decoded"))?;
        if !rest.is_empty() {
            return Err(StateError::Damaged("bytes follow its end"));
        }
        state.structure().map_err(StateError::Damaged)?;
        state.belongs(program).map_err(StateError::Damaged)?;
        state.fill(payloads).map_err(|id| StateError::MissingPayload(id.0))?;
        Ok(state)
    }

    /// What holds of every state, whatever its program.
    fn structure(&self) -> Result<(), &'static str> {
        if !self.frames.is_sorted_by(|a, b| a.id < b.id) {
            return Err("its frames are not in order");
        }
        let approvals = self.frames.iter().filter(|f| matches!(f.waits, Waits::Approval { .. }));
        let fits = match self.status {
            ExecutionStatus::Pending => self.frames.is_empty() && self.steps.is_empty(),
            ExecutionStatus::Running => !self.frames.is_empty() && approvals.count() == 0,
            ExecutionStatus::AwaitingApproval => approvals.count() > 0,
            ExecutionStatus::Succeeded | ExecutionStatus::Failed | ExecutionStatus::Cancelled => {
                self.frames.is_empty()
            }
        };
        if !fits {
            return Err("its status contradicts its frames");
        }
        let open = |status| matches!(status, StepStatus::Running | StepStatus::AwaitingApproval);
        if self.steps.iter().filter(|run| open(run.status)).count() != self.frames.len() {
            return Err("its open steps are not those of its frames");
        }
        let mut entered: Vec<_> = self.frames.iter().map(|frame| frame.ordinal).collect();
        entered.sort_unstable();
        entered.dedup();
        if entered.len() != self.frames.len() {
            return Err("two of its frames are in one step");
        }
        for frame in &self.frames {
            let run =
                self.step(frame.ordinal).ok_or("a frame is in a step that was not started")?;
            let approval = matches!(frame.waits, Waits::Approval { .. });
            let status = if approval { StepStatus::AwaitingApproval } else { StepStatus::Running };
            if run.status != status {
                return Err("a frame's step has another status");
            }
            let attempts_fit = match frame.waits {
                Waits::Call { attempt } => attempt >= 1 && attempt == run.attempts,
                Waits::Retry { .. } => run.attempts >= 1,
                Waits::Time { .. } | Waits::Approval { .. } | Waits::Event { .. } => true,
            };
            let calls = matches!(frame.waits, Waits::Call { .. } | Waits::Retry { .. });
            if !attempts_fit || calls && run.input.is_none() {
                return Err("a frame's call lacks its input, or counts other attempts");
            }
        }
        for run in &self.steps {
            let body = run.error.as_ref().and_then(|error| error.body.as_ref());
            let mut kept = [run.input.as_ref(), run.output.as_ref(), body].into_iter().flatten();
            if kept.any(|kept| kept.id.0 == 0 || kept.id.0 >= self.payloads) {
                return Err("it refers to a value that it did not name");
            }
        }
        Ok(())
    }

    /// Whether it can be a state of a run of this program.
    fn belongs(&self, program: &Program) -> Result<(), &'static str> {
        if self.steps.iter().any(|run| program.step(run.step).is_none()) {
            return Err("it has a step that its program has not");
        }
        if self.frames.iter().any(|frame| !parked_fits(self, program, frame)) {
            return Err("it is parked where its program does not park");
        }
        Ok(())
    }
}

/// Whether a frame is at an instruction of its step that waits for what the frame waits for.
fn parked_fits(state: &State, program: &Program, frame: &Frame) -> bool {
    let (Some(Op::Flow(op)), Some(run)) = (program.op(frame.pc), state.step(frame.ordinal)) else {
        return false;
    };
    let waits = match op {
        FlowOp::Call { .. } => matches!(frame.waits, Waits::Call { .. } | Waits::Retry { .. }),
        FlowOp::WaitFor { .. } | FlowOp::WaitUntil { .. } => {
            matches!(frame.waits, Waits::Time { .. })
        }
        FlowOp::WaitEvent { .. } => matches!(frame.waits, Waits::Event { .. }),
        FlowOp::Approve { .. } => matches!(frame.waits, Waits::Approval { .. }),
        FlowOp::Enter { .. }
        | FlowOp::Switch { .. }
        | FlowOp::Select { .. }
        | FlowOp::NoCase { .. }
        | FlowOp::Store { .. }
        | FlowOp::Emit { .. }
        | FlowOp::Finish { .. }
        | FlowOp::Fail { .. }
        | FlowOp::End => false,
    };
    waits && op.step() == Some(run.step)
}
