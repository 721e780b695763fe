//! The outbox, as the worker that empties it needs it.

use super::{Delivery, Store, StoreError};
use crate::engine::JournalError;
use crate::engine::webhooks::{Deliveries, DeliveryOutcome};
use crate::time::Millis;
use rusqlite::params;
use secrecy::SecretString;

impl Deliveries for Store {
    async fn due(
        &self,
        now: Millis,
        limit: usize,
        except: Vec<String>,
    ) -> Result<(Vec<Delivery>, Option<Millis>), JournalError> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let except = super::list_text(&except);
        let found = self.read(move |db| {
            let sql = "SELECT d.id, e.id, e.url, d.event, d.body, d.attempts
                 FROM deliveries d JOIN endpoints e ON e.key = d.endpoint
                 WHERE d.due <= ?1 AND e.id NOT IN (SELECT value FROM json_each(?3))
                 ORDER BY d.due, d.key LIMIT ?2";
            let mut rows = db.prepare_cached(sql)?;
            let rows = rows.query_map(params![now.0, limit, except], |row| {
                Ok(Delivery {
                    id: row.get(0)?,
                    endpoint_id: row.get(1)?,
                    url: row.get(2)?,
                    event: row.get(3)?,
                    body: row.get(4)?,
                    attempts: row.get(5)?,
                })
            })?;
            let due = rows.collect::<rusqlite::Result<Vec<Delivery>>>()?;
            let next: Option<i64> = db
                .prepare_cached("SELECT min(due) FROM deliveries WHERE due > ?1")?
                .query_row([now.0], |row| row.get(0))?;
            Ok((due, next.map(Millis)))
        });
        Ok(found.await?)
    }

    async fn secret(&self, endpoint_id: &str) -> Result<Option<SecretString>, JournalError> {
        self.endpoint_secret(endpoint_id).await.map_err(|error| match error {
            StoreError::NotFound => JournalError::NotFound,
            other => JournalError::Unavailable(other.to_string()),
        })
    }

    async fn finish(
        &self,
        delivery_id: &str,
        outcome: DeliveryOutcome,
        next_attempt_at: Option<Millis>,
    ) -> Result<(), JournalError> {
        let id = delivery_id.to_owned();
        let (delivered, status, error) = match outcome {
            DeliveryOutcome::Delivered { status } => (true, Some(status), None),
            DeliveryOutcome::Failed { status, error } => (false, status, Some(error)),
        };
        // What was delivered, or is dead, is due no more.
        let due = next_attempt_at.filter(|_| !delivered).map(|at| at.0);
        let now = Millis::now().0;
        let changed = self.write(move |tx| {
            tx.execute(
                "UPDATE deliveries SET attempts = attempts + 1, due = ?2, delivered = ?3, last_status = ?4,
                   last_error = ?5, finished_at = ?6
                 WHERE id = ?1",
                params![id, due, delivered, status, error, due.is_none().then_some(now)],
            )
        });
        if changed.await? == 0 { Err(JournalError::NotFound) } else { Ok(()) }
    }
}
