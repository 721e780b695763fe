//! What is told of a test, whoever reads it: a person, a program or a build server.

use super::words;
use serde::Serialize;
use writ_compiler::analysis::{Analysis, Compiled};
use writ_compiler::bytecode::{Pc, Program};
use writ_compiler::diagnostic::SourceText;
use writ_compiler::testing::Test;
use writ_compiler::text::Span;
use writ_runner::machine::{ErrorInfo, ExecutionStatus, StepStatus};
use writ_runner::simulate::{StepTrace, Trace, Waiting};
use writ_runner::testing::{Failure, Report, Unmet};

/// A test and what came of it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TestView {
    /// The file's name as it was given.
    pub file: String,
    /// One-based line of its name.
    pub line: u32,
    /// One-based column of its name.
    pub column: u32,
    /// The workflow's slug.
    pub workflow: String,
    pub name: String,
    pub passed: bool,
    pub failures: Vec<FailureView>,
    /// Steps of which the test says something that never came to anything.
    pub unused: Vec<String>,
    pub run: RunView,
}

/// Something that was not as expected.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FailureView {
    pub line: u32,
    pub column: u32,
    /// In one sentence.
    pub message: String,
    /// What was expected and what is there, line by line.
    pub difference: Vec<DifferenceLine>,
    /// The clause's first line, as written.
    #[serde(skip)]
    pub source: String,
}

/// A line of a difference.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DifferenceLine {
    /// On which side it is.
    pub side: Side,
    pub text: String,
}

/// The sides of a difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Side {
    Both,
    Expected,
    Found,
}

/// What a run did.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RunView {
    pub status: ExecutionStatus,
    /// Milliseconds of virtual time from its start to its end.
    pub duration_ms: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<ErrorView>,
    pub steps: Vec<StepView>,
}

/// A step of a run.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StepView {
    pub id: String,
    pub r#type: &'static str,
    pub status: StepStatus,
    pub attempts: u32,
    /// What it came to, in a few words: a decision's case, an approval's decision, an event's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcome: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<ErrorView>,
    /// What is waited for, when the run was left there.
    #[serde(skip)]
    pub left: Option<Waiting>,
}

/// Why a step or a run failed.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ErrorView {
    pub code: String,
    pub message: String,
    /// `12:17 in ...` of the file, where an expression failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
}

/// Puts together what is told of the tests of one text.
pub struct Viewer<'a> {
    pub file: &'a str,
    pub analysis: &'a Analysis,
}

impl Viewer<'_> {
    /// A test of a program, and what came of it.
    pub fn test(&self, test: &Test, program: &Program, report: &Report) -> TestView {
        let (line, column) = self.position(test.span);
        let id = |step: &u32| words::id(program, *step).to_owned();
        TestView {
            file: self.file.to_owned(),
            line,
            column,
            workflow: self.slug(test.workflow).to_owned(),
            name: test.name.clone(),
            passed: report.passed(),
            failures: report
                .failures
                .iter()
                .map(|failure| self.failure(failure, program, &report.trace))
                .collect(),
            unused: report.unused.iter().map(id).collect(),
            run: self.run(test.workflow, program, &report.trace),
        }
    }

    /// A workflow's slug.
    pub fn slug(&self, workflow: usize) -> &str {
        let slug = self.analysis.module.workflows.get(workflow).and_then(|w| w.slug.as_ref());
        slug.map_or("workflow", |slug| slug.value.as_str())
    }

    /// What a run of a workflow did.
    pub fn run(&self, workflow: usize, program: &Program, trace: &Trace) -> RunView {
        let left_at = |at: usize| match trace.waiting {
            Some(left @ (Waiting::Approval(step) | Waiting::Event(step))) if step == at => {
                Some(left)
            }
            Some(Waiting::Approval(_) | Waiting::Event(_)) | None => None,
        };
        let steps = trace.steps.iter().enumerate();
        RunView {
            status: trace.status,
            duration_ms: trace.ended_at.since(trace.started_at),
            error: trace.error.as_ref().map(|error| self.error_of(workflow, error)),
            steps: steps
                .map(|(at, step)| StepView {
                    left: left_at(at),
                    ..self.step(workflow, program, step)
                })
                .collect(),
        }
    }

    fn step(&self, workflow: usize, program: &Program, step: &StepTrace) -> StepView {
        let info = program.step(step.step);
        StepView {
            id: words::id(program, step.step).to_owned(),
            r#type: info.map_or("", |info| info.kind.wire_type()),
            status: step.status,
            attempts: step.attempts,
            outcome: words::outcome(step),
            error: step.error.as_ref().map(|error| self.error_of(workflow, error)),
            left: None,
        }
    }

    fn error_of(&self, workflow: usize, error: &ErrorInfo) -> ErrorView {
        let compiled = self.analysis.workflows.get(workflow).and_then(|w| w.compiled.as_ref());
        self.error(compiled, error)
    }

    /// Why a step or a run failed, with the place where an expression did.
    pub fn error(&self, compiled: Option<&Compiled>, error: &ErrorInfo) -> ErrorView {
        let source = SourceText { text: &self.analysis.text, syntax: self.analysis.syntax };
        let at = error.pc.zip(compiled).and_then(|(pc, compiled)| {
            compiled.source_map.locate(Pc(pc), source, &self.analysis.lines)
        });
        ErrorView {
            code: error.code.clone(),
            message: error.message.clone(),
            at: at.map(|at| at.to_string()),
        }
    }

    fn failure(&self, failure: &Failure, program: &Program, trace: &Trace) -> FailureView {
        let Failure { span, unmet } = failure;
        let (line, column) = self.position(*span);
        let source = self.analysis.text.get(span.range()).unwrap_or_default();
        let named = matches!(unmet, Unmet::Failed | Unmet::LeftWaiting | Unmet::Machine(_));
        FailureView {
            line,
            column,
            message: words::message(unmet, program, trace),
            difference: words::difference(unmet, program),
            // What every test expects stands nowhere.
            source: if named { String::new() } else { first_line(source) },
        }
    }

    fn position(&self, span: Span) -> (u32, u32) {
        let position = self.analysis.lines.position(&self.analysis.text, span.start);
        (position.line, position.column)
    }
}

fn first_line(text: &str) -> String {
    let mut lines = text.lines();
    let first = lines.next().unwrap_or_default().trim_end();
    if lines.next().is_some() { format!("{first} ...") } else { first.to_owned() }
}
