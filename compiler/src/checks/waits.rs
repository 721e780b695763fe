//! Waits: the times that are written down.

use super::Context;
use crate::diagnostic::{Code, Diagnostic};
use crate::limits::WAIT_MS_MAX;
use crate::tree::{Expr, ExprKind, StepKind, UnaryOp, WaitStep};
use crate::value::time;

const NS_PER_MS: i128 = 1_000_000;

/// A duration that is not one to wait for.
pub(super) fn duration(context: &Context<'_>, diagnostics: &mut Vec<Diagnostic>) {
    for step in &context.workflow.steps {
        let StepKind::Wait(WaitStep::Duration { duration }) = &step.kind else { continue };
        let Some(ns) = written_ns(duration) else { continue };
        let found = |message| Diagnostic::new(Code::InvalidValue, duration.span, message);
        if ns <= 0 {
            diagnostics.push(
                found("a wait must be longer than nothing")
                    .help("give a time above 0, or remove the step"),
            );
        } else if ns / NS_PER_MS > i128::from(WAIT_MS_MAX) {
            diagnostics.push(found("a wait can be ten years long at most"));
        }
    }
}

/// A time limit of a wait for an event that is none, and what follows one that is not there.
pub(super) fn event_timeout(context: &Context<'_>, diagnostics: &mut Vec<Diagnostic>) {
    for step in &context.workflow.steps {
        let StepKind::Wait(WaitStep::Event { timeout_ms, on_timeout, .. }) = &step.kind else {
            continue;
        };
        match (timeout_ms, on_timeout) {
            (Some(timeout), _) => {
                let found = |message| Diagnostic::new(Code::InvalidValue, timeout.span, message);
                if timeout.value == 0 {
                    diagnostics.push(found("a timeout must be longer than nothing"));
                } else if timeout.value > WAIT_MS_MAX {
                    diagnostics.push(found("a wait can be ten years long at most"));
                }
            }
            (None, Some(target)) => {
                let message = format!("\"{}\" never times out: no time is given", step.id.value);
                diagnostics.push(
                    Diagnostic::new(Code::TimeoutNeverComes, target.span, message)
                        .label("never happens")
                        .help(context.words(
                            "give it a `timeout`, such as `timeout 48h`, or remove this",
                            "give it a `timeoutMs`, or remove this",
                        )),
                );
            }
            (None, None) => {}
        }
    }
}

/// The time that a duration says as it stands, in nanoseconds.
pub(crate) fn written_ns(duration: &Expr) -> Option<i128> {
    match &duration.kind {
        ExprKind::Int(ms) => Some(i128::from(*ms) * NS_PER_MS),
        ExprKind::Uint(ms) => Some(i128::from(*ms) * NS_PER_MS),
        ExprKind::Unary { op: UnaryOp::Negate, operand } => written_ns(operand).map(|ns| -ns),
        // Text that is no duration has the wrong type.
        ExprKind::String(text) => time::parse_duration(text),
        _ => None,
    }
}
