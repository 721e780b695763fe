//! Approvals: nothing happens in silence when a person says no, or nothing.

use super::Context;
use crate::diagnostic::{Code, Diagnostic};
use crate::flow::{RouteKind, StepIx, continues_after_reject};
use crate::tree::{ApprovalStep, Step, StepKind};

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
                .help(format!(
                    "say where it goes with {route}, or let a decision on `step.{id}.output.decision` follow; \
                     {fail} says that failing is meant"
                )),
        );
    }
}

/// An approval that nobody decides in time, and that then goes the way of an approved one.
pub(super) fn silent_timeout(context: &Context<'_>, diagnostics: &mut Vec<Diagnostic>) {
    for (at, step, _) in approvals(context) {
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
                .help("lead the timeout elsewhere, or let it reject"),
        );
    }
}

/// A rule for a timeout that has no time.
pub(super) fn timeout_that_never_comes(context: &Context<'_>, diagnostics: &mut Vec<Diagnostic>) {
    for (_, step, approval) in approvals(context) {
        let (Some(outcome), None) = (&approval.on_timeout, &approval.timeout_ms) else { continue };
        let message = format!("\"{}\" never times out: no time is given", step.id.value);
        diagnostics.push(
            Diagnostic::new(Code::TimeoutNeverComes, outcome.span, message)
                .label("never happens")
                .help(context.words(
                    "give it a `timeout`, such as `timeout 48h`, or remove this",
                    "give it a `timeoutHours`, or remove this",
                )),
        );
    }
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
