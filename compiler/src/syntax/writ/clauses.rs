//! Clauses that several kinds of step share.

use super::reader::Reader;
use super::target::{self, last_target};
use crate::syntax::grammar::Rule;
use crate::text::Spanned;
use crate::tree::{ApprovalOutcome, ErrorRoute, Retry};
use pest::iterators::Pair;

/// `timeout 30s`, in milliseconds.
pub(super) fn timeout_clause(
    pair: Pair<'_, Rule>,
    reader: &mut Reader<'_>,
) -> Option<Spanned<u64>> {
    pair.into_inner().last().and_then(|duration| reader.duration(&duration))
}

/// `retry 3 exponential on 5xx, timeout`.
pub(super) fn retry_clause(pair: Pair<'_, Rule>, reader: &mut Reader<'_>) -> Retry {
    let span = reader.span(&pair);
    let mut retry = Retry { span, max_attempts: None, backoff: None, retry_on: None };
    for part in pair.into_inner() {
        match part.as_rule() {
            Rule::int => retry.max_attempts = reader.count(&part),
            Rule::backoff => retry.backoff = Some(reader.name(&part)),
            Rule::retry_on => {
                let classes = part.into_inner().filter(|p| p.as_rule() == Rule::class);
                retry.retry_on = Some(classes.map(|class| reader.name(&class)).collect());
            }
            _ => {}
        }
    }
    retry
}

/// `on error 404 -> step`.
pub(super) fn error_clause(
    pair: Pair<'_, Rule>,
    from: &str,
    reader: &mut Reader<'_>,
) -> Option<ErrorRoute> {
    let span = reader.span(&pair);
    let (mut class, mut target) = (None, None);
    for part in pair.into_inner() {
        match part.as_rule() {
            Rule::kw_on | Rule::kw_error => {}
            Rule::class => class = Some(reader.name(&part)),
            Rule::to => {}
            _ => target = Some(target::target(part, from, reader)),
        }
    }
    Some(ErrorRoute { span, class, target: target? })
}

/// `-> step`, `fail` or `reject` at the end of a clause.
pub(super) fn outcome(
    clause: Pair<'_, Rule>,
    from: &str,
    reader: &mut Reader<'_>,
) -> Option<Spanned<ApprovalOutcome>> {
    let last = clause.into_inner().last()?;
    let span = reader.span(&last);
    let outcome = match last.as_rule() {
        Rule::kw_fail => ApprovalOutcome::Fail,
        Rule::kw_reject => ApprovalOutcome::Reject,
        _ => ApprovalOutcome::RouteTo(last_target(last, from, reader)?),
    };
    Some(Spanned::new(outcome, span))
}
