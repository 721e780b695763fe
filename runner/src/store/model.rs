//! Rows as the API and the engine see them.

use crate::engine::RunKey;
use crate::machine::{ErrorInfo, ExecutionStatus, StepStatus};
use crate::time::Millis;
use writ_compiler::bytecode::ProgramHash;
use writ_compiler::value::Value;

/// An API key; the key itself is never stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKey {
    /// `key_...`
    pub id: String,
    /// Its scopes, as given.
    pub scopes: Vec<String>,
    /// `usr_...`, when it acts for a person.
    pub actor: Option<String>,
    /// Roles of that person.
    pub roles: Vec<String>,
    /// Teams of that person.
    pub teams: Vec<String>,
    /// When it was made.
    pub created_at: Millis,
}

/// A service connection; its key is sealed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Connection {
    /// `scn_...`
    pub id: String,
    /// `identity`, `custom:crm`.
    pub service_slug: String,
    /// Where the service is.
    pub base_url: String,
    /// `sha256:...` of the service's key.
    pub api_key_hash: String,
    /// Whether calls may use it.
    pub active: bool,
    /// When it was made.
    pub created_at: Millis,
    /// When it last answered.
    pub last_healthy_at: Option<Millis>,
    /// When a call last used it.
    pub last_used_at: Option<Millis>,
}

/// A workflow and its newest version.
#[derive(Debug, Clone, PartialEq)]
pub struct WorkflowRow {
    /// `wkf_...`
    pub id: String,
    /// Unique in the organisation.
    pub slug: String,
    /// Display name.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
    /// The newest version's spec: JSON text, exactly as received.
    pub spec: String,
    /// `api`, `webhook`, `schedule`.
    pub trigger_type: String,
    /// JSON text.
    pub trigger_spec: Option<String>,
    /// `draft`, `active`, `retired`.
    pub status: String,
    /// The newest version.
    pub version: u32,
    /// The version that takes triggers.
    pub published_version: Option<u32>,
    /// When it was made.
    pub created_at: Millis,
    /// When it last changed.
    pub updated_at: Millis,
}

/// The version of a workflow that takes triggers.
#[derive(Debug, Clone, PartialEq)]
pub struct PublishedVersion {
    /// `wkf_...`
    pub workflow_id: String,
    /// Its slug.
    pub slug: String,
    /// The published version.
    pub version: u32,
    /// `retired` workflows take no triggers.
    pub retired: bool,
    /// Its program.
    pub program: ProgramHash,
}

/// A run as read.
#[derive(Debug, Clone, PartialEq)]
pub struct ExecutionRow {
    /// Its key.
    pub run: RunKey,
    /// `exe_...`
    pub id: String,
    /// `wkf_...`
    pub workflow_id: String,
    /// Slug of the workflow.
    pub workflow_slug: String,
    /// Version it runs under.
    pub workflow_version: u32,
    /// Its status.
    pub status: ExecutionStatus,
    /// The trigger's inputs, secrets redacted.
    pub inputs: Value,
    /// The caller's own reference.
    pub external_id: Option<String>,
    /// When it was accepted.
    pub created_at: Millis,
    /// When it ended.
    pub completed_at: Option<Millis>,
    /// Its output, secrets redacted.
    pub output: Option<Value>,
    /// Why it failed.
    pub error: Option<ErrorInfo>,
    /// The failed step's `stp_` id and node id.
    pub failed_step: Option<(String, String)>,
    /// Its steps, in execution order; empty in lists.
    pub steps: Vec<StepRow>,
}

/// A step as read.
#[derive(Debug, Clone, PartialEq)]
pub struct StepRow {
    /// `stp_...`
    pub id: String,
    /// The node.
    pub node_id: String,
    /// Its wire type.
    pub kind: &'static str,
    /// Its status.
    pub status: StepStatus,
    /// Its templated input, secrets redacted.
    pub input: Option<Value>,
    /// Its output, secrets redacted.
    pub output: Option<Value>,
    /// Its error.
    pub error: Option<ErrorInfo>,
    /// Attempts made.
    pub attempts: u32,
    /// When it began.
    pub started_at: Millis,
    /// When it ended.
    pub completed_at: Option<Millis>,
}

/// A pending approval.
#[derive(Debug, Clone, PartialEq)]
pub struct ApprovalRow {
    /// The run.
    pub run: RunKey,
    /// `stp_...`
    pub step_id: String,
    /// The node.
    pub node_id: String,
    /// The frame to answer.
    pub frame: u32,
    /// Text for the queue.
    pub label: String,
    /// `role:...`, `user:...`, `team:...`.
    pub assign_to: Option<String>,
    /// Evidence.
    pub data: Option<Value>,
    /// When it expires.
    pub due: Option<Millis>,
    /// Whether the run's initiator is barred.
    pub not_initiator: bool,
    /// The key that started the run.
    pub initiator_key: Option<String>,
    /// The person that started the run.
    pub initiator_actor: Option<String>,
}

/// A registered webhook endpoint; its secret is sealed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// `whe_...`
    pub id: String,
    /// Where deliveries go.
    pub url: String,
    /// The events it takes; empty means the default set.
    pub events: Vec<String>,
    /// Whether deliveries are made.
    pub active: bool,
    /// When it was made.
    pub created_at: Millis,
}

/// A delivery that is due.
#[derive(Debug, Clone, PartialEq)]
pub struct Delivery {
    /// `whd_...`
    pub id: String,
    /// The endpoint.
    pub endpoint_id: String,
    /// Where it goes.
    pub url: String,
    /// The event's name.
    pub event: String,
    /// The exact body to sign and send.
    pub body: Vec<u8>,
    /// Attempts made before this one.
    pub attempts: u32,
}
