//! The JSON wire format.

use super::budget;
use super::declared::Declared;
use super::expr::{self, Style};
use super::schema::json_schema;
use crate::analysis::WorkflowAnalysis;
use crate::bytecode::eval::percent_encoded;
use crate::flow::{Route, RouteKind, StepIx};
use crate::syntax::template;
use crate::tree::{
    ApprovalOutcome, ApprovalStep, CallStep, CallTarget, DecideStep, EndStep, ErrorRoute, Expr,
    ExprKind, FieldKey, Module, Retry, Step, StepKind, TemplatePart, TriggerKind, WaitStep,
    Workflow,
};
use crate::types::check::{CallPlan, PathPart, StepTyping};
use serde_json::{Map, Value, json};

const HOUR_MS: u64 = 3_600_000;

/// A workflow as the JSON of the API's create request; as a bare spec when it has no slug.
///
/// Routing is written out in full, whichever spelling the source used: each case names its `next`, and each has its
/// edge. A call by the name of an operation becomes the method, path and body that it stands for. The types and services
/// of the module that the workflow needs stand in the spec.
#[must_use]
pub fn to_json(module: &Module, workflow: &Workflow, found: &WorkflowAnalysis) -> String {
    let spec = spec(module, workflow, found);
    let value = match &workflow.slug {
        None => spec,
        Some(slug) => {
            let mut envelope = Map::new();
            envelope.insert("slug".into(), slug.value.as_str().into());
            put(&mut envelope, "name", workflow.name.as_ref().map(|n| n.value.as_str().into()));
            let description = workflow.description.as_ref();
            put(&mut envelope, "description", description.map(|d| d.value.as_str().into()));
            envelope.insert("spec".into(), spec);
            let kind = match workflow.trigger.kind {
                TriggerKind::Api => "api",
                TriggerKind::Webhook => "webhook",
                TriggerKind::Schedule => "schedule",
            };
            envelope.insert("triggerType".into(), kind.into());
            put(&mut envelope, "triggerSpec", workflow.trigger.spec.as_ref().map(plain));
            Value::Object(envelope)
        }
    };
    // A value's own Serialize never fails.
    serde_json::to_string_pretty(&value).unwrap_or_default() + "\n"
}

fn put(object: &mut Map<String, Value>, key: &str, value: Option<Value>) {
    if let Some(value) = value {
        object.insert(key.into(), value);
    }
}

fn spec(module: &Module, workflow: &Workflow, found: &WorkflowAnalysis) -> Value {
    let start = found.flow.start.and_then(|start| workflow.steps.get(start.index()));
    let id_of = |ix: StepIx| workflow.steps.get(ix.index()).map_or("", |s| s.id.value.as_str());
    let (mut nodes, mut edges) = (Vec::new(), Vec::new());
    for (at, step) in workflow.steps.iter().enumerate() {
        let routes = found.flow.routes.get(at).map(Vec::as_slice).unwrap_or_default();
        nodes.push(node(step, &Routes { routes, id_of: &id_of }, found.typed.steps.get(at)));
        for route in routes {
            let (from, to) = (step.id.value.as_str(), id_of(route.target));
            match &route.kind {
                RouteKind::Next => edges.push(json!({"from": from, "to": to})),
                RouteKind::Case(case) => edges.push(json!({"from": from, "to": to, "case": case})),
                // These are written in the node alone.
                RouteKind::Default
                | RouteKind::When(_)
                | RouteKind::OnError(_)
                | RouteKind::OnTimeout
                | RouteKind::OnReject
                | RouteKind::Failed => {}
            }
        }
    }
    let mut spec = Map::new();
    spec.insert("startNodeId".into(), start.map(|step| step.id.value.as_str()).into());
    // Not beside the spec: the API gives back the spec alone.
    let input = workflow.trigger.input.as_ref();
    put(&mut spec, "inputSchema", input.map(|input| json_schema(input, None)));
    put(&mut spec, "budget", workflow.budget.as_ref().map(budget::json));
    Declared::of(module, workflow).put(&mut spec);
    if !workflow.lets.is_empty() {
        let named = workflow.lets.iter().map(|n| (n.name.value.clone(), templated(&n.value)));
        spec.insert("let".into(), named.collect::<Map<_, _>>().into());
        let documented = workflow.lets.iter().filter_map(|named| {
            let text = named.description.as_ref()?;
            Some((named.name.value.clone(), Value::from(text.value.as_str())))
        });
        let documented: Map<_, _> = documented.collect();
        if !documented.is_empty() {
            spec.insert("letDescriptions".into(), documented.into());
        }
    }
    spec.insert("nodes".into(), nodes.into());
    spec.insert("edges".into(), edges.into());
    spec.into()
}

