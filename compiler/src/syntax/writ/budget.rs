//! `budget { ... }`: what a run may take at most.

use super::call::once;
use super::reader::Reader;
use crate::diagnostic::{Code, Diagnostic};
use crate::syntax::grammar::Rule;
use crate::text::{Span, Spanned};
use crate::tree::{Budget, ServiceBudget};
use pest::iterators::Pair;

/// `budget { calls 20, calls identity 2, attempts 40, duration 7d, stored 1MiB }`.
pub(super) fn budget_clause(pair: Pair<'_, Rule>, reader: &mut Reader<'_>) -> Budget {
    let mut budget = Budget { span: reader.span(&pair), ..Budget::default() };
    let mut before = None;
    for part in pair.into_inner() {
        let span = reader.span(&part);
        match part.as_rule() {
            Rule::calls_limit => calls_limit(part, span, &mut budget, reader),
            Rule::attempts_limit => {
                let value = part.into_inner().last().and_then(|n| reader.count(&n));
                once(&mut budget.attempts, value, span, "attempts", reader);
            }
            Rule::duration_limit => {
                let value = part.into_inner().last().and_then(|time| reader.duration(&time));
                once(&mut budget.duration_ms, value, span, "duration", reader);
            }
            Rule::stored_limit => {
                let value = part.into_inner().last().and_then(|bytes| size(&bytes, reader));
                once(&mut budget.stored_bytes, value, span, "stored", reader);
            }
            Rule::bad_budget_limit => {
                reader.bad(&part, Rule::budget_limit_only, "the budget", before);
            }
            _ => continue,
        }
        before = Some(span);
    }
    budget
}

/// `calls 20`, or `calls identity 2`.
fn calls_limit(pair: Pair<'_, Rule>, span: Span, budget: &mut Budget, reader: &mut Reader<'_>) {
    let (mut service, mut calls) = (None, None);
    for part in pair.into_inner() {
        match part.as_rule() {
            Rule::service_name | Rule::string => service = Some(reader.name(&part)),
            Rule::int => calls = reader.count(&part),
            _ => {}
        }
    }
    match (service, calls) {
        (None, calls) => once(&mut budget.calls, calls, span, "calls", reader),
        (Some(service), Some(calls)) => {
            let known = &mut budget.calls_per_service;
            if known.iter().any(|known| known.service.value == service.value) {
                let message = format!("`calls {}` is given twice", service.value);
                reader.diagnostics.push(
                    Diagnostic::new(Code::DuplicateKey, span, message)
                        .help("leave one of them out"),
                );
            } else {
                known.push(ServiceBudget { service, calls });
            }
        }
        (Some(_), None) => {}
    }
}

/// `1048576` or `1MiB`, in bytes.
fn size(pair: &Pair<'_, Rule>, reader: &mut Reader<'_>) -> Option<Spanned<u64>> {
    let (span, text) = (reader.span(pair), pair.as_str());
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit: u64 = match text.get(digits.len()..).unwrap_or_default() {
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        "GiB" => 1 << 30,
        _ => 1,
    };
    let value = digits.parse::<u64>().ok().and_then(|n| n.checked_mul(unit));
    if value.is_none() {
        reader.report(Code::BadNumber, span, format!("`{text}` is more bytes than there can be"));
    }
    value.map(|value| Spanned::new(value, span))
}
