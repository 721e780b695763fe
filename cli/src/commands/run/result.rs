//! What a run came to.

use crate::commands::one::Chosen;
use crate::commands::test::view::{ErrorView, Viewer};
use crate::commands::test::words;
use crate::failure::Failure;
use crate::output::{DIM, ERROR, GOOD, WARN};
use serde_json::{Value as Json, json};
use std::io::Write;
use writ_compiler::analysis::Analysis;
use writ_compiler::bytecode::schema::Schema;
use writ_compiler::bytecode::{Location, Pc, Program};
use writ_compiler::diagnostic::SourceText;
use writ_compiler::value::Value;
use writ_runner::machine::ExecutionStatus;
use writ_runner::simulate::{StepTrace, Trace, Waiting};

/// Longest line of a source that is shown.
const EXCERPT_BYTES_MAX: usize = 160;

/// A run that has ended or was left, with what it takes to show it.
pub struct Shown<'r> {
    pub file: &'r str,
    pub analysis: &'r Analysis,
    pub chosen: Chosen<'r>,
    pub program: &'r Program,
    pub trace: &'r Trace,
}

impl Shown<'_> {
    /// How it ended, for people, on standard error.
    pub fn ending(&self) -> Result<(), Failure> {
        let mut err = anstream::stderr().lock();
        let took = words::time(self.trace.ended_at.since(self.trace.started_at));
        match self.trace.status {
            ExecutionStatus::Succeeded => {
                writeln!(err, "{GOOD}succeeded{GOOD:#} {DIM}in {took}{DIM:#}")?;
            }
            ExecutionStatus::Failed | ExecutionStatus::Cancelled => {
                writeln!(err, "{ERROR}failed{ERROR:#} {DIM}in {took}{DIM:#}")?;
                if let Some(ErrorView { code, message, at }) = self.error() {
                    writeln!(err, "  {code}: {message}")?;
                    if let Some(at) = at {
                        writeln!(err, "  {DIM}{}:{at}{DIM:#}", self.file)?;
                    }
                    self.excerpt(&mut err)?;
                }
            }
            ExecutionStatus::Pending
            | ExecutionStatus::Running
            | ExecutionStatus::AwaitingApproval => {
                writeln!(err, "{WARN}left waiting{WARN:#}: {}", self.left())?;
            }
        }
        Ok(())
    }

    /// What is waited for, and which flags answer it.
    fn left(&self) -> String {
        let id = |at: usize| {
            self.trace.steps.get(at).map_or("", |step| words::id(self.program, step.step))
        };
        match self.trace.waiting {
            Some(Waiting::Approval(at)) => {
                let id = id(at);
                format!("`{id}` asks a person; say --approve {id}, --reject {id} or --expire {id}")
            }
            Some(Waiting::Event(at)) => {
                let id = id(at);
                format!("`{id}` waits for an event; say --event {id}='{{...}}' or --expire {id}")
            }
            None => "nothing that can happen is left".to_owned(),
        }
    }

    fn error(&self) -> Option<ErrorView> {
        let viewer = Viewer { file: self.file, analysis: self.analysis };
        let error = self.trace.error.as_ref()?;
        let told = viewer.error(self.chosen.found.compiled.as_ref(), error);
        let at = told.at.or_else(|| self.location().map(|at| at.to_string()));
        Some(ErrorView { at, ..told })
    }

    /// Where the run failed: at an expression, or else at the step.
    fn location(&self) -> Option<Location> {
        let pc = match self.trace.error.as_ref()?.pc {
            Some(pc) => Pc(pc),
            None => {
                let failed = self.trace.steps.get(self.trace.failed_step?)?;
                self.program.step(failed.step)?.entry
            }
        };
        let source = SourceText { text: &self.analysis.text, syntax: self.analysis.syntax };
        let compiled = self.chosen.found.compiled.as_ref()?;
        compiled.source_map.locate(pc, source, &self.analysis.lines)
    }

    /// The line of the source in which the run failed, unless it is too long to help.
    fn excerpt(&self, err: &mut impl Write) -> std::io::Result<()> {
        let Some(Location { line, column, .. }) = self.location() else { return Ok(()) };
        let text = self.analysis.text.lines().nth(line.saturating_sub(1) as usize);
        let Some(text) = text.filter(|text| text.len() <= EXCERPT_BYTES_MAX) else {
            return Ok(());
        };
        let before = text.chars().take(column.saturating_sub(1) as usize);
        // Tabs stay tabs, so that the mark stands below its place.
        let before: String = before.map(|c| if c == '\t' { c } else { ' ' }).collect();
        let margin = " ".repeat(line.to_string().len());
        writeln!(err, "  {DIM}{line} │{DIM:#} {text}")?;
        writeln!(err, "  {DIM}{margin} │{DIM:#} {before}{ERROR}^{ERROR:#}")
    }

    /// Its output, on standard output.
    pub fn output(&self) -> Result<(), Failure> {
        let Some(output) = self.shown_output() else { return Ok(()) };
        print(&output)
    }

    /// The whole run as one document, on standard output.
    pub fn document(&self) -> Result<(), Failure> {
        let trace = self.trace;
        let steps: Vec<Json> = trace.steps.iter().map(|step| self.step(step)).collect();
        let error = self.error();
        print(&json!({
            "status": trace.status,
            "output": self.shown_output(),
            "error": error,
            "waitsFor": trace.waiting.map(|_| self.left()),
            "startedAt": trace.started_at.to_rfc3339(),
            "durationMs": trace.ended_at.since(trace.started_at),
            "steps": steps,
        }))
    }

    fn step(&self, step: &StepTrace) -> Json {
        let info = self.program.step(step.step);
        let viewer = Viewer { file: self.file, analysis: self.analysis };
        let compiled = self.chosen.found.compiled.as_ref();
        let shown = |schema: Option<&Schema>, value: &Option<Value>| {
            value.as_ref().map(|value| redacted(schema, value))
        };
        let finished = step.finished_at.map(|at| at.since(step.started_at));
        json!({
            "id": words::id(self.program, step.step),
            "type": info.map(|info| info.kind.wire_type()),
            "status": step.status,
            "attempts": step.attempts,
            "input": shown(info.map(|info| &info.input), &step.input),
            "output": shown(info.map(|info| &info.output), &step.output),
            "error": step.error.as_ref().map(|error| viewer.error(compiled, error)),
            "startedAt": step.started_at.to_rfc3339(),
            "durationMs": finished,
        })
    }

    /// The run's output is its last step's, and hides what that hides.
    fn shown_output(&self) -> Option<Json> {
        let last = self.trace.steps.last().and_then(|step| self.program.step(step.step));
        let output = self.trace.output.as_ref()?;
        Some(redacted(last.map(|step| &step.output), output))
    }
}

/// A value without its secrets; of what no schema describes, nothing.
fn redacted(schema: Option<&Schema>, value: &Value) -> Json {
    let shown = schema.map_or(Value::Null, |schema| schema.redact(value));
    serde_json::from_str(&shown.to_json()).unwrap_or(Json::Null)
}

fn print(value: &Json) -> Result<(), Failure> {
    let text = serde_json::to_string_pretty(value)
        .map_err(|error| Failure::new(format_args!("cannot write JSON: {error}")))?;
    Ok(writeln!(anstream::stdout().lock(), "{text}")?)
}
