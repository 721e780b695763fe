//! Operators: which operands they take, and what they give. An operand that may be several things is taken when one of
//! them fits; which one it is, is known when it runs.

use super::Checker;
use super::misfit::operands_of;
use crate::diagnostic::{Code, Diagnostic, did_you_mean};
use crate::text::{Span, Spanned};
use crate::tree::{BinaryOp, Expr, ExprKind};
use crate::types::{Shape, Type};

/// Kinds of value that operators tell apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Any,
    Null,
    Bool,
    Int,
    Number,
    Text,
    Bytes,
    Timestamp,
    Duration,
    List,
    Record,
}

impl Kind {
    fn of(shape: &Shape) -> Self {
        match shape {
            Shape::Error | Shape::Json | Shape::Union(_) => Self::Any,
            Shape::Null => Self::Null,
            Shape::Bool => Self::Bool,
            Shape::Int => Self::Int,
            Shape::Number => Self::Number,
            Shape::String | Shape::Literal(_) => Self::Text,
            Shape::Bytes => Self::Bytes,
            Shape::Timestamp => Self::Timestamp,
            Shape::Duration => Self::Duration,
            Shape::List(_) => Self::List,
            Shape::Map(_) | Shape::Record(_) => Self::Record,
        }
    }

    /// The kinds that a value of a type may be of, each once.
    fn all(ty: &Type) -> Vec<Self> {
        let mut kinds = Vec::new();
        for member in ty.members() {
            let kind = Self::of(&member.shape);
            if !kinds.contains(&kind) {
                kinds.push(kind);
            }
        }
        kinds
    }

    fn is_number(self) -> bool {
        matches!(self, Self::Int | Self::Number)
    }

    fn shape(self) -> Option<Shape> {
        Some(match self {
            Self::Null => Shape::Null,
            Self::Bool => Shape::Bool,
            Self::Int => Shape::Int,
            Self::Number => Shape::Number,
            Self::Text => Shape::String,
            Self::Bytes => Shape::Bytes,
            Self::Timestamp => Shape::Timestamp,
            Self::Duration => Shape::Duration,
            Self::Any | Self::List | Self::Record => return None,
        })
    }
}

/// What an operator gives for two kinds; `None` when it does not take them.
fn result(op: BinaryOp, a: Kind, b: Kind) -> Option<Kind> {
    use BinaryOp as Op;
    use Kind::{Any, Bool, Bytes, Duration, Int, List, Null, Number, Record, Text, Timestamp};
    if matches!(op, Op::Less | Op::LessEqual | Op::Greater | Op::GreaterEqual) {
        let ordered = !matches!(a, Null | List | Record) && !matches!(b, Null | List | Record);
        let same = a == b || a == Any || b == Any || a.is_number() && b.is_number();
        return (ordered && same).then_some(Bool);
    }
    match (op, a, b) {
        (_, Any, Any) => Some(Any),
        (Op::Remainder, Int | Any, Int | Any) => Some(Int),
        (Op::Remainder, ..) => None,
        (_, Int, Int) => Some(Int),
        (_, Int | Number, Int | Number) => Some(Number),
        (Op::Add, Text, Text) => Some(Text),
        (Op::Add, Bytes, Bytes) => Some(Bytes),
        (Op::Add, List, List) => Some(List),
        (Op::Add, Timestamp, Duration) | (Op::Add, Duration, Timestamp) => Some(Timestamp),
        (Op::Add | Op::Subtract, Duration, Duration) => Some(Duration),
        (Op::Subtract, Timestamp, Timestamp) => Some(Duration),
        (Op::Subtract, Timestamp, Duration) => Some(Timestamp),
        // With one side unknown, whatever could be on it is.
        (Op::Add | Op::Subtract, Any, Timestamp | Duration)
        | (Op::Add | Op::Subtract, Timestamp | Duration, Any)
        | (_, Any, Int | Number)
        | (_, Int | Number, Any) => Some(Any),
        (Op::Add, Any, Text | Bytes | List) => Some(b),
        (Op::Add, Text | Bytes | List, Any) => Some(a),
        _ => None,
    }
}

