//! One run being worked on: its state is in memory, its calls are in flight.

use super::programs::NoProgram;
use super::runs::{Admitted, Queued};
use super::{Shared, lock};
use crate::engine::{
    Actor, Caller, Commit, DeliverError, Delivered, Journal, JournalError, RunKey, StoredRun,
};
use crate::machine::{
    CallFailure, CallRequest, CallResponse, Effect, Event, EventKind, FailureClass, FrameId,
    Refused, Start, State, Transition, abandon, apply, pending_effects,
};
use std::sync::Arc;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;
use writ_compiler::bytecode::Program;

/// An event from outside, and where the answer goes.
pub(super) struct Mail {
    pub(super) kind: EventKind,
    pub(super) actor: Option<Actor>,
    pub(super) reply: oneshot::Sender<Result<Delivered, DeliverError>>,
}

/// The outcome of an attempt of a call.
struct Answer {
    frame: FrameId,
    attempt: u32,
    outcome: Result<CallResponse, CallFailure>,
}

/// The task of one run.
pub(super) struct Worker<J: Journal, C: Caller> {
    shared: Arc<Shared<J, C>>,
    run: RunKey,
    queued: Option<Queued>,
    mailbox: mpsc::UnboundedReceiver<Mail>,
    /// A delivery that started the task.
    first: Option<Mail>,
    /// Whether the run has left the list of active ones in good order.
    left: bool,
}

/// A run in memory.
struct Loaded {
    run: RunKey,
    program: Arc<Program>,
    start: Start,
    state: State,
    seq: u64,
}

/// Why a run is not worked on any longer.
enum Stop {
    /// Nothing of it is in flight.
    Parked,
    /// It was moved by somebody else: it is read again.
    Moved,
    /// It is gone, or the engine stops.
    Gone,
}

impl<J: Journal, C: Caller> Worker<J, C> {
    pub(super) fn new(shared: Arc<Shared<J, C>>, admitted: Admitted, first: Option<Mail>) -> Self {
        let run = admitted.run();
        let Admitted { queued, mailbox } = admitted;
        Self { shared, run, queued: Some(queued), mailbox, first, left: false }
    }

    /// Works on the run until nothing of it is in flight.
    pub(super) async fn work(mut self) {
        loop {
            let stop = match self.load().await {
                Ok(mut loaded) => self.drive(&mut loaded).await,
                Err(stop) => stop,
            };
            match stop {
                Stop::Moved => {}
                Stop::Gone => {
                    self.refuse_mail();
                    break;
                }
                Stop::Parked => {
                    let mail = lock(&self.shared.runs).leave(self.run, &mut self.mailbox);
                    match mail {
                        Some(mail) => self.first = Some(mail),
                        None => {
                            self.left = true;
                            break;
                        }
                    }
                }
            }
        }
    }

    /// Brings the run into memory, for as long as it takes.
    async fn load(&mut self) -> Result<Loaded, Stop> {
        let mut tries = 0;
        loop {
            let stored = match self.queued.take() {
                Some(Queued::Loaded(stored)) => Ok(*stored),
                Some(Queued::Key(_)) | None => self.shared.journal.load(self.run).await,
            };
            let unavailable = match stored {
                Ok(stored) => match self.prepare(stored).await? {
                    Ok(loaded) => return Ok(loaded),
                    Err(unavailable) => unavailable,
                },
                Err(JournalError::NotFound) => {
                    if let Some(mail) = self.first.take() {
                        // A caller that went away needs no answer.
                        let _ = mail.reply.send(Err(DeliverError::NotFound));
                    }
                    return Err(Stop::Gone);
                }
                Err(error) => error.to_string(),
            };
            self.shared.degraded(Some(&unavailable));
            if let Some(mail) = self.first.take() {
                let _ = mail.reply.send(Err(DeliverError::Unavailable(unavailable)));
            }
            if lock(&self.shared.runs).is_stopping() {
                return Err(Stop::Gone);
            }
            self.shared.pause(tries).await;
            tries += 1;
        }
    }

    /// Decodes a stored run. One that this release cannot continue ends here, as failed.
    async fn prepare(&mut self, stored: StoredRun) -> Result<Result<Loaded, String>, Stop> {
        let StoredRun { run, program, start, seq, state, payloads, status, .. } = stored;
        if status.is_terminal() {
            if let Some(mail) = self.first.take() {
                let _ = mail.reply.send(Err(DeliverError::Refused(Refused::Finished.to_string())));
            }
            return Err(Stop::Parked);
        }
        let unusable = match self.shared.programs.get(program, self.shared.journal.as_ref()).await {
            Ok(program) => match State::decode(&program, &state, &payloads) {
                Ok(state) => return Ok(Ok(Loaded { run, program, start, state, seq })),
                Err(error) => error.to_string(),
            },
            Err(NoProgram::Unavailable(why)) => return Ok(Err(why)),
            Err(NoProgram::Unusable(why)) => why,
        };
        self.abandon(run, seq, &unusable).await?;
        Err(Stop::Moved)
    }

