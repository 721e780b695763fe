//! Steps, one function a type.

use super::fields::Fields;
use super::node::{Kind, Node};
use super::schema;
use super::shape::wrong_shape;
use crate::diagnostic::{Code, Diagnostic, did_you_mean};
use crate::syntax::span_map::SpanMap;
use crate::text::{Name, Span, Spanned};
use crate::tree::{
    ApprovalOutcome, ApprovalStep, CallStep, CallTarget, Case, Condition, DecideStep, EmitStep,
    EndStep, ErrorRoute, Expr, ExprKind, Failure, Retry, Step, StepKind, TransformStep, TypeExpr,
    TypeExprKind, WaitStep,
};

const TYPES: [&str; 7] =
    ["service_call", "decision", "transform", "wait", "webhook_emit", "human_approval", "end"];

const HOUR_MS: f64 = 3_600_000.0;

/// One node; `None` when it has no id to know it by.
pub(super) fn step(node: &Node, diagnostics: &mut Vec<Diagnostic>) -> Option<Step> {
    let what = match &node.kind {
        Kind::Object(members) => members
            .iter()
            .find_map(|(name, value)| match &value.kind {
                Kind::String(id, _) if name.value == "id" => Some(format!("step \"{id}\"")),
                _ => None,
            })
            .unwrap_or_else(|| "a step".to_owned()),
        _ => "a step".to_owned(),
    };
    let mut fields = Fields::of(node, what, diagnostics)?;
    let id = fields.require_string("id");
    let kind = fields.require_string("type");
    let description = fields.string("description");
    let optional = fields.boolean("optional").filter(|flag| flag.value).map(|flag| flag.span);
    let (kind, known) = match kind {
        Some(name) => match name.value.as_str() {
            "service_call" => (call(&mut fields), true),
            "decision" => (decision(&mut fields), true),
            "transform" => (transform(&mut fields), true),
            "wait" => (wait(&mut fields), true),
            "webhook_emit" => (emit(&mut fields), true),
            "human_approval" => (approval(&mut fields), true),
            "end" => (end(&mut fields), true),
            _ => {
                unknown_type(&name, fields.diagnostics);
                (None, false)
            }
        },
        None => (None, false),
    };
    // The fields of a step whose type is unknown cannot be judged.
    if known {
        fields.finish();
    }
    let kind = kind.unwrap_or(StepKind::Error);
    Some(Step { span: node.span, id: id?, description, optional, kind })
}

fn unknown_type(name: &Name, diagnostics: &mut Vec<Diagnostic>) {
    let message = format!("unknown step type \"{}\"", name.value);
    let diagnostic = Diagnostic::new(Code::InvalidValue, name.span, message);
    let diagnostic = did_you_mean(diagnostic, name, TYPES.into_iter());
    diagnostics.push(match diagnostic.suggestions.is_empty() {
        true => diagnostic.note(format!("the types are {}", TYPES.join(", "))),
        false => diagnostic,
    });
}

fn call(fields: &mut Fields<'_, '_>) -> Option<StepKind> {
    let service = fields.require_string("service");
    let method = fields.require_string("method");
    fields.require("path");
    let path = fields.template("path");
    let headers = fields.template("headers");
    let body = fields.template("body");
    let retry = fields.get("retry").and_then(|node| retry(node, fields.diagnostics));
    let timeout_ms = fields.count("timeoutMs");
    let on_error = fields.get("onError").map_or_else(Vec::new, |n| on_error(n, fields.diagnostics));
    let target = CallTarget::Http { method: method?, path: path? };
    Some(StepKind::Call(CallStep {
        service: service?,
        target,
        headers,
        body,
        retry,
        timeout_ms,
        on_error,
    }))
}

fn retry(node: &Node, diagnostics: &mut Vec<Diagnostic>) -> Option<Retry> {
    let mut fields = Fields::of(node, "\"retry\"", diagnostics)?;
    let max_attempts = fields.count("maxAttempts");
    let backoff = fields.string("backoff");
    let retry_on = fields.list("retryOn").map(|items| {
        items.iter().filter_map(|item| retry_token(item, fields.diagnostics)).collect()
    });
    fields.finish();
    Some(Retry { span: node.span, max_attempts, backoff, retry_on })
}

/// `"5xx"`, or a status as a number.
fn retry_token(node: &Node, diagnostics: &mut Vec<Diagnostic>) -> Option<Name> {
    match &node.kind {
        Kind::String(text, _) => Some(Spanned::new(text.clone(), node.span)),
        Kind::Int(status) => Some(Spanned::new(status.to_string(), node.span)),
        Kind::Error => None,
        _ => {
            diagnostics.push(wrong_shape(node, "an entry of \"retryOn\"", "a string or a status"));
            None
        }
    }
}

