#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use super::parse;
use crate::analysis::{Analysis, Syntax};
use crate::diagnostic::{Diagnostic, Severity};
use crate::limits::STEPS_MAX;
use crate::syntax::span_map::SpanMap;
use crate::tree::{Module, StepKind, TypeExprKind};
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
fn declared_inputs_read_clean() {
    let text = QUICKSTART.replacen(
        "  call kyc",
        "  trigger api {
    customerId: string
    bundle:     identity.CaptureBundle
    hmacKey:    secret string
  }

  call kyc",
        1,
    );
    let input = clean(&text).workflows[0].trigger.input.clone().unwrap();
    let TypeExprKind::Record(fields) = input.kind else { panic!() };
    let names: Vec<_> = fields.iter().map(|field| field.name.value.as_str()).collect();
    assert_eq!(names, ["customerId", "bundle", "hmacKey"]);
    assert!(matches!(fields[2].ty.kind, TypeExprKind::Secret(_)));
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
    insta::assert_snapshot!(messages(
        r#"workflow "w" {
          cal a = aml.createScreening { }
          call b = aml { }
          call c = aml.createScreening { x 1 }
          timeout 30 seconds
          transform d 5
          emit e = "x.y"
          timeout 30s
          approval f { label "x" asign role:x timeout 2h }
          decide g = trigger.x { a => b
            c -> d }
          wait h till trigger.x
          call i = aml.get
          retry 3 times
          tiemout 5s
          frobnicate j = 1
          trigger cron
          decide k = trigger.x { a { transfrom l = 1 } b "x" }
          transform m = [1, 2 3]
          transform n = trigger.x = 3
          "stray"
        }
        flow "x" {}
        test "t" { anything }
        policy "p" { always }
        service s { operatoin o { GET "/" } operation p { GET "/" reqest string } operation q { } }
        type T = string |
        type U = strin(g)
        use
        "#,
    ), @r#"
    WR0101 unknown word `cal` in the workflow @ cal
    WR0101 unexpected `{` in step "b": expected an HTTP method @ {
    WR0101 unexpected `1` in step "c": expected `:` @ 1
    WR0101 unexpected `5` in step "d": expected `=` @ 5
    WR0101 `timeout` is no clause of what stands before it @ timeout
    WR0101 unexpected `till` in step "h": expected `for` or `until` @ till
    WR0101 unknown word `times` in the workflow @ times
    WR0101 unexpected `cron` in the workflow: expected `api`, `webhook` or `schedule` @ cron
    WR0101 unexpected `3` in step "m": expected an operator @ 3
    WR0101 unexpected `=` in step "n": here it is `==` @ =
    WR0101 unknown word `asign` in the approval "f" @ asign
    WR0101 unexpected `=>` in the decision "g": here it is `->` @ =>
    WR0101 unexpected string in the decision "k": expected `->` or `{` @ "x"
    WR0101 unknown word `transfrom` in the block @ transfrom
    WR0101 unknown word `flow` in the file @ flow
    WR0101 unknown word `anything` in the test @ anything
    WR0110 policies are not supported yet @ policy "p" { always }
    WR0101 unknown word `operatoin` in the service @ operatoin
    WR0101 unknown word `reqest` in the operation @ reqest
    WR0107 the operation `q` has no method and path @ q
    WR0101 unexpected `U` in the file @ U
    WR0101 unexpected end in the file: expected a service's name @
    "#);
}

