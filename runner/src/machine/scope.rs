//! What the expressions of a step can see of the run.

use super::state::State;
use super::{Start, StepOrdinal};
use crate::ids;
use crate::time::Millis;
use std::sync::Arc;
use writ_compiler::bytecode::eval::Scope;
use writ_compiler::bytecode::{ExecutionField, WorkflowField};
use writ_compiler::value::Value;

/// The run, as seen by one step.
pub(super) struct StepScope<'a> {
    pub(super) start: &'a Start,
    pub(super) state: &'a State,
    pub(super) ordinal: StepOrdinal,
    /// When the step began.
    pub(super) at: Millis,
}

/// A step's `stp_` id.
pub(super) fn step_id(start: &Start, ordinal: StepOrdinal, at: Millis) -> String {
    ids::derive("stp", at, &start.seed, ordinal.0)
}

impl Scope for StepScope<'_> {
    fn trigger(&self) -> &Value {
        &self.start.inputs
    }

    fn output(&self, step: u32) -> Option<&Value> {
        self.state.latest(step)?.output.as_ref().map(|kept| &kept.value)
    }

    fn error(&self, step: u32) -> Option<Value> {
        let error = self.state.latest(step)?.error.as_ref()?;
        Some(Value::record([
            ("code", Value::String(Arc::clone(&error.code))),
            ("message", Value::String(Arc::clone(&error.message))),
            ("status", Value::from(error.status.map(i64::from))),
            ("body", error.body.as_ref().map_or(Value::Null, |kept| kept.value.clone())),
        ]))
    }

    fn execution(&self, field: ExecutionField) -> Value {
        match field {
            ExecutionField::Id => Value::from(self.start.execution_id.as_str()),
            ExecutionField::ExternalId => Value::from(self.start.external_id.as_deref()),
            ExecutionField::StartedAt => Value::Timestamp(self.start.at.nanos()),
        }
    }

    fn workflow(&self, field: WorkflowField) -> Value {
        match field {
            WorkflowField::Slug => Value::from(self.start.workflow_slug.as_str()),
            WorkflowField::Version => Value::Int(self.start.workflow_version.into()),
        }
    }

    fn step_id(&self) -> Arc<str> {
        step_id(self.start, self.ordinal, self.at).into()
    }

    fn now(&self) -> i128 {
        self.at.nanos()
    }

    fn uuid_bits(&self, n: u32) -> u128 {
        ids::derive_bits(&format!("uuid {}", self.ordinal.0), &self.start.seed, n)
    }
}
