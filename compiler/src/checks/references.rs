//! Reads of steps that may not have run.

use super::Context;
use super::reads::Read;
use crate::diagnostic::{Code, Diagnostic};
use crate::flow::{Fact, Ran, Route, StepIx, path_text, path_without};
use crate::limits::DIAGNOSTICS_MAX;
use std::collections::HashSet;

/// A step's output or error, read where the step may not have run, or may not have failed; with a way there.
pub(super) fn output_of_a_step_that_may_not_have_run(
    context: &Context<'_>,
    diagnostics: &mut Vec<Diagnostic>,
) {
    if !context.flow.acyclic {
        return;
    }
    let ran = Ran::of(context.flow, &context.implied);
    let mut described = 0;
    for (at, _) in context.steps().filter(|(at, _)| context.flow.is_reachable(*at)) {
        let mut seen = HashSet::new();
        for read in context.reads_of(at) {
            if let Some(path) = path_that_lacks(read, at, &ran, context)
                && seen.insert(read.fact)
            {
                described += 1;
                // No more than these would be kept, and each takes a walk through the graph.
                if described > DIAGNOSTICS_MAX {
                    return;
                }
                diagnostics.extend(describe(read, at, &path, &ran, context));
            }
        }
    }
}

/// A path on which a step has nothing to read.
type Path<'f> = Vec<(StepIx, &'f Route)>;

fn path_that_lacks<'f>(
    read: &Read<'_>,
    at: StepIx,
    ran: &Ran,
    context: &Context<'f>,
) -> Option<Path<'f>> {
    let instead = read.instead.as_ref()?;
    if ran.is_certain(at, read.fact) {
        return None;
    }
    let mut facts = instead.clone();
    facts.push(read.fact);
    path_without(context.flow, &context.implied, at, &facts)
}

fn describe(
    read: &Read<'_>,
    at: StepIx,
    path: &Path<'_>,
    ran: &Ran,
    context: &Context<'_>,
) -> Option<Diagnostic> {
    let step = read.fact.step();
    let (id, reader) = (context.id(step), context.id(at));
    let diagnostic = |code, message: String| {
        let found = Diagnostic::new(code, read.span, message);
        match read.inside {
            Some(inside) => found.and(inside, "read here, under that name"),
            None => found,
        }
    };
    if step == at {
        // Its own output is no part of a step, which typing says.
        return None;
    }
    if ran.is_possible(at, read.fact) {
        let (message, help) = match read.fact {
            Fact::Output(_) => (
                format!("\"{id}\" may not have run when \"{reader}\" reads its output"),
                "say what counts where it did not run, with `coalesce(...)` or `.?` and `.orValue(...)`; \
                 or read it behind a step that every way passes",
            ),
            Fact::Error(_) => (
                format!("\"{id}\" may not have failed when \"{reader}\" reads its error"),
                "say what counts where it did not fail, with `coalesce(...)` or `.?` and `.orValue(...)`",
            ),
        };
        let found = with_path(diagnostic(Code::StepNotRun, message), read.fact, at, path, context);
        return Some(found.help(help));
    }
    // What is missing from the graph may be what would have led there.
    if !context.flow.complete {
        return None;
    }
    let there = context.workflow.steps.get(step.index()).map_or(read.span, |s| s.id.span);
    let runs_later = context.flow.after(at).get(step.index()) == Some(&true);
    Some(match read.fact {
        Fact::Output(_) if runs_later => {
            let message = format!("\"{reader}\" reads the output of \"{id}\", which runs later");
            diagnostic(Code::ReadBeforeRun, message)
                .and(there, format!("runs after \"{reader}\""))
                .help(format!("move \"{id}\" before \"{reader}\""))
        }
        Fact::Output(_) if ran.is_possible(at, Fact::Error(step)) => {
            let message = format!("\"{id}\" has failed when \"{reader}\" reads its output");
            let found = diagnostic(Code::StepNotRun, message);
            with_path(found, read.fact, at, path, context)
                .help(format!("on this way, read `step.{id}.error`"))
        }
        Fact::Output(_) => {
            let message =
                format!("\"{id}\" never runs before \"{reader}\", which reads its output");
            let found = diagnostic(Code::StepNotRun, message).and(there, "not on any way there");
            with_path(found, read.fact, at, path, context)
        }
        Fact::Error(_) => {
            let route = context.words("`on error`", "`onError`");
            let message = format!("\"{id}\" has not failed when \"{reader}\" reads its error");
            diagnostic(Code::StepNotRun, message)
                .and(there, format!("no {route} route of it leads there"))
                .help(format!("the error of a call can be read on its {route} route only"))
        }
    })
}

/// Adds the path, and the place where it goes another way than the step.
fn with_path(
    diagnostic: Diagnostic,
    fact: Fact,
    at: StepIx,
    path: &Path<'_>,
    context: &Context<'_>,
) -> Diagnostic {
    let step = fact.step();
    let before = context.flow.before(step);
    let leads_there = |from: StepIx| from == step || before.get(from.index()) == Some(&true);
    let left = path.iter().rev().find(|(from, _)| leads_there(*from));
    let diagnostic = match (left, fact) {
        (Some((from, route)), Fact::Output(_)) if *from == step => {
            diagnostic.and(route.span, "on this way it has no output")
        }
        (Some((from, route)), Fact::Error(_)) if *from == step => {
            diagnostic.and(route.span, "on this way it did not fail")
        }
        (Some((_, route)), _) => {
            diagnostic.and(route.span, format!("on this way \"{}\" does not run", context.id(step)))
        }
        (None, _) => diagnostic,
    };
    let ids = path.iter().map(|(from, _)| *from).chain([at]);
    diagnostic.note(format!("a way there: {}", shown(ids.collect(), context)))
}

/// Steps and arrows; of a long path, its two ends.
pub(super) fn shown(steps: Vec<StepIx>, context: &Context<'_>) -> String {
    path_text(steps.iter().map(|step| context.id(*step)).collect())
}
