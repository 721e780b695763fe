//! The resolved graph: steps by index, every way of naming a successor as one kind of route.

mod arms;
mod order;
mod ran;
mod reject;
mod resolve;

#[cfg(test)]
mod tests;

pub(crate) use arms::DEFAULT;
pub use ran::{Fact, Implied, Ran, path_without};
pub use reject::continues_after_reject;
pub use resolve::resolve;

use crate::limits::PATH_STEPS_SHOWN_MAX;
use crate::text::Span;

/// A step, by its index in [`crate::tree::Workflow::steps`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StepIx(pub u32);

impl StepIx {
    /// The index, for slices.
    #[must_use]
    pub fn index(self) -> usize {
        self.0 as usize
    }

    /// The step at a place of a slice.
    #[must_use]
    pub fn at(index: usize) -> Self {
        Self(u32::try_from(index).unwrap_or(u32::MAX))
    }
}

/// Steps and arrows; of a long path, its two ends.
pub(crate) fn path_text(mut ids: Vec<&str>) -> String {
    if ids.len() > PATH_STEPS_SHOWN_MAX {
        let half = PATH_STEPS_SHOWN_MAX / 2;
        ids.splice(half..ids.len() - half, ["..."]);
    }
    ids.join(" -> ")
}

/// The graph of one workflow.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Flow {
    /// Where a run starts; `None` when that could not be resolved.
    pub start: Option<StepIx>,
    /// One entry a step, in the tree's order. Of a step: `Next`, then the cases or conditions as
    /// written, then the default, then errors (any error last), timeout and rejection.
    pub routes: Vec<Vec<Route>>,
    /// The steps that lead to each step, ascending, each once.
    pub predecessors: Vec<Vec<StepIx>>,
    /// Every step, each after all that lead to it; the reading order wherever that is such an order.
    /// Where steps form a cycle it is cut at the first of them.
    pub order: Vec<StepIx>,
    /// Which steps a run can come to.
    pub reachable: Vec<bool>,
    /// Whether no step leads back to itself.
    pub acyclic: bool,
    /// Whether every route could be resolved. Where one could not, that has been reported, and what is
    /// missing from the graph (a way to a step, say) may be a consequence of it.
    pub complete: bool,
}

/// A way from one step to another.
#[derive(Debug, Clone, PartialEq)]
pub struct Route {
    /// When it is taken.
    pub kind: RouteKind,
    /// Where it goes.
    pub target: StepIx,
    /// Where it is written.
    pub span: Span,
}

/// When a route is taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RouteKind {
    /// The step succeeded.
    Next,
    /// The decision's value has this text form.
    Case(String),
    /// No case, or no condition, of the decision holds.
    Default,
    /// The decision's n-th condition (from 0) is the first that holds.
    When(u32),
    /// The call failed with this class of error; `None` for any.
    OnError(Option<String>),
    /// Nobody decided, or nothing came, in time.
    OnTimeout,
    /// The approval was rejected.
    OnReject,
    /// The step failed, and is optional: it goes on as if it had succeeded, without an output.
    Failed,
}

impl Flow {
    /// The routes out of a step.
    #[must_use]
    pub fn routes_of(&self, step: StepIx) -> &[Route] {
        self.routes.get(step.index()).map_or(&[], Vec::as_slice)
    }

    /// Where a step goes when it succeeds; `None` for decisions and where the run ends.
    #[must_use]
    pub fn next(&self, step: StepIx) -> Option<&Route> {
        self.routes_of(step).iter().find(|route| route.kind == RouteKind::Next)
    }

    /// Whether a run can come to a step.
    #[must_use]
    pub fn is_reachable(&self, step: StepIx) -> bool {
        self.reachable.get(step.index()).copied().unwrap_or(false)
    }
}
