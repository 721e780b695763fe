//! What the language has and programs do not, yet.

use super::Context;
use crate::diagnostic::{Code, Diagnostic};
use crate::tree::{StepKind, WaitStep};

/// A wait for an event: no instruction waits for one.
pub(super) fn event_wait(context: &Context<'_>, diagnostics: &mut Vec<Diagnostic>) {
    for step in &context.workflow.steps {
        let StepKind::Wait(WaitStep::Event { event, .. }) = &step.kind else { continue };
        diagnostics.push(
            Diagnostic::new(Code::InvalidValue, event.span, "waiting for an event is not supported yet")
                .help("wait for a duration or until a time, or let a person say when it came: an approval"),
        );
    }
}
