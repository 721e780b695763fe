//! Built-in functions on values: which family computes which, and what arguments they share.

use super::{Evaluator, Outcome, Problem, Scope};
use crate::bytecode::op::Function;
use crate::value::Value;

impl<S: Scope> Evaluator<'_, S> {
    pub(super) fn function(&mut self, function: Function, argc: u8) -> Outcome<()> {
        let args = self.pop_many(usize::from(argc))?;
        for arg in &args {
            if !(is_shallow(function) && matches!(arg, Value::List(_) | Value::Map(_))) {
                self.look_at(arg)?;
            }
        }
        let value = match function {
            Function::Now => Value::Timestamp(self.scope.now()),
            Function::Uuid => {
                let bits = self.scope.uuid_bits(self.uuids);
                self.uuids = self.uuids.saturating_add(1);
                Value::from(uuid_text(bits))
            }
            Function::Absent => return Err(Problem::new("the optional value is absent")),
            Function::Size
            | Function::Type
            | Function::String
            | Function::Int
            | Function::Uint
            | Function::Double
            | Function::Bool
            | Function::Bytes
            | Function::Timestamp
            | Function::Duration
            | Function::Base64Encode
            | Function::Base64Decode
            | Function::JsonEncode
            | Function::JsonDecode => self.convert(function, &args)?,
            Function::Contains
            | Function::StartsWith
            | Function::EndsWith
            | Function::LowerAscii
            | Function::UpperAscii
            | Function::Trim
            | Function::Replace
            | Function::Split
            | Function::Join
            | Function::Matches
            | Function::CharAt
            | Function::IndexOf
            | Function::LastIndexOf
            | Function::Substring
            | Function::Format
            | Function::Quote => self.text_function(function, &args)?,
            Function::GetFullYear
            | Function::GetMonth
            | Function::GetDate
            | Function::GetDayOfMonth
            | Function::GetDayOfWeek
            | Function::GetDayOfYear
            | Function::GetHours
            | Function::GetMinutes
            | Function::GetSeconds
            | Function::GetMilliseconds => self.part_of_moment(function, &args)?,
            Function::Greatest
            | Function::Least
            | Function::Abs
            | Function::Ceil
            | Function::Floor
            | Function::Round
            | Function::Trunc
            | Function::Sign
            | Function::Sqrt
            | Function::IsNan
            | Function::IsInf
            | Function::IsFinite
            | Function::BitAnd
            | Function::BitOr
            | Function::BitXor
            | Function::BitNot
            | Function::BitShiftLeft
            | Function::BitShiftRight => super::math::apply(function, &args)?,
            Function::Reverse
            | Function::Slice
            | Function::Flatten
            | Function::Distinct
            | Function::Sort
            | Function::SortBy
            | Function::Range => self.list_function(function, &args)?,
        };
        self.stack.push(value);
        Ok(())
    }
}

/// Whether a function does not look into the items of lists and the fields of records, or counts them itself.
fn is_shallow(function: Function) -> bool {
    matches!(
        function,
        Function::Size
            | Function::Type
            | Function::Slice
            | Function::Reverse
            | Function::Flatten
            | Function::Distinct
    )
}

/// The text that a function needs.
pub(super) fn text(function: Function, value: &Value) -> Outcome<&str> {
    value.as_str().ok_or_else(|| needs(function, "a string", value))
}

/// The integer that a function needs.
pub(super) fn int(function: Function, value: &Value) -> Outcome<i64> {
    value.as_i64().ok_or_else(|| needs(function, "an int", value))
}

/// The items that a function needs.
pub(super) fn items(function: Function, value: &Value) -> Outcome<&[Value]> {
    value.as_list().ok_or_else(|| needs(function, "a list", value))
}

pub(super) fn needs(function: Function, what: &str, met: &Value) -> Problem {
    Problem::met(format!("`{}` needs {what}", function.name()), met.clone())
}

/// A random UUID (RFC 9562, version 4) of these bits.
fn uuid_text(bits: u128) -> String {
    let bits = (bits & !(0xf << 76) & !(0x3 << 62)) | (0x4 << 76) | (0x2 << 62);
    let hex = format!("{bits:032x}");
    let part = |range: std::ops::Range<usize>| hex.get(range).unwrap_or_default();
    format!("{}-{}-{}-{}-{}", part(0..8), part(8..12), part(12..16), part(16..20), part(20..32))
}
