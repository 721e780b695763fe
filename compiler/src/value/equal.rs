//! CEL's equality and order: numbers compare by what they stand for, whatever their representation.

use super::Value;
use std::cmp::Ordering;

impl Value {
    /// CEL's `==`: never an error; values of different kinds are unequal, `1 == 1.0` holds, NaN equals nothing.
    #[must_use]
    pub fn cel_equal(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Null, Self::Null) => true,
            (Self::Bool(a), Self::Bool(b)) => a == b,
            (Self::String(a), Self::String(b)) => a == b,
            (Self::Bytes(a), Self::Bytes(b)) => a == b,
            (Self::Timestamp(a), Self::Timestamp(b)) | (Self::Duration(a), Self::Duration(b)) => {
                a == b
            }
            (Self::List(a), Self::List(b)) => {
                a.len() == b.len() && a.iter().zip(b.iter()).all(|(a, b)| a.cel_equal(b))
            }
            (Self::Map(a), Self::Map(b)) => {
                a.len() == b.len()
                    && a.iter().all(|(key, a)| b.get(key).is_some_and(|b| a.cel_equal(b)))
            }
            _ => self.cmp_number(other) == Some(Ordering::Equal),
        }
    }

    /// CEL's order; `None` for values that have none between them (and for NaN).
    #[must_use]
    pub fn cel_compare(&self, other: &Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Bool(a), Self::Bool(b)) => Some(a.cmp(b)),
            (Self::String(a), Self::String(b)) => Some(a.cmp(b)),
            (Self::Bytes(a), Self::Bytes(b)) => Some(a.cmp(b)),
            (Self::Timestamp(a), Self::Timestamp(b)) | (Self::Duration(a), Self::Duration(b)) => {
                Some(a.cmp(b))
            }
            _ => self.cmp_number(other),
        }
    }

    /// Whether this is an integer or a double.
    #[must_use]
    pub fn is_number(&self) -> bool {
        matches!(self, Self::Int(_) | Self::Uint(_) | Self::Double(_))
    }

    fn cmp_number(&self, other: &Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Double(a), Self::Double(b)) => a.partial_cmp(b),
            (Self::Double(a), b) => Some(cmp_integer(b.as_integer()?, *a)?.reverse()),
            (a, Self::Double(b)) => cmp_integer(a.as_integer()?, *b),
            (a, b) => Some(a.as_integer()?.cmp(&b.as_integer()?)),
        }
    }

    fn as_integer(&self) -> Option<i128> {
        match self {
            Self::Int(n) => Some(i128::from(*n)),
            Self::Uint(n) => Some(i128::from(*n)),
            _ => None,
        }
    }
}

/// Compares exactly: an `i64` above 2^53 must not be rounded to its neighbour first.
fn cmp_integer(a: i128, b: f64) -> Option<Ordering> {
    if b.is_nan() {
        return None;
    }
    // Beyond these, every 64-bit integer is on one side; within, the floor of `b` is exact in i128.
    if b >= 1e20 {
        return Some(Ordering::Less);
    }
    if b <= -1e20 {
        return Some(Ordering::Greater);
    }
    #[allow(clippy::cast_possible_truncation, reason = "the floor is within +-1e20")]
    let floor = b.floor() as i128;
    Some(a.cmp(&floor).then(if b > b.floor() { Ordering::Less } else { Ordering::Equal }))
}
