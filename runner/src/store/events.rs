//! Events from outside: taking them in, giving them to the runs that wait, keeping what nobody waits for yet.
//!
//! An event and a wait belong together when they have the same name and the same correlation, and the event carries
//! what the wait asks for. They are brought together in one transaction, that of whichever comes second; the run is told
//! after that, and what is on its way is found again after a restart.

use super::audit::AuditRow;
use super::fault::Fault;
use super::payload::shown;
use super::writer::Tx;
use super::{EventRow, NewEvent, Received, Store, StoreError};
use crate::engine::{Arrival, RunKey};
use crate::ids;
use crate::limits::{EVENT_RETENTION_MS, EVENTS_KEPT_MAX, EVENTS_MAX, EVENTS_SWEPT_MAX};
use crate::machine::{FrameId, StepOrdinal};
use crate::time::Millis;
use crate::vault::OrgKey;
use rusqlite::params;
use std::sync::Arc;
use writ_compiler::bytecode::schema::{FieldError, Schema};
use writ_compiler::value::Value;

/// A wait for an event, as it is kept.
pub(super) struct Subscription {
    pub(super) ordinal: u32,
    pub(super) frame: u32,
    pub(super) event: String,
    pub(super) correlation: Option<String>,
    /// What the event must carry.
    pub(super) wants: Option<Schema>,
}

/// A run that waits, and the step in which.
type Wait = (i64, u32);

/// An event that is kept.
struct KeptEvent {
    key: i64,
    id: String,
    data: Vec<u8>,
}

impl Store {
    /// Takes an event in, and gives it to every run that waits for it; when this returns, that is on disk. A repeat
    /// under the sender's own id writes nothing.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn receive_event(&self, event: NewEvent) -> Result<Received, StoreError> {
        let NewEvent { event, correlation, data, sender_id, body_hash, by } = event;
        let id = ids::new("evt");
        let sealed = self.inner.org_key.seal(&place(&id), data.to_json().as_bytes());
        let sealed = sealed.map_err(|error| StoreError::Unavailable(error.to_string()))?;
        let received = self.write(move |tx| {
            let now = Millis::now();
            if let Some(sender_id) = &sender_id
                && let Some(known) = repeated(tx, sender_id, body_hash)?
            {
                return Ok(known);
            }
            let key = correlation.as_deref().unwrap_or_default();
            let (waiting, errors) = waiting(tx, &event, key, &data)?;
            if waiting.is_empty() && !errors.is_empty() {
                return Ok(Received::Unfit(errors));
            }
            if waiting.is_empty() && is_full(tx, &event, key)? {
                return Ok(Received::TooManyKept);
            }
            sweep(tx, now)?;
            let row = EventRow {
                id: id.clone(),
                event: event.clone(),
                correlation: correlation.clone(),
                delivered: u32::try_from(waiting.len()).unwrap_or(u32::MAX),
                received_at: now,
            };
            tx.execute(
                "INSERT INTO inbox (id, event, correlation, data, sender_id, body_hash, delivered, open, taken,
                   received_at)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 0, ?9)",
                params![
                    id,
                    event,
                    key,
                    sealed,
                    sender_id,
                    body_hash,
                    row.delivered,
                    waiting.is_empty(),
                    now.0
                ],
            )?;
            let inserted = tx.inserted();
            for (run, ordinal) in waiting {
                give(tx, inserted, run, ordinal)?;
            }
            let detail = serde_json::json!({
                "event": event, "correlation": correlation, "delivered": row.delivered,
            });
            AuditRow { at: now, ..AuditRow::new("event.received", &id, &by).with(&detail) }
                .write(tx)?;
            Ok(Received::New(row))
        });
        Ok(received.await?)
    }

    /// Events on their way to runs, oldest first, at most `limit`.
    pub(super) async fn arriving(&self, limit: usize) -> Result<Vec<Arrival>, StoreError> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let key = Arc::clone(&self.inner.org_key);
        let found = self.read(move |db| {
            let sql = "SELECT s.run, s.frame, s.ordinal, i.id, i.data
                 FROM subscriptions s JOIN inbox i ON i.key = s.arrived
                 WHERE s.arrived IS NOT NULL ORDER BY s.arrived, s.run LIMIT ?1";
            let mut rows = db.prepare_cached(sql)?;
            let mut rows = rows.query([limit])?;
            let mut arrivals = Vec::new();
            while let Some(row) = rows.next()? {
                let (id, sealed): (String, Vec<u8>) = (row.get(3)?, row.get(4)?);
                arrivals.push(Arrival {
                    run: RunKey(row.get(0)?),
                    frame: FrameId(row.get(1)?),
                    ordinal: StepOrdinal(row.get(2)?),
                    data: unsealed(&key, &id, &sealed)?,
                });
            }
            Ok(arrivals)
        });
        Ok(found.await?)
    }
}