impl Checker<'_> {
    pub(super) fn negate(&mut self, operand: &Expr) -> Type {
        let ty = self.value(operand);
        let fits = |shape: &Shape| matches!(shape, Shape::Int | Shape::Number | Shape::Duration);
        if !ty.may_be(fits) {
            let message = format!("`-` takes a number or a duration, not {}", ty.noun());
            self.report(Diagnostic::new(Code::WrongOperand, operand.span, message));
            return Type::error();
        }
        let shapes: Vec<Type> = ty
            .members()
            .iter()
            .filter(|member| member.is_dynamic() || fits(&member.shape))
            .cloned()
            .collect();
        Type::join(shapes).labelled(ty.labels)
    }

    pub(super) fn binary(&mut self, op: BinaryOp, lhs: &Expr, rhs: &Expr, span: Span) -> Type {
        match op {
            BinaryOp::And | BinaryOp::Or => {
                self.condition(lhs);
                self.given(lhs, op == BinaryOp::And, |this| this.condition(rhs));
                Type::bool()
            }
            BinaryOp::Equal | BinaryOp::NotEqual => {
                let (a, b) = (self.value(lhs), self.value(rhs));
                self.never_equal(&a, &b, rhs, span);
                self.never_equal_literal(&b, lhs);
                Type::bool()
            }
            BinaryOp::In => self.is_in(lhs, rhs),
            BinaryOp::Less
            | BinaryOp::LessEqual
            | BinaryOp::Greater
            | BinaryOp::GreaterEqual
            | BinaryOp::Add
            | BinaryOp::Subtract
            | BinaryOp::Multiply
            | BinaryOp::Divide
            | BinaryOp::Remainder => self.arithmetic(op, lhs, rhs, span),
        }
    }

    fn arithmetic(&mut self, op: BinaryOp, lhs: &Expr, rhs: &Expr, span: Span) -> Type {
        let (a, b) = (self.value(lhs), self.value(rhs));
        self.want_like(&a, rhs);
        self.want_like(&b, lhs);
        let mut results = Vec::new();
        for &left in &Kind::all(&a) {
            for &right in &Kind::all(&b) {
                results.extend(result(op, left, right));
            }
        }
        if results.is_empty() {
            let message = format!("`{}` does not apply to `{a}` and `{b}`", op.symbol());
            let mut diagnostic = Diagnostic::new(Code::WrongOperand, span, message)
                .and(lhs.span, format!("this is `{a}`"))
                .and(rhs.span, format!("this is `{b}`"))
                .note(operands_of(op));
            if let Some(help) = item_of_a_list(op, &a, &b).or_else(|| conversion_for(op, &a, &b)) {
                diagnostic = diagnostic.help(help);
            }
            self.report(diagnostic);
            return Type::error();
        }
        let labels = a.labels_within().and(b.labels_within());
        let types = results.into_iter().map(|kind| match (kind.shape(), kind) {
            (Some(shape), _) => Type::new(shape),
            (None, Kind::List) => Type::list(Type::join(items(&a).chain(items(&b)))),
            (None, _) => Type::json(),
        });
        let ty = Type::join(types);
        // A comparison tells of its operands no more than yes or no.
        if ty.shape == Shape::Bool { ty } else { ty.labelled(labels) }
    }

    /// An input beside a number or beside text is one itself.
    fn want_like(&mut self, known: &Type, other: &Expr) {
        match Kind::all(known).as_slice() {
            [Kind::Int | Kind::Number] => self.want(other, &Type::new(Shape::Number)),
            [Kind::Text] => self.want(other, &Type::string()),
            _ => {}
        }
    }

    fn is_in(&mut self, lhs: &Expr, rhs: &Expr) -> Type {
        let a = self.value(lhs);
        let b = self.value(rhs);
        if !b.may_be(|shape| matches!(shape, Shape::List(_) | Shape::Map(_) | Shape::Record(_))) {
            let message = format!("`in` takes a list or a record on its right, not {}", b.noun());
            let diagnostic = Diagnostic::new(Code::WrongOperand, rhs.span, message);
            self.report(match Kind::all(&b).as_slice() {
                [Kind::Text] => diagnostic.help("to look for text, write `text.contains(part)`"),
                _ => diagnostic,
            });
        } else if let ExprKind::List(items) = &rhs.kind {
            for item in items {
                self.never_equal_literal(&a, item);
            }
        }
        Type::bool()
    }

    /// Reports a comparison of two things that have no value in common.
    fn never_equal(&mut self, a: &Type, b: &Type, rhs: &Expr, span: Span) {
        let comparable = |a: Kind, b: Kind| {
            a == b || a == Kind::Any || b == Kind::Any || a.is_number() && b.is_number()
        };
        let (left, right) = (Kind::all(a), Kind::all(b));
        if left.iter().any(|&a| right.iter().any(|&b| comparable(a, b))) {
            return self.never_equal_literal(a, rhs);
        }
        let message = format!("`{a}` and `{b}` are never equal");
        let diagnostic = Diagnostic::new(Code::NeverEqual, span, message);
        self.report(match conversion(a, b) {
            Some(help) => diagnostic.help(help),
            None => diagnostic,
        });
    }

    /// Reports a string that is none of an enum's values.
    fn never_equal_literal(&mut self, ty: &Type, literal: &Expr) {
        let (ExprKind::String(text), Some(values)) = (&literal.kind, ty.enum_values()) else {
            return;
        };
        // Two strings that the author wrote can be seen to differ.
        if values.len() < 2 || values.contains(&text.as_str()) {
            return;
        }
        let message = format!("the value compared here is never \"{text}\"");
        let diagnostic =
            Diagnostic::new(Code::NeverEqual, literal.span, message).note(format!("it is {ty}"));
        let name = Spanned::new(text.clone(), literal.span);
        let diagnostic = did_you_mean(diagnostic, &name, values.into_iter());
        self.report(diagnostic);
    }
}

