//! Retries and time limits, with every default filled in.

use super::{Backoff, Checker, RetryOn, RetryPlan};
use crate::diagnostic::{Code, Diagnostic, did_you_mean};
use crate::limits::{ATTEMPTS_MAX, TIMEOUT_DEFAULT_MS, TIMEOUT_MAX_MS};
use crate::text::{Name, Spanned};
use crate::tree::Retry;

/// Attempts in all, when the author does not say.
const ATTEMPTS: u32 = 3;

/// The status that means "too many requests" (RFC 6585).
const TOO_MANY_REQUESTS: u16 = 429;

impl Checker<'_> {
    pub(super) fn retry(&mut self, written: Option<&Retry>, safe_to_repeat: bool) -> RetryPlan {
        let max_attempts = written.and_then(|retry| retry.max_attempts.as_ref());
        let backoff = written.and_then(|retry| retry.backoff.as_ref());
        let mut retry_on = match written.and_then(|retry| retry.retry_on.as_ref()) {
            Some(tokens) => tokens.iter().filter_map(|token| self.retry_on(token)).collect(),
            None if safe_to_repeat => vec![
                RetryOn::ServerError,
                RetryOn::Timeout,
                RetryOn::Network,
                RetryOn::Status(TOO_MANY_REQUESTS),
            ],
            // What was certainly not seen can be sent again.
            None => vec![RetryOn::NetworkBeforeSend, RetryOn::Status(TOO_MANY_REQUESTS)],
        };
        retry_on.sort_unstable();
        retry_on.dedup();
        RetryPlan {
            max_attempts: max_attempts.map_or(ATTEMPTS, |attempts| self.attempts(attempts)),
            backoff: backoff.map_or(Backoff::Exponential, |name| self.backoff(name)),
            retry_on,
        }
    }

    fn attempts(&mut self, written: &Spanned<u64>) -> u32 {
        match u32::try_from(written.value) {
            Ok(attempts) if (1..=ATTEMPTS_MAX).contains(&attempts) => attempts,
            _ => {
                let message = format!(
                    "{} attempts are not possible: from 1, the first try, to {ATTEMPTS_MAX}",
                    written.value
                );
                self.report(Diagnostic::new(Code::InvalidValue, written.span, message));
                ATTEMPTS
            }
        }
    }

    fn backoff(&mut self, written: &Name) -> Backoff {
        match written.value.as_str() {
            "exponential" => Backoff::Exponential,
            "fixed" => Backoff::Fixed,
            other => {
                let message = format!("there is no backoff \"{other}\"");
                let diagnostic = Diagnostic::new(Code::InvalidValue, written.span, message)
                    .note("there are \"exponential\" and \"fixed\"");
                let known = ["exponential", "fixed"].into_iter();
                let diagnostic = did_you_mean(diagnostic, written, known);
                self.report(diagnostic);
                Backoff::Exponential
            }
        }
    }

    fn retry_on(&mut self, written: &Name) -> Option<RetryOn> {
        match written.value.as_str() {
            "5xx" => Some(RetryOn::ServerError),
            "timeout" => Some(RetryOn::Timeout),
            "network" => Some(RetryOn::Network),
            other => {
                let status = other.parse().ok().filter(|status| (400..600).contains(status));
                if status.is_none() {
                    let message = format!("\"{other}\" is nothing that a call can be retried on");
                    let diagnostic = Diagnostic::new(Code::InvalidValue, written.span, message)
                        .note("there are \"5xx\", \"timeout\", \"network\", \"429\" and other statuses from 400 to 599");
                    let known = ["5xx", "timeout", "network", "429"].into_iter();
                    let diagnostic = did_you_mean(diagnostic, written, known);
                    self.report(diagnostic);
                }
                status.map(RetryOn::Status)
            }
        }
    }

    pub(super) fn timeout(&mut self, written: Option<&Spanned<u64>>) -> u64 {
        match written {
            None => TIMEOUT_DEFAULT_MS,
            Some(ms) if (1..=TIMEOUT_MAX_MS).contains(&ms.value) => ms.value,
            Some(ms) => {
                let message = match ms.value {
                    0 => "a time limit must be above nothing",
                    _ => "a call can wait five minutes at most for an answer",
                };
                self.report(Diagnostic::new(Code::InvalidValue, ms.span, message));
                TIMEOUT_DEFAULT_MS
            }
        }
    }
}
