//! What suggestions change, in both syntaxes, and what holds of all of them.

#![allow(clippy::disallowed_methods, reason = "fixtures are files")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::fmt::Write;
use std::fs;
use std::path::Path;
use writ_compiler::analysis::{Analysis, Options, Syntax};
use writ_compiler::diagnostic::fix::{apply, fix};
use writ_compiler::diagnostic::{Applicability, Code, Diagnostic, Severity};

/// The lines that fixing changes, and what was fixed. Every text here is left without what was fixed.
fn fixed(text: &str, syntax: Syntax, least: Applicability) -> String {
    let fixed = fix(Analysis::new(text, syntax), least, Options::default());
    assert!(fixed.settled, "{}", fixed.analysis.text);
    let mut shown: Vec<&str> = fixed.applied.iter().map(|code| code.id()).collect();
    shown.dedup();
    let mut shown = shown.join(" ") + "\n";
    let (mut before, mut after): (Vec<_>, Vec<_>) =
        (text.lines().collect(), fixed.analysis.text.lines().collect());
    while before.first() == after.first() && !before.is_empty() {
        before.remove(0);
        after.remove(0);
    }
    while before.last() == after.last() && !before.is_empty() {
        before.pop();
        after.pop();
    }
    let same = |lines: &[&str], line: &str| lines.contains(&line);
    before.iter().filter(|l| !same(&after, l)).for_each(|l| writeln!(shown, "- {l}").unwrap());
    after.iter().filter(|l| !same(&before, l)).for_each(|l| writeln!(shown, "+ {l}").unwrap());
    shown
}

fn safe_writ(text: &str) -> String {
    fixed(text, Syntax::Writ, Applicability::Safe)
}

fn safe_json(text: &str) -> String {
    fixed(text, Syntax::Json, Applicability::Safe)
}

fn maybe_writ(text: &str) -> String {
    fixed(text, Syntax::Writ, Applicability::Maybe)
}

fn maybe_json(text: &str) -> String {
    fixed(text, Syntax::Json, Applicability::Maybe)
}

/// A spec with these nodes, a line each, and these edges.
fn spec(start: &str, nodes: &[&str], edges: &[&str]) -> String {
    let (nodes, edges) = (nodes.join(",\n    "), edges.join(",\n    "));
    format!(
        "{{\n  \"startNodeId\": \"{start}\",\n  \"nodes\": [\n    {nodes}\n  ],\n  \"edges\": [\n    {edges}\n  ]\n}}\n"
    )
}

