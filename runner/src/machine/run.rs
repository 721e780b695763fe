//! One event's work on a state: what is under way, and how steps and runs end.

use super::scope::step_id;
use super::state::{Frame, Kept, State, StepError, StepRun, Waits};
use super::{
    CallResponse, Effect, ErrorInfo, ExecutionStatus, FailureClass, FrameId, Payload, PayloadId,
    Record, Start, StepOrdinal, StepStatus, Transition, retry,
};
use crate::limits::EXECUTION_BYTES_MAX;
use crate::time::Millis;
use writ_compiler::bytecode::eval::{Budget, Observer};
use writ_compiler::bytecode::{Pc, Program, StepInfo};
use writ_compiler::limits::{VALUE_BYTES_MAX, VALUE_DEPTH_MAX};
use writ_compiler::value::{NotPlain, PlainLimits, Value};

/// The state and the program do not fit each other: cannot happen with a verified program and a decoded state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Damaged(pub(super) &'static str);

pub(super) type Outcome<T = ()> = Result<T, Damaged>;

/// The work on one event.
pub(super) struct Run<'a> {
    pub(super) program: &'a Program,
    pub(super) start: &'a Start,
    pub(super) state: &'a mut State,
    /// When the event happened, as the run counts.
    pub(super) at: Millis,
    pub(super) out: Transition,
    pub(super) budget: Budget,
    /// Who watches, if anybody does.
    pub(super) observer: Option<&'a mut dyn Observer>,
}

/// A frame that is moving.
#[derive(Debug, Clone, Copy)]
pub(super) struct Strand {
    pub(super) id: FrameId,
    /// Timers it has set so far.
    pub(super) timers: u32,
}

/// A step that is being worked on, and the frame that is in it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Step<'a> {
    pub(super) strand: Strand,
    pub(super) ordinal: StepOrdinal,
    pub(super) index: u32,
    pub(super) info: &'a StepInfo,
}

/// Where a frame goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    /// At this instruction.
    Goto(Pc),
    /// Nowhere: it is parked, or the run has ended.
    Stop,
}

/// How a step failed.
pub(super) struct Failure {
    pub(super) error: ErrorInfo,
    /// For a call that was made: what kind of failure.
    pub(super) class: Option<FailureClass>,
    /// The answer, when there was one.
    pub(super) response: Option<CallResponse>,
}

impl From<ErrorInfo> for Failure {
    fn from(error: ErrorInfo) -> Self {
        Self { error, class: None, response: None }
    }
}

/// An error of no instruction and no service.
pub(super) fn error(code: &str, message: impl Into<String>) -> ErrorInfo {
    ErrorInfo { code: code.to_owned(), message: message.into(), status: None, pc: None }
}

impl ErrorInfo {
    /// The error, of what this instruction made.
    pub(super) fn at(self, pc: Pc) -> Self {
        Self { pc: Some(pc.0), ..self }
    }
}

impl<'a> Run<'a> {
    pub(super) fn new(
        program: &'a Program,
        start: &'a Start,
        state: &'a mut State,
        at: Millis,
    ) -> Self {
        let out = Transition::default();
        Self { program, start, state, at, out, budget: Budget::default(), observer: None }
    }

    pub(super) fn record(&mut self, record: Record) {
        self.out.records.push(record);
    }

    /// Takes a frame out of its place; whoever does lets it go on, or parks it again.
    pub(super) fn unpark(&mut self, id: FrameId) -> Outcome<(Frame, Step<'a>)> {
        let found = self.state.frames.iter().position(|frame| frame.id == id);
        let frame = self.state.frames.remove(found.ok_or(Damaged("a frame is gone"))?);
        let run =
            self.state.step(frame.ordinal).ok_or(Damaged("a frame is in no step that began"))?;
        let index = run.step;
        let info = self.program.step(index).ok_or(Damaged("a step is not in the program"))?;
        let strand = Strand { id: frame.id, timers: frame.timers };
        let ordinal = frame.ordinal;
        Ok((frame, Step { strand, ordinal, index, info }))
    }

