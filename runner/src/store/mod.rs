//! The store: one SQLite file, one writer thread, many readers.
//!
//! Everything asynchronous here returns once what it wrote is on disk: the writer thread commits in groups, and each
//! caller waits for its own group.

mod model;

pub use model::*;

use crate::engine::{Actor, RunKey};
use crate::vault::Vault;
use secrecy::SecretString;
use std::path::PathBuf;
use std::sync::Arc;
use writ_compiler::bytecode::{Program, ProgramHash, SourceMap};

/// Where the store is, and what seals its secrets.
#[derive(Debug)]
pub struct StoreOptions {
    /// The database file; made when it is not there.
    pub path: PathBuf,
    /// Seals secrets before they reach the file.
    pub vault: Vault,
    /// Notified after each commit that put a delivery into the outbox.
    pub outbox: Arc<tokio::sync::Notify>,
}

/// Why the store cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The file cannot be opened or written, or is no database.
    #[error("cannot open the database {path}: {what}")]
    Unusable {
        /// The file.
        path: PathBuf,
        /// Why.
        what: String,
    },
    /// A later release wrote it.
    #[error(
        "the database {path} has schema version {found}, and this release knows up to {known}: run a later release, or restore an older backup"
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: u32,
        /// The version that this release knows.
        known: u32,
    },
    /// It was sealed under another master key.
    #[error(
        "the master key does not match the database {path}: give the key that it was made with"
    )]
    WrongMasterKey {
        /// The file.
        path: PathBuf,
    },
}

/// Why the store refused or failed. Nothing was written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// The disk is full, the file is damaged or locked, the database is closed.
    #[error("{0}")]
    Unavailable(String),
    /// The slug is taken.
    #[error("the slug is taken")]
    SlugTaken,
    /// No such thing.
    #[error("not found")]
    NotFound,
}

/// The database. Clones refer to the same one.
#[derive(Debug, Clone)]
pub struct Store {
    _inner: Arc<StoreOptions>,
}

#[allow(clippy::unused_async, unused_variables, reason = "replaced by the real store")]
impl Store {
    /// Opens the database, makes or migrates its schema, and starts the writer.
    ///
    /// # Errors
    /// When the file cannot be used, is of a later release, or was sealed under another master key.
    pub fn open(options: StoreOptions) -> Result<Self, OpenError> {
        unimplemented!()
    }

    /// Commits what is queued, stops the writer, and closes the file. Later writes are refused.
    pub async fn close(&self) {
        unimplemented!()
    }

    // Keys ------------------------------------------------------------------------------------------------------

    /// Adds a key.
    pub async fn create_key(&self, key: NewKey) -> Result<ApiKey, StoreError> {
        unimplemented!()
    }

    /// The key with this hash. A key revoked by another process is gone at once.
    pub async fn key_by_hash(&self, hash: [u8; 32]) -> Result<Option<ApiKey>, StoreError> {
        unimplemented!()
    }

    /// Every key that is not revoked, oldest first.
    pub async fn keys(&self) -> Result<Vec<ApiKey>, StoreError> {
        unimplemented!()
    }

    /// Revokes a key; `false` when there is no such key.
    pub async fn revoke_key(&self, id: &str) -> Result<bool, StoreError> {
        unimplemented!()
    }

    // Connections -----------------------------------------------------------------------------------------------

    /// Registers a connection, or replaces the base URL and key of the one with this slug, atomically; and whether
    /// it is new.
    pub async fn put_connection(
        &self,
        connection: NewConnection,
    ) -> Result<(Connection, bool), StoreError> {
        unimplemented!()
    }

    /// Every connection, by slug.
    pub async fn connections(&self) -> Result<Vec<Connection>, StoreError> {
        unimplemented!()
    }

    // Workflows -------------------------------------------------------------------------------------------------

    /// Adds a workflow as a draft, version 1, with its program.
    ///
    /// # Errors
    /// [`StoreError::SlugTaken`].
    pub async fn create_workflow(&self, workflow: NewWorkflow) -> Result<WorkflowRow, StoreError> {
        unimplemented!()
    }

    /// A workflow by id or slug.
    pub async fn workflow(&self, id_or_slug: &str) -> Result<Option<WorkflowRow>, StoreError> {
        unimplemented!()
    }

    /// Makes the newest version the one that takes triggers; the workflow is `active`. Publishing what is published
    /// already changes nothing.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn publish_workflow(
        &self,
        id_or_slug: &str,
        by: Actor,
    ) -> Result<WorkflowRow, StoreError> {
        unimplemented!()
    }

    /// The version that takes triggers; `None` when there is no such workflow or it was never published. Answered
    /// from memory while nothing has changed.
    pub async fn published(
        &self,
        id_or_slug: &str,
    ) -> Result<Option<Arc<PublishedVersion>>, StoreError> {
        unimplemented!()
    }

    /// A stored program, decoded and verified; kept in memory.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], or [`StoreError::Unavailable`] when this release cannot run it.
    pub async fn loaded_program(&self, hash: ProgramHash) -> Result<Arc<Program>, StoreError> {
        unimplemented!()
    }

    /// The spec text of a version and the way back to it from its program.
    pub async fn source(
        &self,
        workflow_id: &str,
        version: u32,
    ) -> Result<Option<(String, SourceMap)>, StoreError> {
        unimplemented!()
    }

    // Executions ------------------------------------------------------------------------------------------------

    /// Accepts an execution: its row, its inputs (secrets sealed by the program's input schema) and its audit row, in
    /// one transaction. With an `externalId` that the workflow has seen, nothing is written.
    pub async fn accept(&self, execution: NewExecution) -> Result<Accepted, StoreError> {
        unimplemented!()
    }

    /// An execution by its `exe_` id, with its steps.
    pub async fn execution(&self, id: &str) -> Result<Option<ExecutionRow>, StoreError> {
        unimplemented!()
    }

    /// The run's pending approvals, oldest first.
    pub async fn pending_approvals(&self, run: RunKey) -> Result<Vec<ApprovalRow>, StoreError> {
        unimplemented!()
    }

    // Webhook endpoints -----------------------------------------------------------------------------------------

    /// Registers an endpoint; its secret is sealed.
    pub async fn create_endpoint(
        &self,
        endpoint: NewEndpoint,
        secret: SecretString,
    ) -> Result<Endpoint, StoreError> {
        unimplemented!()
    }

    /// Every endpoint, oldest first.
    pub async fn endpoints(&self) -> Result<Vec<Endpoint>, StoreError> {
        unimplemented!()
    }

    // Operations ------------------------------------------------------------------------------------------------

    /// The organisation's id, `org_...`, made with the database.
    pub fn org_id(&self) -> &str {
        unimplemented!()
    }

    /// Jobs written and groups committed so far, and why the last group could not be, if it could not.
    pub fn stats(&self) -> StoreStats {
        unimplemented!()
    }
}
