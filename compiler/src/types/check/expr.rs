//! Expressions.

use super::access::trigger_path;
use super::known::{canonical, written};
use super::slot::Slot;
use super::{Checker, Found, Inputs};
use crate::diagnostic::{Code, Diagnostic};
use crate::tree::{Expr, ExprKind, Field, FieldKey, TemplatePart, UnaryOp};
use crate::types::{FieldInfo, Labels, Shape, Type};
use indexmap::IndexMap;

impl Checker<'_> {
    /// The type of a value that is needed here: an optional one would fail where it is absent.
    pub(super) fn value(&mut self, expr: &Expr) -> Type {
        self.needed(expr).ty
    }

    /// The same, with where it is declared.
    pub(super) fn needed(&mut self, expr: &Expr) -> Found {
        let found = self.infer(expr);
        if found.optional && !self.lenient && !found.ty.is_error() {
            let what = path_words(expr);
            self.report(
                Diagnostic::new(Code::MaybeAbsent, expr.span, format!("{what} may be absent"))
                    .help("say with `.orValue(...)` what stands in its place then"),
            );
        }
        found
    }

    /// What is known of an expression's value.
    pub(super) fn infer(&mut self, expr: &Expr) -> Found {
        match &expr.kind {
            ExprKind::Null => Type::new(Shape::Null).into(),
            ExprKind::Bool(_) => Type::bool().into(),
            ExprKind::Int(_) | ExprKind::Uint(_) => Type::new(Shape::Int).into(),
            ExprKind::Double(_) => Type::new(Shape::Number).into(),
            ExprKind::String(text) => Type::literal(text).into(),
            ExprKind::Bytes(_) => Type::new(Shape::Bytes).into(),
            ExprKind::Ident(name) => {
                let unchecked = self.local(name).is_some_and(|local| local.unchecked);
                Found { unchecked, ..self.variable(name, expr.span).into() }
            }
            ExprKind::Named { value, .. } => self.named(value),
            ExprKind::Select { .. } | ExprKind::Index { .. } => self.path(expr),
            ExprKind::Call { target, function, args } => {
                self.call_of(target.as_deref(), function, args, expr.span)
            }
            ExprKind::Unary { op: UnaryOp::Not, operand } => {
                self.condition(operand);
                Type::bool().into()
            }
            ExprKind::Unary { op: UnaryOp::Negate, operand } => self.negate(operand).into(),
            ExprKind::Binary { op, lhs, rhs } => self.binary(*op, lhs, rhs, expr.span).into(),
            ExprKind::Conditional { condition, then, otherwise } => {
                self.condition(condition);
                let then = self.given(condition, true, |this| this.infer(then));
                let otherwise = self.given(condition, false, |this| this.infer(otherwise));
                let optional = then.optional || otherwise.optional;
                Found { optional, ..Type::join([then.ty, otherwise.ty]).into() }
            }
            ExprKind::List(items) => {
                let items: Vec<Type> = items.iter().map(|item| self.part(item)).collect();
                Type::list(Type::join(items)).into()
            }
            ExprKind::Record(fields) => self.record(fields).into(),
            ExprKind::Optional(value) => self.infer(value),
            ExprKind::Template(parts) => self.template(parts).into(),
            ExprKind::Error => Type::error().into(),
        }
    }

    /// The type of an item, or of a field's value, which may be one that is left out where it is absent.
    pub(super) fn part(&mut self, expr: &Expr) -> Type {
        match &expr.kind {
            ExprKind::Optional(value) => self.left_out(value).ty,
            _ => self.value(expr),
        }
    }

    /// What is known of a value that is left out where it is absent.
    pub(super) fn left_out(&mut self, value: &Expr) -> Found {
        let found = self.infer(value);
        if !found.optional && !found.ty.is_error() && !self.is_there(value) {
            let what = path_words(value);
            let message = format!("{what} is left out where it is absent, and it never is");
            self.report(
                Diagnostic::new(Code::WrongOperand, value.span, message)
                    .help("leave out the `?`, or write `.?` before the part that may be absent"),
            );
        }
        Found { optional: false, ..found }
    }

    /// What a `let` gave a name: the variables around the name's place mean nothing in it.
    fn named(&mut self, value: &Expr) -> Found {
        let around = std::mem::take(&mut self.locals);
        let found = self.infer(value);
        self.locals = around;
        found
    }

    fn record(&mut self, fields: &[Field]) -> Type {
        let mut known = IndexMap::with_capacity(fields.len());
        let mut computed = false;
        for field in fields {
            let ty = self.part(&field.value);
            let name = match &field.key {
                FieldKey::Name(name) => name.value.clone(),
                FieldKey::Computed(key) => {
                    computed = true;
                    self.check(key, Slot::root(&Type::string(), "a computed field's name"));
                    String::new()
                }
            };
            // Fields with computed names differ from each other, but their types count all the same.
            let name = if computed { format!("{}{name}", known.len()) } else { name };
            let optional = matches!(field.value.kind, ExprKind::Optional(_));
            known.insert(name, FieldInfo { optional, ..FieldInfo::required(ty) });
        }
        if computed {
            return Type::map(Type::join(known.into_values().map(|field| field.ty)));
        }
        Type::record(known, false)
    }

    /// Text with values in it.
    pub(super) fn template(&mut self, parts: &[TemplatePart]) -> Type {
        let mut labels = Labels::default();
        for part in parts {
            if let TemplatePart::Expr(expr) = part {
                labels = labels.and(self.spliced(expr).labels_within());
            }
        }
        Type::string().labelled(labels)
    }

    /// A value that becomes a part of text.
    pub(super) fn spliced(&mut self, expr: &Expr) -> Type {
        let ty = self.value(expr);
        let has_text = |shape: &Shape| {
            !matches!(shape, Shape::Null | Shape::List(_) | Shape::Map(_) | Shape::Record(_))
        };
        if ty.may_be(has_text) {
            return ty;
        }
        let message = match canonical(expr) {
            Some(path) => format!("`{}` is {}, which has no text form", written(&path), ty.noun()),
            None => format!("{} has no text form", ty.noun()),
        };
        let diagnostic = Diagnostic::new(Code::NotText, expr.span, message);
        self.report(match ty.shape {
            Shape::List(_) => diagnostic.help("join its items with `.join(\", \")`"),
            _ => diagnostic.help("name one of its parts, or leave it out"),
        });
        Type::error()
    }

    /// A value that must be true or false.
    pub(super) fn condition(&mut self, expr: &Expr) {
        self.want(expr, &Type::bool());
        let ty = self.value(expr);
        if !ty.may_be(|shape| *shape == Shape::Bool) {
            let message = match path_words(expr).as_str() {
                "this" => format!("a condition is true or false, not {}", ty.noun()),
                path => format!("a condition is true or false, and {path} is {}", ty.noun()),
            };
            self.report(
                Diagnostic::new(Code::WrongOperand, expr.span, message)
                    .help("compare it with something: `... == ...`"),
            );
        }
    }

    /// While the inputs are being found out: notes what a place asks of an input that it is fed with.
    pub(super) fn want(&mut self, expr: &Expr, ty: &Type) {
        self.want_as(expr, &Slot::root(ty, ""));
    }

    pub(super) fn want_as(&mut self, expr: &Expr, slot: &Slot<'_>) {
        let Inputs::Asked(uses) = &mut self.inputs else { return };
        if self.locals.iter().any(|local| local.name == "trigger") {
            return;
        }
        if let Some((names, _)) = trigger_path(expr) {
            let names = names.iter().map(|name| name.value.as_str());
            uses.want(names, slot.ty, expr.span, slot.declared);
        }
    }
}

/// A path by its name; anything else is pointed at.
pub(super) fn path_words(expr: &Expr) -> String {
    canonical(expr).map_or_else(|| "this".to_owned(), |path| format!("`{}`", written(&path)))
}
