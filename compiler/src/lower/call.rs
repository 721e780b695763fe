//! Calls of services, from their plans.

use super::code::Label;
use super::optional::Absence;
use super::{Lowering, count};
use crate::bytecode::{
    AccessOp, CallInfo, Constant, ErrorClass, ErrorRoute, FlowOp, LoadOp, MakeOp, Op, Program,
    StepInfo, StepType,
};
use crate::flow::RouteKind;
use crate::tree::Step;
use crate::types::check::{CallPlan, PathPart};

impl Lowering<'_> {
    pub(super) fn call(&mut self, index: u32, step: &Step) {
        let Some(plan) = self.typing(index).and_then(|typing| typing.call.as_ref()) else {
            return self.refuse(index, step);
        };
        let info = CallInfo {
            service: plan.service.clone(),
            operation: plan.operation.as_ref().map(|operation| operation.name.clone()),
            method: plan.method.clone(),
            output_field: plan.output_field.clone(),
            timeout_ms: plan.timeout_ms,
            max_attempts: plan.retry.max_attempts,
            backoff: plan.retry.backoff,
            retry_on: plan.retry.retry_on.clone(),
            on_error: self.error_routes(index),
            keeps_error_body: false,
        };
        let step_info = self.static_part(index, step, StepType::ServiceCall);
        self.steps.push(StepInfo { call: Some(info), ..step_info });
        self.address(plan);
        let headers = self.optional_value(plan.headers.as_ref());
        let body = self.body(plan);
        self.complete(index, FlowOp::Call { step: index, headers, body });
    }

    /// Pushes the path, percent-encoded where it holds values, with its query.
    fn address(&mut self, plan: &CallPlan) {
        match plan.path.as_slice() {
            [PathPart::Text(text)] => self.code.push_text(text),
            parts => {
                for part in parts {
                    match part {
                        PathPart::Text(text) => self.code.push_text(text),
                        PathPart::Expr(value) => {
                            self.value(value);
                            let outer = self.code.at(value.span);
                            self.code.emit(Op::Make(MakeOp::PathSegment));
                            self.code.at(outer);
                        }
                    }
                }
                let len = count(parts.len());
                self.code.emit(Op::Make(MakeOp::Text { len }));
            }
        }
        for (name, value) in &plan.query {
            let outer = self.code.at(value.span);
            let absent = self.code.label();
            let end = self.code.label();
            let may_be_absent = self.path(value, Absence::Optional(absent));
            if may_be_absent {
                self.code.jump(end);
                self.code.bind(absent);
                self.code.push(Constant::Null);
                self.code.bind(end);
            }
            let name = self.code.text(name);
            self.code.emit(Op::Make(MakeOp::QueryPair { name }));
            self.code.at(outer);
        }
        if !plan.query.is_empty() {
            self.code.emit(Op::Make(MakeOp::WithQuery { len: count(plan.query.len()) }));
        }
    }

    /// Pushes the body, with the step's id in the field that the operation has for it; whether there is one.
    fn body(&mut self, plan: &CallPlan) -> bool {
        let body = self.optional_value(plan.body.as_ref());
        let Some(field) = &plan.external_id else { return body };
        if !body {
            self.code.emit(Op::Make(MakeOp::Record { len: 0 }));
        }
        let field = self.code.text(field);
        self.code.emit(Op::Make(MakeOp::WithStepId { field }));
        true
    }

    /// Where failures go: in the source's order, but the route for any failure last.
    fn error_routes(&self, index: u32) -> Vec<ErrorRoute> {
        let mut routes: Vec<ErrorRoute> = self
            .routes(index)
            .iter()
            .filter_map(|route| match &route.kind {
                RouteKind::OnError(class) => Some(ErrorRoute {
                    class: class.as_deref().map_or(ErrorClass::Any, error_class),
                    target: Label::entry(route.target).pc(),
                }),
                RouteKind::Next
                | RouteKind::Case(_)
                | RouteKind::Default
                | RouteKind::When(_)
                | RouteKind::OnTimeout
                | RouteKind::OnReject
                | RouteKind::Failed => None,
            })
            .collect();
        routes.sort_by_key(|route| route.class == ErrorClass::Any);
        routes
    }
}

/// The class that a word of `onError` names.
fn error_class(word: &str) -> ErrorClass {
    let status = |word: &str| {
        let status: u16 = word.parse().ok()?;
        (100..600).contains(&status).then_some(ErrorClass::Status(status))
    };
    match word {
        "any" => ErrorClass::Any,
        "5xx" => ErrorClass::ServerError,
        "timeout" => ErrorClass::Timeout,
        "network" => ErrorClass::Network,
        word => status(word).unwrap_or_else(|| ErrorClass::Code(word.to_owned())),
    }
}

/// Marks the calls whose failure's `body` the program may read: it need not be kept for the others.
pub(super) fn keep_error_bodies(program: &mut Program) {
    let mut kept = vec![false; program.steps.len()];
    for (at, op) in program.code.iter().enumerate() {
        let Op::Load(LoadOp::Error { step } | LoadOp::ErrorOr { step, .. }) = op else { continue };
        let field = match program.code.get(at + 1) {
            Some(Op::Access(
                AccessOp::Field { name } | AccessOp::FieldOr { name, .. } | AccessOp::Has { name },
            )) => program.text(*name),
            // The whole error is read.
            _ => "body",
        };
        if field == "body"
            && let Some(kept) = kept.get_mut(*step as usize)
        {
            *kept = true;
        }
    }
    for (step, kept) in program.steps.iter_mut().zip(kept) {
        if let Some(call) = &mut step.call {
            call.keeps_error_body = kept;
        }
    }
}
