//! The store as the engine's journal.

use super::entry::status_of;
use super::fault::Fault;
use super::payload::restore;
use super::run::Entries;
use super::{Store, StoreError};
use crate::engine::{
    Arrival, Commit, DueTimer, Journal, JournalError, RunKey, StoredRun, Unfinished,
};
use crate::machine::{FrameId, Start};
use crate::time::Millis;
use rusqlite::{OptionalExtension, params};
use std::collections::HashMap;
use writ_compiler::bytecode::ProgramHash;
use writ_compiler::value::Value;

/// A value as it lies in the file: its payload id, text and sealed secrets.
type RawValue = (u32, String, Option<Vec<u8>>);

impl Journal for Store {
    async fn commit(&self, commit: Commit) -> Result<(), JournalError> {
        self.commit_transition(commit).await
    }

    async fn load(&self, run: RunKey) -> Result<StoredRun, JournalError> {
        let found = self.read(move |db| {
            let sql = "SELECT e.id, e.external_id, e.version, e.status, e.seq, e.seed, e.created_at, e.state,
                   w.slug, v.program
                 FROM executions e JOIN workflows w ON w.key = e.workflow
                 JOIN workflow_versions v ON v.workflow = e.workflow AND v.version = e.version
                 WHERE e.run = ?1";
            let stored = db.prepare_cached(sql)?.query_row([run.0], |row| {
                let execution_id: String = row.get(0)?;
                let stored = StoredRun {
                    run,
                    execution_id: execution_id.clone(),
                    program: ProgramHash(row.get(9)?),
                    // Set below: a number that is no status is damage.
                    status: crate::machine::ExecutionStatus::Pending,
                    start: Start {
                        execution_id,
                        external_id: row.get(1)?,
                        workflow_slug: row.get(8)?,
                        workflow_version: row.get(2)?,
                        seed: row.get(5)?,
                        at: Millis(row.get(6)?),
                        inputs: Value::Null,
                    },
                    seq: u64::try_from(row.get::<_, i64>(4)?).unwrap_or(0),
                    state: row.get::<_, Option<Vec<u8>>>(7)?.unwrap_or_default(),
                    payloads: HashMap::new(),
                };
                Ok((stored, row.get::<_, i64>(3)?))
            });
            let Some((mut stored, status)) = stored.optional()? else { return Ok(None) };
            stored.status = status_of(status).ok_or(Fault::Damaged("an execution's status"))?;
            let sql = "SELECT payload, body, sealed FROM journal
                 WHERE key BETWEEN ?1 AND ?2 AND payload IS NOT NULL ORDER BY key";
            let mut rows = db.prepare_cached(sql)?;
            let Entries { first, last } = Entries::of(run);
            let rows =
                rows.query_map([first, last], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
            let values = rows.collect::<rusqlite::Result<Vec<RawValue>>>()?;
            Ok(Some((stored, values)))
        });
        let (mut stored, values) = found.await?.ok_or(JournalError::NotFound)?;
        for (id, text, sealed) in values {
            let key = &self.inner.org_key;
            let value = restore(key, &stored.execution_id, id, &text, sealed.as_deref())?;
            if id == 0 {
                stored.start.inputs = value;
            } else {
                stored.payloads.insert(id, value);
            }
        }
        Ok(stored)
    }

    async fn program(&self, hash: ProgramHash) -> Result<Vec<u8>, JournalError> {
        let bytes = self.program_bytes(hash).await.map_err(|error| match error {
            StoreError::NotFound => JournalError::NotFound,
            other => JournalError::Unavailable(other.to_string()),
        })?;
        bytes.ok_or(JournalError::NotFound)
    }

    async fn unfinished(&self, after: RunKey, limit: usize) -> Result<Unfinished, JournalError> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let found = self.read(move |db| {
            let sql =
                "SELECT run FROM executions WHERE runnable = 1 AND run > ?1 ORDER BY run LIMIT ?2";
            let mut rows = db.prepare_cached(sql)?;
            let rows = rows.query_map(params![after.0, limit], |row| row.get(0).map(RunKey))?;
            let runnable = rows.collect::<rusqlite::Result<_>>()?;
            let next: Option<i64> = db
                .prepare_cached("SELECT min(due) FROM timers")?
                .query_row([], |row| row.get(0))?;
            Ok(Unfinished { runnable, next_timer: next.map(Millis) })
        });
        Ok(found.await?)
    }

    async fn due_timers(
        &self,
        at: Millis,
        limit: usize,
    ) -> Result<(Vec<DueTimer>, Option<Millis>), JournalError> {
        let found = self.read(move |db| {
            // One more than asked for, which tells when to look again.
            let most = i64::try_from(limit).unwrap_or(i64::MAX).saturating_add(1);
            let sql = "SELECT run, frame, timer, due FROM timers WHERE due <= ?1
                 AND NOT EXISTS (SELECT 1 FROM subscriptions s
                   WHERE s.run = timers.run AND s.frame = timers.frame AND s.arrived IS NOT NULL)
                 ORDER BY due, run LIMIT ?2";
            let mut rows = db.prepare_cached(sql)?;
            let rows = rows.query_map(params![at.0, most], |row| {
                Ok(DueTimer {
                    run: RunKey(row.get(0)?),
                    frame: FrameId(row.get(1)?),
                    timer: row.get(2)?,
                    due: Millis(row.get(3)?),
                })
            })?;
            let mut due = rows.collect::<rusqlite::Result<Vec<DueTimer>>>()?;
            if due.len() > limit {
                let next = due.pop().map(|timer| timer.due);
                return Ok((due, next));
            }
            let next: Option<i64> = db
                .prepare_cached("SELECT min(due) FROM timers WHERE due > ?1")?
                .query_row([at.0], |row| row.get(0))?;
            Ok((due, next.map(Millis)))
        });
        Ok(found.await?)
    }

    async fn arrivals(&self, limit: usize) -> Result<Vec<Arrival>, JournalError> {
        self.arriving(limit).await.map_err(|error| JournalError::Unavailable(error.to_string()))
    }
}
