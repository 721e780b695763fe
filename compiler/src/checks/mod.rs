//! The checks: a list of small named functions, one rule each.

mod size;
mod unsupported;

use crate::diagnostic::Diagnostic;
use crate::flow::Flow;
use crate::tree::Workflow;
use crate::types::check::Typed;

/// What a check looks at.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// The workflow as written.
    pub workflow: &'a Workflow,
    /// Its resolved graph.
    pub flow: &'a Flow,
    /// Its types.
    pub typed: &'a Typed,
}

/// A check: looks, and adds what it finds.
type Check = fn(&Context<'_>, &mut Vec<Diagnostic>);

/// Every check, in the order they run.
const CHECKS: &[Check] = &[size::too_many_parts, unsupported::event_wait];

/// Runs every check.
pub fn run(context: &Context<'_>, diagnostics: &mut Vec<Diagnostic>) {
    for check in CHECKS {
        check(context, diagnostics);
    }
}
