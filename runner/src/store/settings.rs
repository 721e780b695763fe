//! What hot requests need of keys, connections, workflows and endpoints, kept in memory and never stale.
//!
//! Every change to these adds one to a number in the file, whichever process makes it. SQLite tells cheaply
//! whether anything at all was committed since the last look; only then is the number read again.

use super::fault::Fault;
use super::{ApiKey, PublishedVersion, open};
use crate::limits::{KEYS_CACHED_MAX, PUBLISHED_CACHED_MAX};
use rusqlite::Connection;
use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

/// A connection as a call needs it.
#[derive(Debug)]
pub(super) struct SealedTarget {
    pub(super) base_url: String,
    pub(super) api_key: Vec<u8>,
}

/// An endpoint as the outbox needs it.
#[derive(Debug, Clone)]
pub(super) struct Subscriber {
    pub(super) key: i64,
    /// Empty means the default set.
    pub(super) events: Vec<String>,
}

/// What is kept.
#[derive(Debug, Default)]
pub(super) struct Kept {
    pub(super) keys: HashMap<[u8; 32], Arc<ApiKey>>,
    /// By id and by slug.
    pub(super) published: HashMap<String, Arc<PublishedVersion>>,
    pub(super) targets: HashMap<String, Arc<SealedTarget>>,
    pub(super) subscribers: Option<Arc<Vec<Subscriber>>>,
}

/// The state of the file that something was looked up in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Generation(i64);

/// The memory and the connection that tells whether it is still right.
#[derive(Debug)]
pub(super) struct Settings(Mutex<Inner>);

#[derive(Debug)]
struct Inner {
    db: Connection,
    data_version: i64,
    generation: Generation,
    kept: Kept,
}

impl Settings {
    pub(super) fn open(path: &Path) -> rusqlite::Result<Self> {
        let db = open::open_reader(path)?;
        let inner =
            Inner { db, data_version: -1, generation: Generation(-1), kept: Kept::default() };
        Ok(Self(Mutex::new(inner)))
    }

    /// Looks something up in what is kept and still right. On `None` the caller reads the file, and may give what it
    /// found to [`Self::keep`] with this generation.
    pub(super) fn find<T>(
        &self,
        find: impl FnOnce(&Kept) -> Option<T>,
    ) -> Result<(Option<T>, Generation), Fault> {
        let mut inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        inner.refresh()?;
        Ok((find(&inner.kept), inner.generation))
    }

    /// Keeps what was read after a look-up; not when something has changed since.
    pub(super) fn keep(&self, generation: Generation, keep: impl FnOnce(&mut Kept)) {
        let mut inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if inner.generation == generation {
            keep(&mut inner.kept);
            inner.kept.bound();
        }
    }
}

impl Inner {
    fn refresh(&mut self) -> rusqlite::Result<()> {
        let data_version =
            self.db.prepare_cached("PRAGMA data_version")?.query_row([], |row| row.get(0))?;
        if data_version == self.data_version {
            return Ok(());
        }
        let generation = self
            .db
            .prepare_cached("SELECT generation FROM meta")?
            .query_row([], |row| row.get(0).map(Generation))?;
        if generation != self.generation {
            self.kept = Kept::default();
            self.generation = generation;
        }
        self.data_version = data_version;
        Ok(())
    }
}

impl Kept {
    /// Forgets what has grown too large; it is read again when it is needed.
    fn bound(&mut self) {
        if self.keys.len() > KEYS_CACHED_MAX {
            self.keys.clear();
        }
        if self.published.len() > PUBLISHED_CACHED_MAX {
            self.published.clear();
        }
    }
}
