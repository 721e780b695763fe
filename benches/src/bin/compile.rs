//! The compiler alone: text to verified program, at growing sizes; and `writ check` as a whole process.
//!
//! `cargo run --release -p writ-benches --bin compile`

#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use serde_json::Value;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use writ_benches::{machine, process, specs};
use writ_compiler::analysis::{Analysis, Options, Syntax};
use writ_compiler::{convert, format};

fn main() {
    println!("{}", machine());
    println!("{:<34} {:>8} {:>10} {:>10} {:>12}", "", "lines", "median ms", "max ms", "lines/s");
    // Beyond what a workflow may have, to see how the work grows.
    let options = Options { steps_max: Some(10_000), ..Options::default() };
    let shapes: [(&str, Spec, &[usize]); 3] = [
        ("calls and decisions", specs::long, &[5, 100, 500, 1_000, 2_000, 5_000]),
        ("diamonds", specs::diamonds, &[78, 500, 1_000, 2_000, 5_000]),
        ("one wide decision", specs::wide, &[500, 1_000, 2_000, 5_000]),
    ];
    for (shape, spec, sizes) in shapes {
        for &steps in sizes {
            let text = serde_json::to_string_pretty(&spec(steps)).expect("JSON");
            let times = sample(20, || {
                let analysis = Analysis::with(text.as_str(), Syntax::Json, options);
                let first = analysis.diagnostics.first();
                assert!(!analysis.has_errors(), "the spec compiles: {first:?}");
            });
            row(&format!("{shape}, {steps} steps"), text.lines().count(), &times);
        }
    }
    let text = serde_json::to_string_pretty(&specs::long(1_000)).expect("JSON");
    let analysis = Analysis::new(text.as_str(), Syntax::Json);
    let written =
        convert::to_writ(&analysis.module, &analysis.module.workflows[0], &analysis.workflows[0]);
    let times = sample(20, || {
        let analysis = Analysis::new(written.as_str(), Syntax::Writ);
        assert!(!analysis.has_errors(), "the workflow compiles");
    });
    row("the same in .writ, 1000 steps", written.lines().count(), &times);
    let times = sample(20, || {
        assert!(format::format(written.as_bytes(), Syntax::Writ).is_ok());
    });
    row("writ fmt, 1000 steps", written.lines().count(), &times);
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

/// Makes a spec of about so many steps.
type Spec = fn(usize) -> Value;

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
        "{name:<34} {lines:>8} {:>10.2} {:>10.2} {:>12.0}",
        median.as_secs_f64() * 1e3,
        times[times.len() - 1].as_secs_f64() * 1e3,
        lines as f64 / median.as_secs_f64(),
    );
}
