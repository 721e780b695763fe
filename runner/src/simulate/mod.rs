//! Whole runs in memory and in virtual time: the machine that the engine drives, with a [`World`] in place of services,
//! people and events.
//!
//! Nothing here is a second implementation of anything: what a simulated run does, the machine did. Time stands still
//! while the machine works and jumps to the next timer when nothing else is to happen, so that a wait of a week takes no time.

mod trace;

pub use trace::{StepTrace, Trace, Waiting};

use crate::limits::SIMULATED_EVENTS_MAX;
use crate::machine::{
    self, CallFailure, CallRequest, CallResponse, Decision, Effect, Event, EventKind, FrameId,
    Record, Refused, Start, State, StepOrdinal, Transition,
};
use crate::time::Millis;
use std::collections::VecDeque;
use writ_compiler::bytecode::eval::{EvalError, Observer, Seen};
use writ_compiler::bytecode::{FlowOp, Op, Pc, Program};
use writ_compiler::value::Value;

/// What answers a simulated run.
pub trait World {
    /// How an attempt of a call ends.
    fn answer(&mut self, call: Attempt<'_>) -> Reply;

    /// What becomes of an approval.
    fn decide(&mut self, step: u32) -> Verdict;

    /// What becomes of a wait for an event.
    fn event(&mut self, step: u32) -> Arrival;

    /// Lets the time pass up to when the next timer is due. In a world that is made up it takes none.
    fn pass(&mut self, from: Millis, until: Millis) {
        let _ = (from, until);
    }

    /// Who watches each instruction, if anybody does.
    fn observer(&mut self) -> Option<&mut dyn Observer> {
        None
    }

    /// Looks at what was recorded, as it happens.
    fn look(&mut self, now: Millis, record: &Record) {
        let _ = (now, record);
    }
}

/// An attempt of a call.
#[derive(Debug, Clone, Copy)]
pub struct Attempt<'r> {
    /// Index into the program's steps.
    pub step: u32,
    /// The attempt, from 1.
    pub number: u32,
    /// What is sent.
    pub request: &'r CallRequest,
}

/// How an attempt of a call ends.
#[derive(Debug, Clone, PartialEq)]
pub struct Reply {
    /// The answer, or how there was none.
    pub outcome: Result<CallResponse, CallFailure>,
    /// How much virtual time it takes, in milliseconds.
    pub took_ms: u64,
}

/// What becomes of an approval.
#[derive(Debug, Clone, PartialEq)]
pub enum Verdict {
    /// Somebody decides.
    Decided {
        /// Approve or reject.
        decision: Decision,
        /// The reasons given.
        notes: String,
        /// What is filled in.
        form: Option<Value>,
    },
    /// Nobody does, until its time is up.
    Expires,
    /// Nobody does, and the simulation ends there.
    Open,
}

/// What becomes of a wait for an event.
#[derive(Debug, Clone, PartialEq)]
pub enum Arrival {
    /// The event comes, with this data.
    Comes(Value),
    /// None comes, until its time is up.
    Expires,
    /// None comes, and the simulation ends there.
    Open,
}

/// Runs a program until it has ended or the world leaves it waiting.
///
/// # Errors
/// When the machine refuses what the simulation does: a defect of the machine or the program, and never the workflow's.
pub fn simulate(program: &Program, start: Start, world: &mut impl World) -> Result<Trace, Refused> {
    let mut simulation = Simulation {
        trace: Trace::new(&start),
        now: start.at,
        program,
        start,
        state: State::new(),
        due: VecDeque::new(),
        asked: Vec::new(),
        world,
    };
    simulation.apply(EventKind::Started)?;
    for _ in 0..SIMULATED_EVENTS_MAX {
        if !simulation.go_on()? {
            break;
        }
    }
    Ok(simulation.trace.ended(simulation.now))
}

struct Simulation<'s, W> {
    program: &'s Program,
    start: Start,
    state: State,
    now: Millis,
    trace: Trace,
    /// What the machine asked for and did not get yet; what it no longer wants is refused as stale.
    due: VecDeque<Effect>,
    /// Approvals that are open.
    asked: Vec<(FrameId, StepOrdinal)>,
    world: &'s mut W,
}

