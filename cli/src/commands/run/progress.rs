//! A run as it happens, on standard error.

use crate::commands::test::words;
use crate::failure::Failure;
use crate::output::{DIM, ERROR, GOOD, WARN};
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use writ_compiler::analysis::{Analysis, Compiled};
use writ_compiler::bytecode::eval::{EvalError, Observer, Seen};
use writ_compiler::bytecode::{Op, Pc, Program, Traced, Tracer};
use writ_compiler::diagnostic::SourceText;
use writ_runner::machine::{Record, StepStatus};
use writ_runner::simulate::Attempt;
use writ_runner::time::Millis;

/// Tells a run step by step.
pub struct Progress<'p> {
    program: &'p Program,
    quiet: bool,
    /// The steps that were started, by ordinal: which, and when.
    started: Vec<(u32, Millis)>,
}

impl<'p> Progress<'p> {
    pub fn new(program: &'p Program, quiet: bool) -> Self {
        Self { program, quiet, started: Vec::new() }
    }

    fn say(&self, line: &str) {
        if !self.quiet {
            // A run does not end because nobody watches it any more.
            let _ = writeln!(anstream::stderr().lock(), "{line}");
        }
    }

    fn id(&self, ordinal: u32) -> &'p str {
        let step = self.started.get(ordinal as usize).map(|(step, _)| *step);
        step.map_or("", |step| words::id(self.program, step))
    }

    /// An attempt of a call begins.
    pub fn calling(&self, call: &Attempt<'_>) {
        let id = words::id(self.program, call.step);
        let request = call.request;
        // A path may hold what its type hides.
        let method = &request.method;
        let attempt =
            if call.number > 1 { format!(" (attempt {})", call.number) } else { String::new() };
        self.say(&format!("{DIM}… {id}  {method} {}{attempt}{DIM:#}", request.service));
    }

    /// Time passes.
    pub fn waiting(&self, ms: u64, skipped: bool) {
        let time = words::time(ms);
        let what = if skipped { "skipped" } else { "waiting" };
        self.say(&format!("{DIM}… {what} {time}{DIM:#}"));
    }

    pub fn look(&mut self, now: Millis, record: &Record) {
        match record {
            Record::StepStarted { step, .. } => self.started.push((*step, now)),
            Record::StepRetried { ordinal, attempts, error } => {
                let id = self.id(ordinal.0);
                self.say(&format!(
                    "{WARN}↻{WARN:#} {id}  attempt {attempts} failed: {}",
                    error.message
                ));
            }
            Record::StepFinished { ordinal, status, output, error, .. } => {
                let (id, begun) = (self.id(ordinal.0), self.started.get(ordinal.0 as usize));
                let took = begun.map_or(0, |(_, begun)| now.since(*begun));
                let took =
                    if took > 0 { format!("  {}", words::time(took)) } else { String::new() };
                let (style, sign) = match status {
                    StepStatus::Succeeded => (GOOD, "✓"),
                    StepStatus::Failed | StepStatus::Cancelled => (ERROR, "✗"),
                    StepStatus::Running | StepStatus::AwaitingApproval => (WARN, "?"),
                };
                let outcome = output.as_ref().and_then(|output| words::came_to(&output.value));
                let outcome = outcome.map_or(String::new(), |o| format!("  → {o}"));
                let error = error.as_ref().map_or(String::new(), |e| format!("  {}", e.message));
                self.say(&format!("{style}{sign}{style:#} {id}{DIM}{took}{DIM:#}{outcome}{error}"));
            }
            Record::ApprovalRequested { ordinal, label, assign_to, .. } => {
                let id = self.id(ordinal.0);
                let whom = assign_to.as_ref().map_or(String::new(), |to| format!(" ({to})"));
                self.say(&format!("{WARN}?{WARN:#} {id}  {label}{whom}"));
            }
            Record::EventAwaited { ordinal, event, .. } => {
                let id = self.id(ordinal.0);
                self.say(&format!("{WARN}?{WARN:#} {id}  waits for \"{event}\""));
            }
            Record::Emitted { event, .. } => self.say(&format!("{DIM}… emitted {event}{DIM:#}")),
            Record::ExecutionRunning
            | Record::ErrorBodyKept { .. }
            | Record::ApprovalClosed { .. }
            | Record::EventClosed { .. }
            | Record::TimerSet { .. }
            | Record::TimerCleared { .. }
            | Record::ExecutionFinished { .. } => {}
        }
    }
}

/// Writes instructions down as they are run.
pub struct Trace<'t>(Tracer<'t, Box<dyn FnMut(Traced) + 't>>);

/// A trace in a file, or on standard error for `-`.
pub fn trace<'t>(
    file: &Path,
    analysis: &'t Analysis,
    compiled: &'t Compiled,
) -> Result<Trace<'t>, Failure> {
    let mut out: Box<dyn Write> = if file.as_os_str() == "-" {
        Box::new(anstream::stderr())
    } else {
        let file = File::create(file).map_err(|error| Failure::file("write", file, &error))?;
        Box::new(BufWriter::new(file))
    };
    let source = SourceText { text: &analysis.text, syntax: analysis.syntax };
    let mut last = None;
    let tell: Box<dyn FnMut(Traced) + 't> = Box::new(move |traced| {
        let span = compiled.source_map.span(traced.pc);
        // A trace that cannot be written is no reason for a run to end.
        if span != last {
            last = span;
            let at = compiled.source_map.locate(traced.pc, source, &analysis.lines);
            let _ = at.map(|at| writeln!(out, "      ; {at}"));
        }
        let _ = writeln!(out, "{traced}");
    });
    Ok(Trace(Tracer::new(&compiled.program, tell)))
}

impl Observer for Trace<'_> {
    fn before(&mut self, pc: Pc, op: Op, seen: Seen<'_>) {
        self.0.before(pc, op, seen);
    }

    fn after(&mut self, next: Pc, seen: Seen<'_>) {
        self.0.after(next, seen);
    }

    fn failed(&mut self, error: &EvalError) {
        self.0.failed(error);
    }
}
