//! One loop that brings runs the events that have come for them.

use super::{Core, locked};
use crate::engine::{Arrival, Caller, DeliverError, Journal, RunKey};
use crate::limits::ARRIVALS_BATCH_MAX;
use crate::machine::{EventKind, StepOrdinal};
use std::collections::HashSet;
use std::sync::Arc;
use tokio::task::JoinSet;

/// Delivers events whenever the journal may hold some that are on their way.
pub(super) async fn run<J: Journal, C: Caller>(core: Arc<Core<J, C>>) {
    // Events that their runs refused and that are still there, which cannot be: they are not delivered over and over.
    let mut refused = HashSet::new();
    let mut failures = 0;
    loop {
        core.arrivals.notified().await;
        while let Err(what) = bring(&core, &mut refused).await {
            if locked(&core.schedule).draining() {
                return;
            }
            failures += 1;
            core.troubled(&what);
            core.clock.sleep_until(core.retry_at(failures)).await;
        }
        failures = 0;
    }
}

/// Delivers everything that is on its way.
async fn bring<J: Journal, C: Caller>(
    core: &Arc<Core<J, C>>,
    refused: &mut HashSet<(RunKey, StepOrdinal)>,
) -> Result<(), String> {
    loop {
        let limit = ARRIVALS_BATCH_MAX + refused.len();
        let arrivals = core.journal.arrivals(limit).await.map_err(|error| error.to_string())?;
        // The others' waits were over when they came, and are gone.
        refused.retain(|wait| arrivals.iter().any(|a| (a.run, a.ordinal) == *wait));
        let mut coming = JoinSet::new();
        for arrival in arrivals {
            let Arrival { run, frame, ordinal, data } = arrival;
            if refused.contains(&(run, ordinal)) {
                continue;
            }
            let core = Arc::clone(core);
            let kind = EventKind::EventReceived { frame, ordinal, data };
            coming.spawn(async move { ((run, ordinal), core.deliver(run, kind, None).await) });
        }
        if coming.is_empty() {
            return Ok(());
        }
        while let Some(done) = coming.join_next().await {
            match done.map_err(|error| error.to_string())? {
                (_, Ok(_)) => {}
                (_, Err(DeliverError::Unavailable(what))) => return Err(what),
                (wait, Err(error @ (DeliverError::NotFound | DeliverError::Refused(_)))) => {
                    refused.insert(wait);
                    tracing::debug!(run = wait.0.0, %error, "an event came too late");
                }
            }
        }
    }
}
