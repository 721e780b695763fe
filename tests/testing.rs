//! `writ test`, through the binary.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use serde_json::Value as Json;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use support::{Ran, run_in};
use tempfile::TempDir;

const LOAN: &str = r#"service custom:bank {
  operation score {
    POST "/score"
    request { id: string }
    response { score: int, tier: "gold" | "silver" }
  }
}

workflow "loan" {
  trigger api { id: string, amount: int }

  call score = custom:bank.score { id: trigger.id }
  on error 404 -> unknown

  decide size {
    when trigger.amount > 1000 && step.score.output.tier == "silver" -> review
    else -> pay
  }

  approval review {
    label "A large loan"
    timeout 2d
    on timeout -> refuse
    on reject -> refuse
    form { limit: int }
  }
  -> pay

  transform pay = { rate: 1000 / step.score.output.score }
  -> end

  emit refuse = "loan.refused" { id: trigger.id }
  -> end

  fail unknown = "unknown_customer"
}
"#;

const GOOD: &str = r#"
test "a small loan is paid" {
  trigger { id: "a", amount: 10 }
  expect path [score, size, pay]
  expect call score { method: "POST", body: { id: "a" } }
}

test "nobody looks at it" {
  trigger { id: "a", amount: 5000 }
  mock score { tier: "silver" }
  expire review
  expect emit "loan.refused" { id: "a" }
}
"#;

const BAD: &str = r#"
test "a large loan is looked at" {
  trigger { id: "a", amount: 5000 }
  mock score { tier: "gold", score: 4 }
  approve review { limit: 1 }
  expect path [score, size, review, pay]
  expect output { rate: 200 }
}

test "nobody answers" {
  trigger { id: "a", amount: 5000 }
  mock score { tier: "silver" }
  expect path [score, size, review]
}
"#;

fn writ(directory: &Path, args: &[&str]) -> Ran {
    run_in(directory, args, b"")
}

fn directory(files: &[(&str, String)]) -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    for (name, text) in files {
        fs::write(directory.path().join(name), text).unwrap();
    }
    directory
}

