//! What a test expects, held against what its run did.

use super::Failure;
use crate::machine::{ErrorInfo, ExecutionStatus};
use crate::simulate::{StepTrace, Trace};
use writ_compiler::bytecode::schema::{REDACTED, Schema, SchemaShape};
use writ_compiler::bytecode::{Program, StepType};
use writ_compiler::testing::{Difference, Expect, ExpectKind, ExpectedStatus, Given, Test};
use writ_compiler::value::Value;

/// What was not as expected. Steps are indexes into the program's.
#[derive(Debug, Clone, PartialEq)]
pub enum Unmet {
    /// The run went another way.
    Path {
        /// The steps that were expected.
        expected: Vec<u32>,
        /// The steps that were started.
        found: Vec<u32>,
    },
    /// The run was left in another status.
    Status {
        /// The status that was expected.
        expected: ExpectedStatus,
    },
    /// The run failed, and the test does not say that it should.
    Failed,
    /// The run was left waiting, and the test does not say that it should.
    LeftWaiting,
    /// The run did not fail with this.
    Error {
        /// The code that was expected.
        code: String,
        /// What its message was to hold.
        message: Option<String>,
    },
    /// A value is not what was expected.
    Value {
        /// What it is of.
        of: ValueOf,
        /// Where it differs.
        differences: Vec<Difference>,
    },
    /// The run did not come to this step.
    NotRun(u32),
    /// The step has no output: it failed, or has not ended.
    NoOutput(u32),
    /// The run has no output.
    NoRunOutput,
    /// The call was made another number of times.
    Attempts {
        /// The call.
        step: u32,
        /// How often was expected.
        expected: u64,
        /// How often it was made.
        found: u64,
    },
    /// The event was not emitted.
    NotEmitted(String),
    /// The machine refused to go on: a defect of it, and not of the workflow.
    Machine(String),
}

/// What a value is of.
#[derive(Debug, Clone, PartialEq)]
pub enum ValueOf {
    /// The run's output.
    Run,
    /// A step's output.
    Output(u32),
    /// A call's request.
    Request(u32),
    /// An event's payload.
    Payload(String),
}

/// What of a test's expectations a run does not meet.
pub(super) fn failures(test: &Test, program: &Program, trace: &Trace) -> Vec<Failure> {
    let mut failures = Vec::new();
    for Expect { span, kind } in &test.expects {
        failures.extend(unmet(kind, program, trace).map(|unmet| Failure { span: *span, unmet }));
    }
    let says_how_it_ends = test
        .expects
        .iter()
        .any(|expect| matches!(expect.kind, ExpectKind::Status(_) | ExpectKind::Error { .. }));
    if !says_how_it_ends {
        let unmet = match trace.status {
            ExecutionStatus::Failed | ExecutionStatus::Cancelled => Some(Unmet::Failed),
            ExecutionStatus::AwaitingApproval
            | ExecutionStatus::Running
            | ExecutionStatus::Pending => Some(Unmet::LeftWaiting),
            ExecutionStatus::Succeeded => None,
        };
        failures.extend(unmet.map(|unmet| Failure { span: test.span, unmet }));
    }
    failures
}

