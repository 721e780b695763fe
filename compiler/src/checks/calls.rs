//! Which failures calls are retried on, and which they route.

use super::Context;
use crate::diagnostic::{Applicability, Code, Diagnostic};
use crate::flow::StepIx;
use crate::text::{Name, Span};
use crate::tree::{CallStep, Retry, Step, StepKind};

/// The status that means "too many requests" (RFC 6585).
const TOO_MANY_REQUESTS: &str = "429";

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
        let named = call.retry.iter().flat_map(|retry| retry.retry_on.iter().flatten());
        let advice = match named.into_iter().any(|on| on.value == TOO_MANY_REQUESTS) {
            true => "keep \"429\" alone: a request that was refused was not carried out",
            false => {
                "leave the list out: then it is retried where the request was certainly not carried out"
            }
        };
        diagnostics.push(
            Diagnostic::new(Code::UnsafeRetry, on.span, message)
                .note("the service may have done it, and failed to say so")
                .help(advice),
        );
    }
}

/// A retry of its own reasons that leaves out the one that the service is known to give.
pub(super) fn rate_limit_not_retried(context: &Context<'_>, diagnostics: &mut Vec<Diagnostic>) {
    for (at, step, call) in calls(context) {
        let facts = context.operation(at).and_then(|o| Some((o, o.rate_limit_per_minute?)));
        let (Some((operation, limit)), Some(retry)) = (facts, &call.retry) else { continue };
        // An empty list says that nothing is to be retried.
        let Some((last, on)) = retry.retry_on.as_ref().and_then(|on| Some((on.last()?, on))) else {
            continue;
        };
        if is_once(retry) || on.iter().any(|on| on.value == TOO_MANY_REQUESTS) {
            continue;
        }
        let message =
            format!("\"{}\" is not retried when the service asks to slow down", step.id.value);
        let (source, declared) = operation.declared;
        let added = context.words(", 429", ", \"429\"");
        diagnostics.push(
            Diagnostic::new(Code::RateLimitNotRetried, last.span, message)
                .label("leaves out \"429\"")
                .and_in(source, declared, format!("takes {limit} requests a minute"))
                .note("beyond its limit a service refuses with status 429, and the run would fail")
                .fix(
                    "add \"429\": a request that was refused can be sent again",
                    Span { start: last.span.end, end: last.span.end },
                    added,
                    Applicability::Maybe,
                ),
        );
    }
}

/// Whether a policy allows no second attempt.
fn is_once(retry: &Retry) -> bool {
    retry.max_attempts.as_ref().is_some_and(|attempts| attempts.value <= 1)
}

/// The first failure of a policy after which the request may have been carried out.
fn repeats_what_may_be_done(retry: &Retry) -> Option<&Name> {
    let once = is_once(retry);
    let mut named = retry.retry_on.iter().flatten();
    named.find(|on| {
        let server = status(&on.value).is_some_and(|status| status >= 500);
        !once && (server || matches!(on.value.as_str(), "5xx" | "timeout" | "network"))
    })
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
