//! What a run of a workflow takes at most: calls, attempts, time, stored bytes, each with the way that takes it.
//!
//! A run takes each step once at most, so the worst way is the longest path of the acyclic graph. It is found in one
//! pass a measure, however many paths there are. Which decisions exclude one another is not looked at: a bound is never
//! too low, and may be higher than any run gets.
//!
//! What is counted is what the workflow asks for. Not counted are the time that the runner takes itself, redirects
//! within an attempt, and attempts repeated because the runner was killed in their midst.

mod cost;
mod limits;
mod longest;
mod render;
mod size;
mod units;
mod work;

pub use limits::ProjectBudget;
pub(crate) use limits::{Limit, Origin, tighter};
pub(crate) use render::{amount_text, no_limit};
pub use render::{human, json};
pub(crate) use size::INPUTS_MAX;
pub use units::{bytes_text, duration_text};
pub(crate) use work::{TooMuch, too_much};

use crate::flow::{Flow, StepIx};
use crate::limits::EXECUTION_BYTES_MAX;
use crate::tree::Workflow;
use crate::types::check::Typed;
use cost::Cost;
use longest::longest;

/// Something that runs take some amount of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Measure {
    /// Calls in all; attempts at one call count once.
    Calls,
    /// Calls of one service.
    CallsOf(String),
    /// Attempts at calls in all.
    Attempts,
    /// Milliseconds from start to end.
    Duration,
    /// The same where no service asks for a later attempt with `Retry-After`.
    DurationUnasked,
    /// Bytes of values that the run keeps, as the runner counts them.
    Stored,
}

/// How much of a measure a run takes at most, and on which way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bound {
    /// How much.
    pub worst: Worst,
    /// The way that takes it, from the start to an end.
    pub path: Vec<Passed>,
}

/// An amount at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Worst {
    /// No run takes more.
    AtMost(u64),
    /// Nothing limits what this step takes.
    Unbounded(StepIx),
}

/// A step of a way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Passed {
    /// The step.
    pub step: StepIx,
    /// What it adds to the measure at most; `None` when nothing limits it.
    pub adds: Option<u64>,
}

/// What runs of one workflow take at most.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bounds {
    /// Each measure, services in the order in which they are first called.
    pub measures: Vec<(Measure, Bound)>,
}

impl Bounds {
    /// Works them out. `None` where the graph or a step could not be understood, which has been reported: a bound of
    /// what is left would be wrong.
    #[must_use]
    pub fn of(workflow: &Workflow, flow: &Flow, typed: &Typed) -> Option<Self> {
        let start = flow.start.filter(|_| flow.complete && flow.acyclic)?;
        let mut costs = Vec::with_capacity(workflow.steps.len());
        for (at, step) in workflow.steps.iter().enumerate() {
            costs.push(Cost::of(step, typed.steps.get(at))?);
        }
        let worst = |amount: &dyn Fn(&Cost<'_>) -> Option<u64>| {
            longest(flow, start, &costs.iter().map(amount).collect::<Vec<_>>())
        };
        let mut services: Vec<&str> = Vec::new();
        for service in costs.iter().filter_map(|cost| cost.service) {
            if !services.contains(&service) {
                services.push(service);
            }
        }
        let mut measures =
            vec![(Measure::Calls, worst(&|cost| Some(u64::from(cost.service.is_some()))))];
        for service in services {
            let calls = worst(&|cost| Some(u64::from(cost.service == Some(service))));
            measures.push((Measure::CallsOf(service.to_owned()), calls));
        }
        measures.push((Measure::Attempts, worst(&|cost| Some(cost.attempts))));
        measures.push((Measure::Duration, worst(&|cost| cost.asked_ms)));
        measures.push((Measure::DurationUnasked, worst(&|cost| cost.duration_ms)));
        measures.push((Measure::Stored, stored(worst(&|cost| Some(cost.stored_bytes)))));
        Some(Self { measures })
    }

    /// The bound of a measure; `None` for a service that the workflow does not call.
    #[must_use]
    pub fn get(&self, measure: &Measure) -> Option<&Bound> {
        self.measures.iter().find(|(known, _)| known == measure).map(|(_, bound)| bound)
    }
}

/// With what the run is started with, and without what no run may keep.
fn stored(mut bound: Bound) -> Bound {
    if let Worst::AtMost(bytes) = &mut bound.worst {
        *bytes = bytes.saturating_add(INPUTS_MAX).min(EXECUTION_BYTES_MAX);
    }
    bound
}

#[cfg(test)]
mod tests;
