//! `writ test`: runs the tests of workflows.

mod explore;
mod human;
mod junit;
pub mod view;
mod watch;
pub mod words;

use crate::commands::check::count;
use crate::failure::{Failure, Outcome};
use crate::input::{self, Source, SyntaxArg};
use crate::output::{ERROR, GOOD, HEAD};
use human::Covered;
use serde::Serialize;
use std::collections::BTreeSet;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};
use view::{TestView, Viewer};
use writ_compiler::analysis::{Analysis, Syntax};
use writ_compiler::diagnostic::{Severity, render};
use writ_compiler::testing::Test;
use writ_runner::testing::coverage::{self, Coverage};
use writ_runner::testing::{self, Report};

/// Run the tests of workflows
///
/// Each test of a .writ file runs its workflow's own bytecode on the machine that runs it in production, in virtual time:
/// no service is called, and a wait of a week takes none. What a test does not say is made up from the types.
///
/// Exit code: 0 when every test passed, 1 when one did not or a file has errors, 2 when there was nothing to run.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    writ test                           every test below the current directory\n  \
    writ test kyc.writ --filter reject  the tests of one file whose names hold \"reject\"\n  \
    writ test --watch                   again whenever a file changes\n  \
    writ test --explore loan.json       every way through a workflow, written tests or none\n  \
    writ test --explore --write a.writ  and a test for each way that no test takes yet\n  \
    writ test --json                    one JSON object a line\n  \
    writ test --junit report.xml        for build servers, besides what is printed")]
pub struct Args {
    /// Files, directories, patterns, or `-` for standard input
    #[arg(value_name = "PATH", default_value = ".")]
    paths: Vec<PathBuf>,
    /// The syntax, when the name does not tell it
    #[arg(long)]
    syntax: Option<SyntaxArg>,
    /// Run only the tests whose names hold this text
    #[arg(long, value_name = "TEXT")]
    filter: Option<String>,
    /// Print one JSON object a line, for programs
    #[arg(long)]
    json: bool,
    /// Write a report in JUnit's XML as well
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    /// Run again whenever a file changes
    #[arg(long, conflicts_with_all = ["json", "junit"])]
    watch: bool,
    /// Run every way through every workflow instead of its tests, and report run-time errors and what cannot be reached
    ///
    /// What can come out differently follows from the types and from what is decided on: an enum's values, the numbers
    /// around those that are compared with, a field that may be absent, the routes of errors, approvals and events.
    #[arg(long, conflicts_with_all = ["watch", "junit", "filter"])]
    explore: bool,
    /// At most so many runs of one workflow
    #[arg(long, value_name = "N", default_value_t = 10_000, requires = "explore")]
    max_runs: usize,
    /// Add a test to the file for each way that no test takes yet
    #[arg(long, requires = "explore")]
    write: bool,
}

/// What came of all tests.
#[derive(Default)]
struct Session {
    tests: Vec<TestView>,
    covered: Vec<Covered>,
    /// Files that have errors.
    broken: usize,
    /// Tests that `--filter` leaves out.
    left_out: usize,
    took: Duration,
}

/// A line of `--json`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase", tag = "kind")]
enum Line<'s> {
    Test(&'s TestView),
    #[serde(rename_all = "camelCase")]
    Coverage {
        workflow: &'s str,
        steps: usize,
        steps_total: usize,
        routes: usize,
        routes_total: usize,
        paths: usize,
        /// A number, or text where it is beyond what JSON's readers can hold.
        paths_total: String,
        untaken_routes: &'s [String],
    },
    #[serde(rename_all = "camelCase")]
    Summary {
        passed: usize,
        failed: usize,
        broken_files: usize,
        duration_ms: u128,
    },
}

/// Runs every test of every source.
pub fn run(args: &Args) -> Outcome {
    if args.explore {
        return explore::run(args);
    }
    if args.watch {
        return watch::watch(&args.paths, || once(args));
    }
    once(args)
}

fn once(args: &Args) -> Outcome {
    let sources = input::collect(&args.paths)?;
    let begun = Instant::now();
    let mut session = Session::default();
    for source in &sources {
        session.source(source, args)?;
    }
    session.took = begun.elapsed();
    if let Some(path) = &args.junit {
        let xml = junit::report(&session.tests, session.took)?;
        std::fs::write(path, xml).map_err(|error| Failure::file("write", path, &error))?;
    }
    session.report(args)?;
    if session.tests.is_empty() && session.broken == 0 {
        return Err(match &args.filter {
            Some(filter) if session.left_out > 0 => {
                Failure::new(format_args!("no test's name holds \"{filter}\""))
                    .help(format_args!("there are {}", count(session.left_out, "other test")))
            }
            _ => Failure::new("there are no tests").help(
                "write `test \"what it shows\" { ... }` below a workflow; --explore needs none",
            ),
        });
    }
    let failed = session.broken > 0 || session.tests.iter().any(|test| !test.passed);
    Ok(if failed { ExitCode::from(1) } else { ExitCode::SUCCESS })
}

