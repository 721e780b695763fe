//! The engine itself: which runs are worked on, and what wakes the others.
//!
//! A run has a task only while something of it is under way; a parked one is nothing but its rows. Everything that
//! happens to a run goes through its one task, so its events are applied one after the other: a delivery to a
//! run without a task starts one.

mod arrivals;
mod calls;
mod programs;
mod schedule;
mod timers;
mod worker;

use super::handle::{Boxed, Control};
use super::{
    Actor, Caller, Clock, DeliverError, Delivered, EngineHandle, EngineOptions, Health, Journal,
    RunKey, StoredRun,
};
use crate::limits::{
    COMMIT_RETRY_MS_BASE, COMMIT_RETRY_MS_MAX, ENGINE_BATCH_MAX, TROUBLE_FADES_MS,
};
use crate::machine::EventKind;
use crate::time::Millis;
use programs::Programs;
use schedule::{Schedule, Slot};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use timers::Timers;
use tokio::runtime::Handle;
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore, mpsc, oneshot};
use tokio::task::AbortHandle;
use worker::Worker;

/// Takes runs, asks the machine, commits, performs effects.
pub struct Engine<J: Journal, C: Caller> {
    core: Arc<Core<J, C>>,
    loops: [AbortHandle; 3],
}

/// What the tasks of an engine share.
struct Core<J, C> {
    journal: Arc<J>,
    caller: Arc<C>,
    clock: Arc<dyn Clock>,
    runtime: Handle,
    schedule: Mutex<Schedule>,
    /// Notified when the store may hold runs that wait for their turn, and there is room for their keys.
    refill: Notify,
    /// Notified when, while draining, no run has a task any more.
    idle: Notify,
    programs: Programs,
    timers: Timers,
    /// Notified when the journal may hold events that are on their way to runs.
    arrivals: Notify,
    deliveries: Arc<Semaphore>,
    /// Whether [`Self::trouble`] is set; read after every commit.
    troubled: AtomicBool,
    /// When and why the journal failed last, while no commit has gone well since.
    trouble: Mutex<Option<(Millis, String)>>,
}

/// An event on its way to a run.
struct Delivery {
    kind: EventKind,
    /// Who asked; nobody, for a timer or an event from outside.
    actor: Option<Actor>,
    reply: oneshot::Sender<Result<Delivered, DeliverError>>,
    /// Held until it has been answered, so that a run's mailbox cannot grow without end.
    _permit: OwnedSemaphorePermit,
}

/// A lock that outlives a panic: what it guards is consistent at every point where one could happen.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
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
        let core = Arc::new(Core {
            journal,
            caller,
            runtime: Handle::current(),
            timers: Timers::starting_at(clock.now()),
            arrivals: Notify::new(),
            clock,
            schedule: Mutex::new(Schedule::new(options.runs_active_max, options.runs_queued_max)),
            refill: Notify::new(),
            idle: Notify::new(),
            programs: Programs::new(options.programs_cached_max),
            deliveries: Arc::new(Semaphore::new(options.deliveries_max.max(1))),
            troubled: AtomicBool::new(false),
            trouble: Mutex::new(None),
        });
        core.refill.notify_one();
        core.arrivals.notify_one();
        let refill = core.runtime.spawn(refill(Arc::clone(&core)));
        let timers = core.runtime.spawn(timers::run(Arc::clone(&core)));
        let arrivals = core.runtime.spawn(arrivals::run(Arc::clone(&core)));
        let loops = [refill, timers, arrivals].map(|task| task.abort_handle());
        EngineHandle(Arc::new(Self { core, loops }))
    }
}

impl<J: Journal, C: Caller> Drop for Engine<J, C> {
    fn drop(&mut self) {
        for task in &self.loops {
            task.abort();
        }
        self.core.stop();
    }
}

impl<J: Journal, C: Caller> Control for Engine<J, C> {
    fn submit(&self, run: RunKey) {
        let mut schedule = locked(&self.core.schedule);
        schedule.enqueue(run);
        self.core.start_queued(&mut schedule);
    }

    fn submit_new(&self, run: StoredRun) {
        let mut schedule = locked(&self.core.schedule);
        let key = run.run;
        if schedule.has_room() && !schedule.has(key) {
            self.core.spawn(&mut schedule, key, true, Some(run), None);
        } else {
            schedule.enqueue(key);
        }
    }

    fn events_came(&self) {
        self.core.arrivals.notify_one();
    }

    fn deliver(
        &self,
        run: RunKey,
        kind: EventKind,
        actor: Actor,
    ) -> Boxed<'_, Result<Delivered, DeliverError>> {
        Box::pin(self.core.deliver(run, kind, Some(actor)))
    }

    fn health(&self) -> Health {
        let now = self.core.clock.now();
        // A run that cannot go on meets the trouble again and again. Where none does, somebody has to try.
        let fresh = |(at, _): &&(Millis, String)| now.since(*at) <= TROUBLE_FADES_MS;
        let degraded =
            locked(&self.core.trouble).as_ref().filter(fresh).map(|(_, why)| why.clone());
        let schedule = locked(&self.core.schedule);
        Health {
            degraded,
            active: schedule.working(),
            queued: schedule.queued(),
            draining: schedule.draining(),
        }
    }

    fn drain(&self, grace: Duration) -> Boxed<'_, ()> {
        Box::pin(async move {
            let core = &self.core;
            locked(&core.schedule).drain();
            let grace_ms = u64::try_from(grace.as_millis()).unwrap_or(u64::MAX);
            let gone = async {
                loop {
                    let idle = core.idle.notified();
                    if locked(&core.schedule).is_idle() {
                        return;
                    }
                    idle.await;
                }
            };
            tokio::select! {
                biased;
                () = gone => {}
                () = core.clock.sleep_until(core.clock.now().plus(grace_ms)) => {}
            }
            core.stop();
        })
    }
}

