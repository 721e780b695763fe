//! The resolved graph: steps by index, every way of naming a successor as one kind of route.

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
}

/// The graph of one workflow.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Flow {
    /// Where a run starts; `None` when that could not be resolved.
    pub start: Option<StepIx>,
    /// One entry a step, in the tree's order.
    pub routes: Vec<Vec<Route>>,
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
}

/// Resolves the names of a workflow into its graph, and reports those that name nothing.
#[must_use]
pub fn resolve(
    workflow: &crate::tree::Workflow,
    diagnostics: &mut Vec<crate::diagnostic::Diagnostic>,
) -> Flow {
    let _ = (workflow, diagnostics);
    Flow::default()
}
