//! The machine: a pure function of program, state and event.
//!
//! `(Program, State, Event) -> (State, Transition)`. It does no I/O and reads no clock; time, ids and
//! randomness come in with events. The engine commits a transition's [`Record`]s, with the new state, in one
//! transaction, and performs its [`Effect`]s only after that.
//!
//! One event moves a frame as far as it goes: decisions, transforms and emits that follow one another are one
//! transition, until a call, a wait or an approval parks the frame or the run ends. The records of one, in order:
//!
//! | event | records |
//! |---|---|
//! | `Started` | `ExecutionRunning`, then those of the steps it comes to |
//! | `CallSucceeded` | `StepFinished`, then the next steps' |
//! | `CallFailed`, another attempt follows | `StepRetried`, `TimerSet` |
//! | `CallFailed`, the last attempt | `StepFinished`; on an error route perhaps `ErrorBodyKept`, then the next steps' |
//! | `TimerFired` | `TimerCleared`; first `ApprovalClosed` of an approval, `EventClosed` of a wait for an event; then as what it waited for says |
//! | `Decided` | `ApprovalClosed`, `TimerCleared` when it had a timer, `StepFinished`, then the next steps' |
//! | `EventReceived` | `EventClosed`, `TimerCleared` when it had a timer, `StepFinished`, then the next steps' |
//! | `Cancelled` | for each frame `ApprovalClosed` or `EventClosed`, `TimerCleared`, `StepFinished`; then `ExecutionFinished` |
//! | `Abandoned` | `ExecutionFinished` |
//!
//! | a step that begins | records |
//! |---|---|
//! | call | `StepStarted` with its request |
//! | decision, transform, end | `StepStarted`, `StepFinished` |
//! | emit | `StepStarted`, `Emitted`, `StepFinished` |
//! | wait | `StepStarted`, `TimerSet`; or `StepFinished` when its time has passed already |
//! | wait for an event | `StepStarted`, `EventAwaited`, `TimerSet` when it has a time limit |
//! | approval | `StepStarted`, `ApprovalRequested`, `TimerSet` when it has a time limit |
//!
//! `ExecutionFinished` is always the last. Where a run fails, the failed step's `StepFinished` stands before it.

mod advance;
mod approval;
mod call;
mod encode;
mod event;
mod retry;
mod run;
mod scope;
mod secrecy;
mod state;
mod transition;
mod wait;

pub use encode::{STATE_VERSION, StateError};
pub use event::*;
pub use state::State;
pub use transition::*;

use crate::limits::EXECUTION_BYTES_MAX;
use crate::time::Millis;
use approval::Verdict;
use run::{Damaged, Run, Strand};
use state::{Frame, Waits};
use writ_compiler::bytecode::Program;
use writ_compiler::bytecode::eval::Observer;
use writ_compiler::limits::VALUE_DEPTH_MAX;
use writ_compiler::value::{PlainLimits, Value};

/// Why an event was not applied; the state is as it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// The run has ended.
    #[error("the run has ended")]
    Finished,
    /// It answers something that is no longer, or not yet, waited for.
    #[error("nothing waits for this any more")]
    Stale,
    /// A decision, and no approval is pending in that frame.
    #[error("no approval is pending")]
    NotWaiting,
    /// The state is none that this program can be in. It must not be used any more.
    #[error("the run's state does not fit its program: {0}")]
    Damaged(&'static str),
}

/// What a run is started with; recorded before anything else.
#[derive(Debug, Clone, PartialEq)]
pub struct Start {
    /// `exe_...`
    pub execution_id: String,
    /// The caller's own reference.
    pub external_id: Option<String>,
    /// Slug of the workflow, for `workflow.slug`.
    pub workflow_slug: String,
    /// Version of the workflow, for `workflow.version`.
    pub workflow_version: u32,
    /// Source of every id and jitter of the run.
    pub seed: [u8; 16],
    /// When the run was accepted.
    pub at: Millis,
    /// The trigger's inputs, complete (secrets included).
    pub inputs: Value,
}

