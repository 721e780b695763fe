//! Built-in functions on values.

use super::arithmetic::narrow;
use super::text::text_of;
use super::{Evaluator, Outcome, Problem, Scope, weight};
use crate::bytecode::op::Function;
use crate::value::{Value, time};

impl<S: Scope> Evaluator<'_, S> {
    pub(super) fn function(&mut self, function: Function, argc: u8) -> Outcome<()> {
        let args = self.pop_many(usize::from(argc))?;
        self.burn(args.iter().map(weight).fold(0, u64::saturating_add))?;
        let value = match (function, args.as_slice()) {
            (Function::Now, []) => Value::Timestamp(self.scope.now()),
            (Function::Uuid, []) => {
                let bits = self.scope.uuid_bits(self.uuids);
                self.uuids = self.uuids.saturating_add(1);
                Value::from(uuid_text(bits))
            }
            (Function::Absent, []) => return Err(Problem::new("the optional value is absent")),
            (function, [only]) => self.of_one(function, only)?,
            (function, args) => self.of_text(function, args)?,
        };
        self.stack.push(value);
        Ok(())
    }

    fn of_one(&mut self, function: Function, arg: &Value) -> Outcome<Value> {
        match function {
            Function::Size => size(arg),
            Function::String => match arg {
                Value::String(_) => Ok(arg.clone()),
                Value::Bytes(bytes) => match std::str::from_utf8(bytes) {
                    Ok(text) => self.new_text(text.to_owned()),
                    Err(_) => Err(Problem::new("the bytes are not UTF-8")),
                },
                _ => match text_of(arg) {
                    Some(text) => self.new_text(text),
                    None => Err(cannot(function, arg)),
                },
            },
            Function::Int => to_int(arg),
            Function::Uint => match to_int(arg)? {
                Value::Int(n) => {
                    u64::try_from(n).map(Value::Uint).map_err(|_| cannot(function, arg))
                }
                other => Ok(other),
            },
            Function::Double => to_double(arg),
            Function::Bool => match arg {
                Value::Bool(_) => Ok(arg.clone()),
                Value::String(text) => match &**text {
                    "true" | "True" | "TRUE" | "t" | "1" => Ok(Value::Bool(true)),
                    "false" | "False" | "FALSE" | "f" | "0" => Ok(Value::Bool(false)),
                    _ => Err(cannot(function, arg)),
                },
                _ => Err(cannot(function, arg)),
            },
            Function::Bytes => match arg {
                Value::Bytes(_) => Ok(arg.clone()),
                Value::String(text) => {
                    self.allocate(text.len())?;
                    Ok(Value::Bytes(text.as_bytes().into()))
                }
                _ => Err(cannot(function, arg)),
            },
            Function::Timestamp => match arg {
                Value::Timestamp(_) => Ok(arg.clone()),
                Value::String(text) => time::parse_timestamp(text)
                    .map(Value::Timestamp)
                    .ok_or_else(|| cannot(function, arg)),
                Value::Int(seconds) => Some(i128::from(*seconds) * 1_000_000_000)
                    .filter(|ns| time::timestamp_in_range(*ns))
                    .map(Value::Timestamp)
                    .ok_or_else(|| cannot(function, arg)),
                _ => Err(cannot(function, arg)),
            },
            Function::Duration => match arg {
                Value::Duration(_) => Ok(arg.clone()),
                Value::String(text) => time::parse_duration(text)
                    .map(Value::Duration)
                    .ok_or_else(|| cannot(function, arg)),
                _ => Err(cannot(function, arg)),
            },
            Function::LowerAscii => self.new_text(text(function, arg)?.to_ascii_lowercase()),
            Function::UpperAscii => self.new_text(text(function, arg)?.to_ascii_uppercase()),
            Function::Trim => self.new_text(text(function, arg)?.trim().to_owned()),
            Function::Join => self.join(arg, ""),
            Function::Contains
            | Function::StartsWith
            | Function::EndsWith
            | Function::Replace
            | Function::Split
            | Function::Now
            | Function::Uuid
            | Function::Absent => Err(Problem::damaged()),
        }
    }

    fn of_text(&mut self, function: Function, args: &[Value]) -> Outcome<Value> {
        match (function, args) {
            (Function::Contains, [a, b]) => {
                Ok(Value::Bool(text(function, a)?.contains(text(function, b)?)))
            }
            (Function::StartsWith, [a, b]) => {
                Ok(Value::Bool(text(function, a)?.starts_with(text(function, b)?)))
            }
            (Function::EndsWith, [a, b]) => {
                Ok(Value::Bool(text(function, a)?.ends_with(text(function, b)?)))
            }
            (Function::Replace, [a, from, to]) => {
                let (a, from, to) =
                    (text(function, a)?, text(function, from)?, text(function, to)?);
                // What an empty `from` would match, between all characters, is counted too.
                let matches = if from.is_empty() { a.len() + 1 } else { a.len() / from.len() };
                self.allocate(a.len().saturating_add(matches.saturating_mul(to.len())))?;
                self.new_text(a.replace(from, to))
            }
            (Function::Split, [a, separator]) => {
                let (a, separator) = (text(function, a)?, text(function, separator)?);
                self.allocate(a.len().saturating_add(1).saturating_mul(size_of::<Value>()))?;
                let parts: Vec<Value> = if separator.is_empty() {
                    a.chars().map(|c| Value::from(c.to_string())).collect()
                } else {
                    a.split(separator).map(Value::from).collect()
                };
                Ok(Value::list(parts))
            }
            (Function::Join, [list, separator]) => self.join(list, text(function, separator)?),
            _ => Err(Problem::damaged()),
        }
    }

    fn join(&mut self, list: &Value, separator: &str) -> Outcome<Value> {
        let items = list.as_list().ok_or_else(|| cannot(Function::Join, list))?;
        let mut joined = String::new();
        for (i, item) in items.iter().enumerate() {
            let item = text(Function::Join, item)?;
            self.allocate(item.len() + separator.len())?;
            if i > 0 {
                joined.push_str(separator);
            }
            joined.push_str(item);
        }
        self.new_text(joined)
    }
}

