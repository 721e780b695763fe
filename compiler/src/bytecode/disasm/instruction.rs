//! One instruction as text: its name, then its operands with the names of what they refer to.

use super::{Listing, excerpt};
use crate::bytecode::{
    AccessOp, BranchOp, Constant, ConstantIx, ExecutionField, FlowOp, LoadOp, MakeOp, Op, Operator,
    Pc, WorkflowField,
};

impl Listing<'_> {
    /// An instruction's name and operands.
    pub(in crate::bytecode) fn instruction(&self, pc: Pc, op: Op) -> String {
        let operands = match op {
            Op::Flow(op) => self.flow(op),
            Op::Load(LoadOp::Local { slot }) => match self.written_name(pc) {
                Some(name) => format!("{slot} {name}"),
                None => slot.to_string(),
            },
            Op::Load(op) => self.load(op),
            Op::Access(op) => self.access(op),
            Op::Make(op) => self.make(op),
            Op::Operator(_) => String::new(),
            Op::Branch(op) => self.branch(op),
            Op::Function { function, argc } => format!("{}/{argc}", function.name()),
        };
        format!("{:<13} {operands}", mnemonic(op))
    }

    fn flow(&self, op: FlowOp) -> String {
        match op {
            FlowOp::Enter { step } | FlowOp::NoCase { step } => self.step_id(step),
            FlowOp::Call { headers, body, .. } => flags(&[("headers", headers), ("body", body)]),
            FlowOp::Switch { table, .. } => self.table(table),
            FlowOp::Select { label, target, .. } => {
                format!("{} -> {}", self.constant(label), self.place(target))
            }
            FlowOp::Store { .. }
            | FlowOp::WaitFor { .. }
            | FlowOp::WaitUntil { .. }
            | FlowOp::End => String::new(),
            FlowOp::WaitEvent { event, correlation, .. } => {
                format!("{} {}", self.constant(event), flags(&[("correlation", correlation)]))
            }
            FlowOp::Emit { event, payload, .. } => {
                format!("{} {}", self.constant(event), flags(&[("payload", payload)]))
            }
            FlowOp::Approve { label, data, .. } => flags(&[("label", label), ("data", data)]),
            FlowOp::Finish { output, .. } => flags(&[("output", output)]),
            FlowOp::Fail { code, message, .. } => {
                format!("{} {}", self.constant(code), flags(&[("message", message)]))
            }
        }
    }

    fn load(&self, op: LoadOp) -> String {
        match op {
            LoadOp::Constant { constant } => self.constant(constant),
            LoadOp::Trigger | LoadOp::StepId => String::new(),
            LoadOp::Output { step } | LoadOp::Error { step } => self.step_id(step),
            LoadOp::OutputOr { step, absent } | LoadOp::ErrorOr { step, absent } => {
                format!("{} or -> {}", self.step_id(step), self.place(absent))
            }
            LoadOp::Execution { field } => match field {
                ExecutionField::Id => "id",
                ExecutionField::ExternalId => "externalId",
                ExecutionField::StartedAt => "startedAt",
            }
            .to_owned(),
            LoadOp::Workflow { field } => match field {
                WorkflowField::Slug => "slug",
                WorkflowField::Version => "version",
            }
            .to_owned(),
            LoadOp::Local { slot } => slot.to_string(),
        }
    }

    fn access(&self, op: AccessOp) -> String {
        match op {
            AccessOp::Field { name } | AccessOp::Has { name } => self.constant(name),
            AccessOp::FieldOr { name, absent } => {
                format!("{} or -> {}", self.constant(name), self.place(absent))
            }
            AccessOp::Index => String::new(),
            AccessOp::IndexOr { absent } => format!("or -> {}", self.place(absent)),
        }
    }

    fn make(&self, op: MakeOp) -> String {
        match op {
            MakeOp::List { len }
            | MakeOp::Record { len }
            | MakeOp::Text { len }
            | MakeOp::WithQuery { len } => len.to_string(),
            MakeOp::Append | MakeOp::Insert | MakeOp::PathSegment => String::new(),
            MakeOp::QueryPair { name } => self.constant(name),
            MakeOp::WithStepId { field } => self.constant(field),
        }
    }

    fn branch(&self, op: BranchOp) -> String {
        let to = |target: Pc| format!("-> {}", self.place(target));
        match op {
            BranchOp::Jump { target } | BranchOp::Unless { target } => to(target),
            BranchOp::And { end }
            | BranchOp::Or { end }
            | BranchOp::Present { end }
            | BranchOp::SettleAnd { end }
            | BranchOp::SettleOr { end } => to(end),
            BranchOp::Attempt { failed } => to(failed),
            BranchOp::NonZero { absent } => to(absent),
            BranchOp::Conclude { value } => value.to_string(),
            BranchOp::Bool
            | BranchOp::Drop
            | BranchOp::Loop
            | BranchOp::Break
            | BranchOp::Verdict
            | BranchOp::Bind => String::new(),
            BranchOp::Next { slot, done } => format!("{slot} or {}", to(done)),
        }
    }

    fn step_id(&self, step: u32) -> String {
        self.program.step(step).map_or_else(|| format!("#{step}"), |info| info.id.clone())
    }

    fn table(&self, table: u32) -> String {
        let Some(table) = self.program.switches.get(table as usize) else {
            return format!("#{table}");
        };
        let case = |(label, target): &(String, Pc)| format!("{label:?} -> {}", self.place(*target));
        let default = table.default.map(|target| format!("default -> {}", self.place(target)));
        let cases: Vec<String> = table.cases.iter().map(case).chain(default).collect();
        cases.join(", ")
    }

    fn constant(&self, constant: ConstantIx) -> String {
        match self.program.constant(constant) {
            Some(Constant::Uint(value)) => format!("{value}u"),
            Some(constant @ Constant::Bytes(_)) => format!("b{}", excerpt(&constant.to_string())),
            Some(constant) => excerpt(&constant.to_string()),
            None => format!("#{}", constant.0),
        }
    }
}

