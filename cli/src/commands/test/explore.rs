//! `writ test --explore`: every way through a workflow, run on the machine.

use super::Args;
use super::human::{self, paths_words};
use super::view::{RunView, Viewer};
use crate::commands::check::count;
use crate::failure::{Failure, Outcome};
use crate::input::{self, Source};
use crate::output::{DIM, ERROR, GOOD, HEAD, WARN};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde::Serialize;
use std::collections::HashSet;
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;
use writ_compiler::analysis::{Analysis, Syntax};
use writ_compiler::format;
use writ_compiler::outcomes::outcomes;
use writ_runner::testing;
use writ_runner::testing::coverage;
use writ_runner::testing::explore::{Explored, Turns, Way, explore, turns};
use writ_runner::testing::write::Writer;

/// How often the progress is drawn, in frames a second.
const FRAMES: u8 = 10;

/// A line of `--json`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase", tag = "kind")]
enum Line<'l> {
    #[serde(rename_all = "camelCase")]
    Explored {
        file: &'l str,
        workflow: &'l str,
        runs: usize,
        untried: usize,
        steps: usize,
        steps_total: usize,
        routes: usize,
        routes_total: usize,
        paths: usize,
        paths_total: String,
        unreached_routes: &'l [String],
    },
    #[serde(rename_all = "camelCase")]
    Fault { file: &'l str, workflow: &'l str, run: RunView, test: String },
}

/// What one file's exploration comes to.
#[derive(Default)]
struct Tally {
    workflows: usize,
    broken: usize,
    faults: usize,
    written: usize,
}

/// Explores every workflow of every source.
pub fn run(args: &Args) -> Outcome {
    let sources = input::collect(&args.paths)?;
    let mut tally = Tally::default();
    for source in &sources {
        one(source, args, &mut tally)?;
    }
    if tally.workflows == 0 && tally.broken == 0 {
        return Err(Failure::new("there is no workflow to explore"));
    }
    if !args.json {
        let mut out = anstream::stdout().lock();
        let style = if tally.faults + tally.broken > 0 { ERROR } else { GOOD };
        let faults = match tally.faults {
            0 => "no run-time errors".to_owned(),
            n => count(n, "run-time error"),
        };
        let workflows = count(tally.workflows, "workflow");
        match (tally.workflows, tally.broken) {
            (0, _) => {}
            (_, 0) => writeln!(out, "{style}{faults}{style:#} in {workflows}")?,
            (_, broken) => {
                let broken = count(broken, "file");
                writeln!(out, "{style}{faults}{style:#} in {workflows}; {broken} with errors")?;
            }
        }
        if args.write {
            writeln!(out, "{} written", count(tally.written, "test"))?;
        }
    }
    Ok(if tally.faults + tally.broken > 0 { ExitCode::from(1) } else { ExitCode::SUCCESS })
}

fn one(source: &Source, args: &Args, tally: &mut Tally) -> Result<(), Failure> {
    let analysis = source.analyse(args.syntax)?;
    let name = source.name();
    if analysis.has_errors() {
        if super::is_other_json(&analysis) {
            return Ok(());
        }
        tally.broken += 1;
        return super::print_broken(&analysis, &name, args.json);
    }
    if args.write && analysis.syntax == Syntax::Json && !analysis.workflows.is_empty() {
        return Err(Failure::new(format_args!("{name} is JSON, and tests are written in .writ"))
            .help(format_args!("writ convert {name} makes a .writ file of it")));
    }
    if args.write && matches!(source, Source::Stdin) {
        return Err(Failure::new("tests cannot be added to standard input").help("name a file"));
    }
    let reports = if args.write { testing::run_all(&analysis, |_| true) } else { Vec::new() };
    let viewer = Viewer { file: &name, analysis: &analysis };
    let mut text = String::new();
    let mut names: HashSet<String> = analysis.tests.iter().map(|test| test.name.clone()).collect();
    for (at, (found, workflow)) in
        analysis.workflows.iter().zip(&analysis.module.workflows).enumerate()
    {
        let Some((program, slug)) = testing::program_of(&analysis, at) else { continue };
        tally.workflows += 1;
        let outcomes = outcomes(workflow, &found.flow, &found.typed);
        let bar = progress(slug);
        let told = |runs: usize, due: usize| {
            bar.set_length((runs + due).min(args.max_runs) as u64);
            bar.set_position(runs as u64);
        };
        let explored = explore(program, &found.flow, &outcomes, slug, args.max_runs, told)
            .map_err(|refused| {
                Failure::new(format_args!("the machine refused to run {slug}: {refused}"))
                    .help("this is a defect of writ, and not of the workflow: please report it")
            })?;
        bar.finish_and_clear();
        tally.faults += explored.faults.len();
        let several = (analysis.workflows.len() > 1).then_some(slug);
        let writer = || Writer::new(program, &found.flow, several, names.clone());
        let arms = coverage::untaken(workflow, &found.flow, &explored.coverage);
        if args.json {
            json(&name, slug, &explored, &arms)?;
        } else {
            human_summary(&name, slug, &explored, &arms)?;
        }
        let mut shown = writer();
        for way in &explored.faults {
            let run = viewer.run(at, program, &way.trace);
            fault(&name, slug, run, canonical(&shown.test(way)), args.json)?;
        }
        if args.write {
            let mut writer = writer();
            let own = analysis.tests.iter().zip(&reports).filter(|(test, _)| test.workflow == at);
            let own = own.filter_map(|(_, report)| report.as_ref());
            let taken: HashSet<Turns> =
                own.map(|report| turns(&found.flow, &report.trace)).collect();
            let is_new = |way: &&Way| !taken.contains(&turns(&found.flow, &way.trace));
            for way in explored.ways.iter().filter(is_new) {
                text += &format!("\n{}", writer.test(way));
                tally.written += 1;
            }
            names = writer.into_names();
        }
    }
    if text.is_empty() { Ok(()) } else { append(&name, &analysis, &text) }
}

