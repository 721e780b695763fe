//! Audit rows: who did what, when. Only ever added.

use super::writer::Tx;
use crate::engine::Actor;
use crate::time::Millis;
use rusqlite::params;

/// A row to be added, in the transaction of what it tells.
#[derive(Debug, Clone)]
pub(super) struct AuditRow {
    pub(super) at: Millis,
    /// `workflow.published`, `approval.rejected`, ...
    pub(super) action: &'static str,
    /// The id of what it was done to.
    pub(super) subject: String,
    pub(super) by: Actor,
    /// JSON text.
    pub(super) detail: Option<String>,
}

impl AuditRow {
    /// A row of this moment.
    pub(super) fn new(action: &'static str, subject: &str, by: &Actor) -> Self {
        Self {
            at: Millis::now(),
            action,
            subject: subject.to_owned(),
            by: by.clone(),
            detail: None,
        }
    }

    pub(super) fn with(mut self, detail: &serde_json::Value) -> Self {
        self.detail = Some(detail.to_string());
        self
    }

    pub(super) fn write(&self, tx: &Tx<'_>) -> rusqlite::Result<()> {
        self.write_of_decision(tx, None)
    }

    /// Writes the row of a decision on a pending approval (run and ordinal), with a hash of what was shown.
    pub(super) fn write_of_decision(
        &self,
        tx: &Tx<'_>,
        approval: Option<(i64, u32)>,
    ) -> rusqlite::Result<()> {
        let (run, ordinal) = approval.unzip();
        tx.execute(
            "INSERT INTO audit (at, action, subject, key_id, user_id, detail, data_hash) VALUES (?1, ?2, ?3, ?4, ?5, ?6,
             (SELECT data_hash FROM approvals WHERE run = ?7 AND ordinal = ?8))",
            params![
                self.at.0,
                self.action,
                self.subject,
                self.by.key_id,
                self.by.user_id,
                self.detail,
                run,
                ordinal
            ],
        )
        .map(drop)
    }
}