    async fn abandon(&mut self, run: RunKey, seq: u64, why: &str) -> Result<(), Stop> {
        tracing::error!(run = run.0, "a run cannot be continued: {why}");
        let event = EventKind::Abandoned { reason: why.to_owned() };
        let (state, transition) = abandon(why);
        let event = Event { at: self.shared.clock.now().max(state.at()), kind: event };
        self.commit(run, seq, event, None, transition.records, &state).await.map(drop)
    }

    /// Moves the run on, as long as something of it is in flight.
    async fn drive(&mut self, loaded: &mut Loaded) -> Stop {
        let mut calls = JoinSet::new();
        let effects = if loaded.state == State::new() {
            match self.step(loaded, EventKind::Started, None).await {
                Ok(effects) => effects,
                Err(stop) => return stop,
            }
        } else {
            match pending_effects(&loaded.program, &loaded.start, &loaded.state) {
                Ok(effects) => effects,
                Err(refused) => {
                    let why = refused.to_string();
                    let abandoned = self.abandon(loaded.run, loaded.seq, &why).await;
                    return abandoned.map_or_else(|stop| stop, |()| Stop::Moved);
                }
            }
        };
        let delivered = self.first.is_some();
        if !delivered {
            self.perform(effects, &mut calls);
        } else if let Some(stop) = self.first_delivery(loaded, effects, &mut calls).await {
            return stop;
        }
        loop {
            if lock(&self.shared.runs).is_stopping() && calls.is_empty() {
                return Stop::Gone;
            }
            if calls.is_empty() {
                return Stop::Parked;
            }
            let outcome = tokio::select! {
                biased;
                Some(mail) = self.mailbox.recv() => self.mail(loaded, mail).await,
                Some(answer) = calls.join_next() => self.answer(loaded, answer).await,
            };
            match outcome {
                // When the engine stops, what follows is done after the next start.
                Ok(_) if lock(&self.shared.runs).is_stopping() => {}
                Ok(effects) => self.perform(effects, &mut calls),
                Err(stop) => return stop,
            }
        }
    }

    /// Takes the delivery that started this task. When more runs are active than should be, what it leads to waits
    /// for the run's turn.
    async fn first_delivery(
        &mut self,
        loaded: &mut Loaded,
        before: Vec<Effect>,
        calls: &mut JoinSet<Answer>,
    ) -> Option<Stop> {
        let mail = self.first.take()?;
        let after = match self.mail(loaded, mail).await {
            Ok(effects) => effects,
            Err(stop) => return Some(stop),
        };
        let crowded = {
            let runs = lock(&self.shared.runs);
            runs.is_crowded() || runs.is_stopping()
        };
        if crowded && after.iter().chain(&before).any(|e| matches!(e, Effect::Call { .. })) {
            // It leaves, and comes back at the end of the queue.
            lock(&self.shared.runs).forget(self.run);
            Shared::submit(&self.shared, Queued::Key(self.run));
            self.left = true;
            self.mailbox.close();
            return Some(Stop::Gone);
        }
        self.perform(before, calls);
        self.perform(after, calls);
        None
    }

    /// Does what a committed transition asks for.
    fn perform(&self, effects: Vec<Effect>, calls: &mut JoinSet<Answer>) {
        for effect in effects {
            match effect {
                Effect::Timer { due, .. } => self.shared.timer_set(due),
                Effect::Call { frame, attempt, request } => {
                    let caller = Arc::clone(&self.shared.caller);
                    calls.spawn(call(caller, frame, attempt, request));
                }
            }
        }
    }

    async fn answer(
        &mut self,
        loaded: &mut Loaded,
        answer: Result<Answer, tokio::task::JoinError>,
    ) -> Result<Vec<Effect>, Stop> {
        let Ok(Answer { frame, attempt, outcome }) = answer else {
            // The task that makes a call catches what it can; this one was aborted with the engine.
            return Err(Stop::Gone);
        };
        let kind = match outcome {
            Ok(response) => EventKind::CallSucceeded { frame, attempt, response },
            Err(failure) => EventKind::CallFailed { frame, attempt, failure },
        };
        self.step(loaded, kind, None).await
    }

    /// Applies an event from inside and commits it, for as long as it takes.
    async fn step(
        &mut self,
        loaded: &mut Loaded,
        kind: EventKind,
        actor: Option<Actor>,
    ) -> Result<Vec<Effect>, Stop> {
        let event = Event { at: self.shared.clock.now().max(loaded.state.at()), kind };
        let applied = apply(&loaded.program, &loaded.start, &mut loaded.state, &event);
        let Transition { records, effects } = match applied {
            Ok(transition) => transition,
            // The answer of a call that is waited for no more.
            Err(Refused::Stale | Refused::Finished | Refused::NotWaiting) => return Ok(Vec::new()),
            Err(refused @ Refused::Damaged(_)) => {
                self.abandon(loaded.run, loaded.seq, &refused.to_string()).await?;
                return Err(Stop::Moved);
            }
        };
        let (run, seq) = (loaded.run, loaded.seq);
        loaded.seq = self.commit(run, seq, event, actor, records, &loaded.state).await?;
        Ok(effects)
    }

