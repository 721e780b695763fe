//! Values: what expressions compute, steps produce and programs hold as constants.

use indexmap::IndexMap;
use std::sync::Arc;

/// An object's fields, in the order they were written or received.
pub type Map = IndexMap<Arc<str>, Value>;

/// One value. Cloning is cheap: compound values are shared.
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
