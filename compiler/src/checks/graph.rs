//! The shape of the graph: steps that no run comes to, and circles.

use super::Context;
use super::references::shown;
use crate::diagnostic::{Code, Diagnostic};
use crate::flow::{Route, StepIx};
use crate::limits::PATH_STEPS_SHOWN_MAX;
use std::collections::VecDeque;

/// A step that nothing leads to. What only it leads to is not reported beside it.
pub(super) fn unreachable(context: &Context<'_>, diagnostics: &mut Vec<Diagnostic>) {
    let flow = context.flow;
    if flow.start.is_none() || !flow.complete {
        return;
    }
    for (at, step) in context.steps().filter(|(at, _)| !flow.is_reachable(*at)) {
        if flow.predecessors.get(at.index()).is_some_and(|before| !before.is_empty()) {
            continue;
        }
        let message = format!("no run comes to \"{}\"", step.id.value);
        let mut found = Diagnostic::new(Code::Unreachable, step.id.span, message)
            .label("no step leads here")
            .help("lead to it from another step, or remove it");
        let behind = flow.after(at);
        let hidden =
            (0..).zip(&behind).filter(|(n, after)| **after && !flow.is_reachable(StepIx(*n)));
        let count = hidden.count();
        if count > 0 {
            let steps = if count == 1 { "step" } else { "steps" };
            found = found.note(format!("nor to the {count} {steps} behind it"));
        }
        diagnostics.push(found);
    }
}

/// Steps that lead back to themselves: one circle of each knot, a shortest one.
pub(super) fn cycles(context: &Context<'_>, diagnostics: &mut Vec<Diagnostic>) {
    if context.flow.acyclic {
        return;
    }
    let mut done = vec![false; context.flow.routes.len()];
    for (at, _) in context.steps() {
        if done.get(at.index()) == Some(&true) {
            continue;
        }
        let Some(circle) = circle_through(at, context) else { continue };
        let (after, before) = (context.flow.after(at), context.flow.before(at));
        for ((done, after), before) in done.iter_mut().zip(after).zip(before) {
            *done |= after && before;
        }
        diagnostics.extend(describe(at, &circle, context));
    }
}

/// A shortest way from a step back to it: the steps passed, and the route by which each is left.
fn circle_through<'f>(at: StepIx, context: &Context<'f>) -> Option<Vec<(StepIx, &'f Route)>> {
    let mut came_by: Vec<Option<(StepIx, &Route)>> = vec![None; context.flow.routes.len()];
    let mut todo = VecDeque::from([at]);
    while let Some(step) = todo.pop_front() {
        for route in context.flow.routes_of(step) {
            match came_by.get_mut(route.target.index()) {
                Some(seen @ None) => *seen = Some((step, route)),
                _ => continue,
            }
            todo.push_back(route.target);
        }
    }
    let mut circle = Vec::new();
    let mut step = at;
    loop {
        let (from, route) = came_by.get(step.index()).copied().flatten()?;
        circle.push((from, route));
        step = from;
        if step == at {
            circle.reverse();
            return Some(circle);
        }
    }
}

fn describe(at: StepIx, circle: &[(StepIx, &Route)], context: &Context<'_>) -> Option<Diagnostic> {
    let ((_, back), others) = circle.split_last()?;
    let message = if others.is_empty() {
        format!("\"{}\" leads to itself", context.id(at))
    } else {
        let ids = circle.iter().map(|(step, _)| *step).chain([at]);
        format!("steps lead in a circle: {}", shown(ids.collect(), context))
    };
    let mut found = Diagnostic::new(Code::Cycle, back.span, message)
        .label(format!("leads back to \"{}\"", context.id(at)));
    for (_, route) in others.iter().take(PATH_STEPS_SHOWN_MAX) {
        found = found.and(route.span, format!("leads to \"{}\"", context.id(route.target)));
    }
    Some(found.help("a run takes each step once at most: lead one of these elsewhere"))
}
