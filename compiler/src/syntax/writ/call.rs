//! Calls of services.

use super::clauses;
use super::reader::{Reader, error_expr};
use crate::diagnostic::{Code, Diagnostic};
use crate::syntax::grammar::Rule;
use crate::text::{Name, Span};
use crate::tree::{CallStep, CallTarget, Expr, StepKind};
use pest::iterators::Pair;

/// `call id = service.operation { ... }`, or `call id = service METHOD "/path" { ... }`.
pub(super) fn call_step(pair: Pair<'_, Rule>, reader: &mut Reader<'_>) -> Option<(Name, StepKind)> {
    let (mut id, mut target) = (None, None);
    let mut call = CallStep {
        service: Name::new(String::new(), reader.span(&pair)),
        target: CallTarget::Operation(Name::new(String::new(), reader.span(&pair))),
        headers: None,
        body: None,
        retry: None,
        timeout_ms: None,
        on_error: Vec::new(),
    };
    for part in pair.into_inner() {
        let span = reader.span(&part);
        match part.as_rule() {
            Rule::id => id = Some(reader.name(&part)),
            Rule::operation_target | Rule::http_target => target = call_target(part, reader),
            Rule::record => call.body = Some(reader.expression(part)),
            Rule::body_clause => {
                let body = clause_expression(part, reader);
                once(&mut call.body, body, span, "body", reader);
            }
            Rule::headers_clause => {
                let headers = clause_expression(part, reader);
                once(&mut call.headers, headers, span, "headers", reader);
            }
            Rule::retry_clause => {
                let retry = clauses::retry_clause(part, reader);
                once(&mut call.retry, Some(retry), span, "retry", reader);
            }
            Rule::timeout_clause => {
                let timeout = clauses::timeout_clause(part, reader);
                once(&mut call.timeout_ms, timeout, span, "timeout", reader);
            }
            Rule::error_clause => {
                let from = id.as_ref().map_or("", |id: &Name| id.value.as_str());
                call.on_error.extend(clauses::error_clause(part, from, reader));
            }
            _ => {}
        }
    }
    let (service, target) = target?;
    call.service = service;
    call.target = target;
    Some((id?, StepKind::Call(call)))
}

fn call_target(pair: Pair<'_, Rule>, reader: &mut Reader<'_>) -> Option<(Name, CallTarget)> {
    let mut parts = pair.into_inner();
    let service = reader.name(&parts.next()?);
    let second = parts.next()?;
    let target = match parts.next() {
        Some(path) => {
            CallTarget::Http { method: reader.name(&second), path: reader.template(&path) }
        }
        None => CallTarget::Operation(reader.name(&second)),
    };
    Some((service, target))
}

/// The expression of a clause such as `body` or `data`.
pub(super) fn clause_expression(pair: Pair<'_, Rule>, reader: &mut Reader<'_>) -> Option<Expr> {
    let span = reader.span(&pair);
    let last = pair.into_inner().last()?;
    Some(match last.as_rule() {
        Rule::expression | Rule::record => reader.expression(last),
        _ => error_expr(span),
    })
}

/// Sets what a clause says, unless it was said already.
pub(super) fn once<T>(
    slot: &mut Option<T>,
    value: Option<T>,
    span: Span,
    what: &str,
    reader: &mut Reader<'_>,
) {
    if slot.is_some() {
        reader.diagnostics.push(
            Diagnostic::new(Code::DuplicateKey, span, format!("`{what}` is given twice"))
                .help("leave one of them out"),
        );
        return;
    }
    *slot = value;
}
