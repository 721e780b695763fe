//! `budget`: what a run may take at most (ours).

use super::fields::Fields;
use super::node::{Kind, Node};
use super::shape::wrong_shape;
use crate::diagnostic::{Code, Diagnostic};
use crate::text::Spanned;
use crate::tree::{Budget, ServiceBudget};
use crate::value::time;

const NS_PER_MS: i128 = 1_000_000;

/// `{"calls", "callsPerService", "attempts", "duration", "storedBytes"}`, each of which may be left out.
pub(super) fn budget(node: &Node, diagnostics: &mut Vec<Diagnostic>) -> Option<Budget> {
    let mut fields = Fields::of(node, "the budget", diagnostics)?;
    let mut budget = Budget {
        span: node.span,
        calls: fields.count("calls"),
        calls_per_service: Vec::new(),
        attempts: fields.count("attempts"),
        duration_ms: None,
        stored_bytes: fields.count("storedBytes"),
    };
    let per_service = fields.get("callsPerService");
    let time = fields.string("duration");
    fields.finish();
    if let Some(node) = per_service {
        budget.calls_per_service = services(node, diagnostics);
    }
    budget.duration_ms = time.and_then(|time| {
        let ms = time::parse_duration(&time.value).map(|ns| u64::try_from(ns / NS_PER_MS));
        let Some(Ok(ms)) = ms else {
            let message = format!("\"{}\" is no length of time", time.value);
            diagnostics.push(
                Diagnostic::new(Code::InvalidValue, time.span, message)
                    .help("write it as \"90s\", \"1h30m\" or \"7d\""),
            );
            return None;
        };
        Some(Spanned::new(ms, time.span))
    });
    Some(budget)
}

/// `{"<service>": <calls>}`.
fn services(node: &Node, diagnostics: &mut Vec<Diagnostic>) -> Vec<ServiceBudget> {
    let Kind::Object(members) = &node.kind else {
        if node.kind != Kind::Error {
            let wanted = "an object of numbers by service";
            diagnostics.push(wrong_shape(node, "\"callsPerService\"", wanted));
        }
        return Vec::new();
    };
    let mut limits = Vec::new();
    for (service, node) in members {
        match node.kind {
            Kind::Int(calls) if calls >= 0 => limits.push(ServiceBudget {
                service: service.clone(),
                calls: Spanned::new(calls.unsigned_abs(), node.span),
            }),
            Kind::Error => {}
            _ => {
                let what = format!("the budget of \"{}\"", service.value);
                diagnostics.push(wrong_shape(node, &what, "a whole number, 0 or above"));
            }
        }
    }
    limits
}