#[test]
fn names_are_spelt_as_they_were_declared() {
    insta::assert_snapshot!(safe_writ(r#"
use identty
workflow "w" {
  trigger api {
    custmerId: string
    bundle: identity.CaptureBundel
    hmacKey: secret string
  }
  start capture
  call kyc = identity.captureKpt {
    customer_id: trigger.customerId
    bundle: trigger.bundle
    hmacKey: trigger.hmacKey
  }
  decide verdict = step.kyc.output.ktpBundle.verdikt {
    passd -> approvd
    requires_review -> approved
    failed -> end
  }
  emit approved = "approved" { ktp: sise(step.kyc.output.ktpBundle.verdict) }
  -> end
}
"#), @r#"
    WR0203 WR0207 WR0204 WR0407 WR0202 WR0206 WR0503 WR0401 WR0511
    - use identty
    -     bundle: identity.CaptureBundel
    -   call kyc = identity.captureKpt {
    -     customer_id: trigger.customerId
    -   decide verdict = step.kyc.output.ktpBundle.verdikt {
    -     passd -> approvd
    -   emit approved = "approved" { ktp: sise(step.kyc.output.ktpBundle.verdict) }
    + use identity
    +     bundle: identity.CaptureBundle
    +   call kyc = identity.captureKtp {
    +     customerId: trigger.custmerId
    +   decide verdict = step.kyc.output.ktpBundle.verdict {
    +     passed -> approved
    +   emit approved = "approved" { ktp: size(step.kyc.output.ktpBundle.verdict) }
    "#);
    insta::assert_snapshot!(safe_json(&spec(
        "riks",
        &[
            r#"{ "id": "risk", "type": "service_cal", "service": "anti-frad", "method": "POST", "path": "/api/evaluate", "boddy": { "customerId": "${trigger.id}", "lane": "onbording" } }"#,
            r#"{ "id": "ask", "type": "human_approval", "onReject": "route_to:notfy", "actionLabel": "${step.risk.outptu.decision}" }"#,
            r#"{ "id": "notify", "type": "webhook_emit", "event": "told" }"#,
        ],
        &[r#"{ "form": "risk", "to": "ask" }"#],
    )), @r#"
    WR0202 WR0110 WR0202 WR0406 WR0107 WR0203 WR0109 WR0501
    -   "startNodeId": "riks",
    -     { "id": "risk", "type": "service_cal", "service": "anti-frad", "method": "POST", "path": "/api/evaluate", "boddy": { "customerId": "${trigger.id}", "lane": "onbording" } },
    -     { "id": "ask", "type": "human_approval", "onReject": "route_to:notfy", "actionLabel": "${step.risk.outptu.decision}" },
    -     { "form": "risk", "to": "ask" }
    +   "startNodeId": "risk",
    +     { "id": "risk", "type": "service_call", "service": "anti-fraud", "method": "POST", "path": "/api/evaluate", "body": { "customerId": "${trigger.id}", "lane": "onboarding" } },
    +     { "id": "ask", "type": "human_approval", "onReject": "route_to:notify", "actionLabel": "${step.risk.output.decision}" },
    +     { "from": "risk", "to": "ask" }
    "#);
}

#[test]
fn a_missing_case_fails_the_run_until_its_author_says_more() {
    insta::assert_snapshot!(safe_writ(r#"
use anti-fraud
workflow "w" {
  call risk = anti-fraud.evaluate { customerId: trigger.id, lane: "onboarding" }
  decide by_risk = step.risk.output.decision {
    allow -> end // nothing to see
    review {
      transform seen = 1
    }
  }
  decide known = size(trigger.list) > 3 { true -> end }
}
"#), @r#"
    WR0510
    -   decide known = size(trigger.list) > 3 { true -> end }
    +     flag -> fail "unhandled_case" "by_risk does not handle flag"
    +     block -> fail "unhandled_case" "by_risk does not handle block"
    +   decide known = size(trigger.list) > 3 { true -> end false -> fail "unhandled_case" "known does not handle false" }
    "#);
    let risk = r#"{ "id": "risk", "type": "service_call", "service": "anti-fraud", "method": "POST", "path": "/api/evaluate", "body": { "customerId": "${trigger.id}", "lane": "onboarding" } }"#;
    let end = r#"{ "id": "done", "type": "end" }"#;
    insta::assert_snapshot!(safe_json(&spec(
        "risk",
        &[
            risk,
            "{\n      \"id\": \"by_risk\", \"type\": \"decision\", \"expression\": \"step.risk.output.decision\",\n      \"cases\": {\n        \"allow\": { \"next\": \"done\" }\n      }\n    }",
            end,
        ],
        &[r#"{ "from": "risk", "to": "by_risk" }"#],
    )), @r#"
    WR0510
    -         "allow": { "next": "done" }
    +         "allow": { "next": "done" },
    +         "flag": { "next": "by_risk_unhandled" },
    +         "review": { "next": "by_risk_unhandled" },
    +         "block": { "next": "by_risk_unhandled" }
    +     { "id": "by_risk_unhandled", "type": "end", "fail": { "code": "unhandled_case", "message": "by_risk does not handle flag or review or block" } },
    "#);
    insta::assert_snapshot!(safe_json(&spec(
        "risk",
        &[risk, r#"{ "id": "by_risk", "type": "decision", "expression": "step.risk.output.decision" }"#, end],
        &[
            r#"{ "from": "risk", "to": "by_risk" }"#,
            r#"{ "from": "by_risk", "to": "done", "case": "allow" }"#,
            r#"{ "from": "by_risk", "to": "done", "case": "review" }"#,
        ],
    )), @r#"
    WR0510
    -     { "from": "by_risk", "to": "done", "case": "review" }
    +     { "id": "by_risk_unhandled", "type": "end", "fail": { "code": "unhandled_case", "message": "by_risk does not handle flag or block" } },
    +     { "from": "by_risk", "to": "done", "case": "review" },
    +     { "from": "by_risk", "to": "by_risk_unhandled", "case": "flag" },
    +     { "from": "by_risk", "to": "by_risk_unhandled", "case": "block" }
    "#);
}

#[test]
fn a_default_is_added_only_when_asked_for_and_removed_when_never_taken() {
    insta::assert_snapshot!(maybe_writ(r#"
workflow "w" {
  decide by_amount {
    when trigger.amount > 100 -> end
  }
  decide by_name = trigger.name {
    a -> end
  }
}
"#), @r#"
    WR0512
    +     else -> fail "unhandled_case" "by_amount does not handle what fits no condition"
    +     default -> fail "unhandled_case" "by_name does not handle this value"
    "#);
    insta::assert_snapshot!(maybe_json(&spec(
        "d",
        &[
            r#"{ "id": "d", "type": "decision", "conditions": [{ "when": "trigger.amount > 100", "next": "e" }] }"#,
            r#"{ "id": "e", "type": "decision", "expression": "trigger.name", "cases": { "a": { "next": "f" } } }"#,
            r#"{ "id": "f", "type": "end" }"#,
        ],
        &[],
    )), @r#"
    WR0512
    -     { "id": "d", "type": "decision", "conditions": [{ "when": "trigger.amount > 100", "next": "e" }] },
    -     { "id": "e", "type": "decision", "expression": "trigger.name", "cases": { "a": { "next": "f" } } },
    +     { "id": "d", "defaultCase": "d_unhandled", "type": "decision", "conditions": [{ "when": "trigger.amount > 100", "next": "e" }] },
    +     { "id": "d_unhandled", "type": "end", "fail": { "code": "unhandled_case", "message": "d does not handle this value" } },
    +     { "id": "e", "defaultCase": "e_unhandled", "type": "decision", "expression": "trigger.name", "cases": { "a": { "next": "f" } } },
    +     { "id": "e_unhandled", "type": "end", "fail": { "code": "unhandled_case", "message": "e does not handle this value" } },
    "#);
    insta::assert_snapshot!(safe_writ(r#"
workflow "w" {
  decide d = trigger.amount > 100 {
    true -> one
    false -> one
    default -> one
  }
  transform one = 1
}
"#), @r#"
    WR0513
    -     default -> one
    "#);
    insta::assert_snapshot!(safe_json(&spec(
        "d",
        &[
            r#"{ "id": "d", "type": "decision", "expression": "trigger.amount > 100", "defaultCase": "e", "cases": { "true": { "next": "e" }, "false": { "next": "e" } } }"#,
            r#"{ "id": "e", "type": "end" }"#,
        ],
        &[],
    )), @r#"
    WR0513
    -     { "id": "d", "type": "decision", "expression": "trigger.amount > 100", "defaultCase": "e", "cases": { "true": { "next": "e" }, "false": { "next": "e" } } },
    +     { "id": "d", "type": "decision", "expression": "trigger.amount > 100", "cases": { "true": { "next": "e" }, "false": { "next": "e" } } },
    "#);
}

#[test]
fn a_condition_asks_for_what_may_be_absent_and_a_value_only_perhaps() {
    let writ = r#"
workflow "w" {
  trigger api {
    vip: bool
    score?: int
    address?: { city?: string }
  }
  decide d {
    when trigger.vip || trigger.score > 5 && !(trigger.address.city == "Bandung") -> end
    when (trigger.vip ? trigger.score : 1) == 1 -> end
    else -> low
  }
  transform low = { score: trigger.score + 1, text: "${trigger.score}" }
}
"#;
    insta::assert_snapshot!(safe_writ(writ), @r#"
    WR0405
    -     when trigger.vip || trigger.score > 5 && !(trigger.address.city == "Bandung") -> end
    +     when trigger.vip || has(trigger.score) && trigger.score > 5 && has(trigger.address) && has(trigger.address.city) && !(trigger.address.city == "Bandung") -> end
    "#);
    insta::assert_snapshot!(maybe_writ(writ), @r#"
    WR0405
    -     when trigger.vip || trigger.score > 5 && !(trigger.address.city == "Bandung") -> end
    -     when (trigger.vip ? trigger.score : 1) == 1 -> end
    -   transform low = { score: trigger.score + 1, text: "${trigger.score}" }
    +     when trigger.vip || has(trigger.score) && trigger.score > 5 && has(trigger.address) && has(trigger.address.city) && !(trigger.address.city == "Bandung") -> end
    +     when has(trigger.score) && (trigger.vip ? trigger.score : 1) == 1 -> end
    +   transform low = { score: trigger.?score.orValue(0) + 1, text: "${trigger.?score.orValue(0)}" }
    "#);
    let json = spec(
        "d",
        &[
            r#"{ "id": "d", "type": "decision", "conditions": [{ "when": "trigger.score > 5", "next": "e" }], "defaultCase": "e" }"#,
            r#"{ "id": "e", "type": "transform", "value": "${trigger.name}" }"#,
        ],
        &[],
    );
    let schema = r#""inputSchema": { "type": "object", "properties": { "score": { "type": "integer" }, "name": { "type": "string" } } },
  "nodes""#;
    insta::assert_snapshot!(maybe_json(&json.replace("\"nodes\"", schema)), @r#"
    WR0405
    -     { "id": "d", "type": "decision", "conditions": [{ "when": "trigger.score > 5", "next": "e" }], "defaultCase": "e" },
    -     { "id": "e", "type": "transform", "value": "${trigger.name}" }
    +     { "id": "d", "type": "decision", "conditions": [{ "when": "has(trigger.score) && trigger.score > 5", "next": "e" }], "defaultCase": "e" },
    +     { "id": "e", "type": "transform", "value": "${trigger.?name.orValue('')}" }
    "#);
}

#[test]
fn what_says_nothing_is_removed() {
    insta::assert_snapshot!(safe_writ(r#"
use aml

workflow "w" {
  /// Nobody asks.
  let unused = trigger.a

  approval ask {
    assign role:analyst
    on timeout -> end
    on reject -> end
  }
  decide d = step.ask.output.decision {
    approve -> one
    reject -> one
    reject -> one
  }
  transform one = 1
}
"#), @r#"
    WR0212 WR0211 WR0803 WR0514
    - use aml
    - 
    -   /// Nobody asks.
    -   let unused = trigger.a
    - 
    -     on timeout -> end
    -     reject -> one
    "#);
    insta::assert_snapshot!(safe_json(&spec(
        "ask",
        &[
            r#"{ "id": "ask", "type": "human_approval", "assignTo": "role:analyst", "onTimeout": "fail", "onReject": "fail" }"#,
            r#"{ "id": "one", "type": "transform", "value": 1 }"#,
        ],
        &[r#"{ "from": "ask", "to": "one" }"#, r#"{ "from": "ask", "to": "one" }"#],
    )), @r#"
    WR0803 WR0308
    -     { "id": "ask", "type": "human_approval", "assignTo": "role:analyst", "onTimeout": "fail", "onReject": "fail" },
    -     { "from": "ask", "to": "one" },
    +     { "id": "ask", "type": "human_approval", "assignTo": "role:analyst", "onReject": "fail" },
    "#);
}

#[test]
fn steps_that_nothing_else_leads_to_are_not_left_hanging() {
    let text = r#"
workflow "w" {
  approval ask {
    assign role:analyst
    on timeout -> late
    on reject -> end
  }
  -> end
  transform late = 1
}
"#;
    assert_eq!(safe_writ(text), "\n");
    insta::assert_snapshot!(maybe_writ(text), @r#"
    WR0803
    -     on timeout -> late
    "#);
}

#[test]
fn approvals_say_what_happens_anyway() {
    insta::assert_snapshot!(maybe_writ(r#"
workflow "w" {
  approval ask {
    assign role:analyst
    timeout 48h
    on timeout -> one
  }
  transform one = 1
}
"#), @r#"
    WR0801 WR0802
    -     on timeout -> one
    +     on timeout reject
    +     on reject fail
    "#);
    insta::assert_snapshot!(maybe_json(&spec(
        "ask",
        &[
            r#"{ "id": "ask", "type": "human_approval", "assignTo": "role:analyst", "timeoutHours": 48, "onTimeout": "route_to:one" }"#,
            r#"{ "id": "one", "type": "transform", "value": 1 }"#,
        ],
        &[r#"{ "from": "ask", "to": "one" }"#],
    )), @r#"
    WR0801 WR0802
    -     { "id": "ask", "type": "human_approval", "assignTo": "role:analyst", "timeoutHours": 48, "onTimeout": "route_to:one" },
    +     { "id": "ask", "onReject": "fail", "type": "human_approval", "assignTo": "role:analyst", "timeoutHours": 48, "onTimeout": "reject" },
    "#);
}

/// Every fixture's text.
fn texts() -> Vec<(String, Syntax)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/cases");
    let mut texts = Vec::new();
    for directory in fs::read_dir(root).unwrap() {
        for file in fs::read_dir(directory.unwrap().path()).unwrap() {
            let path = file.unwrap().path();
            let syntax = match path.extension().and_then(|extension| extension.to_str()) {
                Some("json") => Syntax::Json,
                Some("writ") => Syntax::Writ,
                _ => continue,
            };
            if let Ok(text) = fs::read_to_string(&path) {
                texts.push((text, syntax));
            }
        }
    }
    assert!(texts.len() > 50);
    texts
}

fn saying<'d>(
    diagnostics: &'d [Diagnostic],
    one: &Diagnostic,
) -> impl Iterator<Item = &'d Diagnostic> {
    let said = (one.code, one.message.clone());
    diagnostics.iter().filter(move |d| d.code == said.0 && d.message == said.1)
}

/// Errors that a fix may bring to light, because its mistake hid them.
const UNCOVERED: &[Code] = &[Code::MissingArgument, Code::MissingField];

#[test]
fn a_safe_fix_removes_what_it_fixes_and_adds_no_error() {
    let mut count = 0;
    for (text, syntax) in texts() {
        let before = Analysis::new(text.as_str(), syntax);
        for diagnostic in &before.diagnostics {
            let one = std::slice::from_ref(diagnostic);
            let Some((fixed, _)) = apply(&before.text, one, Applicability::Safe) else { continue };
            count += 1;
            let after = Analysis::new(fixed.as_str(), syntax);
            let (was, is) = (
                saying(&before.diagnostics, diagnostic).count(),
                saying(&after.diagnostics, diagnostic).count(),
            );
            assert!(
                is < was,
                "{}: {} is still said of\n{fixed}",
                diagnostic.code.id(),
                diagnostic.message
            );
            for error in after.diagnostics.iter().filter(|d| d.severity == Severity::Error) {
                let is_new = saying(&before.diagnostics, error).next().is_none();
                assert!(
                    !is_new || UNCOVERED.contains(&error.code),
                    "{} of {} gives {}: {} in\n{fixed}",
                    diagnostic.message,
                    diagnostic.code.id(),
                    error.code.id(),
                    error.message
                );
            }
        }
    }
    assert!(count > 20, "only {count} fixtures have a safe fix");
}

#[test]
fn fixing_settles_and_is_done_once() {
    for (text, syntax) in texts() {
        for least in [Applicability::Safe, Applicability::Maybe] {
            let fixed = fix(Analysis::new(text.as_str(), syntax), least, Options::default());
            assert!(fixed.settled, "{}", fixed.analysis.text);
            let again =
                fix(Analysis::new(fixed.analysis.text.as_str(), syntax), least, Options::default());
            assert_eq!((again.analysis.text, again.applied), (fixed.analysis.text, vec![]));
        }
    }
}
