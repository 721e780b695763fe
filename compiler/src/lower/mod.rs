//! Lowering: the typed graph to bytecode.

use crate::analysis::Compiled;
use crate::flow::Flow;
use crate::tree::Workflow;
use crate::types::check::Typed;

/// Compiles a workflow that has no errors.
#[must_use]
pub fn lower(workflow: &Workflow, flow: &Flow, typed: &Typed) -> Compiled {
    let _ = (workflow, flow, typed);
    unimplemented!("lowering")
}
