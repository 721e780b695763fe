//! What the machine asks for: records to commit, then effects to perform.

use super::{FrameId, PayloadId, StepOrdinal};
use crate::time::Millis;
use writ_compiler::value::Value;

/// The outcome of one event.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Transition {
    /// What must be on disk, in order, before any effect.
    pub records: Vec<Record>,
    /// What to do once it is.
    pub effects: Vec<Effect>,
}

/// A value to be stored once, under its id. Secrets are still in it: whoever stores it seals them, by the schema
/// of the step's input or output (or of the trigger).
#[derive(Debug, Clone, PartialEq)]
pub struct Payload {
    /// Its id in the run.
    pub id: PayloadId,
    /// The complete value.
    pub value: Value,
}

/// Something to commit.
#[derive(Debug, Clone, PartialEq)]
pub enum Record {
    /// The run left `pending`.
    ExecutionRunning,
    /// A step began.
    StepStarted {
        /// Its place in the run.
        ordinal: StepOrdinal,
        /// `stp_...`
        step_id: String,
        /// Index into the program's steps.
        step: u32,
        /// Its templated input; absent for a decision.
        input: Option<Payload>,
        /// `running`, or `awaiting_approval` for an approval.
        status: StepStatus,
    },
    /// Another attempt of a call follows (the count so far, from 1).
    StepRetried {
        /// Which step.
        ordinal: StepOrdinal,
        /// Attempts made so far.
        attempts: u32,
        /// How the last one failed.
        error: ErrorInfo,
    },
    /// A step ended.
    StepFinished {
        /// Which step.
        ordinal: StepOrdinal,
        /// `succeeded`, `failed` or `cancelled`.
        status: StepStatus,
        /// Its output, when it succeeded.
        output: Option<Payload>,
        /// Its error, when it failed.
        error: Option<ErrorInfo>,
        /// Attempts made.
        attempts: u32,
    },
    /// The answer's body of a step that failed, kept because the program reads it on an error route
    /// (`step.<id>.error.body`). Nothing declares what is in it: it is sealed whole and never shown.
    ErrorBodyKept {
        /// Which step.
        ordinal: StepOrdinal,
        /// The body.
        body: Payload,
    },
    /// The run waits for an approval.
    ApprovalRequested {
        /// The step.
        ordinal: StepOrdinal,
        /// The frame to answer.
        frame: FrameId,
        /// Text for the queue.
        label: String,
        /// `role:...`, `user:...`, `team:...`.
        assign_to: Option<String>,
        /// Evidence for the approver.
        data: Option<Value>,
        /// When it expires.
        due: Option<Millis>,
        /// Whether the run's initiator is barred.
        not_initiator: bool,
    },
    /// The approval was decided, expired, or was cancelled with the run.
    ApprovalClosed {
        /// The step.
        ordinal: StepOrdinal,
    },
    /// The run waits for an event.
    EventAwaited {
        /// The step.
        ordinal: StepOrdinal,
        /// The frame to wake.
        frame: FrameId,
        /// The event's name.
        event: String,
        /// What it must carry to be this run's; without it, an event that carries none is meant.
        correlation: Option<String>,
    },
    /// The event came, or is waited for no more.
    EventClosed {
        /// The step.
        ordinal: StepOrdinal,
        /// Whether it came.
        came: bool,
    },
    /// An event for the organisation's endpoints (`webhook_emit`).
    Emitted {
        /// `evt_...`, derived from the run's seed and the step's ordinal: what else derives event ids from the seed
        /// numbers them from 2^31.
        event_id: String,
        /// Its name.
        event: String,
        /// Its data.
        payload: Value,
    },
    /// A timer was set; it replaces an earlier one of the frame.
    TimerSet {
        /// The frame it wakes.
        frame: FrameId,
        /// Which of the frame's timers.
        timer: u32,
        /// When.
        due: Millis,
    },
    /// The frame's timer is no longer wanted.
    TimerCleared {
        /// The frame.
        frame: FrameId,
    },
    /// The run ended.
    ExecutionFinished {
        /// `succeeded`, `failed` or `cancelled`.
        status: ExecutionStatus,
        /// The last step's output.
        output: Option<PayloadId>,
        /// Why it failed.
        error: Option<ErrorInfo>,
        /// The failed step.
        failed_step: Option<StepOrdinal>,
    },
}

/// Something to do, after the records are on disk.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Make an attempt of a call.
    Call {
        /// The frame to answer.
        frame: FrameId,
        /// The attempt, from 1.
        attempt: u32,
        /// What to send.
        request: CallRequest,
    },
    /// Wake the frame at a time.
    Timer {
        /// The frame.
        frame: FrameId,
        /// Which of its timers.
        timer: u32,
        /// When.
        due: Millis,
    },
    /// Bring the frame its event; one may have come before the frame waited for it.
    Listen {
        /// The frame.
        frame: FrameId,
    },
}

/// An HTTP request to a service connection.
#[derive(Debug, Clone, PartialEq)]
pub struct CallRequest {
    /// The connection's slug.
    pub service: String,
    /// The method.
    pub method: String,
    /// Path and query, below the connection's base URL; already percent-encoded.
    pub path: String,
    /// Extra headers.
    pub headers: Vec<(String, String)>,
    /// The JSON body.
    pub body: Option<Value>,
    /// Time limit of this attempt.
    pub timeout_ms: u64,
    /// The same on every attempt: the step's id.
    pub idempotency_key: String,
}

/// Documented statuses of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExecutionStatus {
    /// Accepted, not yet taken up.
    Pending,
    /// Being worked on, or waiting on a timer or event.
    Running,
    /// Waiting for a person.
    AwaitingApproval,
    /// Ended well.
    Succeeded,
    /// Ended with an error.
    Failed,
    /// Stopped on request.
    Cancelled,
}

/// Documented statuses of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepStatus {
    /// Being worked on.
    Running,
    /// Waiting for a person.
    AwaitingApproval,
    /// Ended well.
    Succeeded,
    /// Ended with an error.
    Failed,
    /// Stopped with the run.
    Cancelled,
}

/// An error as recorded and shown.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct ErrorInfo {
    /// Machine-readable: `call_failed`, `template_failed`, `approval_rejected`, `approval_timeout`, `event_timeout`, ...
    pub code: String,
    /// In words, for the operator. Never holds a secret.
    pub message: String,
    /// The HTTP status, when a service answered.
    pub status: Option<u16>,
    /// The instruction that failed, when an expression did: the program's source map turns it into a line and column.
    pub pc: Option<u32>,
}
