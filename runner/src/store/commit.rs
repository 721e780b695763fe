//! Committing transitions.

use super::audit::AuditRow;
use super::entry::{Entry, status_number};
use super::outbox::{NewDelivery, Outbox};
use super::payload::{Kept, Secrecy};
use super::run::{Entries, RunContext, StepFacts};
use super::waits::WaitRow;
use super::writer::Tx;
use super::{Store, StoreError, events};
use crate::engine::{Actor, Commit, JournalError, RunKey};
use crate::limits::JOURNAL_ENTRIES_MAX;
use crate::machine::{Decision, EventKind, ExecutionStatus, Payload, Record, StepOrdinal};
use crate::vault::OrgKey;
use rusqlite::params;
use std::sync::Arc;

/// Everything that a transition writes, ready to be bound.
struct Prepared {
    run: i64,
    seq: u64,
    at: i64,
    status: ExecutionStatus,
    /// The first free place in the journal.
    n: i64,
    entry: Vec<u8>,
    values: Vec<Kept>,
    state: Option<Vec<u8>>,
    end: Option<End>,
    rows: Vec<WaitRow>,
    audit: Option<(AuditRow, Option<u32>)>,
    deliveries: Vec<NewDelivery>,
    /// Unseals events that are kept.
    key: Arc<OrgKey>,
}

/// How a run ended.
struct End {
    output: Option<u32>,
    error: Option<String>,
    failed_step: Option<u32>,
}

impl Store {
    /// Commits a transition; the journal's own door.
    pub(super) async fn commit_transition(&self, commit: Commit) -> Result<(), JournalError> {
        let mut context = self.take_run(commit.run, commit.seq).await.map_err(journal_error)?;
        if context.seq != commit.seq {
            return Err(JournalError::Conflict);
        }
        let (run, ended) = (commit.run, is_end(commit.status));
        let prepared = self.prepare(commit, &mut context).await.map_err(journal_error)?;
        let (seq, entries) = (prepared.seq + 1, prepared.n + 1 + count(prepared.values.len()));
        if entries > JOURNAL_ENTRIES_MAX {
            let what = format!("a run's journal has at most {JOURNAL_ENTRIES_MAX} entries");
            return Err(JournalError::Unavailable(what));
        }
        let moved = self.write(move |tx| prepared.write(tx)).await?;
        if !moved {
            return Err(JournalError::Conflict);
        }
        if !ended {
            self.keep_run(run, RunContext { seq, entries, ..context });
        }
        Ok(())
    }

    async fn prepare(
        &self,
        commit: Commit,
        context: &mut RunContext,
    ) -> Result<Prepared, StoreError> {
        for record in &commit.records {
            if let Record::StepStarted { step_id, step, .. } = record {
                context.steps.push(StepFacts { step: *step, id: step_id.clone() });
            }
        }
        let mut values = Vec::new();
        for record in &commit.records {
            if let Some((payload, secrecy)) = value_of(record, context) {
                let id = &context.facts.execution_id;
                let kept =
                    Kept::new(&self.inner.org_key, id, payload.id.0, &payload.value, &secrecy);
                values.push(kept?);
            }
        }
        let deliveries = self.deliveries(&commit, context, &values).await?;
        let entry = Entry::new(&commit.event, commit.actor.as_ref(), &commit.records);
        let entry = postcard::to_stdvec(&entry)
            .map_err(|error| StoreError::Unavailable(error.to_string()))?;
        let end = commit.records.iter().find_map(|record| match record {
            Record::ExecutionFinished { output, error, failed_step, .. } => Some(End {
                output: output.map(|id| id.0),
                error: error.as_ref().and_then(|error| serde_json::to_string(error).ok()),
                failed_step: failed_step.map(|ordinal| ordinal.0),
            }),
            _ => None,
        });
        Ok(Prepared {
            run: commit.run.0,
            seq: commit.seq,
            at: commit.event.at.0,
            status: commit.status,
            n: context.entries,
            entry,
            values,
            state: (!is_end(commit.status)).then_some(commit.state),
            end,
            rows: commit.records.iter().filter_map(|record| WaitRow::of(record, context)).collect(),
            audit: audit(&commit.event.kind, commit.actor.as_ref(), &commit.records, context)
                .map(|(row, ordinal)| (AuditRow { at: commit.event.at, ..row }, ordinal)),
            deliveries,
            key: Arc::clone(&self.inner.org_key),
        })
    }

