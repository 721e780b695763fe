//! Built-in functions: whether their arguments are of kinds that they take, and what they give.

use super::{Checker, patterns};
use crate::bytecode::{Form, Function, Gives, Kind, NAMESPACES, Overload, Signature};
use crate::diagnostic::{Code, Diagnostic};
use crate::text::{Name, Span};
use crate::tree::{Expr, ExprKind};
use crate::types::{Labels, Shape, Type};
use crate::value::{time, zone};

/// The names that `type` gives, and that stand for them.
pub(crate) const TYPE_NAMES: [&str; 12] = [
    "bool",
    "bytes",
    "double",
    "google.protobuf.Duration",
    "google.protobuf.Timestamp",
    "int",
    "list",
    "map",
    "null_type",
    "string",
    "type",
    "uint",
];

impl Kind {
    /// Whether a value of a shape is of the kind.
    fn accepts(self, shape: &Shape) -> bool {
        let text = |shape: &Shape| matches!(shape, Shape::String | Shape::Literal(_));
        match self {
            Self::Any => true,
            Self::Scalar => {
                !matches!(shape, Shape::Null | Shape::List(_) | Shape::Map(_) | Shape::Record(_))
            }
            Self::Bool => *shape == Shape::Bool,
            Self::Int => *shape == Shape::Int,
            Self::Number => matches!(shape, Shape::Int | Shape::Number),
            Self::Text => text(shape),
            Self::Bytes => *shape == Shape::Bytes,
            Self::Timestamp => *shape == Shape::Timestamp,
            Self::Duration => *shape == Shape::Duration,
            Self::List => matches!(shape, Shape::List(_)),
            Self::Texts => matches!(shape, Shape::List(item) if item.may_be(text)),
            Self::Numbers => matches!(shape, Shape::List(item)
                if item.may_be(|shape| matches!(shape, Shape::Int | Shape::Number))),
            Self::Record => matches!(shape, Shape::Map(_) | Shape::Record(_)),
        }
    }

    fn ty(self) -> Type {
        match self {
            Self::Any | Self::Scalar => Type::json(),
            Self::Bool => Type::bool(),
            Self::Int => Type::new(Shape::Int),
            Self::Number => Type::new(Shape::Number),
            Self::Text => Type::string(),
            Self::Bytes => Type::new(Shape::Bytes),
            Self::Timestamp => Type::new(Shape::Timestamp),
            Self::Duration => Type::new(Shape::Duration),
            Self::List => Type::list(Type::json()),
            Self::Texts => Type::list(Type::string()),
            Self::Numbers => Type::list(Type::new(Shape::Number)),
            Self::Record => Type::map(Type::json()),
        }
    }
}

impl Gives {
    fn ty(self, args: &[Type]) -> Type {
        let first = || args.first().cloned().unwrap_or_else(Type::json);
        match self {
            Self::Is(kind) => kind.ty(),
            Self::Items(kind) => Type::list(kind.ty()),
            Self::First => Type::list(Type::join(items(&first()))),
            Self::Joined => Type::join(args.iter().cloned()),
            Self::Item => Type::join(items(&first())),
            Self::Flat => Type::list(Type::join(items(&first()).into_iter().flat_map(|item| {
                let inner = items(&item);
                if inner.is_empty() { vec![item] } else { inner }
            }))),
            Self::TypeName => Type::join(TYPE_NAMES.into_iter().map(Type::literal)),
        }
    }
}

/// The items of a list, of each member that is one.
fn items(ty: &Type) -> Vec<Type> {
    let item = |member: &Type| match &member.shape {
        Shape::List(item) => Some(item.as_ref().clone()),
        Shape::Json => Some(Type::json()),
        _ => None,
    };
    ty.members().iter().filter_map(item).collect()
}

/// The namespace that a call's target is.
pub(crate) fn namespace(target: &Expr) -> Option<&'static str> {
    let ExprKind::Ident(name) = &target.kind else { return None };
    NAMESPACES.into_iter().find(|namespace| namespace == name)
}

