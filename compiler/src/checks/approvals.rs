//! Approvals: nothing happens in silence when a person says no, or nothing.

use super::Context;
use crate::analysis::Syntax;
use crate::diagnostic::{Applicability, Code, Diagnostic, Edit};
use crate::flow::{RouteKind, StepIx, continues_after_reject};
use crate::text::Span;
use crate::tree::{ApprovalOutcome, ApprovalStep, Step, StepKind};

fn approvals<'c>(
    context: &Context<'c>,
) -> impl Iterator<Item = (StepIx, &'c Step, &'c ApprovalStep)> {
    context.steps().filter_map(|(at, step)| match &step.kind {
        StepKind::Approval(approval) => Some((at, step, approval)),
        StepKind::Call(_)
        | StepKind::Decide(_)
        | StepKind::Transform(_)
        | StepKind::Wait(_)
        | StepKind::Emit(_)
        | StepKind::End(_)
        | StepKind::Error => None,
    })
}

/// A rejection that has nowhere to go: the run fails.
pub(super) fn rejection_without_route(context: &Context<'_>, diagnostics: &mut Vec<Diagnostic>) {
    for (at, step, approval) in approvals(context) {
        let continues = continues_after_reject(context.workflow, context.flow, at);
        if approval.on_reject.is_some() || continues || !context.flow.complete {
            continue;
        }
        let id = &step.id.value;
        let message = format!("a rejection of \"{id}\" fails the run");
        let route = context.words("`on reject -> ...`", "`\"onReject\": \"route_to:...\"`");
        let fail = context.words("`on reject fail`", "`\"onReject\": \"fail\"`");
        diagnostics.push(
            Diagnostic::new(Code::RejectWithoutRoute, step.id.span, message)
                .label("nothing says where a rejection goes")
                .edits(
                    format!(
                        "say where it goes with {route}, or let a decision on `step.{id}.output.decision` follow; \
                         {fail} says that failing is meant"
                    ),
                    fail_on_reject(context, step, approval).into_iter().collect(),
                    Applicability::Maybe,
                ),
        );
    }
}

/// An approval that nobody decides in time, and that then goes the way of an approved one.
pub(super) fn silent_timeout(context: &Context<'_>, diagnostics: &mut Vec<Diagnostic>) {
    for (at, step, approval) in approvals(context) {
        let timeout = context.flow.routes_of(at).iter().find(|r| r.kind == RouteKind::OnTimeout);
        let (Some(timeout), Some(next)) = (timeout, context.flow.next(at)) else { continue };
        if timeout.target != next.target {
            continue;
        }
        let message =
            format!("\"{}\" counts as approved when nobody decides in time", step.id.value);
        diagnostics.push(
            Diagnostic::new(Code::SilentApproval, timeout.span, message)
                .label("where an approval goes, too")
                .and(next.span, "an approval goes here")
                .edits(
                    "lead the timeout elsewhere, or let it reject",
                    reject_on_timeout(context, approval).into_iter().collect(),
                    Applicability::Maybe,
                ),
        );
    }
}

/// A rule for a timeout that has no time.
pub(super) fn timeout_that_never_comes(context: &Context<'_>, diagnostics: &mut Vec<Diagnostic>) {
    for (at, step, approval) in approvals(context) {
        let (Some(outcome), None) = (&approval.on_timeout, &approval.timeout_ms) else { continue };
        let message = format!("\"{}\" never times out: no time is given", step.id.value);
        diagnostics.push(
            Diagnostic::new(Code::TimeoutNeverComes, outcome.span, message)
                .label("never happens")
                .edits(
                    context.words(
                        "give it a `timeout`, such as `timeout 48h`, or remove this",
                        "give it a `timeoutHours`, or remove this",
                    ),
                    clause(context, outcome.span, ["\"onTimeout\"", ":"], ["on", "timeout"])
                        .map(|clause| context.source.remove(clause))
                        .into_iter()
                        .collect(),
                    // A step that only this leads to is not left hanging without asking.
                    match context.flow.routes_of(at).iter().find(|r| r.kind == RouteKind::OnTimeout)
                    {
                        Some(route) if context.is_only_way(at, route) => Applicability::Maybe,
                        Some(_) | None => Applicability::Safe,
                    },
                ),
        );
    }
}

/// A clause of an approval, with its value at `value`, by the words before it in each syntax.
fn clause(
    context: &Context<'_>,
    value: Span,
    in_json: [&str; 2],
    in_writ: [&str; 2],
) -> Option<Span> {
    context.source.led_by(
        value,
        match context.source.syntax {
            Syntax::Json => &in_json,
            Syntax::Writ => &in_writ,
        },
    )
}

/// Says what happens anyway: a rejection fails the run.
fn fail_on_reject(context: &Context<'_>, step: &Step, approval: &ApprovalStep) -> Option<Edit> {
    let source = context.source;
    match source.syntax {
        Syntax::Json => {
            let id = source.led_by(step.id.span, &["\"id\"", ":"])?;
            Some(source.add_behind(id, "\"onReject\": \"fail\""))
        }
        Syntax::Writ => {
            let ApprovalStep { label, assign_to, timeout_ms, on_timeout, data, .. } = approval;
            let clauses = [
                label.as_ref().map(|label| label.span),
                assign_to.as_ref().map(|to| to.span),
                timeout_ms.as_ref().map(|timeout| timeout.span),
                on_timeout.as_ref().map(|outcome| outcome.span),
                data.as_ref().map(|data| data.span),
            ];
            let last = clauses.into_iter().flatten().max_by_key(|span| span.end)?;
            Some(source.add_behind(last, "on reject fail"))
        }
    }
}

/// Lets a timeout reject.
fn reject_on_timeout(context: &Context<'_>, approval: &ApprovalStep) -> Option<Edit> {
    let outcome = approval.on_timeout.as_ref()?;
    matches!(outcome.value, ApprovalOutcome::RouteTo(_)).then(|| Edit {
        span: outcome.span,
        replacement: match context.source.syntax {
            Syntax::Json => "\"reject\"".to_owned(),
            Syntax::Writ => "reject".to_owned(),
        },
    })
}

/// Whom an approval is assigned to: a role, a user or a team.
pub(super) fn assignee(context: &Context<'_>, diagnostics: &mut Vec<Diagnostic>) {
    for (_, _, approval) in approvals(context) {
        let Some(assignee) = &approval.assign_to else { continue };
        let named = assignee.value.split_once(':').filter(|(kind, name)| {
            matches!(*kind, "role" | "user" | "team") && !name.trim().is_empty()
        });
        if named.is_none() {
            let message = format!("\"{}\" is no role, user or team", assignee.value);
            diagnostics.push(
                Diagnostic::new(Code::InvalidValue, assignee.span, message)
                    .help("write `role:<name>`, `user:<id>` or `team:<id>`"),
            );
        }
    }
}
