//! Functions, macros and the methods of optional values.

use super::access::begins_at_step;
use super::known::Known;
use super::{Checker, Found};
use crate::bytecode::Function;
use crate::diagnostic::{Code, Diagnostic, did_you_mean};
use crate::text::{Name, Span};
use crate::tree::{Expr, ExprKind};
use crate::types::{Labels, Shape, Type};
use crate::value::time;

/// Comprehensions: written as methods of a list or record, with a variable first.
const MACROS: [&str; 5] = ["all", "exists", "exists_one", "map", "filter"];

/// What else is written like a function.
const SPECIAL: [&str; 6] = ["has", "coalesce", "declassify", "orValue", "hasValue", "value"];

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
            (Some(target), "value") => {
                self.arity(function, args.is_empty(), "no argument");
                self.optional(target, function).into()
            }
            (Some(target), name) if MACROS.contains(&name) => {
                self.comprehension(target, function, args).into()
            }
            (target, name) => match Function::named(name) {
                Some(known) => self.known_function(known, target, function, args, span).into(),
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

    fn known_function(
        &mut self,
        known: Function,
        target: Option<&Expr>,
        function: &Name,
        args: &[Expr],
        span: Span,
    ) -> Type {
        let all: Vec<&Expr> = target.into_iter().chain(args).collect();
        if !known.takes(all.len()) {
            let message = format!(
                "`{}` does not take {} argument{}",
                function.value,
                args.len(),
                if args.len() == 1 { "" } else { "s" }
            );
            self.report(
                Diagnostic::new(Code::WrongArity, function.span, message)
                    .help(format!("write `{}`", usage(known))),
            );
            return Type::error();
        }
        let mut labels = Labels::default();
        let mut first = Type::json();
        for (i, arg) in all.iter().enumerate() {
            if takes_text(known) && !(known == Function::Join && i == 0) {
                self.want(arg, &Type::string());
            }
            let ty = self.value(arg);
            labels = labels.and(ty.labels_within());
            self.argument(known, i, &ty, arg);
            if i == 0 {
                first = ty;
            }
        }
        self.literal_argument(known, &all, span);
        result_of(known, &first)
            .map_or_else(Type::error, |(ty, keeps)| if keeps { ty.labelled(labels) } else { ty })
    }

    fn argument(&mut self, known: Function, i: usize, ty: &Type, arg: &Expr) {
        let fits = |shape: &Shape| accepts(known, i, shape);
        if ty.may_be(fits) {
            return;
        }
        let message = format!("`{}` does not take {}", known.name(), ty.noun());
        self.report(
            Diagnostic::new(Code::WrongOperand, arg.span, message)
                .help(format!("write `{}`", usage(known))),
        );
    }

    /// A text that is read when it is compiled already: the run need not find out that it is wrong.
    fn literal_argument(&mut self, known: Function, args: &[&Expr], span: Span) {
        let [Expr { kind: ExprKind::String(text), .. }] = args else { return };
        let (fits, what) = match known {
            Function::Timestamp => (time::parse_timestamp(text).is_some(), "an RFC 3339 timestamp"),
            Function::Duration => (time::parse_duration(text).is_some(), "a duration such as 90s"),
            _ => return,
        };
        if !fits {
            let message = format!("\"{text}\" is not {what}");
            self.report(Diagnostic::new(Code::InvalidValue, span, message));
        }
    }
}

/// Whether every argument is text.
fn takes_text(function: Function) -> bool {
    matches!(
        function,
        Function::Contains
            | Function::StartsWith
            | Function::EndsWith
            | Function::LowerAscii
            | Function::UpperAscii
            | Function::Trim
            | Function::Replace
            | Function::Split
            | Function::Join
    )
}

/// Whether an argument may be of a shape. What is dynamic always may.
fn accepts(function: Function, i: usize, shape: &Shape) -> bool {
    let text = matches!(shape, Shape::String | Shape::Literal(_));
    match function {
        Function::Size => {
            text || matches!(
                shape,
                Shape::Bytes | Shape::List(_) | Shape::Map(_) | Shape::Record(_)
            )
        }
        Function::String => {
            !matches!(shape, Shape::Null | Shape::List(_) | Shape::Map(_) | Shape::Record(_))
        }
        Function::Int | Function::Uint => {
            text || matches!(shape, Shape::Int | Shape::Number | Shape::Timestamp)
        }
        Function::Double => text || matches!(shape, Shape::Int | Shape::Number),
        Function::Bool => text || *shape == Shape::Bool,
        Function::Bytes => text || *shape == Shape::Bytes,
        Function::Timestamp => text || matches!(shape, Shape::Timestamp | Shape::Int),
        Function::Duration => text || *shape == Shape::Duration,
        Function::Join if i == 0 => matches!(shape, Shape::List(item)
            if item.may_be(|shape| matches!(shape, Shape::String | Shape::Literal(_)))),
        Function::Contains
        | Function::StartsWith
        | Function::EndsWith
        | Function::LowerAscii
        | Function::UpperAscii
        | Function::Trim
        | Function::Replace
        | Function::Split
        | Function::Join => text,
        Function::Now | Function::Uuid | Function::Absent => false,
    }
}

/// What a function gives, and whether that shows its arguments.
fn result_of(function: Function, first: &Type) -> Option<(Type, bool)> {
    Some(match function {
        Function::Size => (Type::new(Shape::Int), false),
        Function::Contains | Function::StartsWith | Function::EndsWith => (Type::bool(), false),
        Function::Bool => (Type::bool(), true),
        Function::String if matches!(first.shape, Shape::Literal(_)) => (first.clone(), true),
        Function::String
        | Function::LowerAscii
        | Function::UpperAscii
        | Function::Trim
        | Function::Replace
        | Function::Join => (Type::string(), true),
        Function::Int | Function::Uint => (Type::new(Shape::Int), true),
        Function::Double => (Type::new(Shape::Number), true),
        Function::Bytes => (Type::new(Shape::Bytes), true),
        Function::Timestamp => (Type::new(Shape::Timestamp), true),
        Function::Duration => (Type::new(Shape::Duration), true),
        Function::Now => (Type::new(Shape::Timestamp), false),
        Function::Uuid => (Type::string(), false),
        Function::Split => (Type::list(Type::string()), true),
        Function::Absent => return None,
    })
}

/// How a function is written.
fn usage(function: Function) -> &'static str {
    match function {
        Function::Size => "size(text, list or record)",
        Function::Contains => "text.contains(part)",
        Function::StartsWith => "text.startsWith(part)",
        Function::EndsWith => "text.endsWith(part)",
        Function::String => "string(number, bool, timestamp, ...)",
        Function::Int => "int(number, text or timestamp)",
        Function::Uint => "uint(number or text)",
        Function::Double => "double(number or text)",
        Function::Bool => "bool(text)",
        Function::Bytes => "bytes(text)",
        Function::Timestamp => "timestamp(text or seconds)",
        Function::Duration => "duration(text)",
        Function::Now => "now()",
        Function::Uuid => "uuid()",
        Function::LowerAscii => "text.lowerAscii()",
        Function::UpperAscii => "text.upperAscii()",
        Function::Trim => "text.trim()",
        Function::Replace => "text.replace(from, to)",
        Function::Split => "text.split(separator)",
        Function::Join => "list.join(separator)",
        Function::Absent => "value()",
    }
}
