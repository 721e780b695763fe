//! How many bytes of values a step makes a run keep at most, as the runner counts them: of a number 8, of text its bytes
//! and 2, of a list 2 and 1 an item, of a record 2 and 4 a name.

use crate::limits::{
    BODY_BYTES_MAX, CORRELATION_CHARS_MAX, EVENT_BODY_BYTES_MAX, NOTES_CHARS_MAX, TEXT_BYTES_MAX,
    VALUE_BYTES_MAX,
};
use crate::tree::{CallStep, Expr, ExprKind, FieldKey, Step, StepKind, TemplatePart, WaitStep};
use crate::types::check::{CallPlan, PathPart, StepTyping};

/// The inputs. `0,` in a body has 2 bytes and counts 9.
pub(crate) const INPUTS_MAX: u64 = (BODY_BYTES_MAX / 2 * 9) as u64;

/// What an event carries, counted as inputs are.
const EVENT_MAX: u64 = (EVENT_BODY_BYTES_MAX / 2 * 9) as u64;

/// What an event must carry.
const CORRELATION_MAX: u64 = CORRELATION_CHARS_MAX as u64 * CHARACTER_MAX + 2;

/// Any one value.
const VALUE_MAX: u64 = VALUE_BYTES_MAX as u64;

/// Text that a template makes.
const TEXT_MAX: u64 = TEXT_BYTES_MAX as u64 + 2;

/// An id that the runner makes, or the time as text.
const STAMP_MAX: u64 = 64;

/// The id of who decides: `usr_`, and the 100 bytes that a key's actor may have.
const ACTOR_MAX: u64 = 106;

/// Bytes that become at most four times as many characters of text.
const CHARACTER_MAX: u64 = 4;

/// What a number takes as the text of a header.
const NUMBER_TEXT_MAX: u64 = 32;

/// What a step keeps; `None` for one that could not be understood.
pub(super) fn stored(step: &Step, typing: Option<&StepTyping>) -> Option<u64> {
    Some(match &step.kind {
        // An answer is kept, or the body of a failure; both as large as any value.
        StepKind::Call(call) => request(call, typing?.call.as_ref()?) + VALUE_MAX,
        StepKind::Decide(decide) => {
            let labels = decide.cases.iter().map(|case| case.label.value.len());
            let targets = decide.conditions.iter().map(|condition| condition.next.value.len());
            let longest = labels.chain(targets).chain(["default".len()]).max().unwrap_or(0);
            record(&[("selected", text(longest))])
        }
        StepKind::Transform(transform) => value(&transform.value),
        StepKind::Wait(wait) => {
            let resumed = record(&[("resumedAt", STAMP_MAX)]);
            match wait {
                WaitStep::Duration { duration } => {
                    record(&[("duration", value(duration))]).min(VALUE_MAX) + resumed
                }
                WaitStep::Until { until } => {
                    record(&[("until", value(until))]).min(VALUE_MAX) + resumed
                }
                WaitStep::Event { event, correlation, timeout_ms, .. } => {
                    let name = ("event", text(event.value.len()));
                    let correlation = correlation.as_ref().map_or(0, |_| CORRELATION_MAX);
                    let until = timeout_ms.as_ref().map_or(0, |_| STAMP_MAX);
                    let asks = [name, ("correlation", correlation), ("until", until)];
                    record(&asks) + record(&[("resumedAt", STAMP_MAX), name, ("data", EVENT_MAX)])
                }
            }
        }
        StepKind::Emit(emit) => {
            let payload = emit.payload.as_ref().map_or(0, value);
            let event = ("event", text(emit.event.value.len()));
            let input = record(&[event, ("payload", payload)]);
            input.min(VALUE_MAX) + record(&[("eventId", STAMP_MAX)])
        }
        StepKind::Approval(approval) => {
            let label = approval.label.as_ref().map_or_else(|| text(step.id.value.len()), value);
            let to = approval.assign_to.as_ref().map_or(0, |to| text(to.value.len()));
            let data = approval.data.as_ref().map_or(0, value);
            let input = record(&[("label", label), ("assignTo", to), ("data", data)]);
            let output = record(&[
                ("decision", text("approve".len())),
                ("notes", NOTES_CHARS_MAX as u64 * CHARACTER_MAX + 2),
                ("actorUserId", ACTOR_MAX),
                ("decidedAt", STAMP_MAX),
            ]);
            // As large as the request that brings it.
            let form = approval.form.as_ref().map_or(0, |_| BODY_BYTES_MAX as u64);
            input.min(VALUE_MAX) + (output + form).min(VALUE_MAX)
        }
        StepKind::End(end) => end.output.as_ref().map_or(0, value),
        StepKind::Error => return None,
    })
}

