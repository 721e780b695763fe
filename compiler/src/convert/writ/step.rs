//! Steps, one function a kind.

use super::call::Call;
use super::{Printer, expr};
use crate::flow::{Flow, RouteKind, StepIx};
use crate::tree::{
    ApprovalOutcome, ApprovalStep, CallStep, CallTarget, DecideStep, EmitStep, EndStep, Expr,
    ExprKind, Retry, Step, StepKind, TypeExpr, TypeExprKind, WaitStep, Workflow,
};
use std::fmt::Display;

/// Where a run goes from one step.
pub(super) struct Ways<'a> {
    /// The step's routes, by the id of where they lead.
    routes: Vec<(&'a RouteKind, &'a str)>,
    /// The step after it in reading order.
    after: Option<&'a str>,
}

impl<'a> Ways<'a> {
    pub(super) fn of(workflow: &'a Workflow, flow: &'a Flow, at: usize) -> Self {
        let id_of = |index: usize| workflow.steps.get(index).map(|step| step.id.value.as_str());
        let routes = flow.routes_of(StepIx::at(at)).iter();
        Self {
            routes: routes.filter_map(|r| Some((&r.kind, id_of(r.target.index())?))).collect(),
            after: id_of(at + 1),
        }
    }

    fn next(&self) -> Option<&'a str> {
        self.routes.iter().find(|(kind, _)| **kind == RouteKind::Next).map(|(_, id)| *id)
    }
}

/// A step's id; words that mean something behind an arrow stand in quotes.
#[must_use]
pub fn id(id: &str) -> String {
    if expr::is_word(id) && id != "end" { id.to_owned() } else { expr::plain_literal(id) }
}

/// Whether the last step is what arms and clauses that lead to `end` stand for.
pub(super) fn end_is_made(workflow: &Workflow, flow: &Flow) -> bool {
    let Some((last, before)) = workflow.steps.split_last() else { return false };
    let end = EndStep { output: None, fail: None };
    let is_plain = last.kind == StepKind::End(end) && last.description.is_none();
    let at = StepIx::at(before.len());
    let mut ways = flow.routes.iter().flatten().filter(|route| route.target == at).peekable();
    is_plain
        && last.id.value == "end"
        && flow.start != Some(at)
        && ways.peek().is_some()
        // Of a step's own arrow, `-> end` is no edge.
        && ways.all(|route| route.kind != RouteKind::Next)
}

/// A time in the largest unit that says it in whole numbers.
fn duration(ms: u64) -> String {
    let units = [(3_600_000, "h"), (60_000, "m"), (1_000, "s")];
    let unit = units.into_iter().find(|(unit, _)| ms > 0 && ms.is_multiple_of(*unit));
    let (unit, name) = unit.unwrap_or((1, "ms"));
    format!("{}{name}", ms / unit)
}

impl Printer {
    pub(super) fn step(&mut self, step: &Step, ways: &Ways<'_>, call: Option<&Call<'_>>) {
        self.docs(step.description.as_ref().map(|d| d.value.as_str()));
        let name = id(&step.id.value);
        self.begin();
        match &step.kind {
            StepKind::Call(kind) => self.call_step(&name, kind, call),
            StepKind::Decide(decide) => return self.decide_step(&name, decide, ways),
            StepKind::Transform(transform) => {
                self.push(format_args!("transform {name} = "));
                self.value(&transform.value);
                self.end();
            }
            StepKind::Wait(wait) => self.wait_step(&name, wait),
            StepKind::Emit(emit) => self.emit_step(&name, emit),
            StepKind::Approval(approval) => self.approval_step(&name, approval),
            StepKind::End(end) => return self.end_step(&name, end),
            StepKind::Error => {
                self.push(format_args!("// The step {name} could not be read."));
                return self.end();
            }
        }
        if step.optional.is_some() {
            self.line("optional");
        }
        match ways.next() {
            Some(next) if ways.after == Some(next) => {}
            Some(next) => self.line(format_args!("-> {}", self.target(next))),
            None => self.line("-> end"),
        }
    }

