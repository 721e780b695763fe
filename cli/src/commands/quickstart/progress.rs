//! How the quickstart shows its work: live on a terminal, plain lines elsewhere.

use super::verify::at;
use crate::failure::Failure;
use crate::output::{DIM, ERROR, GOOD, HEAD, WARN};
use anstyle::Style;
use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::Value;
use std::collections::HashMap;
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
    /// Live when standard output is a terminal.
    pub fn new() -> Self {
        let live = io::stdout().is_terminal();
        let live = live.then(|| MultiProgress::with_draw_target(ProgressDrawTarget::stdout()));
        Self { live }
    }

    /// Whether somebody watches.
    pub fn is_live(&self) -> bool {
        self.live.is_some()
    }

    /// A line that stays.
    pub fn line(&self, text: &str) -> Result<(), Failure> {
        Ok(writeln!(anstream::stdout().lock(), "{text}")?)
    }

    /// A heading.
    pub fn heading(&self, text: &str) -> Result<(), Failure> {
        self.line(&format!("\n{HEAD}{text}{HEAD:#}"))
    }

    /// Something done.
    pub fn done(&self, text: &str) -> Result<(), Failure> {
        self.line(&format!("{GOOD}✓{GOOD:#} {text}"))
    }

    /// The view of one run.
    pub fn run(&self) -> RunView {
        RunView { live: self.live.clone(), bars: HashMap::new(), seen: HashMap::new() }
    }
}

/// A step list that follows one run.
#[derive(Debug)]
pub struct RunView {
    live: Option<MultiProgress>,
    /// By step id, on a terminal.
    bars: HashMap<String, ProgressBar>,
    /// Statuses already printed, by step id, elsewhere.
    seen: HashMap<String, String>,
}

impl RunView {
    /// Shows the run as it is now.
    pub fn update(&mut self, execution: &Value) -> Result<(), Failure> {
        for step in steps(execution) {
            match &self.live {
                Some(multi) => {
                    let id = text(step, "/id");
                    let bar = self.bars.entry(id).or_insert_with(|| spinner(multi));
                    bar.set_message(describe(step));
                }
                None => {
                    let status = text(step, "/status");
                    let before = self.seen.insert(text(step, "/id"), status.clone());
                    if before.as_ref() != Some(&status) {
                        writeln!(anstream::stdout().lock(), "  {}", describe(step))?;
                    }
                }
            }
        }
        Ok(())
    }

    /// Leaves the final step list on the screen.
    pub fn finish(mut self, execution: &Value) -> Result<(), Failure> {
        self.update(execution)?;
        if self.live.is_some() {
            for bar in self.bars.values() {
                bar.finish_and_clear();
            }
            let mut out = anstream::stdout().lock();
            for step in steps(execution) {
                writeln!(out, "  {}", describe(step))?;
            }
        }
        let status = text(execution, "/status");
        let style = style(&status);
        let mut out = anstream::stdout().lock();
        Ok(writeln!(out, "  {style}{status}{style:#}")?)
    }
}

impl Drop for RunView {
    /// A run that is given up, on Ctrl-C or an error, leaves no spinner behind.
    fn drop(&mut self) {
        for bar in self.bars.values() {
            bar.finish_and_clear();
        }
    }
}

fn spinner(multi: &MultiProgress) -> ProgressBar {
    let template = ProgressStyle::with_template("  {spinner:.cyan} {msg}");
    let bar = multi.add(ProgressBar::new_spinner());
    // The template is a constant; should it be refused, the default spinner does.
    bar.set_style(template.unwrap_or_else(|_| ProgressStyle::default_spinner()));
    bar.enable_steady_tick(TICK);
    bar
}

fn steps(execution: &Value) -> &[Value] {
    at(execution, "/steps").as_array().map_or(&[], Vec::as_slice)
}

/// `✓ kyc  service_call  succeeded  12 ms  → passed`
fn describe(step: &Value) -> String {
    let status = text(step, "/status");
    let style = style(&status);
    let (node, kind) = (text(step, "/nodeId"), text(step, "/type"));
    let time = at(step, "/durationMs").as_u64().map_or(String::new(), |ms| format!("{ms} ms"));
    let attempts = match at(step, "/attempts").as_u64() {
        Some(n) if n > 1 => format!("  {n} attempts"),
        _ => String::new(),
    };
    let result = ["/output/selected", "/output/decision", "/output/ktpBundle/verdict"];
    let result = result.iter().find_map(|pointer| at(step, pointer).as_str());
    let result = result.map_or(String::new(), |value| format!("  → {value}"));
    format!(
        "{style}{}{style:#} {node:<17} {DIM}{kind:<15}{DIM:#} {style}{status:<17}{style:#} {time:>7}{attempts}{result}",
        mark(&status)
    )
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
