//! What a run waits for: timers, approvals and events, in tables of their own, so that they are found without reading the run.

use super::events::{self, Subscription};
use super::payload::{shown_label, shown_part};
use super::run::RunContext;
use super::writer::Tx;
use crate::machine::Record;
use crate::vault::OrgKey;
use rusqlite::params;
use sha2::{Digest, Sha256};

/// A change to what a run waits for.
pub(super) enum WaitRow {
    TimerSet { frame: u32, timer: u32, due: i64 },
    TimerCleared { frame: u32 },
    ApprovalRequested(Box<Requested>),
    ApprovalClosed { ordinal: u32 },
    EventAwaited(Box<Subscription>),
    EventClosed { ordinal: u32, came: bool },
}

pub(super) struct Requested {
    ordinal: u32,
    step_id: String,
    node_id: String,
    frame: u32,
    label: String,
    assign_to: Option<String>,
    data: Option<String>,
    data_hash: [u8; 32],
    due: Option<i64>,
    not_initiator: bool,
}

impl WaitRow {
    /// The change that a record makes, if it makes one.
    pub(super) fn of(record: &Record, context: &RunContext) -> Option<Self> {
        match record {
            Record::TimerSet { frame, timer, due } => {
                Some(Self::TimerSet { frame: frame.0, timer: *timer, due: due.0 })
            }
            Record::TimerCleared { frame } => Some(Self::TimerCleared { frame: frame.0 }),
            Record::ApprovalClosed { ordinal } => Some(Self::ApprovalClosed { ordinal: ordinal.0 }),
            Record::ApprovalRequested {
                ordinal,
                frame,
                label,
                assign_to,
                data,
                due,
                not_initiator,
            } => {
                let step = context.step(*ordinal)?;
                let info = context.info(*ordinal);
                let data = data.as_ref().map(|data| shown_part(info, "data", data).to_json());
                let label = shown_label(info, label);
                let shown = format!("{label}\n{}", data.as_deref().unwrap_or_default());
                Some(Self::ApprovalRequested(Box::new(Requested {
                    ordinal: ordinal.0,
                    step_id: step.id.clone(),
                    node_id: info.map_or_else(String::new, |info| info.id.clone()),
                    frame: frame.0,
                    label,
                    assign_to: assign_to.clone(),
                    data,
                    data_hash: Sha256::digest(shown).into(),
                    due: due.map(|due| due.0),
                    not_initiator: *not_initiator,
                })))
            }
            Record::EventAwaited { ordinal, frame, event, correlation } => {
                let info = context.info(*ordinal).and_then(|info| info.event.as_ref());
                Some(Self::EventAwaited(Box::new(Subscription {
                    ordinal: ordinal.0,
                    frame: frame.0,
                    event: event.clone(),
                    correlation: correlation.clone(),
                    wants: info.and_then(|info| info.data.clone()),
                })))
            }
            Record::EventClosed { ordinal, came } => {
                Some(Self::EventClosed { ordinal: ordinal.0, came: *came })
            }
            Record::ExecutionRunning
            | Record::StepStarted { .. }
            | Record::StepRetried { .. }
            | Record::StepFinished { .. }
            | Record::ErrorBodyKept { .. }
            | Record::Emitted { .. }
            | Record::ExecutionFinished { .. } => None,
        }
    }

    pub(super) fn write(
        &self,
        tx: &Tx<'_>,
        key: &OrgKey,
        run: i64,
        at: i64,
    ) -> rusqlite::Result<()> {
        match self {
            Self::TimerSet { frame, timer, due } => tx.execute(
                "INSERT INTO timers (run, frame, timer, due) VALUES (?1, ?2, ?3, ?4)
                 ON CONFLICT (run, frame) DO UPDATE SET timer = excluded.timer, due = excluded.due",
                params![run, frame, timer, due],
            ),
            Self::TimerCleared { frame } => {
                tx.execute("DELETE FROM timers WHERE run = ?1 AND frame = ?2", params![run, frame])
            }
            Self::ApprovalRequested(row) => tx.execute(
                "INSERT INTO approvals (run, ordinal, step_id, node_id, frame, label, assign_to, data,
                   data_hash, due, not_initiator, requested_at)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
                params![
                    run,
                    row.ordinal,
                    row.step_id,
                    row.node_id,
                    row.frame,
                    row.label,
                    row.assign_to,
                    row.data,
                    row.data_hash,
                    row.due,
                    row.not_initiator,
                    at
                ],
            ),
            Self::ApprovalClosed { ordinal } => tx.execute(
                "DELETE FROM approvals WHERE run = ?1 AND ordinal = ?2",
                params![run, ordinal],
            ),
            Self::EventAwaited(subscription) => return subscription.write(tx, key, run, at),
            Self::EventClosed { ordinal, came } => return events::close(tx, key, (run, *ordinal), *came),
        }
        .map(drop)
    }
}
