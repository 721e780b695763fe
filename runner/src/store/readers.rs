//! Readers: a few connections that see what is committed, on the blocking pool.

use super::fault::{Fault, Unavailable};
use super::{open, writer};
use crate::limits::READERS_MAX;
use rusqlite::Connection;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::Semaphore;

/// The readers' pool. Connections are opened when they are first needed.
#[derive(Debug)]
pub(super) struct Readers {
    path: PathBuf,
    permits: Arc<Semaphore>,
    idle: Arc<Mutex<Vec<Connection>>>,
}

impl Readers {
    pub(super) fn new(path: PathBuf) -> Self {
        Self { path, permits: Arc::new(Semaphore::new(READERS_MAX)), idle: Arc::default() }
    }

    /// Reads in one transaction, so that all of it is of one moment.
    pub(super) async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, Unavailable> {
        let permit = Arc::clone(&self.permits).acquire_owned().await;
        let permit = permit.map_err(|_| writer::closed())?;
        let (path, idle) = (self.path.clone(), Arc::clone(&self.idle));
        let read = tokio::task::spawn_blocking(move || {
            let reused = idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let read = (|| {
                let mut db = match reused {
                    Some(db) => db,
                    None => open::open_reader(&path)?,
                };
                let tx = db.transaction()?;
                let read = work(&tx)?;
                tx.finish()?;
                Ok((read, db))
            })();
            let read = read.map_err(|fault: Fault| fault.into()).map(|(read, db)| {
                idle.lock().unwrap_or_else(PoisonError::into_inner).push(db);
                read
            });
            drop(permit);
            read
        });
        read.await.map_err(|_| writer::closed())?
    }

    /// Closes the connections; later reads are refused.
    pub(super) async fn close(&self) {
        // Reads in progress end first, so that their connections are closed too.
        let all = u32::try_from(READERS_MAX).unwrap_or(u32::MAX);
        let permits = self.permits.acquire_many(all).await;
        self.permits.close();
        drop(permits);
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}
