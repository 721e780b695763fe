//! What came of tests, for people.

use super::view::{DifferenceLine, FailureView, RunView, Side, StepView, TestView};
use super::words;
use crate::commands::check::count;
use crate::output::{DIM, ERROR, GOOD, HEAD, WARN};
use std::io::{self, Write};
use writ_runner::machine::{ExecutionStatus, StepStatus};

/// Routes that are listed of those that no test took.
const UNTAKEN_SHOWN_MAX: usize = 10;

/// What is covered of one workflow.
pub struct Covered {
    pub workflow: String,
    pub steps: (usize, usize),
    pub arms: (usize, usize),
    pub paths: (usize, u128),
    /// The routes that nothing took, in words.
    pub untaken: Vec<String>,
}

/// One line a test, as they end.
pub fn line(out: &mut impl Write, test: &TestView) -> io::Result<()> {
    let (style, word) = if test.passed { (GOOD, "pass") } else { (ERROR, "FAIL") };
    writeln!(out, "{style}{word}{style:#}  {}", test.name)?;
    for id in &test.unused {
        writeln!(out, "      {DIM}what it says of `{id}` was not needed{DIM:#}")?;
    }
    Ok(())
}

/// Why a test failed, and what its run did.
pub fn failure(out: &mut impl Write, test: &TestView) -> io::Result<()> {
    let TestView { file, line, column, name, .. } = test;
    writeln!(
        out,
        "\n{ERROR}FAIL{ERROR:#}  {HEAD}{name}{HEAD:#}  {DIM}{file}:{line}:{column}{DIM:#}"
    )?;
    for failure in &test.failures {
        let FailureView { line, column, message, difference, source } = failure;
        writeln!(out, "\n  {message}")?;
        if !source.is_empty() {
            writeln!(out, "  {DIM}{file}:{line}:{column}{DIM:#}  {source}")?;
        }
        for DifferenceLine { side, text } in difference {
            match side {
                Side::Both => writeln!(out, "      {text}")?,
                Side::Expected => writeln!(out, "    {ERROR}- {text}{ERROR:#}")?,
                Side::Found => writeln!(out, "    {GOOD}+ {text}{GOOD:#}")?,
            }
        }
    }
    run(out, file, &test.run)
}

/// What a run did, step by step.
pub fn run(out: &mut impl Write, file: &str, run: &RunView) -> io::Result<()> {
    let status = match run.status {
        ExecutionStatus::Succeeded => "succeeded",
        ExecutionStatus::Failed => "failed",
        ExecutionStatus::AwaitingApproval => "waits for an approval",
        ExecutionStatus::Running | ExecutionStatus::Pending => "waits",
        ExecutionStatus::Cancelled => "was cancelled",
    };
    let time = match run.duration_ms {
        0 => String::new(),
        ms => format!(" after {}", words::time(ms)),
    };
    writeln!(out, "\n  {HEAD}the run{HEAD:#} {status}{time}")?;
    let width = run.steps.iter().map(|step| step.id.chars().count()).max().unwrap_or(0);
    for StepView { id, r#type, status, attempts, outcome, error, left } in &run.steps {
        let (style, sign) = match (status, left) {
            (_, Some(_)) => (WARN, "?"),
            (StepStatus::Succeeded, None) => (GOOD, "✓"),
            (StepStatus::Failed | StepStatus::Cancelled, None) => (ERROR, "✗"),
            (StepStatus::Running | StepStatus::AwaitingApproval, None) => (WARN, "?"),
        };
        let attempts = if *attempts > 1 { format!("  {attempts} attempts") } else { String::new() };
        let outcome = outcome.as_ref().map_or(String::new(), |outcome| format!("  → {outcome}"));
        let waits = if left.is_some() { "  waits" } else { "" };
        let more = format!("{outcome}{attempts}{waits}");
        let kind = if more.is_empty() { (*r#type).to_owned() } else { format!("{type:14}") };
        writeln!(out, "  {style}{sign}{style:#} {id:width$}  {DIM}{kind}{DIM:#}{more}")?;
        if let Some(error) = error {
            writeln!(out, "      {}: {}", error.code, error.message)?;
            if let Some(at) = &error.at {
                writeln!(out, "      {DIM}{file}:{at}{DIM:#}")?;
            }
        }
    }
    Ok(())
}

/// How much of a workflow its tests took.
pub fn coverage(out: &mut impl Write, covered: &Covered) -> io::Result<()> {
    let Covered { workflow, steps, arms, paths, untaken } = covered;
    writeln!(
        out,
        "{HEAD}{workflow}{HEAD:#}: {} of {}, {} of {}, {} of {} taken",
        steps.0,
        count(steps.1, "step"),
        arms.0,
        count(arms.1, "route"),
        paths.0,
        paths_words(paths.1),
    )?;
    for arm in untaken.iter().take(UNTAKEN_SHOWN_MAX) {
        writeln!(out, "  {WARN}not taken{WARN:#}  {arm}")?;
    }
    let more = untaken.len().saturating_sub(UNTAKEN_SHOWN_MAX);
    if more > 0 {
        writeln!(out, "  {DIM}and {more} more{DIM:#}")?;
    }
    Ok(())
}

/// A number of paths, which may be beyond counting.
pub fn paths_words(paths: u128) -> String {
    match paths {
        1 => "1 path".to_owned(),
        u128::MAX => "more paths than can be counted".to_owned(),
        1_000_000_000.. => format!("about 10^{} paths", paths.ilog10()),
        paths => format!("{paths} paths"),
    }
}
