//! Values: what expressions compute, steps produce and programs hold as constants.

mod equal;
mod json;
pub mod pattern;
mod plain;
pub mod time;
pub mod zone;

pub(crate) use json::{base64, from_base64};
pub use plain::{NotPlain, PlainLimits};

use indexmap::IndexMap;
use std::sync::Arc;

/// An object's fields, in the order they were written or received.
pub type Map = IndexMap<Arc<str>, Value>;

/// One value. Cloning is cheap: compound values are shared.
///
/// `==` compares representations, as the machine's tests need; [`Value::cel_equal`] compares as the language does.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// JSON `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A 64-bit signed integer; a JSON number without fraction or exponent.
    Int(i64),
    /// A 64-bit unsigned integer (CEL `uint`, and JSON integers above `i64::MAX`).
    Uint(u64),
    /// A double; a JSON number with fraction or exponent. Never NaN or infinite when read from JSON.
    Double(f64),
    /// Unicode text.
    String(Arc<str>),
    /// Raw bytes; base64 text in JSON.
    Bytes(Arc<[u8]>),
    /// A list.
    List(Arc<Vec<Value>>),
    /// An object.
    Map(Arc<Map>),
    /// An instant, in nanoseconds since the Unix epoch; RFC 3339 text in JSON.
    Timestamp(i128),
    /// A span of time in nanoseconds; text such as `1.5s` in JSON.
    Duration(i128),
}

/// Most fields among which a name is found sooner by looking than by hashing it.
const FEW: usize = 8;

/// The field of a record.
#[inline]
pub(crate) fn field_of<'m>(map: &'m Map, name: &str) -> Option<&'m Value> {
    if map.len() > FEW {
        return map.get(name);
    }
    map.iter().find_map(|(key, value)| (**key == *name).then_some(value))
}

impl Value {
    /// Text.
    pub fn string(text: impl Into<Arc<str>>) -> Self {
        Self::String(text.into())
    }

    /// A list of these items.
    #[must_use]
    pub fn list(items: Vec<Self>) -> Self {
        Self::List(Arc::new(items))
    }

    /// An object of these fields.
    #[must_use]
    pub fn map(fields: Map) -> Self {
        Self::Map(Arc::new(fields))
    }

    /// An object of these fields, in this order; a later one of the same name wins.
    pub fn record<K: Into<Arc<str>>>(fields: impl IntoIterator<Item = (K, Self)>) -> Self {
        Self::map(fields.into_iter().map(|(key, value)| (key.into(), value)).collect())
    }

    /// What kind of value it is, in the language's words.
    #[must_use]
    pub fn type_name(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "bool",
            Self::Int(_) | Self::Uint(_) => "int",
            Self::Double(_) => "number",
            Self::String(_) => "string",
            Self::Bytes(_) => "bytes",
            Self::List(_) => "list",
            Self::Map(_) => "record",
            Self::Timestamp(_) => "timestamp",
            Self::Duration(_) => "duration",
        }
    }

    /// The name of its type, as CEL's `type` gives it.
    #[must_use]
    pub fn cel_type(&self) -> &'static str {
        match self {
            Self::Null => "null_type",
            Self::Bool(_) => "bool",
            Self::Int(_) => "int",
            Self::Uint(_) => "uint",
            Self::Double(_) => "double",
            Self::String(_) => "string",
            Self::Bytes(_) => "bytes",
            Self::List(_) => "list",
            Self::Map(_) => "map",
            Self::Timestamp(_) => "google.protobuf.Timestamp",
            Self::Duration(_) => "google.protobuf.Duration",
        }
    }

    /// The field of an object; `None` when there is no such field, or this is no object.
    #[must_use]
    pub fn get(&self, field: &str) -> Option<&Self> {
        match self {
            Self::Map(map) => field_of(map, field),
            _ => None,
        }
    }

    /// The text, when this is text.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    /// The truth value, when this is one.
    #[must_use]
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Bool(b) => Some(*b),
            _ => None,
        }
    }

    /// The integer, when this is one that fits.
    #[must_use]
    pub fn as_i64(&self) -> Option<i64> {
        match self {
            Self::Int(n) => Some(*n),
            Self::Uint(n) => i64::try_from(*n).ok(),
            _ => None,
        }
    }

    /// The items, when this is a list.
    #[must_use]
    pub fn as_list(&self) -> Option<&[Self]> {
        match self {
            Self::List(items) => Some(items),
            _ => None,
        }
    }

    /// The fields, when this is an object.
    #[must_use]
    pub fn as_map(&self) -> Option<&Map> {
        match self {
            Self::Map(map) => Some(map),
            _ => None,
        }
    }

    /// Whether this is `null`.
    #[must_use]
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Self::Int(value)
    }
}

impl From<u64> for Value {
    /// An `Int` when it fits, as when read from JSON.
    fn from(value: u64) -> Self {
        i64::try_from(value).map_or(Self::Uint(value), Self::Int)
    }
}

impl From<f64> for Value {
    fn from(value: f64) -> Self {
        Self::Double(value)
    }
}

impl From<&str> for Value {
    fn from(value: &str) -> Self {
        Self::String(value.into())
    }
}

impl From<String> for Value {
    fn from(value: String) -> Self {
        Self::String(value.into())
    }
}

impl From<Vec<Value>> for Value {
    fn from(value: Vec<Value>) -> Self {
        Self::list(value)
    }
}

impl From<Map> for Value {
    fn from(value: Map) -> Self {
        Self::map(value)
    }
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

#[cfg(test)]
pub(crate) mod tests;
