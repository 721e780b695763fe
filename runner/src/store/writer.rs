//! The writer: one thread that commits what is queued in groups.
//!
//! It takes everything that is queued, runs it in one transaction, commits, and then answers every caller. There
//! is no fixed delay: what arrives while one group is synced to the disk forms the next.

use super::StoreStats;
use super::fault::{self, Unavailable};
use crate::limits::{WRITER_GROUP_MAX, WRITER_QUEUE_MAX};
use rusqlite::{Connection, OptionalExtension, Params, Row};
use std::cell::Cell;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use tokio::sync::{Notify, mpsc, oneshot};

/// The transaction of a group, as a job sees it.
pub(super) struct Tx<'a> {
    db: &'a Connection,
    outbox: &'a Cell<bool>,
}

impl Tx<'_> {
    /// Runs a statement, prepared once; gives how many rows it changed.
    pub(super) fn execute(&self, sql: &str, params: impl Params) -> rusqlite::Result<usize> {
        self.db.prepare_cached(sql)?.execute(params)
    }

    /// The first row of a statement, when it has one.
    pub(super) fn row<T>(
        &self,
        sql: &str,
        params: impl Params,
        read: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
    ) -> rusqlite::Result<Option<T>> {
        self.db.prepare_cached(sql)?.query_row(params, read).optional()
    }

    /// Every row of a statement.
    pub(super) fn rows<T>(
        &self,
        sql: &str,
        params: impl Params,
        read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> rusqlite::Result<Vec<T>> {
        self.db.prepare_cached(sql)?.query_map(params, read)?.collect()
    }

    /// The key of the row inserted last.
    pub(super) fn inserted(&self) -> i64 {
        self.db.last_insert_rowid()
    }

    /// Says that the group puts deliveries into the outbox.
    pub(super) fn fills_outbox(&self) {
        self.outbox.set(true);
    }

    /// Says that what is kept in memory has changed, to every process that has the file open.
    pub(super) fn changes_settings(&self) -> rusqlite::Result<()> {
        self.execute("UPDATE meta SET generation = generation + 1", []).map(drop)
    }
}

/// Something to write. A group that fails as a whole is tried again job by job, so that it can be run twice.
trait Job: Send {
    fn run(&mut self, tx: &Tx<'_>) -> rusqlite::Result<()>;
    fn answer(self: Box<Self>, failure: Option<&Unavailable>);
}

struct Task<W, T> {
    work: W,
    outcome: Option<T>,
    caller: oneshot::Sender<Result<T, Unavailable>>,
}

impl<T: Send, W: FnMut(&Tx<'_>) -> rusqlite::Result<T> + Send> Job for Task<W, T> {
    fn run(&mut self, tx: &Tx<'_>) -> rusqlite::Result<()> {
        self.outcome = Some((self.work)(tx)?);
        Ok(())
    }

    fn answer(self: Box<Self>, failure: Option<&Unavailable>) {
        let outcome = match (failure, self.outcome) {
            (None, Some(outcome)) => Ok(outcome),
            (Some(failure), _) => Err(failure.clone()),
            (None, None) => Err(closed()),
        };
        // A caller that went away does not undo what was committed.
        let _ = self.caller.send(outcome);
    }
}

enum Message {
    Write(Box<dyn Job>),
    Close,
}

/// The writer's queue.
#[derive(Debug)]
pub(super) struct Writer {
    queue: mpsc::Sender<Message>,
    counts: Arc<Counts>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

#[derive(Debug, Default)]
struct Counts {
    jobs: AtomicU64,
    commits: AtomicU64,
    degraded: Mutex<Option<String>>,
}

impl Writer {
    /// Starts the thread. It ends when it is closed, or when nobody can write any more.
    pub(super) fn start(db: Connection, outbox: Arc<Notify>) -> std::io::Result<Self> {
        let (queue, jobs) = mpsc::channel(WRITER_QUEUE_MAX);
        let counts = Arc::new(Counts::default());
        let worker = Worker { db, outbox, counts: Arc::clone(&counts) };
        let thread =
            std::thread::Builder::new().name("writ-store".into()).spawn(|| worker.run(jobs))?;
        Ok(Self { queue, counts, thread: Mutex::new(Some(thread)) })
    }

