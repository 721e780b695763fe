//! The names that steps go by.

use super::Context;
use crate::diagnostic::{Code, Diagnostic};

/// A step that nothing can name.
pub(super) fn empty_id(context: &Context<'_>, diagnostics: &mut Vec<Diagnostic>) {
    for (_, step) in context.steps().filter(|(_, step)| step.id.value.trim().is_empty()) {
        diagnostics.push(
            Diagnostic::new(Code::InvalidValue, step.id.span, "a step has an empty id")
                .help("give it an id that says what it does, such as `screening`"),
        );
    }
}
