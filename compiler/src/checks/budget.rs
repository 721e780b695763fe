//! Budgets: what a run may take at most, held against what it takes at most.

use super::Context;
use super::references::shown;
use crate::bounds::{
    Bound, Bounds, INPUTS_MAX, Limit, Measure, Origin, Passed, Worst, amount_text, bytes_text,
    duration_text, no_limit, tighter,
};
use crate::diagnostic::{Code, Diagnostic, Severity, did_you_mean};
use crate::limits::{COSTS_SHOWN_MAX, EXECUTION_BYTES_MAX, RETRY_AFTER_MS_MAX};
use crate::tree::StepKind;

/// A budget that some run may exceed; with the worst way.
pub(super) fn exceeded(context: &Context<'_>, diagnostics: &mut Vec<Diagnostic>) {
    let limits = tighter(context.workflow.budget.as_ref(), context.project);
    if limits.is_empty() {
        return;
    }
    let Some(bounds) = Bounds::of(context.workflow, context.flow, context.typed) else { return };
    for limit in &limits {
        let Some(bound) = bounds.get(&limit.measure) else { continue };
        match bound.worst {
            Worst::AtMost(amount) if amount <= limit.most => {}
            Worst::AtMost(amount) => {
                let mut found = describe(limit, amount, context);
                found = with_costs(found, limit, bound, context);
                if limit.measure == Measure::Duration {
                    found = with_retry_after(found, limit, &bounds);
                }
                diagnostics.push(found);
            }
            Worst::Unbounded(step) => {
                let budget = amount_text(&limit.measure, limit.most);
                let message =
                    format!("nothing limits how long a run takes; its budget is {budget}");
                let mut found = at(limit, message, context);
                if let Some(step) = context.workflow.steps.get(step.index()) {
                    found = found.and(step.id.span, no_limit(step));
                    if matches!(step.kind, StepKind::Approval(_)) {
                        found = found.help(format!("give \"{}\" a timeout", step.id.value));
                    }
                }
                diagnostics.push(with_path(found, bound, context));
            }
        }
    }
}

/// A budget of a service that the workflow does not call: it may be misspelt, and limits nothing then.
pub(super) fn service_that_is_not_called(context: &Context<'_>, diagnostics: &mut Vec<Diagnostic>) {
    let Some(budget) = &context.workflow.budget else { return };
    let called = || {
        context.workflow.steps.iter().filter_map(|step| {
            let StepKind::Call(call) = &step.kind else { return None };
            Some(call.service.value.as_str())
        })
    };
    let calls_are_known = context.workflow.steps.iter().all(|step| step.kind != StepKind::Error);
    for limit in budget.calls_per_service.iter().filter(|_| calls_are_known) {
        let service = &limit.service;
        if called().all(|known| known != service.value) {
            let message = format!("the budget is for \"{}\", which no step calls", service.value);
            let mut found = Diagnostic::new(Code::UnknownService, service.span, message);
            found.severity = Severity::Warning;
            diagnostics.push(did_you_mean(found, service, called()));
        }
    }
}

/// The finding, at the budget; at the workflow's head when the budget is the project's.
fn at(limit: &Limit<'_>, message: String, context: &Context<'_>) -> Diagnostic {
    match limit.origin {
        Origin::Spec(span) => Diagnostic::new(Code::OverBudget, span, message).label("the budget"),
        Origin::Project(file) => {
            let workflow = context.workflow;
            let head = workflow.slug.as_ref().map_or(workflow.trigger.span, |slug| slug.span);
            Diagnostic::new(Code::OverBudget, head, message)
                .note(format!("the budget is that of {file}"))
        }
    }
}

fn describe(limit: &Limit<'_>, amount: u64, context: &Context<'_>) -> Diagnostic {
    let (mut takes, mut budget) =
        (amount_text(&limit.measure, amount), amount_text(&limit.measure, limit.most));
    if takes == budget {
        // Rounded to the same.
        (takes, budget) = (format!("{amount} bytes"), format!("{} bytes", limit.most));
    }
    let times = if amount == 1 { "" } else { "s" };
    let does = match &limit.measure {
        Measure::Calls => format!("make {takes} call{times}"),
        Measure::CallsOf(service) => format!("make {takes} call{times} of {service}"),
        Measure::Attempts => format!("make {takes} attempt{times} at calls"),
        Measure::Duration | Measure::DurationUnasked => format!("take {takes}"),
        Measure::Stored => format!("keep {takes} of values"),
    };
    at(limit, format!("the workflow may {does}; its budget is {budget}"), context)
}

/// Points at the steps that add to the measure, and names the way.
fn with_costs(
    mut found: Diagnostic,
    limit: &Limit<'_>,
    bound: &Bound,
    context: &Context<'_>,
) -> Diagnostic {
    let mut costly: Vec<(usize, &Passed)> =
        bound.path.iter().enumerate().filter(|(_, passed)| passed.adds != Some(0)).collect();
    let more = costly.len().saturating_sub(COSTS_SHOWN_MAX);
    // Those that add most, in the order of the way.
    costly.sort_by_key(|(_, passed)| std::cmp::Reverse(passed.adds));
    costly.truncate(COSTS_SHOWN_MAX);
    costly.sort_by_key(|(at, _)| *at);
    for (_, Passed { step, adds }) in costly {
        let Some(step) = context.workflow.steps.get(step.index()) else { continue };
        let amount = adds.map(|adds| amount_text(&limit.measure, adds)).unwrap_or_default();
        let times = if *adds == Some(1) { "" } else { "s" };
        let adds = match limit.measure {
            Measure::Calls | Measure::CallsOf(_) => "a call".to_owned(),
            Measure::Attempts => format!("up to {amount} attempt{times}"),
            Measure::Duration | Measure::DurationUnasked => format!("takes up to {amount}"),
            Measure::Stored => format!("keeps up to {amount}"),
        };
        found = found.and(step.id.span, adds);
    }
    if more > 0 {
        let steps = if more == 1 { "step" } else { "steps" };
        found = found.note(format!("and {more} more {steps} on this way"));
    }
    if limit.measure == Measure::Stored {
        found = found.note(format!(
            "what a run is started with counts up to {}, and no run keeps more than {} in all",
            bytes_text(INPUTS_MAX),
            bytes_text(EXECUTION_BYTES_MAX)
        ));
    }
    with_path(found, bound, context)
}

fn with_path(found: Diagnostic, bound: &Bound, context: &Context<'_>) -> Diagnostic {
    let path = bound.path.iter().map(|passed| passed.step);
    found.note(format!("the worst way: {}", shown(path.collect(), context)))
}

/// What of a time is at the mercy of the services.
fn with_retry_after(found: Diagnostic, limit: &Limit<'_>, bounds: &Bounds) -> Diagnostic {
    let unasked = bounds.get(&Measure::DurationUnasked).map(|bound| bound.worst);
    match unasked {
        Some(Worst::AtMost(ms)) if ms <= limit.most => found
            .note(format!(
                "before each repeat a service may ask for up to {} with `Retry-After`; without that the workflow takes up to {}",
                duration_text(RETRY_AFTER_MS_MAX),
                duration_text(ms)
            ))
            .help("retry on timeout and network alone: only a status such as 429 or 503 can ask for time"),
        Some(Worst::AtMost(_) | Worst::Unbounded(_)) | None => found,
    }
}
