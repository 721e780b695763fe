//! What a simulated run did.

use crate::machine::{
    ErrorInfo, ExecutionStatus, PayloadId, Record, Start, StepOrdinal, StepStatus,
};
use crate::time::Millis;
use std::collections::HashMap;
use writ_compiler::bytecode::{FlowOp, Op, Pc, Program};
use writ_compiler::value::Value;

/// A run from its start to its end, or to where it was left waiting.
#[derive(Debug, Clone, PartialEq)]
pub struct Trace {
    /// The steps that were started, in that order.
    pub steps: Vec<StepTrace>,
    /// How it stands.
    pub status: ExecutionStatus,
    /// Its output, once it has succeeded with one.
    pub output: Option<Value>,
    /// Why it failed.
    pub error: Option<ErrorInfo>,
    /// The step it failed in: an index into `steps`.
    pub failed_step: Option<usize>,
    /// What it waits for, when it was left.
    pub waiting: Option<Waiting>,
    /// When it was started.
    pub started_at: Millis,
    /// When it ended, or was left.
    pub ended_at: Millis,
    /// Values by their ids, for what names them later.
    payloads: HashMap<PayloadId, Value>,
}

/// One step of a run.
#[derive(Debug, Clone, PartialEq)]
pub struct StepTrace {
    /// Index into the program's steps.
    pub step: u32,
    /// How it stands.
    pub status: StepStatus,
    /// Its input as recorded: the request of a call, the label and data of an approval.
    pub input: Option<Value>,
    /// Its output, when it succeeded.
    pub output: Option<Value>,
    /// Its error, when it failed.
    pub error: Option<ErrorInfo>,
    /// Attempts made.
    pub attempts: u32,
    /// Of a decision by conditions, how many of them did not hold: which arm it took, the default behind the last.
    pub condition: Option<usize>,
    /// The event it emitted, and with what.
    pub emitted: Option<(String, Value)>,
    /// When it began.
    pub started_at: Millis,
    /// When it ended.
    pub finished_at: Option<Millis>,
}

/// What a run that was left waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Waiting {
    /// A person; the step, as an index into [`Trace::steps`].
    Approval(usize),
    /// An event; likewise.
    Event(usize),
}

impl Default for Trace {
    /// A run of which nothing is known.
    fn default() -> Self {
        Self {
            steps: Vec::new(),
            status: ExecutionStatus::Pending,
            output: None,
            error: None,
            failed_step: None,
            waiting: None,
            started_at: Millis::default(),
            ended_at: Millis::default(),
            payloads: HashMap::new(),
        }
    }
}

impl Trace {
    pub(super) fn new(start: &Start) -> Self {
        Self {
            started_at: start.at,
            ended_at: start.at,
            payloads: HashMap::from([(PayloadId(0), start.inputs.clone())]),
            ..Self::default()
        }
    }

    /// The node ids' indexes of the steps that were started, in that order.
    pub fn path(&self) -> impl Iterator<Item = u32> + '_ {
        self.steps.iter().map(|step| step.step)
    }

    /// The step that was started last.
    pub(super) fn latest(&self) -> StepOrdinal {
        StepOrdinal(u32::try_from(self.steps.len()).unwrap_or(u32::MAX).saturating_sub(1))
    }

    pub(super) fn leave(&mut self, ordinal: StepOrdinal, event: bool) {
        let at = ordinal.0 as usize;
        self.waiting = Some(if event { Waiting::Event(at) } else { Waiting::Approval(at) });
        if !event {
            self.status = ExecutionStatus::AwaitingApproval;
        }
    }

    pub(super) fn ended(mut self, at: Millis) -> Self {
        self.ended_at = at;
        self
    }

    /// Notes which of a decision's conditions was the first that held.
    pub(super) fn selected(&mut self, program: &Program, pc: Pc) {
        let entered = |step: &StepTrace| program.step(step.step).map(|info| info.entry);
        let before = self.steps.iter_mut().filter(|step| entered(step).is_some_and(|at| at < pc));
        let Some(step) = before.max_by_key(|step| entered(step)) else { return };
        let Some(from) = entered(step) else { return };
        let code = program.code.get(from.index()..pc.index()).unwrap_or_default();
        let selects = |op: &&Op| matches!(op, Op::Flow(FlowOp::Select { .. }));
        step.condition = Some(code.iter().filter(selects).count());
    }

    fn step(&mut self, ordinal: StepOrdinal) -> Option<&mut StepTrace> {
        self.steps.get_mut(ordinal.0 as usize)
    }

    pub(super) fn note(&mut self, now: Millis, record: Record) {
        match record {
            Record::ExecutionRunning => self.status = ExecutionStatus::Running,
            Record::StepStarted { step, input, status, .. } => {
                let input = input.map(|payload| {
                    self.payloads.insert(payload.id, payload.value.clone());
                    payload.value
                });
                self.steps.push(StepTrace {
                    step,
                    status,
                    input,
                    output: None,
                    error: None,
                    attempts: 0,
                    condition: None,
                    emitted: None,
                    started_at: now,
                    finished_at: None,
                });
            }
            Record::StepRetried { ordinal, attempts, error } => {
                if let Some(step) = self.step(ordinal) {
                    step.attempts = attempts;
                    step.error = Some(error);
                }
            }
            Record::StepFinished { ordinal, status, output, error, attempts } => {
                let output = output.map(|payload| {
                    self.payloads.insert(payload.id, payload.value.clone());
                    payload.value
                });
                if let Some(step) = self.step(ordinal) {
                    step.status = status;
                    step.output = output;
                    step.error = error;
                    step.attempts = attempts;
                    step.finished_at = Some(now);
                }
            }
            Record::Emitted { event, payload, .. } => {
                if let Some(step) = self.steps.last_mut() {
                    step.emitted = Some((event, payload));
                }
            }
            Record::ExecutionFinished { status, output, error, failed_step } => {
                self.status = status;
                self.output = output.and_then(|id| self.payloads.get(&id).cloned());
                self.error = error;
                self.failed_step = failed_step.map(|ordinal| ordinal.0 as usize);
            }
            Record::ErrorBodyKept { .. }
            | Record::ApprovalRequested { .. }
            | Record::ApprovalClosed { .. }
            | Record::EventAwaited { .. }
            | Record::EventClosed { .. }
            | Record::TimerSet { .. }
            | Record::TimerCleared { .. } => {}
        }
    }
}
