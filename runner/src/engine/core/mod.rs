//! The engine itself: which runs are worked on, and how they come to be.
//!
//! A run that is worked on has one task ([`worker`]); it lasts while a call of the run is in flight. A run that waits
//! for a timer or a person has none: [`timers`] and deliveries take it up again.

mod programs;
mod runs;
mod timers;
mod worker;

use super::handle::{Boxed, Control};
use super::{
    Actor, Caller, Clock, DeliverError, Delivered, EngineHandle, EngineOptions, Health, Journal,
    RunKey, StoredRun,
};
use crate::limits::ENGINE_BATCH_MAX;
use crate::machine::EventKind;
use crate::time::Millis;
use programs::Programs;
use runs::{Admitted, Next, Queued, Runs};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use timers::Alarm;
use tokio::sync::{Semaphore, oneshot, watch};
use tokio::task::JoinSet;
use worker::{Mail, Worker};

/// How long to wait before the journal is asked again after it could not answer, in milliseconds; doubled each time.
const RETRY_FIRST_MS: u64 = 50;

/// The longest such wait, in milliseconds.
const RETRY_LONGEST_MS: u64 = 5_000;

/// Takes runs, asks the machine, commits, performs effects. It stops at once when this is dropped; nothing is lost by
/// that.
pub struct Engine<J, C>(Arc<Shared<J, C>>);

/// What the tasks of an engine share.
struct Shared<J, C> {
    journal: Arc<J>,
    caller: Arc<C>,
    clock: Arc<dyn Clock>,
    runs: Mutex<Runs>,
    tasks: Mutex<JoinSet<()>>,
    programs: Programs,
    alarm: Alarm,
    /// Bounds the deliveries that are being committed.
    deliveries: Arc<Semaphore>,
    degraded: Mutex<Option<String>>,
    /// How many runs are worked on, for whoever waits for the last.
    active: watch::Sender<usize>,
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
        let shared = Arc::new(Shared {
            journal,
            caller,
            clock,
            runs: Mutex::new(Runs::new(options.runs_active_max, options.runs_queued_max)),
            tasks: Mutex::default(),
            programs: Programs::new(options.programs_cached_max),
            alarm: Alarm::default(),
            deliveries: Arc::new(Semaphore::new(options.deliveries_max)),
            degraded: Mutex::default(),
            active: watch::Sender::new(0),
        });
        shared.spawn(timers::ring(Arc::clone(&shared)));
        shared.spawn(refill(Arc::clone(&shared)));
        EngineHandle(Arc::new(Self(shared)))
    }
}

impl<J, C> Drop for Engine<J, C> {
    fn drop(&mut self) {
        lock(&self.0.runs).stop();
        lock(&self.0.tasks).abort_all();
    }
}

impl<J: Journal, C: Caller> Control for Engine<J, C> {
    fn submit(&self, run: RunKey) {
        Shared::submit(&self.0, Queued::Key(run));
    }

    fn submit_new(&self, run: StoredRun) {
        Shared::submit(&self.0, Queued::Loaded(Box::new(run)));
    }

    fn deliver(
        &self,
        run: RunKey,
        kind: EventKind,
        actor: Actor,
    ) -> Boxed<'_, Result<Delivered, DeliverError>> {
        Box::pin(Shared::deliver(&self.0, run, kind, Some(actor)))
    }

    fn health(&self) -> Health {
        let runs = lock(&self.0.runs);
        Health {
            degraded: lock(&self.0.degraded).clone(),
            active: runs.active(),
            queued: runs.queued(),
            draining: runs.is_stopping(),
        }
    }

    fn drain(&self, grace: Duration) -> Boxed<'_, ()> {
        Box::pin(async move {
            lock(&self.0.runs).stop();
            let mut active = self.0.active.subscribe();
            let done = active.wait_for(|active| *active == 0);
            if tokio::time::timeout(grace, done).await.is_err() {
                tracing::info!("calls are still in flight: they are made again at the next start");
            }
            // Whatever is left is on disk.
            lock(&self.0.tasks).abort_all();
        })
    }
}

