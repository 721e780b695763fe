//! What is declared and never used.

use super::Context;
use crate::diagnostic::{Applicability, Code, Diagnostic, SourceText};
use crate::tree::{Module, StepKind, Workflow};
use std::collections::HashSet;

/// A `let` that no expression names.
pub(super) fn named(context: &Context<'_>, diagnostics: &mut Vec<Diagnostic>) {
    for unused in context.workflow.lets.iter().filter(|named| !named.used) {
        let message = format!("nothing uses `{}`", unused.name.value);
        diagnostics.push(Diagnostic::new(Code::UnusedLet, unused.name.span, message).edits(
            "remove it, or use it",
            vec![context.source.remove(unused.span)],
            Applicability::Safe,
        ));
    }
}

/// A `use` of a service that nothing in the file names.
pub(crate) fn service(module: &Module, source: SourceText<'_>, diagnostics: &mut Vec<Diagnostic>) {
    if module.uses.is_empty() {
        return;
    }
    let steps = || module.workflows.iter().flat_map(|workflow| &workflow.steps);
    // What could not be read may be what names it.
    if steps().any(|step| step.kind == StepKind::Error) {
        return;
    }
    let mut named = HashSet::new();
    for step in steps() {
        if let StepKind::Call(call) = &step.kind {
            named.insert(call.service.value.as_str());
        }
    }
    let written = module.workflows.iter().flat_map(Workflow::types);
    written.chain(module.declared_types()).for_each(|ty| ty.services(&mut named));
    for unused in module.uses.iter().filter(|service| !named.contains(service.value.as_str())) {
        let message = format!("nothing uses the service `{}`", unused.value);
        let line = source.led_by(unused.span, &["use"]).map(|line| source.remove(line));
        diagnostics.push(Diagnostic::new(Code::UnusedUse, unused.span, message).edits(
            "remove the line",
            line.into_iter().collect(),
            Applicability::Safe,
        ));
    }
}