    /// Parks a step's frame.
    pub(super) fn park(&mut self, step: Step<'_>, pc: Pc, waits: Waits) -> Next {
        let Strand { id, mut timers } = step.strand;
        if let Some(due) = waits.due() {
            timers = timers.saturating_add(1);
            self.record(Record::TimerSet { frame: id, timer: timers, due });
            self.out.effects.push(Effect::Timer { frame: id, timer: timers, due });
        }
        let at = self.state.frames.partition_point(|frame| frame.id < id);
        let frame = Frame { id, ordinal: step.ordinal, pc, timers, waits };
        self.state.frames.insert(at, frame);
        Next::Stop
    }

    /// A step's place in the state.
    pub(super) fn step_run(&mut self, ordinal: StepOrdinal) -> Outcome<&mut StepRun> {
        self.state.steps.get_mut(ordinal.0 as usize).ok_or(Damaged("a step did not begin"))
    }

    /// Records that a step began.
    pub(super) fn started(&mut self, step: Step<'_>, input: Option<&Kept>) -> Outcome {
        let run = self.step_run(step.ordinal)?;
        let (at, status) = (run.at, run.status);
        self.record(Record::StepStarted {
            ordinal: step.ordinal,
            step_id: step_id(self.start, step.ordinal, at),
            step: step.index,
            input: input.map(payload),
            status,
        });
        Ok(())
    }

    /// Names a value and makes it plain, so that it is now what it will be when it is read back.
    pub(super) fn keep(&mut self, what: &str, value: &Value) -> Result<Kept, ErrorInfo> {
        let left = EXECUTION_BYTES_MAX.saturating_sub(self.state.bytes);
        let left = usize::try_from(left).unwrap_or(usize::MAX);
        let limits =
            PlainLimits { depth_max: VALUE_DEPTH_MAX, bytes_max: left.min(VALUE_BYTES_MAX) };
        let (value, bytes) = value.to_plain_counted(limits).map_err(|problem| match problem {
            NotPlain::TooLarge(_) if left < VALUE_BYTES_MAX => error(
                "execution_too_large",
                format!(
                    "with {what}, the execution would keep more than {} MiB of values in all",
                    EXECUTION_BYTES_MAX / 1024 / 1024
                ),
            ),
            NotPlain::TooLarge(_) | NotPlain::TooDeep(_) | NotPlain::NotFinite => {
                error("value_refused", format!("{what} cannot be kept: {problem}"))
            }
        })?;
        let id = PayloadId(self.state.payloads);
        let named = self.state.payloads.checked_add(1).ok_or_else(|| {
            error("execution_too_large", "the execution has more values than can be numbered")
        })?;
        self.state.payloads = named;
        self.state.bytes = self.state.bytes.saturating_add(bytes as u64);
        Ok(Kept { id, value })
    }

    /// Ends a step well; the frame goes on at `next`.
    pub(super) fn succeed(&mut self, step: Step<'_>, output: &Value, next: Pc) -> Outcome<Next> {
        match self.keep("its output", output) {
            Ok(output) => self.succeeded(step, output, next),
            Err(error) => self.fail(step, error.into()),
        }
    }

    /// Ends a step well with what an expression made for this instruction; the frame goes on at `next`.
    pub(super) fn succeed_with(
        &mut self,
        step: Step<'_>,
        output: &Value,
        pc: Pc,
        next: Pc,
    ) -> Outcome<Next> {
        match self.keep("its output", output) {
            Ok(output) => self.succeeded(step, output, next),
            Err(error) => self.fail(step, error.at(pc).into()),
        }
    }

    fn succeeded(&mut self, step: Step<'_>, output: Kept, next: Pc) -> Outcome<Next> {
        let run = self.step_run(step.ordinal)?;
        (run.status, run.input) = (StepStatus::Succeeded, None);
        let attempts = run.attempts;
        let record = Record::StepFinished {
            ordinal: step.ordinal,
            status: StepStatus::Succeeded,
            output: Some(payload(&output)),
            error: None,
            attempts,
        };
        run.output = Some(output);
        self.record(record);
        Ok(Next::Goto(next))
    }

