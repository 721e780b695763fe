//! One run's task: events to the machine, transitions to the journal, and only then effects to the world.

use super::calls::Calls;
use super::programs::ProgramError;
use super::{Core, Delivery, locked};
use crate::engine::{
    Actor, Caller, Commit, DeliverError, Delivered, Journal, JournalError, RunKey, StoredRun,
};
use crate::limits::CONFLICTS_MAX;
use crate::machine::{
    self, CallRequest, Effect, Event, EventKind, ExecutionStatus, FrameId, Record, Refused, Start,
    State, Transition,
};
use std::sync::Arc;
use tokio::sync::mpsc;
use writ_compiler::bytecode::Program;

/// The task of a run.
pub(super) struct Worker<J: Journal, C: Caller> {
    core: Arc<Core<J, C>>,
    key: RunKey,
    inbox: mpsc::UnboundedReceiver<Delivery>,
    calls: Calls,
    /// Times in a row that somebody else had moved the run.
    conflicts: u32,
}

/// A run in memory.
struct Loaded {
    program: Arc<Program>,
    start: Start,
    state: State,
    /// The journal's next sequence number.
    seq: u64,
    /// Calls that are on disk as made, and still have to be.
    due: Vec<(FrameId, u32, CallRequest)>,
}

impl Loaded {
    /// The transition that an event just made of the state.
    fn commit(
        &self,
        key: RunKey,
        event: Event,
        actor: Option<Actor>,
        records: Vec<Record>,
    ) -> Commit {
        Commit {
            run: key,
            seq: self.seq,
            event,
            actor,
            records,
            status: self.state.status(),
            state: self.state.encode(),
        }
    }
}

/// The run is not this task's any more.
struct Gone;

impl<J: Journal, C: Caller> Worker<J, C> {
    pub(super) fn new(
        core: Arc<Core<J, C>>,
        key: RunKey,
        inbox: mpsc::UnboundedReceiver<Delivery>,
    ) -> Self {
        Self { core, key, inbox, calls: Calls::default(), conflicts: 0 }
    }

    /// Works on the run until it is parked or has ended.
    pub(super) async fn work(mut self, fresh: Option<StoredRun>) {
        let mut guard = Guard { core: Arc::clone(&self.core), key: self.key, left: false };
        let work_is_left = match self.load(fresh).await {
            Ok(Some(mut run)) => self.turn(&mut run).await.err().map(|Gone| false),
            Ok(None) => Some(true),
            Err(Gone) => Some(false),
        };
        if let Some(work_is_left) = work_is_left {
            while !self.core.leave(self.key, &self.inbox, work_is_left) {
                self.refuse_all(&DeliverError::Unavailable("the run was just let go".to_owned()));
            }
        }
        guard.left = true;
    }

    /// Turns events into transitions until the task has left.
    async fn turn(&mut self, run: &mut Loaded) -> Result<(), Gone> {
        loop {
            while let Ok(delivery) = self.inbox.try_recv() {
                self.deliver(run, delivery).await?;
            }
            let pending = run.state.status() == ExecutionStatus::Pending;
            let work_is_left = pending || !run.due.is_empty();
            if work_is_left && locked(&self.core.schedule).may_work(self.key) {
                if pending {
                    self.happened(run, EventKind::Started).await?;
                } else {
                    self.begin_calls(run);
                }
                continue;
            }
            if self.calls.is_empty() {
                if self.core.leave(self.key, &self.inbox, work_is_left) {
                    return Ok(());
                }
                continue;
            }
            tokio::select! {
                biased;
                Some(delivery) = self.inbox.recv() => self.deliver(run, delivery).await?,
                kind = self.calls.next() => self.happened(run, kind).await?,
            }
        }
    }

    /// Makes the calls that are on disk as made.
    fn begin_calls(&mut self, run: &mut Loaded) {
        for call in run.due.drain(..) {
            let (caller, clock) = (Arc::clone(&self.core.caller), Arc::clone(&self.core.clock));
            self.calls.begin(caller, clock, call);
        }
    }