/// The request of a call.
fn request(call: &CallStep, plan: &CallPlan) -> u64 {
    let mut path = 2;
    for part in &plan.path {
        path += match part {
            PathPart::Text(text) => text.len() as u64,
            PathPart::Expr(_) => TEXT_MAX,
        };
    }
    if !plan.query.is_empty() {
        path = TEXT_MAX;
    }
    let body = plan.body.as_ref().map_or(0, value);
    let id = plan.external_id.as_ref().map_or(0, |field| record(&[(field, STAMP_MAX)]));
    let headers = call.headers.as_ref().map_or(0, |headers| {
        // How many values become text must be written down.
        let ExprKind::Record(fields) = &headers.kind else { return VALUE_MAX };
        value(headers) + fields.len() as u64 * NUMBER_TEXT_MAX
    });
    let method = text(plan.method.len());
    let path = path.min(TEXT_MAX);
    let all = [("method", method), ("path", path), ("headers", headers), ("body", body + id)];
    record(&all).min(VALUE_MAX)
}

/// A value, as far as it is written down.
fn value(expr: &Expr) -> u64 {
    let size = match &expr.kind {
        ExprKind::Null | ExprKind::Bool(_) => 4,
        ExprKind::Int(_) | ExprKind::Uint(_) | ExprKind::Double(_) => 8,
        ExprKind::String(written) => text(written.len()),
        ExprKind::Bytes(bytes) => (bytes.len() as u64).div_ceil(3) * 4 + 6,
        ExprKind::Template(parts) => parts.iter().fold(2_u64, |sum, part| match part {
            TemplatePart::Text(text) => sum.saturating_add(text.len() as u64),
            TemplatePart::Expr(_) => sum.saturating_add(TEXT_MAX),
        }),
        ExprKind::List(items) => {
            items.iter().fold(2, |sum, item| u64::saturating_add(sum, value(item) + 1))
        }
        ExprKind::Record(fields) => fields.iter().fold(2, |sum, field| {
            let name = match &field.key {
                FieldKey::Name(name) => name.value.len() as u64 + 4,
                FieldKey::Computed(_) => VALUE_MAX,
            };
            u64::saturating_add(sum, name + value(&field.value))
        }),
        ExprKind::Named { value: named, .. } => value(named),
        ExprKind::Optional(optional) => value(optional),
        ExprKind::Conditional { then, otherwise, .. } => value(then).max(value(otherwise)),
        // No part of the inputs is larger than all of them.
        ExprKind::Ident(name) if name == "trigger" => INPUTS_MAX,
        ExprKind::Select { operand, optional: false, .. } => selected(operand),
        ExprKind::Ident(_)
        | ExprKind::Select { .. }
        | ExprKind::Index { .. }
        | ExprKind::Call { .. }
        | ExprKind::Unary { .. }
        | ExprKind::Binary { .. }
        | ExprKind::Error => VALUE_MAX,
    };
    let is_text = matches!(expr.kind, ExprKind::Template(_));
    size.min(if is_text { TEXT_MAX } else { VALUE_MAX })
}

/// What is selected from something is no larger than it.
fn selected(operand: &Expr) -> u64 {
    if let ExprKind::Select { operand, .. } = &operand.kind {
        return selected(operand);
    }
    let is_trigger = matches!(&operand.kind, ExprKind::Ident(name) if name == "trigger");
    if is_trigger { INPUTS_MAX } else { VALUE_MAX }
}

fn text(len: usize) -> u64 {
    len as u64 + 2
}

/// A record of these fields; those that are empty may be left out.
fn record(fields: &[(&str, u64)]) -> u64 {
    let sizes = fields.iter().map(|(name, value)| (name.len() as u64 + 4).saturating_add(*value));
    sizes.fold(2, u64::saturating_add)
}
