//! One mistake is one diagnostic, at its place, and hides no other.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::collections::BTreeSet;
use writ_compiler::analysis::{Analysis, Syntax};
use writ_compiler::diagnostic::render;

const TWENTY_WRIT: &str = include_str!("../../tests/cases/twenty-mistakes/input.writ");
const TWENTY_JSON: &str = include_str!("../../tests/cases/twenty-mistakes-json/input.json");

/// `line:column code` of every diagnostic.
fn places(analysis: &Analysis) -> Vec<String> {
    let place = |d: &writ_compiler::diagnostic::Diagnostic| {
        let at = analysis.lines.position(&analysis.text, d.primary.span.start);
        format!("{}:{} {}", at.line, at.column, d.code.id())
    };
    analysis.diagnostics.iter().map(place).collect()
}

/// The lines that anything is said of.
fn lines(analysis: &Analysis) -> BTreeSet<u32> {
    let spans = analysis.diagnostics.iter().map(|d| d.primary.span.start);
    spans.map(|start| analysis.lines.position(&analysis.text, start).line).collect()
}

#[test]
fn twenty_mistakes_are_twenty_diagnostics() {
    let found = places(&Analysis::new(TWENTY_WRIT, Syntax::Writ));
    assert_eq!(found.len(), 20, "{found:#?}");
    insta::assert_snapshot!(found.join("\n"), @r#"
    3:5 WR0203
    6:39 WR0207
    16:10 WR0101
    35:25 WR0407
    40:23 WR0510
    47:5 WR0101
    51:37 WR0502
    52:11 WR0501
    59:15 WR0202
    61:5 WR0511
    67:16 WR0513
    72:7 WR0101
    77:12 WR0505
    84:5 WR0503
    88:11 WR0101
    94:12 WR0701
    95:9 WR0206
    99:17 WR0901
    112:8 WR0302
    122:28 WR0402
    "#);
}

#[test]
fn twenty_mistakes_in_json_are_twenty_diagnostics() {
    let found = places(&Analysis::new(TWENTY_JSON, Syntax::Json));
    assert_eq!(found.len(), 20, "{found:#?}");
    insta::assert_snapshot!(found.join("\n"), @r#"
    4:18 WR0110
    15:26 WR0102
    16:11 WR0503
    19:9 WR0109
    24:50 WR0401
    37:34 WR0701
    39:25 WR0501
    42:49 WR0110
    47:24 WR0510
    57:33 WR0402
    58:21 WR0110
    67:17 WR0502
    70:21 WR0505
    88:69 WR0401
    89:23 WR0102
    90:10 WR0101
    95:23 WR0108
    101:61 WR0104
    108:36 WR0304
    109:52 WR0306
    "#);
}

/// A workflow with a mistake in its last step.
fn workflow(slug: &str) -> String {
    format!(
        r#"workflow "{slug}" {{
  trigger api {{ score: int, tags: [string] }}

  decide by_score {{
    when trigger.score > (10 + size(trigger.tags)) {{
      approval look {{
        assign role:desk
        on reject -> fail "rejected"
      }}
    }}
    else {{}}
  }}

  emit told = "score.seen" {{
    tags: [trigger.tags[0], "seen"]
    score: trigger.scor
  }}
}}
"#
    )
}

#[test]
fn a_missing_bracket_sets_its_own_item_aside_and_no_other() {
    let (first, middle, last) = (workflow("first"), workflow("middle"), workflow("last"));
    let text = |middle: &str| format!("{first}\n{middle}\n{last}");
    let per_item = first.lines().count() as u32 + 1;
    let own = |item: u32| item * per_item + 1..=(item + 1) * per_item;
    let whole = Analysis::new(text(&middle), Syntax::Writ);
    assert_eq!(places(&whole).len(), 3, "{:?}", places(&whole));
    let brackets = middle.char_indices().filter(|(_, c)| "{}[]()".contains(*c));
    for (at, bracket) in brackets {
        let damaged = [&middle[..at], &middle[at + 1..]].concat();
        let analysis = Analysis::new(text(&damaged), Syntax::Writ);
        let found = render::human::human(&analysis, "input", false);
        let said = lines(&analysis);
        let of = |item| said.iter().filter(|line| own(item).contains(line)).count();
        assert_eq!([of(0), of(2)], [1, 1], "without `{bracket}` at {at}:\n{found}");
        assert_eq!(
            (of(1), analysis.diagnostics.len()),
            (1, 3),
            "without `{bracket}` at {at}:\n{found}"
        );
    }
}

