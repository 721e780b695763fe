//! Steps, one function a kind.

use super::slot::Slot;
use super::{Checker, StepTyping};
use crate::diagnostic::{Code, Diagnostic};
use crate::flow::{DEFAULT, RouteKind};
use crate::tree::{
    ApprovalStep, DecideStep, EmitStep, EndStep, Expr, ExprKind, Step, StepKind, TransformStep,
    WaitStep,
};
use crate::types::{FieldInfo, Shape, Type};

impl Checker<'_> {
    pub(super) fn step(&mut self, step: &Step) -> StepTyping {
        match &step.kind {
            StepKind::Call(call) => self.call(call),
            StepKind::Decide(decide) => self.decide(decide),
            StepKind::Transform(transform) => self.transform(transform),
            StepKind::Wait(wait) => self.wait(step, wait),
            StepKind::Emit(emit) => self.emit(emit),
            StepKind::Approval(approval) => self.approval(step, approval),
            StepKind::End(end) => self.end(end),
            StepKind::Error => no_input(Type::error()),
        }
    }

    fn decide(&mut self, decide: &DecideStep) -> StepTyping {
        let decides = decide.expression.as_ref().map(|expression| {
            let found = self.needed(expression);
            self.decides_unchecked(&found, expression);
            let ty = found.ty;
            let has_text = |shape: &Shape| {
                !matches!(shape, Shape::Null | Shape::List(_) | Shape::Map(_) | Shape::Record(_))
            };
            if ty.may_be(has_text) {
                return ty;
            }
            let message = format!("a decision cannot be made on {}", ty.noun());
            self.report(
                Diagnostic::new(Code::NotText, expression.span, message)
                    .help("decide on one of its parts, or on a condition"),
            );
            Type::error()
        });
        let before = self.given.len();
        for condition in &decide.conditions {
            self.condition(&condition.when);
            self.given_not(&condition.when);
        }
        let covered = self.is_nothing_left(decide);
        self.given.truncate(before);
        // As a decision's record says it: the label, or where a condition led; the default by its own name.
        let routes = self.flow.routes_of(self.at).iter().map(|route| match &route.kind {
            RouteKind::Case(label) => Type::literal(label),
            RouteKind::When(_) => {
                let target = self.workflow.steps.get(route.target.index());
                target.map_or_else(Type::error, |step| Type::literal(&step.id.value))
            }
            RouteKind::Default => Type::literal(DEFAULT),
            RouteKind::Next
            | RouteKind::OnError(_)
            | RouteKind::OnTimeout
            | RouteKind::OnReject
            | RouteKind::Failed => Type::error(),
        });
        let routes: Vec<Type> = routes.collect();
        let selected = if routes.is_empty() { Type::error() } else { Type::union(routes) };
        let output = Type::of_fields([("selected", selected)]);
        let declared = decide.expression.as_ref().map(|e| self.without_known(|this| this.value(e)));
        let ruled_out = ruled_out(decides.as_ref(), declared.as_ref());
        let decides = if ruled_out.is_empty() { decides } else { declared };
        StepTyping { decides, ruled_out, covered, ..no_input(output) }
    }

    /// Where the run ends, the value is its output as well, and that shows no secrets.
    fn transform(&mut self, transform: &TransformStep) -> StepTyping {
        let any = Type::json();
        no_input(match self.flow.next(self.at) {
            Some(_) => self.value(&transform.value),
            None => self.check(&transform.value, Slot::root(&any, "the run's output").seen()),
        })
    }

    fn wait(&mut self, step: &Step, wait: &WaitStep) -> StepTyping {
        let id = &step.id.value;
        let input = match wait {
            WaitStep::Duration { duration } => {
                let ty = Type::union(vec![Type::new(Shape::Duration), Type::new(Shape::Int)]);
                let what = format!("the duration of wait \"{id}\"");
                let ty = self.time(duration, Slot::root(&ty, &what));
                Type::of_fields([("duration", ty)])
            }
            WaitStep::Until { until } => {
                let what = format!("the moment of wait \"{id}\"");
                let ty = self.time(until, Slot::root(&Type::new(Shape::Timestamp), &what));
                Type::of_fields([("until", ty)])
            }
            WaitStep::Event { event, correlation, timeout_ms, .. } => {
                let what = format!("the correlation of wait \"{id}\"");
                let correlation = correlation.as_ref().map(|value| self.check_text(value, &what));
                with_rest([
                    ("event", Some(Type::literal(&event.value))),
                    ("correlation", correlation),
                    ("until", timeout_ms.as_ref().map(|_| Type::new(Shape::Timestamp))),
                ])
            }
        };
        let resumed = ("resumedAt", Type::new(Shape::Timestamp));
        let WaitStep::Event { event, .. } = wait else {
            return StepTyping { input, ..no_input(Type::of_fields([resumed])) };
        };
        let form = self.forms.get(self.at.index()).cloned().flatten();
        let data = form.clone().unwrap_or_else(Type::json);
        let event = ("event", Type::literal(&event.value));
        let output = Type::of_fields([resumed, event, ("data", data)]);
        StepTyping { input, form, ..no_input(output) }
    }

    /// What a wait waits for. What is written down, the checks look at.
    fn time(&mut self, time: &Expr, slot: Slot<'_>) -> Type {
        match time.kind {
            ExprKind::String(_) => Type::string(),
            _ => self.check(time, slot),
        }
    }

    fn emit(&mut self, emit: &EmitStep) -> StepTyping {
        let what = format!("the payload of `{}`", emit.event.value);
        let any = Type::json();
        let payload = emit
            .payload
            .as_ref()
            .map(|payload| self.check(payload, Slot::root(&any, &what).seen()));
        let input =
            with_rest([("event", Some(Type::literal(&emit.event.value))), ("payload", payload)]);
        StepTyping { input, ..no_input(Type::of_fields([("eventId", Type::string())])) }
    }

    fn approval(&mut self, step: &Step, approval: &ApprovalStep) -> StepTyping {
        let id = &step.id.value;
        let what = format!("the label of approval \"{id}\"");
        let label = approval.label.as_ref().map(|label| self.check_text(label, &what));
        let what = format!("the data of approval \"{id}\"");
        let any = Type::json();
        let data = approval.data.as_ref().map(|data| self.check(data, Slot::root(&any, &what)));
        let assign_to = approval.assign_to.as_ref().map(|_| Type::string());
        let input = with_rest([("label", label), ("assignTo", assign_to), ("data", data)]);
        let decision = Type::union(vec![Type::literal("approve"), Type::literal("reject")]);
        let form = self.forms.get(self.at.index()).cloned().flatten();
        let outcome = |decision: Type, form: Option<&Type>| {
            let fields = [
                ("decision", Some(FieldInfo::required(decision))),
                ("notes", Some(FieldInfo::required(Type::string()))),
                ("actorUserId", Some(FieldInfo::optional(Type::string()))),
                ("form", form.map(|form| FieldInfo::required(form.clone()))),
            ];
            let fields =
                fields.into_iter().filter_map(|(name, field)| Some((name.to_owned(), field?)));
            Type::record(fields.collect(), false)
        };
        let output = match &form {
            None => outcome(decision, None),
            // Only who approves fills it in.
            Some(form) => Type::union(vec![
                outcome(Type::literal("approve"), Some(form)),
                outcome(Type::literal("reject"), None),
            ]),
        };
        StepTyping { input, form, ..no_input(output) }
    }

    fn end(&mut self, end: &EndStep) -> StepTyping {
        if let Some(message) = end.fail.as_ref().and_then(|fail| fail.message.as_ref()) {
            self.check_text(message, "the message of a failed run");
        }
        let any = Type::json();
        let output = end.output.as_ref();
        let output =
            output.map(|output| self.check(output, Slot::root(&any, "the run's output").seen()));
        no_input(output.unwrap_or_else(|| Type::new(Shape::Null)))
    }
}

/// The texts that a value is declared to be, and that decisions before this one leave out.
fn ruled_out(narrowed: Option<&Type>, declared: Option<&Type>) -> Vec<String> {
    let (Some(narrowed), Some(declared)) = (narrowed, declared) else { return Vec::new() };
    let left_out = declared.members().iter().filter(|member| !narrowed.members().contains(member));
    let texts = left_out.filter_map(|member| match &member.shape {
        Shape::Literal(text) => Some(text.to_string()),
        Shape::Null => Some("null".to_owned()),
        _ => None,
    });
    texts.collect()
}

/// The typing of a step that records no input.
fn no_input(output: Type) -> StepTyping {
    StepTyping {
        input: Type::new(Shape::Null),
        output,
        call: None,
        decides: None,
        ruled_out: Vec::new(),
        covered: false,
        form: None,
    }
}

/// A record of those fields that are there.
fn with_rest<const N: usize>(fields: [(&str, Option<Type>); N]) -> Type {
    let fields = fields
        .into_iter()
        .filter_map(|(name, ty)| Some((name.to_owned(), FieldInfo::required(ty?))));
    Type::record(fields.collect(), true)
}
