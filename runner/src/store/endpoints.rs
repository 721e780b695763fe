//! Webhook endpoints: where deliveries go, and which events they take.

use super::audit::AuditRow;
use super::fault::Fault;
use super::settings::Subscriber;
use super::{Endpoint, NewEndpoint, Store, StoreError, list, list_text};
use crate::ids;
use rusqlite::{OptionalExtension, Row, params};
use secrecy::{ExposeSecret, SecretString};
use std::sync::Arc;

/// The one documented event that an endpoint takes only when it names it.
const OFF_BY_DEFAULT: &str = "workflow.step.completed";

impl Subscriber {
    /// Whether deliveries of an event go to this endpoint.
    pub(super) fn takes(&self, event: &str) -> bool {
        if self.events.is_empty() {
            return event != OFF_BY_DEFAULT;
        }
        self.events.iter().any(|taken| taken == event)
    }
}

impl Store {
    /// Registers an endpoint; its secret is sealed.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn create_endpoint(
        &self,
        endpoint: NewEndpoint,
        secret: SecretString,
    ) -> Result<Endpoint, StoreError> {
        let NewEndpoint { url, events, by } = endpoint;
        let id = ids::new("whe");
        let sealed = self.inner.org_key.seal(&place(&id), secret.expose_secret().as_bytes());
        let sealed = sealed.map_err(|error| StoreError::Unavailable(error.to_string()))?;
        let audit = AuditRow::new("webhook.created", &id, &by)
            .with(&serde_json::json!({"url": url, "events": events}));
        let made = Endpoint { id, url, events, active: true, created_at: audit.at };
        let row = made.clone();
        let events = list_text(&row.events);
        self.write(move |tx| {
            tx.execute(
                "INSERT INTO endpoints (id, url, events, secret, active, created_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                params![row.id, row.url, events, sealed, row.active, row.created_at.0],
            )?;
            audit.write(tx)?;
            tx.changes_settings()
        })
        .await?;
        Ok(made)
    }

    /// Every endpoint, oldest first.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn endpoints(&self) -> Result<Vec<Endpoint>, StoreError> {
        let endpoints = self.read(|db| {
            let sql = "SELECT id, url, events, active, created_at FROM endpoints ORDER BY key";
            let mut rows = db.prepare_cached(sql)?;
            rows.query_map([], |row| Ok(endpoint(row)))?.map(|row| row?).collect()
        });
        Ok(endpoints.await?)
    }

    /// The active endpoints, from memory while nothing has changed.
    pub(super) async fn subscribers(&self) -> Result<Arc<Vec<Subscriber>>, StoreError> {
        let (found, generation) = self.settings(|kept| kept.subscribers.clone())?;
        if let Some(found) = found {
            return Ok(found);
        }
        let read = self.read(|db| {
            let sql = "SELECT key, events FROM endpoints WHERE active = 1 ORDER BY key";
            let mut rows = db.prepare_cached(sql)?;
            let rows = rows.query_map([], |row| Ok((row.get(0)?, row.get::<_, String>(1)?)))?;
            rows.map(|row| {
                let (key, events) = row?;
                Ok(Subscriber { key, events: list(&events)? })
            })
            .collect()
        });
        let read: Arc<Vec<Subscriber>> = Arc::new(read.await?);
        self.inner.settings.keep(generation, |kept| kept.subscribers = Some(Arc::clone(&read)));
        Ok(read)
    }

    /// The secret that signs an endpoint's deliveries.
    pub(super) async fn endpoint_secret(
        &self,
        id: &str,
    ) -> Result<Option<SecretString>, StoreError> {
        let wanted = id.to_owned();
        let sealed = self.read(move |db| {
            let sql = "SELECT secret FROM endpoints WHERE id = ?1 AND active = 1";
            let sealed =
                db.prepare_cached(sql)?.query_row([wanted], |row| row.get(0)).optional()?;
            Ok(sealed)
        });
        let Some(sealed): Option<Vec<u8>> = sealed.await? else { return Ok(None) };
        let unavailable = |what: String| StoreError::Unavailable(what);
        let secret = self.inner.org_key.unseal(&place(id), &sealed);
        let secret = secret.map_err(|error| unavailable(error.to_string()))?;
        let secret = std::str::from_utf8(&secret)
            .map_err(|_| unavailable(format!("the secret of {id} is no text")))?;
        Ok(Some(SecretString::from(secret)))
    }
}

/// What an endpoint's secret is sealed for.
fn place(id: &str) -> String {
    format!("endpoint {id}")
}

fn endpoint(row: &Row<'_>) -> Result<Endpoint, Fault> {
    Ok(Endpoint {
        id: row.get(0)?,
        url: row.get(1)?,
        events: list(&row.get::<_, String>(2)?)?,
        active: row.get(3)?,
        created_at: crate::time::Millis(row.get(4)?),
    })
}