    /// Runs a job in the next group, and returns what it gave once the group is on disk. A job that refuses must do so
    /// before it writes anything: what it wrote is committed with the group.
    pub(super) async fn write<T: Send + 'static>(
        &self,
        work: impl FnMut(&Tx<'_>) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, Unavailable> {
        let (caller, answered) = oneshot::channel();
        let job = Box::new(Task { work, outcome: None, caller });
        self.queue.send(Message::Write(job)).await.map_err(|_| closed())?;
        answered.await.map_err(|_| closed())?
    }

    /// Commits what is queued and ends the thread.
    pub(super) async fn close(&self) {
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(thread) = thread else { return };
        // A queue without a receiver is closed already.
        let _ = self.queue.send(Message::Close).await;
        if tokio::task::spawn_blocking(|| thread.join()).await.is_err() {
            tracing::error!("the store's writer broke");
        }
    }

    /// Jobs that wait for the next group.
    #[cfg(test)]
    pub(super) fn queued(&self) -> usize {
        self.queue.max_capacity() - self.queue.capacity()
    }

    pub(super) fn stats(&self) -> StoreStats {
        StoreStats {
            jobs: self.counts.jobs.load(Ordering::Relaxed),
            commits: self.counts.commits.load(Ordering::Relaxed),
            degraded: self.counts.degraded.lock().unwrap_or_else(PoisonError::into_inner).clone(),
        }
    }
}

struct Worker {
    db: Connection,
    outbox: Arc<Notify>,
    counts: Arc<Counts>,
}

impl Worker {
    fn run(self, mut queue: mpsc::Receiver<Message>) {
        let mut messages = Vec::with_capacity(WRITER_GROUP_MAX);
        while queue.blocking_recv_many(&mut messages, WRITER_GROUP_MAX) > 0 {
            let mut group = Vec::with_capacity(messages.len());
            for message in messages.drain(..) {
                match message {
                    Message::Write(job) => group.push(job),
                    // What is queued still comes out.
                    Message::Close => queue.close(),
                }
            }
            self.write(group);
        }
        // So that the log is short, or empty, at the next start.
        let checkpoint = self.db.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
        let closed = self.db.close().map_err(|(_, error)| error);
        if let Err(error) = checkpoint.and(closed) {
            tracing::warn!(%error, "the database could not be closed");
        }
    }

    fn write(&self, mut group: Vec<Box<dyn Job>>) {
        if group.is_empty() {
            return;
        }
        match self.commit(&mut group) {
            Err(error) if group.len() > 1 && fault::concerns_one_job(&error) => {
                group.into_iter().for_each(|job| self.write(vec![job]));
            }
            outcome => self.answer(group, outcome.err()),
        }
    }

    fn commit(&self, group: &mut [Box<dyn Job>]) -> rusqlite::Result<()> {
        let outbox = Cell::new(false);
        let tx = Tx { db: &self.db, outbox: &outbox };
        tx.execute("BEGIN IMMEDIATE", [])?;
        let written = group
            .iter_mut()
            .try_for_each(|job| job.run(&tx))
            .and_then(|()| tx.execute("COMMIT", []).map(drop));
        if let Err(error) = written {
            // A full disk makes SQLite roll back by itself.
            if !self.db.is_autocommit() {
                tx.execute("ROLLBACK", [])?;
            }
            return Err(error);
        }
        self.counts.commits.fetch_add(1, Ordering::Relaxed);
        if outbox.get() {
            self.outbox.notify_one();
        }
        Ok(())
    }

    fn answer(&self, group: Vec<Box<dyn Job>>, error: Option<rusqlite::Error>) {
        let failure = error.as_ref().map(|e| Unavailable(fault::in_words(e)));
        if let Some(Unavailable(what)) = &failure {
            tracing::error!(jobs = group.len(), "nothing was written: {what}");
        } else {
            let jobs = u64::try_from(group.len()).unwrap_or(u64::MAX);
            self.counts.jobs.fetch_add(jobs, Ordering::Relaxed);
        }
        // One job's own failure says nothing of the next.
        if error.as_ref().is_none_or(|error| !fault::concerns_one_job(error)) {
            let mut degraded = self.counts.degraded.lock().unwrap_or_else(PoisonError::into_inner);
            *degraded = failure.as_ref().map(|Unavailable(what)| what.clone());
        }
        group.into_iter().for_each(|job| job.answer(failure.as_ref()));
    }
}

pub(super) fn closed() -> Unavailable {
    Unavailable("the database is closed: the server is stopping".into())
}
