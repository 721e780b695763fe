//! The store: one SQLite file, one writer thread, many readers.
//!
//! Everything asynchronous here returns once what it wrote is on disk: the writer thread commits in groups, and each
//! caller waits for its own group. Text is made, hashed and sealed before it is queued; the writer only binds and steps.

mod accept;
mod audit;
mod commit;
mod connections;
mod deliveries;
mod endpoints;
mod entry;
mod events;
mod executions;
mod fault;
mod journal;
mod keys;
mod model;
mod open;
mod outbox;
mod payload;
mod readers;
mod run;
mod settings;
mod waits;
mod workflows;
mod writer;

pub use model::*;

use crate::engine::RunKey;
use crate::time::Millis;
use crate::vault::{OrgKey, Vault};
use fault::{Fault, Unavailable};
use readers::Readers;
use run::RunContext;
use settings::{Generation, Kept, Settings};
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use writ_compiler::bytecode::{Program, ProgramHash};
use writer::{Tx, Writer};

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
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    org_id: String,
    org_key: Arc<OrgKey>,
    writer: Writer,
    readers: Readers,
    settings: Settings,
    programs: Mutex<HashMap<ProgramHash, Arc<Program>>>,
    runs: Mutex<HashMap<RunKey, RunContext>>,
    /// When each connection was last written to have been used.
    used: Mutex<HashMap<String, Millis>>,
}

impl Store {
    /// Opens the database, makes or migrates its schema, and starts the writer.
    ///
    /// # Errors
    /// When the file cannot be used, is of a later release, or was sealed under another master key.
    pub fn open(options: StoreOptions) -> Result<Self, OpenError> {
        let StoreOptions { path, vault, outbox } = options;
        let unusable = |what: String| OpenError::Unusable { path: path.clone(), what };
        let open::Opened { writer, org_id, org_key } = open::open(&path, &vault)?;
        let settings = Settings::open(&path).map_err(|e| unusable(fault::in_words(&e)))?;
        let writer = Writer::start(writer, outbox)
            .map_err(|error| unusable(format!("the writer's thread cannot start: {error}")))?;
        let (readers, org_key) = (Readers::new(path), Arc::new(org_key));
        let (programs, runs, used) = (Mutex::default(), Mutex::default(), Mutex::default());
        let inner = Inner { org_id, org_key, writer, readers, settings, programs, runs, used };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Commits what is queued, stops the writer, and closes the file. Later reads and writes are refused.
    pub async fn close(&self) {
        self.inner.readers.close().await;
        self.inner.writer.close().await;
    }

    /// The organisation's id, `org_...`, made with the database.
    #[must_use]
    pub fn org_id(&self) -> &str {
        &self.inner.org_id
    }

    /// Jobs written and groups committed so far, and why the last group could not be, if it could not.
    #[must_use]
    pub fn stats(&self) -> StoreStats {
        self.inner.writer.stats()
    }

    async fn write<T: Send + 'static>(
        &self,
        work: impl FnMut(&Tx<'_>) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, Unavailable> {
        self.inner.writer.write(work).await
    }

    async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&rusqlite::Connection) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, Unavailable> {
        self.inner.readers.read(work).await
    }

    /// Looks something up in memory.
    fn settings<T>(
        &self,
        find: impl FnOnce(&Kept) -> Option<T>,
    ) -> Result<(Option<T>, Generation), Unavailable> {
        Ok(self.inner.settings.find(find)?)
    }
}

/// A list as kept: a JSON array.
fn list_text(items: &[String]) -> String {
    serde_json::Value::from(items).to_string()
}

fn list(text: &str) -> Result<Vec<String>, Fault> {
    serde_json::from_str(text).map_err(|_| Fault::Damaged("a list that is no list"))
}

#[cfg(test)]
mod tests;
