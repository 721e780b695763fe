//! The world of a test: what its clauses say, and what is made up where they say nothing.

use crate::machine::{CallFailure, CallResponse, Decision, FailureClass};
use crate::simulate::{Arrival, Attempt, Reply, Verdict, World};
use std::collections::BTreeSet;
use writ_compiler::bytecode::schema::Schema;
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
        let mocks = self.test.mocks.get(&call.step);
        if mocks.is_some() {
            self.used.insert(call.step);
        }
        let mock = mocks.and_then(|mocks| Mock::of_attempt(mocks, call.number));
        reply(mock.unwrap_or(&Mock::Output(Given::Sample)), self.program, call)
    }

    fn decide(&mut self, step: u32) -> Verdict {
        Self::answer(self, step).map_or(Verdict::Open, |answer| verdict(answer, self.program, step))
    }

    fn event(&mut self, step: u32) -> Arrival {
        Self::answer(self, step).map_or(Arrival::Open, |answer| arrival(answer, self.program, step))
    }
}

/// How an attempt ends that is answered so.
#[must_use]
pub fn reply(mock: &Mock, program: &Program, call: Attempt<'_>) -> Reply {
    match (mock, program.step(call.step)) {
        (Mock::Output(given), Some(step)) => answered(step, given),
        (Mock::Failure { kind, body }, _) => {
            failed(*kind, body.as_ref(), &call.request.service, call.request.timeout_ms)
        }
        // The machine runs steps of its program only.
        (Mock::Output(_), None) => failed(FailureKind::Network, None, &call.request.service, 0),
    }
}

/// What becomes of an approval that is answered so.
#[must_use]
pub fn verdict(answer: &Answer, program: &Program, step: u32) -> Verdict {
    let decided = |decision, notes: &str, form| {
        let notes = notes.to_owned();
        Verdict::Decided { decision, notes, form }
    };
    match answer {
        Answer::Approve { notes, form } => {
            let step = program.step(step);
            let schema = step.and_then(|step| step.approval.as_ref()?.form.as_ref());
            let form = schema.map(|schema| form.complete(schema, "form"));
            decided(Decision::Approve, notes, form)
        }
        Answer::Reject { notes } => decided(Decision::Reject, notes, None),
        Answer::Expire => Verdict::Expires,
        Answer::Event(_) => Verdict::Open,
    }
}

/// What becomes of a wait for an event that is answered so.
#[must_use]
pub fn arrival(answer: &Answer, program: &Program, step: u32) -> Arrival {
    match answer {
        Answer::Event(data) => {
            let step = program.step(step);
            let schema = step.and_then(|step| step.event.as_ref()?.data.as_ref());
            let any = Schema::json();
            Arrival::Comes(data.complete(schema.unwrap_or(&any), "data"))
        }
        Answer::Expire => Arrival::Expires,
        Answer::Approve { .. } | Answer::Reject { .. } => Arrival::Open,
    }
}

/// An answer of which this is the step's output.
fn answered(step: &StepInfo, output: &Given) -> Reply {
    let output = output.complete(&step.output, &step.id);
    let field = step.call.as_ref().and_then(|call| call.output_field.as_deref());
    let body = match field {
        Some(field) => Value::record([(field, output)]),
        None => output,
    };
    Reply { outcome: Ok(CallResponse { status: 200, body }), took_ms: 0 }
}

/// A failure, in the words of the engine.
fn failed(kind: FailureKind, body: Option<&Given>, service: &str, timeout_ms: u64) -> Reply {
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
