//! Paths into what a step leaves behind: `step.<id>.output.<field>...`.

use crate::flow::{Fact, StepIx};
use crate::tree::{Expr, ExprKind, Workflow};
use std::collections::HashMap;

/// The steps of a workflow by id; of a repeated id, the first.
pub(super) type Ids<'a> = HashMap<&'a str, StepIx>;

/// The steps of a workflow by id.
pub(super) fn ids(workflow: &Workflow) -> Ids<'_> {
    let mut ids = Ids::new();
    for (at, step) in workflow.steps.iter().enumerate() {
        ids.entry(&step.id.value).or_insert(StepIx::at(at));
    }
    ids
}

/// `step.<id>.output` or `step.<id>.error`, and the way on from there.
#[derive(Debug)]
pub(super) struct StepPath<'e> {
    /// What is read.
    pub(super) fact: Fact,
    /// Whether the step's id or its part is written with `.?`.
    pub(super) optional: bool,
    /// The fields that follow, up to the first index that is not a name.
    pub(super) tail: Vec<&'e str>,
    /// The indices on the way, which are expressions of their own.
    pub(super) indices: Vec<&'e Expr>,
}

impl<'e> StepPath<'e> {
    /// The path that an expression is, if it starts at a step of the workflow.
    pub(super) fn of(expr: &'e Expr, ids: &Ids<'_>) -> Option<Self> {
        let (root, parts) = parts(expr);
        if !matches!(&root.kind, ExprKind::Ident(name) if name == "step") {
            return None;
        }
        let mut parts = parts.into_iter();
        let (id, part) = (parts.next()?, parts.next()?);
        let step = *ids.get(id.name?)?;
        let fact = match part.name? {
            "output" => Fact::Output(step),
            "error" => Fact::Error(step),
            _ => return None,
        };
        let (mut tail, mut indices, mut named) = (Vec::new(), Vec::new(), true);
        for part in parts {
            named &= part.name.is_some();
            tail.extend(part.name.filter(|_| named));
            indices.extend(part.index);
        }
        Some(Self { fact, optional: id.optional || part.optional, tail, indices })
    }
}

/// One part of a path.
struct Part<'e> {
    /// What it is called, when that is known.
    name: Option<&'e str>,
    /// Its index, when it is an expression.
    index: Option<&'e Expr>,
    /// Written with `?`.
    optional: bool,
}

/// Where a path starts, and its parts in order.
fn parts(expr: &Expr) -> (&Expr, Vec<Part<'_>>) {
    let mut parts = Vec::new();
    let mut at = expr;
    loop {
        if let Some((operand, name, optional)) = at.selected() {
            parts.push(Part { name: Some(name), index: None, optional });
            at = operand;
        } else if let ExprKind::Index { operand, index, optional } = &at.unnamed().kind {
            parts.push(Part { name: None, index: Some(index), optional: *optional });
            at = operand;
        } else {
            parts.reverse();
            return (at.unnamed(), parts);
        }
    }
}