impl Session {
    fn source(&mut self, source: &Source, args: &Args) -> Result<(), Failure> {
        let analysis = source.analyse(args.syntax)?;
        let name = source.name();
        if analysis.has_errors() {
            if is_other_json(&analysis) {
                return Ok(());
            }
            self.broken += 1;
            return print_broken(&analysis, &name, args.json);
        }
        // What is no workflow and tests none is of no concern here.
        if analysis.tests.is_empty() {
            return Ok(());
        }
        let wanted =
            |test: &Test| args.filter.as_ref().is_none_or(|text| test.name.contains(text.as_str()));
        let reports = testing::run_all(&analysis, wanted);
        self.left_out += reports.iter().filter(|report| report.is_none()).count();
        let viewer = Viewer { file: &name, analysis: &analysis };
        let first = self.tests.len();
        for (test, report) in analysis.tests.iter().zip(&reports) {
            let (Some(report), Some((program, _))) =
                (report, testing::program_of(&analysis, test.workflow))
            else {
                continue;
            };
            self.tests.push(viewer.test(test, program, report));
        }
        if !args.json {
            let mut out = anstream::stdout().lock();
            let tests = self.tests.get(first..).unwrap_or_default();
            if !tests.is_empty() {
                writeln!(out, "{HEAD}{name}{HEAD:#}")?;
            }
            for test in tests {
                human::line(&mut out, test)?;
            }
        }
        if args.filter.is_none() {
            self.covered.extend(covered(&analysis, &reports));
        }
        Ok(())
    }

    fn report(&self, args: &Args) -> Result<(), Failure> {
        let passed = self.tests.iter().filter(|test| test.passed).count();
        let failed = self.tests.len() - passed;
        let mut out = anstream::stdout().lock();
        if args.json {
            drop(out);
            return self.lines(passed, failed).try_for_each(|line| print_line(&line));
        }
        for test in self.tests.iter().filter(|test| !test.passed) {
            human::failure(&mut out, test)?;
        }
        if self.tests.is_empty() {
            return Ok(());
        }
        if !self.covered.is_empty() {
            writeln!(out)?;
        }
        for covered in &self.covered {
            human::coverage(&mut out, covered)?;
        }
        let style = if failed + self.broken > 0 { ERROR } else { GOOD };
        let failures = if failed > 0 { format!(", {failed} failed") } else { String::new() };
        let broken = match self.broken {
            0 => String::new(),
            n => format!(", {} with errors", count(n, "file")),
        };
        let left_out = match self.left_out {
            0 => String::new(),
            n => format!(", {n} left out"),
        };
        let took = self.took.as_millis();
        writeln!(
            out,
            "\n{style}{passed} passed{failures}{broken}{style:#}{left_out} in {took} ms"
        )?;
        Ok(())
    }

    fn lines(&self, passed: usize, failed: usize) -> impl Iterator<Item = Line<'_>> {
        let coverage = self.covered.iter().map(|covered| Line::Coverage {
            workflow: &covered.workflow,
            steps: covered.steps.0,
            steps_total: covered.steps.1,
            routes: covered.arms.0,
            routes_total: covered.arms.1,
            paths: covered.paths.0,
            paths_total: covered.paths.1.to_string(),
            untaken_routes: &covered.untaken,
        });
        let summary = Line::Summary {
            passed,
            failed,
            broken_files: self.broken,
            duration_ms: self.took.as_millis(),
        };
        self.tests.iter().map(Line::Test).chain(coverage).chain([summary])
    }
}

/// What the tests of a text cover of each of its workflows that has one.
fn covered(analysis: &Analysis, reports: &[Option<Report>]) -> Vec<Covered> {
    let tested: BTreeSet<usize> = analysis.tests.iter().map(|test| test.workflow).collect();
    let viewer = Viewer { file: "", analysis };
    let mut all = Vec::new();
    for at in tested {
        let (Some(found), Some(workflow)) =
            (analysis.workflows.get(at), analysis.module.workflows.get(at))
        else {
            continue;
        };
        let flow = &found.flow;
        let Some((program, _)) = testing::program_of(analysis, at) else { continue };
        let mut taken = Coverage::default();
        let own = analysis.tests.iter().zip(reports).filter(|(test, _)| test.workflow == at);
        for report in own.filter_map(|(_, report)| report.as_ref()) {
            taken.add(flow, program, &report.trace);
        }
        let total = coverage::total(flow);
        all.push(Covered {
            workflow: viewer.slug(at).to_owned(),
            steps: (taken.steps.len(), total.steps),
            arms: (taken.arms.len(), total.arms),
            paths: (taken.paths.len(), total.paths),
            untaken: coverage::untaken(workflow, flow, &taken),
        });
    }
    all
}

/// Whether this is JSON that is no workflow at all: a package's or an editor's, say, that lies among them.
fn is_other_json(analysis: &Analysis) -> bool {
    analysis.syntax == Syntax::Json && analysis.module.workflows.is_empty()
}

/// Prints what keeps a text from compiling: nothing of it can run.
fn print_broken(analysis: &Analysis, name: &str, json: bool) -> Result<(), Failure> {
    let mut out = anstream::stdout().lock();
    if json {
        return Ok(out.write_all(render::json::json(analysis, name).as_bytes())?);
    }
    let text = render::human::human(analysis, name, crate::output::colours_stdout());
    out.write_all(text.as_bytes())?;
    let errors = analysis.diagnostics.iter().filter(|d| d.severity == Severity::Error).count();
    writeln!(out, "{ERROR}{}{ERROR:#} in {name}: nothing of it can run\n", count(errors, "error"))?;
    Ok(())
}

/// Prints a line of JSON.
fn print_line(line: &impl Serialize) -> Result<(), Failure> {
    let text = serde_json::to_string(line)
        .map_err(|error| Failure::new(format_args!("cannot write JSON: {error}")))?;
    Ok(writeln!(anstream::stdout().lock(), "{text}")?)
}
