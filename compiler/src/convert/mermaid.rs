//! The graph as Mermaid text.

use crate::flow::Flow;
use crate::tree::Workflow;

/// A workflow as a Mermaid flowchart.
#[must_use]
pub fn to_mermaid(workflow: &Workflow, flow: &Flow) -> String {
    let _ = (workflow, flow);
    unimplemented!("drawing")
}
