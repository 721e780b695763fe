//! Texts with very many mistakes: how the time of an analysis, and of printing all that it finds, grows with the text.
//!
//! Six times the text should take six times as long, but for a constant part: names are compared for a bounded time.

#[path = "../../../compiler/tests/large/texts.rs"]
#[allow(dead_code, reason = "the tests have more use for it")]
mod texts;

use std::hint::black_box;
use std::time::{Duration, Instant};
use texts::{Kind, MISTAKES, OTHERS};
use writ_benches::machine;
use writ_compiler::analysis::Analysis;
use writ_compiler::diagnostic::render;

/// How many parts a text has, the smaller and the larger.
const PARTS: [usize; 2] = [100, 600];

fn main() {
    println!("{}", machine());
    println!("{:<42} {:>10} {:>10} {:>6}", "", "100 parts", "600 parts", "ratio");
    for kind in MISTAKES.iter().chain(OTHERS) {
        let [small, large] = PARTS.map(|parts| time(kind, parts));
        let ratio = large.as_secs_f64() / small.as_secs_f64();
        println!("{:<42} {small:>10.1?} {large:>10.1?} {ratio:>6.1}", kind.name);
    }
}

fn time(kind: &Kind, parts: usize) -> Duration {
    let text = (kind.text)(parts);
    let begun = Instant::now();
    let analysis = Analysis::new(text, kind.syntax);
    black_box(render::human::human(&analysis, "input", false));
    black_box(render::json::json(&analysis, "input"));
    black_box(render::sarif::log(render::sarif::results(&analysis, "input")));
    begun.elapsed()
}
