//! The bytecode: what the compiler emits and the machine runs.
//!
//! A [`Program`] holds everything a run needs and nothing of the source: no spans, no file names, no
//! workflow slug. Two sources with one meaning give the same bytes and so the same [`ProgramHash`].

mod constant;
mod disasm;
mod encode;
pub mod eval;
mod op;
pub mod schema;
mod source_map;
mod trace;
mod verify;

pub use constant::Constant;
pub use disasm::disasm;
pub use encode::LoadError;
pub use op::{
    AccessOp, BranchOp, ConstantIx, ExecutionField, FlowOp, Form, Function, Gives, Kind, LoadOp,
    MakeOp, NAMESPACES, Op, Operator, Overload, Pc, Signature, WorkflowField,
};
pub use source_map::{Location, SourceMap};
pub use trace::{Traced, Tracer};
pub use verify::VerifyError;
#[cfg(test)]
pub(crate) use verify::most_operands;

use crate::types::check::{Backoff, RetryOn};
use schema::Schema;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The encoding's version. A reader refuses a newer one and keeps reading every older one.
pub const FORMAT_VERSION: u16 = 3;

/// The version of what the instructions mean. Canonical machine states are equal within one number.
///
/// 2: the result of integer arithmetic is of its operands' type or an error; 1 had unsigned results beyond `int`.
pub const SEMANTICS_VERSION: u16 = 2;

/// A compiled workflow.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Program {
    /// [`SEMANTICS_VERSION`] when it was compiled.
    pub semantics: u16,
    /// What a trigger's inputs must be.
    pub input: Schema,
    /// The steps, in the source's order; instructions refer to them by index.
    pub steps: Vec<StepInfo>,
    /// Constants, each once, in order of first use.
    pub constants: Vec<Constant>,
    /// Where decisions by value go.
    pub switches: Vec<SwitchTable>,
    /// The instructions.
    pub code: Vec<Op>,
    /// Where a run starts: a [`FlowOp::Enter`].
    pub entry: Pc,
}

/// What the runner needs to know of a step besides its code.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StepInfo {
    /// The node id.
    pub id: String,
    /// What it does.
    pub kind: StepType,
    /// Its templated input as recorded, with labels: of a call the record `{method, path, headers?, body?}`, of an emit
    /// `{event, payload?}`, of an approval `{label, assignTo?, data?}`, of a wait `{duration}`, `{until}` or
    /// `{event, correlation?, until?}`. Other steps record none.
    pub input: Schema,
    /// Its output, with labels.
    pub output: Schema,
    /// Where its code starts: its [`FlowOp::Enter`].
    pub entry: Pc,
    /// For a call: what is called, and how.
    pub call: Option<CallInfo>,
    /// For an approval: who is asked, and what follows.
    pub approval: Option<ApprovalInfo>,
    /// For a wait for an event: how long, what follows, and what the event carries. Since format 2.
    #[serde(skip)]
    pub event: Option<EventInfo>,
    /// For an optional step: where the run goes on when the step fails otherwise than its call's own routes say. Since
    /// format 2.
    #[serde(skip)]
    pub on_failure: Option<Pc>,
}

/// The static part of a call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallInfo {
    /// The connection's slug.
    pub service: String,
    /// The operation of the service's signature, when one matched.
    pub operation: Option<String>,
    /// The HTTP method.
    pub method: String,
    /// The field of the answer that is the output; the whole body when absent.
    pub output_field: Option<String>,
    /// Time limit of one attempt.
    pub timeout_ms: u64,
    /// Attempts in all; the first counts.
    pub max_attempts: u32,
    /// How the delay between attempts grows.
    pub backoff: Backoff,
    /// What is worth another attempt.
    pub retry_on: Vec<RetryOn>,
    /// Where a failure goes instead of failing the run; the first that matches, `Any` last.
    pub on_error: Vec<ErrorRoute>,
    /// Whether some step reads `step.<id>.error.body`, so that it must be kept.
    pub keeps_error_body: bool,
}

/// Where one class of failures goes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorRoute {
    /// Which failures.
    pub class: ErrorClass,
    /// The entry of the step they go to.
    pub target: Pc,
}