/// Adds tests to the end of the file they are of.
fn append(name: &str, analysis: &Analysis, tests: &str) -> Result<(), Failure> {
    let text = canonical(&format!("{}\n{tests}", analysis.text.trim_end()));
    crate::write::replace(Path::new(name), text.as_bytes())
}

fn canonical(text: &str) -> String {
    format::format(text.as_bytes(), Syntax::Writ).unwrap_or_else(|_| text.to_owned())
}

fn progress(slug: &str) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr_with_hz(FRAMES));
    let template = "{spinner} {msg}: {pos} runs, {len} known of [{elapsed}]";
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    bar.set_message(slug.to_owned());
    bar.enable_steady_tick(Duration::from_millis(100));
    bar
}

fn human_summary(
    name: &str,
    slug: &str,
    explored: &Explored,
    unreached: &[String],
) -> Result<(), Failure> {
    let Explored { coverage, total, runs, left, .. } = explored;
    let mut out = anstream::stdout().lock();
    writeln!(
        out,
        "{HEAD}{slug}{HEAD:#} {DIM}{name}{DIM:#}: {}; {} of {}, {} of {}, {} of {}",
        count(*runs, "run"),
        coverage.steps.len(),
        count(total.steps, "step"),
        coverage.arms.len(),
        count(total.arms, "route"),
        coverage.paths.len(),
        paths_words(total.paths),
    )?;
    if *left > 0 {
        let known = runs + left;
        let share = *runs as f64 / known as f64 * 100.0;
        writeln!(
            out,
            "  {WARN}bounded{WARN:#}  {runs} of at least {known} combinations were tried ({share:.1}%); --max-runs raises the bound"
        )?;
    }
    for arm in unreached {
        writeln!(out, "  {WARN}not reached{WARN:#}  {arm}")?;
    }
    Ok(())
}

fn json(name: &str, slug: &str, explored: &Explored, arms: &[String]) -> Result<(), Failure> {
    let Explored { coverage, total, runs, left, .. } = explored;
    super::print_line(&Line::Explored {
        file: name,
        workflow: slug,
        runs: *runs,
        untried: *left,
        steps: coverage.steps.len(),
        steps_total: total.steps,
        routes: coverage.arms.len(),
        routes_total: total.arms,
        paths: coverage.paths.len(),
        paths_total: total.paths.to_string(),
        unreached_routes: arms,
    })
}

/// A run that failed because of the workflow, with the test that shows it.
fn fault(name: &str, slug: &str, run: RunView, test: String, as_json: bool) -> Result<(), Failure> {
    if as_json {
        return super::print_line(&Line::Fault { file: name, workflow: slug, run, test });
    }
    let mut out = anstream::stdout().lock();
    writeln!(out, "\n{ERROR}run-time error{ERROR:#} in {HEAD}{slug}{HEAD:#}")?;
    human::run(&mut out, name, &run)?;
    writeln!(out, "\n  {HEAD}a test that shows it{HEAD:#}")?;
    for line in test.trim_end().lines() {
        writeln!(out, "  {DIM}{line}{DIM:#}")?;
    }
    writeln!(out)?;
    Ok(())
}
