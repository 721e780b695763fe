//! Reaching into records and lists.

use super::{Evaluator, Outcome, Problem, Scope};
use crate::bytecode::op::{AccessOp, Pc};
use crate::value::{Value, field_of};

impl<S: Scope> Evaluator<'_, S> {
    /// Reaches into a value, or says where to go on without what is not there.
    pub(super) fn access(&mut self, op: AccessOp) -> Outcome<Option<Pc>> {
        let value = match op {
            AccessOp::Field { name } => {
                let (record, name) = (self.pop()?, self.program.text(name));
                match record.get(name) {
                    Some(value) => value.clone(),
                    None => return Err(no_field(name, record)),
                }
            }
            AccessOp::FieldOr { name, absent } => match self.pop()?.get(self.program.text(name)) {
                Some(value) => value.clone(),
                None => return Ok(Some(absent)),
            },
            AccessOp::Has { name } => {
                let record = self.pop()?;
                match &record {
                    Value::Map(map) => {
                        Value::Bool(field_of(map, self.program.text(name)).is_some())
                    }
                    Value::Null => Value::Bool(false),
                    _ => return Err(Problem::met("only a record can have a field", record)),
                }
            }
            AccessOp::Index => {
                let (index, container) = (self.pop()?, self.pop()?);
                match item(&container, &index)? {
                    Some(value) => value.clone(),
                    None => return Err(no_item(&container, index)),
                }
            }
            AccessOp::IndexOr { absent } => {
                let (index, container) = (self.pop()?, self.pop()?);
                match item(&container, &index)? {
                    Some(value) => value.clone(),
                    None => return Ok(Some(absent)),
                }
            }
        };
        self.stack.push(value);
        Ok(None)
    }
}

/// The item of a list or a field of a record, when there is one.
pub(crate) fn item_of<'a>(container: &'a Value, index: &Value) -> Option<&'a Value> {
    item(container, index).ok().flatten()
}

/// The item, `None` when there is none, an error when there never can be one.
fn item<'a>(container: &'a Value, index: &Value) -> Outcome<Option<&'a Value>> {
    match (container, index) {
        (Value::List(items), Value::Int(_) | Value::Uint(_)) => {
            let at = index.as_i64().and_then(|at| usize::try_from(at).ok());
            Ok(at.and_then(|at| items.get(at)))
        }
        // CEL lets a double that is a whole number stand for it.
        (Value::List(items), Value::Double(at)) if at.fract() == 0.0 && *at >= 0.0 => {
            #[allow(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "the cast saturates, and no list is that long"
            )]
            let at = *at as usize;
            Ok(items.get(at))
        }
        (Value::List(_), _) => Err(Problem::met("a list is indexed by an int", index.clone())),
        (Value::Map(map), Value::String(name)) => Ok(field_of(map, name)),
        (Value::Map(_), _) => Err(Problem::met("a record is indexed by a string", index.clone())),
        (Value::Null, _) => Ok(None),
        _ => Err(Problem::met("only a list or a record can be indexed", container.clone())),
    }
}

fn no_field(name: &str, met: Value) -> Problem {
    let what = match met {
        Value::Map(_) => format!("there is no field `{name}`"),
        _ => format!("there is no field `{name}` in what is no record"),
    };
    Problem::met(what, met)
}

fn no_item(container: &Value, index: Value) -> Problem {
    match container {
        Value::List(items) => {
            Problem::met(format!("the list of {} has no item of this number", items.len()), index)
        }
        Value::Map(_) => Problem::met("the record has no field of this name", index),
        other => Problem::met("only a list or a record can be indexed", other.clone()),
    }
}