/// Standard output, with times left out.
fn told(output: &Ran) -> String {
    let lines = output.stdout.lines().map(|line| match line.split_once(" in ") {
        Some((what, ms)) if ms.ends_with(" ms") => format!("{what} in ... ms"),
        _ => line.to_owned(),
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn lines(output: &Ran) -> Vec<Json> {
    output.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn tests_pass_and_say_what_they_cover() {
    let directory = directory(&[("loan.writ", format!("{LOAN}{GOOD}"))]);
    let output = writ(directory.path(), &["test"]);
    assert_eq!(output.code, Some(0));
    insta::assert_snapshot!(told(&output), @r#"
    ./loan.writ
    pass  a small loan is paid
    pass  nobody looks at it

    loan: 5 of 6 steps, 4 of 7 routes, 2 of 5 paths taken
      not taken  score -> unknown (on error 404)
      not taken  review -> pay
      not taken  review -> refuse (on reject)

    2 passed in ... ms
    "#);
}

#[test]
fn a_failure_shows_what_differs_and_the_way_that_was_taken() {
    let directory = directory(&[("loan.writ", format!("{LOAN}{BAD}"))]);
    let output = writ(directory.path(), &["test", "loan.writ"]);
    assert_eq!(output.code, Some(1));
    insta::assert_snapshot!(told(&output), @r#"
    loan.writ
    FAIL  a large loan is looked at
          what it says of `review` was not needed
    FAIL  nobody answers

    FAIL  a large loan is looked at  loan.writ:38:6

      the run took another way
      loan.writ:42:3  expect path [score, size, review, pay]
          score
          size
        - review
          pay

      the run's output is another
      loan.writ:43:3  expect output { rate: 200 }
        - rate: 200
        + rate: 250

      the run succeeded
      ✓ score  service_call
      ✓ size   decision        → default
      ✓ pay    transform

    FAIL  nobody answers  loan.writ:46:6

      it waits for the approval `review`: say `approve review` or `reject review`

      the run waits for an approval
      ✓ score   service_call
      ✓ size    decision        → review
      ? review  human_approval  waits

    loan: 4 of 6 steps, 3 of 7 routes, 1 of 5 paths taken
      not taken  score -> unknown (on error 404)
      not taken  review -> pay
      not taken  review -> refuse (on timeout)
      not taken  review -> refuse (on reject)

    0 passed, 2 failed in ... ms
    "#);
}

#[test]
fn programs_and_build_servers_read_the_same() {
    let directory = directory(&[("loan.writ", format!("{LOAN}{GOOD}{BAD}"))]);
    let output = writ(directory.path(), &["test", "--json", "--junit", "report.xml"]);
    assert_eq!(output.code, Some(1));
    let lines = lines(&output);
    let kinds: Vec<_> = lines.iter().map(|line| line["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["test", "test", "test", "test", "coverage", "summary"]);
    assert_eq!(lines[2]["failures"][0]["difference"][2]["text"], "review");
    assert_eq!(lines[3]["run"]["status"], "awaiting_approval");
    assert_eq!((&lines[5]["passed"], &lines[5]["failed"]), (&Json::from(2), &Json::from(2)));
    let xml = fs::read_to_string(directory.path().join("report.xml")).unwrap();
    assert!(xml.contains(r#"tests="4" skipped="0" failures="2" errors="0""#), "{xml}");
    assert!(xml.contains("loan.writ:55:3"), "{xml}");
}

#[test]
fn a_filter_chooses_and_nothing_to_run_is_no_success() {
    let good = format!("{LOAN}{GOOD}");
    let directory = directory(&[("loan.writ", good), ("bare.writ", LOAN.to_owned())]);
    let output = writ(directory.path(), &["test", "--filter", "small"]);
    assert_eq!(output.code, Some(0));
    assert!(told(&output).contains("1 passed, 1 left out"), "{}", told(&output));
    let none = writ(directory.path(), &["test", "--filter", "nothing like it"]);
    assert_eq!(none.code, Some(2));
    let none = writ(directory.path(), &["test", "bare.writ"]);
    assert_eq!(none.code, Some(2));
    assert!(none.stderr.contains("there are no tests"));
}

#[test]
fn a_file_with_errors_fails_and_others_still_run() {
    let broken = format!("{LOAN}\ntest \"x\" {{ mock scor {{}} }}\n");
    let directory = directory(&[("a.writ", broken), ("b.writ", format!("{LOAN}{GOOD}"))]);
    let output = writ(directory.path(), &["test"]);
    assert_eq!(output.code, Some(1));
    let told = told(&output);
    assert!(told.contains("error[WR0202]: no step is called \"scor\""), "{told}");
    assert!(told.contains("2 passed, 1 file with errors in"), "{told}");
}

#[test]
fn exploring_finds_every_way_and_what_goes_wrong() {
    let directory = directory(&[("loan.writ", LOAN.to_owned())]);
    let output = writ(directory.path(), &["test", "--explore"]);
    assert_eq!(output.code, Some(1));
    insta::assert_snapshot!(told(&output), @r#"
    loan ./loan.writ: 19 runs; 6 of 6 steps, 7 of 7 routes, 5 of 5 paths

    run-time error in loan

      the run failed
      ✓ score  service_call
      ✓ size   decision        → default
      ✗ pay    transform
          template_failed: division by zero; it met 1000
          ./loan.writ:29:27 in `1000 / step.score.output.score`

      a test that shows it
      test "size otherwise: template_failed" {
        trigger { amount: 999, id: sample }
        mock score { score: 0, tier: "gold" }
        expect path [score, size, pay]
        expect error "template_failed"
      }

    1 run-time error in 1 workflow
    "#);
    let output = writ(directory.path(), &["test", "--explore", "--max-runs", "2"]);
    assert!(told(&output).contains("bounded  2 of at least"), "{}", told(&output));
}

#[test]
fn what_was_explored_is_written_as_tests_once() {
    let directory = directory(&[("loan.writ", format!("{LOAN}{GOOD}"))]);
    writ(directory.path(), &["test", "--explore", "--write"]);
    let written = fs::read_to_string(directory.path().join("loan.writ")).unwrap();
    assert!(written.starts_with(LOAN), "{written}");
    let output = writ(directory.path(), &["test", "--json"]);
    assert_eq!(output.code, Some(0), "{}", told(&output));
    let lines = lines(&output);
    let coverage = lines.iter().find(|line| line["kind"] == "coverage").unwrap();
    assert_eq!(coverage["untakenRoutes"], Json::from(Vec::<Json>::new()), "{coverage}");
    writ(directory.path(), &["test", "--explore", "--write"]);
    assert_eq!(fs::read_to_string(directory.path().join("loan.writ")).unwrap(), written);
}

#[test]
fn a_way_that_breaks_off_is_written_once_too() {
    let text = "workflow \"w\" {\n  approval a { label \"x\" on reject fail }\n}\n";
    let directory = directory(&[("w.writ", text.to_owned())]);
    let written = || {
        writ(directory.path(), &["test", "--explore", "--write"]);
        fs::read_to_string(directory.path().join("w.writ")).unwrap()
    };
    let first = written();
    assert_eq!(first.matches("\ntest ").count(), 2, "{first}");
    assert_eq!(written(), first);
}

#[test]
fn watching_runs_again_when_a_file_changes() {
    let directory = directory(&[("loan.writ", format!("{LOAN}{GOOD}"))]);
    let file = directory.path().join("loan.writ");
    let mut child = Command::new(env!("CARGO_BIN_EXE_writ"))
        .args(["test", "--watch", "loan.writ"])
        .current_dir(directory.path())
        .env("NO_COLOR", "1")
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut wait_for = |part: &str| lines.any(|line| line.unwrap().contains(part));
    assert!(wait_for("2 passed"));
    fs::write(&file, format!("{LOAN}{BAD}")).unwrap();
    assert!(wait_for("0 passed, 2 failed"));
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn the_examples_of_the_guide_pass() {
    let page = fs::read_to_string(support::repository().join("docs/testing.md")).unwrap();
    let blocks: Vec<&str> =
        page.split("```writ\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    assert_eq!(blocks.len(), 2);
    for block in blocks {
        let directory = directory(&[("example.writ", block.to_owned())]);
        let output = writ(directory.path(), &["test"]);
        assert_eq!(output.code, Some(0), "{}", output.stdout);
        writ(directory.path(), &["check", "--deny", "warnings"]).ok();
        writ(directory.path(), &["fmt", "--check"]).ok();
    }
}
