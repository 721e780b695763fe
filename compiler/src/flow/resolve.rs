//! Names to indices: every step, edge and route that the author named.

use super::{Flow, Route, RouteKind, StepIx};
use crate::diagnostic::{Applicability, Code, Diagnostic, Severity, SourceText, did_you_mean};
use crate::limits::STEPS_MAX;
use crate::text::Name;
use crate::tree::{
    ApprovalOutcome, ApprovalStep, CallStep, Edge, Step, StepKind, WaitStep, Workflow,
};
use std::collections::{HashMap, HashSet};

/// Resolves the names of a workflow into its graph, and reports those that name nothing.
///
/// A decision's arms may be stated in its cases, in edges, or in both; the graph is the same.
#[must_use]
pub fn resolve(
    workflow: &Workflow,
    source: SourceText<'_>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Flow {
    let mut resolver = Resolver::new(workflow, source, diagnostics);
    let start = resolver.start();
    let edges = resolver.edges();
    let routes = workflow
        .steps
        .iter()
        .zip(edges)
        .map(|(step, edges)| resolver.routes(step, &edges))
        .collect();
    let complete = resolver.complete;
    let mut flow = Flow { start, routes, complete, ..Flow::default() };
    flow.derive();
    flow
}

/// An edge both of whose ends exist.
#[derive(Debug, Clone, Copy)]
pub(super) struct Known<'a> {
    pub(super) edge: &'a Edge,
    pub(super) target: StepIx,
}

/// The names of one workflow.
pub(super) struct Resolver<'a, 'd> {
    workflow: &'a Workflow,
    pub(super) source: SourceText<'d>,
    ids: HashMap<&'a str, StepIx>,
    /// Ids that several steps have: where an edge to one of them leads is anybody's guess.
    ambiguous: HashSet<&'a str>,
    /// Whether steps beyond the limit were left out: a name without a step may be one of theirs.
    cut: bool,
    pub(super) diagnostics: &'d mut Vec<Diagnostic>,
    /// See [`Flow::complete`].
    pub(super) complete: bool,
}

impl<'a, 'd> Resolver<'a, 'd> {
    fn new(
        workflow: &'a Workflow,
        source: SourceText<'d>,
        diagnostics: &'d mut Vec<Diagnostic>,
    ) -> Self {
        let ids = HashMap::with_capacity(workflow.steps.len());
        let cut = workflow.steps.len() >= STEPS_MAX
            && diagnostics.iter().any(|d| d.code == Code::TooManySteps);
        let ambiguous = HashSet::new();
        let mut resolver =
            Self { workflow, source, ids, ambiguous, cut, diagnostics, complete: !cut };
        for (at, step) in workflow.steps.iter().enumerate() {
            let ix = StepIx::at(at);
            if let Some(first) = resolver.ids.get(step.id.value.as_str()) {
                let first = workflow.steps.get(first.index()).map_or(step.id.span, |s| s.id.span);
                resolver.ambiguous.insert(&step.id.value);
                let message = format!("two steps have the id \"{}\"", step.id.value);
                resolver.report(
                    Diagnostic::new(Code::DuplicateStep, step.id.span, message)
                        .label("this one cannot be named")
                        .and(first, "the first one")
                        .help("give one of them another id"),
                );
            } else {
                resolver.ids.insert(&step.id.value, ix);
            }
            // The routes of a step that could not be read are not known.
            resolver.complete &= step.kind != StepKind::Error;
        }
        resolver
    }

    /// Reports something that leaves a hole in the graph.
    pub(super) fn report(&mut self, diagnostic: Diagnostic) {
        self.complete = false;
        self.diagnostics.push(diagnostic);
    }