fn text(function: Function, value: &Value) -> Outcome<&str> {
    value
        .as_str()
        .ok_or_else(|| Problem::met(format!("`{}` needs a string", function.name()), value.clone()))
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

fn to_int(value: &Value) -> Outcome<Value> {
    match value {
        Value::Int(_) => Ok(value.clone()),
        Value::Uint(n) => narrow(i128::from(*n)),
        // Toward zero, as CEL does; the comparison refuses NaN too.
        Value::Double(n) if n.abs() < 9_223_372_036_854_775_808.0 => {
            #[allow(clippy::cast_possible_truncation, reason = "in range, checked above")]
            let n = *n as i64;
            Ok(Value::Int(n))
        }
        Value::String(text) => {
            text.parse().map(Value::Int).map_err(|_| cannot(Function::Int, value))
        }
        Value::Timestamp(ns) => narrow(ns.div_euclid(1_000_000_000)),
        _ => Err(cannot(Function::Int, value)),
    }
}

#[allow(clippy::cast_precision_loss, reason = "that is what the conversion means")]
fn to_double(value: &Value) -> Outcome<Value> {
    match value {
        Value::Double(_) => Ok(value.clone()),
        Value::Int(n) => Ok(Value::Double(*n as f64)),
        Value::Uint(n) => Ok(Value::Double(*n as f64)),
        Value::String(text) => {
            text.parse().map(Value::Double).map_err(|_| cannot(Function::Double, value))
        }
        _ => Err(cannot(Function::Double, value)),
    }
}

/// A random UUID (RFC 9562, version 4) of these bits.
fn uuid_text(bits: u128) -> String {
    let bits = (bits & !(0xf << 76) & !(0x3 << 62)) | (0x4 << 76) | (0x2 << 62);
    let hex = format!("{bits:032x}");
    let part = |range: std::ops::Range<usize>| hex.get(range).unwrap_or_default();
    format!("{}-{}-{}-{}-{}", part(0..8), part(8..12), part(12..16), part(16..20), part(20..32))
}