/// The ways out of one step.
struct Routes<'a> {
    routes: &'a [Route],
    id_of: &'a dyn Fn(StepIx) -> &'a str,
}

impl Routes<'_> {
    fn target(&self, wanted: &RouteKind) -> Option<Value> {
        let route = self.routes.iter().find(|route| route.kind == *wanted)?;
        Some((self.id_of)(route.target).into())
    }
}

fn node(step: &Step, routes: &Routes<'_>, typing: Option<&StepTyping>) -> Value {
    let mut node = Map::new();
    node.insert("id".into(), step.id.value.as_str().into());
    put(&mut node, "type", step.kind.wire_type().map(Value::from));
    put(&mut node, "optional", step.optional.map(|_| true.into()));
    put(&mut node, "description", step.description.as_ref().map(|d| d.value.as_str().into()));
    match &step.kind {
        StepKind::Call(call) => {
            call_fields(&mut node, call, typing.and_then(|typing| typing.call.as_ref()));
        }
        StepKind::Decide(decide) => decide_fields(&mut node, decide, routes),
        StepKind::Transform(transform) => {
            node.insert("value".into(), templated(&transform.value));
        }
        StepKind::Wait(wait) => wait_fields(&mut node, wait),
        StepKind::Emit(emit) => {
            node.insert("event".into(), emit.event.value.as_str().into());
            put(&mut node, "payload", emit.payload.as_ref().map(given));
        }
        StepKind::Approval(approval) => approval_fields(&mut node, approval),
        StepKind::End(end) => end_fields(&mut node, end),
        StepKind::Error => {}
    }
    Value::Object(node)
}

fn call_fields(node: &mut Map<String, Value>, call: &CallStep, plan: Option<&CallPlan>) {
    node.insert("service".into(), call.service.value.as_str().into());
    match &call.target {
        CallTarget::Http { method, path } => {
            node.insert("method".into(), method.value.as_str().into());
            node.insert("path".into(), given(path));
            put(node, "headers", call.headers.as_ref().map(given));
            put(node, "body", call.body.as_ref().map(given));
        }
        // What an operation's arguments stand for was worked out when the call was typed.
        CallTarget::Operation(_) => {
            if let Some(plan) = plan {
                node.insert("method".into(), plan.method.as_str().into());
                node.insert("path".into(), path(plan).into());
                put(node, "headers", plan.headers.as_ref().map(given));
                put(node, "body", plan.body.as_ref().map(given));
            }
        }
    }
    put(node, "retry", call.retry.as_ref().map(retry));
    put(node, "timeoutMs", call.timeout_ms.as_ref().map(|ms| ms.value.into()));
    put(node, "onError", on_error(&call.on_error));
}

/// A plan's path and query as one template.
fn path(plan: &CallPlan) -> String {
    let mut path = String::new();
    for part in &plan.path {
        match part {
            PathPart::Text(text) => path.push_str(&template::escape(text)),
            PathPart::Expr(expr) => path.push_str(&template_of(expr)),
        }
    }
    for (i, (name, value)) in plan.query.iter().enumerate() {
        path.push(if i == 0 { '?' } else { '&' });
        path.push_str(&percent_encoded(name));
        path.push('=');
        // What is spelt out would otherwise be read as parts of the query.
        match &value.kind {
            ExprKind::String(text) => path.push_str(&percent_encoded(text)),
            ExprKind::Template(parts) => path.extend(parts.iter().map(|part| match part {
                TemplatePart::Text(text) => percent_encoded(text),
                TemplatePart::Expr(expr) => template_of(expr),
            })),
            _ => path.push_str(&template_of(value)),
        }
    }
    path
}

