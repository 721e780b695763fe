//! Secrets and personal data in places that are not for them, and the way they came there.

use super::known::canonical;
use super::slot::{Slot, with_declaration};
use super::{Checker, Found, Inputs};
use crate::diagnostic::{Code, Diagnostic, SourceRef};
use crate::flow::StepIx;
use crate::limits::{TRAIL_STEPS_MAX, TRAILS_MAX};
use crate::text::{Name, Span};
use crate::tree::{Expr, ExprKind, FieldKey, StepKind};
use crate::types::{Label, Shape, Type, leaks};

impl Checker<'_> {
    /// Reports what in a value should not come to stand where it is about to.
    pub(super) fn guard(&mut self, expr: &Expr, found: &Found, slot: Slot<'_>) {
        if leaks(&found.ty, slot.ty, Label::Secret) {
            self.leak(expr, slot, Label::Secret);
        } else if slot.guards_personal && leaks(&found.ty, slot.ty, Label::Personal) {
            self.leak(expr, slot, Label::Personal);
        }
    }

    fn leak(&mut self, expr: &Expr, slot: Slot<'_>, label: Label) {
        let place = slot.words("");
        let diagnostic = match label {
            Label::Secret => {
                let message = format!("a secret would reach {place}");
                Diagnostic::new(Code::SecretLeak, expr.span, message)
                    .note("a secret may go only where a signature says `secret`")
            }
            Label::Personal => {
                let message = format!("personal data would reach {place}");
                Diagnostic::new(Code::PersonalDataLeak, expr.span, message).help(
                    "send a reference in its place, or say why it may be seen: `declassify(..., \"reason\")`",
                )
            }
        };
        let mut diagnostic = with_declaration(diagnostic, slot.declared, label.undeclared());
        if !matches!(self.inputs, Inputs::Asked(_)) && self.trails < TRAILS_MAX {
            self.trails += 1;
            let mut trail = Trail { label, hops: Vec::new(), declared: None };
            let at = self.at;
            self.trail(expr, &mut trail);
            self.at = at;
            for (span, remark) in trail.hops {
                diagnostic = diagnostic.and(span, remark);
            }
            diagnostic = with_declaration(diagnostic, trail.declared, label.declared());
        }
        self.report(diagnostic);
    }

    /// Follows a label from where it is seen to where it comes from.
    fn trail(&mut self, expr: &Expr, trail: &mut Trail) {
        let mut at = expr.clone();
        while trail.hops.len() < TRAIL_STEPS_MAX {
            let Some(carrier) = self.carrier(&at, trail) else { return };
            let found = self.quietly(|this| this.infer(&carrier));
            let whole = found.declared.filter(|_| found.ty.labels.has(trail.label));
            trail.declared =
                whole.or_else(|| labelled_field(&found.ty, trail.label)).or(trail.declared);
            let Some((step, fields)) = self.output_path(&carrier) else {
                let passed = trail.hops.last().map_or(expr.span, |(span, _)| *span);
                if carrier.span != passed {
                    trail.hops.push((carrier.span, "read here".to_owned()));
                }
                return;
            };
            let Some(from) = self.workflow.steps.get(step.index()) else { return };
            let StepKind::Transform(transform) = &from.kind else {
                trail.hops.push((from.id.span, format!("\"{}\" gives it", from.id.value)));
                return;
            };
            at = within(&transform.value, &fields).clone();
            trail.hops.push((at.span, format!("\"{}\" passes it on", from.id.value)));
            self.at = step;
        }
    }

    /// The innermost path in an expression that carries the label.
    fn carrier(&mut self, expr: &Expr, trail: &mut Trail) -> Option<Expr> {
        if let ExprKind::Named { name, value } = &expr.kind {
            trail.hops.push((value.span, format!("`{name}` stands for this")));
            return self.carrier(value, trail);
        }
        if canonical(expr).is_some() {
            return self.carries(expr, trail.label).then(|| expr.clone());
        }
        // What needs a comprehension's variable, which means nothing here, carries nothing.
        let part = expr.parts().into_iter().find(|part| self.carries(part, trail.label))?;
        self.carrier(part, trail)
    }

    fn carries(&mut self, expr: &Expr, label: Label) -> bool {
        let found = self.quietly(|this| this.infer(expr));
        found.ty.labels_within().has(label)
    }

    /// Types something again, of which everything has been said.
    fn quietly<T>(&mut self, inner: impl FnOnce(&mut Self) -> T) -> T {
        let reported = self.diagnostics.len();
        let (at, lenient) = (self.at, std::mem::replace(&mut self.lenient, true));
        let result = inner(self);
        (self.at, self.lenient) = (at, lenient);
        self.diagnostics.truncate(reported);
        result
    }

    /// For a path into a step's output: the step, and the names of the fields.
    fn output_path(&self, path: &Expr) -> Option<(StepIx, Vec<String>)> {
        let mut names = Vec::new();
        let mut at = path.unnamed();
        while let Some((operand, name, _)) = at.selected() {
            names.push(name.to_owned());
            at = operand;
        }
        if !matches!(&at.kind, ExprKind::Ident(name) if name == "step") {
            return None;
        }
        let id = names.pop()?;
        let part = names.pop()?;
        names.reverse();
        let step = *self.ids.get(id.as_str()).filter(|_| part == "output")?;
        Some((step, names))
    }

    /// `declassify(value, "reason")`: the value, without its labels.
    pub(super) fn declassify(&mut self, function: &Name, args: &[Expr]) -> Type {
        let fits = args.len() == 2;
        if !self.arity(function, fits, "a value, and a text that says why it may be seen") {
            return Type::error();
        }
        let [value, reason] = args else { return Type::error() };
        let ty = self.value(value);
        let reason = match &reason.kind {
            ExprKind::String(text) if !text.trim().is_empty() => text,
            _ => {
                let message = "the reason of `declassify` must be written out, as text";
                self.report(Diagnostic::new(Code::WrongOperand, reason.span, message));
                return ty.declassified();
            }
        };
        let labels = ty.labels_within();
        let what = match (labels.secret, labels.pii) {
            (true, true) => "a secret with personal data",
            (true, false) => "a secret",
            (false, true) => "personal data",
            (false, false) => {
                if !ty.is_dynamic() {
                    let message = "this is neither secret nor personal data";
                    self.report(
                        Diagnostic::new(Code::NothingToDeclassify, value.span, message)
                            .help("leave `declassify` out"),
                    );
                }
                return ty;
            }
        };
        let message = format!("{what} may be seen from here on: {}", reason.trim());
        self.report(Diagnostic::new(Code::Declassified, value.span, message));
        ty.declassified()
    }
}

