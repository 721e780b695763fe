#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
#![allow(clippy::disallowed_methods, reason = "the workflows are files")]

use super::explore::{Explored, explore};
use super::write::Writer;
use super::*;
use std::collections::{BTreeSet, HashSet};
use std::fs;
use std::path::Path;
use writ_compiler::analysis::Syntax;
use writ_compiler::outcomes::outcomes;

fn analysed(text: &str) -> Analysis {
    let analysis = Analysis::new(text, Syntax::Writ);
    assert!(!analysis.has_errors(), "{:#?}\n{text}", analysis.diagnostics);
    analysis
}

fn explored(analysis: &Analysis, workflow: usize, runs_max: usize) -> Explored {
    let found = &analysis.workflows[workflow];
    let outcomes = outcomes(&analysis.module.workflows[workflow], &found.flow, &found.typed);
    let (program, slug) = program_of(analysis, workflow).unwrap();
    explore(program, &found.flow, &outcomes, slug, runs_max, |_, _| ()).unwrap()
}

/// The only test of a text.
fn report(text: &str) -> Report {
    run_all(&analysed(text), |_| true).remove(0).unwrap()
}

/// The law of exploring: what a run was given, written down as a test, leads another run the same way.
#[test]
fn every_way_that_is_found_is_a_test_that_passes() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/cases");
    let mut tests = 0;
    for directory in fs::read_dir(root).unwrap() {
        let file = directory.unwrap().path().join("input.writ");
        let Ok(text) = fs::read_to_string(&file) else { continue };
        let analysis = Analysis::new(text.clone(), Syntax::Writ);
        if analysis.has_errors() {
            continue;
        }
        let mut written = text;
        let mut names: HashSet<String> =
            analysis.tests.iter().map(|test| test.name.clone()).collect();
        let several = analysis.workflows.len() > 1;
        for at in 0..analysis.workflows.len() {
            let (program, slug) = program_of(&analysis, at).unwrap();
            let explored = explored(&analysis, at, 60);
            let flow = &analysis.workflows[at].flow;
            let mut writer = Writer::new(program, flow, several.then_some(slug), names);
            for way in explored.ways.iter().chain(&explored.faults) {
                written += &writer.test(way);
            }
            names = writer.into_names();
        }
        let again = Analysis::new(written.clone(), Syntax::Writ);
        assert!(!again.has_errors(), "{}: {:#?}\n{written}", file.display(), again.diagnostics);
        let reports = run_all(&again, |test| !analysis.tests.iter().any(|t| t.name == test.name));
        for (test, report) in again.tests.iter().zip(reports) {
            let Some(report) = report else { continue };
            tests += 1;
            assert!(report.passed(), "{}: {}: {:?}", file.display(), test.name, report.failures);
        }
    }
    assert!(tests > 50, "only {tests} tests were written");
}

#[test]
fn the_bound_leaves_out_corners_and_no_branch() {
    let inputs: Vec<String> = (0..26).map(|i| format!("a{i}: bool")).collect();
    let decisions: Vec<String> = (0..26)
        .map(|i| {
            format!("decide d{i} = trigger.a{i} {{ true {{ transform t{i} = 1 }} false {{ transform f{i} = 2 }} }}")
        })
        .collect();
    let text = format!(
        "workflow \"w\" {{ trigger api {{ {} }}\n{}\ntransform done = 1 }}",
        inputs.join(", "),
        decisions.join("\n")
    );
    let found = explored(&analysed(&text), 0, 50);
    assert_eq!(found.runs, 50);
    assert!(found.left > 0);
    assert_eq!(found.total.paths, 1 << 26);
    assert_eq!(found.coverage.arms.len(), found.total.arms);
}

#[test]
fn conditions_of_every_kind_are_reached() {
    let analysis = analysed(
        r#"
        service custom:s {
          operation get { GET "/x" response { r: { kind: "ok", v: int } | { kind: "bad", why: "x" | "y" } | null, list: [{ ok: bool }], flag?: bool, deep: { a: { b?: string } } } }
        }
        workflow "u" {
          trigger api { age: int, country: string, tags: [string], amount: number }
          call g = custom:s.get
          decide d {
            when step.g.output.r == null -> none
            when step.g.output.r.kind == "bad" -> bad
            when step.g.output.list.exists(i, i.ok) -> listed
            when has(step.g.output.flag) && step.g.output.flag -> flagged
            when trigger.country in ["ID", "SG"] && trigger.age >= 18 -> local
            when size(trigger.tags) > 2 -> tagged
            when step.g.output.deep.a.?b.orValue("") == "zz" -> deep
            when trigger.amount > 10.5 -> rich
            when trigger.country.startsWith("X") -> odd
            else -> rest
          }
          transform none = 1
          -> end
          transform bad = 2
          -> end
          transform listed = 3
          -> end
          transform flagged = 4
          -> end
          transform local = 5
          -> end
          transform tagged = 6
          -> end
          transform deep = 7
          -> end
          transform rich = 8
          -> end
          transform odd = 9
          -> end
          transform rest = 10
        }
        "#,
    );
    let found = explored(&analysis, 0, 1_000);
    assert_eq!(found.coverage.arms.len(), found.total.arms);
    assert!(found.faults.is_empty());
}

