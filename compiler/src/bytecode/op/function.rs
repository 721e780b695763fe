//! Built-in functions.

use super::signature::{self, Signature};
use serde::{Deserialize, Serialize};

/// A function of the language. Methods have their receiver as first argument.
///
/// What each takes and gives is in the table of signatures. New ones are added at the end, as [`super::Op::since`] expects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Function {
    /// `size(x)`: characters of text, bytes, items of a list, fields of a record.
    Size,
    /// `text.contains(part)`
    Contains,
    /// `text.startsWith(part)`
    StartsWith,
    /// `text.endsWith(part)`
    EndsWith,
    /// `string(x)`
    String,
    /// `int(x)`
    Int,
    /// `uint(x)`
    Uint,
    /// `double(x)`
    Double,
    /// `bool(x)`
    Bool,
    /// `bytes(x)`
    Bytes,
    /// `timestamp(x)`
    Timestamp,
    /// `duration(x)`
    Duration,
    /// `now()`: the step's recorded time.
    Now,
    /// `uuid()`: derived from the run's seed, the same in a replay.
    Uuid,
    /// `text.lowerAscii()`
    LowerAscii,
    /// `text.upperAscii()`
    UpperAscii,
    /// `text.trim()`
    Trim,
    /// `text.replace(from, to)`, `text.replace(from, to, limit)`
    Replace,
    /// `text.split(separator)`, `text.split(separator, limit)`
    Split,
    /// `list.join()`, `list.join(separator)`
    Join,
    /// `optional.value()` of what was absent: always an error.
    Absent,
    /// `text.matches(pattern)`
    Matches,
    /// `text.charAt(index)`
    CharAt,
    /// `text.indexOf(part)`, `text.indexOf(part, from)`
    IndexOf,
    /// `text.lastIndexOf(part)`, `text.lastIndexOf(part, upTo)`
    LastIndexOf,
    /// `text.substring(start)`, `text.substring(start, end)`
    Substring,
    /// `text.reverse()`, `list.reverse()`
    Reverse,
    /// `text.format(values)`
    Format,
    /// `strings.quote(text)`
    Quote,
    /// `type(x)`: the name of its type.
    Type,
    /// `instant.getFullYear()`, in UTC or in a zone; so do the following.
    GetFullYear,
    /// `instant.getMonth()`, from 0.
    GetMonth,
    /// `instant.getDate()`: the day of the month, from 1.
    GetDate,
    /// `instant.getDayOfMonth()`, from 0.
    GetDayOfMonth,
    /// `instant.getDayOfWeek()`, from 0 for Sunday.
    GetDayOfWeek,
    /// `instant.getDayOfYear()`, from 0.
    GetDayOfYear,
    /// `instant.getHours()`; of a duration, all of them.
    GetHours,
    /// `instant.getMinutes()`; of a duration, all of them.
    GetMinutes,
    /// `instant.getSeconds()`; of a duration, all of them.
    GetSeconds,
    /// `instant.getMilliseconds()`: those of the second, of a duration too.
    GetMilliseconds,
    /// `math.greatest(a, ...)`, `math.greatest(numbers)`
    Greatest,
    /// `math.least(a, ...)`, `math.least(numbers)`
    Least,
    /// `math.abs(number)`
    Abs,
    /// `math.ceil(number)`
    Ceil,
    /// `math.floor(number)`
    Floor,
    /// `math.round(number)`: halves go away from zero.
    Round,
    /// `math.trunc(number)`
    Trunc,
    /// `math.sign(number)`
    Sign,
    /// `math.sqrt(number)`
    Sqrt,
    /// `math.isNaN(number)`
    IsNan,
    /// `math.isInf(number)`
    IsInf,
    /// `math.isFinite(number)`
    IsFinite,
    /// `math.bitAnd(a, b)`
    BitAnd,
    /// `math.bitOr(a, b)`
    BitOr,
    /// `math.bitXor(a, b)`
    BitXor,
    /// `math.bitNot(a)`
    BitNot,
    /// `math.bitShiftLeft(a, by)`
    BitShiftLeft,
    /// `math.bitShiftRight(a, by)`
    BitShiftRight,
    /// `base64.encode(bytes)`
    Base64Encode,
    /// `base64.decode(text)`
    Base64Decode,
    /// `json.encode(value)`
    JsonEncode,
    /// `json.decode(text)`
    JsonDecode,
    /// `list.slice(start, end)`
    Slice,
    /// `list.flatten()`, `list.flatten(depth)`
    Flatten,
    /// `list.distinct()`
    Distinct,
    /// `list.sort()`
    Sort,
    /// `list.sortBy(item, key)`, of the list and the keys of its items.
    SortBy,
    /// `lists.range(n)`
    Range,
}

/// What stands before the dot of functions that belong together and have no receiver.
pub const NAMESPACES: [&str; 5] = ["math", "strings", "base64", "json", "lists"];

impl Function {
    /// The function of this name, with its namespace: `math.abs`.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        signature::ALL.iter().find(|row| row.name == name).map(|row| row.function)
    }

    /// Every function's name.
    pub fn names() -> impl Iterator<Item = &'static str> {
        signature::ALL.iter().map(|row| row.name)
    }

    /// What it takes and gives; `None` for those that no author calls.
    #[must_use]
    pub fn signature(self) -> Option<&'static Signature> {
        signature::ALL.iter().find(|row| row.function == self)
    }

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Absent => "value",
            Self::SortBy => "sortBy",
            known => known.signature().map_or("value", |row| row.name),
        }
    }

    /// Whether it takes this many arguments, the receiver counted.
    #[must_use]
    pub fn takes(self, argc: usize) -> bool {
        match (self, self.signature()) {
            (Self::SortBy, _) => argc == 2,
            (_, None) => argc == 0,
            (_, Some(row)) => {
                u8::try_from(argc).is_ok() && row.overloads.iter().any(|o| o.takes_count(argc))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_function_has_one_row() {
        for (at, row) in signature::ALL.iter().enumerate() {
            assert_eq!(signature::ALL.iter().position(|r| r.name == row.name), Some(at));
            assert_eq!(signature::ALL.iter().position(|r| r.function == row.function), Some(at));
            let namespace = row.name.split_once('.').map(|(namespace, _)| namespace);
            assert!(namespace.is_none_or(|name| NAMESPACES.contains(&name)), "{}", row.name);
        }
        for number in 0..128_u8 {
            if let Ok(function) = postcard::from_bytes::<Function>(&[number]) {
                let named = function.signature().is_some();
                assert!(named || matches!(function, Function::Absent | Function::SortBy));
            }
        }
    }
}
