//! The engine from outside: submit a run, deliver an event to one, look at its health, drain it.

use super::{Actor, RunKey, StoredRun};
use crate::machine::{EventKind, ExecutionStatus};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

/// How much the engine takes on at a time.
#[derive(Debug, Clone)]
pub struct EngineOptions {
    /// Runs worked on at a time; further ones wait in the store.
    pub runs_active_max: usize,
    /// Keys of waiting runs held in memory; beyond these the engine reads the store again when it comes to them.
    pub runs_queued_max: usize,
    /// Deliveries (decisions, cancellations, timers) being committed to parked runs at a time.
    pub deliveries_max: usize,
    /// Programs kept decoded and verified.
    pub programs_cached_max: usize,
}

impl Default for EngineOptions {
    fn default() -> Self {
        Self {
            runs_active_max: crate::limits::RUNS_ACTIVE_MAX,
            runs_queued_max: crate::limits::RUNS_QUEUED_MAX,
            deliveries_max: crate::limits::DELIVERIES_MAX,
            programs_cached_max: crate::limits::PROGRAMS_CACHED_MAX,
        }
    }
}

/// An event that was delivered, and committed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Delivered {
    /// The run's status after it.
    pub status: ExecutionStatus,
}

/// Why an event was not delivered. Nothing was written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DeliverError {
    /// No such run.
    #[error("no such run")]
    NotFound,
    /// The run does not take it now, and why: it has ended, or waits for something else.
    #[error("{0}")]
    Refused(String),
    /// The store cannot write, or the engine is stopping. The caller may try again.
    #[error("{0}")]
    Unavailable(String),
}

/// How the engine is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Health {
    /// Why transitions cannot be committed at present; runs go on by themselves once they can.
    pub degraded: Option<String>,
    /// Runs being worked on.
    pub active: usize,
    /// Runs known to wait for their turn; more may wait in the store.
    pub queued: usize,
    /// The engine is stopping and takes nothing new.
    pub draining: bool,
}

/// A future without a name.
pub(super) type Boxed<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// The engine without its type parameters.
pub(super) trait Control: Send + Sync {
    fn submit(&self, run: RunKey);
    fn submit_new(&self, run: StoredRun);
    fn events_came(&self);
    fn deliver(
        &self,
        run: RunKey,
        kind: EventKind,
        actor: Actor,
    ) -> Boxed<'_, Result<Delivered, DeliverError>>;
    fn health(&self) -> Health;
    fn drain(&self, grace: Duration) -> Boxed<'_, ()>;
}

/// A running engine. Clones refer to the same one.
#[derive(Clone)]
pub struct EngineHandle(pub(super) Arc<dyn Control>);

impl EngineHandle {
    /// Takes up a run that was accepted earlier, or sent back to be worked on. Returns at once; a run that is beyond
    /// the engine's limit waits in the store.
    pub fn submit(&self, run: RunKey) {
        self.0.submit(run);
    }

    /// Takes up a run that was just accepted, as [`Self::submit`], without reading it back from the store.
    pub fn submit_new(&self, run: StoredRun) {
        self.0.submit_new(run);
    }

    /// Says that the journal may hold events that have come for runs. Returns at once; the runs are told soon.
    pub fn events_came(&self) {
        self.0.events_came();
    }

    /// Delivers an event to a run and returns once the outcome is on disk.
    ///
    /// # Errors
    /// When there is no such run, when the machine refuses the event, or when it cannot be committed.
    pub async fn deliver(
        &self,
        run: RunKey,
        kind: EventKind,
        actor: Actor,
    ) -> Result<Delivered, DeliverError> {
        self.0.deliver(run, kind, actor).await
    }

    /// How the engine is.
    #[must_use]
    pub fn health(&self) -> Health {
        self.0.health()
    }

    /// Stops: takes nothing new, lets calls in flight finish for at most `grace`, and returns when no run is
    /// being worked on. Whatever is left is on disk and goes on at the next start.
    pub async fn drain(&self, grace: Duration) {
        self.0.drain(grace).await;
    }
}

impl std::fmt::Debug for EngineHandle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EngineHandle").field("health", &self.health()).finish()
    }
}
