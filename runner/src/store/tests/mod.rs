//! The store through its own door, on real files.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod entry;
mod events;
mod file;
mod runs;
mod settings;

use super::*;
use crate::vault::MasterKeySource;
use std::path::Path;
use tempfile::TempDir;
use tokio::sync::Notify;

/// A database in a directory of its own.
struct Place {
    dir: TempDir,
    outbox: Arc<Notify>,
}

impl Place {
    fn new() -> Self {
        Self { dir: tempfile::tempdir().unwrap(), outbox: Arc::default() }
    }

    fn path(&self) -> PathBuf {
        self.dir.path().join("writ.db")
    }

    fn options(&self, key: &str) -> StoreOptions {
        let source = MasterKeySource::MadeAt(self.dir.path().join(key));
        // Whether the database is there is the vault's own test.
        let vault = Vault::open(&source, Path::new("no such database")).unwrap();
        StoreOptions { path: self.path(), vault, outbox: Arc::clone(&self.outbox) }
    }

    fn open(&self) -> Store {
        Store::open(self.options("master.key")).unwrap()
    }

    /// What opening says, with the directory's name left out.
    fn refusal(&self, key: &str) -> String {
        let error = Store::open(self.options(key)).unwrap_err();
        error.to_string().replace(self.dir.path().to_str().unwrap(), "DIR")
    }

    /// A connection of another program.
    fn sqlite(&self) -> rusqlite::Connection {
        rusqlite::Connection::open(self.path()).unwrap()
    }

    /// Whether any file of the directory holds a text.
    fn holds(&self, text: &str) -> bool {
        std::fs::read_dir(self.dir.path()).unwrap().any(|entry| {
            let bytes = std::fs::read(entry.unwrap().path()).unwrap();
            bytes.windows(text.len()).any(|window| window == text.as_bytes())
        })
    }
}