impl Subscription {
    /// Keeps it, and gives it the oldest event that is there already and fits.
    pub(super) fn write(
        &self,
        tx: &Tx<'_>,
        key: &OrgKey,
        run: i64,
        at: i64,
    ) -> rusqlite::Result<()> {
        let correlation = self.correlation.as_deref().unwrap_or_default();
        // A schema is plain data; what cannot be written down would only not be checked.
        let wants = self.wants.as_ref().and_then(|wants| postcard::to_stdvec(wants).ok());
        tx.execute(
            "INSERT INTO subscriptions (run, ordinal, frame, event, correlation, wants)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            params![run, self.ordinal, self.frame, self.event, correlation, wants],
        )?;
        let sql = "SELECT key, id, data FROM inbox
             WHERE event = ?1 AND correlation = ?2 AND open = 1 AND received_at >= ?3 ORDER BY key";
        let oldest = at.saturating_sub(EVENT_RETENTION_MS);
        let kept = tx.rows(sql, params![self.event, correlation, oldest], |row| {
            Ok(KeptEvent { key: row.get(0)?, id: row.get(1)?, data: row.get(2)? })
        })?;
        match kept.iter().find(|event| self.takes(key, event)) {
            Some(event) => give(tx, event.key, run, self.ordinal),
            None => Ok(()),
        }
    }

    fn takes(&self, key: &OrgKey, event: &KeptEvent) -> bool {
        let Some(wants) = &self.wants else { return true };
        unsealed(key, &event.id, &event.data).is_ok_and(|data| wants.accepts(&data))
    }
}

/// Ends a wait. An event that was on its way, and did not come, goes to the next run that waits for it, unless another
/// one has it.
pub(super) fn close(
    tx: &Tx<'_>,
    key: &OrgKey,
    (run, ordinal): Wait,
    came: bool,
) -> rusqlite::Result<()> {
    let sql = "DELETE FROM subscriptions WHERE run = ?1 AND ordinal = ?2 RETURNING arrived";
    let arrived = tx.row(sql, params![run, ordinal], |row| row.get::<_, Option<i64>>(0))?;
    let Some(event) = arrived.flatten() else { return Ok(()) };
    if came {
        tx.execute("UPDATE inbox SET taken = 1 WHERE key = ?1", [event])?;
    }
    let sql = "SELECT 1 FROM subscriptions WHERE arrived = ?1 LIMIT 1";
    if tx.row(sql, [event], |_| Ok(()))?.is_none() {
        tx.execute("UPDATE inbox SET data = NULL WHERE key = ?1 AND taken = 1", [event])?;
        tx.execute("UPDATE inbox SET open = 1 WHERE key = ?1 AND taken = 0", [event])?;
        return pass_on(tx, key, event);
    }
    Ok(())
}

/// Gives an event that is kept to a run that has come to wait for it since.
fn pass_on(tx: &Tx<'_>, key: &OrgKey, event: i64) -> rusqlite::Result<()> {
    let sql = "SELECT id, data, event, correlation FROM inbox WHERE key = ?1 AND open = 1";
    let found = tx.row(sql, [event], |row| {
        Ok((row.get::<_, String>(0)?, row.get::<_, Vec<u8>>(1)?, row.get(2)?, row.get(3)?))
    })?;
    let Some((id, sealed, name, correlation)) = found else { return Ok(()) };
    let (name, correlation): (String, String) = (name, correlation);
    let Ok(data) = unsealed(key, &id, &sealed) else { return Ok(()) };
    let (waiting, _) = waiting(tx, &name, &correlation, &data)?;
    match waiting.first() {
        Some((run, ordinal)) => give(tx, event, *run, *ordinal),
        None => Ok(()),
    }
}

/// Ends whatever waits of a run are left.
pub(super) fn close_all(tx: &Tx<'_>, key: &OrgKey, run: i64) -> rusqlite::Result<()> {
    let sql = "SELECT ordinal FROM subscriptions WHERE run = ?1";
    let left = tx.rows(sql, [run], |row| row.get::<_, u32>(0))?;
    left.into_iter().try_for_each(|ordinal| close(tx, key, (run, ordinal), false))
}

