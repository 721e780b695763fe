//! Making lists, records and text.

use super::text::{percent_encoded, text_of};
use super::{Evaluator, Outcome, Problem, Scope};
use crate::bytecode::op::MakeOp;
use crate::limits::TEXT_BYTES_MAX;
use crate::value::{Map, Value};
use std::sync::Arc;

/// What an item of a list costs to make.
const ITEM_BYTES: usize = size_of::<Value>();
/// What a field of a record costs to make, besides its name.
const FIELD_BYTES: usize = 2 * size_of::<Value>() + size_of::<Arc<str>>();

impl<S: Scope> Evaluator<'_, S> {
    pub(super) fn make(&mut self, op: MakeOp) -> Outcome<()> {
        let value = match op {
            MakeOp::List { len } => {
                self.allocate(ITEM_BYTES.saturating_mul(len as usize))?;
                Value::list(self.pop_many(len as usize)?)
            }
            MakeOp::Record { len } => self.record(len as usize)?,
            MakeOp::Text { len } => self.text(len as usize)?,
            MakeOp::Append => {
                let (item, list) = (self.pop()?, self.pop()?);
                let Value::List(mut items) = list else { return Err(Problem::damaged()) };
                self.allocate(ITEM_BYTES)?;
                // The stack holds the only reference: this does not copy.
                Arc::make_mut(&mut items).push(item);
                Value::List(items)
            }
            MakeOp::Insert => {
                let (value, key, record) = (self.pop()?, self.pop()?, self.pop()?);
                let Value::Map(mut map) = record else { return Err(Problem::damaged()) };
                self.allocate(FIELD_BYTES)?;
                insert(Arc::make_mut(&mut map), key, value)?;
                Value::Map(map)
            }
            MakeOp::PathSegment => {
                let value = self.pop()?;
                let text = text_of(&value)
                    .ok_or_else(|| Problem::met("this cannot be part of a path", value))?;
                // Encoding does not protect these: URL parsers resolve `%2E%2E` too.
                if matches!(text.as_str(), "" | "." | "..") {
                    return Err(Problem::met(
                        "this cannot be part of a path: it would address something else",
                        Value::from(text),
                    ));
                }
                self.new_text(percent_encoded(&text))?
            }
            MakeOp::QueryPair { name } => match self.pop()? {
                Value::Null => Value::Null,
                value => {
                    let text = text_of(&value)
                        .ok_or_else(|| Problem::met("this cannot be a query parameter", value))?;
                    let name = percent_encoded(self.program.text(name));
                    self.new_text(format!("{name}={}", percent_encoded(&text)))?
                }
            },
            MakeOp::WithQuery { len } => self.with_query(len as usize)?,
            MakeOp::WithStepId { field } => {
                let field = self.program.text(field);
                match self.pop()? {
                    Value::Map(mut map) if !map.contains_key(field) => {
                        self.allocate(FIELD_BYTES.saturating_mul(map.len()))?;
                        let id = Value::String(self.scope.step_id());
                        Arc::make_mut(&mut map).insert(field.into(), id);
                        Value::Map(map)
                    }
                    other => other,
                }
            }
        };
        self.stack.push(value);
        Ok(())
    }

    /// Text that was just made.
    pub(super) fn new_text(&mut self, text: String) -> Outcome<Value> {
        self.fits_text(text.len())?;
        self.allocate(text.len())?;
        Ok(Value::from(text))
    }

    /// Whether text may be that long.
    pub(super) fn fits_text(&self, len: usize) -> Outcome<()> {
        if len > TEXT_BYTES_MAX {
            let what = format!("it makes text of more than {TEXT_BYTES_MAX} bytes");
            return Err(Problem::limit(what));
        }
        Ok(())
    }

    fn record(&mut self, len: usize) -> Outcome<Value> {
        self.allocate(FIELD_BYTES.saturating_mul(len))?;
        let mut operands = self.pop_many(len.saturating_mul(2))?.into_iter();
        let mut map = Map::with_capacity(len);
        while let (Some(key), Some(value)) = (operands.next(), operands.next()) {
            insert(&mut map, key, value)?;
        }
        Ok(Value::map(map))
    }

    fn text(&mut self, len: usize) -> Outcome<Value> {
        let mut text = String::new();
        for part in self.pop_many(len)? {
            match &part {
                Value::String(part) => text.push_str(part),
                other => match text_of(other) {
                    Some(part) => text.push_str(&part),
                    None => return Err(Problem::met("this cannot be spliced into text", part)),
                },
            }
            if text.len() > TEXT_BYTES_MAX {
                break;
            }
        }
        self.new_text(text)
    }

    fn with_query(&mut self, len: usize) -> Outcome<Value> {
        let pairs = self.pop_many(len)?;
        let path = self.pop()?;
        let mut text = path.as_str().ok_or_else(Problem::damaged)?.to_owned();
        for pair in pairs.iter().filter_map(Value::as_str) {
            text.push(if text.contains('?') { '&' } else { '?' });
            text.push_str(pair);
        }
        self.new_text(text)
    }
}

/// One more field.
fn insert(map: &mut Map, key: Value, value: Value) -> Outcome<()> {
    let Value::String(key) = key else {
        return Err(Problem::met("the name of a field must be a string", key));
    };
    match map.insert(Arc::clone(&key), value) {
        None => Ok(()),
        Some(_) => {
            let what = "two fields of a record have the same name";
            Err(Problem::met(what, Value::String(key)))
        }
    }
}
