//! Conversions between types, and to and from text that encodes them.

use super::function::{needs, text};
use super::text::text_of;
use super::{Evaluator, Outcome, Problem, Scope};
use crate::bytecode::op::Function;
use crate::limits::TEXT_BYTES_MAX;
use crate::value::{Value, base64, from_base64, time};

/// One past the largest `int`, and its negative, as a double.
const INT_END: f64 = 9_223_372_036_854_775_808.0;
/// One past the largest `uint`, as a double.
const UINT_END: f64 = 18_446_744_073_709_551_616.0;

/// What the smallest part of JSON text, such as `[],`, may take as a value.
const BYTES_PER_JSON_BYTE: usize = 24;

impl<S: Scope> Evaluator<'_, S> {
    pub(super) fn convert(&mut self, function: Function, args: &[Value]) -> Outcome<Value> {
        let [arg] = args else { return Err(Problem::damaged()) };
        let converted = match (function, arg) {
            (Function::Size, _) => return size(arg),
            (Function::Type, _) => Some(Value::from(arg.cel_type())),
            (Function::String, Value::String(_))
            | (Function::Bool, Value::Bool(_))
            | (Function::Bytes, Value::Bytes(_))
            | (Function::Double, Value::Double(_))
            | (Function::Int, Value::Int(_))
            | (Function::Uint, Value::Uint(_))
            | (Function::Timestamp, Value::Timestamp(_))
            | (Function::Duration, Value::Duration(_)) => Some(arg.clone()),
            (Function::String, Value::Bytes(bytes)) => match std::str::from_utf8(bytes) {
                Ok(text) => Some(self.new_text(text.to_owned())?),
                Err(_) => return Err(Problem::new("the bytes are not UTF-8")),
            },
            (Function::String, _) => match text_of(arg) {
                Some(text) => Some(self.new_text(text)?),
                None => None,
            },
            (Function::Int, _) => to_int(arg),
            (Function::Uint, _) => to_uint(arg),
            (Function::Double, _) => to_double(arg),
            (Function::Bool, Value::String(text)) => match &**text {
                "true" | "True" | "TRUE" | "t" | "1" => Some(Value::Bool(true)),
                "false" | "False" | "FALSE" | "f" | "0" => Some(Value::Bool(false)),
                _ => None,
            },
            (Function::Bytes, Value::String(text)) => {
                self.allocate(text.len())?;
                Some(Value::Bytes(text.as_bytes().into()))
            }
            (Function::Timestamp, Value::String(text)) => {
                time::parse_timestamp(text).map(Value::Timestamp)
            }
            (Function::Timestamp, Value::Int(seconds)) => {
                Some(i128::from(*seconds) * 1_000_000_000)
                    .filter(|ns| time::timestamp_in_range(*ns))
                    .map(Value::Timestamp)
            }
            (Function::Duration, Value::String(text)) => {
                time::parse_duration(text).map(Value::Duration)
            }
            (Function::Base64Encode, Value::Bytes(bytes)) => Some(self.new_text(base64(bytes))?),
            (Function::Base64Encode, _) => return Err(needs(function, "bytes", arg)),
            (Function::Base64Decode, _) => {
                let text = text(function, arg)?;
                self.allocate(text.len())?;
                // Padding may be left out: it says nothing.
                let bare = text.trim_end_matches('=');
                let padded = format!("{bare:=<width$}", width = bare.len().next_multiple_of(4));
                match from_base64(&padded).filter(|_| text == bare || text == padded) {
                    Some(bytes) => Some(Value::Bytes(bytes.into())),
                    None => return Err(Problem::met("this is not base64", arg.clone())),
                }
            }
            (Function::JsonEncode, _) if !is_finite(arg) => {
                let what = "JSON has no number that is infinite or not a number";
                return Err(Problem::met(what, arg.clone()));
            }
            (Function::JsonEncode, _) => {
                Some(self.new_text(arg.to_json_within(TEXT_BYTES_MAX + 1).0)?)
            }
            (Function::JsonDecode, _) => {
                let text = text(function, arg)?;
                self.allocate(text.len().saturating_mul(BYTES_PER_JSON_BYTE))?;
                match Value::from_json(text) {
                    Ok(value) => Some(value),
                    Err(error) => {
                        let what = format!("this is not JSON: {error}");
                        return Err(Problem::met(what, arg.clone()));
                    }
                }
            }
            _ => None,
        };
        converted.ok_or_else(|| cannot(function, arg))
    }
}

/// Whether all numbers of a value are finite.
fn is_finite(value: &Value) -> bool {
    match value {
        Value::Double(n) => n.is_finite(),
        Value::List(items) => items.iter().all(is_finite),
        Value::Map(map) => map.values().all(is_finite),
        Value::Null
        | Value::Bool(_)
        | Value::Int(_)
        | Value::Uint(_)
        | Value::String(_)
        | Value::Bytes(_)
        | Value::Timestamp(_)
        | Value::Duration(_) => true,
    }
}

fn cannot(function: Function, met: &Value) -> Problem {
    Problem::met(format!("`{}` cannot convert this", function.name()), met.clone())
}

fn size(value: &Value) -> Outcome<Value> {
    let len = match value {
        Value::String(text) => text.chars().count(),
        Value::Bytes(bytes) => bytes.len(),
        Value::List(items) => items.len(),
        Value::Map(map) => map.len(),
        other => return Err(Problem::met("this has no size", other.clone())),
    };
    Ok(Value::from(len as u64))
}

fn to_int(value: &Value) -> Option<Value> {
    match value {
        Value::Uint(n) => i64::try_from(*n).ok().map(Value::Int),
        // Toward zero, as CEL does; the comparison refuses NaN too.
        Value::Double(n) if n.abs() < INT_END => {
            #[allow(clippy::cast_possible_truncation, reason = "in range, checked above")]
            let n = *n as i64;
            Some(Value::Int(n))
        }
        Value::String(text) => text.parse().ok().map(Value::Int),
        Value::Timestamp(ns) => i64::try_from(ns.div_euclid(1_000_000_000)).ok().map(Value::Int),
        _ => None,
    }
}

fn to_uint(value: &Value) -> Option<Value> {
    match value {
        Value::Int(n) => u64::try_from(*n).ok().map(Value::Uint),
        Value::Double(n) if *n > -1.0 && *n < UINT_END => {
            #[allow(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "in range, checked above"
            )]
            let n = *n as u64;
            Some(Value::Uint(n))
        }
        Value::String(text) => text.parse().ok().map(Value::Uint),
        _ => None,
    }
}

#[allow(clippy::cast_precision_loss, reason = "that is what the conversion means")]
fn to_double(value: &Value) -> Option<Value> {
    match value {
        Value::Int(n) => Some(Value::Double(*n as f64)),
        Value::Uint(n) => Some(Value::Double(*n as f64)),
        // Infinity is written as a word; digits that come to it are beyond the type.
        Value::String(text) => text
            .parse()
            .ok()
            .filter(|n: &f64| !n.is_infinite() || !text.contains(|c: char| c.is_ascii_digit()))
            .map(Value::Double),
        _ => None,
    }
}