/// A spec of three steps, each with a mistake of its own.
fn spec(middle: &str) -> String {
    format!(
        r#"{{
  "startNodeId": "a",
  "nodes": [
    {{ "id": "a", "type": "transform", "value": "${{nwo()}}" }},
    {middle},
    {{ "id": "c", "type": "transform", "value": "${{uid()}}" }}
  ],
  "edges": [
    {{ "from": "a", "to": "b" }},
    {{ "from": "b", "to": "c" }}
  ]
}}"#
    )
}

#[test]
fn a_missing_bracket_in_a_json_item_sets_that_item_aside_and_no_other() {
    let step =
        r#"{ "id": "b", "type": "transform", "value": { "list": [1, 2], "of": { "n": 1 } } }"#;
    let laid_out = step
        .replace("{ \"", "{\n      \"")
        .replace(", \"", ",\n      \"")
        .replace(" } }", "\n    }\n    }");
    for step in [step, &laid_out] {
        assert_eq!(places(&Analysis::new(spec(step), Syntax::Json)).len(), 2);
        for (at, bracket) in step.char_indices().filter(|(_, c)| "{}[]".contains(*c)) {
            let damaged = [&step[..at], &step[at + 1..]].concat();
            let analysis = Analysis::new(spec(&damaged), Syntax::Json);
            let found = render::human::human(&analysis, "input", false);
            let own = 5..5 + damaged.lines().count() as u32;
            let said: Vec<u32> = lines(&analysis).into_iter().collect();
            let outside = said.iter().filter(|line| !own.contains(line)).count();
            assert_eq!(
                (outside, analysis.diagnostics.len()),
                (2, 3),
                "without `{bracket}` at {at}:\n{found}"
            );
        }
    }
}

#[test]
fn a_missing_bracket_in_an_edge_leaves_the_graph_whole() {
    let middle = r#"{ "id": "b", "type": "transform", "value": 1 }"#;
    for edge in [r#"{ "from": "a", "to": "b" }"#, r#"{ "from": "b", "to": "c" }"#] {
        for at in [0, edge.len() - 1] {
            let damaged = [&edge[..at], &edge[at + 1..]].concat();
            let analysis = Analysis::new(spec(middle).replace(edge, &damaged), Syntax::Json);
            let found = render::human::human(&analysis, "input", false);
            assert_eq!(analysis.diagnostics.len(), 3, "without {at}:\n{found}");
        }
    }
}

#[test]
fn a_misspelt_name_is_not_missing_as_well() {
    let text = r#"{
  "startNodeId": "a",
  "nodes": [
    { "id": "a", "type": "decision", "expresion": "trigger.x", "cases": { "yes": { "next": "b" } }, "defaultCase": "c" },
    { "id": "b", "type": "wait", "durationMS": 5 },
    { "id": "c", "type": "service_call", "service": "aml", "method": "POST", "path": "/api/screenings",
      "body": { "lain": "ongoing", "subjectType": "individual", "fullname": "x" } },
    { "id": "d", "type": "wait", "durationMs": "5" }
  ],
  "edges": [{ "from": "b", "to": "c" }, { "form": "c", "to": "d" }]
}"#;
    let analysis = Analysis::new(text, Syntax::Json);
    let said = analysis.diagnostics.iter().map(|d| format!("{}: {}", d.code.id(), d.message));
    insta::assert_snapshot!(said.collect::<Vec<_>>().join("\n"), @r#"
    WR0107: "expression" is missing in step "a", and "expresion" is unknown
    WR0107: "durationMs" is missing in step "b", and "durationMS" is unknown
    WR0503: `aml.createScreening` has no parameter `lain`
    WR0503: `aml.createScreening` has no parameter `fullname`
    WR0108: "durationMs" must be a whole number, 0 or above, not a string
    WR0107: "from" is missing in an edge, and "form" is unknown
    "#);
}