#[test]
fn a_mistake_in_the_syntax_is_all_that_is_reported() {
    let mistakes = [
        ("call kyc = identity", "cal kyc = identity"),
        ("call kyc = ", "call kyc "),
        ("identity.captureKtp", "identity."),
        ("identity.captureKtp {", "identity.captureKtp"),
        ("customerId: trigger.customerId", "customerId trigger.customerId"),
        ("trigger.bundle", "trigger."),
        ("\"onboarding\"", "\"onboarding"),
        ("passed -> screening", "passed > screening"),
        ("passed -> screening", "passed ->"),
        ("decide branch_on_ktp", "decide"),
        ("verdict {", "verdict"),
        ("assign role:kyc_analyst", "assign kyc_analyst"),
        ("assign role", "asign role"),
        ("label ", "label = "),
        ("-> end", "-> "),
        ("-> screening\n\n", "> screening\n\n"),
        ("emit notify_failure = ", "emit notify_failure = kyc."),
        ("name ", "nam "),
        ("use aml", "use"),
        ("workflow ", "workflo "),
        ("\"indonesian-kyc-v1\"", "indonesian-kyc-v1"),
    ];
    let mut out = String::new();
    for (good, bad) in mistakes {
        assert!(QUICKSTART.contains(good), "{good}");
        let analysis = Analysis::new(QUICKSTART.replacen(good, bad, 1), Syntax::Writ);
        let found: Vec<_> =
            analysis.diagnostics.iter().filter(|d| d.severity == Severity::Error).collect();
        let said: Vec<_> = found.iter().map(|d| d.message.as_str()).collect();
        assert_eq!(said.len(), 1, "{bad}: {said:?}");
        out.push_str(&format!("{bad}: {}\n", said.concat()));
    }
    insta::assert_snapshot!(out, @r#"
    cal kyc = identity: unknown word `cal` in the workflow
    call kyc : unexpected `identity` in step "kyc": expected `=`
    identity.: unexpected ` ` in step "kyc": expected a name
    identity.captureKtp: `}` closes nothing
    customerId trigger.customerId: unexpected `trigger` in step "kyc": expected `:`
    trigger.: unexpected `:` in step "kyc": expected a field or an operator
    "onboarding: the string is not closed on its line
    passed > screening: unexpected `>` in the decision "branch_on_ktp": expected `->` or `{`
    passed ->: unexpected end in the decision "branch_on_ktp": expected `fail` or a step's name
    decide: unexpected `=` in the workflow: expected a step's name
    verdict: `}` closes nothing
    assign kyc_analyst: unexpected `kyc_analyst` in the approval "wait_for_analyst": expected `role:<name>`, `user:<id>` or `team:<id>`
    asign role: unknown word `asign` in the approval "wait_for_analyst"
    label = : unexpected `=` in the approval "wait_for_analyst": expected a value
    -> : unexpected end in step "screening": expected `fail` or a step's name
    > screening

    : unexpected `>` in step "wait_for_analyst": expected `->`
    emit notify_failure = kyc.: unexpected `kyc` in step "notify_failure": expected a value
    nam : unknown word `nam` in the workflow
    use: unexpected end in the file: expected a service's name
    workflo : unknown word `workflo` in the file
    indonesian-kyc-v1: unexpected `indonesian` in the file: expected `{` or a value
    "#);
}

#[test]
fn a_step_that_does_not_parse_is_still_a_step() {
    let text = r#"workflow "w" {
      transform a = 1
      emit b
      approval c { asign role:x }
      decide d = step.a.output { x => a }
      transform e = { "f": }
    }"#;
    let (module, diagnostics) = parse(text);
    assert_eq!(diagnostics.len(), 4);
    let steps = &module.workflows[0].steps;
    let ids: Vec<_> = steps.iter().map(|step| step.id.value.as_str()).collect();
    assert_eq!(ids, ["a", "b", "c", "d", "e"]);
    assert!(steps[1..].iter().all(|step| step.kind == StepKind::Error));
}

#[test]
fn arrows_lead_to_ends() {
    let module = clean(
        r#"workflow "w" {
          transform a = 1
          -> fail "a.failed" "Because of ${trigger.x}"
          transform end_2 = 2
          -> end
          call c = x GET "/c"
          on error 404 -> end
          on error -> fail "c.failed"
          decide d = trigger.x { p -> end q {} r { transform "end" = 3 } default -> fail "d.failed" }
        }"#,
    );
    let workflow = &module.workflows[0];
    let ids: Vec<_> = workflow.steps.iter().map(|s| s.id.value.as_str()).collect();
    assert_eq!(ids, ["a", "end_2", "c", "d", "end", "a_fail", "end_3", "c_fail", "d_fail"]);
    let edges: Vec<_> =
        workflow.edges.iter().map(|e| format!("{} -> {}", e.from.value, e.to.value)).collect();
    assert_eq!(edges, ["a -> a_fail", "c -> d"]);
}

