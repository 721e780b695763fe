//! Built-in functions.

use serde::{Deserialize, Serialize};

/// A function of the language. Methods have their receiver as first argument.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
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
    /// `text.replace(from, to)`
    Replace,
    /// `text.split(separator)`
    Split,
    /// `list.join()`, `list.join(separator)`
    Join,
    /// `optional.value()` of what was absent: always an error.
    Absent,
}

/// Every function with its name and how many arguments it takes, the receiver counted.
const FUNCTIONS: &[(Function, &str, std::ops::RangeInclusive<u8>)] = &[
    (Function::Size, "size", 1..=1),
    (Function::Contains, "contains", 2..=2),
    (Function::StartsWith, "startsWith", 2..=2),
    (Function::EndsWith, "endsWith", 2..=2),
    (Function::String, "string", 1..=1),
    (Function::Int, "int", 1..=1),
    (Function::Uint, "uint", 1..=1),
    (Function::Double, "double", 1..=1),
    (Function::Bool, "bool", 1..=1),
    (Function::Bytes, "bytes", 1..=1),
    (Function::Timestamp, "timestamp", 1..=1),
    (Function::Duration, "duration", 1..=1),
    (Function::Now, "now", 0..=0),
    (Function::Uuid, "uuid", 0..=0),
    (Function::LowerAscii, "lowerAscii", 1..=1),
    (Function::UpperAscii, "upperAscii", 1..=1),
    (Function::Trim, "trim", 1..=1),
    (Function::Replace, "replace", 3..=3),
    (Function::Split, "split", 2..=2),
    (Function::Join, "join", 1..=2),
];

impl Function {
    /// The function of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        FUNCTIONS.iter().find(|(_, n, _)| *n == name).map(|(function, _, _)| *function)
    }

    /// Every function's name.
    pub fn names() -> impl Iterator<Item = &'static str> {
        FUNCTIONS.iter().map(|(_, name, _)| *name)
    }

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        FUNCTIONS.iter().find(|(f, _, _)| *f == self).map_or("value", |(_, name, _)| name)
    }

    /// Whether it takes this many arguments, the receiver counted.
    #[must_use]
    pub fn takes(self, argc: usize) -> bool {
        FUNCTIONS.iter().find(|(f, _, _)| *f == self).map_or(argc == 0, |(_, _, arity)| {
            u8::try_from(argc).is_ok_and(|argc| arity.contains(&argc))
        })
    }
}