/// `"route_to:<step>"` for every error, or an object from error class to such a route.
fn on_error(node: &Node, diagnostics: &mut Vec<Diagnostic>) -> Vec<ErrorRoute> {
    let route = |class: Option<Name>, node: &Node, diagnostics: &mut Vec<Diagnostic>| {
        let target = route_to(node, "\"onError\"", diagnostics)?;
        Some(ErrorRoute { span: node.span, class, target })
    };
    match &node.kind {
        Kind::Object(members) => members
            .iter()
            .filter_map(|(class, node)| {
                let any = class.value == "any";
                route((!any).then(|| class.clone()), node, diagnostics)
            })
            .collect(),
        _ => route(None, node, diagnostics).into_iter().collect(),
    }
}

/// The step in `"route_to:<step>"`.
fn route_to(node: &Node, what: &str, diagnostics: &mut Vec<Diagnostic>) -> Option<Name> {
    let Kind::String(text, map) = &node.kind else {
        if node.kind != Kind::Error {
            diagnostics.push(wrong_shape(node, what, "\"route_to:<step id>\""));
        }
        return None;
    };
    match text.strip_prefix("route_to:") {
        Some(id) => Some(Spanned::new(id.to_owned(), route_span(text, map))),
        None => {
            let message = format!("{what} does not say where to go: \"{text}\"");
            diagnostics.push(
                Diagnostic::new(Code::InvalidValue, node.span, message)
                    .help("write \"route_to:<step id>\""),
            );
            None
        }
    }
}

fn route_span(text: &str, map: &SpanMap) -> Span {
    map.span("route_to:".len(), text.len())
}

fn decision(fields: &mut Fields<'_, '_>) -> Option<StepKind> {
    let conditions = fields.list("conditions").map(|items| {
        items.iter().filter_map(|item| condition(item, fields.diagnostics)).collect::<Vec<_>>()
    });
    let by_condition = conditions.is_some();
    let expression = if by_condition { None } else { fields.expression("expression") };
    let cases = match fields.get("cases") {
        Some(node) => cases(node, fields.diagnostics),
        None => Vec::new(),
    };
    let default = fields.string("defaultCase");
    if !by_condition && expression.is_none() {
        return None;
    }
    let conditions = conditions.unwrap_or_default();
    Some(StepKind::Decide(DecideStep { expression, cases, conditions, default }))
}

fn cases(node: &Node, diagnostics: &mut Vec<Diagnostic>) -> Vec<Case> {
    let Kind::Object(members) = &node.kind else {
        if node.kind != Kind::Error {
            diagnostics.push(wrong_shape(node, "\"cases\"", "an object from value to target"));
        }
        return Vec::new();
    };
    members
        .iter()
        .map(|(label, node)| {
            let next = match &node.kind {
                Kind::Null => None,
                _ => Fields::of(node, format!("case \"{}\"", label.value), diagnostics).and_then(
                    |mut fields| {
                        let next = fields.string("next");
                        fields.finish();
                        next
                    },
                ),
            };
            Case { span: label.span.to(node.span), label: label.clone(), next }
        })
        .collect()
}

fn condition(node: &Node, diagnostics: &mut Vec<Diagnostic>) -> Option<Condition> {
    let mut fields = Fields::of(node, "a condition", diagnostics)?;
    let when = fields.expression("when");
    let next = fields.require_string("next");
    fields.finish();
    Some(Condition { span: node.span, when: when?, next: next? })
}

fn transform(fields: &mut Fields<'_, '_>) -> Option<StepKind> {
    // Here `null` is a value like any other.
    if let Some(value) = fields.null("value") {
        return Some(StepKind::Transform(TransformStep { value }));
    }
    fields.require("value");
    Some(StepKind::Transform(TransformStep { value: fields.template("value")? }))
}