    fn start(&mut self) -> Option<StepIx> {
        if self.workflow.steps.is_empty() {
            // Steps that could not be read are not steps that are missing.
            if !self.diagnostics.iter().any(|d| d.severity == Severity::Error) {
                let span =
                    self.workflow.slug.as_ref().map_or(self.workflow.trigger.span, |s| s.span);
                self.report(
                    Diagnostic::new(Code::NoSteps, span, "the workflow has no steps")
                        .help("add at least one step"),
                );
            }
            return None;
        }
        match &self.workflow.start {
            Some(name) => self.step(name),
            None => Some(StepIx(0)),
        }
    }

    /// The step of a name; reports a name without one.
    pub(super) fn step(&mut self, name: &Name) -> Option<StepIx> {
        if let Some(ix) = self.ids.get(name.value.as_str()) {
            return Some(*ix);
        }
        if self.cut {
            return None;
        }
        let message = format!("no step is called \"{}\"", name.value);
        let diagnostic = Diagnostic::new(Code::UnknownStep, name.span, message);
        let ids = self.workflow.steps.iter().map(|step| step.id.value.as_str());
        self.report(did_you_mean(diagnostic, name, ids));
        None
    }

    /// The edges whose ends exist, by the step they leave.
    fn edges(&mut self) -> Vec<Vec<Known<'a>>> {
        let mut by_step = vec![Vec::new(); self.workflow.steps.len()];
        for edge in &self.workflow.edges {
            let ends = [&edge.from, &edge.to];
            if ends.iter().any(|name| self.ambiguous.contains(name.value.as_str())) {
                continue;
            }
            let (from, to) = (self.step(&edge.from), self.step(&edge.to));
            if let (Some(from), Some(target)) = (from, to)
                && let Some(list) = by_step.get_mut(from.index())
            {
                list.push(Known { edge, target });
            }
        }
        by_step
    }

    fn routes(&mut self, step: &'a Step, edges: &[Known<'a>]) -> Vec<Route> {
        let mut routes = self.routes_of(step, edges);
        let next = routes.iter().find(|route| route.kind == RouteKind::Next);
        if let (Some(span), Some(next)) = (step.optional, next) {
            routes.push(Route { kind: RouteKind::Failed, target: next.target, span });
        }
        routes
    }

    fn routes_of(&mut self, step: &'a Step, edges: &[Known<'a>]) -> Vec<Route> {
        match &step.kind {
            StepKind::Call(call) => {
                let mut routes = self.plain(step, edges);
                self.errors(call, &mut routes);
                routes
            }
            StepKind::Decide(decide) => self.arms(step, decide, edges),
            StepKind::Transform(_) | StepKind::Emit(_) => self.plain(step, edges),
            StepKind::Wait(wait) => {
                let mut routes = self.plain(step, edges);
                if let WaitStep::Event { on_timeout: Some(name), .. } = wait {
                    self.route(RouteKind::OnTimeout, name, &mut routes);
                }
                routes
            }
            StepKind::Approval(approval) => {
                let mut routes = self.plain(step, edges);
                self.outcomes(approval, &mut routes);
                routes
            }
            StepKind::End(_) => {
                for known in edges {
                    let message =
                        format!("\"{}\" ends the run, and nothing can follow", step.id.value);
                    self.report(
                        Diagnostic::new(Code::EdgeFromEnd, known.edge.span, message)
                            .and(step.id.span, "an `end` step")
                            .edits(
                                "remove the edge, or let it leave another step",
                                vec![self.source.remove(known.edge.span)],
                                Applicability::Maybe,
                            ),
                    );
                }
                Vec::new()
            }
            StepKind::Error => edges
                .iter()
                .map(|known| {
                    let case = known.edge.case.as_ref();
                    let kind = case.map_or(RouteKind::Next, |c| RouteKind::Case(c.value.clone()));
                    Route { kind, target: known.target, span: known.edge.span }
                })
                .collect(),
        }
    }

    /// The one successor of a step that does not decide.
    fn plain(&mut self, step: &Step, edges: &[Known<'a>]) -> Vec<Route> {
        let mut first: Option<Known<'a>> = None;
        for known in edges {
            if let Some(case) = &known.edge.case {
                let id = &step.id.value;
                let message =
                    format!("an edge out of \"{id}\" has a case, but \"{id}\" decides nothing");
                self.report(
                    Diagnostic::new(Code::CaseOnPlainStep, case.span, message)
                        .and(step.id.span, "not a decision")
                        .edits(
                            "remove the case, or let the edge leave a decision",
                            self.source
                                .led_by(case.span, &["\"case\"", ":"])
                                .map(|member| self.source.remove(member))
                                .into_iter()
                                .collect(),
                            Applicability::Maybe,
                        ),
                );
                continue;
            }
            let Some(before) = first else {
                first = Some(*known);
                continue;
            };
            if before.target == known.target {
                self.stated_twice(&before, known);
                continue;
            }
            let (one, other) = (&before.edge.to.value, &known.edge.to.value);
            let message =
                format!("\"{}\" has two successors: \"{one}\" and \"{other}\"", step.id.value);
            self.report(
                Diagnostic::new(Code::SeveralSuccessors, known.edge.to.span, message)
                    .and(before.edge.to.span, "the first one")
                    .help(
                        "a run takes one way at a time: put a decision between, or chain the steps",
                    ),
            );
        }
        let next = first.map(|known| Route {
            kind: RouteKind::Next,
            target: known.target,
            span: known.edge.span,
        });
        next.into_iter().collect()
    }

    /// Warns of an edge that says what another one says.
    pub(super) fn stated_twice(&mut self, before: &Known<'a>, again: &Known<'a>) {
        let (from, to) = (&again.edge.from.value, &again.edge.to.value);
        let message = format!("the edge from \"{from}\" to \"{to}\" is stated twice");
        self.diagnostics.push(
            Diagnostic::new(Code::DuplicateEdge, again.edge.span, message)
                .and(before.edge.span, "stated here already")
                .edits(
                    "remove one of the two",
                    vec![self.source.remove(again.edge.span)],
                    Applicability::Safe,
                ),
        );
    }

    /// A route named by the step itself.
    pub(super) fn route(&mut self, kind: RouteKind, name: &Name, routes: &mut Vec<Route>) {
        if let Some(target) = self.step(name) {
            routes.push(Route { kind, target, span: name.span });
        }
    }

    /// `onError`: classes as written, then the route for any error.
    fn errors(&mut self, call: &CallStep, routes: &mut Vec<Route>) {
        let mut seen: HashMap<Option<&str>, crate::text::Span> = HashMap::new();
        let mut any = Vec::new();
        for route in &call.on_error {
            let class = route.class.as_ref().map(|name| name.value.as_str());
            if let Some(first) = seen.insert(class, route.span) {
                let class = class.map_or_else(|| "any error".to_owned(), |c| format!("\"{c}\""));
                let message = format!("{class} is routed twice");
                self.report(
                    Diagnostic::new(Code::DuplicateCase, route.span, message)
                        .and(first, "routed here already")
                        .help("keep one of the two"),
                );
                continue;
            }
            let list = if class.is_some() { &mut *routes } else { &mut any };
            self.route(RouteKind::OnError(class.map(str::to_owned)), &route.target, list);
        }
        routes.append(&mut any);
    }

    fn outcomes(&mut self, approval: &ApprovalStep, routes: &mut Vec<Route>) {
        let kinds = [
            (RouteKind::OnTimeout, &approval.on_timeout),
            (RouteKind::OnReject, &approval.on_reject),
        ];
        for (kind, outcome) in kinds {
            match outcome.as_ref().map(|outcome| &outcome.value) {
                Some(ApprovalOutcome::RouteTo(name)) => self.route(kind, name, routes),
                // A timeout that rejects goes where a rejection goes, which is a route of its own.
                Some(ApprovalOutcome::Reject | ApprovalOutcome::Fail) | None => {}
            }
        }
    }
}
