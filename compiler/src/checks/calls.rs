//! How calls are retried, how long they may take, and which failures they route.

use super::Context;
use crate::diagnostic::{Code, Diagnostic, did_you_mean};
use crate::flow::StepIx;
use crate::limits::{ATTEMPTS_MAX, CALL_TIMEOUT_MS_MAX};
use crate::text::Name;
use crate::tree::{CallStep, Retry, Step, StepKind};

/// The names of failures that are worth another attempt.
const RETRY_ON: [&str; 4] = ["5xx", "timeout", "network", "429"];

/// The names of the ways in which the delay between attempts grows.
const BACKOFFS: [&str; 2] = ["exponential", "fixed"];

fn calls<'c>(context: &Context<'c>) -> impl Iterator<Item = (StepIx, &'c Step, &'c CallStep)> {
    context.steps().filter_map(|(at, step)| match &step.kind {
        StepKind::Call(call) => Some((at, step, call)),
        StepKind::Decide(_)
        | StepKind::Transform(_)
        | StepKind::Wait(_)
        | StepKind::Emit(_)
        | StepKind::Approval(_)
        | StepKind::End(_)
        | StepKind::Error => None,
    })
}

/// A retry policy that means nothing.
pub(super) fn retry(context: &Context<'_>, diagnostics: &mut Vec<Diagnostic>) {
    for retry in calls(context).filter_map(|(_, _, call)| call.retry.as_ref()) {
        if let Some(attempts) = &retry.max_attempts
            && !(1..=ATTEMPTS_MAX).contains(&attempts.value)
        {
            let message =
                format!("{} attempts: from 1 to {ATTEMPTS_MAX} are possible", attempts.value);
            diagnostics.push(
                Diagnostic::new(Code::InvalidValue, attempts.span, message)
                    .note("the first attempt counts: 1 means that nothing is retried"),
            );
        }
        if let Some(backoff) = &retry.backoff
            && !BACKOFFS.contains(&backoff.value.as_str())
        {
            let message = format!("\"{}\" is no backoff", backoff.value);
            let found = Diagnostic::new(Code::InvalidValue, backoff.span, message);
            diagnostics.push(
                did_you_mean(found, backoff, BACKOFFS.into_iter())
                    .note("the backoffs are \"exponential\" and \"fixed\""),
            );
        }
        for on in retry.retry_on.iter().flatten().filter(|on| !is_retryable(&on.value)) {
            let message = format!("\"{}\" is nothing to retry on", on.value);
            let found = Diagnostic::new(Code::InvalidValue, on.span, message);
            diagnostics.push(did_you_mean(found, on, RETRY_ON.into_iter()).note(
                "it can be \"5xx\", \"timeout\", \"network\", \"429\", or a status from 400 to 599",
            ));
        }
    }
}

fn is_retryable(word: &str) -> bool {
    RETRY_ON.contains(&word) || status(word).is_some_and(|status| (400..600).contains(&status))
}

/// The status that a word is, if it is a number.
fn status(word: &str) -> Option<u64> {
    let digits = !word.is_empty() && word.bytes().all(|b| b.is_ascii_digit());
    digits.then(|| word.parse().unwrap_or(u64::MAX))
}

/// A retry after which an operation may have been done twice.
pub(super) fn unsafe_retry(context: &Context<'_>, diagnostics: &mut Vec<Diagnostic>) {
    for (at, step, call) in calls(context) {
        let Some(on) = call.retry.as_ref().and_then(repeats_what_may_be_done) else { continue };
        if context.operation(at).is_none_or(|operation| operation.safe_to_repeat) {
            continue;
        }
        let message = format!(
            "\"{}\" repeats a request that is not safe to repeat after \"{}\"",
            step.id.value, on.value
        );
        diagnostics.push(
            Diagnostic::new(Code::UnsafeRetry, on.span, message)
                .note("the service may have done it, and failed to say so")
                .help("retry on \"429\" only, or leave `retry` out: what is certainly safe is retried then"),
        );
    }
}

/// The first failure of a policy after which the request may have been carried out.
fn repeats_what_may_be_done(retry: &Retry) -> Option<&Name> {
    let once = retry.max_attempts.as_ref().is_some_and(|attempts| attempts.value <= 1);
    let mut named = retry.retry_on.iter().flatten();
    named.find(|on| {
        let server = status(&on.value).is_some_and(|status| status >= 500);
        !once && (server || matches!(on.value.as_str(), "5xx" | "timeout" | "network"))
    })
}

/// A time limit that is none, or beyond what the runner waits.
pub(super) fn timeout(context: &Context<'_>, diagnostics: &mut Vec<Diagnostic>) {
    for limit in calls(context).filter_map(|(_, _, call)| call.timeout_ms.as_ref()) {
        if !(1..=CALL_TIMEOUT_MS_MAX).contains(&limit.value) {
            let message = format!(
                "a call may take from 1 ms to {CALL_TIMEOUT_MS_MAX} ms, not {} ms",
                limit.value
            );
            diagnostics.push(
                Diagnostic::new(Code::InvalidValue, limit.span, message)
                    .help("for a service that takes longer, call again after a `wait`"),
            );
        }
    }
}

/// A class of failures that looks like statuses, and is none.
pub(super) fn error_class(context: &Context<'_>, diagnostics: &mut Vec<Diagnostic>) {
    let routes = calls(context).flat_map(|(_, _, call)| &call.on_error);
    for class in routes.filter_map(|route| route.class.as_ref()) {
        let word = class.value.as_str();
        let no_status = status(word).is_some_and(|status| !(400..600).contains(&status));
        let family = word.strip_suffix("xx").is_some_and(|digit| status(digit).is_some());
        if no_status || (family && word != "5xx") {
            let message = format!("\"{word}\" is no class of failures");
            diagnostics.push(Diagnostic::new(Code::InvalidValue, class.span, message).note(
                "it can be \"5xx\", \"timeout\", \"network\", a status from 400 to 599, or a code of the answer's body",
            ));
        }
    }
}
