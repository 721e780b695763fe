//! Time as the engine sees it: the machine's own, or one that tests move by hand.

use crate::time::Millis;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;
use tokio::sync::watch;

/// A future that ends at some time.
pub type Sleep = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Where the engine's time comes from.
pub trait Clock: Send + Sync + 'static {
    /// The time now.
    fn now(&self) -> Millis;
    /// Ends once [`Clock::now`] has reached `at`.
    fn sleep_until(&self, at: Millis) -> Sleep;
}

/// The wall clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

/// Longest sleep at a stretch: the wall clock can be set, or the machine suspended, while one sleeps.
const SLEEP_MAX: Duration = Duration::from_secs(30);

impl Clock for SystemClock {
    fn now(&self) -> Millis {
        Millis::now()
    }

    fn sleep_until(&self, at: Millis) -> Sleep {
        Box::pin(async move {
            loop {
                let left = at.0.saturating_sub(Millis::now().0);
                let Ok(left) = u64::try_from(left) else { return };
                if left == 0 {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(left).min(SLEEP_MAX)).await;
            }
        })
    }
}

/// A clock that stands still until it is moved: virtual time, for tests and simulations.
#[derive(Debug)]
pub struct ManualClock {
    time: watch::Sender<Millis>,
    sleepers: watch::Sender<Vec<(u64, Millis)>>,
}

impl ManualClock {
    /// A clock that shows `at`.
    #[must_use]
    pub fn new(at: Millis) -> Self {
        Self { time: watch::Sender::new(at), sleepers: watch::Sender::new(Vec::new()) }
    }

    /// Moves the clock; it never goes back.
    pub fn advance_to(&self, at: Millis) {
        self.time.send_if_modified(|now| {
            let later = at > *now;
            if later {
                *now = at;
            }
            later
        });
    }

    /// Moves the clock by some milliseconds.
    pub fn advance(&self, milliseconds: i64) {
        let now = *self.time.borrow();
        self.advance_to(Millis(now.0.saturating_add(milliseconds)));
    }

    /// Waits until somebody sleeps, then moves the clock to the earliest time anybody waits for, and says which.
    pub async fn advance_to_next(&self) -> Millis {
        let mut sleepers = self.sleepers.subscribe();
        loop {
            let next = sleepers.borrow_and_update().iter().map(|(_, at)| *at).min();
            // One that is due already has yet to wake, and to say what it waits for next.
            if let Some(at) = next.filter(|at| *at > self.now()) {
                self.advance_to(at);
                return at;
            }
            if sleepers.changed().await.is_err() {
                return *self.time.borrow();
            }
        }
    }
}

/// Takes a sleeper off the list, also when its sleep is given up.
struct Sleeper {
    sleepers: watch::Sender<Vec<(u64, Millis)>>,
    id: u64,
}

impl Sleeper {
    fn new(sleepers: watch::Sender<Vec<(u64, Millis)>>, at: Millis) -> Self {
        let mut id = 0;
        sleepers.send_modify(|all| {
            id = all.iter().map(|(id, _)| *id).max().unwrap_or(0) + 1;
            all.push((id, at));
        });
        Self { sleepers, id }
    }
}

impl Drop for Sleeper {
    fn drop(&mut self) {
        self.sleepers.send_modify(|all| all.retain(|(id, _)| *id != self.id));
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Millis {
        *self.time.borrow()
    }

    fn sleep_until(&self, at: Millis) -> Sleep {
        let mut time = self.time.subscribe();
        let sleepers = self.sleepers.clone();
        Box::pin(async move {
            if *time.borrow() >= at {
                return;
            }
            let _listed = Sleeper::new(sleepers, at);
            // An error means that the clock is gone: nothing will ever be due, so the sleeper stays asleep.
            if time.wait_for(|now| *now >= at).await.is_err() {
                std::future::pending::<()>().await;
            }
        })
    }
}
