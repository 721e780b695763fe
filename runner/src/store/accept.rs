//! Accepting executions.

use super::audit::AuditRow;
use super::entry::status_number;
use super::payload::{Kept, Secrecy, shown};
use super::run::{Entries, RunContext, RunFacts};
use super::{Accepted, ExecutionRow, NewExecution, Store, StoreError};
use crate::engine::{RunKey, StoredRun};
use crate::ids;
use crate::machine::{ExecutionStatus, Start};
use rusqlite::params;
use std::collections::HashMap;
use std::sync::Arc;

/// What the writer found.
enum Outcome {
    New(i64),
    Existing { execution_id: String, same: bool },
}

impl Store {
    /// Accepts an execution: its row, its inputs (secrets sealed by the program's input schema) and its audit row, in
    /// one transaction. With an `externalId` that the workflow has seen, nothing is written.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn accept(&self, execution: NewExecution) -> Result<Accepted, StoreError> {
        let NewExecution { version, program, inputs, external_id, body_hash, by } = execution;
        let unavailable = |what: String| StoreError::Unavailable(what);
        let execution_id = ids::new("exe");
        let mut seed = [0; 16];
        getrandom::fill(&mut seed)
            .map_err(|_| unavailable("the operating system gives no random numbers".into()))?;
        let kept = Kept::new(
            &self.inner.org_key,
            &execution_id,
            0,
            &inputs,
            &Secrecy::Schema(&program.input),
        )?;
        let redacted = if kept.sealed.is_some() { shown(&kept.text)? } else { inputs.clone() };
        let audit = AuditRow::new("execution.accepted", &execution_id, &by);
        let now = audit.at;
        let (id, external, workflow) =
            (execution_id.clone(), external_id.clone(), version.workflow);
        let version_number = version.version;
        let outcome = self.write(move |tx| {
            if let Some(external) = &external {
                let sql = "SELECT id, body_hash FROM executions WHERE workflow = ?1 AND external_id = ?2";
                let found = tx.row(sql, params![workflow, external], |row| {
                    Ok((row.get::<_, String>(0)?, row.get::<_, Option<[u8; 32]>>(1)?))
                })?;
                if let Some((execution_id, hash)) = found {
                    return Ok(Outcome::Existing { execution_id, same: hash == Some(body_hash) });
                }
            }
            tx.execute(
                "INSERT INTO executions (id, workflow, version, status, runnable, seq, entries, seed,
                   external_id, body_hash, initiator_key, initiator_user, created_at)
                 VALUES (?1, ?2, ?3, ?4, 1, 0, 1, ?5, ?6, ?7, ?8, ?9, ?10)",
                params![
                    id,
                    workflow,
                    version_number,
                    status_number(ExecutionStatus::Pending),
                    seed,
                    external,
                    external.is_some().then_some(body_hash),
                    audit.by.key_id,
                    audit.by.user_id,
                    now.0
                ],
            )?;
            let run = tx.inserted();
            tx.execute(
                "INSERT INTO journal (key, payload, body, sealed) VALUES (?1, 0, ?2, ?3)",
                params![Entries::of(RunKey(run)).first, kept.text, kept.sealed],
            )?;
            audit.write(tx)?;
            Ok(Outcome::New(run))
        });
        let run = match outcome.await? {
            Outcome::New(run) => RunKey(run),
            Outcome::Existing { execution_id, same: false } => {
                return Ok(Accepted::Conflict { execution_id });
            }
            Outcome::Existing { execution_id, same: true } => {
                let row = self.execution(&execution_id).await?.ok_or(StoreError::NotFound)?;
                return Ok(Accepted::Existing(Box::new(row)));
            }
        };
        let facts = RunFacts {
            execution_id: execution_id.clone(),
            workflow_id: version.workflow_id.clone(),
            workflow_slug: version.slug.clone(),
            workflow_version: version.version,
            external_id: external_id.clone(),
            program: Some(program),
        };
        let context = RunContext { seq: 0, entries: 1, facts: Arc::new(facts), steps: Vec::new() };
        self.keep_run(run, context);
        let start = Start {
            execution_id: execution_id.clone(),
            external_id: external_id.clone(),
            workflow_slug: version.slug.clone(),
            workflow_version: version.version,
            seed,
            at: now,
            inputs,
        };
        let stored = StoredRun {
            run,
            execution_id: execution_id.clone(),
            program: version.program,
            status: ExecutionStatus::Pending,
            start,
            seq: 0,
            state: Vec::new(),
            payloads: HashMap::new(),
        };
        let row = ExecutionRow {
            run,
            id: execution_id,
            workflow_id: version.workflow_id.clone(),
            workflow_slug: version.slug.clone(),
            workflow_version: version.version,
            program: version.program,
            status: ExecutionStatus::Pending,
            inputs: redacted,
            external_id,
            created_at: now,
            completed_at: None,
            output: None,
            error: None,
            failed_step: None,
            steps: Vec::new(),
        };
        Ok(Accepted::New { execution: Box::new(row), run: Box::new(stored) })
    }
}
