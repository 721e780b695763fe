//! Service connections, and their keys for calls.

use super::audit::AuditRow;
use super::settings::SealedTarget;
use super::{Connection, NewConnection, Store, StoreError};
use crate::engine::http::{ConnectionError, Connections, Target};
use crate::ids;
use crate::time::Millis;
use rusqlite::{OptionalExtension, Row, params};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use std::fmt::Write as _;
use std::sync::{Arc, PoisonError};

const COLUMNS: &str =
    "id, service_slug, base_url, api_key_hash, active, created_at, last_healthy_at, last_used_at";

impl Store {
    /// Registers a connection, or replaces the base URL and key of the one with this slug, atomically; and whether
    /// it is new.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn put_connection(
        &self,
        connection: NewConnection,
    ) -> Result<(Connection, bool), StoreError> {
        let NewConnection { service_slug, base_url, api_key, by } = connection;
        let sealed =
            self.inner.org_key.seal(&place(&service_slug), api_key.expose_secret().as_bytes());
        let sealed = sealed.map_err(|error| StoreError::Unavailable(error.to_string()))?;
        let hash = hash_text(&api_key);
        let id = ids::new("scn");
        let audit = AuditRow::new("connection.put", &service_slug, &by)
            .with(&serde_json::json!({"baseUrl": base_url, "apiKeyHash": hash}));
        let written = self.write(move |tx| {
            let find = "SELECT 1 FROM connections WHERE service_slug = ?1";
            let new = tx.row(find, [&service_slug], |_| Ok(()))?.is_none();
            let put = format!(
                "INSERT INTO connections (id, service_slug, base_url, api_key, api_key_hash, active, created_at)
                 VALUES (?1, ?2, ?3, ?4, ?5, 1, ?6)
                 ON CONFLICT (service_slug) DO UPDATE SET base_url = excluded.base_url,
                   api_key = excluded.api_key, api_key_hash = excluded.api_key_hash, active = 1
                 RETURNING {COLUMNS}"
            );
            let params = params![id, service_slug, base_url, sealed, hash, audit.at.0];
            let row = tx.row(&put, params, connection_row)?;
            audit.write(tx)?;
            tx.changes_settings()?;
            row.map(|row| (row, new)).ok_or(rusqlite::Error::QueryReturnedNoRows)
        });
        Ok(written.await?)
    }

    /// Every connection, by slug.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn connections(&self) -> Result<Vec<Connection>, StoreError> {
        let connections = self.read(|db| {
            let sql = format!("SELECT {COLUMNS} FROM connections ORDER BY service_slug");
            let mut rows = db.prepare_cached(&sql)?;
            let rows = rows.query_map([], connection_row)?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        });
        Ok(connections.await?)
    }

    async fn sealed_target(&self, slug: &str) -> Result<Option<Arc<SealedTarget>>, StoreError> {
        let (found, generation) = self.settings(|kept| kept.targets.get(slug).cloned())?;
        if found.is_some() {
            return Ok(found);
        }
        let wanted = slug.to_owned();
        let found = self.read(move |db| {
            let sql =
                "SELECT base_url, api_key FROM connections WHERE service_slug = ?1 AND active = 1";
            let target = |row: &Row<'_>| {
                Ok(Arc::new(SealedTarget { base_url: row.get(0)?, api_key: row.get(1)? }))
            };
            Ok(db.prepare_cached(sql)?.query_row([wanted], target).optional()?)
        });
        let found = found.await?;
        if let Some(target) = &found {
            self.inner.settings.keep(generation, |kept| {
                kept.targets.insert(slug.to_owned(), Arc::clone(target));
            });
        }
        Ok(found)
    }

    /// Writes that a connection is used, now and then, without keeping the call waiting.
    fn note_use(&self, slug: &str) {
        let now = Millis::now();
        {
            let mut used = self.inner.used.lock().unwrap_or_else(PoisonError::into_inner);
            if used.get(slug).is_some_and(|last| now.since(*last) < USE_NOTED_EVERY_MS) {
                return;
            }
            used.insert(slug.to_owned(), now);
        }
        let (store, slug) = (self.clone(), slug.to_owned());
        tokio::spawn(async move {
            let noted = store.write(move |tx| {
                let sql = "UPDATE connections SET last_used_at = ?2 WHERE service_slug = ?1";
                tx.execute(sql, params![slug, now.0])
            });
            // What cannot be written is said by the writer; the next call after a while tries again.
            let _ = noted.await;
        });
    }
}

/// How precise the time of a connection's last use is, in milliseconds: a call must not cost a write.
const USE_NOTED_EVERY_MS: u64 = 60_000;

impl Connections for Store {
    async fn target(&self, slug: &str) -> Result<Target, ConnectionError> {
        let unavailable = |what: String| ConnectionError::Unavailable(what);
        let found = self.sealed_target(slug).await.map_err(|e| unavailable(e.to_string()))?;
        let found = found.ok_or(ConnectionError::Missing)?;
        let key = self.inner.org_key.unseal(&place(slug), &found.api_key);
        let key = key.map_err(|e| unavailable(e.to_string()))?;
        let key =
            std::str::from_utf8(&key).map_err(|_| unavailable("its key is no text".into()))?;
        self.note_use(slug);
        Ok(Target { base_url: found.base_url.clone(), api_key: SecretString::from(key) })
    }
}

/// What a connection's key is sealed for.
fn place(slug: &str) -> String {
    format!("connection {slug}")
}

/// `sha256:` and the hash of a service's key, in hexadecimal.
fn hash_text(key: &SecretString) -> String {
    let hash = Sha256::digest(key.expose_secret());
    hash.iter().fold(String::from("sha256:"), |mut text, byte| {
        // Writing to a string does not fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn connection_row(row: &Row<'_>) -> rusqlite::Result<Connection> {
    Ok(Connection {
        id: row.get(0)?,
        service_slug: row.get(1)?,
        base_url: row.get(2)?,
        api_key_hash: row.get(3)?,
        active: row.get(4)?,
        created_at: Millis(row.get(5)?),
        last_healthy_at: row.get::<_, Option<i64>>(6)?.map(Millis),
        last_used_at: row.get::<_, Option<i64>>(7)?.map(Millis),
    })
}
