//! One loop for the timers of all runs: it sleeps until the next one is due, and reads the due ones in batches.

use super::{Core, locked};
use crate::engine::{Caller, DeliverError, DueTimer, Journal};
use crate::limits::{ENGINE_BATCH_MAX, TIMERS_POLL_MS};
use crate::machine::EventKind;
use crate::time::Millis;
use std::collections::HashSet;
use std::sync::{Arc, Mutex};
use tokio::sync::Notify;
use tokio::task::JoinSet;

/// When the journal must be read for timers that are due.
pub(super) struct Timers {
    next: Mutex<Option<Millis>>,
    /// Notified when `next` moved to an earlier time.
    earlier: Notify,
}

impl Timers {
    /// The journal is read first at `at`.
    pub(super) fn starting_at(at: Millis) -> Self {
        Self { next: Mutex::new(Some(at)), earlier: Notify::new() }
    }

    /// Notes a timer that is on disk.
    pub(super) fn set(&self, due: Millis) {
        let mut next = locked(&self.next);
        if next.is_none_or(|next| due < next) {
            *next = Some(due);
            self.earlier.notify_one();
        }
    }
}

/// Delivers timers as they become due.
pub(super) async fn run<J: Journal, C: Caller>(core: Arc<Core<J, C>>) {
    // Timers that their runs refuse, which cannot be: they are not delivered over and over.
    let mut refused = HashSet::new();
    let mut failures = 0;
    loop {
        wait(&core).await;
        if locked(&core.schedule).draining() {
            return;
        }
        // A timer that is set while the journal is read is noted anew.
        locked(&core.timers.next).take();
        match fire_due(&core, &mut refused).await {
            Ok(next) => {
                failures = 0;
                if let Some(next) = next {
                    core.timers.set(next);
                }
            }
            Err(_) if locked(&core.schedule).draining() => return,
            Err(what) => {
                failures += 1;
                core.troubled(&what);
                core.timers.set(core.retry_at(failures));
            }
        }
    }
}

/// Waits until the next timer is due.
async fn wait<J: Journal, C: Caller>(core: &Core<J, C>) {
    loop {
        let next = *locked(&core.timers.next);
        let Some(next) = next else {
            core.timers.earlier.notified().await;
            continue;
        };
        if next <= core.clock.now() {
            return;
        }
        tokio::select! {
            () = core.timers.earlier.notified() => {}
            () = core.clock.sleep_until(next) => {}
        }
    }
}

/// Delivers what is due, and says when the next timer is.
async fn fire_due<J: Journal, C: Caller>(
    core: &Arc<Core<J, C>>,
    refused: &mut HashSet<DueTimer>,
) -> Result<Option<Millis>, String> {
    loop {
        let now = core.clock.now();
        let limit = ENGINE_BATCH_MAX + refused.len();
        let due = core.journal.due_timers(now, limit).await;
        let (due, next) = due.map_err(|error| error.to_string())?;
        let full = due.len() >= limit;
        let mut firing = JoinSet::new();
        for timer in due.into_iter().filter(|timer| !refused.contains(timer)) {
            let core = Arc::clone(core);
            firing.spawn(async move { (timer, fire(&core, timer).await) });
        }
        let fired = !firing.is_empty();
        while let Some(done) = firing.join_next().await {
            match done {
                Ok((_, Ok(()))) => {}
                Ok((_, Err(Fate::Later(what)))) => return Err(what),
                Ok((timer, Err(Fate::Never(what)))) => {
                    tracing::error!(run = timer.run.0, error = what, "a timer is not wanted");
                    refused.insert(timer);
                }
                Err(error) => return Err(error.to_string()),
            }
        }
        if !full || !fired {
            let poll = core.clock.now().plus(TIMERS_POLL_MS);
            return Ok(if refused.is_empty() {
                next
            } else {
                Some(next.unwrap_or(poll).min(poll))
            });
        }
    }
}

/// Why a timer was not delivered.
enum Fate {
    Later(String),
    Never(String),
}

async fn fire<J: Journal, C: Caller>(core: &Arc<Core<J, C>>, timer: DueTimer) -> Result<(), Fate> {
    let kind = EventKind::TimerFired { frame: timer.frame, timer: timer.timer };
    match core.deliver(timer.run, kind, None).await {
        Ok(_) => Ok(()),
        Err(DeliverError::Unavailable(what)) => Err(Fate::Later(what)),
        Err(error @ (DeliverError::NotFound | DeliverError::Refused(_))) => {
            Err(Fate::Never(error.to_string()))
        }
    }
}