/// A strand of a run that moves on its own. Today a run has one, numbered 0; parallel branches add more.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
pub struct FrameId(pub u32);

/// The n-th step a run started, from 0: the order of `steps[]` in reads.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
pub struct StepOrdinal(pub u32);

/// A value of a run that is stored once, beside its journal. 0 is the trigger's inputs.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
pub struct PayloadId(pub u32);

/// Applies an event to a run. When it is refused, the state is as it was.
///
/// # Errors
/// When the event answers nothing that the run waits for.
pub fn apply(
    program: &Program,
    start: &Start,
    state: &mut State,
    event: &Event,
) -> Result<Transition, Refused> {
    apply_to(program, start, state, event, None)
}

/// [`apply`], with somebody who watches each instruction.
///
/// # Errors
/// When the event answers nothing that the run waits for.
pub fn apply_observed(
    program: &Program,
    start: &Start,
    state: &mut State,
    event: &Event,
    observer: &mut dyn Observer,
) -> Result<Transition, Refused> {
    apply_to(program, start, state, event, Some(observer))
}

fn apply_to(
    program: &Program,
    start: &Start,
    state: &mut State,
    event: &Event,
    observer: Option<&mut dyn Observer>,
) -> Result<Transition, Refused> {
    check(state, event)?;
    state.at = state.at.max(event.at);
    let at = state.at;
    let mut run = Run::new(program, start, state, at);
    run.observer = observer.map(|observer| observer as &mut dyn Observer);
    act(&mut run, &event.kind).map_err(|Damaged(what)| Refused::Damaged(what))?;
    let out = run.out;
    if !state.status.is_terminal() {
        state.status = parked_status(&state.frames)?;
    }
    debug_assert!(
        !state.status.is_terminal() || out.effects.is_empty(),
        "a run that has ended asks for nothing"
    );
    Ok(out)
}

/// Ends a run that cannot be continued, whatever its state; the new state goes with it.
#[must_use]
pub fn abandon(reason: &str) -> (State, Transition) {
    let state = State { status: ExecutionStatus::Failed, ..State::new() };
    let error = run::error("cannot_continue", reason);
    let record = Record::ExecutionFinished {
        status: ExecutionStatus::Failed,
        output: None,
        error: Some(error),
        failed_step: None,
    };
    (state, Transition { records: vec![record], effects: Vec::new() })
}

/// What a run waits for, to be asked for again after a restart: its calls in flight, each with the same request,
/// attempt and idempotency key as before, its timers and its events.
///
/// # Errors
/// When the state does not fit the program.
pub fn pending_effects(
    program: &Program,
    start: &Start,
    state: &State,
) -> Result<Vec<Effect>, Refused> {
    let mut effects = Vec::with_capacity(state.frames.len());
    for frame in &state.frames {
        if let Waits::Call { attempt } = frame.waits {
            let request = call::request(program, start, state, frame.ordinal)
                .map_err(|Damaged(what)| Refused::Damaged(what))?;
            effects.push(Effect::Call { frame: frame.id, attempt, request });
        }
        if let Waits::Event { .. } = frame.waits {
            effects.push(Effect::Listen { frame: frame.id });
        }
        if let Some(due) = frame.waits.due() {
            effects.push(Effect::Timer { frame: frame.id, timer: frame.timers, due });
        }
    }
    Ok(effects)
}

