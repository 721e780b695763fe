#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use super::{Bound, Bounds, Measure, Worst, bytes_text, duration_text, human, json};
use crate::analysis::{Analysis, Syntax};
use crate::flow::{Flow, Route, RouteKind, StepIx};
use crate::text::Span;
use proptest::prelude::*;
use serde_json::{Value, json as value};

fn analyse(text: &str) -> Analysis {
    let analysis = Analysis::new(text, Syntax::Writ);
    assert!(!analysis.has_errors(), "{:#?}", analysis.diagnostics);
    analysis
}

fn bounds(analysis: &Analysis) -> Bounds {
    let found = &analysis.workflows[0];
    Bounds::of(&analysis.module.workflows[0], &found.flow, &found.typed).unwrap()
}

#[test]
fn every_route_is_a_way_and_a_failed_call_has_made_its_attempts() {
    let analysis = analyse(
        r#"workflow "w" {
  call pay = custom:bank POST "/payouts" { amount: trigger.amount }
  timeout 1s
  retry 5 exponential on timeout
  on error -> other

  approval ask {
    timeout 12h
    on timeout -> late
    on reject -> end
  }
  -> end

  call other = custom:crm GET "/other"
  timeout 2s
  retry 2 fixed on 503, network
  on error network -> late
  -> end

  wait late for "1h0.0005s"

  call last = custom:crm GET "/last"
  timeout 100ms
  retry 4 on nothing
}"#,
    );
    insta::assert_snapshot!(human(&analysis, "w.writ"), @r#"
    a run of w takes at most
      calls                  3                 pay -> other -> late -> last
        of custom:bank       1                 pay -> ask -> late -> last
        of custom:crm        2                 pay -> other -> late -> last
      attempts               8                 pay -> other -> late -> last
      duration               1 d 1 h 16.601 s  pay -> other -> late -> last
        but for Retry-After  13 h 12.601 s     pay -> ask -> late -> last
      stored                 32 MiB            pay -> other -> late -> last
    "#);
}

