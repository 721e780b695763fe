//! Functions of numbers.

use super::arithmetic::double;
use super::function::{int, needs};
use super::{Outcome, Problem};
use crate::bytecode::op::Function;
use crate::value::Value;
use std::cmp::Ordering;

pub(super) fn apply(function: Function, args: &[Value]) -> Outcome<Value> {
    match (function, args) {
        (Function::Greatest | Function::Least, [Value::List(items)]) => extreme(function, items),
        (Function::Greatest | Function::Least, args) => extreme(function, args),
        (_, [only]) => of_one(function, only),
        (Function::BitShiftLeft | Function::BitShiftRight, [bits, by]) => {
            shift(function, bits, int(function, by)?)
        }
        (_, [a, b]) => bitwise(function, a, b),
        _ => Err(Problem::damaged()),
    }
}

/// The greatest or least number; of equal ones, the first.
fn extreme(function: Function, numbers: &[Value]) -> Outcome<Value> {
    let wanted = match function {
        Function::Greatest => Ordering::Greater,
        _ => Ordering::Less,
    };
    let Some((first, rest)) = numbers.split_first() else {
        return Err(Problem::new(format!("`{}` needs at least one number", function.name())));
    };
    let mut best = first;
    if let Some(other) = numbers.iter().find(|value| !value.is_number()) {
        return Err(needs(function, "numbers", other));
    }
    for number in rest {
        if number.cel_compare(best) == Some(wanted) {
            best = number;
        }
    }
    Ok(best.clone())
}

fn of_one(function: Function, arg: &Value) -> Outcome<Value> {
    let overflow = || Problem::met("the result does not fit 64 bits", arg.clone());
    match (function, arg) {
        (Function::Abs, Value::Int(n)) => n.checked_abs().map(Value::Int).ok_or_else(overflow),
        (Function::Abs, Value::Uint(_)) => Ok(arg.clone()),
        (Function::Sign, Value::Int(n)) => Ok(Value::Int(n.signum())),
        (Function::Sign, Value::Uint(n)) => Ok(Value::Uint((*n).min(1))),
        (Function::BitNot, Value::Int(n)) => Ok(Value::Int(!n)),
        (Function::BitNot, Value::Uint(n)) => Ok(Value::Uint(!n)),
        (Function::BitNot, _) => Err(needs(function, "an int", arg)),
        _ => of_double(function, double(arg).ok_or_else(|| needs(function, "a number", arg))?),
    }
}

fn of_double(function: Function, n: f64) -> Outcome<Value> {
    Ok(match function {
        Function::Abs => Value::Double(n.abs()),
        Function::Ceil => Value::Double(n.ceil()),
        Function::Floor => Value::Double(n.floor()),
        Function::Round => Value::Double(n.round()),
        Function::Trunc => Value::Double(n.trunc()),
        Function::Sqrt => Value::Double(n.sqrt()),
        Function::Sign if n.is_nan() || n == 0.0 => Value::Double(n),
        Function::Sign => Value::Double(n.signum()),
        Function::IsNan => Value::Bool(n.is_nan()),
        Function::IsInf => Value::Bool(n.is_infinite()),
        Function::IsFinite => Value::Bool(n.is_finite()),
        _ => return Err(Problem::damaged()),
    })
}

fn bitwise(function: Function, a: &Value, b: &Value) -> Outcome<Value> {
    Ok(match (function, a, b) {
        (Function::BitAnd, Value::Int(a), Value::Int(b)) => Value::Int(a & b),
        (Function::BitOr, Value::Int(a), Value::Int(b)) => Value::Int(a | b),
        (Function::BitXor, Value::Int(a), Value::Int(b)) => Value::Int(a ^ b),
        (Function::BitAnd, Value::Uint(a), Value::Uint(b)) => Value::Uint(a & b),
        (Function::BitOr, Value::Uint(a), Value::Uint(b)) => Value::Uint(a | b),
        (Function::BitXor, Value::Uint(a), Value::Uint(b)) => Value::Uint(a ^ b),
        _ => return Err(needs(function, "two ints, both with or without a sign", a)),
    })
}

/// Bits moved out are lost, and those moved in are zero: the sign is a bit like any other.
fn shift(function: Function, bits: &Value, by: i64) -> Outcome<Value> {
    let Ok(by) = u32::try_from(by.min(64)) else {
        return Err(Problem::met("bits cannot be moved by less than nothing", Value::Int(by)));
    };
    let moved = |bits: u64| match function {
        Function::BitShiftLeft => bits.checked_shl(by).unwrap_or(0),
        _ => bits.checked_shr(by).unwrap_or(0),
    };
    match bits {
        Value::Int(n) => Ok(Value::Int(moved(n.cast_unsigned()).cast_signed())),
        Value::Uint(n) => Ok(Value::Uint(moved(*n))),
        other => Err(needs(function, "an int", other)),
    }
}