#[test]
fn the_examples_of_the_documentation_read_clean() {
    let page = include_str!("../../../../docs/language.md");
    let examples: Vec<&str> =
        page.split("```writ\n").skip(1).map(|rest| rest.split("```").next().unwrap()).collect();
    assert!(examples.len() > 10);
    for example in examples {
        let item = ["use ", "///", "type ", "service ", "workflow "];
        let is_file = item.iter().any(|word| example.starts_with(word));
        let text =
            if is_file { example.to_owned() } else { format!("workflow \"w\" {{\n{example}}}\n") };
        clean(&text);
    }
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

#[test]
fn nothing_nests_without_bound() {
    let deep = |open: &str, n: usize| open.repeat(n);
    let texts = [
        format!("workflow \"w\" {{ transform a = {}", deep("(", 100_000)),
        format!("workflow \"w\" {{ transform a = {} }}", deep("a ?\n", 50_000)),
        format!("workflow \"w\" {{ transform a = {} }}", deep("a ? b : c in\n", 50_000)),
        format!("workflow \"w\" {{ transform a = {} }}", deep("!", 50_000)),
        format!("workflow \"w\" {{ transform a = {}x }}", deep("- ", 50_000)),
        format!("workflow \"w\" {{ transform a = \"\"\"x\n\"\"\" + {} }}", deep("(", 50_000)),
        format!("workflow \"w\" {{ transform a = r\"\\\" + {} }}", deep("(", 50_000)),
        format!("workflow \"w\" {{ transform a = b.`'` + {} }}", deep("[", 50_000)),
        format!("workflow \"w\" {{ transform a = {{a: 0x1Fr\"\\\": {} }}", deep("{a: ", 50_000)),
        format!("workflow \"w\" {{ {} }}", deep("decide d = a { x { ", 50_000)),
        format!("workflow \"w\" {{ /// ends here\r transform a = {}", deep("(", 50_000)),
        format!("type A = {}", deep("[", 50_000)),
        format!("type A = {} json", deep("secret ", 50_000)),
        format!("\"{}", deep("{", 50_000)),
        format!("a \"b\n {} // '{}\n {}", deep("{", 40), deep("{", 5_000), deep("}", 40)),
        format!("workflow \"w\" {{ decide d = a {{ x // {}\n y -> z }} }}", deep("{", 5_000)),
        format!("service x {{ {} }}", deep("operation y { z ", 30)),
    ];
    for text in texts {
        let (_, diagnostics) = parse(&text);
        assert!(!diagnostics.is_empty(), "{}", text.get(..60).unwrap());
    }
    let chain = format!("a{}", " ? b : c".repeat(50_000));
    assert!(!crate::syntax::expr::parse(&chain, &SpanMap::verbatim(0)).1.is_empty());
}

#[test]
fn what_arrows_stand_for_counts_as_steps() {
    let workflow = |steps: usize| {
        let steps = (0..steps).map(|n| format!("wait w{n} for 1s\n")).collect::<String>();
        format!(
            "workflow \"w\" {{ {steps} call c = aml.getAlert {{ id: \"a\" }} on error -> end }}"
        )
    };
    clean(&workflow(STEPS_MAX - 2));
    let found = Analysis::new(workflow(STEPS_MAX - 1), Syntax::Writ).diagnostics;
    let message = format!("{} steps are more than the {STEPS_MAX} allowed", STEPS_MAX + 1);
    assert_eq!((found.len(), &found[0].message), (1, &message));
}

/// Diagnostics for a text that was written in many lines, each with the line it points at.
fn lines(text: &str) -> String {
    let (_, diagnostics) = parse(text);
    let line = |d: &Diagnostic| text.get(..d.primary.span.start as usize).unwrap().lines().count();
    let said = diagnostics.iter().map(|d| format!("{}: {}", line(d), d.message));
    said.collect::<Vec<_>>().join("\n")
}

#[test]
fn a_missing_brace_is_pointed_at_where_it_is_missing_and_hides_no_other_item() {
    let without = |line: &str| {
        let text = format!("{QUICKSTART}\nworkflow \"v\" {{\n  cal x = 1\n}}\n");
        lines(&text.replacen(line, "", 1))
    };
    insta::assert_snapshot!(without("    hmacKey: trigger.hmacKey\n  }\n"), @r#"
    8: `{` is never closed
    40: unknown word `cal` in the workflow
    "#);
    insta::assert_snapshot!(without("    failed -> notify_failure\n  }\n"), @r#"
    14: `{` is never closed
    40: unknown word `cal` in the workflow
    "#);
    insta::assert_snapshot!(without("workflow \"indonesian-kyc-v1\" {\n"), @r#"
    37: `}` closes nothing
    41: unknown word `cal` in the workflow
    "#);
    insta::assert_snapshot!(without(" {\n    label \"KTP requires manual review\""), @r#"
    31: `}` closes nothing
    41: unknown word `cal` in the workflow
    "#);
    insta::assert_snapshot!(lines(&QUICKSTART.replacen("requires manual review\"", "requires manual review", 1)), @r#"30: the string is not closed on its line"#);
}

#[test]
fn a_budget_says_what_it_does_not_know() {
    let budget =
        |limits: &str| format!("workflow \"w\" {{\n  budget {{ {limits} }}\n\n  end done\n}}\n");
    let module =
        clean(&budget("calls 20, calls custom:crm 2, attempts 40, duration 7d, stored 2MiB"));
    let read = module.workflows[0].budget.clone().unwrap();
    assert_eq!(read.calls_per_service[0].service.value, "custom:crm");
    assert_eq!(read.duration_ms.unwrap().value, 7 * 86_400_000);
    assert_eq!(read.stored_bytes.unwrap().value, 2 << 20);
    clean(&budget(""));
    insta::assert_snapshot!(messages(&budget("calls 20 call 3, calls 4")), @r#"
    WR0101 unknown word `call` in the budget @ call
    WR0104 `calls` is given twice @ calls 4
    "#);
    insta::assert_snapshot!(messages(&budget("calls a 1\ncalls a 2\nduration 30")), @r#"
    WR0104 `calls a` is given twice @ calls a 2
    WR0101 unexpected `30` in the budget: expected a duration such as `30s` or `48h` @ 30
    "#);
    insta::assert_snapshot!(messages(&budget("stored 99999999999GiB, atempts 4")), @r#"
    WR0106 `99999999999GiB` is more bytes than there can be @ 99999999999GiB
    WR0101 unknown word `atempts` in the budget @ atempts
    "#);
}
