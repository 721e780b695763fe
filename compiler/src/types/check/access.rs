//! Paths: variables, fields, items.

use super::builtin::TYPE_NAMES;
use super::expr::path_words;
use super::{Checker, Found, Inputs, Local, input};
use crate::diagnostic::{Applicability, Code, Diagnostic, did_you_mean};
use crate::flow::StepIx;
use crate::syntax::expr::value_of_habit;
use crate::syntax::lets::VARIABLES;
use crate::text::{Name, Span, Spanned};
use crate::tree::{Expr, ExprKind, StepKind};
use crate::types::{Labels, Shape, Type};

/// The parts of a step.
const PARTS: [&str; 2] = ["output", "error"];

/// `operand.name` or `operand["name"]`.
struct Selected<'e> {
    operand: &'e Expr,
    name: Name,
    optional: bool,
}

fn selected(expr: &Expr) -> Option<Selected<'_>> {
    match &expr.unnamed().kind {
        ExprKind::Select { operand, field, optional } => {
            Some(Selected { operand, name: field.clone(), optional: *optional })
        }
        ExprKind::Index { operand, index, optional } => match &index.kind {
            ExprKind::String(name) => {
                let name = Spanned::new(name.clone(), index.span);
                Some(Selected { operand, name, optional: *optional })
            }
            _ => None,
        },
        _ => None,
    }
}

/// The names of a path into the trigger's inputs, and from which one on it is optional.
pub(super) fn trigger_path(expr: &Expr) -> Option<(Vec<Name>, usize)> {
    let mut names = Vec::new();
    let mut optional = Vec::new();
    let mut at = expr;
    while let Some(part) = selected(at) {
        names.push(part.name);
        optional.push(part.optional);
        at = part.operand;
    }
    if !matches!(&at.unnamed().kind, ExprKind::Ident(name) if name == "trigger") {
        return None;
    }
    names.reverse();
    optional.reverse();
    let from = optional.iter().position(|optional| *optional).unwrap_or(names.len());
    Some((names, from))
}

/// Whether a path begins at a step.
pub(super) fn begins_at_step(expr: &Expr) -> bool {
    match &expr.unnamed().kind {
        ExprKind::Ident(name) => name == "step",
        ExprKind::Select { operand, .. } | ExprKind::Index { operand, .. } => {
            begins_at_step(operand)
        }
        _ => false,
    }
}