/// What came of an earlier request under the sender's own id.
fn repeated(tx: &Tx<'_>, id: &str, hash: [u8; 32]) -> rusqlite::Result<Option<Received>> {
    let sql = "SELECT id, event, correlation, delivered, received_at, body_hash FROM inbox
         WHERE sender_id = ?1";
    let found = tx.row(sql, [id], |row| {
        let correlation: String = row.get(2)?;
        let event = EventRow {
            id: row.get(0)?,
            event: row.get(1)?,
            correlation: Some(correlation).filter(|text| !text.is_empty()),
            delivered: row.get(3)?,
            received_at: Millis(row.get(4)?),
        };
        Ok((event, row.get::<_, [u8; 32]>(5)?))
    })?;
    Ok(found.map(|(event, known)| match known == hash {
        true => Received::Existing(event),
        false => Received::Conflict { event_id: event.id },
    }))
}

/// The waits that an event is for; when it fits none of those of its name and correlation, what is wrong with it.
fn waiting(
    tx: &Tx<'_>,
    event: &str,
    correlation: &str,
    data: &Value,
) -> rusqlite::Result<(Vec<Wait>, Vec<FieldError>)> {
    let sql = "SELECT run, ordinal, wants FROM subscriptions
         WHERE event = ?1 AND correlation = ?2 AND arrived IS NULL";
    let found = tx.rows(sql, params![event, correlation], |row| {
        Ok(((row.get(0)?, row.get(1)?), row.get::<_, Option<Vec<u8>>>(2)?))
    })?;
    let (mut waiting, mut refused) = (Vec::new(), Vec::new());
    for (wait, wants) in found {
        let wants = wants.and_then(|bytes| postcard::from_bytes::<Schema>(&bytes).ok());
        let errors = wants.map(|wants| wants.validate(data)).unwrap_or_default();
        if errors.is_empty() {
            waiting.push(wait);
        } else if refused.is_empty() {
            refused = errors;
        }
    }
    Ok((waiting, refused))
}

/// Whether no more events may be kept.
fn is_full(tx: &Tx<'_>, event: &str, correlation: &str) -> rusqlite::Result<bool> {
    let sql = "SELECT count(*) FROM inbox WHERE event = ?1 AND correlation = ?2 AND open = 1";
    let same: i64 = tx.row(sql, params![event, correlation], |row| row.get(0))?.unwrap_or_default();
    // Keys grow: no more rows can be there than lie between the first and the last.
    let sql = "SELECT coalesce(max(key) - min(key), 0) FROM inbox";
    let all: i64 = tx.row(sql, [], |row| row.get(0))?.unwrap_or_default();
    Ok(same >= EVENTS_KEPT_MAX || all >= EVENTS_MAX)
}

/// Forgets the oldest events whose time is over; those on their way to a run stay.
fn sweep(tx: &Tx<'_>, now: Millis) -> rusqlite::Result<()> {
    tx.execute(
        "DELETE FROM inbox WHERE key IN (
           SELECT key FROM (SELECT key, received_at FROM inbox ORDER BY key LIMIT ?1) old
           WHERE received_at < ?2 AND NOT EXISTS (SELECT 1 FROM subscriptions WHERE arrived = old.key))",
        params![EVENTS_SWEPT_MAX, now.0.saturating_sub(EVENT_RETENTION_MS)],
    )
    .map(drop)
}

/// Puts an event on its way to a run.
fn give(tx: &Tx<'_>, event: i64, run: i64, ordinal: u32) -> rusqlite::Result<()> {
    tx.execute(
        "UPDATE subscriptions SET arrived = ?1 WHERE run = ?2 AND ordinal = ?3",
        params![event, run, ordinal],
    )?;
    tx.execute("UPDATE inbox SET open = 0 WHERE key = ?1 AND open = 1", [event]).map(drop)
}

fn unsealed(key: &OrgKey, id: &str, sealed: &[u8]) -> Result<Value, Fault> {
    let text = key.unseal(&place(id), sealed)?;
    let text =
        std::str::from_utf8(&text).map_err(|_| Fault::Damaged("an event that is no text"))?;
    shown(text)
}

/// What an event is sealed for.
fn place(id: &str) -> String {
    format!("event {id}")
}
