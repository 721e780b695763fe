//! The bytecode: what the compiler emits and the machine runs.
//!
//! A [`Program`] holds everything a run needs and nothing of the source: no spans, no file names, no
//! workflow slug. Two sources with one meaning give the same bytes and so the same [`ProgramHash`].

pub mod schema;

use schema::Schema;
use serde::{Deserialize, Serialize};

/// The encoding's version. A reader refuses a newer one and keeps reading every older one.
pub const FORMAT_VERSION: u16 = 1;

/// The version of what the instructions mean. Canonical machine states are equal within one number.
pub const SEMANTICS_VERSION: u16 = 1;

/// A compiled workflow.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Program {
    /// [`SEMANTICS_VERSION`] when it was compiled.
    pub semantics: u16,
    /// What a trigger's inputs must be.
    pub input: Schema,
    /// The steps, in the source's order; instructions refer to them by index.
    pub steps: Vec<StepInfo>,
    // code, constants, entry: to be designed by the bytecode part
}

/// What the runner needs to know of a step besides its code.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StepInfo {
    /// The node id.
    pub id: String,
    /// What it does.
    pub kind: StepType,
    /// Its templated input as recorded, with labels.
    pub input: Schema,
    /// Its output, with labels.
    pub output: Schema,
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

/// SHA-256 of a program's encoding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ProgramHash(pub [u8; 32]);

/// Where the instructions came from; kept beside a program, not in it.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct SourceMap {}