impl Checker<'_> {
    fn is_variable(&self, expr: &Expr, name: &str) -> bool {
        matches!(&expr.unnamed().kind, ExprKind::Ident(found) if found == name)
            && !self.is_local(name)
    }

    pub(super) fn is_local(&self, name: &str) -> bool {
        self.locals.iter().any(|local| local.name == name)
    }

    /// The innermost variable of a macro by this name.
    pub(super) fn local(&self, name: &str) -> Option<&Local> {
        self.locals.iter().rev().find(|local| local.name == name)
    }

    /// The type of a variable that stands alone.
    pub(super) fn variable(&mut self, name: &str, span: Span) -> Type {
        if let Some(local) = self.local(name) {
            return local.ty.clone();
        }
        match name {
            "trigger" => match &self.inputs {
                Inputs::Declared(ty) | Inputs::Inferred(ty) => ty.clone(),
                Inputs::Asked(_) => Type::json(),
            },
            "execution" => Type::of_fields([
                ("id", Type::string()),
                ("externalId", Type::union(vec![Type::string(), Type::new(Shape::Null)])),
                ("startedAt", Type::new(Shape::Timestamp)),
            ]),
            "workflow" => {
                Type::of_fields([("slug", Type::string()), ("version", Type::new(Shape::Int))])
            }
            "step" => {
                self.no_value("`step` is no value: it leads to the steps", span);
                Type::error()
            }
            _ if TYPE_NAMES.contains(&name) => Type::literal(name),
            _ => {
                self.unknown_variable(name, span);
                Type::error()
            }
        }
    }

    fn unknown_variable(&mut self, name: &str, span: Span) {
        let message = format!("there is no variable `{name}`");
        let diagnostic = Diagnostic::new(Code::UnknownVariable, span, message);
        let diagnostic = if let Some(value) = value_of_habit(name) {
            diagnostic.fix(format!("write `{value}`"), span, value, Applicability::Safe)
        } else if self.ids.contains_key(name) {
            diagnostic.help(format!("write `step.{name}.output` for what the step gave"))
        } else {
            let locals = self.locals.iter().map(|local| local.name.as_str());
            let named = self.workflow.lets.iter().map(|named| named.name.value.as_str());
            let candidates = VARIABLES.into_iter().chain(locals).chain(named);
            let named = did_you_mean(diagnostic, &Spanned::new(name.to_owned(), span), candidates);
            match named.suggestions.is_empty() {
                true => named.note(format!("the variables are {}", VARIABLES.join(", "))),
                false => named,
            }
        };
        self.report(diagnostic);
    }

    fn no_value(&mut self, message: &str, span: Span) {
        self.report(
            Diagnostic::new(Code::NoOutput, span, message)
                .help("write `step.<id>.output` for what a step gave"),
        );
    }

    /// The type of a path's end.
    pub(super) fn path(&mut self, expr: &Expr) -> Found {
        let found = self.path_as_declared(expr);
        Found { ty: self.narrowed(expr, found.ty), ..found }
    }

    fn path_as_declared(&mut self, expr: &Expr) -> Found {
        if let Some(found) = self.asked_of_trigger(expr).or_else(|| self.of_step(expr)) {
            return found;
        }
        if let Some(name) = expr.type_name()
            && !self.is_local("google")
            && matches!(expr.kind, ExprKind::Select { .. })
        {
            return Type::literal(name).into();
        }
        let found = match (&expr.kind, selected(expr)) {
            (_, Some(Selected { operand, name, optional })) => {
                let inner = self.path_or_value(operand);
                let optional = optional || inner.optional;
                let found = self.field(&inner.ty, &name, operand, expr, optional);
                let unchecked = self.reads_unchecked(&inner, operand, expr, Some(&name));
                Found { optional, unchecked, ..found }
            }
            (ExprKind::Index { operand, index, optional }, None) => {
                let inner = self.path_or_value(operand);
                let optional = *optional || inner.optional;
                let ty = self.item(&inner.ty, index, expr.span);
                let unchecked = self.reads_unchecked(&inner, operand, expr, None);
                Found { ty, optional, declared: None, unchecked }
            }
            _ => self.infer(expr),
        };
        let optional = found.optional && !self.is_there(expr);
        Found { optional, ..found }
    }

    fn path_or_value(&mut self, expr: &Expr) -> Found {
        match &expr.kind {
            ExprKind::Select { .. } | ExprKind::Index { .. } => self.path(expr),
            _ => self.infer(expr),
        }
    }

    /// While the inputs are being found out: notes a path into them.
    fn asked_of_trigger(&mut self, expr: &Expr) -> Option<Found> {
        if !matches!(self.inputs, Inputs::Asked(_)) || self.is_local("trigger") {
            return None;
        }
        let (names, from) = trigger_path(expr)?;
        if names.is_empty() {
            return None;
        }
        let mut whole = String::from("trigger");
        let path: Vec<input::Step<'_>> = names
            .iter()
            .enumerate()
            .map(|(i, name)| {
                whole.push('\u{1}');
                whole += &name.value;
                let required = i < from && !self.lenient && !self.is_path_there(&whole);
                input::Step { name: &name.value, required }
            })
            .collect();
        if let Inputs::Asked(uses) = &mut self.inputs {
            uses.read(&path);
        }
        Some(Found {
            ty: Type::json(),
            optional: from < names.len(),
            declared: None,
            unchecked: false,
        })
    }

    /// `step.<id>.output` and `step.<id>.error`, and what is wrong with paths that go no further.
    fn of_step(&mut self, expr: &Expr) -> Option<Found> {
        let part = selected(expr)?;
        if self.is_variable(part.operand, "step") {
            let id = &part.name.value;
            if self.ids.contains_key(id.as_str()) {
                self.no_value(&format!("`step.{id}` is no value"), expr.span);
            } else {
                self.unknown_step(&part.name);
            }
            return Some(Type::error().into());
        }
        let id = selected(part.operand)?;
        if !self.is_variable(id.operand, "step") {
            return None;
        }
        let ty = match self.ids.get(id.name.value.as_str()).copied() {
            Some(ix) => self.step_part(ix, &id.name, &part.name),
            None => {
                self.unknown_step(&id.name);
                Type::error()
            }
        };
        Some(Found { ty, optional: part.optional || id.optional, declared: None, unchecked: false })
    }

    fn unknown_step(&mut self, id: &Name) {
        let message = format!("there is no step \"{}\"", id.value);
        let diagnostic = Diagnostic::new(Code::UnknownStep, id.span, message);
        let ids = self.workflow.steps.iter().map(|step| step.id.value.as_str());
        let diagnostic = did_you_mean(diagnostic, id, ids);
        self.report(diagnostic);
    }

    fn step_part(&mut self, ix: StepIx, id: &Name, part: &Name) -> Type {
        let step = self.workflow.steps.get(ix.index());
        let can_fail = step
            .is_some_and(|step| matches!(step.kind, StepKind::Call(_)) || step.optional.is_some());
        match part.value.as_str() {
            "output" if ix == self.at => {
                let message = format!("step \"{}\" reads its own output", id.value);
                self.report(
                    Diagnostic::new(Code::OwnOutput, id.span, message)
                        .label("it has none until it has ended")
                        .help(
                            "to use a value twice, make it in a `transform` step before this one",
                        ),
                );
                Type::error()
            }
            "output" => {
                // A step that is typed later does not come before this one: that is for the checks to report.
                self.outputs.get(ix.index()).cloned().flatten().unwrap_or_else(Type::error)
            }
            "error" if can_fail => {
                let secret = Labels { secret: true, pii: false };
                Type::of_fields([
                    ("code", Type::string()),
                    ("message", Type::string()),
                    ("status", Type::union(vec![Type::new(Shape::Int), Type::new(Shape::Null)])),
                    // Nothing declares what is in it.
                    ("body", Type::json().labelled(secret)),
                ])
            }
            "error" => {
                let message = format!(
                    "step \"{}\" has no `error`: only calls and optional steps have",
                    id.value
                );
                self.report(Diagnostic::new(Code::NoOutput, part.span, message));
                Type::error()
            }
            other => {
                let message = format!("step \"{}\" has no part `{other}`", id.value);
                let diagnostic = Diagnostic::new(Code::NoOutput, part.span, message)
                    .note("a step has `output`, and a call has `error`");
                let diagnostic = did_you_mean(diagnostic, part, PARTS.into_iter());
                self.report(diagnostic);
                Type::error()
            }
        }
    }

    /// The type of a field. What may be absent is reported unless something asks whether it is there.
    fn field(
        &mut self,
        ty: &Type,
        name: &Name,
        operand: &Expr,
        whole: &Expr,
        optional: bool,
    ) -> Found {
        let mut found = Vec::new();
        let (mut declared, mut absent, mut null, mut lacking) = (None, false, false, None);
        for member in ty.members() {
            let labels = ty.labels.and(member.labels);
            match &member.shape {
                Shape::Error | Shape::Json => {
                    found.push(Type { shape: member.shape.clone(), labels });
                }
                Shape::Map(value) => found.push(value.as_ref().clone().labelled(labels)),
                Shape::Record(record) => match record.fields.get(&name.value) {
                    Some(field) => {
                        absent |= field.optional;
                        declared = declared.or(field.declared);
                        found.push(field.ty.clone().labelled(labels));
                    }
                    // What a service sends beyond its signature can be asked for.
                    None if optional && record.open => found.push(Type::json().labelled(labels)),
                    None => lacking = lacking.or(Some(member)),
                },
                Shape::Null => null = true,
                Shape::Bool
                | Shape::Int
                | Shape::Number
                | Shape::String
                | Shape::Bytes
                | Shape::Timestamp
                | Shape::Duration
                | Shape::Literal(_)
                | Shape::List(_)
                | Shape::Union(_) => lacking = lacking.or(Some(member)),
            }
        }
        if found.is_empty() {
            self.no_field(lacking.unwrap_or(ty), name, operand);
            return Type::error().into();
        }
        let asked = optional || self.lenient || self.is_there(whole);
        if (absent || lacking.is_some()) && !asked {
            self.maybe_absent(name, operand, whole, &Type::union(found.clone()));
        } else if null && !optional && !self.lenient && !self.is_not_null(operand) {
            self.maybe_null(name, operand);
        }
        Found { ty: Type::union(found), optional: false, declared, unchecked: false }
    }

    fn no_field(&mut self, ty: &Type, name: &Name, operand: &Expr) {
        let undeclared =
            self.is_variable(operand, "trigger") && matches!(self.inputs, Inputs::Declared(_));
        let Shape::Record(record) = &ty.shape else {
            let message = format!("{} has no field `{}`", ty.noun(), name.value);
            self.report(
                Diagnostic::new(Code::UnknownField, name.span, message)
                    .and(operand.span, format!("this is {}", ty.noun())),
            );
            return;
        };
        let (code, message) = if undeclared {
            let message = format!("the trigger declares no input `{}`", name.value);
            (Code::UndeclaredInput, message)
        } else {
            let message = match &record.name {
                Some(owner) => format!("`{owner}` has no field `{}`", name.value),
                None => format!("{} has no field `{}`", path_words(operand), name.value),
            };
            (Code::UnknownField, message)
        };
        let mut diagnostic = Diagnostic::new(code, name.span, message);
        if undeclared {
            diagnostic = diagnostic.and(self.workflow.trigger.span, "its inputs are declared here");
        } else if let Some((source, span)) = record.fields.values().find_map(|f| f.declared) {
            diagnostic = diagnostic.and_in(source, span, "its fields are declared here");
        }
        let names = record.fields.keys().map(String::as_str);
        let mut diagnostic = did_you_mean(diagnostic, name, names);
        if diagnostic.suggestions.is_empty() && !record.fields.is_empty() {
            let names: Vec<&str> = record.fields.keys().map(String::as_str).take(12).collect();
            let more = if record.fields.len() > names.len() { ", ..." } else { "" };
            diagnostic = diagnostic.note(format!("its fields are {}{more}", names.join(", ")));
        }
        self.report(diagnostic);
    }

    fn maybe_null(&mut self, name: &Name, operand: &Expr) {
        let path = path_words(operand);
        let message = format!("{path} may be null, which has no `{}`", name.value);
        let found = Diagnostic::new(Code::MaybeAbsent, name.span, message)
            .and(operand.span, "this may be null");
        let path = path.trim_matches('`');
        self.report(found.help(format!("ask first whether it is: `{path} != null`")));
    }

    /// The type of an item, by a computed index.
    fn item(&mut self, ty: &Type, index: &Expr, span: Span) -> Type {
        let at = self.value(index);
        let number = at.may_be(|shape| matches!(shape, Shape::Int | Shape::Number));
        let text = at.may_be(|shape| matches!(shape, Shape::String | Shape::Literal(_)));
        let mut found = Vec::new();
        let (mut misfit, mut container) = (None, false);
        for member in ty.members() {
            let labels = ty.labels.and(member.labels);
            let item = match &member.shape {
                Shape::Error | Shape::Json => Type::new(member.shape.clone()),
                Shape::List(item) if number => item.as_ref().clone(),
                Shape::List(_) => {
                    misfit = Some("a list is indexed by an int");
                    continue;
                }
                Shape::Map(value) if text => value.as_ref().clone(),
                Shape::Record(record) if text => {
                    Type::join(record.fields.values().map(|field| field.ty.clone()))
                }
                Shape::Map(_) | Shape::Record(_) => {
                    misfit = Some("a record is indexed by a string");
                    continue;
                }
                Shape::Null
                | Shape::Bool
                | Shape::Int
                | Shape::Number
                | Shape::String
                | Shape::Bytes
                | Shape::Timestamp
                | Shape::Duration
                | Shape::Literal(_)
                | Shape::Union(_) => continue,
            };
            container = true;
            found.push(item.labelled(labels));
        }
        if container {
            return Type::join(found);
        }
        let (message, place) = match misfit {
            Some(message) => (format!("{message}, not by `{at}`"), index.span),
            None => (format!("{} cannot be indexed", ty.noun()), span),
        };
        self.report(Diagnostic::new(Code::WrongOperand, place, message));
        Type::error()
    }
}

/// The type of a value that is known not to be null.
pub(super) fn without_null(ty: Type) -> Type {
    let Shape::Union(members) = &ty.shape else { return ty };
    let rest: Vec<Type> = members.iter().filter(|m| m.shape != Shape::Null).cloned().collect();
    if rest.len() == members.len() || rest.is_empty() {
        return ty;
    }
    Type::union(rest).labelled(ty.labels)
}
