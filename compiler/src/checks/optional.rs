//! Steps whose failure the run survives.

use super::Context;
use crate::diagnostic::{Code, Diagnostic};
use crate::tree::StepKind;

/// `optional` on a step that a run cannot go on without.
pub(super) fn step_that_cannot_be(context: &Context<'_>, diagnostics: &mut Vec<Diagnostic>) {
    for step in &context.workflow.steps {
        let Some(span) = step.optional else { continue };
        let (what, help) = match &step.kind {
            StepKind::Decide(_) => ("a decision", "give it a default instead"),
            StepKind::Approval(_) => (
                "an approval",
                context.words(
                    "say with `on reject` and `on timeout` where the run goes instead",
                    "say with `onReject` and `onTimeout` where the run goes instead",
                ),
            ),
            StepKind::End(_) => ("the end of a run", "leave it out"),
            StepKind::Call(_)
            | StepKind::Transform(_)
            | StepKind::Wait(_)
            | StepKind::Emit(_)
            | StepKind::Error => continue,
        };
        let message = format!("\"{}\" is {what}, and cannot be optional", step.id.value);
        diagnostics.push(Diagnostic::new(Code::InvalidValue, span, message).help(help));
    }
}
