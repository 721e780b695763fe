//! How the quickstart shows its work: live on a terminal, plain lines elsewhere.

use super::verify::at;
use crate::failure::Failure;
use crate::output::{self, DIM, ERROR, GOOD, HEAD, WARN};
use anstyle::Style;
use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};
use serde_json::Value;
use std::collections::HashMap;
use std::fmt;
use std::io::{self, IsTerminal, Write};
use std::time::Duration;

/// How often a spinner turns.
const TICK: Duration = Duration::from_millis(80);

/// The place where progress is shown.
#[derive(Debug)]
pub struct Progress {
    live: Option<MultiProgress>,
}

impl Progress {
    /// Live when standard output is a terminal that can move its cursor.
    pub fn new() -> Self {
        let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        let live = io::stdout().is_terminal() && !dumb;
        let live = live.then(|| MultiProgress::with_draw_target(ProgressDrawTarget::stdout()));
        Self { live }
    }

    /// Whether somebody watches.
    pub fn is_live(&self) -> bool {
        self.live.is_some()
    }

    /// A line that stays.
    pub fn line(&self, text: &str) -> Result<(), Failure> {
        let write = || writeln!(anstream::stdout().lock(), "{text}");
        Ok(match &self.live {
            // What moves makes room for it, and goes on below.
            Some(live) => live.suspend(write),
            None => write(),
        }?)
    }

    /// A heading.
    pub fn heading(&self, text: &str) -> Result<(), Failure> {
        self.line(&format!("\n{HEAD}{text}{HEAD:#}"))
    }

    /// Something done.
    pub fn done(&self, text: &str) -> Result<(), Failure> {
        self.line(&format!("{GOOD}✓{GOOD:#} {text}"))
    }

    /// Something that came out wrong; what exactly is listed at the end.
    pub fn wrong(&self, text: &str) -> Result<(), Failure> {
        self.line(&format!("{ERROR}✗{ERROR:#} {text}"))
    }

    /// Shows, where somebody watches, that something is waited for; until the value is dropped.
    pub fn waiting(&self, text: &str) -> Waiting {
        Waiting(self.live.as_ref().map(|live| {
            let bar = live.add(ProgressBar::new_spinner());
            turn(&bar, text.to_owned());
            bar
        }))
    }

    /// The view of one run, which is to take these steps.
    pub fn run(&self, path: &[&str]) -> RunView<'_> {
        let live = self.live.as_ref().map(|multi| LiveRun::new(multi, path));
        RunView { progress: self, live, seen: HashMap::new() }
    }
}

/// A spinner that goes when it is dropped.
#[derive(Debug)]
pub struct Waiting(Option<ProgressBar>);

impl Drop for Waiting {
    fn drop(&mut self) {
        if let Some(bar) = &self.0 {
            bar.finish_and_clear();
        }
    }
}

/// A step list that follows one run.
#[derive(Debug)]
pub struct RunView<'a> {
    progress: &'a Progress,
    live: Option<LiveRun>,
    /// Statuses already printed, by step id, where nobody watches.
    seen: HashMap<String, String>,
}

impl RunView<'_> {
    /// Shows the run as it is now.
    pub fn update(&mut self, execution: &Value) -> Result<(), Failure> {
        for step in steps(execution) {
            if let Some(live) = &mut self.live {
                live.show(step);
                continue;
            }
            let status = text(step, "/status");
            let before = self.seen.insert(text(step, "/id"), status.clone());
            if before.as_ref() != Some(&status) {
                self.progress.line(&format!("  {}", describe(step)))?;
            }
        }
        Ok(())
    }

    /// Leaves the final step list on the screen.
    pub fn finish(mut self, execution: &Value) -> Result<(), Failure> {
        self.update(execution)?;
        if self.live.take().is_some() {
            for step in steps(execution) {
                self.progress.line(&format!("  {}", describe(step)))?;
            }
        }
        let status = text(execution, "/status");
        let style = style(&status);
        self.progress.line(&format!("  {style}{status}{style:#}"))
    }
}

/// The moving part: a line for each step, those to come included.
#[derive(Debug)]
struct LiveRun {
    multi: MultiProgress,
    lines: Vec<Line>,
}

/// One step's line.
#[derive(Debug)]
struct Line {
    node: String,
    bar: ProgressBar,
    turning: bool,
}

impl LiveRun {
    fn new(multi: &MultiProgress, path: &[&str]) -> Self {
        let mut live = Self { multi: multi.clone(), lines: Vec::new() };
        for node in path {
            let line = live.add(node);
            stand(&line.bar, format!("{DIM}· {node:<17} {:<15} to come{DIM:#}", ""));
            live.lines.push(line);
        }
        live
    }

