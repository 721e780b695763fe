//! The code under construction: instructions whose targets are labels until all places are known.

use crate::bytecode::{
    AccessOp, BranchOp, Constant, ConstantIx, FlowOp, LoadOp, OnReject, OnTimeout, Op, Pc, Program,
    SourceMap,
};
use crate::flow::StepIx;
use crate::text::Span;
use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

/// A place that instructions may lead to. Until [`Resolve::apply`], it stands in their [`Pc`] fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Label(u32);

impl Label {
    /// Leads nowhere; the verifier refuses a program that goes there.
    pub(super) const NOWHERE: Self = Self(u32::MAX);

    /// The entry of a step.
    pub(super) fn entry(step: StepIx) -> Self {
        Self(step.0)
    }

    /// The label in the place of the target it will be.
    pub(super) fn pc(self) -> Pc {
        Pc(self.0)
    }
}

/// Instructions, constants, and where they came from.
pub(super) struct Code {
    ops: Vec<Op>,
    spans: Vec<Span>,
    /// Where each label is; the first ones are the steps' entries.
    labels: Vec<Pc>,
    constants: Vec<Constant>,
    /// The constants by the hash of what they hold.
    known: HashMap<u64, Vec<ConstantIx>>,
    /// What the instructions being emitted come from.
    span: Span,
}

impl Code {
    pub(super) fn new(steps: usize) -> Self {
        Self {
            ops: Vec::new(),
            spans: Vec::new(),
            labels: vec![Label::NOWHERE.pc(); steps],
            constants: Vec::new(),
            known: HashMap::new(),
            span: Span::default(),
        }
    }

    /// Says what the following instructions come from; gives what it was before.
    pub(super) fn at(&mut self, span: Span) -> Span {
        std::mem::replace(&mut self.span, span)
    }

    /// The place of the next instruction.
    fn here(&self) -> Pc {
        Pc(u32::try_from(self.ops.len()).unwrap_or(u32::MAX))
    }

    pub(super) fn emit(&mut self, op: Op) {
        self.ops.push(op);
        self.spans.push(self.span);
    }

    pub(super) fn flow(&mut self, op: FlowOp) {
        self.emit(Op::Flow(op));
    }

    pub(super) fn branch(&mut self, op: BranchOp) {
        self.emit(Op::Branch(op));
    }

    pub(super) fn jump(&mut self, label: Label) {
        self.branch(BranchOp::Jump { target: label.pc() });
    }

    /// Pushes a constant.
    pub(super) fn push(&mut self, constant: Constant) {
        let load = self.load(constant);
        self.emit(load);
    }

    /// The instruction that pushes a constant.
    pub(super) fn load(&mut self, constant: Constant) -> Op {
        Op::Load(LoadOp::Constant { constant: self.constant(constant) })
    }

    pub(super) fn push_text(&mut self, text: &str) {
        self.push(Constant::Text(text.into()));
    }

    pub(super) fn text(&mut self, text: &str) -> ConstantIx {
        self.constant(Constant::Text(text.into()))
    }

    /// The place of a constant in the pool, where each stands once.
    fn constant(&mut self, constant: Constant) -> ConstantIx {
        let same = self.known.entry(content_hash(&constant)).or_default();
        let found = same.iter().find(|ix| {
            self.constants.get(ix.0 as usize).is_some_and(|known| known.same(&constant))
        });
        if let Some(found) = found {
            return *found;
        }
        let ix = ConstantIx(u32::try_from(self.constants.len()).unwrap_or(u32::MAX));
        same.push(ix);
        self.constants.push(constant);
        ix
    }

    /// A label whose place is not known yet.
    pub(super) fn label(&mut self) -> Label {
        let label = Label(u32::try_from(self.labels.len()).unwrap_or(u32::MAX));
        self.labels.push(Label::NOWHERE.pc());
        label
    }

    /// Puts a label before the next instruction.
    pub(super) fn bind(&mut self, label: Label) {
        let here = self.here();
        if let Some(place) = self.labels.get_mut(label.0 as usize) {
            *place = here;
        }
    }

    /// A label before the next instruction.
    pub(super) fn label_here(&mut self) -> Label {
        let label = self.label();
        self.bind(label);
        label
    }

    /// The finished parts, and the way from labels to places.
    pub(super) fn finish(self) -> Finished {
        Finished {
            ops: self.ops,
            constants: self.constants,
            source_map: SourceMap::new(self.spans),
            places: Places(self.labels),
        }
    }
}

