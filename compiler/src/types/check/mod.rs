//! Typing a workflow: the type of every step, inferred and checked.

mod plan;

pub use plan::{
    Backoff, CallPlan, OperationFacts, PathPart, RetryOn, RetryPlan, StepTyping, Typed,
};

use super::Type;

/// Types a workflow: every step's input and output, every call's plan, the trigger's inputs.
#[must_use]
pub fn check(
    workflow: &crate::tree::Workflow,
    flow: &crate::flow::Flow,
    module: &crate::tree::Module,
    catalog: &crate::signatures::Catalog,
    diagnostics: &mut Vec<crate::diagnostic::Diagnostic>,
) -> Typed {
    let _ = (workflow, flow, module, catalog, diagnostics);
    Typed { input: Type::json(), steps: Vec::new() }
}