impl<W: World> Simulation<'_, W> {
    /// Lets the next thing happen; false when nothing can.
    fn go_on(&mut self) -> Result<bool, Refused> {
        if self.trace.status.is_terminal() {
            return Ok(false);
        }
        if let Some((frame, ordinal)) = self.asked.pop() {
            return match self.world.decide(self.step_of(ordinal)) {
                Verdict::Decided { decision, notes, form } => {
                    let actor_user_id = Some("usr_test".to_owned());
                    let kind = EventKind::Decided { frame, decision, notes, actor_user_id, form };
                    self.apply(kind)?;
                    Ok(true)
                }
                Verdict::Expires => self.expire(frame, ordinal, false),
                Verdict::Open => Ok(self.leave(ordinal, false)),
            };
        }
        let timers = |effect: &Effect| matches!(effect, Effect::Timer { .. });
        let soon = self.due.iter().position(|effect| !timers(effect));
        let Some(effect) = soon.and_then(|at| self.due.remove(at)) else { return self.jump() };
        match effect {
            Effect::Call { frame, attempt, request } => {
                let ordinal = self.trace.latest();
                let step = self.step_of(ordinal);
                let reply = self.world.answer(Attempt { step, number: attempt, request: &request });
                self.now = self.now.plus(reply.took_ms);
                self.apply(match reply.outcome {
                    Ok(response) => EventKind::CallSucceeded { frame, attempt, response },
                    Err(failure) => EventKind::CallFailed { frame, attempt, failure },
                })?;
                Ok(true)
            }
            Effect::Listen { frame } => {
                let ordinal = self.trace.latest();
                match self.world.event(self.step_of(ordinal)) {
                    Arrival::Comes(data) => {
                        self.apply(EventKind::EventReceived { frame, ordinal, data })?;
                        Ok(true)
                    }
                    Arrival::Expires => self.expire(frame, ordinal, true),
                    Arrival::Open => Ok(self.leave(ordinal, true)),
                }
            }
            Effect::Timer { .. } => Ok(false),
        }
    }

    /// Lets time pass to the next timer.
    fn jump(&mut self) -> Result<bool, Refused> {
        let due = |effect: &Effect| match effect {
            Effect::Timer { due, .. } => Some(*due),
            Effect::Call { .. } | Effect::Listen { .. } => None,
        };
        let next = (0..self.due.len())
            .filter_map(|at| Some((due(self.due.get(at)?)?, at)))
            .min()
            .and_then(|(_, at)| self.due.remove(at));
        let Some(Effect::Timer { frame, timer, due }) = next else { return Ok(false) };
        match self.fire(frame, timer, due) {
            // What it was for has been answered meanwhile.
            Err(Refused::Stale) => Ok(true),
            fired => fired.map(|()| true),
        }
    }

    /// Lets the time of an approval or of a wait for an event run out; false when it has none.
    fn expire(
        &mut self,
        frame: FrameId,
        ordinal: StepOrdinal,
        event: bool,
    ) -> Result<bool, Refused> {
        let its = |effect: &Effect| matches!(effect, Effect::Timer { frame: f, .. } if *f == frame);
        let timer = self.due.iter().position(its).and_then(|at| self.due.remove(at));
        match timer {
            Some(Effect::Timer { timer, due, .. }) => self.fire(frame, timer, due).map(|()| true),
            _ => Ok(self.leave(ordinal, event)),
        }
    }

    fn fire(&mut self, frame: FrameId, timer: u32, due: Millis) -> Result<(), Refused> {
        let before = self.now;
        self.now = self.now.max(due);
        self.world.pass(before, self.now);
        let fired = self.apply(EventKind::TimerFired { frame, timer });
        if fired.is_err() {
            self.now = before;
        }
        fired
    }

    /// Ends the simulation with the run still waiting.
    fn leave(&mut self, ordinal: StepOrdinal, event: bool) -> bool {
        self.trace.leave(ordinal, event);
        false
    }

    fn step_of(&self, ordinal: StepOrdinal) -> u32 {
        self.trace.steps.get(ordinal.0 as usize).map_or(u32::MAX, |step| step.step)
    }

    fn apply(&mut self, kind: EventKind) -> Result<(), Refused> {
        let event = Event { at: self.now, kind };
        let mut watch = Watch { selected: Vec::new(), other: self.world.observer() };
        let Transition { records, effects } = machine::apply_observed(
            self.program,
            &self.start,
            &mut self.state,
            &event,
            &mut watch,
        )?;
        let selected = watch.selected;
        for record in records {
            self.world.look(self.now, &record);
            match &record {
                Record::ApprovalRequested { frame, ordinal, .. } => {
                    self.asked.push((*frame, *ordinal));
                }
                Record::TimerCleared { frame } => self.due.retain(
                    |effect| !matches!(effect, Effect::Timer { frame: f, .. } if f == frame),
                ),
                _ => {}
            }
            self.trace.note(self.now, record);
        }
        for pc in selected {
            self.trace.selected(self.program, pc);
        }
        self.due.extend(effects);
        Ok(())
    }
}

/// Sees which conditions were the first that held, and lets another watch as well.
struct Watch<'w> {
    selected: Vec<Pc>,
    other: Option<&'w mut dyn Observer>,
}

impl Observer for Watch<'_> {
    fn before(&mut self, pc: Pc, op: Op, seen: Seen<'_>) {
        if let Op::Flow(FlowOp::Select { .. }) = op {
            self.selected.push(pc);
        }
        if let Some(other) = &mut self.other {
            other.before(pc, op, seen);
        }
    }

    fn after(&mut self, next: Pc, seen: Seen<'_>) {
        if let Some(other) = &mut self.other {
            other.after(next, seen);
        }
    }

    fn failed(&mut self, error: &EvalError) {
        if let Some(other) = &mut self.other {
            other.failed(error);
        }
    }
}

#[cfg(test)]
mod tests;
