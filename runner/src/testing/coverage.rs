//! Which steps, routes and paths of a workflow its runs have taken.

use crate::machine::StepStatus;
use crate::simulate::{StepTrace, Trace};
use std::collections::{BTreeSet, HashSet};
use writ_compiler::bytecode::{Program, StepType};
use writ_compiler::flow::{Flow, Route, RouteKind, StepIx};
use writ_compiler::tree::Workflow;
use writ_compiler::value::Value;

/// A way out of a step: the step, and which of its routes in [`Flow::routes_of`].
pub type Arm = (u32, usize);

/// What runs of one workflow have taken.
#[derive(Debug, Clone, Default)]
pub struct Coverage {
    /// Steps that were started.
    pub steps: BTreeSet<u32>,
    /// Routes that were taken.
    pub arms: BTreeSet<Arm>,
    /// Ways through the graph that whole runs took.
    pub paths: HashSet<Vec<Arm>>,
}

impl Coverage {
    /// Adds what a run took.
    pub fn add(&mut self, flow: &Flow, program: &Program, trace: &Trace) {
        let path = path(flow, trace);
        self.steps.extend(trace.path());
        self.arms.extend(path.iter().copied());
        if trace.status.is_terminal() && ends_by_itself(program, trace) {
            self.paths.insert(path);
        }
    }

    /// Adds what other runs took.
    pub fn merge(&mut self, other: Self) {
        self.steps.extend(other.steps);
        self.arms.extend(other.arms);
        self.paths.extend(other.paths);
    }
}

/// Whether a run came to an end of the graph, rather than breaking off where a failure has no route.
fn ends_by_itself(program: &Program, trace: &Trace) -> bool {
    trace.steps.last().is_some_and(|last| {
        let is_end = program.step(last.step).is_some_and(|step| step.kind == StepType::End);
        is_end || last.status == StepStatus::Succeeded
    })
}

/// Of everything that can be covered, how much there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Total {
    /// Steps that a run can come to.
    pub steps: usize,
    /// Routes out of them.
    pub arms: usize,
    /// Ways through the graph, from its start to where runs end; `u128::MAX` stands for that many or more.
    pub paths: u128,
}

/// How much of a workflow there is to cover.
///
/// A failed run is a way of its own only where the failure has a route.
#[must_use]
pub fn total(flow: &Flow) -> Total {
    let reachable = |step: &StepIx| flow.is_reachable(*step);
    let steps: Vec<StepIx> = flow.order.iter().copied().filter(reachable).collect();
    let arms = steps.iter().map(|step| flow.routes_of(*step).len()).sum();
    let mut ways: Vec<u128> = vec![0; flow.routes.len()];
    for step in steps.iter().rev() {
        let routes = flow.routes_of(*step);
        let onward = routes.iter().map(|route| ways.get(route.target.index()).copied());
        let onward = onward.flatten().fold(0_u128, u128::saturating_add);
        // Where no route says that a step succeeded, a run ends there.
        let ends = !routes.iter().any(|route| goes_on(&route.kind));
        if let Some(slot) = ways.get_mut(step.index()) {
            *slot = onward.saturating_add(u128::from(ends));
        }
    }
    let paths = flow.start.and_then(|start| ways.get(start.index()).copied()).unwrap_or(0);
    Total { steps: steps.len(), arms, paths }
}

/// Whether a route is for a step that succeeded.
fn goes_on(kind: &RouteKind) -> bool {
    match kind {
        RouteKind::Next | RouteKind::Case(_) | RouteKind::Default | RouteKind::When(_) => true,
        RouteKind::OnError(_) | RouteKind::OnTimeout | RouteKind::OnReject | RouteKind::Failed => {
            false
        }
    }
}

/// The routes that a run took, in order.
#[must_use]
pub fn path(flow: &Flow, trace: &Trace) -> Vec<Arm> {
    let pairs = trace.steps.iter().zip(trace.steps.iter().skip(1));
    pairs
        .filter_map(|(step, next)| {
            let routes = flow.routes_of(StepIx(step.step));
            let leads = |route: &Route| route.target == StepIx(next.step);
            let taken = |route: &Route| leads(route) && fits(&route.kind, step);
            let at = routes.iter().position(taken).or_else(|| routes.iter().position(leads))?;
            Some((step.step, at))
        })
        .collect()
}

/// Whether a step that ended like this takes a route of this kind.
fn fits(kind: &RouteKind, step: &StepTrace) -> bool {
    let succeeded = step.status == StepStatus::Succeeded;
    let field = |name: &str| step.output.as_ref().and_then(|o| o.get(name)).and_then(Value::as_str);
    match kind {
        RouteKind::Next => succeeded && field("decision") != Some("reject"),
        RouteKind::Case(label) => field("selected") == Some(label.as_str()),
        RouteKind::When(n) => step.condition == usize::try_from(*n).ok(),
        RouteKind::Default => field("selected") == Some("default"),
        RouteKind::OnReject => {
            let code = step.error.as_ref().map(|error| error.code.as_str());
            field("decision") == Some("reject") || code == Some("approval_rejected")
        }
        RouteKind::OnTimeout => {
            let code = step.error.as_ref().map_or("", |error| error.code.as_str());
            code.ends_with("_timeout") || field("decision") == Some("timeout")
        }
        RouteKind::OnError(class) => !succeeded && error_is(class.as_deref(), step),
        RouteKind::Failed => !succeeded,
    }
}

fn error_is(class: Option<&str>, step: &StepTrace) -> bool {
    let (Some(class), Some(error)) = (class, &step.error) else { return class.is_none() };
    match class {
        "5xx" => error.status.is_some_and(|status| status >= 500),
        "timeout" => error.code == "call_timeout",
        "network" => error.code == "call_failed" && error.status.is_none(),
        class => {
            class == error.code || error.status.is_some_and(|status| status.to_string() == class)
        }
    }
}

/// The routes that a run can come to and none of these took, in words.
#[must_use]
pub fn untaken(workflow: &Workflow, flow: &Flow, taken: &Coverage) -> Vec<String> {
    let steps = flow.order.iter().filter(|step| flow.is_reachable(**step));
    let arms = steps.flat_map(|StepIx(step)| {
        (0..flow.routes_of(StepIx(*step)).len()).map(|route| (*step, route))
    });
    let untaken = arms.filter(|arm| !taken.arms.contains(arm));
    untaken.map(|arm| words(workflow, flow, arm)).collect()
}

/// A route in words: `on_verdict -> done (passed)`.
fn words(workflow: &Workflow, flow: &Flow, (step, at): Arm) -> String {
    let id = |at: StepIx| workflow.steps.get(at.index()).map_or("", |step| step.id.value.as_str());
    let from = id(StepIx(step));
    let Some(route) = flow.routes_of(StepIx(step)).get(at) else { return from.to_owned() };
    let to = id(route.target);
    let when = match &route.kind {
        RouteKind::Next => String::new(),
        RouteKind::Case(label) => format!(" ({label})"),
        RouteKind::Default => " (otherwise)".to_owned(),
        RouteKind::When(n) => format!(" (condition {})", n + 1),
        RouteKind::OnError(None) => " (on error)".to_owned(),
        RouteKind::OnError(Some(class)) => format!(" (on error {class})"),
        RouteKind::OnTimeout => " (on timeout)".to_owned(),
        RouteKind::OnReject => " (on reject)".to_owned(),
        RouteKind::Failed => " (failed)".to_owned(),
    };
    format!("{from} -> {to}{when}")
}