    /// Applies an event that must not be lost, and commits it, however long that takes.
    async fn happened(&mut self, run: &mut Loaded, kind: EventKind) -> Result<(), Gone> {
        let event = self.event(run, kind);
        let transition = match machine::apply(&run.program, &run.start, &mut run.state, &event) {
            Ok(transition) => transition,
            Err(Refused::Damaged(what)) => return Err(self.abandon(run.seq, what).await),
            Err(refused @ (Refused::Finished | Refused::Stale | Refused::NotWaiting)) => {
                tracing::debug!(run = self.key.0, %refused, "an answer came too late");
                return Ok(());
            }
        };
        let Transition { records, effects } = transition;
        let gives_back = gives_back(&records);
        let commit = run.commit(self.key, event, None, records);
        match self.commit_surely(commit).await {
            Ok(()) => {
                self.committed(run, effects, gives_back);
                Ok(())
            }
            Err(JournalError::Conflict) => self.reload(run).await,
            Err(JournalError::NotFound | JournalError::Unavailable(_)) => Err(Gone),
        }
    }

    /// Applies an event that somebody waits for, commits it, and tells them.
    async fn deliver(&mut self, run: &mut Loaded, delivery: Delivery) -> Result<(), Gone> {
        let Delivery { kind, actor, reply, _permit } = delivery;
        let (outcome, gone) = match self.try_deliver(run, &kind, actor.as_ref()).await {
            Ok(outcome) => (outcome, Ok(())),
            Err(Gone) => {
                (Err(DeliverError::Refused("the run cannot be continued".to_owned())), Err(Gone))
            }
        };
        // Whoever asked may have gone; what happened has happened.
        let _ = reply.send(outcome);
        gone
    }

    async fn try_deliver(
        &mut self,
        run: &mut Loaded,
        kind: &EventKind,
        actor: Option<&Actor>,
    ) -> Result<Result<Delivered, DeliverError>, Gone> {
        loop {
            let event = self.event(run, kind.clone());
            let before = run.state.clone();
            let applied = machine::apply(&run.program, &run.start, &mut run.state, &event);
            let Transition { records, effects } = match applied {
                Ok(transition) => transition,
                Err(Refused::Damaged(what)) => return Err(self.abandon(run.seq, what).await),
                Err(refused @ (Refused::Finished | Refused::Stale | Refused::NotWaiting)) => {
                    return Ok(Err(DeliverError::Refused(refused.to_string())));
                }
            };
            let (status, gives_back) = (run.state.status(), gives_back(&records));
            let commit = run.commit(self.key, event, actor.cloned(), records);
            match self.core.journal.commit(commit).await {
                Ok(()) => {
                    self.core.healthy();
                    self.committed(run, effects, gives_back);
                    return Ok(Ok(Delivered { status }));
                }
                Err(JournalError::Conflict) => self.reload(run).await?,
                Err(JournalError::NotFound) => return Err(Gone),
                Err(JournalError::Unavailable(what)) => {
                    self.core.troubled(&what);
                    run.state = before;
                    return Ok(Err(DeliverError::Unavailable(what)));
                }
            }
        }
    }

    /// A transition is on disk: its effects may be performed.
    fn committed(&mut self, run: &mut Loaded, effects: Vec<Effect>, gives_back: bool) {
        run.seq += 1;
        self.conflicts = 0;
        if run.state.is_finished() {
            self.calls.clear();
            run.due.clear();
        }
        if gives_back {
            self.core.arrivals.notify_one();
        }
        self.note(run, effects);
    }