/// The way of a label.
struct Trail {
    label: Label,
    /// The places it passed, from where it is seen.
    hops: Vec<(Span, String)>,
    /// Where its value is declared, as far back as is known.
    declared: Option<(SourceRef, Span)>,
}

impl Label {
    fn declared(self) -> &'static str {
        match self {
            Self::Secret => "declared `secret` here",
            Self::Personal => "declared `pii` here",
        }
    }

    fn undeclared(self) -> &'static str {
        match self {
            Self::Secret => "not declared `secret`",
            Self::Personal => "not declared `pii`",
        }
    }
}

/// Where a field is declared that carries a label, of all inside a type.
fn labelled_field(ty: &Type, label: Label) -> Option<(SourceRef, Span)> {
    match &ty.shape {
        Shape::List(item) | Shape::Map(item) => labelled_field(item, label),
        Shape::Union(members) => members.iter().find_map(|member| labelled_field(member, label)),
        Shape::Record(record) => {
            record.fields.values().filter(|field| field.ty.labels_within().has(label)).find_map(
                |field| match field.ty.labels.has(label) {
                    true => field.declared,
                    false => labelled_field(&field.ty, label),
                },
            )
        }
        Shape::Error
        | Shape::Json
        | Shape::Null
        | Shape::Bool
        | Shape::Int
        | Shape::Number
        | Shape::String
        | Shape::Bytes
        | Shape::Timestamp
        | Shape::Duration
        | Shape::Literal(_) => None,
    }
}

/// The part of a record that fields lead to, as far as it is written out.
fn within<'e>(value: &'e Expr, fields: &[String]) -> &'e Expr {
    let mut at = value;
    for name in fields {
        let ExprKind::Record(entries) = &at.unnamed().kind else { return at };
        let entry = entries.iter().find(|entry| match &entry.key {
            FieldKey::Name(key) => key.value == *name,
            FieldKey::Computed(_) => false,
        });
        let Some(entry) = entry else { return at };
        at = match &entry.value.kind {
            ExprKind::Optional(value) => value,
            _ => &entry.value,
        };
    }
    at
}
