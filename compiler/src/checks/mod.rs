//! The checks: a list of small named functions, one rule each.

mod approvals;
mod budget;
mod calls;
mod cases;
mod events;
mod graph;
mod names;
mod optional;
mod paths;
mod reads;
mod references;
mod size;
mod unhandled;
pub(crate) mod unused;
mod verdicts;
mod waits;
mod work;

pub(crate) use waits::written_ns;

use crate::analysis::Syntax;
use crate::bounds::ProjectBudget;
use crate::diagnostic::{Diagnostic, SourceText};
use crate::flow::{Flow, Implied, Route, StepIx};
use crate::tree::{Step, Workflow};
use crate::types::check::{OperationFacts, StepTyping, Typed};
use paths::Ids;
use reads::Read;

/// What a check looks at.
#[derive(Debug)]
pub struct Context<'a> {
    /// The workflow as written.
    pub workflow: &'a Workflow,
    /// Its resolved graph.
    pub flow: &'a Flow,
    /// Its types.
    pub typed: &'a Typed,
    /// The budget of the project that the workflow is part of.
    pub project: Option<&'a ProjectBudget>,
    /// The text it stands in; advice speaks the words of its syntax.
    source: SourceText<'a>,
    /// The steps by id.
    ids: Ids<'a>,
    /// What each step reads of other steps.
    reads: Vec<Vec<Read<'a>>>,
    /// What the conditions of decisions say of steps that have run.
    implied: Implied,
}

/// A check: looks, and adds what it finds.
type Check = fn(&Context<'_>, &mut Vec<Diagnostic>);

/// Every check, in the order they run.
const CHECKS: &[Check] = &[
    names::empty_id,
    graph::unreachable,
    graph::cycles,
    references::output_of_a_step_that_may_not_have_run,
    cases::coverage,
    cases::conditions_without_else,
    verdicts::unused,
    unused::named,
    approvals::rejection_without_route,
    approvals::silent_timeout,
    approvals::timeout_that_never_comes,
    approvals::assignee,
    calls::unsafe_retry,
    calls::rate_limit_not_retried,
    calls::error_class,
    optional::step_that_cannot_be,
    waits::duration,
    waits::event_timeout,
    budget::exceeded,
    budget::service_that_is_not_called,
    events::name,
    size::too_many_parts,
    work::more_than_a_step_may,
];

/// Runs every check.
pub fn run(context: &Context<'_>, diagnostics: &mut Vec<Diagnostic>) {
    for check in CHECKS {
        check(context, diagnostics);
    }
}

impl<'a> Context<'a> {
    /// Gathers what the checks look at.
    #[must_use]
    pub fn new(
        workflow: &'a Workflow,
        flow: &'a Flow,
        typed: &'a Typed,
        source: SourceText<'a>,
        project: Option<&'a ProjectBudget>,
    ) -> Self {
        let ids = paths::ids(workflow);
        let reads = reads::of(workflow, &ids);
        let implied = reads::implied(workflow, flow, &ids);
        Self { workflow, flow, typed, source, project, ids, reads, implied }
    }

    /// Every step, with its index.
    fn steps(&self) -> impl Iterator<Item = (StepIx, &'a Step)> {
        self.workflow.steps.iter().enumerate().map(|(at, step)| (StepIx::at(at), step))
    }

    /// The id of a step.
    fn id(&self, step: StepIx) -> &'a str {
        self.workflow.steps.get(step.index()).map_or("", |step| &step.id.value)
    }

    /// The types of a step.
    fn typing(&self, step: StepIx) -> Option<&'a StepTyping> {
        self.typed.steps.get(step.index())
    }

    /// The operation that a step calls, when its service's signature has it.
    fn operation(&self, step: StepIx) -> Option<&'a OperationFacts> {
        self.typing(step)?.call.as_ref()?.operation.as_ref()
    }

    /// What is said in one way to an author of `.writ`, and in another to an author of JSON.
    fn words<'w>(&self, writ: &'w str, json: &'w str) -> &'w str {
        match self.source.syntax {
            Syntax::Writ => writ,
            Syntax::Json => json,
        }
    }

    /// What a step reads of other steps.
    fn reads_of(&self, step: StepIx) -> &[Read<'a>] {
        self.reads.get(step.index()).map_or(&[], Vec::as_slice)
    }

    /// Whether nothing but this route leads to where it goes: without it, that would be left hanging. An end that the
    /// route's own arrow stands for goes with it.
    fn is_only_way(&self, from: StepIx, route: &Route) -> bool {
        let target = route.target;
        let made = self.workflow.steps.get(target.index()).is_some_and(|s| s.id.span == route.span);
        let before = self.flow.predecessors.get(target.index()).map_or(&[][..], Vec::as_slice);
        let ways = self.flow.routes_of(from).iter().filter(|other| other.target == target).count();
        !made && self.flow.start != Some(target) && before == [from] && ways == 1
    }
}