/// The names of those flags that are set.
fn flags(flags: &[(&str, bool)]) -> String {
    let set: Vec<&str> = flags.iter().filter(|(_, set)| *set).map(|(name, _)| *name).collect();
    set.join(" ")
}

/// An instruction's name.
pub(super) fn mnemonic(op: Op) -> &'static str {
    match op {
        Op::Flow(op) => match op {
            FlowOp::Enter { .. } => "enter",
            FlowOp::Call { .. } => "call",
            FlowOp::Switch { .. } => "switch",
            FlowOp::Select { .. } => "select",
            FlowOp::NoCase { .. } => "no_case",
            FlowOp::Store { .. } => "store",
            FlowOp::WaitFor { .. } => "wait_for",
            FlowOp::WaitUntil { .. } => "wait_until",
            FlowOp::Emit { .. } => "emit",
            FlowOp::Approve { .. } => "approve",
            FlowOp::Finish { .. } => "finish",
            FlowOp::Fail { .. } => "fail",
            FlowOp::End => "end",
            FlowOp::WaitEvent { .. } => "wait_event",
        },
        Op::Load(op) => match op {
            LoadOp::Constant { .. } => "constant",
            LoadOp::Trigger => "trigger",
            LoadOp::Output { .. } => "output",
            LoadOp::OutputOr { .. } => "output_or",
            LoadOp::Error { .. } => "error",
            LoadOp::ErrorOr { .. } => "error_or",
            LoadOp::Execution { .. } => "execution",
            LoadOp::Workflow { .. } => "workflow",
            LoadOp::StepId => "step_id",
            LoadOp::Local { .. } => "local",
        },
        Op::Access(op) => match op {
            AccessOp::Field { .. } => "field",
            AccessOp::FieldOr { .. } => "field_or",
            AccessOp::Has { .. } => "has",
            AccessOp::Index => "index",
            AccessOp::IndexOr { .. } => "index_or",
        },
        Op::Make(op) => match op {
            MakeOp::List { .. } => "list",
            MakeOp::Record { .. } => "record",
            MakeOp::Text { .. } => "text",
            MakeOp::Append => "append",
            MakeOp::Insert => "insert",
            MakeOp::PathSegment => "path_segment",
            MakeOp::QueryPair { .. } => "query_pair",
            MakeOp::WithQuery { .. } => "with_query",
            MakeOp::WithStepId { .. } => "with_step_id",
        },
        Op::Operator(op) => match op {
            Operator::Negate => "negate",
            Operator::Not => "not",
            Operator::Equal => "equal",
            Operator::NotEqual => "not_equal",
            Operator::Less => "less",
            Operator::LessEqual => "less_equal",
            Operator::Greater => "greater",
            Operator::GreaterEqual => "greater_equal",
            Operator::In => "in",
            Operator::Add => "add",
            Operator::Subtract => "subtract",
            Operator::Multiply => "multiply",
            Operator::Divide => "divide",
            Operator::Remainder => "remainder",
        },
        Op::Branch(op) => match op {
            BranchOp::Jump { .. } => "jump",
            BranchOp::Unless { .. } => "unless",
            BranchOp::And { .. } => "and",
            BranchOp::Or { .. } => "or",
            BranchOp::Bool => "bool",
            BranchOp::Present { .. } => "present",
            BranchOp::Drop => "drop",
            BranchOp::Loop => "loop",
            BranchOp::Next { .. } => "next",
            BranchOp::Break => "break",
            BranchOp::Verdict => "verdict",
            BranchOp::Attempt { .. } => "attempt",
            BranchOp::SettleAnd { .. } => "settle_and",
            BranchOp::SettleOr { .. } => "settle_or",
            BranchOp::Conclude { .. } => "conclude",
            BranchOp::Bind => "bind",
            BranchOp::NonZero { .. } => "non_zero",
        },
        Op::Function { .. } => "function",
    }
}