#[test]
fn what_nothing_limits_is_named() {
    let unbounded = |step: &str| {
        let text = format!(
            "workflow \"w\" {{\n  decide which {{\n    when trigger.x {{ {step} }}\n    else {{}}\n  }}\n}}"
        );
        let analysis = analyse(&text);
        let table = human(&analysis, "w.writ");
        table.lines().find(|line| line.contains("duration")).unwrap().trim().to_owned()
    };
    insta::assert_snapshot!([
        unbounded("approval a { on reject fail }"),
        unbounded("wait b for trigger.delay"),
        unbounded("wait c until \"2030-01-01T00:00:00Z\""),
        unbounded("wait d for 90m"),
    ].join("\n"), @r#"
    duration  unbounded  "a" has no timeout
    duration  unbounded  how long "b" waits is known only when it runs
    duration  unbounded  how long "c" waits is known only when it runs
    duration  1 h 30 min  which -> d
    "#);
}

#[test]
fn stored_values_are_bounded_by_what_is_written_down() {
    let stored = |step: &str| {
        let analysis = analyse(&format!("workflow \"w\" {{ {step} }}"));
        let Worst::AtMost(bytes) = bounds(&analysis).get(&Measure::Stored).unwrap().worst else {
            panic!("stored values have no limit")
        };
        bytes - super::INPUTS_MAX
    };
    // [1, "a", {b: null}]: 2 for the list and 3 for its items, 8, 3, and 2 + 5 + 4 for the record.
    assert_eq!(stored(r#"transform t = [1, "a", { b: null }]"#), 27);
    assert_eq!(stored("transform t = trigger.a.b"), super::INPUTS_MAX);
    assert_eq!(stored("transform t = [trigger].map(x, x)"), 8 << 20);
    assert_eq!(stored("let n = \"abc\" transform t = trigger.c ? n : \"a\""), 5);
    let whole = bounds(&analyse(
        "workflow \"w\" { call a = custom:x GET \"/a\" call b = custom:x GET \"/b\" call c = custom:x GET \"/c\" call d = custom:x GET \"/d\" }",
    ));
    assert_eq!(whole.get(&Measure::Stored).unwrap().worst, Worst::AtMost(32 << 20));
}

#[test]
fn bounds_are_json_too() {
    let analysis = analyse(
        "workflow \"w\" { call a = custom:x GET \"/a\" retry 2 on timeout approval b { on reject fail } }",
    );
    insta::assert_snapshot!(json(&analysis, "w.writ"), @r#"{"file":"w.writ","workflow":"w","bounds":{"calls":{"atMost":1,"path":["a","b"]},"callsPerService":{"custom:x":{"atMost":1,"path":["a","b"]}},"attempts":{"atMost":2,"path":["a","b"]},"durationMs":{"atMost":null,"unboundedAt":"b","path":["a","b"]},"durationWithoutRetryAfterMs":{"atMost":null,"unboundedAt":"b","path":["a","b"]},"storedBytes":{"atMost":13123514,"path":["a","b"]}}}"#);
    let broken = Analysis::new("workflow \"w\" { approval { } }", Syntax::Writ);
    insta::assert_snapshot!(json(&broken, "w.writ"), @r#"{"file":"w.writ","workflow":"w","bounds":null}"#);
    insta::assert_snapshot!(human(&broken, "w.writ"), @"what a run of w takes at most is not known: it has errors");
}

#[test]
fn amounts_are_exact_times_and_rounded_sizes() {
    let times = [0, 1, 500, 1_000, 61_500, 86_400_000, 90_061_001].map(duration_text);
    assert_eq!(
        times,
        ["0 s", "0.001 s", "0.5 s", "1 s", "1 min 1.5 s", "1 d", "1 d 1 h 1 min 1.001 s"]
    );
    let sizes = [0, 1, 1023, 1024, 1025, 32 << 20, 4_718_592, u64::MAX].map(bytes_text);
    assert_eq!(
        sizes,
        [
            "0 bytes",
            "1 byte",
            "1023 bytes",
            "1 KiB",
            "1.1 KiB",
            "32 MiB",
            "4.5 MiB",
            "17179869184 GiB"
        ]
    );
}

/// A graph by hand: for each step, the later steps that it leads to.
fn graph(routes: &[Vec<usize>]) -> Flow {
    let route = |to: &usize| Route {
        kind: RouteKind::Next,
        target: StepIx::at(*to),
        span: Span::default(),
    };
    Flow {
        start: Some(StepIx(0)),
        routes: routes.iter().map(|targets| targets.iter().map(route).collect()).collect(),
        order: (0..routes.len()).map(StepIx::at).collect(),
        ..Flow::default()
    }
}

fn longest(routes: &[Vec<usize>], amounts: &[Option<u64>]) -> Bound {
    super::longest(&graph(routes), StepIx(0), amounts)
}

/// Decisions with two arms each that meet again, one behind the other: 2 to the power of `n` paths.
fn diamonds(n: usize) -> (Vec<Vec<usize>>, Vec<Option<u64>>) {
    let routes = (0..n).flat_map(|at| {
        let next = 3 * at + 3;
        [vec![3 * at + 1, 3 * at + 2], vec![next], vec![next]]
    });
    let amounts = (0..n).flat_map(|at| [Some(0), Some(1), Some(1 + at as u64 % 2)]);
    (routes.chain([vec![]]).collect(), amounts.chain([Some(7)]).collect())
}

#[test]
fn the_number_of_paths_does_not_matter() {
    for n in [26, 1_666] {
        let (routes, amounts) = diamonds(n);
        let bound = longest(&routes, &amounts);
        assert_eq!(bound.worst, Worst::AtMost(7 + n as u64 + n as u64 / 2));
        assert_eq!(bound.path.len(), 2 * n + 1);
        // Of equal ways, the one that is written first.
        assert_eq!(bound.path[1].step, StepIx(1));
        assert_eq!(bound.path[3].step, StepIx(5));
    }
    let (routes, mut amounts) = diamonds(26);
    amounts[4] = None;
    assert_eq!(longest(&routes, &amounts).worst, Worst::Unbounded(StepIx(4)));
}

/// Every path from a step to an end.
fn paths(routes: &[Vec<usize>], from: usize) -> Vec<Vec<usize>> {
    if routes[from].is_empty() {
        return vec![vec![from]];
    }
    let ahead = routes[from].iter().flat_map(|to| paths(routes, *to));
    ahead.map(|path| [vec![from], path].concat()).collect()
}

/// What a step of a generated workflow takes: calls, attempts, milliseconds.
type Costs = [Option<u64>; 3];

/// A step that leads to these later steps, one at least, and what it takes. Whether it waits depends on `n`.
fn step(id: usize, to: &[usize], kind: u8, n: u64) -> (Value, Costs) {
    let route = |at: usize| format!("route_to:s{}", to.get(at).unwrap_or(&to[0]));
    let id = format!("s{id}");
    match kind {
        0 => {
            // Half a second of delay between two attempts.
            let costs = [Some(1), Some(n + 1), Some((n + 1) * 100 + n * 500)];
            let routes = value!({"404": route(1), "5xx": route(2), "any": route(3)});
            (
                value!({"id": id, "type": "service_call", "service": "custom:a", "method": "GET", "path": "/", "timeoutMs": 100,
                "retry": {"maxAttempts": n + 1, "backoff": "fixed", "retryOn": ["timeout"]}, "onError": routes}),
                costs,
            )
        }
        1 => {
            let hours = if n == 0 { Value::Null } else { n.into() };
            let costs = [Some(0), Some(0), (n > 0).then_some(n * 3_600_000)];
            (
                value!({"id": id, "type": "human_approval", "timeoutHours": hours, "onTimeout": route(1), "onReject": route(2)}),
                costs,
            )
        }
        2 => (
            value!({"id": id, "type": "wait", "durationMs": n + 1}),
            [Some(0), Some(0), Some(n + 1)],
        ),
        _ => {
            let conditions: Vec<_> = to
                .iter()
                .map(|to| value!({"when": "trigger.x", "next": format!("s{to}")}))
                .collect();
            (
                value!({"id": id, "type": "decision", "conditions": conditions, "defaultCase": format!("s{}", to[0])}),
                [Some(0); 3],
            )
        }
    }
}

/// A workflow whose steps lead to later ones, and what each takes. The last one ends it.
fn workflows() -> impl Strategy<Value = (String, Vec<Costs>)> {
    let steps = (2..8_usize).prop_flat_map(|n| {
        let step = |at: usize| (prop::collection::vec(at + 1..n, 1..4), 0..4_u8, 0..3_u64);
        (0..n - 1).map(step).collect::<Vec<_>>()
    });
    steps.prop_map(|steps| {
        let (mut nodes, mut costs, mut edges) = (Vec::new(), Vec::new(), Vec::new());
        for (at, (to, kind, n)) in steps.iter().enumerate() {
            let (node, cost) = step(at, to, *kind, *n);
            nodes.push(node);
            costs.push(cost);
            if *kind < 3 {
                edges.push(value!({"from": format!("s{at}"), "to": format!("s{}", to[0])}));
            }
        }
        nodes.push(value!({"id": format!("s{}", steps.len()), "type": "end"}));
        costs.push([Some(0); 3]);
        let spec = value!({"startNodeId": "s0", "nodes": nodes, "edges": edges});
        (spec.to_string(), costs)
    })
}

proptest! {
    #[test]
    fn the_worst_way_is_the_worst_of_all_ways((text, costs) in workflows()) {
        let analysis = Analysis::new(text.as_str(), Syntax::Json);
        prop_assert!(!analysis.has_errors(), "{text}\n{:#?}", analysis.diagnostics);
        let flow = &analysis.workflows[0].flow;
        let routes: Vec<Vec<usize>> =
            flow.routes.iter().map(|r| r.iter().map(|r| r.target.index()).collect()).collect();
        let all = paths(&routes, 0);
        let bounds = bounds(&analysis);
        for (at, measure) in [Measure::Calls, Measure::Attempts, Measure::Duration].iter().enumerate() {
            let weight = |path: &[usize]| {
                let unlimited = path.iter().filter(|step| costs[**step][at].is_none()).count();
                (unlimited, path.iter().map(|step| costs[*step][at].unwrap_or(0)).sum::<u64>())
            };
            let heaviest = all.iter().map(|path| weight(path)).max().unwrap();
            let bound = bounds.get(measure).unwrap();
            let path: Vec<usize> = bound.path.iter().map(|passed| passed.step.index()).collect();
            prop_assert!(all.contains(&path), "{path:?} is no way of {text}");
            prop_assert_eq!(weight(&path), heaviest, "{:?} of {}", measure, text);
            match bound.worst {
                Worst::AtMost(sum) => prop_assert_eq!((0, sum), heaviest),
                Worst::Unbounded(step) => {
                    let first = path.iter().find(|step| costs[**step][at].is_none());
                    prop_assert_eq!(first, Some(&step.index()));
                }
            }
        }
    }
}