    async fn deliveries(
        &self,
        commit: &Commit,
        context: &RunContext,
        kept: &[Kept],
    ) -> Result<Vec<NewDelivery>, StoreError> {
        let subscribers = self.subscribers().await?;
        if subscribers.is_empty() {
            return Ok(Vec::new());
        }
        let wanted = Outbox::wanted(&subscribers, commit, kept);
        let earlier = if wanted.is_empty() {
            Vec::new()
        } else {
            let Entries { first, last } = Entries::of(commit.run);
            let read = self.read(move |db| {
                let sql =
                    "SELECT payload, body FROM journal WHERE key BETWEEN ?1 AND ?2 AND payload IS NOT NULL";
                let mut rows = db.prepare_cached(sql)?;
                let rows = rows.query_map([first, last], |row| Ok((row.get(0)?, row.get(1)?)))?;
                Ok(rows.collect::<rusqlite::Result<Vec<(u32, String)>>>()?)
            });
            read.await?.into_iter().filter(|(id, _)| wanted.contains(id)).collect()
        };
        let outbox = Outbox {
            org_id: self.org_id(),
            subscribers: &subscribers,
            run: context,
            kept,
            earlier: &earlier,
        };
        Ok(outbox.deliveries(commit))
    }
}

impl Prepared {
    /// Writes it; `false`, and nothing, when the run has moved on.
    fn write(&self, tx: &Tx<'_>) -> rusqlite::Result<bool> {
        let entries = self.n + 1 + count(self.values.len());
        let waits = self.rows.iter().rev().find_map(|row| match row {
            WaitRow::TimerSet { .. } | WaitRow::EventAwaited(_) => Some(true),
            WaitRow::TimerCleared { .. } | WaitRow::EventClosed { .. } => Some(false),
            WaitRow::ApprovalRequested(_) | WaitRow::ApprovalClosed { .. } => None,
        });
        // What waits for a timer or an event is woken by it; a restart need not take it up.
        let runnable = self.status == ExecutionStatus::Running && waits != Some(true);
        if !self.move_run(tx, entries, runnable)? {
            return Ok(false);
        }
        let insert =
            "INSERT INTO journal (key, at, payload, body, sealed) VALUES (?1, ?2, ?3, ?4, ?5)";
        let first = Entries::of(RunKey(self.run)).first;
        for (key, value) in (first + self.n..).zip(&self.values) {
            tx.execute(insert, params![key, None::<i64>, value.id, value.text, value.sealed])?;
        }
        let key = first + entries - 1;
        tx.execute(insert, params![key, self.at, None::<u32>, self.entry, None::<Vec<u8>>])?;
        if let Some((row, ordinal)) = &self.audit {
            // Before the approval's row goes: the hash of what was shown is taken from it.
            row.write_of_decision(tx, ordinal.map(|ordinal| (self.run, ordinal)))?;
        }
        self.rows.iter().try_for_each(|row| row.write(tx, &self.key, self.run, self.at))?;
        if self.end.is_some() {
            // A run that no release can continue cannot say what it waited for; nothing may wake it any more.
            tx.execute("DELETE FROM timers WHERE run = ?1", [self.run])?;
            tx.execute("DELETE FROM approvals WHERE run = ?1", [self.run])?;
            events::close_all(tx, &self.key, self.run)?;
        }
        for delivery in &self.deliveries {
            tx.execute(
                "INSERT INTO deliveries (id, endpoint, event, body, attempts, due, delivered, created_at)
                 VALUES (?1, ?2, ?3, ?4, 0, ?5, 0, ?5)",
                params![delivery.id, delivery.endpoint, delivery.event, delivery.body, self.at],
            )?;
        }
        if !self.deliveries.is_empty() {
            tx.fills_outbox();
        }
        Ok(true)
    }

