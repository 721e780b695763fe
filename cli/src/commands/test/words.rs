//! What was not as expected, in words.

use super::view::{DifferenceLine, Side};
use similar::{DiffTag, capture_diff_slices};
use writ_compiler::bytecode::Program;
use writ_compiler::testing::{Difference, ExpectedStatus};
use writ_compiler::value::Value;
use writ_runner::machine::{ErrorInfo, ExecutionStatus};
use writ_runner::simulate::{StepTrace, Trace, Waiting};
use writ_runner::testing::{Unmet, ValueOf};

/// The id of a step.
pub fn id(program: &Program, step: u32) -> &str {
    program.step(step).map_or("", |step| step.id.as_str())
}

/// What a step came to, in a word or two.
pub fn outcome(step: &StepTrace) -> Option<String> {
    if let Some((event, _)) = &step.emitted {
        return Some(event.clone());
    }
    step.output.as_ref().and_then(came_to)
}

/// What an output comes to, of a decision or an approval.
pub fn came_to(output: &Value) -> Option<String> {
    let field = |name: &str| output.get(name).and_then(Value::as_str);
    field("selected").or_else(|| field("decision")).map(str::to_owned)
}

/// A length of time, in its two largest units.
pub fn time(ms: u64) -> String {
    let (days, hours) = (ms / 86_400_000, ms / 3_600_000 % 24);
    let (minutes, seconds) = (ms / 60_000 % 60, ms / 1_000 % 60);
    match (days, hours, minutes, seconds) {
        (0, 0, 0, 0) => format!("{ms} ms"),
        (0, 0, 0, seconds) => format!("{seconds} s"),
        (0, 0, minutes, seconds) => format!("{minutes} min {seconds} s"),
        (0, hours, minutes, _) => format!("{hours} h {minutes} min"),
        (days, hours, _, _) => format!("{days} d {hours} h"),
    }
}

/// A failure in one sentence.
pub fn message(unmet: &Unmet, program: &Program, trace: &Trace) -> String {
    match unmet {
        Unmet::Path { .. } => "the run took another way".to_owned(),
        Unmet::Status { expected } => {
            format!("the run was to {}, and {}", status_words(*expected), ending(trace, program))
        }
        Unmet::Failed => match &trace.error {
            Some(error) => format!("the run failed: {}", error_words(error)),
            None => "the run failed".to_owned(),
        },
        Unmet::LeftWaiting => waiting(trace, program),
        Unmet::Error { code, message } => {
            let with = match message {
                Some(message) => format!("\"{code}\" saying \"{message}\""),
                None => format!("\"{code}\""),
            };
            format!("the run was to fail with {with}, and {}", ending(trace, program))
        }
        Unmet::Value { of, .. } => {
            let what = match of {
                ValueOf::Run => "the run's output".to_owned(),
                ValueOf::Output(step) => format!("the output of `{}`", id(program, *step)),
                ValueOf::Request(step) => format!("the request of `{}`", id(program, *step)),
                ValueOf::Payload(event) => format!("the payload of `{event}`"),
            };
            format!("{what} is another")
        }
        Unmet::NotRun(step) => {
            format!("the run did not come to `{}`: {}", id(program, *step), ending(trace, program))
        }
        Unmet::NoOutput(step) => format!("`{}` has no output", id(program, *step)),
        Unmet::NoRunOutput => format!("the run has no output: {}", ending(trace, program)),
        Unmet::Attempts { step, expected, found } => {
            format!("`{}` was to be called {expected} times, not {found}", id(program, *step))
        }
        Unmet::NotEmitted(event) => format!("no event \"{event}\" was emitted"),
        Unmet::Machine(what) => format!("the machine refused to go on, a defect of writ: {what}"),
    }
}

/// What was expected and what is there, line by line.
pub fn difference(unmet: &Unmet, program: &Program) -> Vec<DifferenceLine> {
    match unmet {
        Unmet::Path { expected, found } => paths(expected, found, program),
        Unmet::Value { differences, .. } => differences.iter().flat_map(value).collect(),
        Unmet::Status { .. }
        | Unmet::Failed
        | Unmet::LeftWaiting
        | Unmet::Error { .. }
        | Unmet::NotRun(_)
        | Unmet::NoOutput(_)
        | Unmet::NoRunOutput
        | Unmet::Attempts { .. }
        | Unmet::NotEmitted(_)
        | Unmet::Machine(_) => Vec::new(),
    }
}

fn paths(expected: &[u32], found: &[u32], program: &Program) -> Vec<DifferenceLine> {
    let mut lines = Vec::new();
    let mut push = |side, steps: Option<&[u32]>| {
        let steps = steps.unwrap_or_default().iter();
        lines
            .extend(steps.map(|step| DifferenceLine { side, text: id(program, *step).to_owned() }));
    };
    for op in capture_diff_slices(similar::Algorithm::Myers, expected, found) {
        let (tag, old, new) = op.as_tag_tuple();
        if tag == DiffTag::Equal {
            push(Side::Both, expected.get(old));
        } else {
            push(Side::Expected, expected.get(old));
            push(Side::Found, found.get(new));
        }
    }
    lines
}

fn value(difference: &Difference) -> [DifferenceLine; 2] {
    let Difference { path, expected, found } = difference;
    let place = if path.is_empty() { String::new() } else { format!("{path}: ") };
    let found = found.as_ref().map_or_else(|| "nothing".to_owned(), Value::to_json);
    [
        DifferenceLine { side: Side::Expected, text: format!("{place}{expected}") },
        DifferenceLine { side: Side::Found, text: format!("{place}{found}") },
    ]
}

fn status_words(status: ExpectedStatus) -> &'static str {
    match status {
        ExpectedStatus::Succeeded => "succeed",
        ExpectedStatus::Failed => "fail",
        ExpectedStatus::AwaitingApproval => "wait for an approval",
        ExpectedStatus::Running => "wait for an event",
    }
}

/// How a run stands, to follow an `and` or a colon.
fn ending(trace: &Trace, program: &Program) -> String {
    match trace.status {
        ExecutionStatus::Succeeded => "it succeeded".to_owned(),
        ExecutionStatus::Failed => match &trace.error {
            Some(error) => format!("it failed: {}", error_words(error)),
            None => "it failed".to_owned(),
        },
        ExecutionStatus::Cancelled => "it was cancelled".to_owned(),
        ExecutionStatus::AwaitingApproval | ExecutionStatus::Running | ExecutionStatus::Pending => {
            waiting(trace, program)
        }
    }
}

fn waiting(trace: &Trace, program: &Program) -> String {
    let step = |at: usize| trace.steps.get(at).map_or("", |step| id(program, step.step));
    match trace.waiting {
        Some(Waiting::Approval(at)) => {
            let id = step(at);
            format!("it waits for the approval `{id}`: say `approve {id}` or `reject {id}`")
        }
        Some(Waiting::Event(at)) => {
            let id = step(at);
            format!("it waits for the event of `{id}`: say `event {id}` or `expire {id}`")
        }
        None => "it goes on without an end".to_owned(),
    }
}

/// An error in one line.
fn error_words(error: &ErrorInfo) -> String {
    format!("{} ({})", error.message, error.code)
}