    /// Ends a step badly: the frame takes the route for such failures, or the run fails.
    pub(super) fn fail(&mut self, step: Step<'_>, failure: Failure) -> Outcome<Next> {
        let body = failure.response.as_ref().map(|response| &response.body);
        let call = step.info.call.as_ref();
        let mut routes = call.map(|call| call.on_error.iter()).into_iter().flatten();
        let route =
            routes.find(|r| retry::routes(&r.class, failure.class, &failure.error.code, body));
        let route = route.map(|route| route.target).or(step.info.on_failure);
        let Some(target) = route else {
            self.finish_failed(step.ordinal, &failure.error)?;
            self.finish_run(
                ExecutionStatus::Failed,
                None,
                Some(failure.error),
                Some(step.ordinal),
            )?;
            return Ok(Next::Stop);
        };
        let body = body.filter(|_| call.is_some_and(|call| call.keeps_error_body));
        self.fail_to(step, failure.error, body, target)
    }

    /// Ends a step badly; the frame goes on at `target`, where the program can read how it failed.
    pub(super) fn fail_to(
        &mut self,
        step: Step<'_>,
        error: ErrorInfo,
        body: Option<&Value>,
        target: Pc,
    ) -> Outcome<Next> {
        self.finish_failed(step.ordinal, &error)?;
        // A body that is too large to keep is as if there were none: the failure itself matters more.
        let body = body.and_then(|body| self.keep("the answer's body", body).ok());
        if let Some(body) = &body {
            self.record(Record::ErrorBodyKept { ordinal: step.ordinal, body: payload(body) });
        }
        self.step_run(step.ordinal)?.error = Some(StepError {
            code: error.code.into(),
            message: error.message.into(),
            status: error.status,
            body,
        });
        Ok(Next::Goto(target))
    }

    fn finish_failed(&mut self, ordinal: StepOrdinal, error: &ErrorInfo) -> Outcome {
        self.finish_step(ordinal, StepStatus::Failed, Some(error.clone()))
    }

    /// Ends a step without an output.
    pub(super) fn finish_step(
        &mut self,
        ordinal: StepOrdinal,
        status: StepStatus,
        error: Option<ErrorInfo>,
    ) -> Outcome {
        let run = self.step_run(ordinal)?;
        (run.status, run.input) = (status, None);
        let attempts = run.attempts;
        self.record(Record::StepFinished { ordinal, status, output: None, error, attempts });
        Ok(())
    }

    /// Ends the run, and with it whatever is still parked.
    pub(super) fn finish_run(
        &mut self,
        status: ExecutionStatus,
        output: Option<PayloadId>,
        error: Option<ErrorInfo>,
        failed_step: Option<StepOrdinal>,
    ) -> Outcome {
        debug_assert!(status.is_terminal(), "a run ends with a terminal status");
        for frame in std::mem::take(&mut self.state.frames) {
            self.clear(&frame);
            self.finish_step(frame.ordinal, StepStatus::Cancelled, None)?;
        }
        self.state.status = status;
        self.record(Record::ExecutionFinished { status, output, error, failed_step });
        Ok(())
    }

    /// Records that what a frame waited for is waited for no more.
    pub(super) fn clear(&mut self, frame: &Frame) {
        if matches!(frame.waits, Waits::Approval { .. }) {
            self.record(Record::ApprovalClosed { ordinal: frame.ordinal });
        }
        if matches!(frame.waits, Waits::Event { .. }) {
            self.event_closed(frame.ordinal, false);
        }
        if frame.waits.due().is_some() {
            self.record(Record::TimerCleared { frame: frame.id });
        }
    }
}

fn payload(kept: &Kept) -> Payload {
    Payload { id: kept.id, value: kept.value.clone() }
}
