//! The names of events that a workflow emits, or waits for.

use super::Context;
use crate::diagnostic::{Code, Diagnostic};
use crate::tree::{EmitStep, StepKind, WaitStep};

/// What the names of the runner's own events start with.
const RESERVED: &str = "workflow.";

/// A name that the runner's own events have, or that is none.
pub(super) fn name(context: &Context<'_>, diagnostics: &mut Vec<Diagnostic>) {
    for step in &context.workflow.steps {
        let (StepKind::Emit(EmitStep { event: name, .. })
        | StepKind::Wait(WaitStep::Event { event: name, .. })) = &step.kind
        else {
            continue;
        };
        if name.value == RESERVED.trim_end_matches('.') || name.value.starts_with(RESERVED) {
            let message = format!("\"{}\" is a name for the runner's own events", name.value);
            diagnostics.push(
                Diagnostic::new(Code::ReservedEvent, name.span, message)
                    .label(format!("starts with `{RESERVED}`"))
                    .help("choose another name, such as `kyc.failed`"),
            );
        } else if name.value.is_empty() || name.value.contains(char::is_whitespace) {
            let message = format!("\"{}\" is no name of an event", name.value);
            diagnostics.push(
                Diagnostic::new(Code::InvalidValue, name.span, message)
                    .help("write words joined by dots, such as `kyc.failed`"),
            );
        }
    }
}
