//! What the engine needs of a store, in terms of runs, effects and events; no SQLite type in it.

use crate::machine::{Event, ExecutionStatus, FrameId, Record, Start, StepOrdinal};
use crate::time::Millis;
use std::collections::HashMap;
use std::future::Future;
use writ_compiler::bytecode::ProgramHash;
use writ_compiler::value::Value;

/// A run's key in the store; smaller than its `exe_` id and in order of acceptance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RunKey(pub i64);

/// Who caused a transition, for the audit row.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Actor {
    /// `usr_...`, when the key names one.
    pub user_id: Option<String>,
    /// The API key's id, when a request caused it.
    pub key_id: Option<String>,
}

/// One transition, to be committed as a whole or not at all.
#[derive(Debug, Clone)]
pub struct Commit {
    /// The run.
    pub run: RunKey,
    /// The journal's next sequence number; a mismatch means that another worker moved the run, and is refused.
    pub seq: u64,
    /// What happened.
    pub event: Event,
    /// Who caused it, when a request did.
    pub actor: Option<Actor>,
    /// What it led to, in order.
    pub records: Vec<Record>,
    /// The run's status afterwards.
    pub status: ExecutionStatus,
    /// The new state, encoded.
    pub state: Vec<u8>,
}

/// A run as loaded to be continued.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredRun {
    /// Its key.
    pub run: RunKey,
    /// `exe_...`
    pub execution_id: String,
    /// The program it is pinned to.
    pub program: ProgramHash,
    /// Its status.
    pub status: ExecutionStatus,
    /// What it was started with.
    pub start: Start,
    /// The journal's next sequence number.
    pub seq: u64,
    /// The state as last committed; empty while no event has been applied.
    pub state: Vec<u8>,
    /// The payloads that the state may refer to, by [`PayloadId`](crate::machine::PayloadId), secrets included:
    /// outputs, kept error bodies, and the inputs of calls that have not ended. The trigger's inputs are in `start`.
    pub payloads: HashMap<u32, Value>,
}

/// What is left to do after a restart.
#[derive(Debug, Clone, Default)]
pub struct Unfinished {
    /// Runs that are pending, or running and waiting for neither a timer nor an event; by rising key.
    pub runnable: Vec<RunKey>,
    /// The next timer, when there is one.
    pub next_timer: Option<Millis>,
}

/// A timer that is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct DueTimer {
    /// The run it wakes.
    pub run: RunKey,
    /// The frame that set it.
    pub frame: FrameId,
    /// Which of the frame's timers.
    pub timer: u32,
    /// When it was due.
    pub due: Millis,
}

/// An event from outside, on its way to a run that waits for it.
#[derive(Debug, Clone, PartialEq)]
pub struct Arrival {
    /// The run.
    pub run: RunKey,
    /// The frame that waits.
    pub frame: FrameId,
    /// The step that waits.
    pub ordinal: StepOrdinal,
    /// What the event carries.
    pub data: Value,
}

/// Why the journal refused or failed.
#[derive(Debug, Clone, thiserror::Error)]
pub enum JournalError {
    /// Another worker moved the run.
    #[error("the run has moved on")]
    Conflict,
    /// No such run.
    #[error("no such run")]
    NotFound,
    /// The disk is full, the file is damaged, the database is closed. Nothing was written.
    #[error("{0}")]
    Unavailable(String),
}

/// Durable memory of runs.
pub trait Journal: Send + Sync + 'static {
    /// Commits a transition durably; when this returns, it is on disk.
    fn commit(&self, commit: Commit) -> impl Future<Output = Result<(), JournalError>> + Send;
    /// Loads a run to continue it.
    fn load(&self, run: RunKey) -> impl Future<Output = Result<StoredRun, JournalError>> + Send;
    /// The bytes of a program.
    fn program(
        &self,
        hash: ProgramHash,
    ) -> impl Future<Output = Result<Vec<u8>, JournalError>> + Send;
    /// What is left to do, at most `limit` runs after `after`.
    fn unfinished(
        &self,
        after: RunKey,
        limit: usize,
    ) -> impl Future<Output = Result<Unfinished, JournalError>> + Send;
    /// Timers due at or before `at`, oldest first, at most `limit`, but for those of frames to which an event is on its way; and the time of the one after those.
    fn due_timers(
        &self,
        at: Millis,
        limit: usize,
    ) -> impl Future<Output = Result<(Vec<DueTimer>, Option<Millis>), JournalError>> + Send;
    /// Events on their way to runs, oldest first, at most `limit`. Committing that one was received, or that its wait is
    /// over, takes it from these.
    fn arrivals(
        &self,
        limit: usize,
    ) -> impl Future<Output = Result<Vec<Arrival>, JournalError>> + Send;
}
