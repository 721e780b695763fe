//! Waits: for a span of time, until an instant, for an event.

use super::call::template_error;
use super::run::{Damaged, Next, Outcome, Run, Step, error};
use super::state::Waits;
use super::{Effect, FrameId, Record, StepOrdinal};
use crate::time::Millis;
use writ_compiler::bytecode::eval::text_of;
use writ_compiler::bytecode::{ConstantIx, FlowOp, Op, Pc};
use writ_compiler::limits::CORRELATION_CHARS_MAX;
use writ_compiler::value::{Value, time};

impl<'a> Run<'a> {
    /// Begins a wait until `due`; `None` when what was given is no such time.
    pub(super) fn wait(
        &mut self,
        step: Step<'a>,
        pc: Pc,
        field: &'static str,
        given: Option<&Value>,
        due: Option<Millis>,
    ) -> Outcome<Next> {
        let given = given.ok_or(Damaged("an operand is missing"))?;
        let input = self.keep("what it waits for", &Value::record([(field, given.clone())]));
        self.started(step, input.as_ref().ok())?;
        let due = match (input, due) {
            (Err(error), _) => return self.fail(step, error.at(pc).into()),
            (Ok(_), None) => {
                let wanted = match field {
                    "until" => "an RFC 3339 timestamp",
                    _ => "milliseconds or a duration such as \"90s\", and not negative",
                };
                let message = format!("what to wait for must be {wanted}");
                return self.fail(step, template_error(message, pc).into());
            }
            (Ok(_), Some(due)) => due,
        };
        if due <= self.at {
            return self.resumed(step, pc);
        }
        Ok(self.park(step, pc, Waits::Time { due }))
    }

    /// The time that a step waited for has come.
    pub(super) fn resumed(&mut self, step: Step<'a>, pc: Pc) -> Outcome<Next> {
        let output = Value::record([("resumedAt", Value::from(self.at.to_rfc3339()))]);
        self.succeed(step, &output, pc.next())
    }

    /// Begins a wait for an event, with what it must carry to be this run's.
    pub(super) fn listen(
        &mut self,
        step: Step<'a>,
        pc: Pc,
        event: ConstantIx,
        correlation: Option<&Value>,
    ) -> Outcome<Next> {
        let info = step.info.event.as_ref().ok_or(Damaged("an event is not described"))?;
        let event = self.program.text(event);
        let correlation = match correlation.map(|value| text_of(value).filter(|t| may_be_one(t))) {
            Some(None) => {
                self.started(step, None)?;
                let message =
                    format!("the correlation must have 1 to {CORRELATION_CHARS_MAX} characters");
                return self.fail(step, template_error(message, pc).into());
            }
            given => given.flatten(),
        };
        let due = info.timeout_ms.map(|timeout_ms| self.at.plus(timeout_ms));
        let fields = [
            ("event", Some(Value::from(event))),
            ("correlation", correlation.as_deref().map(Value::from)),
            ("until", due.map(|due| Value::from(due.to_rfc3339()))),
        ];
        let fields = fields.into_iter().filter_map(|(name, value)| Some((name, value?)));
        let input = self.keep("what it waits for", &Value::record(fields));
        self.started(step, input.as_ref().ok())?;
        if let Err(error) = input {
            return self.fail(step, error.at(pc).into());
        }
        let (ordinal, frame) = (step.ordinal, step.strand.id);
        self.record(Record::EventAwaited { ordinal, frame, event: event.to_owned(), correlation });
        self.out.effects.push(Effect::Listen { frame });
        Ok(self.park(step, pc, Waits::Event { due }))
    }

    /// The event that a frame waited for has come.
    pub(super) fn heard(&mut self, frame: FrameId, data: &Value) -> Outcome {
        let (frame, step) = self.unpark(frame)?;
        self.event_closed(frame.ordinal, true);
        if frame.waits.due().is_some() {
            self.record(Record::TimerCleared { frame: frame.id });
        }
        let Some(Op::Flow(FlowOp::WaitEvent { event, .. })) = self.program.op(frame.pc) else {
            return Err(Damaged("a frame that waits for an event is parked elsewhere"));
        };
        let output = Value::record([
            ("resumedAt", Value::from(self.at.to_rfc3339())),
            ("event", Value::from(self.program.text(event))),
            ("data", data.clone()),
        ]);
        let next = self.succeed(step, &output, frame.pc.next())?;
        self.go_on(step.strand, next)
    }

    /// No event came in time. The timer has been cleared.
    pub(super) fn unheard(&mut self, step: Step<'a>) -> Outcome<Next> {
        let info = step.info.event.as_ref().ok_or(Damaged("an event is not described"))?;
        let late = error("event_timeout", format!("no event came for `{}` in time", step.info.id));
        match info.on_timeout {
            Some(target) => self.fail_to(step, late, None, target),
            None => self.fail(step, late.into()),
        }
    }

    /// Records that an event is waited for no more, because it came or for another reason.
    pub(super) fn event_closed(&mut self, ordinal: StepOrdinal, came: bool) {
        self.record(Record::EventClosed { ordinal, came });
    }
}

/// Whether a text may be what tells one event from another.
fn may_be_one(correlation: &str) -> bool {
    (1..=CORRELATION_CHARS_MAX).contains(&correlation.chars().count())
}

/// A span of time: milliseconds, duration text or a duration.
pub(super) fn milliseconds(value: &Value) -> Option<u64> {
    match value {
        Value::Duration(ns) => u64::try_from(ns.checked_add(999_999)?.div_euclid(1_000_000)).ok(),
        Value::String(text) => milliseconds(&Value::Duration(time::parse_duration(text)?)),
        other => u64::try_from(other.as_i64()?).ok(),
    }
}

/// An instant: RFC 3339 text or a timestamp.
pub(super) fn instant(value: &Value) -> Option<Millis> {
    match value {
        Value::Timestamp(ns) => Some(Millis::from_nanos_up(*ns)),
        Value::String(text) => Some(Millis::from_nanos_up(time::parse_timestamp(text)?)),
        _ => None,
    }
}
