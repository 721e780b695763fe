//! Waits whose time is written down.

use super::Context;
use crate::diagnostic::{Code, Diagnostic};
use crate::limits::WAIT_MS_MAX;
use crate::text::Span;
use crate::tree::{Expr, ExprKind, StepKind, UnaryOp, WaitStep};
use crate::value::time;

const NS_PER_MS: i128 = 1_000_000;

fn waits<'c>(context: &Context<'c>) -> impl Iterator<Item = &'c WaitStep> {
    context.workflow.steps.iter().filter_map(|step| match &step.kind {
        StepKind::Wait(wait) => Some(wait),
        StepKind::Call(_)
        | StepKind::Decide(_)
        | StepKind::Transform(_)
        | StepKind::Emit(_)
        | StepKind::Approval(_)
        | StepKind::End(_)
        | StepKind::Error => None,
    })
}

/// A duration that is none, or not one to wait for.
pub(super) fn duration(context: &Context<'_>, diagnostics: &mut Vec<Diagnostic>) {
    for wait in waits(context) {
        let WaitStep::Duration { duration } = wait else { continue };
        match &duration.kind {
            ExprKind::Int(ms) => range(i128::from(*ms) * NS_PER_MS, duration.span, diagnostics),
            ExprKind::Uint(ms) => range(i128::from(*ms) * NS_PER_MS, duration.span, diagnostics),
            ExprKind::Unary { op: UnaryOp::Negate, operand } => {
                if let ExprKind::Int(_) | ExprKind::Uint(_) = operand.kind {
                    range(-1, duration.span, diagnostics);
                }
            }
            ExprKind::String(text) => text_of_duration(text, duration, diagnostics),
            _ => {}
        }
    }
}

fn text_of_duration(text: &str, duration: &Expr, diagnostics: &mut Vec<Diagnostic>) {
    match time::parse_duration(text) {
        Some(ns) => range(ns, duration.span, diagnostics),
        None => diagnostics.push(
            Diagnostic::new(
                Code::InvalidValue,
                duration.span,
                format!("\"{text}\" is no duration"),
            )
            .help("write it like \"90s\", \"15m\" or \"48h\""),
        ),
    }
}

fn range(ns: i128, span: Span, diagnostics: &mut Vec<Diagnostic>) {
    if ns <= 0 {
        diagnostics.push(
            Diagnostic::new(Code::InvalidValue, span, "a wait must be longer than nothing")
                .help("give a time above 0, or remove the step"),
        );
    } else if ns / NS_PER_MS > i128::from(WAIT_MS_MAX) {
        diagnostics.push(Diagnostic::new(
            Code::InvalidValue,
            span,
            "a wait can be ten years long at most",
        ));
    }
}

/// An instant that is none.
pub(super) fn instant(context: &Context<'_>, diagnostics: &mut Vec<Diagnostic>) {
    for wait in waits(context) {
        let WaitStep::Until { until } = wait else { continue };
        if let ExprKind::String(text) = &until.kind
            && time::parse_timestamp(text).is_none()
        {
            let message = format!("\"{text}\" is no point in time");
            diagnostics.push(
                Diagnostic::new(Code::InvalidValue, until.span, message)
                    .help("write it like \"2027-01-31T09:00:00Z\""),
            );
        }
    }
}
