//! Taking the secret leaves out of a value, and putting them back.
//!
//! Where a value does not look as its schema says (a service answered something else), whatever might be the
//! secret is treated as one.

use super::{Schema, SchemaShape};
use crate::value::Value;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// What stands in the place of a secret.
pub const REDACTED: &str = "[redacted]";

/// One step of the way to a part of a value.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(untagged)]
pub enum PathSegment {
    /// An item of a list.
    Index(u32),
    /// A field of an object.
    Field(String),
}

/// Where a secret stood, and the secret.
pub type SecretLeaf = (Vec<PathSegment>, Value);

impl Schema {
    /// Whether any part of a value of this schema is secret.
    #[must_use]
    pub fn has_secrets(&self) -> bool {
        self.secret || self.children().into_iter().any(Self::has_secrets)
    }

    /// The value with [`REDACTED`] in the place of every secret.
    #[must_use]
    pub fn redact(&self, value: &Value) -> Value {
        self.split_secrets(value).0
    }

    /// The redacted value, and what was taken out of it, by path; [`Schema::restore`] is the inverse.
    #[must_use]
    pub fn split_secrets(&self, value: &Value) -> (Value, Vec<SecretLeaf>) {
        if !self.has_secrets() {
            return (value.clone(), Vec::new());
        }
        let mut secrets = Vec::new();
        let redacted = split(self, value, &mut Vec::new(), &mut secrets);
        (redacted, secrets)
    }

    /// Puts what [`Schema::split_secrets`] took out back in. A path that leads nowhere is left out: it cannot come from
    /// the same value.
    #[must_use]
    pub fn restore(mut redacted: Value, secrets: Vec<SecretLeaf>) -> Value {
        // Last first: of a union, a later member may have taken out what is around an earlier one's secret.
        for (path, secret) in secrets.into_iter().rev() {
            if let Some(place) = part_mut(&mut redacted, &path) {
                *place = secret;
            }
        }
        redacted
    }
}

fn split(
    schema: &Schema,
    value: &Value,
    path: &mut Vec<PathSegment>,
    secrets: &mut Vec<SecretLeaf>,
) -> Value {
    // Nothing is hidden by hiding an absence, or what another member of a union hid already.
    if !schema.has_secrets() || value.is_null() || value.as_str() == Some(REDACTED) {
        return value.clone();
    }
    if schema.secret || !schema.fits_kind(value) {
        secrets.push((path.clone(), value.clone()));
        return Value::from(REDACTED);
    }
    match (&schema.shape, value) {
        (SchemaShape::List(item), Value::List(items)) if item.has_secrets() => {
            let mut redacted = items.as_ref().clone();
            for (i, slot) in redacted.iter_mut().enumerate() {
                let segment = PathSegment::Index(u32::try_from(i).unwrap_or(u32::MAX));
                *slot = split_at(item, slot, segment, path, secrets);
            }
            Value::list(redacted)
        }
        (SchemaShape::Map(item), Value::Map(map)) if item.has_secrets() => {
            let mut redacted = map.as_ref().clone();
            for (key, slot) in &mut redacted {
                let segment = PathSegment::Field(key.to_string());
                *slot = split_at(item, slot, segment, path, secrets);
            }
            Value::map(redacted)
        }
        (SchemaShape::Record { fields, .. }, Value::Map(map)) => {
            let mut redacted = map.as_ref().clone();
            for field in fields {
                if let Some(slot) = redacted.get_mut(field.name.as_str()) {
                    let segment = PathSegment::Field(field.name.clone());
                    *slot = split_at(&field.schema, slot, segment, path, secrets);
                }
            }
            Value::map(redacted)
        }
        // Which member is meant may be open: what is secret in any that could be is secret.
        (SchemaShape::Union(members), value) => members
            .iter()
            .filter(|member| member.fits_kind(value))
            .fold(value.clone(), |value, member| split(member, &value, path, secrets)),
        _ => value.clone(),
    }
}

fn split_at(
    schema: &Schema,
    value: &Value,
    segment: PathSegment,
    path: &mut Vec<PathSegment>,
    secrets: &mut Vec<SecretLeaf>,
) -> Value {
    path.push(segment);
    let redacted = split(schema, value, path, secrets);
    path.pop();
    redacted
}

fn part_mut<'a>(value: &'a mut Value, path: &[PathSegment]) -> Option<&'a mut Value> {
    path.iter().try_fold(value, |value, segment| match (segment, value) {
        (PathSegment::Index(i), Value::List(items)) => Arc::make_mut(items).get_mut(*i as usize),
        (PathSegment::Field(name), Value::Map(map)) => Arc::make_mut(map).get_mut(name.as_str()),
        _ => None,
    })
}
