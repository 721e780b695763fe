//! Calls: begin one, take its answer, try again.

use super::run::{Damaged, Failure, Next, Outcome, Run, Step, error};
use super::scope::step_id;
use super::state::{State, Waits};
use super::{
    CallFailure, CallRequest, CallResponse, Effect, ErrorInfo, FailureClass, FrameId, Record,
    Start, StepOrdinal, retry,
};
use writ_compiler::bytecode::eval::{Stopped, text_of};
use writ_compiler::bytecode::{CallInfo, Pc, Program};
use writ_compiler::value::{Map, Value};

impl<'a> Run<'a> {
    /// Begins a call: `path, headers?, body?`.
    pub(super) fn begin_call(
        &mut self,
        step: Step<'a>,
        stopped: Stopped,
        (headers, body): (bool, bool),
    ) -> Outcome<Next> {
        let pc = stopped.at;
        let call = step.info.call.as_ref().ok_or(Damaged("a call is not described"))?;
        let mut operands = stopped.operands.into_iter();
        let mut operand = || operands.next().ok_or(Damaged("an operand is missing"));
        let path = operand()?;
        let headers = if headers { Some(operand()?) } else { None };
        let body = if body { Some(operand()?) } else { None };
        let headers = headers.as_ref().map(header_texts).transpose();
        let path_text =
            path.as_str().ok_or_else(|| format!("the path is a {}, not text", path.type_name()));
        let headers = match path_text.and(headers) {
            Ok(headers) => headers,
            Err(message) => {
                self.started(step, None)?;
                return self.fail(step, template_error(message, pc).into());
            }
        };
        let fields = [
            ("method", Some(Value::from(call.method.as_str()))),
            ("path", Some(path)),
            ("headers", headers),
            ("body", body),
        ];
        let fields = fields.into_iter().filter_map(|(name, value)| Some((name, value?)));
        let input = match self.keep("its request", &Value::record(fields)) {
            Ok(input) => input,
            Err(error) => {
                self.started(step, None)?;
                return self.fail(step, error.at(pc).into());
            }
        };
        self.started(step, Some(&input))?;
        self.step_run(step.ordinal)?.input = Some(input);
        self.attempt(step, pc, 1)
    }

    /// Makes an attempt.
    fn attempt(&mut self, step: Step<'a>, pc: Pc, attempt: u32) -> Outcome<Next> {
        self.step_run(step.ordinal)?.attempts = attempt;
        let request = request(self.program, self.start, self.state, step.ordinal)?;
        self.out.effects.push(Effect::Call { frame: step.strand.id, attempt, request });
        Ok(self.park(step, pc, Waits::Call { attempt }))
    }

    /// The time of the next attempt has come.
    pub(super) fn try_again(&mut self, step: Step<'a>, pc: Pc) -> Outcome<Next> {
        let attempt = self.step_run(step.ordinal)?.attempts.saturating_add(1);
        self.attempt(step, pc, attempt)
    }

    /// An attempt was answered.
    pub(super) fn answered(&mut self, frame: FrameId, response: &CallResponse) -> Outcome {
        let (frame, step) = self.unpark(frame)?;
        let call = step.info.call.as_ref().ok_or(Damaged("a call is not described"))?;
        let next = match output(call, response) {
            Ok(output) => self.succeed(step, output, frame.pc.next())?,
            Err(message) => {
                let error =
                    ErrorInfo { status: Some(response.status), ..error("call_failed", message) };
                let (class, response) = (FailureClass::BadResponse, Some(response.clone()));
                self.fail(step, Failure { error, class: Some(class), response })?
            }
        };
        self.go_on(step.strand, next)
    }

    /// An attempt failed.
    pub(super) fn unanswered(&mut self, frame: FrameId, failure: &CallFailure) -> Outcome {
        let (frame, step) = self.unpark(frame)?;
        let call = step.info.call.as_ref().ok_or(Damaged("a call is not described"))?;
        let attempts = self.step_run(step.ordinal)?.attempts;
        let code = match failure.class {
            FailureClass::Timeout => "call_timeout",
            FailureClass::Status(_)
            | FailureClass::NotSent
            | FailureClass::Broken
            | FailureClass::BadResponse
            | FailureClass::Refused => "call_failed",
        };
        let error = ErrorInfo {
            status: failure.response.as_ref().map(|response| response.status),
            ..error(code, failure.message.clone())
        };
        let seed = &self.start.seed;
        let next = match retry::delay_ms(call, failure, attempts, seed, step.ordinal) {
            Some(delay_ms) => {
                self.record(Record::StepRetried { ordinal: step.ordinal, attempts, error });
                self.park(step, frame.pc, Waits::Retry { due: self.at.plus(delay_ms) })
            }
            None => {
                let (class, response) = (Some(failure.class), failure.response.clone());
                self.fail(step, Failure { error, class, response })?
            }
        };
        self.go_on(step.strand, next)
    }
}

/// The part of an answer that is the step's output, or why there is none. A described operation answers JSON; the web page
/// of a proxy in front of it, say, is no answer of its own.
fn output<'r>(call: &CallInfo, response: &'r CallResponse) -> Result<&'r Value, String> {
    let CallResponse { status, body } = response;
    let service = &call.service;
    match (response.foreign_type(), &call.output_field) {
        (Some(kind), _) if call.operation.is_some() => {
            Err(format!("`{service}` answered {status} with {kind}, where JSON is declared"))
        }
        (_, None) => Ok(body),
        (_, Some(field)) => body.get(field).ok_or_else(|| {
            format!(
                "the answer of `{service}` ({status}) has no field `{field}`, which would be the step's output"
            )
        }),
    }
}

/// The request of a call that is under way, from its recorded input: the same on every attempt.
pub(super) fn request(
    program: &Program,
    start: &Start,
    state: &State,
    ordinal: StepOrdinal,
) -> Outcome<CallRequest> {
    let run = state.step(ordinal).ok_or(Damaged("a step did not begin"))?;
    let call = program.step(run.step).and_then(|info| info.call.as_ref());
    let call = call.ok_or(Damaged("a call is not described"))?;
    let input = run.input.as_ref().ok_or(Damaged("a call has no input"))?;
    let text = |name| input.value.get(name).and_then(Value::as_str).map(str::to_owned);
    let headers = input.value.get("headers").and_then(Value::as_map);
    let headers = headers.into_iter().flatten();
    Ok(CallRequest {
        service: call.service.clone(),
        method: text("method").ok_or(Damaged("a call's input has no method"))?,
        path: text("path").ok_or(Damaged("a call's input has no path"))?,
        headers: headers
            .filter_map(|(name, value)| Some((name.to_string(), value.as_str()?.to_owned())))
            .collect(),
        body: input.value.get("body").cloned(),
        timeout_ms: call.timeout_ms,
        idempotency_key: step_id(start, ordinal, run.at),
    })
}

/// Headers as text; those that are null are left out.
fn header_texts(headers: &Value) -> Result<Value, String> {
    let Some(headers) = headers.as_map() else {
        return Err("the headers are no record".to_owned());
    };
    let mut texts = Map::with_capacity(headers.len());
    for (name, value) in headers {
        if value.is_null() {
            continue;
        }
        let text = text_of(value).ok_or_else(|| {
            format!("the value of the header `{name}` is a {}, not text", value.type_name())
        })?;
        texts.insert(name.clone(), Value::from(text));
    }
    Ok(Value::map(texts))
}

/// An expression's value does not serve, at this instruction.
pub(super) fn template_error(message: impl Into<String>, pc: Pc) -> ErrorInfo {
    error("template_failed", message).at(pc)
}
