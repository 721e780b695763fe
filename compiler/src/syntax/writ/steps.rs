//! Steps other than calls and decisions, one function a kind.

use super::call::{self, clause_expression, once};
use super::clauses;
use super::reader::Reader;
use super::target::last_target;
use super::types;
use crate::syntax::grammar::Rule;
use crate::text::{Name, Spanned};
use crate::tree::{
    ApprovalStep, EmitStep, EndStep, Expr, ExprKind, Failure, StepKind, TransformStep, WaitStep,
};
use pest::iterators::Pair;

/// A step's id and what it does.
pub(super) fn step_kind(pair: Pair<'_, Rule>, reader: &mut Reader<'_>) -> Option<(Name, StepKind)> {
    match pair.as_rule() {
        Rule::call_step => call::call_step(pair, reader),
        Rule::transform_step => transform_step(pair, reader),
        Rule::wait_step => wait_step(pair, reader),
        Rule::emit_step => emit_step(pair, reader),
        Rule::approval_step => approval_step(pair, reader),
        Rule::end_step => end_step(pair, reader),
        Rule::fail_step => fail_step(pair, reader),
        _ => None,
    }
}

fn transform_step(pair: Pair<'_, Rule>, reader: &mut Reader<'_>) -> Option<(Name, StepKind)> {
    let (mut id, mut value) = (None, None);
    for part in pair.into_inner() {
        match part.as_rule() {
            Rule::id => id = Some(reader.name(&part)),
            Rule::expression => value = Some(reader.expression(part)),
            _ => {}
        }
    }
    Some((id?, StepKind::Transform(TransformStep { value: value? })))
}

fn wait_step(pair: Pair<'_, Rule>, reader: &mut Reader<'_>) -> Option<(Name, StepKind)> {
    let (mut id, mut wait) = (None, None);
    for part in pair.into_inner() {
        match part.as_rule() {
            Rule::id => id = Some(reader.name(&part)),
            Rule::wait_for => wait = wait_for(part, reader),
            Rule::wait_until => {
                wait = clause_expression(part, reader).map(|until| WaitStep::Until { until });
            }
            Rule::wait_event => {
                let from = id.as_ref().map_or("", |id: &Name| id.value.as_str());
                wait = wait_event(part, from, reader);
            }
            _ => {}
        }
    }
    Some((id?, StepKind::Wait(wait?)))
}

fn wait_for(pair: Pair<'_, Rule>, reader: &mut Reader<'_>) -> Option<WaitStep> {
    let last = pair.into_inner().last()?;
    let duration = if last.as_rule() == Rule::duration {
        let ms = reader.duration(&last)?;
        Expr { kind: ExprKind::Int(i64::try_from(ms.value).unwrap_or(i64::MAX)), span: ms.span }
    } else {
        reader.expression(last)
    };
    Some(WaitStep::Duration { duration })
}

fn wait_event(pair: Pair<'_, Rule>, from: &str, reader: &mut Reader<'_>) -> Option<WaitStep> {
    let (mut event, mut correlation, mut data) = (None, None, None);
    let (mut timeout_ms, mut on_timeout) = (None, None);
    for part in pair.into_inner() {
        let span = reader.span(&part);
        match part.as_rule() {
            Rule::string => event = Some(reader.name(&part)),
            Rule::correlation_clause => {
                let value = clause_expression(part, reader);
                once(&mut correlation, value, span, "correlation", reader);
            }
            Rule::event_data_clause => {
                let ty = part.into_inner().find(|p| p.as_rule() == Rule::type_record);
                let ty = ty.map(|ty| types::record_type(ty, reader));
                once(&mut data, ty, span, "data", reader);
            }
            Rule::timeout_clause => {
                let value = clauses::timeout_clause(part, reader);
                once(&mut timeout_ms, value, span, "timeout", reader);
            }
            Rule::on_timeout_clause => {
                let last = part.into_inner().last().filter(|p| p.as_rule() == Rule::route_to);
                match last {
                    Some(route) => on_timeout = last_target(route, from, reader),
                    None => reader.report(
                        crate::diagnostic::Code::InvalidValue,
                        span,
                        "a wait's timeout leads to a step: write `-> <step>`",
                    ),
                }
            }
            _ => {}
        }
    }
    Some(WaitStep::Event { event: event?, correlation, timeout_ms, on_timeout, data })
}

