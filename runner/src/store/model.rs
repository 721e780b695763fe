//! Rows as the API and the engine see them.

use crate::engine::{Actor, RunKey, StoredRun};
use crate::machine::{ErrorInfo, ExecutionStatus, StepStatus};
use crate::time::Millis;
use secrecy::SecretString;
use std::sync::Arc;
use writ_compiler::analysis::Compiled;
use writ_compiler::bytecode::schema::FieldError;
use writ_compiler::bytecode::{Program, ProgramHash};
use writ_compiler::value::Value;

/// A key to be added.
#[derive(Debug, Clone)]
pub struct NewKey {
    /// SHA-256 of the key.
    pub hash: [u8; 32],
    /// Its scopes.
    pub scopes: Vec<String>,
    /// `usr_...`, when it acts for a person.
    pub actor: Option<String>,
    /// Roles of that person.
    pub roles: Vec<String>,
    /// Teams of that person.
    pub teams: Vec<String>,
}

/// A connection to be registered or replaced.
#[derive(Debug, Clone)]
pub struct NewConnection {
    /// `identity`, `custom:crm`.
    pub service_slug: String,
    /// Where the service is.
    pub base_url: String,
    /// The service's key.
    pub api_key: SecretString,
    /// Who asked.
    pub by: Actor,
}

/// A workflow to be added.
#[derive(Debug, Clone)]
pub struct NewWorkflow {
    /// Unique in the organisation.
    pub slug: String,
    /// Display name.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
    /// The spec: JSON text, exactly as received.
    pub spec: String,
    /// `api`, `webhook`, `schedule`.
    pub trigger_type: String,
    /// JSON text.
    pub trigger_spec: Option<String>,
    /// What runs, and the way back to the spec.
    pub compiled: Compiled,
    /// Who asked.
    pub by: Actor,
}

/// An execution to be accepted.
#[derive(Debug, Clone)]
pub struct NewExecution {
    /// The version it runs under.
    pub version: Arc<PublishedVersion>,
    /// That version's program: its input schema says what is secret.
    pub program: Arc<Program>,
    /// The trigger's inputs, complete.
    pub inputs: Value,
    /// The caller's own reference.
    pub external_id: Option<String>,
    /// SHA-256 of the canonical request body, to tell a repeat from another request under the same `externalId`.
    pub body_hash: [u8; 32],
    /// Who asked: the initiator.
    pub by: Actor,
}

/// What came of a request to execute.
#[derive(Debug, Clone, PartialEq)]
pub enum Accepted {
    /// It is on disk; the engine can take it.
    New {
        /// As read.
        execution: Box<ExecutionRow>,
        /// As the engine takes it, so that it need not be read back.
        run: Box<StoredRun>,
    },
    /// The same request was accepted before; this is that execution.
    Existing(Box<ExecutionRow>),
    /// Another request was accepted under this `externalId`.
    Conflict {
        /// The execution that has it.
        execution_id: String,
    },
}

/// An event from outside.
#[derive(Debug, Clone)]
pub struct NewEvent {
    /// Its name.
    pub event: String,
    /// What tells it from others of its name.
    pub correlation: Option<String>,
    /// What it carries.
    pub data: Value,
    /// The sender's own id, under which a repeat is known.
    pub sender_id: Option<String>,
    /// SHA-256 of the three, to tell a repeat from another event under the same id.
    pub body_hash: [u8; 32],
    /// Who sent it.
    pub by: Actor,
}

/// An event that was received.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventRow {
    /// `evt_...`
    pub id: String,
    /// Its name.
    pub event: String,
    /// What tells it from others of its name.
    pub correlation: Option<String>,
    /// Runs it was given to when it came.
    pub delivered: u32,
    /// When it came.
    pub received_at: Millis,
}

/// What came of an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Received {
    /// It is on disk; the runs that wait for it can be told.
    New(EventRow),
    /// The same event was received before.
    Existing(EventRow),
    /// Another event was received under this id.
    Conflict {
        /// That event.
        event_id: String,
    },
    /// Runs wait for it, and it carries what none of them takes: what is wrong with it. Nothing was written.
    Unfit(Vec<FieldError>),
    /// Nobody waits for it, and no more can be kept. Nothing was written.
    TooManyKept,
}

/// A webhook endpoint to be registered.
#[derive(Debug, Clone)]
pub struct NewEndpoint {
    /// Where deliveries go.
    pub url: String,
    /// The events it takes; empty means the default set.
    pub events: Vec<String>,
    /// Who asked.
    pub by: Actor,
}

/// How the writer is doing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StoreStats {
    /// Jobs written.
    pub jobs: u64,
    /// Groups committed: each is one fsync.
    pub commits: u64,
    /// Why the last group could not be committed; `None` when it was.
    pub degraded: Option<String>,
}

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
    /// The workflow's key in the store.
    pub workflow: i64,
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
    /// Its program.
    pub program: ProgramHash,
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
