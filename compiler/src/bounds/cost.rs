//! What one step takes at most.

use super::size;
use crate::checks::written_ns;
use crate::limits::RETRY_AFTER_MS_MAX;
use crate::tree::{Expr, Step, StepKind, WaitStep};
use crate::types::check::{RetryOn, RetryPlan, StepTyping};

const NS_PER_MS: i128 = 1_000_000;

/// What one step takes at most, whichever way it is left: a call that goes its `onError` route has made its attempts.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cost<'a> {
    /// The service that it calls.
    pub(super) service: Option<&'a str>,
    pub(super) attempts: u64,
    /// Where the service asks for no later attempt; `None` when nothing limits it.
    pub(super) duration_ms: Option<u64>,
    /// Where the service asks for the latest attempts that are granted.
    pub(super) asked_ms: Option<u64>,
    pub(super) stored_bytes: u64,
}

impl<'a> Cost<'a> {
    /// `None` for a step that could not be understood.
    pub(super) fn of(step: &'a Step, typing: Option<&'a StepTyping>) -> Option<Self> {
        let stored_bytes = size::stored(step, typing)?;
        let quick = Self {
            service: None,
            attempts: 0,
            duration_ms: Some(0),
            asked_ms: Some(0),
            stored_bytes,
        };
        let takes = |ms: Option<u64>| Self { duration_ms: ms, asked_ms: ms, ..quick };
        Some(match &step.kind {
            StepKind::Call(_) => {
                let plan = typing?.call.as_ref()?;
                let attempts = attempts(&plan.retry);
                let tries = u64::from(attempts).saturating_mul(plan.timeout_ms);
                let delays = |asked| tries.saturating_add(delays_ms(&plan.retry, attempts, asked));
                Self {
                    service: Some(&plan.service),
                    attempts: attempts.into(),
                    duration_ms: Some(delays(0)),
                    asked_ms: Some(delays(asked_ms(&plan.retry))),
                    ..quick
                }
            }
            StepKind::Wait(WaitStep::Duration { duration }) => takes(written_ms(duration)),
            // How far away it is depends on when the run comes there.
            StepKind::Wait(WaitStep::Until { .. }) => takes(None),
            StepKind::Wait(WaitStep::Event { timeout_ms, .. }) => {
                takes(timeout_ms.as_ref().map(|ms| ms.value))
            }
            StepKind::Approval(approval) => takes(approval.timeout_ms.as_ref().map(|ms| ms.value)),
            StepKind::Decide(_) | StepKind::Transform(_) | StepKind::Emit(_) | StepKind::End(_) => {
                quick
            }
            StepKind::Error => return None,
        })
    }
}

/// How many attempts are made: one, when no failure is worth another.
fn attempts(retry: &RetryPlan) -> u32 {
    if retry.retry_on.is_empty() { 1 } else { retry.max_attempts }
}

/// The delays between this many attempts, when the service asks for this long before each.
fn delays_ms(retry: &RetryPlan, attempts: u32, asked_ms: u64) -> u64 {
    let delays = (1..attempts).map(|attempt| retry.backoff.delay_ms_max(attempt).max(asked_ms));
    delays.fold(0, u64::saturating_add)
}

/// How long the service can make a repeat wait: only an answer can ask for it, and only one that is retried.
fn asked_ms(retry: &RetryPlan) -> u64 {
    let answered = retry.retry_on.iter().any(|on| match on {
        RetryOn::ServerError | RetryOn::Status(_) => true,
        RetryOn::Timeout | RetryOn::Network | RetryOn::NetworkBeforeSend => false,
    });
    if answered { RETRY_AFTER_MS_MAX } else { 0 }
}

/// A wait that is written down, rounded up as the runner does.
fn written_ms(duration: &Expr) -> Option<u64> {
    let ns = written_ns(duration)?.max(0);
    u64::try_from(ns.checked_add(NS_PER_MS - 1)? / NS_PER_MS).ok()
}