fn emit_step(pair: Pair<'_, Rule>, reader: &mut Reader<'_>) -> Option<(Name, StepKind)> {
    let (mut id, mut event, mut payload) = (None, None, None);
    for part in pair.into_inner() {
        match part.as_rule() {
            Rule::id => id = Some(reader.name(&part)),
            Rule::string => event = Some(reader.name(&part)),
            Rule::record => payload = Some(reader.expression(part)),
            Rule::payload_clause => payload = clause_expression(part, reader),
            _ => {}
        }
    }
    Some((id?, StepKind::Emit(EmitStep { event: event?, payload })))
}

fn approval_step(pair: Pair<'_, Rule>, reader: &mut Reader<'_>) -> Option<(Name, StepKind)> {
    let (mut id, mut before, mut broken) = (None, None, false);
    let mut approval = ApprovalStep {
        label: None,
        assign_to: None,
        timeout_ms: None,
        on_timeout: None,
        on_reject: None,
        data: None,
        form: None,
        not_initiator: None,
    };
    for part in pair.into_inner() {
        let here = reader.span(&part);
        match part.as_rule() {
            Rule::id => id = Some(reader.name(&part)),
            Rule::bad_approval_clause => {
                let id = id.as_ref().map_or("", |id: &Name| id.value.as_str());
                let whole = format!("the approval \"{id}\"");
                reader.bad(&part, Rule::approval_clause_only, &whole, before);
                broken = true;
            }
            _ => {
                let from = id.as_ref().map_or("", |id: &Name| id.value.as_str());
                approval_clause(part, from, &mut approval, reader);
            }
        }
        before = Some(here);
    }
    // A clause that could not be read may have been one that says where the run goes.
    let kind = if broken { StepKind::Error } else { StepKind::Approval(approval) };
    Some((id?, kind))
}

fn approval_clause(
    part: Pair<'_, Rule>,
    from: &str,
    approval: &mut ApprovalStep,
    reader: &mut Reader<'_>,
) {
    let span = reader.span(&part);
    match part.as_rule() {
        Rule::label_clause => {
            let label = clause_expression(part, reader);
            once(&mut approval.label, label, span, "label", reader);
        }
        Rule::assign_clause => {
            let to = part.into_inner().last().map(|p| reader.name(&p));
            once(&mut approval.assign_to, to, span, "assign", reader);
        }
        Rule::timeout_clause => {
            let timeout = clauses::timeout_clause(part, reader);
            once(&mut approval.timeout_ms, timeout, span, "timeout", reader);
        }
        Rule::on_timeout_clause => {
            let outcome = clauses::outcome(part, from, reader);
            once(&mut approval.on_timeout, outcome, span, "on timeout", reader);
        }
        Rule::on_reject_clause => {
            let outcome = clauses::outcome(part, from, reader);
            once(&mut approval.on_reject, outcome, span, "on reject", reader);
        }
        Rule::data_clause => {
            let data = clause_expression(part, reader);
            once(&mut approval.data, data, span, "data", reader);
        }
        Rule::form_clause => {
            let form = part.into_inner().find(|p| p.as_rule() == Rule::type_record);
            let form = form.map(|form| types::record_type(form, reader));
            once(&mut approval.form, form, span, "form", reader);
        }
        Rule::not_initiator_clause => approval.not_initiator = Some(Spanned::new(true, span)),
        _ => {}
    }
}

fn end_step(pair: Pair<'_, Rule>, reader: &mut Reader<'_>) -> Option<(Name, StepKind)> {
    let (mut id, mut output) = (None, None);
    for part in pair.into_inner() {
        match part.as_rule() {
            Rule::id => id = Some(reader.name(&part)),
            Rule::expression => output = Some(reader.expression(part)),
            _ => {}
        }
    }
    Some((id?, StepKind::End(EndStep { output, fail: None })))
}

/// `fail id = "code" "message"`.
fn fail_step(pair: Pair<'_, Rule>, reader: &mut Reader<'_>) -> Option<(Name, StepKind)> {
    let span = reader.span(&pair);
    let (mut id, mut code, mut message) = (None, None, None);
    for part in pair.into_inner() {
        match part.as_rule() {
            Rule::id => id = Some(reader.name(&part)),
            Rule::string if code.is_none() => code = Some(reader.name(&part)),
            Rule::string => message = Some(reader.template(&part)),
            _ => {}
        }
    }
    let fail = Failure { span, code: code?, message };
    Some((id?, StepKind::End(EndStep { output: None, fail: Some(fail) })))
}
