#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use super::parse;
use crate::diagnostic::Diagnostic;
use crate::tree::Module;
use proptest::prelude::*;

const QUICKSTART: &str = include_str!("../../../../tests/cases/quickstart/workflow.writ");

fn clean(text: &str) -> Module {
    let (module, diagnostics) = parse(text);
    assert_eq!(diagnostics, [], "{text}");
    module
}

/// The messages for a text, with the text each points at.
fn messages(text: &str) -> String {
    let (_, diagnostics) = parse(text);
    let at = |d: &Diagnostic| text.get(d.primary.span.range()).unwrap().to_owned();
    let lines = diagnostics.iter().map(|d| format!("{} {} @ {}", d.code.id(), d.message, at(d)));
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn the_quickstart_reads_clean() {
    let module = clean(QUICKSTART);
    let workflow = &module.workflows[0];
    let ids: Vec<_> = workflow.steps.iter().map(|s| s.id.value.as_str()).collect();
    assert_eq!(ids, ["kyc", "branch_on_ktp", "screening", "wait_for_analyst", "notify_failure"]);
    let edges: Vec<_> =
        workflow.edges.iter().map(|e| format!("{} -> {}", e.from.value, e.to.value)).collect();
    assert_eq!(edges, ["kyc -> branch_on_ktp", "wait_for_analyst -> screening"]);
}

#[test]
fn blocks_fall_out_to_the_step_after_the_decision() {
    let module = clean(
        r#"workflow "w" {
          decide d = trigger.x {
            a { transform one = 1 transform two = 2 }
            b -> last
            "c d" { }
            default { decide e { when trigger.y > 1 { transform deep = 3 } else -> two } }
          }
          transform last = "${step.one.output} and $${x}"
          end done = { ok: true }
        }"#,
    );
    let workflow = &module.workflows[0];
    let edges: Vec<_> =
        workflow.edges.iter().map(|e| format!("{} -> {}", e.from.value, e.to.value)).collect();
    assert_eq!(edges, ["one -> two", "two -> last", "deep -> last", "last -> done"]);
    let ids: Vec<_> = workflow.steps.iter().map(|s| s.id.value.as_str()).collect();
    assert_eq!(ids, ["d", "one", "two", "e", "deep", "last", "done"]);
}

#[test]
fn services_and_types_read_clean() {
    let module = clean(
        r#"
        /// Anti-fraud.
        service anti-fraud {
          type Decision = "allow" | "flag"
          /// Scores.
          operation evaluate {
            POST "/api/evaluate/{id}"
            query { limit?: int }
            request { customerId: pii string, data: {string: json}
              /// A key.
              hmacKey?: secret string, lanes: [("a" | "b")] }
            response { ok: bool, data: { decision: Decision, at: identity.Time } }
            output data
            not safe to repeat
            rate 60 per minute
            external id externalId
            verdict decision
            verdict sub.status
          }
        }
        type Money = { amount: int, currency: string }
        use custom:crm
        "#,
    );
    let operation = &module.services[0].operations[0];
    assert_eq!(operation.rate_limit_per_minute.as_ref().unwrap().value, 60);
    assert_eq!(operation.repeatable.as_ref().map(|r| r.value), Some(false));
    assert_eq!(operation.verdicts.len(), 2);
    assert_eq!(module.uses[0].value, "custom:crm");
}

#[test]
fn each_mistake_is_one_message_and_the_rest_is_read() {
    insta::assert_snapshot!(messages(r#"workflow "w" { call a = aml.createScreening { "#), @r#"WR0102 `{` is never closed @ {"#);
    insta::assert_snapshot!(messages(
        r#"workflow "w" {
          cal a = aml.createScreening { }
          call b = aml { }
          call c = aml.createScreening { x 1 }
          transform d 5
          transform e = 1 +
          approval f { label "x" asign role:x }
          decide g = trigger.x { a => b
            c -> d }
          wait h for
          end i
        }
        flow "x" {}
        test "t" { anything }
        type T = [string
        "#,
    ), @r#"WR0102 `[` is never closed @ ["#);
    insta::assert_snapshot!(messages(
        r#"workflow "w" {
          cal a = aml.createScreening { }
          call b = aml { }
          call c = aml.createScreening { x 1 }
          transform d 5
          transform e = 1 +
          approval f { label "x" asign role:x }
          decide g = trigger.x { a => b
            c -> d }
          wait h for
          end i
        }
        flow "x" {}
        test "t" { anything }
        type T = string |
        "#,
    ), @r#"
    WR0101 unexpected `cal` in the workflow @ cal
    WR0101 unexpected `{` in the workflow: expected a value or an HTTP method @ {
    WR0101 unexpected `x` in the workflow: expected a value @ x
    WR0101 unexpected `5` in the workflow: expected `=` @ 5
    WR0101 unexpected `f` in the workflow: expected `->`, an operator or the end @ f
    WR0101 unexpected `i` in the workflow: expected `->`, an operator or the end @ i
    WR0101 unexpected `=` in the decision: expected `->` or `{` @ =
    WR0101 unexpected `flow` in the file: expected the end @ flow
    WR0110 test blocks are not supported yet @ test "t" { anything }
    WR0101 unexpected end in the file: expected a type @
    "#);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_text_is_read_without_panic(text in ".{0,200}") {
        let _ = parse(&text);
    }

    #[test]
    fn any_damage_is_read_without_panic(at in 0..2_000_usize, len in 0..40_usize, with in "[{}()\\[\\]\"a-z=>. -]{0,6}") {
        let at = QUICKSTART.floor_char_boundary(at.min(QUICKSTART.len()));
        let end = QUICKSTART.ceil_char_boundary((at + len).min(QUICKSTART.len()));
        let mut text = QUICKSTART.to_owned();
        text.replace_range(at..end, &with);
        let (_, diagnostics) = parse(&text);
        for diagnostic in diagnostics {
            prop_assert!(diagnostic.primary.span.end as usize <= text.len());
        }
    }
}
