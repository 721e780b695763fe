//! The constant pool. Constants are scalars; lists and records are made by instructions, so decoding never recurses.

use crate::value::Value;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::Arc;

/// A constant.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Constant {
    /// `null`
    Null,
    /// `true`, `false`
    Bool(bool),
    /// `42`
    Int(i64),
    /// `42u`
    Uint(u64),
    /// `1.5`
    Double(f64),
    /// `"text"`
    Text(Arc<str>),
    /// `b"bytes"`
    Bytes(Arc<[u8]>),
}

impl Constant {
    /// The constant as a value; its text and bytes are shared.
    #[must_use]
    pub fn value(&self) -> Value {
        match self {
            Self::Null => Value::Null,
            Self::Bool(value) => Value::Bool(*value),
            Self::Int(value) => Value::Int(*value),
            Self::Uint(value) => Value::Uint(*value),
            Self::Double(value) => Value::Double(*value),
            Self::Text(value) => Value::String(Arc::clone(value)),
            Self::Bytes(value) => Value::Bytes(Arc::clone(value)),
        }
    }

    /// Whether two constants are the very same; unlike `==`, tells `0.0` from `-0.0`.
    pub(crate) fn same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Double(a), Self::Double(b)) => a.to_bits() == b.to_bits(),
            _ => self == other,
        }
    }
}

impl fmt::Display for Constant {
    /// As JSON would write it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.value())
    }
}