    fn call_step(&mut self, name: &str, step: &CallStep, call: Option<&Call<'_>>) {
        let service = service_name(&step.service.value);
        self.push(format_args!("call {name} = "));
        let operation = call.and_then(|call| call.operation.as_deref());
        match (operation, &step.target) {
            (Some(operation), _) => self.push(format_args!("{service}.{operation}")),
            (None, CallTarget::Operation(name)) => {
                self.push(format_args!("{service}.{}", name.value));
            }
            (None, CallTarget::Http { method, path }) => {
                let upper = method.value.bytes().all(|b| b.is_ascii_uppercase());
                let bare = upper && !method.value.is_empty();
                let method =
                    if bare { method.value.clone() } else { expr::plain_literal(&method.value) };
                let path = expr::template_literal(path);
                self.push(format_args!("{service} {method} {path}"));
            }
        }
        match call.map_or(step.body.as_ref(), |call| call.body.as_ref()) {
            Some(Expr { kind: ExprKind::Record(fields), .. }) => {
                self.push(" ");
                self.entries(fields);
                self.end();
            }
            Some(body) => {
                self.end();
                self.clause("body", body);
            }
            None => self.end(),
        }
        if let Some(headers) = &step.headers {
            self.clause("headers", headers);
        }
        if let Some(timeout) = &step.timeout_ms {
            self.line(format_args!("timeout {}", duration(timeout.value)));
        }
        if let Some(retry) = &step.retry {
            self.line(retry_text(retry));
        }
        for route in &step.on_error {
            let class = route.class.as_ref().map(|name| format!(" {}", class(&name.value)));
            let target = self.target(&route.target.value);
            self.line(format_args!("on error{} -> {target}", class.unwrap_or_default()));
        }
    }

    /// Where an arrow leads.
    fn target(&self, step: &str) -> String {
        if self.end_is_made && step == "end" { step.to_owned() } else { id(step) }
    }

    fn outcome(&self, outcome: &ApprovalOutcome) -> String {
        match outcome {
            ApprovalOutcome::RouteTo(target) => format!("-> {}", self.target(&target.value)),
            ApprovalOutcome::Reject => "reject".to_owned(),
            ApprovalOutcome::Fail => "fail".to_owned(),
        }
    }

    fn clause(&mut self, word: impl Display, value: &Expr) {
        self.begin();
        self.push(format_args!("{word} "));
        self.value(value);
        self.end();
    }

    /// A clause that declares the fields of a record.
    fn record_type(&mut self, word: &str, ty: &TypeExpr) {
        self.begin();
        self.push(format_args!("{word} "));
        match &ty.kind {
            TypeExprKind::Record(fields) if !fields.is_empty() => self.fields(fields),
            _ => self.type_text(ty),
        }
        self.end();
    }

    fn decide_step(&mut self, name: &str, decide: &DecideStep, ways: &Ways<'_>) {
        self.push(format_args!("decide {name} "));
        if let Some(expression) = &decide.expression {
            self.push("= ");
            self.push(expr::text(expression, expr::Style::Writ));
            self.push(" ");
        }
        let by_value = decide.expression.is_some();
        self.block(|out| {
            for (kind, target) in &ways.routes {
                let head = match kind {
                    RouteKind::Case(label) => case_label(label),
                    RouteKind::When(n) => {
                        let at = usize::try_from(*n).unwrap_or(usize::MAX);
                        let Some(condition) = decide.conditions.get(at) else { continue };
                        format!("when {}", expr::text(&condition.when, expr::Style::Writ))
                    }
                    RouteKind::Default if by_value => "default".to_owned(),
                    RouteKind::Default => "else".to_owned(),
                    // A decision has none of these.
                    RouteKind::Next
                    | RouteKind::OnError(_)
                    | RouteKind::OnTimeout
                    | RouteKind::OnReject
                    | RouteKind::Failed => continue,
                };
                out.line(format_args!("{head} -> {}", out.target(target)));
            }
        });
        self.end();
    }

    fn wait_step(&mut self, name: &str, wait: &WaitStep) {
        self.push(format_args!("wait {name} "));
        match wait {
            WaitStep::Duration { duration: Expr { kind: ExprKind::Int(ms @ 0..), .. } } => {
                self.push(format_args!("for {}", duration(ms.unsigned_abs())));
            }
            WaitStep::Duration { duration } => {
                self.push("for ");
                self.value(duration);
            }
            WaitStep::Until { until } => {
                self.push("until ");
                self.value(until);
            }
            WaitStep::Event { event, correlation, timeout_ms, on_timeout, data } => {
                self.push(format_args!("for event {}", expr::plain_literal(&event.value)));
                let plain = correlation.is_none() && data.is_none();
                if !(plain && timeout_ms.is_none() && on_timeout.is_none()) {
                    self.push(" ");
                    self.block(|out| {
                        if let Some(correlation) = correlation {
                            out.clause("correlation", correlation);
                        }
                        if let Some(data) = data {
                            out.record_type("data", data);
                        }
                        if let Some(timeout) = timeout_ms {
                            out.line(format_args!("timeout {}", duration(timeout.value)));
                        }
                        if let Some(target) = on_timeout {
                            out.line(format_args!("on timeout -> {}", out.target(&target.value)));
                        }
                    });
                }
            }
        }
        self.end();
    }