    /// Applies an event from outside; when it cannot be committed now, the state is as it was and the sender is told.
    async fn mail(&mut self, loaded: &mut Loaded, mail: Mail) -> Result<Vec<Effect>, Stop> {
        let Mail { kind, actor, reply } = mail;
        let before = loaded.state.clone();
        let event = Event { at: self.shared.clock.now().max(loaded.state.at()), kind };
        // A sender that went away needs no answer: what is committed is committed.
        let answer = |outcome| drop(reply.send(outcome));
        let applied = apply(&loaded.program, &loaded.start, &mut loaded.state, &event);
        let Transition { records, effects } = match applied {
            Ok(transition) => transition,
            Err(refused) => {
                loaded.state = before;
                answer(Err(DeliverError::Refused(refused.to_string())));
                return Ok(Vec::new());
            }
        };
        let status = loaded.state.status();
        let commit = Commit {
            run: loaded.run,
            seq: loaded.seq,
            event,
            actor,
            records,
            status,
            state: loaded.state.encode(),
        };
        match self.shared.journal.commit(commit.clone()).await {
            Ok(()) => {
                self.shared.degraded(None);
                loaded.seq += 1;
                answer(Ok(Delivered { status }));
                Ok(effects)
            }
            Err(JournalError::Unavailable(why)) => {
                self.shared.degraded(Some(&why));
                loaded.state = before;
                answer(Err(DeliverError::Unavailable(why)));
                Ok(Vec::new())
            }
            Err(error @ (JournalError::Conflict | JournalError::NotFound)) => {
                answer(Err(DeliverError::Unavailable(format!("{error}: try again"))));
                Err(Stop::Moved)
            }
        }
    }

    /// Commits, for as long as it takes; gives the next sequence number.
    async fn commit(
        &mut self,
        run: RunKey,
        seq: u64,
        event: Event,
        actor: Option<Actor>,
        records: Vec<crate::machine::Record>,
        state: &State,
    ) -> Result<u64, Stop> {
        let status = state.status();
        let commit = Commit { run, seq, event, actor, records, status, state: state.encode() };
        let mut tries = 0;
        loop {
            match self.shared.journal.commit(commit.clone()).await {
                Ok(()) => {
                    self.shared.degraded(None);
                    return Ok(seq + 1);
                }
                Err(JournalError::Conflict) => return Err(Stop::Moved),
                Err(JournalError::NotFound) => return Err(Stop::Gone),
                Err(JournalError::Unavailable(why)) => {
                    self.shared.degraded(Some(&why));
                    if lock(&self.shared.runs).is_stopping() {
                        return Err(Stop::Gone);
                    }
                    self.shared.pause(tries).await;
                    tries += 1;
                }
            }
        }
    }

    fn refuse_mail(&mut self) {
        self.mailbox.close();
        let waiting = self.first.take();
        while let Some(mail) = waiting_or(&mut self.mailbox) {
            let _ = mail.reply.send(Err(DeliverError::Unavailable("try again".into())));
        }
        if let Some(mail) = waiting {
            let _ = mail.reply.send(Err(DeliverError::Unavailable("try again".into())));
        }
    }
}

fn waiting_or(mailbox: &mut mpsc::UnboundedReceiver<Mail>) -> Option<Mail> {
    mailbox.try_recv().ok()
}

impl<J: Journal, C: Caller> Drop for Worker<J, C> {
    /// Makes room for the next run, also when this one's task broke.
    fn drop(&mut self) {
        if !self.left {
            lock(&self.shared.runs).forget(self.run);
        }
        self.shared.active.send_modify(|active| *active = active.saturating_sub(1));
        Shared::start_next(&self.shared);
    }
}

/// Makes an attempt of a call.
async fn call<C: Caller>(
    caller: Arc<C>,
    frame: FrameId,
    attempt: u32,
    request: CallRequest,
) -> Answer {
    let service = request.service.clone();
    // In a task of its own, so that a caller that breaks fails the attempt and not the run.
    let outcome = tokio::spawn(async move { caller.call(request).await }).await;
    let outcome = outcome.unwrap_or_else(|_| {
        Err(CallFailure {
            class: FailureClass::Broken,
            message: format!("the call of `{service}` broke inside the server: please report it"),
            response: None,
            retry_after_ms: None,
        })
    });
    Answer { frame, attempt, outcome }
}