    fn note(&self, run: &mut Loaded, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::Call { frame, attempt, request } => run.due.push((frame, attempt, request)),
                Effect::Timer { due, .. } => self.core.timers.set(due),
                Effect::Listen { .. } => self.core.arrivals.notify_one(),
            }
        }
    }

    fn event(&self, run: &Loaded, kind: EventKind) -> Event {
        Event { at: self.core.clock.now().max(run.state.at()), kind }
    }

    /// Commits, again and again while the journal is unavailable. Deliveries are turned away meanwhile.
    async fn commit_surely(&mut self, commit: Commit) -> Result<(), JournalError> {
        let mut failures = 0;
        loop {
            match self.core.journal.commit(commit.clone()).await {
                Ok(()) => {
                    self.core.healthy();
                    return Ok(());
                }
                Err(JournalError::Unavailable(what)) => {
                    failures += 1;
                    self.core.troubled(&what);
                    self.back_off(failures, &what).await;
                }
                Err(error @ (JournalError::Conflict | JournalError::NotFound)) => {
                    return Err(error);
                }
            }
        }
    }

    /// Waits before the journal is asked again.
    async fn back_off(&mut self, failures: u32, what: &str) {
        let over = self.core.clock.sleep_until(self.core.retry_at(failures));
        tokio::pin!(over);
        loop {
            tokio::select! {
                () = &mut over => return,
                Some(delivery) = self.inbox.recv() => {
                    let _ = delivery.reply.send(Err(DeliverError::Unavailable(what.to_owned())));
                }
            }
        }
    }

    /// Answers everything in the mailbox with an error.
    fn refuse_all(&mut self, error: &DeliverError) {
        while let Ok(delivery) = self.inbox.try_recv() {
            let _ = delivery.reply.send(Err(error.clone()));
        }
    }

    /// Somebody else moved the run: goes on from where it is now.
    async fn reload(&mut self, run: &mut Loaded) -> Result<(), Gone> {
        self.conflicts += 1;
        tracing::warn!(run = self.key.0, "another worker moved the run");
        if self.conflicts > CONFLICTS_MAX {
            tracing::error!(
                run = self.key.0,
                "another worker keeps moving the run: it is left alone"
            );
            return Err(Gone);
        }
        self.calls.clear();
        *run = self.load(None).await?.ok_or(Gone)?;
        Ok(())
    }

    /// Loads the run; `None` when the store cannot give it now and nobody works on it.
    async fn load(&mut self, mut fresh: Option<StoredRun>) -> Result<Option<Loaded>, Gone> {
        let mut failures = 0;
        loop {
            let stored = match fresh.take() {
                Some(stored) => Ok(stored),
                None => self.core.journal.load(self.key).await,
            };
            let what = match stored {
                Ok(stored) => match self.prepare(stored).await? {
                    Ok(run) => return Ok(Some(run)),
                    Err(what) => what,
                },
                Err(JournalError::NotFound) => {
                    self.refuse_all(&DeliverError::NotFound);
                    return Err(Gone);
                }
                Err(error @ (JournalError::Unavailable(_) | JournalError::Conflict)) => {
                    error.to_string()
                }
            };
            self.core.troubled(&what);
            self.refuse_all(&DeliverError::Unavailable(what.clone()));
            if !locked(&self.core.schedule).may_work(self.key) {
                return Ok(None);
            }
            failures += 1;
            self.back_off(failures, &what).await;
        }
    }

    /// Makes a stored run ready to go on; the inner error says why that is not possible now.
    async fn prepare(&mut self, stored: StoredRun) -> Result<Result<Loaded, String>, Gone> {
        let StoredRun { program, status, start, seq, state, payloads, .. } = stored;
        if status.is_terminal() {
            self.refuse_all(&DeliverError::Refused(Refused::Finished.to_string()));
            return Err(Gone);
        }
        let program = match self.core.programs.get(&*self.core.journal, program).await {
            Ok(program) => program,
            Err(ProgramError::Later(what)) => return Ok(Err(what)),
            Err(ProgramError::Never(what)) => return Err(self.abandon(seq, &what).await),
        };
        let state = match State::decode(&program, &state, &payloads) {
            Ok(state) => state,
            Err(error) => return Err(self.abandon(seq, &error.to_string()).await),
        };
        let effects = match machine::pending_effects(&program, &start, &state) {
            Ok(effects) => effects,
            Err(refused) => return Err(self.abandon(seq, &refused.to_string()).await),
        };
        let mut run = Loaded { program, start, state, seq, due: Vec::new() };
        self.note(&mut run, effects);
        Ok(Ok(run))
    }

    /// Ends a run that cannot be continued.
    async fn abandon(&mut self, seq: u64, reason: &str) -> Gone {
        tracing::error!(run = self.key.0, reason, "a run cannot be continued");
        let (state, transition) = machine::abandon(reason);
        let kind = EventKind::Abandoned { reason: reason.to_owned() };
        let commit = Commit {
            run: self.key,
            seq,
            event: Event { at: self.core.clock.now(), kind },
            actor: None,
            records: transition.records,
            status: state.status(),
            state: state.encode(),
        };
        // Whoever moved it in the meantime could continue it.
        let _ = self.commit_surely(commit).await;
        self.refuse_all(&DeliverError::Refused("the run cannot be continued".to_owned()));
        Gone
    }
}

/// Whether an event that was on its way to the run may go to another one now.
fn gives_back(records: &[Record]) -> bool {
    records.iter().any(|record| matches!(record, Record::EventClosed { came: false, .. }))
}

/// Lets the run go when its task breaks or is stopped.
struct Guard<J: Journal, C: Caller> {
    core: Arc<Core<J, C>>,
    key: RunKey,
    /// It has been let go.
    left: bool,
}

impl<J: Journal, C: Caller> Drop for Guard<J, C> {
    fn drop(&mut self) {
        if self.left {
            return;
        }
        if std::thread::panicking() {
            tracing::error!(
                run = self.key.0,
                "a run's task broke; it is taken up at the next start"
            );
        }
        self.core.lose(self.key);
    }
}
