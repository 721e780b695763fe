//! The world of a test: what its clauses say, and what is made up where they say nothing.

use crate::machine::{CallFailure, CallResponse, Decision, FailureClass};
use crate::simulate::{Arrival, Attempt, Reply, Verdict, World};
use std::collections::BTreeSet;
use writ_compiler::bytecode::{Program, StepInfo};
use writ_compiler::testing::{Answer, FailureKind, Given, Mock, Test};
use writ_compiler::value::Value;

pub(super) struct Script<'t> {
    test: &'t Test,
    program: &'t Program,
    /// Steps of which something was used that the test says.
    used: BTreeSet<u32>,
}

impl<'t> Script<'t> {
    pub(super) fn new(test: &'t Test, program: &'t Program) -> Self {
        Self { test, program, used: BTreeSet::new() }
    }

    /// Steps of which nothing was used that the test says.
    pub(super) fn unused(&self) -> Vec<u32> {
        let said = self.test.mocks.keys().chain(self.test.answers.keys());
        let unused: BTreeSet<u32> = said.copied().filter(|s| !self.used.contains(s)).collect();
        unused.into_iter().collect()
    }

    fn answer(&mut self, step: u32) -> Option<&'t Answer> {
        let answer = self.test.answers.get(&step);
        if answer.is_some() {
            self.used.insert(step);
        }
        answer
    }
}

impl World for Script<'_> {
    fn answer(&mut self, call: Attempt<'_>) -> Reply {
        let step = self.program.step(call.step);
        let mocks = self.test.mocks.get(&call.step);
        if mocks.is_some() {
            self.used.insert(call.step);
        }
        let at = (call.number as usize).saturating_sub(1);
        let mock = mocks.and_then(|mocks| mocks.get(at).or(mocks.last()));
        match (mock, step) {
            (Some(Mock::Failure { kind, body }), _) => {
                let timeout_ms = call.request.timeout_ms;
                failed(*kind, body.as_ref(), &call.request.service, timeout_ms)
            }
            (Some(Mock::Output(given)), Some(step)) => answered(step, given),
            (None, Some(step)) => answered(step, &Given::Sample),
            // The machine runs steps of its program only.
            (_, None) => failed(FailureKind::Network, None, &call.request.service, 0),
        }
    }

    fn decide(&mut self, step: u32) -> Verdict {
        let answer = Self::answer(self, step);
        let schema = self
            .program
            .step(step)
            .and_then(|step| step.approval.as_ref())
            .and_then(|approval| approval.form.as_ref());
        match answer {
            Some(Answer::Approve { notes, form }) => Verdict::Decided {
                decision: Decision::Approve,
                notes: notes.clone(),
                form: schema.map(|schema| form.complete(schema, "form")),
            },
            Some(Answer::Reject { notes }) => {
                Verdict::Decided { decision: Decision::Reject, notes: notes.clone(), form: None }
            }
            Some(Answer::Expire) => Verdict::Expires,
            Some(Answer::Event(_)) | None => Verdict::Open,
        }
    }

    fn event(&mut self, step: u32) -> Arrival {
        let info = self.program.step(step).and_then(|step| step.event.as_ref());
        let any = writ_compiler::bytecode::schema::Schema::json();
        let schema = info.and_then(|event| event.data.as_ref()).unwrap_or(&any);
        match Self::answer(self, step) {
            Some(Answer::Event(data)) => Arrival::Comes(data.complete(schema, "data")),
            Some(Answer::Expire) => Arrival::Expires,
            Some(Answer::Approve { .. } | Answer::Reject { .. }) | None => Arrival::Open,
        }
    }
}

/// An answer of which this is the step's output.
#[must_use]
pub fn answered(step: &StepInfo, output: &Given) -> Reply {
    let output = output.complete(&step.output, &step.id);
    let field = step.call.as_ref().and_then(|call| call.output_field.as_deref());
    let body = match field {
        Some(field) => Value::record([(field, output)]),
        None => output,
    };
    Reply { outcome: Ok(CallResponse { status: 200, body }), took_ms: 0 }
}

/// A failure, in the words of the engine.
#[must_use]
pub fn failed(kind: FailureKind, body: Option<&Given>, service: &str, timeout_ms: u64) -> Reply {
    let body =
        body.map(|body| body.complete(&writ_compiler::bytecode::schema::Schema::json(), "body"));
    let (class, message, took_ms) = match kind {
        FailureKind::Status(status) => {
            (FailureClass::Status(status), format!("`{service}` answered {status}"), 0)
        }
        FailureKind::Timeout => {
            let message = format!("`{service}` did not answer within {timeout_ms} ms");
            (FailureClass::Timeout, message, timeout_ms)
        }
        FailureKind::Network => {
            (FailureClass::NotSent, format!("`{service}` cannot be reached"), 0)
        }
    };
    let response = match kind {
        FailureKind::Status(status) => {
            Some(CallResponse { status, body: body.unwrap_or(Value::Null) })
        }
        FailureKind::Timeout | FailureKind::Network => None,
    };
    let failure = CallFailure { class, message, response, retry_after_ms: None };
    Reply { outcome: Err(failure), took_ms }
}
