//! `writ run`, through the binary.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use serde_json::Value as Json;
use std::fs;
use std::path::Path;
use support::{Ran, case, run, run_in};
use tempfile::TempDir;

/// Inputs of the quickstart, with something that must never be shown.
const INPUTS: &str = r#"{
  "customerId": "cus_1_requires_review",
  "bundle": {
    "capturedAt": "2026-05-01T12:00:00Z", "frames": ["a"], "platform": "web", "sdkVersion": "1",
    "signature": "s", "version": "1.0"
  },
  "hmacKey": "never-to-be-seen"
}"#;

fn quickstart() -> String {
    case("quickstart").join("workflow.json").display().to_string()
}

fn mocked(args: &[&str]) -> Ran {
    run(&[&["run", &quickstart(), "--mock"], args].concat())
}

fn file(text: &str) -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("flow.writ"), text).unwrap();
    directory
}

fn run_file(directory: &Path, args: &[&str]) -> Ran {
    run_in(directory, &[&["run", "flow.writ"], args].concat(), b"")
}

#[test]
fn a_mocked_run_shows_its_steps_and_prints_its_output() {
    let review = r#"kyc={"ktpBundle": {"verdict": "requires_review"}}"#;
    let ran = mocked(&["--answer", review, "--approve", "wait_for_analyst"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    insta::assert_snapshot!(ran.stderr, @r#"
    … kyc  POST identity
    ✓ kyc
    ✓ branch_on_ktp  → requires_review
    ? wait_for_analyst  KTP requires manual review (role:kyc_analyst)
    ✓ wait_for_analyst  → approve
    … screening  POST aml
    ✓ screening
    succeeded in 0 ms
    "#);
    let output: Json = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(output["screeningId"], "screeningId");
}

#[test]
fn a_run_that_nobody_answers_says_which_flag_would() {
    let review = r#"kyc={"ktpBundle": {"verdict": "requires_review"}}"#;
    let ran = mocked(&["--answer", review]);
    assert_eq!(ran.code, Some(1));
    assert!(ran.stderr.contains("say --approve wait_for_analyst, --reject"), "{}", ran.stderr);
    assert_eq!(ran.stdout, "");
}

#[test]
fn services_are_called_over_http_and_secrets_stay_hidden() {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("input.json"), INPUTS).unwrap();
    let quickstart = quickstart();
    let args = [
        "run",
        &quickstart,
        "--input",
        "@input.json",
        "--sandbox",
        "--approve",
        "wait_for_analyst",
    ];
    let ran = run_in(directory.path(), &[&args[..], &["--json", "--trace"]].concat(), b"");
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let document: Json = serde_json::from_str(&ran.stdout).unwrap();
    let steps: Vec<_> = document["steps"]
        .as_array()
        .unwrap()
        .iter()
        .map(|step| step["id"].as_str().unwrap())
        .collect();
    assert_eq!(steps, ["kyc", "branch_on_ktp", "wait_for_analyst", "screening"]);
    assert_eq!(document["steps"][0]["input"]["body"]["hmacKey"], "[redacted]");
    assert_eq!(document["output"]["status"], "no_match");
    assert!(ran.stderr.contains("constant      \"customerId\""), "{}", ran.stderr);
    assert!(!format!("{}{}", ran.stdout, ran.stderr).contains("never-to-be-seen"));
    // The same from standard input, the trace in a file.
    let args = [
        &args[..2],
        &["--input", "-", "--sandbox", "--reject", "wait_for_analyst", "--trace=trace.txt"],
    ];
    let ran = run_in(directory.path(), &args.concat(), INPUTS.as_bytes());
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    assert!(ran.stderr.contains("approval_rejected"), "{}", ran.stderr);
    let trace = fs::read_to_string(directory.path().join("trace.txt")).unwrap();
    assert!(trace.contains("switch") && !trace.contains("never-to-be-seen"), "{trace}");
}

#[test]
fn what_fails_says_where() {
    let directory = file(
        "workflow \"w\" {\n  trigger api { n: int }\n\n  transform share = 100 / trigger.n\n}\n",
    );
    let ran = run_file(directory.path(), &["--mock", "--input", r#"{"n": 0}"#]);
    assert_eq!(ran.code, Some(1));
    insta::assert_snapshot!(ran.stderr, @r#"
    ✗ share  division by zero; it met 100
    failed in 0 ms
      template_failed: division by zero; it met 100
      flow.writ:4:21 in `100 / trigger.n`
    "#);
}

#[test]
fn waits_are_skipped_and_retries_seen() {
    let directory = file(
        "workflow \"w\" {\n  call c = custom:x GET \"/\"\n  retry 3 fixed on 5xx\n\n  wait w for 7d\n\n  transform done = step.c.output.name\n}\n",
    );
    let args = ["--mock", "--fail", "c=503", "--answer", r#"c={"name": "x"}"#];
    let ran = run_file(directory.path(), &args);
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(0), "\"x\"\n"), "{}", ran.stderr);
    insta::assert_snapshot!(ran.stderr, @r#"
    … c  GET custom:x
    ↻ c  attempt 1 failed: `custom:x` answered 503
    … skipped 500 ms
    … c  GET custom:x (attempt 2)
    ✓ c  500 ms
    … skipped 7 d 0 h
    ✓ w  7 d 0 h
    ✓ done
    succeeded in 7 d 0 h
    "#);
}

#[test]
fn what_cannot_begin_says_what_to_give() {
    let quickstart = quickstart();
    let told = |args: &[&str]| run(&[&["run", &quickstart], args].concat()).fails(2);
    insta::assert_snapshot!(told(&["--input", "{}"]), @r#"
    error: the workflow does not take this input: `bundle` is required; `customerId` is required; `hmacKey` is required
      help: it takes such as {"bundle":{"capturedAt":"capturedAt","frames":["frames"],"platform":"android","sdkVersion":"sdkVersion","signature":"signature","version":"version"},"customerId":"customerId","hmacKey":"hmacKey"}
    "#);
    insta::assert_snapshot!(told(&["--input", "{\"a\": }", "--mock"]), @r#"
    error: --input is not JSON: expected value at line 1 column 7
      help: text stands in double quotes, and so do the names of fields
    "#);
    insta::assert_snapshot!(told(&["--input", INPUTS]), @r#"
    error: nothing says where aml, identity can be called
      help: say --service aml=https://... --service identity=https://..., or --mock to make answers up
    "#);
    insta::assert_snapshot!(told(&["--input", INPUTS, "--service", "identity=http://127.0.0.1:1", "--service", "aml=http://127.0.0.1:1"]), @r#"
    error: the key of identity is not there
      help: set WRIT_SERVICE_IDENTITY_KEY; a command line would show it to everybody
    "#);
    insta::assert_snapshot!(told(&["--mock", "--fail", "kcy=503"]), @r#"
    error: --fail kcy: no step is called "kcy"
      help: it can be said of kyc, screening
    "#);
    insta::assert_snapshot!(told(&["--mock", "--fail", "kyc=200"]), @r#"
    error: --fail: a call cannot fail with "200"
      help: say a status from 400 to 599, timeout or network
    "#);
    insta::assert_snapshot!(told(&["--mock", "--approve", "kyc"]), @r#"
    error: --approve kyc: `kyc` is not an approval
      help: it can be said of wait_for_analyst
    "#);
}
