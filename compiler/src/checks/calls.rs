//! Which failures calls are retried on, and which they route.

use super::Context;
use crate::diagnostic::{Code, Diagnostic};
use crate::flow::StepIx;
use crate::text::Name;
use crate::tree::{CallStep, Retry, Step, StepKind};

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
