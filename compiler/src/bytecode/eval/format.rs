//! `text.format(values)`: the clauses `%s`, `%d`, `%f`, `%e`, `%b`, `%o`, `%x` and `%X`.

use super::text::text_of;
use super::{Evaluator, Outcome, Problem, Scope};
use crate::limits::TEXT_BYTES_MAX;
use crate::value::Value;
use std::fmt::Write as _;
use std::sync::Arc;

/// Digits behind the point when a clause does not say how many.
const PRECISION: usize = 6;
/// Most digits behind the point: more than any double has.
const PRECISION_MAX: usize = 1_000;

impl<S: Scope> Evaluator<'_, S> {
    pub(super) fn format(&mut self, template: &str, values: &[Value]) -> Outcome<Value> {
        let mut out = String::new();
        let mut values = values.iter();
        let mut rest = template;
        while let Some(at) = rest.find('%') {
            out.push_str(rest.get(..at).unwrap_or_default());
            let clause = rest.get(at + 1..).unwrap_or_default();
            if let Some(behind) = clause.strip_prefix('%') {
                out.push('%');
                rest = behind;
                continue;
            }
            let (precision, behind) = precision(clause)?;
            let Some(letter) = behind.chars().next() else {
                return Err(Problem::new("the format ends within a clause"));
            };
            let Some(value) = values.next() else {
                return Err(Problem::new("the format has more clauses than there are values"));
            };
            clause_text(letter, precision, value, &mut out)?;
            if out.len() > TEXT_BYTES_MAX {
                break;
            }
            rest = behind.get(letter.len_utf8()..).unwrap_or_default();
        }
        out.push_str(rest);
        self.new_text(out)
    }
}

/// The digits behind the point that a clause asks for, and what follows.
fn precision(clause: &str) -> Outcome<(Option<usize>, &str)> {
    let Some(digits) = clause.strip_prefix('.') else { return Ok((None, clause)) };
    let len = digits.bytes().take_while(u8::is_ascii_digit).count();
    let (number, behind) = digits.split_at_checked(len).unwrap_or((digits, ""));
    match number.parse() {
        Ok(precision) if precision <= PRECISION_MAX => Ok((Some(precision), behind)),
        _ => Err(Problem::new(format!("a precision is a number from 0 to {PRECISION_MAX}"))),
    }
}

fn clause_text(
    letter: char,
    precision: Option<usize>,
    value: &Value,
    out: &mut String,
) -> Outcome<()> {
    let digits = precision.unwrap_or(PRECISION);
    let misfit =
        |takes: &str| Err(Problem::met(format!("`%{letter}` takes {takes}"), value.clone()));
    match (letter, value) {
        ('s', value) => write_plain(value, out),
        ('d' | 'e' | 'f', Value::Double(n)) if !n.is_finite() => write_plain(value, out),
        ('d', Value::Int(_) | Value::Uint(_)) => write_plain(value, out),
        ('d', _) => return misfit("an int"),
        ('f' | 'e', _) => match super::arithmetic::double(value) {
            Some(n) if letter == 'f' => write_to(out, format_args!("{n:.digits$}")),
            Some(n) => out.push_str(&scientific(n, digits)),
            None => return misfit("a number"),
        },
        ('b', Value::Bool(value)) => out.push(if *value { '1' } else { '0' }),
        ('b' | 'o' | 'x' | 'X', Value::Int(n)) => {
            out.push_str(if *n < 0 { "-" } else { "" });
            in_base(letter, n.unsigned_abs(), out);
        }
        ('b' | 'o' | 'x' | 'X', Value::Uint(n)) => in_base(letter, *n, out),
        ('x' | 'X', Value::String(text)) => hex(letter, text.as_bytes(), out),
        ('x' | 'X', Value::Bytes(bytes)) => hex(letter, bytes, out),
        ('b', _) => return misfit("an int or a bool"),
        ('o', _) => return misfit("an int"),
        ('x' | 'X', _) => return misfit("an int, text or bytes"),
        (other, _) => {
            return Err(Problem::new(format!("`%{other}` is no clause of a format")));
        }
    }
    Ok(())
}

/// Writing to a string cannot fail.
fn write_to(out: &mut String, text: std::fmt::Arguments<'_>) {
    let _ = out.write_fmt(text);
}

/// A value as `%s` has it, lists and records too; a record's fields in the order of their names. Text that is too long
/// already gets no longer.
fn write_plain(value: &Value, out: &mut String) {
    if out.len() > TEXT_BYTES_MAX {
        return;
    }
    match value {
        Value::Null => out.push_str("null"),
        Value::Bytes(bytes) => out.push_str(&String::from_utf8_lossy(bytes)),
        Value::Double(n) if n.is_infinite() => {
            out.push_str(if *n > 0.0 { "Infinity" } else { "-Infinity" });
        }
        Value::List(items) => {
            out.push('[');
            for (i, item) in items.iter().enumerate() {
                out.push_str(if i > 0 { ", " } else { "" });
                write_plain(item, out);
            }
            out.push(']');
        }
        Value::Map(map) => {
            let mut fields: Vec<_> = map.iter().collect();
            fields.sort_by_key(|(name, _)| Arc::clone(name));
            out.push('{');
            for (i, (name, value)) in fields.into_iter().enumerate() {
                out.push_str(if i > 0 { ", " } else { "" });
                write_to(out, format_args!("{name}: "));
                write_plain(value, out);
            }
            out.push('}');
        }
        Value::Bool(_)
        | Value::Int(_)
        | Value::Uint(_)
        | Value::Double(_)
        | Value::String(_)
        | Value::Timestamp(_)
        | Value::Duration(_) => out.push_str(&text_of(value).unwrap_or_default()),
    }
}

/// `1.052033e+03`: the exponent has a sign and two digits at least.
fn scientific(n: f64, digits: usize) -> String {
    let text = format!("{n:.digits$e}");
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let (sign, exponent) = match exponent.strip_prefix('-') {
        Some(exponent) => ('-', exponent),
        None => ('+', exponent),
    };
    format!("{mantissa}e{sign}{exponent:0>2}")
}

fn in_base(letter: char, n: u64, out: &mut String) {
    match letter {
        'b' => write_to(out, format_args!("{n:b}")),
        'o' => write_to(out, format_args!("{n:o}")),
        'X' => write_to(out, format_args!("{n:X}")),
        _ => write_to(out, format_args!("{n:x}")),
    }
}

fn hex(letter: char, bytes: &[u8], out: &mut String) {
    for byte in bytes {
        match letter {
            'X' => write_to(out, format_args!("{byte:02X}")),
            _ => write_to(out, format_args!("{byte:02x}")),
        }
    }
}
