//! Plain values: those that JSON can hold, exactly as it will give them back.
//!
//! Everything a run keeps (inputs, outputs, requests) is plain, so that a run continued after a restart sees the
//! very values that it would have seen without one.

use super::{Value, json::base64, time};
use std::sync::Arc;

/// Limits on a value that is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PlainLimits {
    /// Deepest nesting; below the 128 at which JSON readers commonly give up.
    pub depth_max: usize,
    /// Most bytes, as compact JSON (approximately: escapes are not counted).
    pub bytes_max: usize,
}

/// Why a value cannot be kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotPlain {
    /// Not a number, or infinite.
    #[error("a number is not finite")]
    NotFinite,
    /// Nested too deeply.
    #[error("the value is nested more than {0} deep")]
    TooDeep(usize),
    /// Too large.
    #[error("the value is larger than {0} bytes")]
    TooLarge(usize),
}

impl Value {
    /// The value as JSON will give it back: times and bytes as text, small unsigned integers as integers.
    /// Parts that are plain already are shared, not copied.
    ///
    /// # Errors
    ///
    /// When JSON cannot hold the value, or a limit is exceeded.
    pub fn to_plain(&self, limits: PlainLimits) -> Result<Self, NotPlain> {
        self.to_plain_counted(limits).map(|(value, _)| value)
    }

    /// The same, and how many bytes of the limit the value takes.
    ///
    /// # Errors
    ///
    /// When JSON cannot hold the value, or a limit is exceeded.
    pub fn to_plain_counted(&self, limits: PlainLimits) -> Result<(Self, usize), NotPlain> {
        let mut budget = limits.bytes_max;
        let changed = plain(self, limits, limits.depth_max, &mut budget)?;
        Ok((changed.unwrap_or_else(|| self.clone()), limits.bytes_max.saturating_sub(budget)))
    }
}

/// The plain form when it differs from the value itself.
fn plain(
    value: &Value,
    limits: PlainLimits,
    depth_left: usize,
    budget: &mut usize,
) -> Result<Option<Value>, NotPlain> {
    let mut spend = |bytes: usize| {
        *budget = budget.checked_sub(bytes).ok_or(NotPlain::TooLarge(limits.bytes_max))?;
        Ok(())
    };
    match value {
        Value::Null | Value::Bool(_) => spend(4).map(|()| None),
        Value::Int(_) => spend(8).map(|()| None),
        Value::Uint(n) => spend(8).map(|()| i64::try_from(*n).ok().map(Value::Int)),
        Value::Double(n) if n.is_finite() => spend(8).map(|()| None),
        Value::Double(_) => Err(NotPlain::NotFinite),
        Value::String(text) => spend(text.len() + 2).map(|()| None),
        Value::Bytes(bytes) => {
            spend(bytes.len() / 3 * 4 + 6).map(|()| Some(Value::string(base64(bytes))))
        }
        Value::Timestamp(ns) => spend(32).map(|()| Some(Value::string(time::timestamp_text(*ns)))),
        Value::Duration(ns) => spend(32).map(|()| Some(Value::string(time::duration_text(*ns)))),
        Value::List(items) => {
            spend(2 + items.len())?;
            let depth_left =
                depth_left.checked_sub(1).ok_or(NotPlain::TooDeep(limits.depth_max))?;
            let mut changed: Option<Vec<Value>> = None;
            for (i, item) in items.iter().enumerate() {
                if let Some(item) = plain(item, limits, depth_left, budget)?
                    && let Some(slot) = changed.get_or_insert_with(|| items.to_vec()).get_mut(i)
                {
                    *slot = item;
                }
            }
            Ok(changed.map(Value::list))
        }
        Value::Map(fields) => {
            spend(2 + fields.keys().map(|key| key.len() + 4).sum::<usize>())?;
            let depth_left =
                depth_left.checked_sub(1).ok_or(NotPlain::TooDeep(limits.depth_max))?;
            let mut changed = None;
            for (key, field) in fields.iter() {
                if let Some(field) = plain(field, limits, depth_left, budget)? {
                    changed
                        .get_or_insert_with(|| fields.as_ref().clone())
                        .insert(Arc::clone(key), field);
                }
            }
            Ok(changed.map(Value::map))
        }
    }
}