impl<J: Journal, C: Caller> Core<J, C> {
    /// Sends an event to a run, and waits for what comes of it.
    async fn deliver(
        self: &Arc<Self>,
        run: RunKey,
        kind: EventKind,
        actor: Option<Actor>,
    ) -> Result<Delivered, DeliverError> {
        let stopping = || DeliverError::Unavailable("the server is stopping".to_owned());
        let permit = Arc::clone(&self.deliveries).acquire_owned().await.map_err(|_| stopping())?;
        let (reply, answer) = oneshot::channel();
        {
            let mut schedule = locked(&self.schedule);
            if schedule.draining() {
                return Err(stopping());
            }
            let delivery = Delivery { kind, actor, reply, _permit: permit };
            if let Some(delivery) = schedule.post(run, delivery) {
                self.spawn(&mut schedule, run, false, None, Some(delivery));
            }
        }
        answer.await.unwrap_or_else(|_| Err(stopping()))
    }

    /// Starts a run's task: to work on the run, or only to hand it a delivery.
    fn spawn(
        self: &Arc<Self>,
        schedule: &mut Schedule,
        key: RunKey,
        working: bool,
        fresh: Option<StoredRun>,
        first: Option<Delivery>,
    ) {
        let (mailbox, inbox) = mpsc::unbounded_channel();
        if let Some(delivery) = first {
            // The receiver is right here.
            let _ = mailbox.send(delivery);
        }
        let worker = Worker::new(Arc::clone(self), key, inbox);
        let task = self.runtime.spawn(worker.work(fresh)).abort_handle();
        schedule.insert(key, Slot { mailbox, working, again: false, task });
    }

    /// Stops every task where it is.
    fn stop(&self) {
        let tasks = locked(&self.schedule).stop();
        // A task that is dropped lets its run go, which takes the lock again.
        for task in tasks {
            task.abort();
        }
    }

    /// Starts tasks for waiting runs while there is room.
    fn start_queued(self: &Arc<Self>, schedule: &mut Schedule) {
        while let Some(key) = schedule.take_queued() {
            self.spawn(schedule, key, true, None, None);
        }
        if schedule.wants_more() {
            self.refill.notify_one();
        }
    }

    /// Lets a run's task go, unless something was sent to it in the meantime.
    fn leave(
        self: &Arc<Self>,
        key: RunKey,
        inbox: &mpsc::UnboundedReceiver<Delivery>,
        work_is_left: bool,
    ) -> bool {
        let mut schedule = locked(&self.schedule);
        if !inbox.is_empty() {
            return false;
        }
        schedule.remove(key);
        if work_is_left {
            schedule.enqueue(key);
        }
        self.start_queued(&mut schedule);
        if schedule.is_idle() {
            self.idle.notify_waiters();
        }
        true
    }

    /// Lets go of a run whose task broke.
    fn lose(self: &Arc<Self>, key: RunKey) {
        let mut schedule = locked(&self.schedule);
        schedule.remove(key);
        self.start_queued(&mut schedule);
        if schedule.is_idle() {
            self.idle.notify_waiters();
        }
    }

    /// Notes that the journal could write.
    fn healthy(&self) {
        if self.troubled.load(Ordering::Relaxed) && self.troubled.swap(false, Ordering::Relaxed) {
            *locked(&self.trouble) = None;
            tracing::info!("the store works again");
        }
    }

    /// Notes that the journal could not.
    fn troubled(&self, what: &str) {
        *locked(&self.trouble) = Some((self.clock.now(), what.to_owned()));
        if !self.troubled.swap(true, Ordering::Relaxed) {
            tracing::error!(error = what, "the store fails: runs wait until it works again");
        }
    }

    /// When to ask the journal again after it failed this many times in a row.
    fn retry_at(&self, failures: u32) -> Millis {
        let delay_ms = COMMIT_RETRY_MS_BASE.saturating_mul(1 << failures.saturating_sub(1).min(16));
        self.clock.now().plus(delay_ms.min(COMMIT_RETRY_MS_MAX))
    }
}

/// Reads keys of runs that wait in the store, a page at a time, whenever there is room for them.
async fn refill<J: Journal, C: Caller>(core: Arc<Core<J, C>>) {
    let mut failures = 0;
    loop {
        core.refill.notified().await;
        loop {
            let Some(after) = locked(&core.schedule).begin_page() else { break };
            let page = match core.journal.unfinished(after, ENGINE_BATCH_MAX).await {
                Ok(page) => page,
                Err(error) => {
                    failures += 1;
                    core.troubled(&error.to_string());
                    locked(&core.schedule).end_page(after, &[], true);
                    core.clock.sleep_until(core.retry_at(failures)).await;
                    continue;
                }
            };
            failures = 0;
            let full = page.runnable.len() >= ENGINE_BATCH_MAX;
            let mut schedule = locked(&core.schedule);
            schedule.end_page(after, &page.runnable, full);
            core.start_queued(&mut schedule);
        }
    }
}

#[cfg(test)]
mod tests;
