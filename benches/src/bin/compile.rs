//! The compiler alone: text to verified program, at growing sizes; and `writ check` as a whole process.
//!
//! `cargo run --release -p writ-benches --bin compile`

#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use writ_benches::{machine, process, specs};
use writ_compiler::analysis::{Analysis, Syntax};

fn main() {
    println!("{}", machine());
    println!("{:<28} {:>8} {:>10} {:>10} {:>12}", "", "lines", "median ms", "max ms", "lines/s");
    for steps in [5, 100, 500, 1_000] {
        let text = serde_json::to_string_pretty(&specs::long(steps)).expect("JSON");
        let lines = text.lines().count();
        let times = sample(30, || {
            let analysis = Analysis::new(text.as_str(), Syntax::Json);
            assert!(
                !analysis.has_errors(),
                "the spec compiles: {:?}",
                analysis.diagnostics.first()
            );
        });
        row(&format!("compile, {steps} steps (JSON)"), lines, &times);
    }
    let writ = process::build("writ", "writ");
    let dir = tempfile::tempdir().expect("a folder");
    let file = dir.path().join("workflow.json");
    std::fs::write(&file, specs::long(5).to_string()).expect("a file");
    let times = sample(50, || {
        let check = Command::new(&writ)
            .arg("check")
            .arg(&file)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        assert!(check.expect("writ runs").success());
    });
    row("writ check, whole process", 1, &times);
}

fn sample(n: usize, mut work: impl FnMut()) -> Vec<Duration> {
    let mut times: Vec<Duration> = (0..n)
        .map(|_| {
            let started = Instant::now();
            work();
            started.elapsed()
        })
        .collect();
    times.sort_unstable();
    times
}

fn row(name: &str, lines: usize, times: &[Duration]) {
    let median = times[times.len() / 2];
    println!(
        "{name:<28} {lines:>8} {:>10.2} {:>10.2} {:>12.0}",
        median.as_secs_f64() * 1e3,
        times[times.len() - 1].as_secs_f64() * 1e3,
        lines as f64 / median.as_secs_f64(),
    );
}