    fn emit_step(&mut self, name: &str, emit: &EmitStep) {
        self.push(format_args!("emit {name} = {}", expr::plain_literal(&emit.event.value)));
        match &emit.payload {
            Some(Expr { kind: ExprKind::Record(fields), .. }) => {
                self.push(" ");
                self.entries(fields);
            }
            Some(payload) => {
                self.push(" payload ");
                self.value(payload);
            }
            None => {}
        }
        self.end();
    }

    fn approval_step(&mut self, name: &str, approval: &ApprovalStep) {
        self.push(format_args!("approval {name} "));
        self.block(|out| {
            if let Some(label) = &approval.label {
                out.clause("label", label);
            }
            if let Some(to) = &approval.assign_to {
                out.line(format_args!("assign {}", assignee(&to.value)));
            }
            if let Some(data) = &approval.data {
                out.clause("data", data);
            }
            if let Some(form) = &approval.form {
                out.record_type("form", form);
            }
            if let Some(timeout) = &approval.timeout_ms {
                out.line(format_args!("timeout {}", duration(timeout.value)));
            }
            if let Some(outcome) = &approval.on_timeout {
                out.line(format_args!("on timeout {}", out.outcome(&outcome.value)));
            }
            if let Some(outcome) = &approval.on_reject {
                out.line(format_args!("on reject {}", out.outcome(&outcome.value)));
            }
            if approval.not_initiator.as_ref().is_some_and(|not| not.value) {
                out.line("not initiator");
            }
        });
        self.end();
    }

    fn end_step(&mut self, name: &str, end: &EndStep) {
        match (&end.fail, &end.output) {
            (Some(failure), _) => {
                let code = expr::plain_literal(&failure.code.value);
                self.push(format_args!("fail {name} = {code}"));
                if let Some(message) = &failure.message {
                    self.push(format_args!(" {}", expr::template_literal(message)));
                }
            }
            (None, Some(output)) => {
                self.push(format_args!("end {name} = "));
                self.value(output);
            }
            (None, None) => self.push(format_args!("end {name}")),
        }
        self.end();
    }
}

/// `custom:crm`, `anti-fraud`; anything else in quotes.
pub(super) fn service_name(slug: &str) -> String {
    let bare = slug.split(['-', ':']).all(expr::is_word);
    if bare { slug.to_owned() } else { expr::plain_literal(slug) }
}

/// A word or a whole number as it stands; `default`, and anything else, in quotes.
pub(crate) fn case_label(label: &str) -> String {
    let digits = label.strip_prefix('-').unwrap_or(label);
    let number = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    let keyword = matches!(label, "default" | "else" | "when");
    if number || (expr::is_word(label) && !keyword) {
        label.to_owned()
    } else {
        expr::plain_literal(label)
    }
}

fn assignee(to: &str) -> String {
    let bare = to.split_once(':').is_some_and(|(kind, name)| {
        let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
        expr::is_word(kind) && !name.is_empty() && name.chars().all(is_part)
    });
    if bare { to.to_owned() } else { expr::plain_literal(to) }
}

/// A class of errors: a status, `5xx`, a code.
fn class(name: &str) -> String {
    let word = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    let keyword = matches!(name, "error" | "nothing");
    if word && !keyword { name.to_owned() } else { expr::plain_literal(name) }
}

fn retry_text(retry: &Retry) -> String {
    let mut text = "retry".to_owned();
    if let Some(attempts) = &retry.max_attempts {
        text.push_str(&format!(" {}", attempts.value));
    }
    if let Some(backoff) = &retry.backoff {
        text.push_str(&format!(" {}", backoff.value));
    }
    if let Some(classes) = &retry.retry_on {
        let classes: Vec<_> = classes.iter().map(|name| class(&name.value)).collect();
        let list = if classes.is_empty() { "nothing".to_owned() } else { classes.join(", ") };
        text.push_str(&format!(" on {list}"));
    }
    text
}
