//! Reading executions: their steps are folded out of the journal.

use super::entry::{Entry, EntryRecord, status_of};
use super::fault::Fault;
use super::payload::shown;
use super::run::{Entries, decode};
use super::{ApprovalRow, ExecutionRow, StepRow, Store, StoreError};
use crate::engine::RunKey;
use crate::machine::{ErrorInfo, ExecutionStatus, StepStatus};
use crate::time::Millis;
use rusqlite::{OptionalExtension, Row};
use std::collections::HashMap;
use writ_compiler::bytecode::{Program, ProgramHash};
use writ_compiler::value::Value;

/// An execution as it lies in the file.
struct Raw {
    run: RunKey,
    id: String,
    workflow_id: String,
    workflow_slug: String,
    workflow_version: u32,
    status: i64,
    external_id: Option<String>,
    created_at: Millis,
    completed_at: Option<Millis>,
    output: Option<u32>,
    error: Option<String>,
    failed_step: Option<u32>,
    program: ProgramHash,
    /// Values without their secrets, by payload id.
    values: HashMap<u32, Value>,
    entries: Vec<(Millis, Entry)>,
}

impl Store {
    /// An execution by its `exe_` id, with its steps, all of one moment.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn execution(&self, id: &str) -> Result<Option<ExecutionRow>, StoreError> {
        let wanted = id.to_owned();
        let raw = self.read(move |db| {
            let sql = "SELECT e.run, e.id, w.id, w.slug, e.version, e.status, e.external_id, e.created_at,
                   e.completed_at, e.output, e.error, e.failed_step, v.program
                 FROM executions e JOIN workflows w ON w.key = e.workflow
                 JOIN workflow_versions v ON v.workflow = e.workflow AND v.version = e.version
                 WHERE e.id = ?1";
            let raw = db.prepare_cached(sql)?.query_row([wanted], raw).optional()?;
            let Some(mut raw) = raw else { return Ok(None) };
            let sql = "SELECT at, payload, body FROM journal WHERE key BETWEEN ?1 AND ?2 ORDER BY key";
            let mut rows = db.prepare_cached(sql)?;
            let Entries { first, last } = Entries::of(raw.run);
            let mut rows = rows.query([first, last])?;
            while let Some(row) = rows.next()? {
                match row.get::<_, Option<u32>>(1)? {
                    Some(id) => {
                        let text = row.get_ref(2)?.as_str().map_err(rusqlite::Error::from)?;
                        raw.values.insert(id, shown(text)?);
                    }
                    None => {
                        let body = row.get_ref(2)?.as_blob().map_err(rusqlite::Error::from)?;
                        raw.entries.push((Millis(row.get(0)?), decode(body)?));
                    }
                }
            }
            Ok(Some(raw))
        });
        let Some(raw) = raw.await? else { return Ok(None) };
        let program = self.usable_program(raw.program).await?;
        Ok(Some(raw.fold(program.as_deref())?))
    }

    /// The run's pending approvals, oldest first.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn pending_approvals(&self, run: RunKey) -> Result<Vec<ApprovalRow>, StoreError> {
        let rows = self.read(move |db| {
            let sql = "SELECT a.step_id, a.node_id, a.frame, a.label, a.assign_to, a.data, a.due, a.not_initiator,
                   e.initiator_key, e.initiator_user
                 FROM approvals a JOIN executions e ON e.run = a.run WHERE a.run = ?1 ORDER BY a.ordinal";
            let mut statement = db.prepare_cached(sql)?;
            let mut rows = statement.query([run.0])?;
            let mut approvals = Vec::new();
            while let Some(row) = rows.next()? {
                let data = row.get::<_, Option<String>>(5)?;
                approvals.push(ApprovalRow {
                    run,
                    step_id: row.get(0)?,
                    node_id: row.get(1)?,
                    frame: row.get(2)?,
                    label: row.get(3)?,
                    assign_to: row.get(4)?,
                    data: data.map(|text| shown(&text)).transpose()?,
                    due: row.get::<_, Option<i64>>(6)?.map(Millis),
                    not_initiator: row.get(7)?,
                    initiator_key: row.get(8)?,
                    initiator_actor: row.get(9)?,
                });
            }
            Ok(approvals)
        });
        Ok(rows.await?)
    }
}