fn retry(retry: &Retry) -> Value {
    let mut object = Map::new();
    put(&mut object, "maxAttempts", retry.max_attempts.as_ref().map(|n| n.value.into()));
    put(&mut object, "backoff", retry.backoff.as_ref().map(|b| b.value.as_str().into()));
    let tokens = retry.retry_on.as_ref();
    put(
        &mut object,
        "retryOn",
        tokens.map(|tokens| tokens.iter().map(|t| t.value.as_str()).collect()),
    );
    Value::Object(object)
}

fn route_to(step: &str) -> Value {
    format!("route_to:{step}").into()
}

fn on_error(routes: &[ErrorRoute]) -> Option<Value> {
    match routes {
        [] => None,
        [only] if only.class.is_none() => Some(route_to(&only.target.value)),
        routes => {
            let entry = |route: &ErrorRoute| {
                let class = route.class.as_ref().map_or("any", |class| class.value.as_str());
                (class.to_owned(), route_to(&route.target.value))
            };
            Some(Value::Object(routes.iter().map(entry).collect()))
        }
    }
}

fn decide_fields(node: &mut Map<String, Value>, decide: &DecideStep, routes: &Routes<'_>) {
    if let Some(expression) = &decide.expression {
        node.insert("expression".into(), expr::text(expression, Style::Template).into());
        let mut cases = Map::new();
        for case in &decide.cases {
            let mut object = Map::new();
            let label = &case.label.value;
            let target = routes.target(&RouteKind::Case(label.clone()));
            let is_default = || routes.target(&RouteKind::Default).filter(|_| label == "default");
            put(&mut object, "next", target.or_else(is_default));
            cases.insert(label.clone(), Value::Object(object));
        }
        node.insert("cases".into(), Value::Object(cases));
    } else {
        let conditions = (0..).zip(&decide.conditions).map(|(n, condition)| {
            let mut object = Map::new();
            object.insert("when".into(), expr::text(&condition.when, Style::Template).into());
            put(&mut object, "next", routes.target(&RouteKind::When(n)));
            Value::Object(object)
        });
        node.insert("conditions".into(), conditions.collect());
    }
    if !decide.cases.iter().any(|case| case.label.value == "default") {
        put(node, "defaultCase", routes.target(&RouteKind::Default));
    }
}

fn wait_fields(node: &mut Map<String, Value>, wait: &WaitStep) {
    match wait {
        WaitStep::Duration { duration } => match duration.kind {
            ExprKind::Int(ms) if ms >= 0 => {
                node.insert("durationMs".into(), ms.into());
            }
            _ => {
                node.insert("duration".into(), given(duration));
            }
        },
        WaitStep::Until { until } => {
            node.insert("until".into(), given(until));
        }
        WaitStep::Event { event, correlation, timeout_ms, on_timeout, data } => {
            node.insert("event".into(), event.value.as_str().into());
            put(node, "correlation", correlation.as_ref().map(given));
            put(node, "timeoutMs", timeout_ms.as_ref().map(|ms| ms.value.into()));
            put(node, "onTimeout", on_timeout.as_ref().map(|step| route_to(&step.value)));
            put(node, "dataSchema", data.as_ref().map(|data| json_schema(data, None)));
        }
    }
}

