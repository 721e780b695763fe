//! Operators on values.
//!
//! CEL's, with one liberty: JSON does not tell 5 from 5.0 reliably, so numbers of different representation may meet
//! in arithmetic. Integers stay exact, and a result beyond their type is an error; an unsigned one that meets a signed
//! one counts as signed; with a double, the result is a double.

use super::{Outcome, Problem};
use crate::bytecode::op::Operator;
use crate::value::{Value, time};
use std::cmp::Ordering;
use std::sync::Arc;

/// What a result may be that integers give.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Integers {
    /// Of the operands' type.
    Typed,
    /// The first that holds it of `int` and `uint`: programs of semantics 1.
    Widening,
}

impl Integers {
    /// As the programs of a version have it.
    pub(super) fn of(semantics: u16) -> Self {
        if semantics < 2 { Self::Widening } else { Self::Typed }
    }

    fn result(self, n: Option<i128>, unsigned: bool) -> Outcome<Value> {
        let value = match (self, unsigned) {
            (Self::Widening, _) => n.and_then(|n| {
                i64::try_from(n).map(Value::Int).or_else(|_| u64::try_from(n).map(Value::Uint)).ok()
            }),
            (Self::Typed, true) => n.and_then(|n| u64::try_from(n).map(Value::Uint).ok()),
            (Self::Typed, false) => n.and_then(|n| i64::try_from(n).map(Value::Int).ok()),
        };
        value.ok_or_else(|| Problem::new("the result does not fit 64 bits"))
    }
}

pub(super) fn unary(op: Operator, operand: &Value, integers: Integers) -> Outcome<Value> {
    match (op, operand) {
        (Operator::Not, Value::Bool(value)) => Ok(Value::Bool(!value)),
        (Operator::Negate, Value::Int(n)) => integers.result(i128::from(*n).checked_neg(), false),
        (Operator::Negate, Value::Uint(n)) if integers == Integers::Widening => {
            integers.result(i128::from(*n).checked_neg(), false)
        }
        (Operator::Negate, Value::Double(value)) => Ok(Value::Double(-value)),
        (Operator::Negate, Value::Duration(value)) => span(value.checked_neg()),
        _ => Err(Problem::met(format!("`{}` does not apply here", op.symbol()), operand.clone())),
    }
}

pub(super) fn binary(op: Operator, a: Value, b: Value, integers: Integers) -> Outcome<Value> {
    if let (Value::Int(a), Value::Int(b)) = (&a, &b)
        && let Some(result) = of_ints(op, *a, *b)
    {
        return Ok(result);
    }
    match op {
        Operator::Equal => Ok(Value::Bool(a.cel_equal(&b))),
        Operator::NotEqual => Ok(Value::Bool(!a.cel_equal(&b))),
        Operator::Less => compare(op, &a, &b, Ordering::is_lt),
        Operator::LessEqual => compare(op, &a, &b, Ordering::is_le),
        Operator::Greater => compare(op, &a, &b, Ordering::is_gt),
        Operator::GreaterEqual => compare(op, &a, &b, Ordering::is_ge),
        Operator::In => contains(&a, &b),
        Operator::Add => add(a, b, integers),
        Operator::Subtract => match (&a, &b) {
            (Value::Timestamp(a), Value::Timestamp(b)) => span(a.checked_sub(*b)),
            (Value::Duration(a), Value::Duration(b)) => span(a.checked_sub(*b)),
            (Value::Timestamp(a), Value::Duration(b)) => instant(a.checked_sub(*b)),
            _ => numbers(op, &a, &b, integers, |a, b| a - b),
        },
        Operator::Multiply => numbers(op, &a, &b, integers, |a, b| a * b),
        Operator::Divide => {
            if integer(&a).is_some() && integer(&b) == Some(0) {
                return Err(Problem::met("division by zero", a));
            }
            numbers(op, &a, &b, integers, |a, b| a / b)
        }
        Operator::Remainder => match (integer(&a), integer(&b)) {
            (Some(_), Some(0)) => Err(Problem::met("division by zero", a)),
            (Some(_), Some(_)) => numbers(op, &a, &b, integers, |a, b| a % b),
            _ => Err(mismatch(op, &a, &b)),
        },
        Operator::Negate | Operator::Not => Err(Problem::damaged()),
    }
}

/// What most operators are given, at once; `None` where it fails, or takes more than that.
fn of_ints(op: Operator, a: i64, b: i64) -> Option<Value> {
    Some(match op {
        Operator::Add => Value::Int(a.checked_add(b)?),
        Operator::Subtract => Value::Int(a.checked_sub(b)?),
        Operator::Multiply => Value::Int(a.checked_mul(b)?),
        Operator::Divide => Value::Int(a.checked_div(b)?),
        Operator::Remainder => Value::Int(a.checked_rem(b)?),
        Operator::Equal => Value::Bool(a == b),
        Operator::NotEqual => Value::Bool(a != b),
        Operator::Less => Value::Bool(a < b),
        Operator::LessEqual => Value::Bool(a <= b),
        Operator::Greater => Value::Bool(a > b),
        Operator::GreaterEqual => Value::Bool(a >= b),
        Operator::In | Operator::Negate | Operator::Not => return None,
    })
}

