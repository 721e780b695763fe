//! Functions, macros and the methods of optional values.

use super::access::begins_at_step;
use super::builtin::namespace;
use super::known::Known;
use super::{Checker, Found};
use crate::bytecode::Function;
use crate::diagnostic::{Code, Diagnostic, did_you_mean};
use crate::text::{Name, Span};
use crate::tree::{Expr, ExprKind};
use crate::types::{Labels, Shape, Type};

/// Comprehensions: written as methods of a list or record, with a variable first.
const MACROS: [&str; 6] = ["all", "exists", "exists_one", "map", "filter", "sortBy"];

/// What else is written like a function.
const SPECIAL: [&str; 10] = [
    "has",
    "coalesce",
    "declassify",
    "dyn",
    "orValue",
    "hasValue",
    "value",
    "or",
    "optMap",
    "optFlatMap",
];

/// What other languages call a function, and what it is called here.
const ELSEWHERE: [(&str, &str); 10] = [
    ("count", "size"),
    ("len", "size"),
    ("length", "size"),
    ("includes", "contains"),
    ("str", "string"),
    ("float", "double"),
    ("number", "double"),
    ("lower", "lowerAscii"),
    ("upper", "upperAscii"),
    ("any", "exists"),
];

impl Checker<'_> {
    pub(super) fn call_of(
        &mut self,
        target: Option<&Expr>,
        function: &Name,
        args: &[Expr],
        span: Span,
    ) -> Found {
        if target.is_some_and(|target| target.is_named("optional") && !self.is_local_expr(target)) {
            return self.optional_of(function, args);
        }
        if let Some(namespace) = target.filter(|t| !self.is_local_expr(t)).and_then(namespace) {
            return self.in_namespace(namespace, function, args, span).into();
        }
        match (target, function.value.as_str()) {
            (None, "has") => self.has(function, args).into(),
            (None, "declassify") => self.declassify(function, args).into(),
            (None, "coalesce") => self.coalesce(function, args).into(),
            (Some(target), "orValue") => self.or_value(target, function, args).into(),
            (Some(target), "hasValue") => {
                self.arity(function, args.is_empty(), "no argument");
                self.optional(target, function);
                Type::bool().into()
            }
            (Some(target), "or") => self.or(target, function, args),
            (Some(target), "optMap" | "optFlatMap") => self.opt_map(target, function, args),
            (Some(target), "first" | "last") => {
                self.arity(function, args.is_empty(), "no argument");
                let over = self.value(target);
                let ty = self.items(&over, target, function).unwrap_or_else(Type::error);
                Found { optional: true, ..ty.into() }
            }
            (Some(target), "value") => {
                self.arity(function, args.is_empty(), "no argument");
                self.optional(target, function).into()
            }
            (Some(target), name) if MACROS.contains(&name) => {
                self.comprehension(target, function, args).into()
            }
            (None, "dyn") => self.made_dynamic(function, args).into(),
            (target, name) => match Function::named(name).and_then(Function::signature) {
                Some(row) => self.known_function(row, target, function, args, span).into(),
                None => {
                    self.unknown_function(target, function, args);
                    Type::error().into()
                }
            },
        }
    }

    fn unknown_function(&mut self, target: Option<&Expr>, function: &Name, args: &[Expr]) {
        let name = &function.value;
        let message = format!("there is no function `{name}`");
        let diagnostic = Diagnostic::new(Code::UnknownFunction, function.span, message);
        let diagnostic = if target.is_none() && MACROS.contains(&name.as_str()) {
            diagnostic.help(format!("write it as a method: `list.{name}(item, ...)`"))
        } else if target.is_some() && SPECIAL.contains(&name.as_str()) {
            diagnostic.help(format!("write it as a function: `{name}(...)`"))
        } else if target.is_none() && SPECIAL.contains(&name.as_str()) {
            diagnostic.help(format!("write it as a method: `trigger.?field.{name}(...)`"))
        } else {
            let elsewhere = ELSEWHERE.iter().find(|(theirs, _)| theirs == name);
            let names = Function::names().chain(MACROS).chain(SPECIAL);
            match elsewhere {
                Some((_, ours)) => diagnostic.help(format!("did you mean \"{ours}\"?")),
                None => did_you_mean(diagnostic, function, names),
            }
        };
        self.report(diagnostic);
        // What stands in the arguments may use a variable that only this function would have bound.
        if let (Some(target), true) = (target, args.is_empty()) {
            self.value(target);
        }
    }

    fn is_local_expr(&self, expr: &Expr) -> bool {
        matches!(&expr.kind, ExprKind::Ident(name) if self.is_local(name))
    }

    fn in_namespace(
        &mut self,
        namespace: &str,
        function: &Name,
        args: &[Expr],
        span: Span,
    ) -> Type {
        let name = format!("{namespace}.{}", function.value);
        match Function::named(&name).and_then(Function::signature) {
            Some(row) => self.known_function(row, None, function, args, span),
            None => {
                let message = format!("there is no function `{name}`");
                let diagnostic = Diagnostic::new(Code::UnknownFunction, function.span, message);
                let names = Function::names().filter_map(|known| {
                    known.split_once('.').filter(|(of, _)| *of == namespace).map(|(_, name)| name)
                });
                let diagnostic = did_you_mean(diagnostic, function, names);
                self.report(diagnostic);
                args.iter().for_each(|arg| drop(self.value(arg)));
                Type::error()
            }
        }
    }

    /// `dyn(x)`: the same value, of a type that only the run knows.
    fn made_dynamic(&mut self, function: &Name, args: &[Expr]) -> Type {
        self.arity(function, args.len() == 1, "one argument");
        let types: Vec<Type> = args.iter().map(|arg| self.value(arg)).collect();
        let labels = types.iter().fold(Labels::default(), |all, ty| all.and(ty.labels_within()));
        Type::json().labelled(labels)
    }

    /// Whether a call has the arguments it needs; reports when not.
    pub(super) fn arity(&mut self, function: &Name, fits: bool, needs: &str) -> bool {
        if !fits {
            let message = format!("`{}` takes {needs}", function.value);
            self.report(Diagnostic::new(Code::WrongArity, function.span, message));
        }
        fits
    }

    /// Types something whose absent parts are left out.
    fn leniently<T>(&mut self, lenient: bool, inner: impl FnOnce(&mut Self) -> T) -> T {
        let before = std::mem::replace(&mut self.lenient, lenient);
        let result = inner(self);
        self.lenient = before;
        result
    }

    fn has(&mut self, function: &Name, args: &[Expr]) -> Type {
        if let [arg] = args
            && matches!(&arg.kind, ExprKind::Select { .. } | ExprKind::Index { .. })
        {
            // Of the path to a step's part, nothing need be there; of another, all but its end.
            let from_step = begins_at_step(arg);
            self.leniently(from_step, |this| {
                let before = this.given.len();
                this.given.extend(super::known::canonical(arg).map(Known::There));
                this.path(arg);
                this.given.truncate(before);
            });
        } else if self.arity(function, args.len() == 1, "one argument, a path") {
            let span = args.first().map_or(function.span, |arg| arg.span);
            let message = "`has` asks whether the end of a path is there, and this is no path";
            self.report(
                Diagnostic::new(Code::WrongOperand, span, message)
                    .help("write for example `has(trigger.customer.email)`"),
            );
        }
        Type::bool()
    }

    fn coalesce(&mut self, function: &Name, args: &[Expr]) -> Type {
        let Some((last, firsts)) = args.split_last() else {
            self.arity(function, false, "at least one argument");
            return Type::error();
        };
        let mut types: Vec<Type> = Vec::with_capacity(args.len());
        for arg in firsts {
            let ty = self.leniently(true, |this| this.infer(arg).ty);
            if ty.shape != Shape::Null {
                types.push(super::access::without_null(ty));
            }
        }
        types.push(self.value(last));
        Type::join(types)
    }

    fn optional(&mut self, target: &Expr, function: &Name) -> Type {
        let found = self.infer(target);
        if !found.optional && !found.ty.is_error() && !self.is_there(target) {
            let message =
                format!("`{}` belongs to an optional value, and this is none", function.value);
            self.report(
                Diagnostic::new(Code::WrongOperand, target.span, message)
                    .help("write `.?` before the part that may be absent: `a.?b.orValue(...)`"),
            );
        }
        found.ty
    }

    /// `optional.of(x)`, `optional.none()`, `optional.ofNonZeroValue(x)`.
    fn optional_of(&mut self, function: &Name, args: &[Expr]) -> Found {
        let takes = match function.value.as_str() {
            "none" => 0,
            "of" | "ofNonZeroValue" => 1,
            other => {
                let message = format!("there is no function `optional.{other}`");
                let diagnostic = Diagnostic::new(Code::UnknownFunction, function.span, message);
                let names = ["of", "none", "ofNonZeroValue"].into_iter();
                self.report(did_you_mean(diagnostic, function, names));
                return Type::error().into();
            }
        };
        let needs = if takes == 0 { "no argument" } else { "one argument" };
        self.arity(function, args.len() == takes, needs);
        let types: Vec<Type> = args.iter().map(|arg| self.value(arg)).collect();
        Found { optional: true, ..Type::join(types).into() }
    }

    /// `a.or(b)`, where `b` may be absent too.
    fn or(&mut self, target: &Expr, function: &Name, args: &[Expr]) -> Found {
        let ty = self.optional(target, function);
        self.arity(function, args.len() == 1, "one argument");
        let others: Vec<Found> = args.iter().map(|arg| self.infer(arg)).collect();
        let optional = others.iter().all(|other| other.optional);
        let types = std::iter::once(ty).chain(others.into_iter().map(|other| other.ty));
        Found { optional, ..Type::join(types).into() }
    }

    /// `a.optMap(x, value)`, `a.optFlatMap(x, optional)`.
    fn opt_map(&mut self, target: &Expr, function: &Name, args: &[Expr]) -> Found {
        let ty = self.optional(target, function);
        let [Expr { kind: ExprKind::Ident(variable), .. }, value] = args else {
            let message = format!("`{}` takes a variable and an expression", function.value);
            self.report(
                Diagnostic::new(Code::WrongArity, function.span, message)
                    .help(format!("write for example `.{}(x, ...)`", function.value)),
            );
            return Type::error().into();
        };
        self.locals.push((variable.clone(), ty));
        let ty = match function.value.as_str() {
            "optFlatMap" => self.infer(value).ty,
            _ => self.value(value),
        };
        self.locals.pop();
        Found { optional: true, ..ty.into() }
    }

    fn or_value(&mut self, target: &Expr, function: &Name, args: &[Expr]) -> Type {
        let ty = self.optional(target, function);
        self.arity(function, args.len() == 1, "one argument");
        let others = args.iter().map(|arg| self.value(arg)).collect::<Vec<_>>();
        Type::join(std::iter::once(ty).chain(others))
    }

    fn comprehension(&mut self, target: &Expr, function: &Name, args: &[Expr]) -> Type {
        let over = self.value(target);
        let Some(item) = self.items(&over, target, function) else { return Type::error() };
        let fits = args.len() == 2 || args.len() == 3 && function.value == "map";
        if !self.arity(function, fits, "a variable and an expression") {
            return Type::error();
        }
        let Some((Expr { kind: ExprKind::Ident(variable), .. }, rest)) = args.split_first() else {
            let span = args.first().map_or(function.span, |arg| arg.span);
            let message = format!("the first argument of `{}` names a variable", function.value);
            self.report(
                Diagnostic::new(Code::WrongOperand, span, message)
                    .help(format!("write for example `.{}(item, ...)`", function.value)),
            );
            return Type::error();
        };
        self.locals.push((variable.clone(), item.clone()));
        let result = match (function.value.as_str(), rest) {
            ("map", [value]) => Type::list(self.value(value)),
            ("map", [holds, value]) => {
                self.condition(holds);
                Type::list(self.given(holds, true, |this| this.value(value)))
            }
            ("filter", [holds]) => {
                self.condition(holds);
                Type::list(item)
            }
            ("sortBy", [key]) => {
                self.value(key);
                Type::list(item)
            }
            (_, rest) => {
                rest.iter().for_each(|holds| self.condition(holds));
                Type::bool()
            }
        };
        self.locals.pop();
        result
    }

    /// The items that a comprehension goes through.
    fn items(&mut self, over: &Type, target: &Expr, function: &Name) -> Option<Type> {
        let items: Vec<Type> = over
            .members()
            .iter()
            .filter_map(|member| {
                let labels = over.labels.and(member.labels);
                match &member.shape {
                    Shape::Error | Shape::Json => Some(member.clone().labelled(labels)),
                    Shape::List(item) => Some(item.as_ref().clone().labelled(labels)),
                    Shape::Map(_) | Shape::Record(_) => Some(Type::string().labelled(labels)),
                    Shape::Null
                    | Shape::Bool
                    | Shape::Int
                    | Shape::Number
                    | Shape::String
                    | Shape::Bytes
                    | Shape::Timestamp
                    | Shape::Duration
                    | Shape::Literal(_)
                    | Shape::Union(_) => None,
                }
            })
            .collect();
        if items.is_empty() {
            let message = format!(
                "`{}` goes through a list or a record, not {}",
                function.value,
                over.noun()
            );
            self.report(Diagnostic::new(Code::WrongOperand, target.span, message));
            return None;
        }
        Some(Type::join(items))
    }
}