    /// Moves the run's row on; `false` when the run has moved on already.
    fn move_run(&self, tx: &Tx<'_>, entries: i64, runnable: bool) -> rusqlite::Result<bool> {
        let (seq, status) = (count(self.seq), status_number(self.status));
        // Most transitions leave a run as runnable as it was: then the index of those is not written.
        if runnable {
            let moved = tx.execute(
                "UPDATE executions SET status = ?3, seq = seq + 1, entries = ?4, state = ?5
                 WHERE run = ?1 AND seq = ?2 AND runnable = 1",
                params![self.run, seq, status, entries, self.state],
            )?;
            if moved > 0 {
                return Ok(true);
            }
        }
        let end = self.end.as_ref();
        let moved = tx.execute(
            "UPDATE executions SET status = ?3, runnable = ?4, seq = seq + 1, entries = ?5, state = ?6,
               completed_at = ?7, output = ?8, error = ?9, failed_step = ?10
             WHERE run = ?1 AND seq = ?2",
            params![
                self.run,
                seq,
                status,
                runnable,
                entries,
                self.state,
                end.map(|_| self.at),
                end.and_then(|end| end.output),
                end.and_then(|end| end.error.as_deref()),
                end.and_then(|end| end.failed_step)
            ],
        )?;
        Ok(moved > 0)
    }
}

/// The value that a record brings, and what is secret in it.
fn value_of<'a>(record: &'a Record, context: &'a RunContext) -> Option<(&'a Payload, Secrecy<'a>)> {
    let schema = |ordinal: StepOrdinal, output: bool| -> Secrecy<'a> {
        match context.info(ordinal) {
            Some(info) => Secrecy::Schema(if output { &info.output } else { &info.input }),
            None => Secrecy::Whole,
        }
    };
    match record {
        Record::StepStarted { ordinal, input: Some(input), .. } => {
            Some((input, schema(*ordinal, false)))
        }
        Record::StepFinished { ordinal, output: Some(output), .. } => {
            Some((output, schema(*ordinal, true)))
        }
        Record::ErrorBodyKept { body, .. } => Some((body, Secrecy::Whole)),
        Record::ExecutionRunning
        | Record::StepStarted { .. }
        | Record::StepRetried { .. }
        | Record::StepFinished { .. }
        | Record::ApprovalRequested { .. }
        | Record::ApprovalClosed { .. }
        | Record::EventAwaited { .. }
        | Record::EventClosed { .. }
        | Record::Emitted { .. }
        | Record::TimerSet { .. }
        | Record::TimerCleared { .. }
        | Record::ExecutionFinished { .. } => None,
    }
}

/// The audit row of what a person, or a key, did; and the approval it was about.
fn audit(
    event: &EventKind,
    actor: Option<&Actor>,
    records: &[Record],
    context: &RunContext,
) -> Option<(AuditRow, Option<u32>)> {
    let id = &context.facts.execution_id;
    let by = actor.cloned().unwrap_or_default();
    match event {
        EventKind::Decided { decision, notes, .. } => {
            let action = match decision {
                Decision::Approve => "approval.approved",
                Decision::Reject => "approval.rejected",
            };
            let ordinal = records.iter().find_map(|record| match record {
                Record::ApprovalClosed { ordinal } => Some(ordinal.0),
                _ => None,
            });
            let step = ordinal.and_then(|ordinal| context.steps.get(ordinal as usize));
            let detail = serde_json::json!({"stepId": step.map(|step| &step.id), "notes": notes});
            Some((AuditRow::new(action, id, &by).with(&detail), ordinal))
        }
        EventKind::Cancelled { reason, .. } => {
            let detail = serde_json::json!({ "reason": reason });
            Some((AuditRow::new("execution.cancelled", id, &by).with(&detail), None))
        }
        EventKind::Abandoned { reason } => {
            let detail = serde_json::json!({ "reason": reason });
            Some((AuditRow::new("execution.abandoned", id, &by).with(&detail), None))
        }
        EventKind::Started
        | EventKind::CallSucceeded { .. }
        | EventKind::CallFailed { .. }
        | EventKind::TimerFired { .. }
        // Who sent it is on the row of its acceptance.
        | EventKind::EventReceived { .. } => None,
    }
}

fn is_end(status: ExecutionStatus) -> bool {
    match status {
        ExecutionStatus::Pending | ExecutionStatus::Running | ExecutionStatus::AwaitingApproval => {
            false
        }
        ExecutionStatus::Succeeded | ExecutionStatus::Failed | ExecutionStatus::Cancelled => true,
    }
}

/// A number that is counted up from zero, as SQLite keeps it.
fn count(n: impl TryInto<i64>) -> i64 {
    n.try_into().unwrap_or(i64::MAX)
}

fn journal_error(error: StoreError) -> JournalError {
    match error {
        StoreError::NotFound => JournalError::NotFound,
        StoreError::Unavailable(what) => JournalError::Unavailable(what),
        StoreError::SlugTaken => JournalError::Unavailable(error.to_string()),
    }
}