/// Bytes that `a + b` makes.
pub(super) fn joined_bytes(a: &Value, b: &Value) -> usize {
    match (a, b) {
        (Value::String(a), Value::String(b)) => a.len() + b.len(),
        (Value::Bytes(a), Value::Bytes(b)) => a.len() + b.len(),
        (Value::List(a), Value::List(b)) => (a.len() + b.len()) * size_of::<Value>(),
        _ => 0,
    }
}

fn add(a: Value, b: Value, integers: Integers) -> Outcome<Value> {
    match (&a, &b) {
        (Value::String(a), Value::String(b)) => Ok(Value::from([&**a, &**b].concat())),
        (Value::Bytes(a), Value::Bytes(b)) => Ok(Value::Bytes([&**a, &**b].concat().into())),
        (Value::Timestamp(a), Value::Duration(b)) | (Value::Duration(b), Value::Timestamp(a)) => {
            instant(a.checked_add(*b))
        }
        (Value::Duration(a), Value::Duration(b)) => span(a.checked_add(*b)),
        (Value::List(_), Value::List(_)) => {
            let (Value::List(mut a), Value::List(b)) = (a, b) else {
                return Err(Problem::damaged());
            };
            Arc::make_mut(&mut a).extend(b.iter().cloned());
            Ok(Value::List(a))
        }
        _ => numbers(Operator::Add, &a, &b, integers, |a, b| a + b),
    }
}

fn compare(op: Operator, a: &Value, b: &Value, holds: fn(Ordering) -> bool) -> Outcome<Value> {
    match a.cel_compare(b) {
        Some(order) => Ok(Value::Bool(holds(order))),
        // NaN is a number, and in no order to any.
        None if a.is_number() && b.is_number() => Ok(Value::Bool(false)),
        None => Err(mismatch(op, a, b)),
    }
}

fn contains(a: &Value, b: &Value) -> Outcome<Value> {
    match b {
        Value::List(items) => Ok(Value::Bool(items.iter().any(|item| item.cel_equal(a)))),
        Value::Map(map) => match a {
            Value::String(key) => Ok(Value::Bool(map.contains_key(key))),
            // No other value can be the name of a field.
            _ => Ok(Value::Bool(false)),
        },
        _ => Err(Problem::met("`in` needs a list or a record on its right", b.clone())),
    }
}

fn numbers(
    op: Operator,
    a: &Value,
    b: &Value,
    integers: Integers,
    doubles: fn(f64, f64) -> f64,
) -> Outcome<Value> {
    // What ints give was looked at before: the result is beyond them, that of `%` too where the quotient is.
    if let (Value::Int(_), Value::Int(_), Integers::Typed) = (a, b, integers) {
        return integers.result(None, false);
    }
    if let (Some(x), Some(y)) = (integer(a), integer(b)) {
        let result = match op {
            Operator::Add => x.checked_add(y),
            Operator::Subtract => x.checked_sub(y),
            Operator::Multiply => x.checked_mul(y),
            Operator::Divide => x.checked_div(y),
            Operator::Remainder => x.checked_rem(y),
            _ => None,
        };
        let unsigned = matches!((a, b), (Value::Uint(_), Value::Uint(_)));
        return integers.result(result, unsigned);
    }
    match (double(a), double(b)) {
        (Some(a), Some(b)) => Ok(Value::Double(doubles(a, b))),
        _ => Err(mismatch(op, a, b)),
    }
}

fn integer(value: &Value) -> Option<i128> {
    match value {
        Value::Int(n) => Some(i128::from(*n)),
        Value::Uint(n) => Some(i128::from(*n)),
        _ => None,
    }
}

#[allow(clippy::cast_precision_loss, reason = "that is what meeting a double means")]
pub(super) fn double(value: &Value) -> Option<f64> {
    match value {
        Value::Int(n) => Some(*n as f64),
        Value::Uint(n) => Some(*n as f64),
        Value::Double(n) => Some(*n),
        _ => None,
    }
}

fn instant(ns: Option<i128>) -> Outcome<Value> {
    ns.filter(|ns| time::timestamp_in_range(*ns))
        .map(Value::Timestamp)
        .ok_or_else(|| Problem::new("the timestamp is outside the years 1 to 9999"))
}

fn span(ns: Option<i128>) -> Outcome<Value> {
    ns.filter(|ns| time::duration_in_range(*ns))
        .map(Value::Duration)
        .ok_or_else(|| Problem::new("the duration is longer than 10,000 years"))
}

fn mismatch(op: Operator, a: &Value, b: &Value) -> Problem {
    Problem::met(
        format!("`{}` does not apply to {} and {}", op.symbol(), a.type_name(), b.type_name()),
        Value::list(vec![a.clone(), b.clone()]),
    )
}