impl<J: Journal, C: Caller> Shared<J, C> {
    fn submit(this: &Arc<Self>, queued: Queued) {
        let admitted = lock(&this.runs).admit(queued);
        if let Some(admitted) = admitted {
            Self::work(this, admitted, None);
        }
    }

    /// Starts a task for an admitted run.
    fn work(this: &Arc<Self>, admitted: Admitted, mail: Option<Mail>) {
        this.active.send_modify(|active| *active += 1);
        let worker = Worker::new(Arc::clone(this), admitted, mail);
        this.spawn(worker.work());
    }

    fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        let mut tasks = lock(&self.tasks);
        // Tasks that have ended are let go of; one that broke has told so itself.
        while tasks.try_join_next().is_some() {}
        tasks.spawn(task);
    }

    /// Delivers an event, through the run's own task when it has one.
    async fn deliver(
        this: &Arc<Self>,
        run: RunKey,
        kind: EventKind,
        actor: Option<Actor>,
    ) -> Result<Delivered, DeliverError> {
        let stopping = || DeliverError::Unavailable("the server is stopping: try again".into());
        let permit = Arc::clone(&this.deliveries).acquire_owned().await;
        let _permit = permit.map_err(|_| stopping())?;
        let (reply, answered) = oneshot::channel();
        let mail = Mail { kind, actor, reply };
        let next = lock(&this.runs).deliver(run, mail);
        match next {
            Next::Start(admitted, mail) => Self::work(this, admitted, Some(mail)),
            Next::Posted => {}
            Next::Stopping => return Err(stopping()),
        }
        answered.await.map_err(|_| stopping())?
    }

    /// Starts the runs whose turn has come.
    fn start_next(this: &Arc<Self>) {
        loop {
            let next = lock(&this.runs).next();
            match next {
                Some(admitted) => Self::work(this, admitted, None),
                None => break,
            }
        }
        if lock(&this.runs).wants_refill() {
            this.spawn(refill(Arc::clone(this)));
        }
    }

    /// Notes whether the journal can write, and says so once.
    fn degraded(&self, why: Option<&str>) {
        let mut degraded = lock(&self.degraded);
        match (degraded.is_some(), why) {
            (false, Some(why)) => tracing::error!("runs cannot go on: {why}"),
            (true, None) => tracing::info!("runs go on"),
            (true, Some(_)) | (false, None) => {}
        }
        if degraded.as_deref() != why {
            *degraded = why.map(str::to_owned);
        }
    }

    /// Waits a little longer each time.
    async fn pause(&self, tries: u32) {
        let ms = RETRY_FIRST_MS.saturating_mul(1 << tries.min(10)).min(RETRY_LONGEST_MS);
        self.clock.sleep_until(self.clock.now().plus(ms)).await;
    }

    /// Says that a timer was set, so that the one who watches them looks in time.
    fn timer_set(&self, due: Millis) {
        self.alarm.set(due);
    }
}

/// Reads runs that wait in the journal, until as many are at hand as may be.
async fn refill<J: Journal, C: Caller>(shared: Arc<Shared<J, C>>) {
    let (mut after, mut tries) = (RunKey(i64::MIN), 0);
    loop {
        match shared.journal.unfinished(after, ENGINE_BATCH_MAX).await {
            Ok(found) => {
                tries = 0;
                let whole = found.runnable.len() < ENGINE_BATCH_MAX;
                after = found.runnable.last().copied().unwrap_or(after);
                let full = lock(&shared.runs).refill(found.runnable, whole);
                if whole || full {
                    break;
                }
            }
            Err(error) => {
                shared.degraded(Some(&error.to_string()));
                shared.pause(tries).await;
                tries += 1;
            }
        }
    }
    Shared::start_next(&shared);
}

/// Locks; what a panic left behind is as good as before, for every change under these locks is one step.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