fn raw(row: &Row<'_>) -> rusqlite::Result<Raw> {
    Ok(Raw {
        run: RunKey(row.get(0)?),
        id: row.get(1)?,
        workflow_id: row.get(2)?,
        workflow_slug: row.get(3)?,
        workflow_version: row.get(4)?,
        status: row.get(5)?,
        external_id: row.get(6)?,
        created_at: Millis(row.get(7)?),
        completed_at: row.get::<_, Option<i64>>(8)?.map(Millis),
        output: row.get(9)?,
        error: row.get(10)?,
        failed_step: row.get(11)?,
        program: ProgramHash(row.get(12)?),
        values: HashMap::new(),
        entries: Vec::new(),
    })
}

impl Raw {
    /// The execution; without its steps when this release cannot read their program.
    fn fold(self, program: Option<&Program>) -> Result<ExecutionRow, Fault> {
        let mut steps: Vec<StepRow> = Vec::new();
        if let Some(program) = program {
            for (at, entry) in &self.entries {
                for record in &entry.records {
                    apply(record, *at, &self.values, program, &mut steps)?;
                }
            }
        }
        let error: Option<ErrorInfo> = self
            .error
            .as_deref()
            .map(serde_json::from_str)
            .transpose()
            .map_err(|_| Fault::Damaged("an execution's error"))?;
        let failed = self.failed_step.and_then(|ordinal| steps.get(ordinal as usize));
        let status: ExecutionStatus =
            status_of(self.status).ok_or(Fault::Damaged("an execution's status"))?;
        Ok(ExecutionRow {
            run: self.run,
            id: self.id,
            workflow_id: self.workflow_id,
            workflow_slug: self.workflow_slug,
            workflow_version: self.workflow_version,
            program: self.program,
            status,
            inputs: self.values.get(&0).cloned().unwrap_or(Value::Null),
            external_id: self.external_id,
            created_at: self.created_at,
            completed_at: self.completed_at,
            output: self.output.and_then(|id| self.values.get(&id).cloned()),
            error,
            failed_step: failed.map(|step| (step.id.clone(), step.node_id.clone())),
            steps,
        })
    }
}

/// Moves the steps on by one record.
fn apply(
    record: &EntryRecord,
    at: Millis,
    values: &HashMap<u32, Value>,
    program: &Program,
    steps: &mut Vec<StepRow>,
) -> Result<(), Fault> {
    let missing = Fault::Damaged("a step that the journal does not start");
    match record {
        EntryRecord::StepStarted { step_id, step, input, status, .. } => {
            let info = program.step(*step).ok_or(missing)?;
            steps.push(StepRow {
                id: step_id.clone(),
                node_id: info.id.clone(),
                kind: info.kind.wire_type(),
                status: *status,
                input: input.and_then(|id| values.get(&id).cloned()),
                output: None,
                error: None,
                attempts: 1,
                started_at: at,
                completed_at: None,
            });
        }
        EntryRecord::StepRetried { ordinal, attempts, error } => {
            let step = steps.get_mut(*ordinal as usize).ok_or(missing)?;
            step.attempts = *attempts;
            step.error = Some(error.clone());
        }
        EntryRecord::StepFinished { ordinal, status, output, error, attempts } => {
            let step = steps.get_mut(*ordinal as usize).ok_or(missing)?;
            step.status = *status;
            step.output = output.and_then(|id| values.get(&id).cloned());
            step.error = error.clone();
            step.attempts = (*attempts).max(1);
            step.completed_at = Some(at);
        }
        EntryRecord::ApprovalRequested { ordinal } => {
            let step = steps.get_mut(*ordinal as usize).ok_or(missing)?;
            step.status = StepStatus::AwaitingApproval;
        }
        EntryRecord::ExecutionRunning
        | EntryRecord::ErrorBodyKept { .. }
        | EntryRecord::ApprovalClosed { .. }
        | EntryRecord::EventAwaited { .. }
        | EntryRecord::EventClosed { .. }
        | EntryRecord::Emitted { .. }
        | EntryRecord::TimerSet { .. }
        | EntryRecord::TimerCleared { .. }
        | EntryRecord::ExecutionFinished { .. } => {}
    }
    Ok(())
}
