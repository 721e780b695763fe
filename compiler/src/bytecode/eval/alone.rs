//! Expressions without a run.

use super::Scope;
use crate::bytecode::op::{ExecutionField, WorkflowField};
use crate::value::Value;
use std::sync::Arc;

/// What expressions see that belong to no run: inputs, perhaps, and otherwise nothing.
#[derive(Debug, Clone, PartialEq)]
pub struct Alone {
    /// What stands for the trigger's inputs.
    pub inputs: Value,
}

impl Scope for Alone {
    fn trigger(&self) -> &Value {
        &self.inputs
    }

    fn output(&self, _: u32) -> Option<&Value> {
        None
    }

    fn error(&self, _: u32) -> Option<Value> {
        None
    }

    fn execution(&self, _: ExecutionField) -> Value {
        Value::Null
    }

    fn workflow(&self, _: WorkflowField) -> Value {
        Value::Null
    }

    fn step_id(&self) -> Arc<str> {
        "".into()
    }

    fn now(&self) -> i128 {
        0
    }

    fn uuid_bits(&self, n: u32) -> u128 {
        n.into()
    }
}
