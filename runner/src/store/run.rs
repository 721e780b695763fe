//! What the store must know of a run to write its next transition, kept in memory while the run moves.

use super::entry::{Entry, EntryRecord};
use super::fault::Fault;
use super::{Store, StoreError};
use crate::engine::RunKey;
use crate::limits::{JOURNAL_ENTRIES_MAX, RUN_CONTEXTS_CACHED_MAX};
use crate::machine::StepOrdinal;
use rusqlite::{OptionalExtension, Row};
use std::sync::{Arc, PoisonError};
use writ_compiler::bytecode::{Program, ProgramHash, StepInfo};

/// A run, as its next transition needs it.
#[derive(Debug, Clone)]
pub(super) struct RunContext {
    /// Transitions so far.
    pub(super) seq: u64,
    /// Journal entries so far.
    pub(super) entries: i64,
    /// What does not change.
    pub(super) facts: Arc<RunFacts>,
    /// Its steps so far, by ordinal.
    pub(super) steps: Vec<StepFacts>,
}

/// What does not change while a run moves.
#[derive(Debug)]
pub(super) struct RunFacts {
    /// `exe_...`
    pub(super) execution_id: String,
    /// `wkf_...`
    pub(super) workflow_id: String,
    pub(super) workflow_slug: String,
    pub(super) workflow_version: u32,
    pub(super) external_id: Option<String>,
    /// None when this release cannot run it.
    pub(super) program: Option<Arc<Program>>,
}

impl RunContext {
    /// A step that was started.
    pub(super) fn step(&self, ordinal: StepOrdinal) -> Option<&StepFacts> {
        self.steps.get(ordinal.0 as usize)
    }

    /// What the program says of a step that was started.
    pub(super) fn info(&self, ordinal: StepOrdinal) -> Option<&StepInfo> {
        self.facts.program.as_ref()?.step(self.step(ordinal)?.step)
    }
}

/// A step that was started.
#[derive(Debug, Clone)]
pub(super) struct StepFacts {
    /// Index into the program's steps.
    pub(super) step: u32,
    /// `stp_...`
    pub(super) id: String,
}

/// A row of `executions` with its workflow, before its program is at hand.
struct Found {
    seq: u64,
    entries: i64,
    execution_id: String,
    workflow_id: String,
    workflow_slug: String,
    workflow_version: u32,
    external_id: Option<String>,
    program: ProgramHash,
    steps: Vec<StepFacts>,
}

/// Where a run's journal entries are kept.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entries {
    /// The key of its first entry.
    pub(super) first: i64,
    /// The last key that it may use.
    pub(super) last: i64,
}

impl Entries {
    pub(super) fn of(run: RunKey) -> Self {
        let first = run.0.saturating_mul(JOURNAL_ENTRIES_MAX);
        Self { first, last: first.saturating_add(JOURNAL_ENTRIES_MAX - 1) }
    }
}

impl Store {
    /// Takes a run's context out of memory, or reads it. It is put back with [`Store::keep_run`] once it is right again.
    pub(super) async fn take_run(&self, run: RunKey, seq: u64) -> Result<RunContext, StoreError> {
        let kept = self.inner.runs.lock().unwrap_or_else(PoisonError::into_inner).remove(&run);
        match kept {
            // Another process may have moved it.
            Some(kept) if kept.seq == seq => Ok(kept),
            Some(_) | None => self.read_run(run).await,
        }
    }

    /// Remembers a run for its next transition.
    pub(super) fn keep_run(&self, run: RunKey, context: RunContext) {
        let mut runs = self.inner.runs.lock().unwrap_or_else(PoisonError::into_inner);
        if runs.len() >= RUN_CONTEXTS_CACHED_MAX {
            runs.clear();
        }
        runs.insert(run, context);
    }

    async fn read_run(&self, run: RunKey) -> Result<RunContext, StoreError> {
        let found = self.read(move |db| {
            let sql =
                "SELECT e.seq, e.entries, e.id, w.id, w.slug, e.version, e.external_id, v.program
                 FROM executions e JOIN workflows w ON w.key = e.workflow
                 JOIN workflow_versions v ON v.workflow = e.workflow AND v.version = e.version
                 WHERE e.run = ?1";
            let row = db.prepare_cached(sql)?.query_row([run.0], found).optional()?;
            let Some(mut found) = row else { return Ok(None) };
            let sql =
                "SELECT body FROM journal WHERE key BETWEEN ?1 AND ?2 AND payload IS NULL ORDER BY key";
            let mut rows = db.prepare_cached(sql)?;
            let Entries { first, last } = Entries::of(run);
            let mut rows = rows.query([first, last])?;
            while let Some(row) = rows.next()? {
                found.steps.extend(started(&decode(&row.get::<_, Vec<u8>>(0)?)?));
            }
            Ok(Some(found))
        });
        let found = found.await?.ok_or(StoreError::NotFound)?;
        let program = self.usable_program(found.program).await?;
        let facts = Arc::new(RunFacts {
            execution_id: found.execution_id,
            workflow_id: found.workflow_id,
            workflow_slug: found.workflow_slug,
            workflow_version: found.workflow_version,
            external_id: found.external_id,
            program,
        });
        Ok(RunContext { seq: found.seq, entries: found.entries, facts, steps: found.steps })
    }
}

fn found(row: &Row<'_>) -> rusqlite::Result<Found> {
    Ok(Found {
        seq: u64::try_from(row.get::<_, i64>(0)?).unwrap_or(0),
        entries: row.get(1)?,
        execution_id: row.get(2)?,
        workflow_id: row.get(3)?,
        workflow_slug: row.get(4)?,
        workflow_version: row.get(5)?,
        external_id: row.get(6)?,
        program: ProgramHash(row.get(7)?),
        steps: Vec::new(),
    })
}

/// A transition of the journal.
pub(super) fn decode(body: &[u8]) -> Result<Entry, Fault> {
    postcard::from_bytes(body).map_err(|_| Fault::Damaged("a transition of the journal"))
}

/// The steps that a transition started, in order.
pub(super) fn started(entry: &Entry) -> impl Iterator<Item = StepFacts> + '_ {
    entry.records.iter().filter_map(|record| match record {
        EntryRecord::StepStarted { step_id, step, .. } => {
            Some(StepFacts { step: *step, id: step_id.clone() })
        }
        EntryRecord::ExecutionRunning
        | EntryRecord::StepRetried { .. }
        | EntryRecord::StepFinished { .. }
        | EntryRecord::ErrorBodyKept { .. }
        | EntryRecord::ApprovalRequested { .. }
        | EntryRecord::ApprovalClosed { .. }
        | EntryRecord::EventAwaited { .. }
        | EntryRecord::EventClosed { .. }
        | EntryRecord::Emitted { .. }
        | EntryRecord::TimerSet { .. }
        | EntryRecord::TimerCleared { .. }
        | EntryRecord::ExecutionFinished { .. } => None,
    })
}