fn unmet(kind: &ExpectKind, program: &Program, trace: &Trace) -> Option<Unmet> {
    match kind {
        ExpectKind::Path(expected) => {
            let found: Vec<u32> = trace.path().collect();
            let met = found == *expected || without_end(program, &found) == expected;
            (!met).then(|| Unmet::Path { expected: expected.clone(), found })
        }
        ExpectKind::Status(expected) => {
            (status(trace) != Some(*expected)).then_some(Unmet::Status { expected: *expected })
        }
        ExpectKind::Error { code, message } => {
            let is_it = |error: &ErrorInfo| {
                error.code == *code
                    && message.as_ref().is_none_or(|part| error.message.contains(part.as_str()))
            };
            let failed = trace.status == ExecutionStatus::Failed;
            let met = failed && trace.error.as_ref().is_some_and(is_it);
            (!met).then(|| Unmet::Error { code: code.clone(), message: message.clone() })
        }
        ExpectKind::Output(expected) => match &trace.output {
            // It is the last step's.
            Some(output) => {
                let last = trace.path().last().and_then(|step| program.step(step));
                differs(expected, output, last.map(|step| &step.output), ValueOf::Run)
            }
            None => Some(Unmet::NoRunOutput),
        },
        ExpectKind::Step { step, value } => match of_step(trace, *step) {
            None => Some(Unmet::NotRun(*step)),
            Some(StepTrace { output: None, .. }) => Some(Unmet::NoOutput(*step)),
            Some(StepTrace { output: Some(output), .. }) => {
                let schema = program.step(*step).map(|step| &step.output);
                differs(value, output, schema, ValueOf::Output(*step))
            }
        },
        ExpectKind::Call { step, request } => match of_step(trace, *step) {
            Some(StepTrace { input: Some(input), .. }) => {
                let schema = program.step(*step).map(|step| &step.input);
                differs(request, input, schema, ValueOf::Request(*step))
            }
            // A request that could not be put together was not sent.
            Some(_) | None => Some(Unmet::NotRun(*step)),
        },
        ExpectKind::Attempts { step, count } => {
            let found = of_step(trace, *step).map_or(0, |step| u64::from(step.attempts));
            (found != *count).then_some(Unmet::Attempts { step: *step, expected: *count, found })
        }
        ExpectKind::Emit { event, payload } => emitted(program, trace, event, payload.as_ref()),
    }
}

/// A path without the `end` that it comes to: what `-> end` stands for need not be named.
fn without_end<'p>(program: &Program, path: &'p [u32]) -> &'p [u32] {
    match path.split_last() {
        Some((last, before))
            if program.step(*last).is_some_and(|step| step.kind == StepType::End) =>
        {
            before
        }
        _ => path,
    }
}

/// Of the events of a name, one must carry what is expected; otherwise the first says how it differs.
fn emitted(
    program: &Program,
    trace: &Trace,
    event: &str,
    expected: Option<&Given>,
) -> Option<Unmet> {
    let mut first = None;
    for step in &trace.steps {
        let Some((name, payload)) = &step.emitted else { continue };
        if name != event {
            continue;
        }
        let expected = expected?;
        let schema = program.step(step.step).and_then(|step| field(&step.input, "payload"));
        let of = ValueOf::Payload(event.to_owned());
        let unmet = differs(expected, payload, schema, of)?;
        first = first.or(Some(unmet));
    }
    first.or_else(|| Some(Unmet::NotEmitted(event.to_owned())))
}

/// The type of a record's field.
fn field<'s>(schema: &'s Schema, name: &str) -> Option<&'s Schema> {
    match &schema.shape {
        SchemaShape::Record { fields, .. } => {
            fields.iter().find(|field| field.name == name).map(|field| &field.schema)
        }
        _ => None,
    }
}

/// How a value differs, its secrets left out; of a value that no type describes, all of it.
fn differs(expected: &Given, found: &Value, schema: Option<&Schema>, of: ValueOf) -> Option<Unmet> {
    let shown = schema.map_or_else(|| Value::from(REDACTED), |schema| schema.redact(found));
    let differences = expected.differences(found, &shown);
    (!differences.is_empty()).then_some(Unmet::Value { of, differences })
}

fn of_step(trace: &Trace, step: u32) -> Option<&StepTrace> {
    trace.steps.iter().find(|found| found.step == step)
}

/// The status that a test may expect of a run as it stands.
fn status(trace: &Trace) -> Option<ExpectedStatus> {
    match trace.status {
        ExecutionStatus::Succeeded => Some(ExpectedStatus::Succeeded),
        ExecutionStatus::Failed => Some(ExpectedStatus::Failed),
        ExecutionStatus::AwaitingApproval => Some(ExpectedStatus::AwaitingApproval),
        ExecutionStatus::Running => Some(ExpectedStatus::Running),
        ExecutionStatus::Pending | ExecutionStatus::Cancelled => None,
    }
}
