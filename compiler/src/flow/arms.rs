//! The arms of a decision, stated in its cases, in edges, or in both.

use super::resolve::{Known, Resolver};
use super::{Route, RouteKind, StepIx};
use crate::diagnostic::{Applicability, Code, Diagnostic};
use crate::text::{Name, Span};
use crate::tree::{DecideStep, Step};
use indexmap::IndexMap;

/// The label that stands for everything no case names.
pub(crate) const DEFAULT: &str = "default";

/// One arm, as far as it has been seen.
#[derive(Debug, Clone, Copy)]
struct Arm<'a> {
    /// Where its label is written.
    label: Span,
    /// Where it goes.
    target: Option<Target<'a>>,
    /// Whether its target was named, but does not exist.
    broken: bool,
}

/// Where an arm goes, and who says so.
#[derive(Debug, Clone, Copy)]
struct Target<'a> {
    step: StepIx,
    name: &'a Name,
    span: Span,
    edge: Option<Known<'a>>,
}

type Arms<'a> = IndexMap<&'a str, Arm<'a>>;

impl<'a> Resolver<'a, '_> {
    /// The routes of a decision: cases or conditions as written, cases that only edges name, the default.
    pub(super) fn arms(
        &mut self,
        step: &'a Step,
        decide: &'a DecideStep,
        edges: &[Known<'a>],
    ) -> Vec<Route> {
        let mut routes = Vec::new();
        for (n, condition) in decide.conditions.iter().enumerate() {
            if let Some(target) = self.step(&condition.next) {
                let kind = RouteKind::When(StepIx::at(n).0);
                routes.push(Route { kind, target, span: condition.span });
            }
        }
        let mut arms = Arms::new();
        self.cases(step, decide, &mut arms);
        self.default_field(step, decide, &mut arms);
        for known in edges {
            self.edge(step, decide, *known, &mut arms);
        }
        self.without_target(step, decide, &arms);
        let to_route = |(label, arm): (&&str, &Arm<'_>)| {
            let target = arm.target?;
            let kind = match *label {
                DEFAULT => RouteKind::Default,
                label => RouteKind::Case(label.to_owned()),
            };
            Some(Route { kind, target: target.step, span: target.span })
        };
        routes.extend(arms.iter().filter(|(label, _)| **label != DEFAULT).filter_map(to_route));
        routes.extend(arms.iter().filter(|(label, _)| **label == DEFAULT).filter_map(to_route));
        routes
    }

    fn cases(&mut self, step: &Step, decide: &'a DecideStep, arms: &mut Arms<'a>) {
        for case in &decide.cases {
            let label = case.label.value.as_str();
            if !decide.conditions.is_empty() && label != DEFAULT {
                self.case_beside_conditions(step, case.label.span);
                continue;
            }
            if let Some(first) = arms.get(label) {
                let message =
                    format!("the case \"{label}\" of \"{}\" is stated twice", step.id.value);
                // An arm that ends in its target holds no steps.
                let same = first.target.zip(case.next.as_ref()).is_some_and(|(target, next)| {
                    target.name.value == next.value && next.span.end == case.span.end
                });
                let first = first.label;
                let found = Diagnostic::new(Code::DuplicateCase, case.label.span, message)
                    .and(first, "stated here already");
                let remove = same.then(|| self.source.remove(case.span));
                self.report(found.edits(
                    "remove one of the two",
                    remove.into_iter().collect(),
                    Applicability::Safe,
                ));
                continue;
            }
            let target = case.next.as_ref().and_then(|name| {
                let step = self.step(name)?;
                Some(Target { step, name, span: case.span, edge: None })
            });
            let broken = case.next.is_some() && target.is_none();
            arms.insert(label, Arm { label: case.label.span, target, broken });
        }
    }

    fn default_field(&mut self, step: &Step, decide: &'a DecideStep, arms: &mut Arms<'a>) {
        let Some(name) = &decide.default else { return };
        let found = self.step(name);
        let target = found.map(|step| Target { step, name, span: name.span, edge: None });
        let fresh = Arm { label: name.span, target, broken: target.is_none() };
        let arm = arms.entry(DEFAULT).or_insert(fresh);
        match (arm.target, target) {
            (Some(before), Some(target)) if before.step != target.step => {
                let message = format!("the default of \"{}\" has two targets", step.id.value);
                self.disagree(message, before, target, "given here as the case \"default\"");
            }
            (Some(_), _) => {}
            (None, target) => arm.target = target,
        }
    }

    fn edge(&mut self, step: &Step, decide: &DecideStep, known: Known<'a>, arms: &mut Arms<'a>) {
        let edge = known.edge;
        let Some(case) = &edge.case else {
            let id = &step.id.value;
            let message = format!("an edge out of the decision \"{id}\" has no case");
            self.report(
                Diagnostic::new(Code::PlainEdgeFromDecision, edge.span, message)
                    .label("when is it taken?")
                    .help("give it a case; \"default\" is the one for everything else"),
            );
            return;
        };
        let label = case.value.as_str();
        if !decide.conditions.is_empty() && label != DEFAULT {
            self.case_beside_conditions(step, case.span);
            return;
        }
        let target =
            Target { step: known.target, name: &edge.to, span: edge.span, edge: Some(known) };
        let arm =
            arms.entry(label).or_insert(Arm { label: case.span, target: None, broken: false });
        let Some(before) = arm.target else {
            arm.target = Some(target);
            return;
        };
        match before.edge {
            Some(first) if before.step == target.step => self.stated_twice(&first, &known),
            None if before.step == target.step => arm.target = Some(target),
            Some(_) => {
                let id = &step.id.value;
                let message =
                    format!("two edges send the case \"{label}\" of \"{id}\" to different steps");
                self.report(
                    Diagnostic::new(Code::DuplicateCase, target.name.span, message)
                        .and(before.name.span, "the first one goes here")
                        .help("keep one of the two"),
                );
            }
            None => {
                let (to, next) = (&target.name.value, &before.name.value);
                let message = format!(
                    "the edge for \"{label}\" goes to \"{to}\", but the case goes to \"{next}\""
                );
                self.disagree(message, before, target, "the case says this");
            }
        }
    }

    fn disagree(&mut self, message: String, before: Target<'_>, target: Target<'_>, first: &str) {
        self.report(
            Diagnostic::new(Code::EdgeContradictsCase, target.name.span, message)
                .and(before.name.span, first)
                .help("let both say the same, or leave one of them out"),
        );
    }

    fn case_beside_conditions(&mut self, step: &Step, span: Span) {
        let message = format!("\"{}\" decides by conditions, and has no cases", step.id.value);
        self.report(
            Diagnostic::new(Code::CaseOnPlainStep, span, message)
                .help("turn the case into a condition, or keep only the cases"),
        );
    }

    /// Reports the arms that nobody gave a target, and a decision without arms.
    fn without_target(&mut self, step: &Step, decide: &DecideStep, arms: &Arms<'_>) {
        if arms.is_empty() && decide.conditions.is_empty() && self.complete {
            let message = format!("the decision \"{}\" has no cases", step.id.value);
            self.report(
                Diagnostic::new(Code::ArmGoesNowhere, step.id.span, message)
                    .help("add a case for each value, with the step it leads to"),
            );
        }
        for (label, arm) in arms {
            if arm.target.is_none() && !arm.broken {
                let message =
                    format!("the case \"{label}\" of \"{}\" leads to no step", step.id.value);
                self.report(
                    Diagnostic::new(Code::ArmGoesNowhere, arm.label, message)
                        .help("name the step it leads to, in the case or in an edge"),
                );
            }
        }
    }
}
