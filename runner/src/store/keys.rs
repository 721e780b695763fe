//! API keys.

use super::audit::AuditRow;
use super::fault::Fault;
use super::{ApiKey, NewKey, Store, StoreError, list, list_text};
use crate::engine::Actor;
use crate::ids;
use crate::time::Millis;
use rusqlite::{OptionalExtension, Row, params};
use std::sync::Arc;

const COLUMNS: &str = "id, scopes, actor, roles, teams, created_at";

impl Store {
    /// Adds a key.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn create_key(&self, key: NewKey) -> Result<ApiKey, StoreError> {
        let NewKey { hash, scopes, actor, roles, teams } = key;
        let created_at = Millis::now();
        let made = ApiKey { id: ids::new("key"), scopes, actor, roles, teams, created_at };
        let row = made.clone();
        let texts = [&made.scopes, &made.roles, &made.teams].map(|items| list_text(items));
        let audit = AuditRow::new("key.created", &made.id, &Actor::default())
            .with(&serde_json::json!({"scopes": made.scopes, "actor": made.actor}));
        self.write(move |tx| {
            let [scopes, roles, teams] = &texts;
            tx.execute(
                "INSERT INTO keys (id, hash, scopes, actor, roles, teams, created_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                params![row.id, hash, scopes, row.actor, roles, teams, row.created_at.0],
            )?;
            audit.write(tx)?;
            tx.changes_settings()
        })
        .await?;
        Ok(made)
    }

    /// The key with this hash. A key revoked by another process is gone at once.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn key_by_hash(&self, hash: [u8; 32]) -> Result<Option<Arc<ApiKey>>, StoreError> {
        let (found, generation) = self.settings(|kept| kept.keys.get(&hash).cloned())?;
        if found.is_some() {
            return Ok(found);
        }
        let read = self
            .read(move |db| {
                let sql =
                    format!("SELECT {COLUMNS} FROM keys WHERE hash = ?1 AND revoked_at IS NULL");
                Ok(db.prepare_cached(&sql)?.query_row([hash], |row| Ok(key(row))).optional()?)
            })
            .await?;
        let Some(found) = read.transpose()? else {
            return Ok(None);
        };
        let found = Arc::new(found);
        self.inner.settings.keep(generation, |kept| {
            kept.keys.insert(hash, Arc::clone(&found));
        });
        Ok(Some(found))
    }

    /// Every key that is not revoked, oldest first.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn keys(&self) -> Result<Vec<ApiKey>, StoreError> {
        let keys = self.read(|db| {
            let sql = format!("SELECT {COLUMNS} FROM keys WHERE revoked_at IS NULL ORDER BY key");
            let mut rows = db.prepare_cached(&sql)?;
            rows.query_map([], |row| Ok(key(row)))?.map(|row| row?).collect()
        });
        Ok(keys.await?)
    }

    /// Revokes a key; `false` when there is no such key.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn revoke_key(&self, id: &str) -> Result<bool, StoreError> {
        let id = id.to_owned();
        let audit = AuditRow::new("key.revoked", &id, &Actor::default());
        let revoked = self.write(move |tx| {
            let changed = tx.execute(
                "UPDATE keys SET revoked_at = ?2 WHERE id = ?1 AND revoked_at IS NULL",
                params![id, audit.at.0],
            )?;
            if changed == 0 {
                return Ok(false);
            }
            audit.write(tx)?;
            tx.changes_settings()?;
            Ok(true)
        });
        Ok(revoked.await?)
    }
}

fn key(row: &Row<'_>) -> Result<ApiKey, Fault> {
    Ok(ApiKey {
        id: row.get(0)?,
        scopes: list(&row.get::<_, String>(1)?)?,
        actor: row.get(2)?,
        roles: list(&row.get::<_, String>(3)?)?,
        teams: list(&row.get::<_, String>(4)?)?,
        created_at: Millis(row.get(5)?),
    })
}