/// A class of failures.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum ErrorClass {
    /// Every failure of the step.
    Any,
    /// A status from 500 to 599.
    ServerError,
    /// No answer in time.
    Timeout,
    /// A connection that failed.
    Network,
    /// This status.
    Status(u16),
    /// This `code` in the answer's body, or of the failure itself.
    Code(String),
}

/// The static part of an approval.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ApprovalInfo {
    /// `role:...`, `user:...`, `team:...`.
    pub assign_to: Option<String>,
    /// How long it may take.
    pub timeout_ms: Option<u64>,
    /// What follows when nobody decides in time.
    pub on_timeout: OnTimeout,
    /// What follows a rejection.
    pub on_reject: OnReject,
    /// Whether the run's initiator is barred from deciding.
    pub not_initiator: bool,
    /// What whoever approves must fill in. Since format 2.
    #[serde(skip)]
    pub form: Option<Schema>,
}

/// The static part of a wait for an event.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EventInfo {
    /// How long it may take; as long as it takes, when absent.
    pub timeout_ms: Option<u64>,
    /// Where the run goes on when no event comes in time; it fails otherwise.
    pub on_timeout: Option<Pc>,
    /// What the event must carry; anything, when absent.
    pub data: Option<Schema>,
}

/// What follows an approval that nobody decided in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum OnTimeout {
    /// The run fails.
    Fail,
    /// As if it had been rejected.
    Reject,
    /// The run goes on at this step's entry.
    Route(Pc),
}

/// What follows a rejection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum OnReject {
    /// The run fails.
    Fail,
    /// As after an approval: the next step decides on the decision itself.
    Continue,
    /// The run goes on at this step's entry.
    Route(Pc),
}

/// Where a decision by value goes, by the text form of the value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SwitchTable {
    /// Text and the entry of the step it goes to; sorted by text, no duplicates.
    pub cases: Vec<(String, Pc)>,
    /// Where everything else goes.
    pub default: Option<Pc>,
}

impl SwitchTable {
    /// The case's target, not looking at the default.
    #[must_use]
    pub fn case(&self, text: &str) -> Option<Pc> {
        let at = self.cases.binary_search_by(|(label, _)| label.as_str().cmp(text)).ok()?;
        self.cases.get(at).map(|(_, target)| *target)
    }
}

/// The step types of the wire format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum StepType {
    /// `service_call`
    ServiceCall,
    /// `decision`
    Decision,
    /// `transform`
    Transform,
    /// `wait`
    Wait,
    /// `webhook_emit`
    WebhookEmit,
    /// `human_approval`
    HumanApproval,
    /// `end`
    End,
}

impl StepType {
    /// The wire format's `type`.
    #[must_use]
    pub fn wire_type(self) -> &'static str {
        match self {
            Self::ServiceCall => "service_call",
            Self::Decision => "decision",
            Self::Transform => "transform",
            Self::Wait => "wait",
            Self::WebhookEmit => "webhook_emit",
            Self::HumanApproval => "human_approval",
            Self::End => "end",
        }
    }
}

/// SHA-256 of a program's encoding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ProgramHash(pub [u8; 32]);

impl fmt::Display for ProgramHash {
    /// 64 hexadecimal digits.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl Program {
    /// The instruction at a place.
    #[must_use]
    pub fn op(&self, pc: Pc) -> Option<Op> {
        self.code.get(pc.index()).copied()
    }

    /// A constant.
    #[must_use]
    pub fn constant(&self, constant: ConstantIx) -> Option<&Constant> {
        self.constants.get(constant.0 as usize)
    }

    /// A constant that is text; empty when it is not (the verifier refuses such programs).
    #[must_use]
    pub fn text(&self, constant: ConstantIx) -> &str {
        match self.constant(constant) {
            Some(Constant::Text(text)) => text,
            _ => "",
        }
    }

    /// A step.
    #[must_use]
    pub fn step(&self, step: u32) -> Option<&StepInfo> {
        self.steps.get(step as usize)
    }

    /// The index of a step, by its node id.
    #[must_use]
    pub fn step_named(&self, id: &str) -> Option<u32> {
        let at = self.steps.iter().position(|step| step.id == id)?;
        u32::try_from(at).ok()
    }
}