/// Whether an event answers what the run waits for.
fn check(state: &State, event: &Event) -> Result<(), Refused> {
    if state.status.is_terminal() {
        return Err(Refused::Finished);
    }
    let waits = |id: FrameId| state.frames.iter().find(|frame| frame.id == id);
    let stale = |fits: bool| if fits { Ok(()) } else { Err(Refused::Stale) };
    match &event.kind {
        EventKind::Started => stale(state.status == ExecutionStatus::Pending),
        EventKind::CallSucceeded { frame, attempt, .. }
        | EventKind::CallFailed { frame, attempt, .. } => {
            let awaited = Waits::Call { attempt: *attempt };
            stale(waits(*frame).is_some_and(|frame| frame.waits == awaited))
        }
        EventKind::TimerFired { frame, timer } => stale(waits(*frame).is_some_and(|frame| {
            let due = frame.waits.due();
            frame.timers == *timer && due.is_some_and(|due| due <= event.at.max(state.at))
        })),
        EventKind::Decided { frame, .. } => {
            let asked = |frame: &Frame| matches!(frame.waits, Waits::Approval { .. });
            if waits(*frame).is_some_and(asked) { Ok(()) } else { Err(Refused::NotWaiting) }
        }
        EventKind::EventReceived { frame, ordinal, .. } => {
            let listens = |frame: &Frame| {
                frame.ordinal == *ordinal && matches!(frame.waits, Waits::Event { .. })
            };
            stale(waits(*frame).is_some_and(listens))
        }
        EventKind::Cancelled { .. } | EventKind::Abandoned { .. } => Ok(()),
    }
}

/// Does what an event that was checked leads to.
fn act(run: &mut Run<'_>, event: &EventKind) -> run::Outcome {
    match event {
        EventKind::Started => {
            let limits = PlainLimits {
                depth_max: VALUE_DEPTH_MAX,
                bytes_max: usize::try_from(EXECUTION_BYTES_MAX).unwrap_or(usize::MAX),
            };
            // Inputs that leave no room are told when the first value is to be kept beside them.
            let inputs = run.start.inputs.to_plain_counted(limits);
            run.state.bytes = inputs.map_or(EXECUTION_BYTES_MAX, |(_, bytes)| bytes as u64);
            run.state.status = ExecutionStatus::Running;
            run.record(Record::ExecutionRunning);
            run.advance(Strand { id: FrameId(0), timers: 0 }, run.program.entry)
        }
        EventKind::CallSucceeded { frame, response, .. } => run.answered(*frame, response),
        EventKind::CallFailed { frame, failure, .. } => run.unanswered(*frame, failure),
        EventKind::TimerFired { frame, .. } => {
            let (frame, step) = run.unpark(*frame)?;
            run.clear(&frame);
            let next = match frame.waits {
                Waits::Retry { .. } => run.try_again(step, frame.pc)?,
                Waits::Time { .. } => run.resumed(step, frame.pc)?,
                Waits::Approval { .. } => run.undecided(step, &frame)?,
                Waits::Event { .. } => run.unheard(step)?,
                Waits::Call { .. } => return Err(Damaged("a call has no timer")),
            };
            run.go_on(step.strand, next)
        }
        EventKind::Decided { frame, decision, notes, actor_user_id, form } => {
            let (actor_user_id, form) = (actor_user_id.as_deref(), form.as_ref());
            run.decided(*frame, &Verdict { decision: *decision, notes, actor_user_id, form })
        }
        EventKind::EventReceived { frame, data, .. } => run.heard(*frame, data),
        EventKind::Cancelled { reason, .. } => {
            let message = reason.as_deref().unwrap_or("it was cancelled on request");
            let error = run::error("cancelled", message);
            run.finish_run(ExecutionStatus::Cancelled, None, Some(error), None)
        }
        EventKind::Abandoned { reason } => {
            let error = run::error("cannot_continue", reason.as_str());
            run.finish_run(ExecutionStatus::Failed, None, Some(error), None)
        }
    }
}

/// The status of a run whose frames are all parked.
fn parked_status(frames: &[Frame]) -> Result<ExecutionStatus, Refused> {
    if frames.is_empty() {
        return Err(Refused::Damaged("it neither waits nor has ended"));
    }
    let asked = |frame: &Frame| matches!(frame.waits, Waits::Approval { .. });
    let asks = frames.iter().any(asked);
    Ok(if asks { ExecutionStatus::AwaitingApproval } else { ExecutionStatus::Running })
}

#[cfg(test)]
mod tests;