fn items(list: &Type) -> impl Iterator<Item = Type> {
    list.members().iter().map(|member| match &member.shape {
        Shape::List(item) => item.as_ref().clone(),
        _ => Type::json(),
    })
}

/// The help for something that is added to a list.
fn item_of_a_list(op: BinaryOp, a: &Type, b: &Type) -> Option<&'static str> {
    let is_list = |ty: &Type| Kind::all(ty) == [Kind::List];
    let fits = op == BinaryOp::Add && is_list(a) != is_list(b);
    fits.then_some("put an item into a list to add it: `[...]`")
}

/// The conversion for an operator: nothing is converted to be multiplied or divided but text.
fn conversion_for(op: BinaryOp, a: &Type, b: &Type) -> Option<&'static str> {
    let scales = matches!(op, BinaryOp::Multiply | BinaryOp::Divide | BinaryOp::Remainder);
    let is_time =
        |ty: &Type| matches!(Kind::all(ty).as_slice(), [Kind::Timestamp | Kind::Duration]);
    if scales && (is_time(a) || is_time(b)) { None } else { conversion(a, b) }
}

/// The conversion that two operands probably lack.
fn conversion(a: &Type, b: &Type) -> Option<&'static str> {
    let is = |ty: &Type, kind: Kind| Kind::all(ty) == [kind];
    let either = |one: Kind, other: Kind| is(a, one) && is(b, other) || is(a, other) && is(b, one);
    if either(Kind::Text, Kind::Timestamp) {
        Some("read the text as a moment with `timestamp(...)`")
    } else if either(Kind::Text, Kind::Duration) {
        Some("read the text as a duration with `duration(...)`")
    } else if either(Kind::Text, Kind::Int) || either(Kind::Text, Kind::Number) {
        Some("convert one of them, with `string(...)`, `int(...)` or `double(...)`")
    } else if either(Kind::Timestamp, Kind::Int) || either(Kind::Duration, Kind::Int) {
        Some(
            "write a number of seconds as a duration, `duration(\"60s\")`, or take those of a moment with `int(...)`",
        )
    } else if either(Kind::Text, Kind::Bytes) {
        Some("convert one of them, with `string(...)` or `bytes(...)`")
    } else if either(Kind::Text, Kind::Bool) {
        Some("convert one of them, with `string(...)` or `bool(...)`")
    } else {
        None
    }
}
