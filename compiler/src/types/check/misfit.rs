//! What to say of operands and arguments that do not fit: what they are, what would fit, and how to make that of them.

use super::Checker;
use super::expr::path_words;
use crate::bytecode::{Function, Kind, Overload, Signature};
use crate::diagnostic::{Code, Diagnostic};
use crate::text::Name;
use crate::tree::{BinaryOp, Expr};
use crate::types::{Shape, Type};

impl Kind {
    /// A value of the kind, in words.
    fn noun(self) -> &'static str {
        match self {
            Self::Any => "any value",
            Self::Scalar => "a number, bool, string, timestamp, duration or bytes",
            Self::Bool => "a bool",
            Self::Int => "an int",
            Self::Number => "a number",
            Self::Text => "a string",
            Self::Bytes => "bytes",
            Self::Timestamp => "a timestamp",
            Self::Duration => "a duration",
            Self::List => "a list",
            Self::Texts => "a list of strings",
            Self::Numbers => "a list of numbers",
            Self::Record => "a record",
        }
    }
}

impl Checker<'_> {
    pub(super) fn wrong_count(&mut self, row: &Signature, function: &Name, count: usize) {
        let plural = if count == 1 { "" } else { "s" };
        let message = format!("`{}` does not take {count} argument{plural}", row.name);
        self.report(
            Diagnostic::new(Code::WrongArity, function.span, message)
                .help(format!("write `{}`", row.usage)),
        );
    }

    /// Says what an argument is, and what any of these ways to call the function takes in its place.
    pub(super) fn wrong_argument(
        &mut self,
        row: &Signature,
        ways: &[&Overload],
        at: usize,
        ty: &Type,
        arg: &Expr,
    ) {
        let mut kinds: Vec<Kind> = Vec::new();
        for kind in ways.iter().filter_map(|way| way.kind(at)) {
            if !kinds.contains(&kind) {
                kinds.push(kind);
            }
        }
        let nouns: Vec<&str> = kinds.iter().map(|kind| kind.noun()).collect();
        let takes = match nouns.as_slice() {
            [firsts @ .., last] if !firsts.is_empty() => format!("{} or {last}", firsts.join(", ")),
            nouns => nouns.concat(),
        };
        let ty = ty.unlabelled();
        let message = match path_words(arg).as_str() {
            "this" => format!("`{}` takes {takes} here, not `{ty}`", row.name),
            path => format!("`{}` takes {takes} here, and {path} is `{ty}`", row.name),
        };
        let diagnostic = Diagnostic::new(Code::WrongOperand, arg.span, message)
            .help(format!("write `{}`", row.usage));
        let made = match (row.function, kinds.as_slice()) {
            (Function::Duration, _) if ty.shape == Shape::Int => {
                Some("write the number with its unit, as in `duration(\"60s\")`")
            }
            (_, [only] | [Kind::Int, only @ Kind::Number]) => made_of(*only, &ty),
            _ => None,
        };
        self.report(match made {
            Some(help) => diagnostic.help(help),
            None => diagnostic,
        });
    }
}

/// How to make a value of a kind of one that is of another.
fn made_of(wanted: Kind, ty: &Type) -> Option<&'static str> {
    let text = matches!(ty.shape, Shape::String | Shape::Literal(_));
    match wanted {
        Kind::Text => match ty.shape {
            Shape::Bool
            | Shape::Int
            | Shape::Number
            | Shape::Bytes
            | Shape::Timestamp
            | Shape::Duration => Some("make it text with `string(...)`"),
            Shape::List(_) => Some("make it text with `.join(\", \")`"),
            Shape::Error
            | Shape::Json
            | Shape::Null
            | Shape::String
            | Shape::Literal(_)
            | Shape::Map(_)
            | Shape::Record(_)
            | Shape::Union(_) => None,
        },
        Kind::Int if text || ty.shape == Shape::Number => {
            Some("make it an integer with `int(...)`")
        }
        Kind::Number if text => Some("make it a number with `int(...)` or `double(...)`"),
        Kind::Bytes if text => Some("make it bytes with `bytes(...)`"),
        Kind::Timestamp if text => Some("read the text as a moment with `timestamp(...)`"),
        Kind::Duration if text => Some("read the text as a duration with `duration(...)`"),
        Kind::Texts if matches!(ty.shape, Shape::List(_)) => {
            Some("make its items text with `.map(item, string(item))`")
        }
        Kind::List => Some("put it into a list: `[...]`"),
        Kind::Any
        | Kind::Scalar
        | Kind::Bool
        | Kind::Int
        | Kind::Number
        | Kind::Bytes
        | Kind::Timestamp
        | Kind::Duration
        | Kind::Texts
        | Kind::Numbers
        | Kind::Record => None,
    }
}

/// What an operator takes, in words.
pub(super) fn operands_of(op: BinaryOp) -> &'static str {
    match op {
        BinaryOp::Add => {
            "it adds numbers, durations, and a duration to a timestamp, and joins text, bytes and lists"
        }
        BinaryOp::Subtract => {
            "it takes numbers, durations, timestamps, and a duration from a timestamp"
        }
        BinaryOp::Multiply | BinaryOp::Divide => "it takes numbers",
        BinaryOp::Remainder => "it takes ints",
        BinaryOp::Less | BinaryOp::LessEqual | BinaryOp::Greater | BinaryOp::GreaterEqual => {
            "it orders two numbers, strings, bools, bytes, timestamps or durations"
        }
        BinaryOp::In => "it takes a list or a record on its right",
        BinaryOp::And | BinaryOp::Or => "it takes bools",
        BinaryOp::Equal | BinaryOp::NotEqual => "it takes any two values",
    }
}