/// Code that is complete but for its targets.
pub(super) struct Finished {
    pub(super) ops: Vec<Op>,
    pub(super) constants: Vec<Constant>,
    pub(super) source_map: SourceMap,
    pub(super) places: Places,
}

/// Where the labels are.
pub(super) struct Places(Vec<Pc>);

impl Places {
    /// The place of a label that stands in the place of a target.
    pub(super) fn of(&self, label: Pc) -> Pc {
        self.0.get(label.index()).copied().unwrap_or(Label::NOWHERE.pc())
    }

    /// Puts places where a program has labels.
    pub(super) fn resolve(&self, program: &mut Program) {
        program.entry = self.of(program.entry);
        for op in &mut program.code {
            if let Some(target) = target_mut(op) {
                *target = self.of(*target);
            }
        }
        for table in &mut program.switches {
            let cases = table.cases.iter_mut().map(|(_, target)| target);
            for target in cases.chain(&mut table.default) {
                *target = self.of(*target);
            }
        }
        for step in &mut program.steps {
            step.entry = self.of(step.entry);
            step.on_failure = step.on_failure.map(|target| self.of(target));
            for route in step.call.iter_mut().flat_map(|call| &mut call.on_error) {
                route.target = self.of(route.target);
            }
            if let Some(target) = step.event.as_mut().and_then(|event| event.on_timeout.as_mut()) {
                *target = self.of(*target);
            }
            if let Some(approval) = &mut step.approval {
                if let OnTimeout::Route(target) = &mut approval.on_timeout {
                    *target = self.of(*target);
                }
                if let OnReject::Route(target) = &mut approval.on_reject {
                    *target = self.of(*target);
                }
            }
        }
    }
}

/// The place that an instruction names.
fn target_mut(op: &mut Op) -> Option<&mut Pc> {
    match op {
        Op::Load(LoadOp::OutputOr { absent, .. } | LoadOp::ErrorOr { absent, .. })
        | Op::Access(AccessOp::FieldOr { absent, .. } | AccessOp::IndexOr { absent }) => {
            Some(absent)
        }
        Op::Branch(op) => match op {
            BranchOp::Jump { target } | BranchOp::Unless { target } => Some(target),
            BranchOp::And { end }
            | BranchOp::Or { end }
            | BranchOp::Present { end }
            | BranchOp::SettleAnd { end }
            | BranchOp::SettleOr { end } => Some(end),
            BranchOp::Next { done, .. } => Some(done),
            BranchOp::Attempt { failed } => Some(failed),
            BranchOp::NonZero { absent } => Some(absent),
            BranchOp::Bool
            | BranchOp::Drop
            | BranchOp::Loop
            | BranchOp::Break
            | BranchOp::Verdict
            | BranchOp::Conclude { .. }
            | BranchOp::Bind => None,
        },
        Op::Flow(FlowOp::Select { target, .. }) => Some(target),
        Op::Load(
            LoadOp::Constant { .. }
            | LoadOp::Trigger
            | LoadOp::Output { .. }
            | LoadOp::Error { .. }
            | LoadOp::Execution { .. }
            | LoadOp::Workflow { .. }
            | LoadOp::StepId
            | LoadOp::Local { .. },
        )
        | Op::Access(AccessOp::Field { .. } | AccessOp::Has { .. } | AccessOp::Index)
        | Op::Flow(
            FlowOp::Enter { .. }
            | FlowOp::Call { .. }
            | FlowOp::Switch { .. }
            | FlowOp::NoCase { .. }
            | FlowOp::Store { .. }
            | FlowOp::WaitFor { .. }
            | FlowOp::WaitUntil { .. }
            | FlowOp::WaitEvent { .. }
            | FlowOp::Emit { .. }
            | FlowOp::Approve { .. }
            | FlowOp::Finish { .. }
            | FlowOp::Fail { .. }
            | FlowOp::End,
        )
        | Op::Make(_)
        | Op::Operator(_)
        | Op::Function { .. } => None,
    }
}

/// A hash of what a constant holds; equal for constants that are the same.
fn content_hash(constant: &Constant) -> u64 {
    let mut hasher = DefaultHasher::new();
    std::mem::discriminant(constant).hash(&mut hasher);
    match constant {
        Constant::Null => {}
        Constant::Bool(value) => value.hash(&mut hasher),
        Constant::Int(value) => value.hash(&mut hasher),
        Constant::Uint(value) => value.hash(&mut hasher),
        Constant::Double(value) => value.to_bits().hash(&mut hasher),
        Constant::Text(value) => value.hash(&mut hasher),
        Constant::Bytes(value) => value.hash(&mut hasher),
    }
    hasher.finish()
}
