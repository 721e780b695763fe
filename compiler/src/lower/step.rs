//! Steps: one function a kind.

use super::Lowering;
use super::code::Label;
use crate::bytecode::schema::Schema;
use crate::bytecode::{
    ApprovalInfo, BranchOp, EventInfo, FlowOp, MakeOp, OnReject, OnTimeout, Op, StepInfo, StepType,
    SwitchTable,
};
use crate::flow::{RouteKind, StepIx, continues_after_reject};
use crate::text::Span;
use crate::tree::{
    ApprovalOutcome, ApprovalStep, DecideStep, EmitStep, EndStep, Expr, ExprKind, Step, StepKind,
    WaitStep,
};
use crate::types::Type;

/// What `output.selected` says of a decision's default.
const DEFAULT: &str = "default";

/// What a step says that nothing could be made of. The checks refuse such a workflow before it is lowered.
const NOT_COMPILED: &str = "not_compiled";

impl Lowering<'_> {
    /// Emits a step, from its entry to what follows it.
    pub(super) fn step(&mut self, index: u32, step: &Step) {
        self.code.at(step.id.span);
        self.code.bind(Label::entry(StepIx(index)));
        self.code.flow(FlowOp::Enter { step: index });
        match &step.kind {
            StepKind::Call(_) => self.call(index, step),
            StepKind::Decide(decide) => {
                self.info(index, step, StepType::Decision);
                match &decide.expression {
                    Some(value) => self.switch(index, value),
                    None => self.conditions(index, decide, step.id.span),
                }
            }
            StepKind::Transform(transform) => {
                self.info(index, step, StepType::Transform);
                self.operand(&transform.value);
                self.complete(index, FlowOp::Store { step: index });
            }
            StepKind::Wait(WaitStep::Duration { duration }) => {
                self.info(index, step, StepType::Wait);
                self.operand(duration);
                self.complete(index, FlowOp::WaitFor { step: index });
            }
            StepKind::Wait(WaitStep::Until { until }) => {
                self.info(index, step, StepType::Wait);
                self.operand(until);
                self.complete(index, FlowOp::WaitUntil { step: index });
            }
            StepKind::Emit(emit) => self.emit_event(index, step, emit),
            StepKind::Approval(approval) => self.approval(index, step, approval),
            StepKind::End(end) => self.end(index, step, end),
            StepKind::Wait(WaitStep::Event { event, correlation, timeout_ms, .. }) => {
                let timeout_ms = timeout_ms.as_ref().map(|timeout| timeout.value);
                self.wait_event(index, step, timeout_ms);
                let there = self.optional_text(correlation.as_ref());
                self.code.at(correlation.as_ref().map_or(step.id.span, |text| text.span));
                let event = self.code.text(&event.value);
                self.complete(index, FlowOp::WaitEvent { step: index, event, correlation: there });
            }
            StepKind::Error => self.refuse(index, step),
        }
    }

    /// Notes a step's static part.
    fn info(&mut self, index: u32, step: &Step, kind: StepType) {
        let info = self.static_part(index, step, kind);
        self.steps.push(info);
    }

    /// A step's static part, but for what only a call, an approval or a wait for an event has.
    pub(super) fn static_part(&self, index: u32, step: &Step, kind: StepType) -> StepInfo {
        let typing = self.typing(index);
        StepInfo {
            id: step.id.value.clone(),
            kind,
            input: typing.map_or_else(Schema::json, |typing| typing.input.to_schema()),
            output: typing.map_or_else(Schema::json, |typing| typing.output.to_schema()),
            entry: Label::entry(StepIx(index)).pc(),
            call: None,
            approval: None,
            event: None,
            on_failure: None,
        }
    }

    /// Emits the instruction that completes a step with a successor, and the way there.
    pub(super) fn complete(&mut self, index: u32, op: FlowOp) {
        self.code.flow(op);
        let is_optional =
            self.workflow.steps.get(index as usize).is_some_and(|s| s.optional.is_some());
        if is_optional {
            let here = self.code.label_here();
            if let Some(info) = self.steps.get_mut(index as usize) {
                info.on_failure = Some(here.pc());
            }
        }
        self.next(index);
    }

    /// A step that cannot be run fails the run, should it ever be reached.
    pub(super) fn refuse(&mut self, index: u32, step: &Step) {
        self.info(index, step, StepType::End);
        let code = self.code.text(NOT_COMPILED);
        self.code.flow(FlowOp::Fail { step: index, code, message: false });
    }

    fn switch(&mut self, index: u32, value: &Expr) {
        self.operand(value);
        let mut table = SwitchTable { cases: Vec::new(), default: None };
        for route in self.routes(index) {
            let target = Label::entry(route.target).pc();
            match &route.kind {
                RouteKind::Case(label) => table.cases.push((label.clone(), target)),
                RouteKind::Default => table.default = Some(target),
                RouteKind::Next
                | RouteKind::When(_)
                | RouteKind::OnError(_)
                | RouteKind::OnTimeout
                | RouteKind::OnReject
                | RouteKind::Failed => {}
            }
        }
        table.cases.sort_by(|(a, _), (b, _)| a.cmp(b));
        table.cases.dedup_by(|(a, _), (b, _)| a == b);
        let number = u32::try_from(self.switches.len()).unwrap_or(u32::MAX);
        self.switches.push(table);
        self.code.flow(FlowOp::Switch { step: index, table: number });
    }

    fn conditions(&mut self, index: u32, decide: &DecideStep, step: Span) {
        for (number, condition) in (0..).zip(&decide.conditions) {
            let Some(target) = self.target(index, &RouteKind::When(number)) else { continue };
            let otherwise = self.code.label();
            self.operand(&condition.when);
            self.code.branch(BranchOp::Unless { target: otherwise.pc() });
            self.select(index, &condition.next.value, target);
            self.code.bind(otherwise);
        }
        self.code.at(step);
        match self.target(index, &RouteKind::Default) {
            Some(target) => self.select(index, DEFAULT, target),
            None => self.code.flow(FlowOp::NoCase { step: index }),
        }
    }

    fn select(&mut self, index: u32, label: &str, target: Label) {
        let label = self.code.text(label);
        self.code.flow(FlowOp::Select { step: index, label, target: target.pc() });
    }

    fn emit_event(&mut self, index: u32, step: &Step, emit: &EmitStep) {
        self.info(index, step, StepType::WebhookEmit);
        let payload = self.optional_operand(emit.payload.as_ref());
        let event = self.code.text(&emit.event.value);
        self.complete(index, FlowOp::Emit { step: index, event, payload });
    }

    fn approval(&mut self, index: u32, step: &Step, approval: &ApprovalStep) {
        let on_timeout = match approval.on_timeout.as_ref().map(|outcome| &outcome.value) {
            Some(ApprovalOutcome::RouteTo(_)) => {
                let target = self.target(index, &RouteKind::OnTimeout).unwrap_or(Label::NOWHERE);
                OnTimeout::Route(target.pc())
            }
            Some(ApprovalOutcome::Reject) => OnTimeout::Reject,
            Some(ApprovalOutcome::Fail) | None => OnTimeout::Fail,
        };
        let on_reject = match approval.on_reject.as_ref().map(|outcome| &outcome.value) {
            Some(ApprovalOutcome::RouteTo(_)) => {
                let target = self.target(index, &RouteKind::OnReject).unwrap_or(Label::NOWHERE);
                OnReject::Route(target.pc())
            }
            Some(ApprovalOutcome::Fail | ApprovalOutcome::Reject) => OnReject::Fail,
            None if continues_after_reject(self.workflow, self.flow, StepIx(index)) => {
                OnReject::Continue
            }
            None => OnReject::Fail,
        };
        let info = ApprovalInfo {
            assign_to: approval.assign_to.as_ref().map(|name| name.value.clone()),
            timeout_ms: approval.timeout_ms.as_ref().map(|timeout| timeout.value),
            on_timeout,
            on_reject,
            not_initiator: approval.not_initiator.as_ref().is_some_and(|flag| flag.value),
            form: self.typing(index).and_then(|typing| typing.form.as_ref()).map(Type::to_schema),
        };
        let step_info = self.static_part(index, step, StepType::HumanApproval);
        self.steps.push(StepInfo { approval: Some(info), ..step_info });
        let label = self.optional_text(approval.label.as_ref());
        let data = self.optional_value(approval.data.as_ref());
        self.complete(index, FlowOp::Approve { step: index, label, data });
    }

    /// Notes the static part of a wait for an event.
    fn wait_event(&mut self, index: u32, step: &Step, timeout_ms: Option<u64>) {
        let info = EventInfo {
            timeout_ms,
            on_timeout: self.target(index, &RouteKind::OnTimeout).map(Label::pc),
            data: self.typing(index).and_then(|typing| typing.form.as_ref()).map(Type::to_schema),
        };
        let step_info = self.static_part(index, step, StepType::Wait);
        self.steps.push(StepInfo { event: Some(info), ..step_info });
    }

    fn end(&mut self, index: u32, step: &Step, end: &EndStep) {
        self.info(index, step, StepType::End);
        match &end.fail {
            Some(failure) => {
                let message = self.optional_text(failure.message.as_ref());
                let code = self.code.text(&failure.code.value);
                self.code.flow(FlowOp::Fail { step: index, code, message });
            }
            None => {
                let output = self.optional_operand(end.output.as_ref());
                self.code.flow(FlowOp::Finish { step: index, output });
            }
        }
    }

    /// Pushes a value that may be left out; whether it was there.
    pub(super) fn optional_value(&mut self, value: Option<&Expr>) -> bool {
        if let Some(value) = value {
            self.value(value);
        }
        value.is_some()
    }

    /// Pushes the one value that the next instruction is about: what goes wrong there is said of the value.
    fn operand(&mut self, value: &Expr) {
        self.value(value);
        self.code.at(value.span);
    }

    /// [`Self::operand`] of a value that may be left out; whether it was there.
    fn optional_operand(&mut self, value: Option<&Expr>) -> bool {
        if let Some(value) = value {
            self.operand(value);
        }
        value.is_some()
    }

    /// Pushes a value for people to read, as text, that may be left out; whether it was there.
    fn optional_text(&mut self, value: Option<&Expr>) -> bool {
        let Some(value) = value else { return false };
        self.value(value);
        if !matches!(value.kind, ExprKind::String(_) | ExprKind::Template(_)) {
            let outer = self.code.at(value.span);
            self.code.emit(Op::Make(MakeOp::Text { len: 1 }));
            self.code.at(outer);
        }
        true
    }
}
