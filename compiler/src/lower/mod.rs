//! Lowering: the typed graph to bytecode.
//!
//! Steps are emitted in the source's order, each from its `Enter` to the instruction that completes it; a jump
//! follows where the run does not go on at the step below. What is emitted depends on the meaning alone: nothing of
//! the spelling, not even the way an edge was stated, reaches the program.

mod call;
mod code;
mod expr;
mod fold;
mod macros;
mod optional;
mod step;

use crate::analysis::Compiled;
use crate::bytecode::{FlowOp, Program, SEMANTICS_VERSION, StepInfo, SwitchTable};
use crate::flow::{Flow, Route, RouteKind, StepIx};
use crate::tree::Workflow;
use crate::types::check::{StepTyping, Typed};
use code::{Code, Label};
use std::collections::HashMap;

/// Compiles a workflow that has no errors.
#[must_use]
pub fn lower(workflow: &Workflow, flow: &Flow, typed: &Typed) -> Compiled {
    let mut lowering = Lowering::new(workflow, flow, typed);
    for (index, step) in (0..).zip(&workflow.steps) {
        lowering.step(index, step);
    }
    let Lowering { code, steps, switches, .. } = lowering;
    let code = code.finish();
    let mut program = Program {
        semantics: SEMANTICS_VERSION,
        input: typed.input.to_schema(),
        steps,
        constants: code.constants,
        switches,
        code: code.ops,
        entry: flow.start.map_or(Label::NOWHERE, Label::entry).pc(),
    };
    code.places.resolve(&mut program);
    call::keep_error_bodies(&mut program);
    debug_assert_eq!(program.verify(), Ok(()), "the compiler made a program that must not run");
    Compiled { program, source_map: code.source_map }
}

/// A workflow on its way to a program.
struct Lowering<'a> {
    workflow: &'a Workflow,
    flow: &'a Flow,
    typed: &'a Typed,
    /// The steps by their ids.
    ids: HashMap<&'a str, u32>,
    code: Code,
    steps: Vec<StepInfo>,
    switches: Vec<SwitchTable>,
    /// The variables of the comprehensions around what is being lowered, outermost first.
    locals: Vec<String>,
}

impl<'a> Lowering<'a> {
    fn new(workflow: &'a Workflow, flow: &'a Flow, typed: &'a Typed) -> Self {
        Self {
            workflow,
            flow,
            typed,
            ids: workflow.steps.iter().map(|step| step.id.value.as_str()).zip(0..).collect(),
            code: Code::new(workflow.steps.len()),
            steps: Vec::with_capacity(workflow.steps.len()),
            switches: Vec::new(),
            locals: Vec::new(),
        }
    }

    fn typing(&self, step: u32) -> Option<&'a StepTyping> {
        self.typed.steps.get(step as usize)
    }

    fn routes(&self, step: u32) -> &'a [Route] {
        self.flow.routes.get(step as usize).map_or(&[], Vec::as_slice)
    }

    /// The entry of the step that a kind of route leads to.
    fn target(&self, step: u32, kind: &RouteKind) -> Option<Label> {
        let route = self.routes(step).iter().find(|route| route.kind == *kind)?;
        Some(Label::entry(route.target))
    }

    /// Goes on, after a step that succeeded, to its successor.
    fn next(&mut self, step: u32) {
        match self.routes(step).iter().find(|route| route.kind == RouteKind::Next) {
            // The next instruction is the successor's.
            Some(Route { target: StepIx(target), .. }) if *target == step + 1 => {}
            Some(route) => self.code.jump(Label::entry(route.target)),
            None => self.code.flow(FlowOp::End),
        }
    }
}

/// A number of operands.
fn count(len: usize) -> u32 {
    u32::try_from(len).unwrap_or(u32::MAX)
}

#[cfg(test)]
pub(crate) mod tests;

#[cfg(test)]
mod quickstart;
