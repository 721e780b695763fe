//! The machine: a pure function of program, state and event.
//!
//! `(Program, State, Event) -> (State, Transition)`. It does no I/O and reads no clock; time, ids and
//! randomness come in with events. The engine commits a transition's [`Record`]s, with the new state, in one
//! transaction, and performs its [`Effect`]s only after that.

mod event;
mod transition;

pub use event::*;
pub use transition::*;

use crate::time::Millis;
use writ_compiler::value::Value;

/// Why an event was not applied; the state is as it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// The run has ended.
    #[error("the run has ended")]
    Finished,
    /// It answers something that is no longer, or not yet, waited for.
    #[error("nothing waits for this any more")]
    Stale,
    /// A decision, and no approval is pending in that frame.
    #[error("no approval is pending")]
    NotWaiting,
}

/// What a run is started with; recorded before anything else.
#[derive(Debug, Clone, PartialEq)]
pub struct Start {
    /// `exe_...`
    pub execution_id: String,
    /// The caller's own reference.
    pub external_id: Option<String>,
    /// Slug of the workflow, for `workflow.slug`.
    pub workflow_slug: String,
    /// Version of the workflow, for `workflow.version`.
    pub workflow_version: u32,
    /// Source of every id and jitter of the run.
    pub seed: [u8; 16],
    /// When the run was accepted.
    pub at: Millis,
    /// The trigger's inputs, complete (secrets included).
    pub inputs: Value,
}

/// A strand of a run that moves on its own. Today a run has one, numbered 0; parallel branches add more.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
pub struct FrameId(pub u32);

/// The n-th step a run started, from 0: the order of `steps[]` in reads.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
pub struct StepOrdinal(pub u32);

/// A value of a run that is stored once, beside its journal. 0 is the trigger's inputs.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
pub struct PayloadId(pub u32);
