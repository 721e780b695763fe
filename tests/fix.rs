//! `writ check --fix`: files, standard input, and what would change.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use std::fs;
use support::run_in;
use tempfile::TempDir;

/// An envelope as the API takes it, with a comma too many, a comma too few, and a key without quotes.
const BROKEN: &str = r#"{
  "slug": "hello",
  "spec": {
    startNodeId: "greet",
    "nodes": [
      { "id": "greet", "type": "transform" "value": "hello" },
    ],
    "edges": []
  }
}
"#;

const MENDED: &str = r#"{
  "slug": "hello",
  "spec": {
    "startNodeId": "greet",
    "nodes": [
      { "id": "greet", "type": "transform", "value": "hello" }
    ],
    "edges": []
  }
}
"#;

fn directory(text: &str) -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("hello.json"), text).unwrap();
    directory
}

#[test]
fn a_file_is_mended_in_place_and_what_is_left_is_reported() {
    let directory =
        directory(&BROKEN.replace("\"edges\": []", "\"edges\": [{ \"from\": \"greet\" }]"));
    let ran = run_in(directory.path(), &["check", "--fix", "hello.json"], b"");
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    assert!(ran.stderr.contains("fixed 3 problems in hello.json (WR0101)"), "{}", ran.stderr);
    assert!(ran.stdout.contains("WR0107") && !ran.stdout.contains("WR0101"), "{}", ran.stdout);
    let text = fs::read_to_string(directory.path().join("hello.json")).unwrap();
    assert_eq!(text, MENDED.replace("\"edges\": []", "\"edges\": [{ \"from\": \"greet\" }]"));
}

#[test]
fn a_byte_order_mark_and_line_ends_stay() {
    let windows = |text: &str| format!("\u{feff}{}", text.replace('\n', "\r\n"));
    let directory = directory(&windows(BROKEN));
    run_in(directory.path(), &["check", "--fix"], b"").ok();
    let text = fs::read_to_string(directory.path().join("hello.json")).unwrap();
    assert_eq!(text, windows(MENDED));
}

#[test]
fn standard_input_is_answered_on_standard_output() {
    let directory = directory("");
    let ran = run_in(directory.path(), &["check", "--fix", "-"], BROKEN.as_bytes());
    assert_eq!(ran.stdout, MENDED);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let broken = MENDED.replace("\"transform\"", "\"nonsense\"");
    let ran = run_in(directory.path(), &["check", "--fix", "-"], broken.as_bytes());
    assert_eq!((ran.code, ran.stdout), (Some(1), broken));
    assert!(ran.stderr.contains("WR0110"), "{}", ran.stderr);
}

#[test]
fn a_difference_is_shown_and_nothing_written() {
    let directory = directory(BROKEN);
    let ran = run_in(directory.path(), &["check", "--fix", "--diff", "hello.json"], b"");
    assert!(ran.stderr.contains("would fix 3 problems in hello.json"), "{}", ran.stderr);
    let shown = "--- hello.json\n+++ hello.json\n@@ -1,9 +1,9 @@\n";
    assert!(ran.stdout.starts_with(shown), "{}", ran.stdout);
    assert!(
        ran.stdout.contains("\n-    startNodeId: \"greet\",\n+    \"startNodeId\": \"greet\",\n")
    );
    assert_eq!(fs::read_to_string(directory.path().join("hello.json")).unwrap(), BROKEN);
    for flag in ["--diff", "--unsafe-fixes"] {
        let alone = run_in(directory.path(), &["check", flag, "hello.json"], b"").fails(2);
        assert!(alone.contains("--fix"), "{alone}");
    }
}

/// A create request whose decision forgets a value, and that misspells a step once.
const FORGETFUL: &str = r#"{
  "slug": "open-account",
  "spec": {
    "startNodeId": "risk",
    "nodes": [
      {
        "id": "risk", "type": "service_call", "service": "anti-fraud", "method": "POST", "path": "/api/evaluate",
        "body": { "customerId": "${trigger.customerId}", "lane": "onboarding" }
      },
      {
        "id": "by_risk", "type": "decision", "expression": "step.risk.output.decision",
        "cases": {
          "allow": { "next": "open" },
          "review": { "next": "refuse" },
          "block": { "next": "refsue" }
        }
      },
      { "id": "open", "type": "webhook_emit", "event": "account.opened" },
      { "id": "refuse", "type": "webhook_emit", "event": "account.refused" }
    ],
    "edges": [{ "from": "risk", "to": "by_risk" }]
  }
}
"#;

#[test]
fn a_forgotten_value_ends_the_run_as_failed_in_both_syntaxes() {
    let directory = directory(FORGETFUL);
    let ran = run_in(directory.path(), &["check", "--fix", "hello.json"], b"");
    assert_eq!(ran.code, Some(0), "{}{}", ran.stdout, ran.stderr);
    let fixed = "fixed 2 problems in hello.json (WR0202, WR0510)";
    assert!(ran.stderr.contains(fixed), "{}", ran.stderr);
    let text = fs::read_to_string(directory.path().join("hello.json")).unwrap();
    let case = r#""block": { "next": "refuse" },
          "flag": { "next": "by_risk_unhandled" }
"#;
    assert!(text.contains(case), "{text}");
    let end = r#"{ "id": "by_risk_unhandled", "type": "end", "fail": { "code": "unhandled_case", "#;
    assert!(text.contains(end), "{text}");

    let converted = run_in(directory.path(), &["convert", "hello.json"], b"").ok();
    let lines = converted.split_inclusive('\n');
    let forgetful: String = lines.filter(|line| !line.contains("flag ->")).collect();
    let args = ["check", "--fix", "--syntax", "writ", "-"];
    let ran = run_in(directory.path(), &args, forgetful.as_bytes());
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let arm = "flag -> fail \"unhandled_case\" \"by_risk does not handle flag\"\n";
    assert!(ran.stdout.contains(arm), "{}", ran.stdout);
}

#[test]
fn what_is_not_sure_is_left_unless_asked_for() {
    let guess = MENDED.replace("\"startNodeId\": \"greet\"", "\"startNodeId\": \"gret1\"");
    let directory = directory(&guess);
    let check =
        |flags: &[&str]| run_in(directory.path(), &[&["check", "hello.json"], flags].concat(), b"");
    let text = || fs::read_to_string(directory.path().join("hello.json")).unwrap();
    check(&["--fix"]).fails(1);
    assert_eq!(text(), guess);
    check(&["--fix", "--unsafe-fixes"]).ok();
    assert_eq!(text(), MENDED);
}
