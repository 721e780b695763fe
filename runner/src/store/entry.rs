//! A transition as it is kept: what happened, who caused it, and its records, without the values they brought.

use crate::engine::Actor;
use crate::machine::{
    Decision, ErrorInfo, Event, EventKind, ExecutionStatus, FrameId, Record, StepStatus,
};
use serde::{Deserialize, Serialize};

/// One transition.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Entry {
    /// What happened.
    pub(super) event: EventTag,
    /// The key that caused it, and the person it acted for.
    pub(super) by: Option<(Option<String>, Option<String>)>,
    /// What it led to, in order.
    pub(super) records: Vec<EntryRecord>,
}

/// What happened; new ones are added at the end, for older entries must be read for ever.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum EventTag {
    Started,
    CallSucceeded,
    CallFailed,
    TimerFired,
    Approved,
    Rejected,
    Cancelled,
    Abandoned,
    EventReceived,
}

/// A [`Record`] with payload ids in the place of values; new ones are added at the end.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) enum EntryRecord {
    ExecutionRunning,
    StepStarted {
        ordinal: u32,
        step_id: String,
        step: u32,
        input: Option<u32>,
        status: StepStatus,
    },
    StepRetried {
        ordinal: u32,
        attempts: u32,
        error: ErrorInfo,
    },
    StepFinished {
        ordinal: u32,
        status: StepStatus,
        output: Option<u32>,
        error: Option<ErrorInfo>,
        attempts: u32,
    },
    ErrorBodyKept {
        ordinal: u32,
        body: u32,
    },
    ApprovalRequested {
        ordinal: u32,
    },
    ApprovalClosed {
        ordinal: u32,
    },
    Emitted {
        event_id: String,
        event: String,
    },
    TimerSet {
        frame: FrameId,
        timer: u32,
        due: i64,
    },
    TimerCleared {
        frame: FrameId,
    },
    ExecutionFinished {
        status: ExecutionStatus,
        output: Option<u32>,
        error: Option<ErrorInfo>,
        failed_step: Option<u32>,
    },
    EventAwaited {
        ordinal: u32,
    },
    EventClosed {
        ordinal: u32,
        came: bool,
    },
}

impl Entry {
    pub(super) fn new(event: &Event, by: Option<&Actor>, records: &[Record]) -> Self {
        Self {
            event: tag(&event.kind),
            by: by.map(|actor| (actor.key_id.clone(), actor.user_id.clone())),
            records: records.iter().map(EntryRecord::of).collect(),
        }
    }
}

fn tag(kind: &EventKind) -> EventTag {
    match kind {
        EventKind::Started => EventTag::Started,
        EventKind::CallSucceeded { .. } => EventTag::CallSucceeded,
        EventKind::CallFailed { .. } => EventTag::CallFailed,
        EventKind::TimerFired { .. } => EventTag::TimerFired,
        EventKind::Decided { decision: Decision::Approve, .. } => EventTag::Approved,
        EventKind::Decided { decision: Decision::Reject, .. } => EventTag::Rejected,
        EventKind::Cancelled { .. } => EventTag::Cancelled,
        EventKind::Abandoned { .. } => EventTag::Abandoned,
        EventKind::EventReceived { .. } => EventTag::EventReceived,
    }
}

impl EntryRecord {
    fn of(record: &Record) -> Self {
        match record {
            Record::ExecutionRunning => Self::ExecutionRunning,
            Record::StepStarted { ordinal, step_id, step, input, status } => Self::StepStarted {
                ordinal: ordinal.0,
                step_id: step_id.clone(),
                step: *step,
                input: input.as_ref().map(|payload| payload.id.0),
                status: *status,
            },
            Record::StepRetried { ordinal, attempts, error } => {
                Self::StepRetried { ordinal: ordinal.0, attempts: *attempts, error: error.clone() }
            }
            Record::StepFinished { ordinal, status, output, error, attempts } => {
                Self::StepFinished {
                    ordinal: ordinal.0,
                    status: *status,
                    output: output.as_ref().map(|payload| payload.id.0),
                    error: error.clone(),
                    attempts: *attempts,
                }
            }
            Record::ErrorBodyKept { ordinal, body } => {
                Self::ErrorBodyKept { ordinal: ordinal.0, body: body.id.0 }
            }
            Record::ApprovalRequested { ordinal, .. } => {
                Self::ApprovalRequested { ordinal: ordinal.0 }
            }
            Record::ApprovalClosed { ordinal } => Self::ApprovalClosed { ordinal: ordinal.0 },
            Record::EventAwaited { ordinal, .. } => Self::EventAwaited { ordinal: ordinal.0 },
            Record::EventClosed { ordinal, came } => {
                Self::EventClosed { ordinal: ordinal.0, came: *came }
            }
            Record::Emitted { event_id, event, .. } => {
                Self::Emitted { event_id: event_id.clone(), event: event.clone() }
            }
            Record::TimerSet { frame, timer, due } => {
                Self::TimerSet { frame: *frame, timer: *timer, due: due.0 }
            }
            Record::TimerCleared { frame } => Self::TimerCleared { frame: *frame },
            Record::ExecutionFinished { status, output, error, failed_step } => {
                Self::ExecutionFinished {
                    status: *status,
                    output: output.map(|id| id.0),
                    error: error.clone(),
                    failed_step: failed_step.map(|ordinal| ordinal.0),
                }
            }
        }
    }
}

/// A status as a number; published ones never change.
pub(super) fn status_number(status: ExecutionStatus) -> i64 {
    match status {
        ExecutionStatus::Pending => 0,
        ExecutionStatus::Running => 1,
        ExecutionStatus::AwaitingApproval => 2,
        ExecutionStatus::Succeeded => 3,
        ExecutionStatus::Failed => 4,
        ExecutionStatus::Cancelled => 5,
    }
}

/// The status of a number.
pub(super) fn status_of(number: i64) -> Option<ExecutionStatus> {
    Some(match number {
        0 => ExecutionStatus::Pending,
        1 => ExecutionStatus::Running,
        2 => ExecutionStatus::AwaitingApproval,
        3 => ExecutionStatus::Succeeded,
        4 => ExecutionStatus::Failed,
        5 => ExecutionStatus::Cancelled,
        _ => return None,
    })
}
