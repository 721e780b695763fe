//! What follows a rejection that has no route of its own.

use super::{Flow, StepIx};
use crate::tree::{DecideStep, ExprKind, StepKind, Workflow};

/// Whether a run goes on after an approval was rejected although no `onReject` says where: the only
/// successor is a decision on the approval's own `output.decision`, which tells the two outcomes apart.
#[must_use]
pub fn continues_after_reject(workflow: &Workflow, flow: &Flow, approval: StepIx) -> bool {
    let Some(step) = workflow.steps.get(approval.index()) else { return false };
    let Some(next) = flow.next(approval) else { return false };
    let Some(next) = workflow.steps.get(next.target.index()) else { return false };
    match &next.kind {
        StepKind::Decide(decide) => decides_on(decide, &step.id.value),
        StepKind::Call(_)
        | StepKind::Transform(_)
        | StepKind::Wait(_)
        | StepKind::Emit(_)
        | StepKind::Approval(_)
        | StepKind::End(_)
        | StepKind::Error => false,
    }
}

/// Whether a decision looks at `step.<id>.output.decision` and nothing else.
fn decides_on(decide: &DecideStep, id: &str) -> bool {
    let Some(expression) = &decide.expression else { return false };
    let mut path = Vec::new();
    let mut at = expression;
    while let Some((operand, name, false)) = at.selected() {
        path.push(name);
        at = operand;
    }
    path.reverse();
    at.kind == ExprKind::Ident("step".to_owned()) && path == [id, "output", "decision"]
}
