//! `writ check --bounds`, and the budgets of `writ.toml`.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use serde_json::Value;
use std::fs;
use support::{run, run_in};
use tempfile::TempDir;

const PAYOUT: &str = r#"workflow "payout" {
  call reserve = custom:bank POST "/reservations" { amount: trigger.amount }
  timeout 2s
  retry 3 on timeout, network
  on error -> end

  call pay = custom:bank POST "/payouts" { amount: trigger.amount }
  timeout 2s

  call note = custom:crm POST "/notes" { text: "paid" }
  retry on nothing
}
"#;

/// A repository with a workflow in a directory of it, and this `writ.toml` at its root.
fn project(settings: &str) -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path();
    fs::create_dir(path.join("flows")).unwrap();
    fs::create_dir(path.join(".git")).unwrap();
    fs::write(path.join("flows/payout.writ"), PAYOUT).unwrap();
    fs::write(path.join("writ.toml"), settings).unwrap();
    directory
}

#[test]
fn a_run_of_each_workflow_has_a_table() {
    let directory = project("");
    let ran = run_in(directory.path(), &["check", "--bounds", "flows"], b"");
    insta::assert_snapshot!(ran.ok(), @r#"
    a run of payout takes at most
      calls                  3           reserve -> pay -> note
        of custom:bank       2           reserve -> pay -> note
        of custom:crm        1           reserve -> pay -> note
      attempts               7           reserve -> pay -> note
      duration               2 d 43.5 s  reserve -> pay -> note
        but for Retry-After  45 s        reserve -> pay -> note
      stored                 32 MiB      reserve -> pay -> note
    "#);
    let ran = run(&["check", "--bounds", "tests/cases/quickstart/workflow.json"]).ok();
    let (_, table) = ran.split_once("a run of").unwrap();
    insta::assert_snapshot!(format!("a run of{table}"), @r#"
    a run of indonesian-kyc-v1 takes at most
      calls          2          kyc -> branch_on_ktp -> screening
        of identity  1          kyc -> branch_on_ktp -> screening
        of aml       1          kyc -> branch_on_ktp -> screening
      attempts       6          kyc -> branch_on_ktp -> screening
      duration       unbounded  "wait_for_analyst" has no timeout
      stored         32 MiB     kyc -> branch_on_ktp -> wait_for_analyst -> screening
    "#);
}

#[test]
fn bounds_are_one_json_object_a_workflow() {
    let directory = project("");
    let args = ["check", "--bounds", "--format", "json", "flows"];
    let (once, again) =
        (run_in(directory.path(), &args, b""), run_in(directory.path(), &args, b""));
    assert_eq!(once.stdout, again.stdout);
    let lines: Vec<Value> =
        once.ok().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let last = lines.last().unwrap();
    assert_eq!(lines.iter().filter(|line| line.get("bounds").is_some()).count(), 1);
    assert_eq!((&last["file"], &last["workflow"]), (&"flows/payout.writ".into(), &"payout".into()));
    let bounds = &last["bounds"];
    assert_eq!(bounds["callsPerService"]["custom:bank"]["atMost"], 2);
    assert_eq!(bounds["attempts"]["path"], serde_json::json!(["reserve", "pay", "note"]));
    // Three attempts of two seconds and two delays each, one of thirty seconds; two repeats that the bank may put off.
    assert_eq!(bounds["durationWithoutRetryAfterMs"]["atMost"], 2 * (6_000 + 1_500) + 30_000);
    let day = 24 * 60 * 60 * 1_000;
    assert_eq!(bounds["durationMs"]["atMost"], 7_500 + 6_000 + 2 * day + 30_000);
    let stderr =
        run_in(directory.path(), &["check", "--bounds", "--format", "sarif"], b"").fails(2);
    assert!(stderr.contains("--format json"), "{stderr}");
}

#[test]
fn the_budget_of_the_nearest_writ_toml_is_enforced() {
    let settings = "log = \"info\"\n\n[budget]\ncalls = 9\ncalls-per-service = { \"custom:bank\" = 1, aml = 0 }\nduration = \"1h\"\n";
    let directory = project(settings);
    let check = |args: &[&str]| run_in(directory.path(), &[&["check"], args].concat(), b"");
    let found = check(&["flows"]);
    assert_eq!(found.code, Some(1));
    insta::assert_snapshot!(found.stdout, @r#"
    error[WR0903]: the workflow may make 2 calls of custom:bank; its budget is 1
      ┌─ flows/payout.writ:1:10
      │
    1 │ workflow "payout" {
      │          ^^^^^^^^
    2 │   call reserve = custom:bank POST "/reservations" { amount: trigger.amount }
      │        ------- a call
      ·
    7 │   call pay = custom:bank POST "/payouts" { amount: trigger.amount }
      │        --- a call
      │
      = the budget is that of writ.toml
      = the worst way: reserve -> pay -> note

    error[WR0903]: the workflow may take 2 d 43.5 s; its budget is 1 h
       ┌─ flows/payout.writ:1:10
       │
     1 │ workflow "payout" {
       │          ^^^^^^^^
     2 │   call reserve = custom:bank POST "/reservations" { amount: trigger.amount }
       │        ------- takes up to 7.5 s
       ·
     7 │   call pay = custom:bank POST "/payouts" { amount: trigger.amount }
       │        --- takes up to 2 d 6 s
       ·
    10 │   call note = custom:crm POST "/notes" { text: "paid" }
       │        ---- takes up to 30 s
       │
       = the budget is that of writ.toml
       = the worst way: reserve -> pay -> note
       = before each repeat a service may ask for up to 1 d with `Retry-After`; without that the workflow takes up to 45 s
       = help: retry on timeout and network alone: only a status such as 429 or 503 can ask for time
    "#);
    // Every command that compiles holds to it.
    let stderr = run_in(directory.path(), &["build", "flows/payout.writ"], b"").fails(2);
    assert!(stderr.contains("WR0903"), "{stderr}");
    // The workflow's own budget counts where it is the tighter one.
    let own = PAYOUT.replacen("{\n", "{\n  budget { calls 2, calls custom:bank 1 }\n", 1);
    fs::write(directory.path().join("flows/payout.writ"), own).unwrap();
    let lines = check(&["--format", "json"]).stdout;
    let places: Vec<u64> = lines
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap())
        .filter(|line| line["code"] == "WR0903")
        .map(|line| line["line"].as_u64().unwrap())
        .collect();
    assert_eq!(places, [1, 2, 2], "{lines}");
    // A repository of its own is no part of the project around it.
    fs::create_dir(directory.path().join("flows/.git")).unwrap();
    fs::write(directory.path().join("flows/payout.writ"), PAYOUT).unwrap();
    assert_eq!(check(&["flows"]).code, Some(0));
}

#[test]
fn writ_toml_says_what_fails_a_check_unless_a_flag_does() {
    let directory = project("[check]\ndeny = \"warnings\"\n");
    let warned = "workflow \"w\" {\n  approval ask { assign role:a }\n}\n";
    fs::write(directory.path().join("flows/w.writ"), warned).unwrap();
    let check =
        |args: &[&str]| run_in(directory.path(), &[&["check", "flows"], args].concat(), b"");
    assert_eq!(check(&[]).code, Some(1));
    assert_eq!(check(&["--deny", "errors"]).code, Some(0));
}

#[test]
fn a_bad_writ_toml_is_an_error_with_its_place() {
    for (settings, says) in [
        ("[budget]\nduration = \"a week\"\n", ["line 2, column 12", "no length of time"]),
        ("[budget]\ncals = 3\n", ["line 2, column 1", "unknown field `cals`"]),
        ("[check]\ndeny = \"all\"\n", ["line 2, column 8", "`warnings`"]),
        ("[budget\n", ["line 1, column 8", "writ.toml"]),
    ] {
        let directory = project(settings);
        let stderr = run_in(directory.path(), &["check", "flows"], b"").fails(2);
        assert!(says.iter().all(|word| stderr.contains(word)), "{stderr}");
    }
}