fn wait(fields: &mut Fields<'_, '_>) -> Option<StepKind> {
    let keys = ["durationMs", "duration", "until", "event"];
    let given = keys.iter().filter(|key| fields.has(key)).count();
    let misspelt = given == 0 && keys.into_iter().any(|key| fields.misspelt(key));
    let duration_ms = fields.count("durationMs");
    let duration = fields.template("duration");
    let until = fields.template("until");
    let event = fields.string("event");
    let correlation = fields.template("correlation");
    let timeout_ms = fields.count("timeoutMs");
    let on_timeout =
        fields.get("onTimeout").and_then(|n| route_to(n, "\"onTimeout\"", fields.diagnostics));
    let data = record_type(fields, "dataSchema");
    let duration = duration.or_else(|| {
        let ms = duration_ms?;
        let value = i64::try_from(ms.value).unwrap_or(i64::MAX);
        Some(Expr { kind: ExprKind::Int(value), span: ms.span })
    });
    if given > 1 || given == 0 && !misspelt {
        let head = Span { start: fields.span.start, end: fields.span.start + 1 };
        let message =
            "a wait names exactly one of \"durationMs\", \"duration\", \"until\" and \"event\"";
        fields.diagnostics.push(Diagnostic::new(Code::MissingField, head, message));
        return None;
    }
    if let Some(duration) = duration {
        return Some(StepKind::Wait(WaitStep::Duration { duration }));
    }
    if let Some(until) = until {
        return Some(StepKind::Wait(WaitStep::Until { until }));
    }
    Some(StepKind::Wait(WaitStep::Event {
        event: event?,
        correlation,
        timeout_ms,
        on_timeout,
        data,
    }))
}

/// A JSON Schema of what somebody gives a run that waits: an object with named properties.
fn record_type(fields: &mut Fields<'_, '_>, key: &'static str) -> Option<TypeExpr> {
    let node = fields.get(key)?;
    let ty = schema::type_expr(node, fields.diagnostics);
    if matches!(ty.kind, TypeExprKind::Record(_) | TypeExprKind::Error) {
        return Some(ty);
    }
    let what = format!("\"{key}\"");
    fields.diagnostics.push(wrong_shape(node, &what, "a schema of an object with \"properties\""));
    Some(TypeExpr { kind: TypeExprKind::Error, ..ty })
}

fn emit(fields: &mut Fields<'_, '_>) -> Option<StepKind> {
    let event = fields.require_string("event");
    let payload = fields.template("payload");
    Some(StepKind::Emit(EmitStep { event: event?, payload }))
}

fn approval(fields: &mut Fields<'_, '_>) -> Option<StepKind> {
    let label = fields.template("actionLabel");
    let assign_to = fields.string("assignTo");
    let timeout_ms = fields.get("timeoutHours").and_then(|n| hours(n, fields.diagnostics));
    let on_timeout =
        fields.get("onTimeout").and_then(|n| outcome(n, "\"onTimeout\"", fields.diagnostics));
    let on_reject =
        fields.get("onReject").and_then(|n| outcome(n, "\"onReject\"", fields.diagnostics));
    let data = fields.template("data");
    let form = record_type(fields, "form");
    let not_initiator = fields.boolean("notInitiator");
    Some(StepKind::Approval(ApprovalStep {
        label,
        assign_to,
        timeout_ms,
        on_timeout,
        on_reject,
        data,
        form,
        not_initiator,
    }))
}

fn hours(node: &Node, diagnostics: &mut Vec<Diagnostic>) -> Option<Spanned<u64>> {
    let hours = match node.kind {
        #[allow(clippy::cast_precision_loss)]
        // Hours that a double cannot tell apart are beyond any limit.
        Kind::Int(n) => n as f64,
        Kind::Double(n) => n,
        Kind::Error => return None,
        _ => {
            diagnostics.push(wrong_shape(node, "\"timeoutHours\"", "a number of hours"));
            return None;
        }
    };
    if !(hours > 0.0 && hours <= 87_600.0) {
        let message = "\"timeoutHours\" must be above 0 and at most 87600 (ten years)";
        diagnostics.push(Diagnostic::new(Code::InvalidValue, node.span, message));
        return None;
    }
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // Bounded just above.
    let ms = (hours * HOUR_MS).round() as u64;
    Some(Spanned::new(ms, node.span))
}

fn outcome(
    node: &Node,
    what: &str,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Spanned<ApprovalOutcome>> {
    let outcome = match &node.kind {
        Kind::String(text, _) if text == "fail" => ApprovalOutcome::Fail,
        Kind::String(text, _) if text == "reject" && what == "\"onTimeout\"" => {
            ApprovalOutcome::Reject
        }
        _ => ApprovalOutcome::RouteTo(route_to(node, what, diagnostics)?),
    };
    Some(Spanned::new(outcome, node.span))
}

fn end(fields: &mut Fields<'_, '_>) -> Option<StepKind> {
    let output = fields.template("output");
    let fail = fields.get("fail").and_then(|node| {
        let mut fail = Fields::of(node, "\"fail\"", fields.diagnostics)?;
        let code = fail.require_string("code");
        let message = fail.template("message");
        fail.finish();
        Some(Failure { span: node.span, code: code?, message })
    });
    Some(StepKind::End(EndStep { output, fail }))
}