    fn add(&self, node: &str) -> Line {
        let bar = self.multi.add(ProgressBar::new_spinner());
        Line { node: node.to_owned(), bar, turning: false }
    }

    fn show(&mut self, step: &Value) {
        let node = text(step, "/nodeId");
        if !self.lines.iter().any(|line| line.node == node) {
            self.lines.push(self.add(&node));
        }
        let Some(line) = self.lines.iter_mut().find(|line| line.node == node) else { return };
        let turns = matches!(text(step, "/status").as_str(), "pending" | "running");
        match (turns, line.turning) {
            (true, false) => turn(&line.bar, columns(step)),
            (true, true) => {}
            (false, _) => stand(&line.bar, describe(step)),
        }
        line.turning = turns;
    }
}

impl Drop for LiveRun {
    /// A run that is given up, on Ctrl-C or an error, leaves nothing moving behind.
    fn drop(&mut self) {
        for line in &self.lines {
            line.bar.finish_and_clear();
        }
    }
}

/// Shows a line that stands still.
fn stand(line: &ProgressBar, message: String) {
    line.disable_steady_tick();
    line.set_style(template("  {msg}"));
    line.set_message(painted(message));
    line.tick();
}

/// Shows a line with a spinner and the time so far.
fn turn(line: &ProgressBar, message: String) {
    let time = |state: &ProgressState, out: &mut dyn fmt::Write| {
        // A line that cannot be written is drawn again in a moment.
        let _ = write!(out, "{:.1} s", state.elapsed().as_secs_f64());
    };
    line.set_style(template("  {spinner:.cyan} {msg} {time:.dim}").with_key("time", time));
    line.set_message(painted(message));
    line.reset_elapsed();
    line.enable_steady_tick(TICK);
}

/// The templates are constants; should one be refused, the default does.
fn template(text: &str) -> ProgressStyle {
    ProgressStyle::with_template(text).unwrap_or_else(|_| ProgressStyle::default_spinner())
}

/// The text with its colours only where they are wanted.
fn painted(text: String) -> String {
    if output::colours_stdout() { text } else { anstream::adapter::strip_str(&text).to_string() }
}

fn steps(execution: &Value) -> &[Value] {
    at(execution, "/steps").as_array().map_or(&[], Vec::as_slice)
}

/// `✓ kyc  service_call  succeeded  12 ms  → passed`
fn describe(step: &Value) -> String {
    let status = text(step, "/status");
    let style = style(&status);
    let time = at(step, "/durationMs").as_u64().map_or(String::new(), |ms| format!("{ms} ms"));
    let attempts = match at(step, "/attempts").as_u64() {
        Some(n) if n > 1 => format!("  {n} attempts"),
        _ => String::new(),
    };
    let result = ["/output/selected", "/output/decision", "/output/ktpBundle/verdict"];
    let result = result.iter().find_map(|pointer| at(step, pointer).as_str());
    let result = result.map_or(String::new(), |value| format!("  → {value}"));
    let mark = mark(&status);
    let line = format!("{style}{mark}{style:#} {} {time:>7}{attempts}{result}", columns(step));
    line.trim_end().to_owned()
}

/// A step's name, type and status.
fn columns(step: &Value) -> String {
    let (node, kind, status) = (text(step, "/nodeId"), text(step, "/type"), text(step, "/status"));
    let style = style(&status);
    format!("{node:<17} {DIM}{kind:<15}{DIM:#} {style}{status:<17}{style:#}")
}

fn mark(status: &str) -> char {
    match status {
        "succeeded" => '✓',
        "failed" | "cancelled" => '✗',
        "awaiting_approval" => '?',
        _ => '·',
    }
}

fn style(status: &str) -> Style {
    match status {
        "succeeded" => GOOD,
        "failed" | "cancelled" => ERROR,
        _ => WARN,
    }
}

fn text(value: &Value, pointer: &str) -> String {
    at(value, pointer).as_str().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::describe;
    use serde_json::json;

    #[test]
    fn a_step_is_one_line() {
        let line = |step| anstream::adapter::strip_str(&describe(&step)).to_string();
        insta::assert_snapshot!(line(json!({
            "nodeId": "kyc", "type": "service_call", "status": "succeeded", "durationMs": 12, "attempts": 2,
            "output": {"ktpBundle": {"verdict": "passed"}}
        })), @"✓ kyc               service_call    succeeded           12 ms  2 attempts  → passed");
        insta::assert_snapshot!(line(json!({
            "nodeId": "wait_for_analyst", "type": "human_approval", "status": "awaiting_approval"
        })), @"? wait_for_analyst  human_approval  awaiting_approval");
    }
}
