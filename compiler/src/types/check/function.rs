//! Functions, macros and the methods of optional values.

use super::access::begins_at_step;
use super::builtin::namespace;
use super::known::Known;
use super::{Checker, Found, Local};
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
const ELSEWHERE: &[(&str, &str)] = &[
    ("count", "size"),
    ("len", "size"),
    ("length", "size"),
    ("includes", "contains"),
    ("str", "string"),
    ("toString", "string"),
    ("float", "double"),
    ("number", "double"),
    ("parseInt", "int"),
    ("lower", "lowerAscii"),
    ("toLower", "lowerAscii"),
    ("toLowerCase", "lowerAscii"),
    ("upper", "upperAscii"),
    ("toUpper", "upperAscii"),
    ("toUpperCase", "upperAscii"),
    ("strip", "trim"),
    ("any", "exists"),
    ("some", "exists"),
    ("every", "all"),
    ("find", "filter"),
    ("unique", "distinct"),
    ("range", "lists.range"),
    ("existsOne", "exists_one"),
    ("getYear", "getFullYear"),
    ("getDay", "getDayOfWeek"),
    ("abs", "math.abs"),
    ("ceil", "math.ceil"),
    ("floor", "math.floor"),
    ("round", "math.round"),
    ("max", "math.greatest"),
    ("math.max", "math.greatest"),
    ("min", "math.least"),
    ("math.min", "math.least"),
    ("Math.abs", "math.abs"),
    ("Math.ceil", "math.ceil"),
    ("Math.floor", "math.floor"),
    ("Math.round", "math.round"),
    ("Math.max", "math.greatest"),
    ("Math.min", "math.least"),
    ("json.parse", "json.decode"),
    ("JSON.parse", "json.decode"),
    ("json.stringify", "json.encode"),
    ("JSON.stringify", "json.encode"),
    ("regex.match", "matches"),
    ("strings.upper", "upperAscii"),
    ("strings.lower", "lowerAscii"),
    ("optional.some", "optional.of"),
    ("optional.empty", "optional.none"),
];

/// What others keep functions in, that is no namespace here.
const FOREIGN: [&str; 7] = ["cel", "sets", "regex", "net", "proto", "Math", "JSON"];

/// What else is done otherwise here.
const OTHERWISE: &[(&str, &str)] = &[
    ("cel.bind", "give the expression a name with `let`"),
    ("concat", "join them with `+`"),
    ("push", "add an item with `+ [...]`"),
    ("append", "add an item with `+ [...]`"),
    ("sets.contains", "write `part.all(x, x in whole)`"),
    ("sets.intersects", "write `a.exists(x, x in b)`"),
    ("sets.equivalent", "write `a.all(x, x in b) && b.all(x, x in a)`"),
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
                Some(_) if target.is_some_and(|of| self.foreign_namespace(of).is_some()) => {
                    self.unknown_function(target, function, args);
                    Type::error().into()
                }
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
        let namespace = target.and_then(|target| self.foreign_namespace(target));
        if let Some(namespace) = namespace {
            return self.no_function(&format!("{namespace}.{name}"), function, std::iter::empty());
        }
        let names = Function::names().chain(MACROS).chain(SPECIAL);
        let written = match target {
            None if MACROS.contains(&name.as_str()) => Some(format!("list.{name}(item, ...)")),
            Some(_) if SPECIAL.contains(&name.as_str()) => Some(format!("{name}(...)")),
            None if SPECIAL.contains(&name.as_str()) => Some(format!("trigger.?field.{name}(...)")),
            None | Some(_) => None,
        };
        match written {
            Some(written) => {
                let form = if target.is_some() { "function" } else { "method" };
                let message = format!("there is no function `{name}`");
                self.report(
                    Diagnostic::new(Code::UnknownFunction, function.span, message)
                        .help(format!("write it as a {form}: `{written}`")),
                );
            }
            None => self.no_function(name, function, names),
        }
        // What stands in the arguments may use a variable that only this function would have bound.
        if let (Some(target), true) = (target, args.is_empty()) {
            self.value(target);
        }
    }

    /// A function that there is not, by its full name; what it is called here, or one of these that it was meant to be.
    fn no_function<'n>(
        &mut self,
        name: &str,
        function: &Name,
        names: impl Iterator<Item = &'n str>,
    ) {
        let message = format!("there is no function `{name}`");
        let diagnostic = Diagnostic::new(Code::UnknownFunction, function.span, message);
        let ours = ELSEWHERE.iter().find(|(theirs, _)| *theirs == name).map(|(_, ours)| ours);
        let otherwise = OTHERWISE.iter().find(|(theirs, _)| *theirs == name);
        self.report(match (ours, otherwise) {
            (Some(ours), _) => diagnostic.help(format!("did you mean \"{ours}\"?")),
            (None, Some((_, help))) => diagnostic.help(*help),
            (None, None) => did_you_mean(diagnostic, function, names),
        });
    }

    /// What other languages and other CELs keep functions in, before the dot of a call.
    fn foreign_namespace<'e>(&self, target: &'e Expr) -> Option<&'e str> {
        let ExprKind::Ident(name) = &target.kind else { return None };
        (FOREIGN.contains(&name.as_str()) && !self.is_local(name)).then_some(name.as_str())
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
                let names = Function::names().filter_map(|known| {
                    known.split_once('.').filter(|(of, _)| *of == namespace).map(|(_, name)| name)
                });
                self.no_function(&name, function, names);
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
                let names = ["of", "none", "ofNonZeroValue"].into_iter();
                self.no_function(&format!("optional.{other}"), function, names);
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
        self.locals.push(Local { name: variable.clone(), ty, unchecked: false });
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
        let over = self.needed(target);
        let unchecked = self.lists_unchecked(&over, target);
        let Some(item) = self.items(&over.ty, target, function) else { return Type::error() };
        let fits = args.len() == 2 || args.len() == 3 && function.value == "map";
        if !fits {
            let message = format!("`{}` takes a variable and an expression", function.value);
            self.report(
                Diagnostic::new(Code::WrongArity, function.span, message)
                    .help(format!("write for example `.{}(item, ...)`", function.value)),
            );
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
        self.locals.push(Local { name: variable.clone(), ty: item.clone(), unchecked });
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