fn approval_fields(node: &mut Map<String, Value>, approval: &ApprovalStep) {
    let outcome = |outcome: &ApprovalOutcome| match outcome {
        ApprovalOutcome::RouteTo(step) => route_to(&step.value),
        ApprovalOutcome::Reject => "reject".into(),
        ApprovalOutcome::Fail => "fail".into(),
    };
    put(node, "actionLabel", approval.label.as_ref().map(given));
    put(node, "assignTo", approval.assign_to.as_ref().map(|to| to.value.as_str().into()));
    put(node, "timeoutHours", approval.timeout_ms.as_ref().map(|ms| hours(ms.value)));
    put(node, "onTimeout", approval.on_timeout.as_ref().map(|o| outcome(&o.value)));
    put(node, "onReject", approval.on_reject.as_ref().map(|o| outcome(&o.value)));
    put(node, "data", approval.data.as_ref().map(given));
    put(node, "form", approval.form.as_ref().map(|form| json_schema(form, None)));
    put(node, "notInitiator", approval.not_initiator.as_ref().map(|b| b.value.into()));
}

#[allow(clippy::cast_precision_loss, reason = "bounded by ten years when it was read")]
fn hours(ms: u64) -> Value {
    if ms.is_multiple_of(HOUR_MS) {
        (ms / HOUR_MS).into()
    } else {
        (ms as f64 / HOUR_MS as f64).into()
    }
}

fn end_fields(node: &mut Map<String, Value>, end: &EndStep) {
    put(node, "output", end.output.as_ref().map(given));
    if let Some(failure) = &end.fail {
        let mut object = Map::new();
        object.insert("code".into(), failure.code.value.as_str().into());
        put(&mut object, "message", failure.message.as_ref().map(given));
        node.insert("fail".into(), Value::Object(object));
    }
}

/// A value of a field that counts as left out where it is `null`.
fn given(expr: &Expr) -> Value {
    match expr.kind {
        ExprKind::Null => spliced(expr),
        _ => templated(expr),
    }
}

/// A value whose strings may hold templates.
fn templated(expr: &Expr) -> Value {
    value(expr, &|text| template::escape(text))
}

/// A value whose strings stand for themselves.
fn plain(expr: &Expr) -> Value {
    value(expr, &|text| text.to_owned())
}

/// Whether an item or a field may be left out, which JSON cannot say of its own.
fn is_optional(expr: &Expr) -> bool {
    matches!(expr.kind, ExprKind::Optional(_))
}

fn value(expr: &Expr, string: &dyn Fn(&str) -> String) -> Value {
    match &expr.kind {
        ExprKind::Null => Value::Null,
        ExprKind::Bool(value) => (*value).into(),
        ExprKind::Int(value) => (*value).into(),
        // A smaller one would read back as a signed integer.
        ExprKind::Uint(value) if i64::try_from(*value).is_err() => (*value).into(),
        ExprKind::Double(value) if value.is_finite() => (*value).into(),
        ExprKind::String(text) => string(text).into(),
        ExprKind::Template(parts) => expr::template_text(parts).into(),
        ExprKind::List(items) if items.iter().any(is_optional) => spliced(expr),
        ExprKind::List(items) => items.iter().map(|item| value(item, string)).collect(),
        ExprKind::Record(fields) => {
            let named = fields.iter().map(|field| match &field.key {
                _ if is_optional(&field.value) => None,
                FieldKey::Name(name) => Some((name.value.clone(), value(&field.value, string))),
                FieldKey::Computed(_) => None,
            });
            named.collect::<Option<Map<_, _>>>().map_or_else(|| spliced(expr), Value::Object)
        }
        ExprKind::Uint(_)
        | ExprKind::Double(_)
        | ExprKind::Bytes(_)
        | ExprKind::Ident(_)
        | ExprKind::Named { .. }
        | ExprKind::Select { .. }
        | ExprKind::Index { .. }
        | ExprKind::Call { .. }
        | ExprKind::Unary { .. }
        | ExprKind::Binary { .. }
        | ExprKind::Conditional { .. }
        | ExprKind::Optional(_)
        | ExprKind::Error => spliced(expr),
    }
}

/// A string that is exactly one template.
fn spliced(expr: &Expr) -> Value {
    template_of(expr).into()
}

/// `${...}`
fn template_of(expr: &Expr) -> String {
    format!("${{{}}}", expr::text(expr, Style::Template))
}

#[cfg(test)]
mod tests;
