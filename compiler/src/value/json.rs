//! Values from and to JSON, directly: no tree of another kind in between.

use super::{Map, Value, time};
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};
use std::fmt::{self, Write as _};
use std::io;
use std::sync::Arc;

impl Value {
    /// Reads JSON text. Nesting deeper than 128 is an error, as is anything after the value.
    ///
    /// # Errors
    ///
    /// Says what is wrong and where in the text.
    pub fn from_json(text: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(text)
    }

    /// Reads JSON text from bytes.
    ///
    /// # Errors
    ///
    /// Says what is wrong and where in the text.
    pub fn from_json_slice(bytes: &[u8]) -> Result<Self, serde_json::Error> {
        serde_json::from_slice(bytes)
    }

    /// The beginning of its compact JSON text, of so many bytes at most, and whether that is all of it. What is beyond is
    /// not made.
    #[must_use]
    pub fn to_json_within(&self, bytes_max: usize) -> (String, bool) {
        let mut start = Start { bytes: Vec::new(), left: bytes_max };
        let is_all = serde_json::to_writer(&mut start, self).is_ok();
        let text = match String::from_utf8(start.bytes) {
            Ok(text) => text,
            // The end may lie within a character.
            Err(cut) => {
                String::from_utf8_lossy(cut.as_bytes()).trim_end_matches('\u{fffd}').to_owned()
            }
        };
        (text, is_all)
    }

    /// Compact JSON text. A double that JSON cannot write (NaN, infinite) becomes `null`; values that were made
    /// plain ([`Value::to_plain`]) hold none.
    #[must_use]
    pub fn to_json(&self) -> String {
        // A value's own Serialize never fails, and its keys are always text.
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// A place for the beginning of what is written.
struct Start {
    bytes: Vec<u8>,
    left: usize,
}

impl io::Write for Start {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let taken = bytes.get(..self.left).unwrap_or(bytes);
        self.bytes.extend_from_slice(taken);
        self.left -= taken.len();
        // Nothing written is an error to whoever writes all of something.
        Ok(taken.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl fmt::Display for Value {
    /// Compact JSON text.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_json())
    }
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Bool(value) => serializer.serialize_bool(*value),
            Self::Int(value) => serializer.serialize_i64(*value),
            Self::Uint(value) => serializer.serialize_u64(*value),
            Self::Double(value) => serializer.serialize_f64(*value),
            Self::String(value) => serializer.serialize_str(value),
            Self::Bytes(value) => serializer.serialize_str(&base64(value)),
            Self::Timestamp(value) => serializer.serialize_str(&time::timestamp_text(*value)),
            Self::Duration(value) => serializer.serialize_str(&time::duration_text(*value)),
            Self::List(items) => {
                let mut seq = serializer.serialize_seq(Some(items.len()))?;
                for item in items.iter() {
                    seq.serialize_element(item)?;
                }
                seq.end()
            }
            Self::Map(fields) => {
                let mut map = serializer.serialize_map(Some(fields.len()))?;
                for (key, value) in fields.iter() {
                    map.serialize_entry(&**key, value)?;
                }
                map.end()
            }
        }
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ValueVisitor)
    }
}

struct ValueVisitor;

/// Most items reserved on the word of a length hint; a hint is not to be trusted with memory.
const RESERVE_MAX: usize = 1_024;

impl<'de> Visitor<'de> for ValueVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_none<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        Value::deserialize(deserializer)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Int(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Value::Double(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let mut items = Vec::with_capacity(seq.size_hint().unwrap_or(0).min(RESERVE_MAX));
        while let Some(item) = seq.next_element()? {
            items.push(item);
        }
        Ok(Value::list(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let mut map = Map::with_capacity(access.size_hint().unwrap_or(0).min(RESERVE_MAX));
        while let Some((key, value)) = access.next_entry::<Arc<str>, Value>()? {
            map.insert(key, value);
        }
        Ok(Value::map(map))
    }
}

impl From<&serde_json::Value> for Value {
    fn from(json: &serde_json::Value) -> Self {
        match json {
            serde_json::Value::Null => Self::Null,
            serde_json::Value::Bool(value) => Self::Bool(*value),
            serde_json::Value::Number(number) => number
                .as_i64()
                .map(Self::Int)
                .or_else(|| number.as_u64().map(Self::Uint))
                .unwrap_or_else(|| Self::Double(number.as_f64().unwrap_or(0.0))),
            serde_json::Value::String(text) => Self::from(text.as_str()),
            serde_json::Value::Array(items) => Self::list(items.iter().map(Self::from).collect()),
            serde_json::Value::Object(fields) => Self::map(
                fields.iter().map(|(key, value)| (Arc::from(key.as_str()), value.into())).collect(),
            ),
        }
    }
}

impl From<serde_json::Value> for Value {
    fn from(json: serde_json::Value) -> Self {
        Self::from(&json)
    }
}

impl From<&Value> for serde_json::Value {
    fn from(value: &Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(value) => Self::Bool(*value),
            Value::Int(value) => Self::from(*value),
            Value::Uint(value) => Self::from(*value),
            Value::Double(value) => Self::from(*value),
            Value::String(value) => Self::String(value.to_string()),
            Value::Bytes(value) => Self::String(base64(value)),
            Value::Timestamp(value) => Self::String(time::timestamp_text(*value)),
            Value::Duration(value) => Self::String(time::duration_text(*value)),
            Value::List(items) => Self::Array(items.iter().map(Self::from).collect()),
            Value::Map(fields) => Self::Object(
                fields.iter().map(|(key, value)| (key.to_string(), value.into())).collect(),
            ),
        }
    }
}

impl From<Value> for serde_json::Value {
    fn from(value: Value) -> Self {
        Self::from(&value)
    }
}

/// Standard base64 with padding (RFC 4648, section 4).
pub(crate) fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let byte = |i: usize| chunk.get(i).map_or(0, |b| u32::from(*b));
        let group = byte(0) << 16 | byte(1) << 8 | byte(2);
        for i in 0..4 {
            let sextet = (group >> (18 - 6 * i)) & 63;
            let digit = ALPHABET.get(sextet as usize).map_or('=', |b| char::from(*b));
            // n input bytes fill n + 1 digits; the rest is padding.
            let _ = text.write_char(if i <= chunk.len() { digit } else { '=' });
        }
    }
    text
}

/// Reads standard base64 with padding; `None` when it is not that.
pub(crate) fn from_base64(text: &str) -> Option<Vec<u8>> {
    let digits = text.trim_end_matches('=');
    let padding = text.len() - digits.len();
    if !text.len().is_multiple_of(4) || padding > 2 {
        return None;
    }
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    let (mut group, mut bits) = (0u32, 0u32);
    for digit in digits.bytes() {
        let sextet = match digit {
            b'A'..=b'Z' => digit - b'A',
            b'a'..=b'z' => digit - b'a' + 26,
            b'0'..=b'9' => digit - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        group = (group << 6 | u32::from(sextet)) & 0xff_ffff;
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push(((group >> bits) & 0xff) as u8);
        }
    }
    // Left-over bits must be zero, or two texts would stand for the same bytes.
    (group & ((1 << bits) - 1) == 0).then_some(bytes)
}
