//! Timers: one task that sleeps until the next one is due, however many there are.

use super::{Shared, lock};
use crate::engine::{Caller, DeliverError, Journal};
use crate::limits::ENGINE_BATCH_MAX;
use crate::machine::EventKind;
use crate::time::Millis;
use std::sync::{Arc, Mutex};
use tokio::sync::Notify;
use tokio::task::JoinSet;

/// How long to wait before timers that could not be delivered are tried again, in milliseconds.
const AGAIN_MS: u64 = 1_000;

/// The time at which the timers are looked at next, and a way to make that earlier.
#[derive(Debug)]
pub(super) struct Alarm {
    at: Mutex<Millis>,
    earlier: Notify,
}

impl Default for Alarm {
    fn default() -> Self {
        Self { at: Mutex::new(Millis(i64::MAX)), earlier: Notify::new() }
    }
}

impl Alarm {
    /// A timer is due then.
    pub(super) fn set(&self, due: Millis) {
        let mut at = lock(&self.at);
        if due < *at {
            *at = due;
            self.earlier.notify_one();
        }
    }

    /// Nothing is known to be due before `at`.
    fn reset(&self, at: Millis) {
        *lock(&self.at) = at;
    }
}

/// Delivers timers as they come due, for as long as the engine lives.
pub(super) async fn ring<J: Journal, C: Caller>(shared: Arc<Shared<J, C>>) {
    loop {
        // Timers set while the journal is read are noticed: the alarm is only ever made earlier until it is heard.
        shared.alarm.reset(Millis(i64::MAX));
        let now = shared.clock.now();
        let next = match shared.journal.due_timers(now, ENGINE_BATCH_MAX).await {
            Ok((due, next)) if due.is_empty() => next,
            Ok((due, next)) => {
                let stuck = deliver(&shared, due).await;
                if stuck { Some(now.plus(AGAIN_MS)) } else { next.map(|_| now).or(next) }
            }
            Err(error) => {
                shared.degraded(Some(&error.to_string()));
                Some(now.plus(AGAIN_MS))
            }
        };
        if let Some(next) = next {
            shared.alarm.set(next);
        }
        wait(&shared).await;
    }
}

/// Sleeps until the alarm, which may be moved forward meanwhile.
async fn wait<J: Journal, C: Caller>(shared: &Shared<J, C>) {
    loop {
        let at = *lock(&shared.alarm.at);
        if at <= shared.clock.now() {
            return;
        }
        let earlier = shared.alarm.earlier.notified();
        if at == Millis(i64::MAX) {
            earlier.await;
        } else {
            tokio::select! {
                () = shared.clock.sleep_until(at) => {}
                () = earlier => {}
            }
        }
    }
}

/// Delivers a batch; whether nothing came of any of it.
async fn deliver<J: Journal, C: Caller>(
    shared: &Arc<Shared<J, C>>,
    due: Vec<crate::engine::DueTimer>,
) -> bool {
    let mut tasks = JoinSet::new();
    for timer in due {
        let shared = Arc::clone(shared);
        tasks.spawn(async move {
            let kind = EventKind::TimerFired { frame: timer.frame, timer: timer.timer };
            match Shared::deliver(&shared, timer.run, kind, None).await {
                Ok(_) => true,
                Err(DeliverError::Unavailable(_)) => false,
                Err(error) => {
                    // The row goes with the transition that makes it stale, so this is not to be.
                    tracing::error!(run = timer.run.0, %error, "a timer woke nothing");
                    false
                }
            }
        });
    }
    let mut delivered = false;
    while let Some(done) = tasks.join_next().await {
        delivered |= done.unwrap_or(false);
    }
    !delivered
}