impl Checker<'_> {
    pub(super) fn known_function(
        &mut self,
        row: &Signature,
        target: Option<&Expr>,
        function: &Name,
        args: &[Expr],
        span: Span,
    ) -> Type {
        let all: Vec<&Expr> = target.into_iter().chain(args).collect();
        let form = match row.form {
            Form::Global if target.is_some() => Some("function"),
            Form::Method if target.is_none() => Some("method"),
            Form::Global | Form::Method | Form::Either => None,
        };
        if let Some(form) = form {
            let message = format!("`{}` is a {form}", row.name);
            self.report(
                Diagnostic::new(Code::UnknownFunction, function.span, message)
                    .help(format!("write `{}`", row.usage)),
            );
            all.iter().for_each(|arg| drop(self.value(arg)));
            return Type::error();
        }
        let fitting: Vec<&Overload> =
            row.overloads.iter().filter(|way| way.takes_count(all.len())).collect();
        if fitting.is_empty() || all.len() > usize::from(u8::MAX) {
            self.wrong_count(row, function, args.len());
            all.iter().for_each(|arg| drop(self.value(arg)));
            return Type::error();
        }
        let mut types = Vec::with_capacity(all.len());
        for (i, arg) in all.iter().enumerate() {
            if fitting.iter().all(|way| way.kind(i) == Some(Kind::Text)) {
                self.want(arg, &Type::string());
            }
            types.push(self.value(arg));
        }
        self.literal_argument(row.function, &all, span);
        let labels = types.iter().fold(Labels::default(), |all, ty| all.and(ty.labels_within()));
        let ways: Vec<&Overload> =
            fitting.iter().copied().filter(|way| misfit(way, &types).is_none()).collect();
        if ways.is_empty() {
            // What is wrong with the way that comes furthest.
            let at = fitting.iter().filter_map(|way| misfit(way, &types)).max().unwrap_or(0);
            if let (Some(ty), Some(arg)) = (types.get(at), all.get(at)) {
                self.wrong_argument(row, &fitting, at, ty, arg);
            }
        }
        // Of one way only, it is known what it gives; the author meant it.
        let ways = if ways.is_empty() { fitting } else { ways };
        let given = Type::join(ways.iter().map(|way| way.gives.ty(&types)));
        match (row.function, types.as_slice()) {
            // A text that is known stays what it is.
            (Function::String, [Type { shape: Shape::Literal(text), .. }]) => {
                Type::literal(text).labelled(labels)
            }
            _ if row.shows => given.labelled(labels),
            _ => given,
        }
    }

    /// A text that is read when it is compiled already: the run need not find out that it is wrong.
    fn literal_argument(&mut self, known: Function, args: &[&Expr], span: Span) {
        let Some(Expr { kind: ExprKind::String(text), span: at }) = args.last() else { return };
        let problem = match (known, args.len()) {
            (Function::Timestamp, 1) if time::parse_timestamp(text).is_none() => {
                (span, format!("\"{text}\" is not an RFC 3339 timestamp"))
            }
            (Function::Duration, 1) if time::parse_duration(text).is_none() => {
                (span, format!("\"{text}\" is not a duration such as 90s"))
            }
            (Function::Matches, 2) => match patterns::problem(text) {
                None => return,
                Some(problem) => (*at, format!("\"{text}\" is no pattern: {problem}")),
            },
            (
                Function::GetFullYear
                | Function::GetMonth
                | Function::GetDate
                | Function::GetDayOfMonth
                | Function::GetDayOfWeek
                | Function::GetDayOfYear
                | Function::GetHours
                | Function::GetMinutes
                | Function::GetSeconds
                | Function::GetMilliseconds,
                2,
            ) if !zone::is_known(text) => {
                let message = format!("\"{text}\" is no time zone such as Asia/Jakarta or +07:00");
                (*at, message)
            }
            _ => return,
        };
        self.report(Diagnostic::new(Code::InvalidValue, problem.0, problem.1));
    }
}

/// The first argument that a way to call a function does not take.
fn misfit(way: &Overload, types: &[Type]) -> Option<usize> {
    types
        .iter()
        .enumerate()
        .position(|(i, ty)| !way.kind(i).is_some_and(|kind| ty.may_be(|shape| kind.accepts(shape))))
}