#[test]
fn what_may_go_wrong_is_found_with_what_shows_it() {
    let analysis = analysed(
        r#"
        workflow "loan" {
          trigger api { amount: int, items: [int], note?: string }
          call score = custom:bank POST "/score" {}
          on error 404 -> unknown
          on error -> down
          decide size {
            when step.score.output.risk > 80 -> large
            when trigger.amount > 1000 && has(trigger.note) -> large
            else -> small
          }
          transform large = 1
          -> end
          transform small = trigger.amount / size(trigger.items)
          -> end
          fail unknown = "unknown"
          fail down = "down"
        }
        "#,
    );
    let found = explored(&analysis, 0, 1_000);
    assert_eq!(found.left, 0);
    assert_eq!(found.coverage.arms.len(), found.total.arms);
    let faults: Vec<_> =
        found.faults.iter().map(|way| way.trace.error.as_ref().unwrap().message.as_str()).collect();
    assert_eq!(faults, ["division by zero; it met 999"]);
}

#[test]
fn attempts_are_answered_in_turn_and_what_is_not_said_is_made_up() {
    let report = report(
        r#"
        service custom:bank {
          operation pay {
            POST "/pay"
            response { ok: bool, data: { id: string, state: "done" | "open" } }
            output data
            safe to repeat
          }
        }
        workflow "w" {
          call pay = custom:bank.pay
          retry 5 fixed on 5xx, timeout
          wait w for 3d
          transform out = { id: step.pay.output.id, state: step.pay.output.state, at: now() }
        }
        test "t" {
          at "2026-03-01T00:00:00Z"
          mock pay fail 503
          mock pay fail timeout
          mock pay { state: "open" }
          expect attempts pay 3
          expect call pay { method: "POST", path: "/pay" }
          expect output { id: "id", state: "open" }
          expect path [pay, w, out]
        }
        "#,
    );
    assert_eq!(report.failures, []);
    let day = 24 * 60 * 60 * 1_000;
    let passed = report.trace.ended_at.since(report.trace.started_at);
    assert!(passed > 3 * day && passed < 3 * day + 120_000, "{passed}");
}

#[test]
fn a_test_says_so_when_it_expects_a_bad_end() {
    let workflow = r#"
        workflow "w" {
          approval a { label "x" timeout 1h }
          transform b = 1
        }
    "#;
    let unmet = |test: &str| {
        let report = report(&format!("{workflow}\ntest \"t\" {{ {test} }}"));
        report.failures.into_iter().map(|failure| failure.unmet).collect::<Vec<_>>()
    };
    assert_eq!(unmet("expect path [a]"), [Unmet::LeftWaiting]);
    assert_eq!(unmet("expect status awaiting_approval"), []);
    assert_eq!(unmet("expire a expect path [a]"), [Unmet::Failed]);
    assert_eq!(unmet("expire a expect error \"approval_timeout\""), []);
    assert_eq!(unmet("reject a expect status failed"), []);
    assert_eq!(unmet("approve a expect output 1"), []);
}

#[test]
fn a_value_says_where_it_differs() {
    let report = report(
        r#"
        workflow "w" { transform a = { n: 1, list: [1, { b: "x" }], more: true } }
        test "t" { expect output { n: 1.0, list: [sample, { b: "y" }], gone: 1 } }
        "#,
    );
    let [Failure { unmet: Unmet::Value { of: ValueOf::Run, differences }, .. }] =
        report.failures.as_slice()
    else {
        panic!("{:?}", report.failures);
    };
    let places: BTreeSet<&str> = differences.iter().map(|d| d.path.as_str()).collect();
    assert_eq!(places, BTreeSet::from(["gone", "list[1].b"]));
}

#[test]
fn a_difference_hides_what_is_secret() {
    let report = report(
        r#"
        service custom:x {
          operation a { POST "/a" request { pin: secret string, keys: secret { a: string }, n: int } }
        }
        workflow "w" {
          trigger api { pin: secret string, keys: secret { a: string } }
          call c = custom:x.a { pin: trigger.pin, keys: trigger.keys, n: 1 }
        }
        test "t" {
          trigger { pin: "hidden", keys: { a: "hidden" } }
          expect call c { body: { pin: "x", keys: { a: "y" }, n: 2 } }
        }
        "#,
    );
    let [Failure { unmet: Unmet::Value { differences, .. }, .. }] = report.failures.as_slice()
    else {
        panic!("{:?}", report.failures);
    };
    let told: Vec<_> = differences
        .iter()
        .map(|d| (d.path.as_str(), d.found.as_ref().unwrap().to_json()))
        .collect();
    let hidden = || "\"[redacted]\"".to_owned();
    assert_eq!(
        told,
        [("body.pin", hidden()), ("body.keys.a", hidden()), ("body.n", "1".to_owned())]
    );
}

#[test]
fn the_same_test_gives_the_same_run() {
    let text = r#"
        workflow "w" { call c = custom:x POST "/" {} retry 4 exponential on 5xx transform a = uuid() }
        test "t" { mock c fail 500 mock c fail 500 mock c {} expect status succeeded }
    "#;
    assert_eq!(report(text), report(text));
}
