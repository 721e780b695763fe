#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use super::writ::tests::without_places;
use super::{to_json, to_writ};
use crate::analysis::{Analysis, Syntax};
use crate::bytecode::Program;
use proptest::prelude::*;
use serde_json::{Value, json};

/// A text's only workflow in the other syntax.
fn converted(from: &Analysis) -> Analysis {
    let (workflow, found) = (&from.module.workflows[0], &from.workflows[0]);
    match from.syntax {
        Syntax::Json => Analysis::new(to_writ(&from.module, workflow, found), Syntax::Writ),
        Syntax::Writ => Analysis::new(to_json(&from.module, workflow, found), Syntax::Json),
    }
}

fn program(analysis: &Analysis) -> &Program {
    let compiled = analysis.workflows[0].compiled.as_ref();
    &compiled.unwrap_or_else(|| panic!("{}\n{:#?}", analysis.text, analysis.diagnostics)).program
}

/// Types as they may be written where these names mean something.
fn types(names: &[&'static str]) -> impl Strategy<Value = String> + use<> {
    let words = ["bool", "int", "number", "string", "null", "bytes", "timestamp", "duration"];
    let others = ["json", "\"done\"", "\"${x} \\\"y\\\"\"", "{}", "(\"a\" | \"b\")"];
    let leaves: Vec<_> = [&words, &others[..], names].concat();
    let leaf = prop::sample::select(leaves).prop_map(str::to_owned);
    let key = prop::sample::select(vec!["a", "type", "\"b c\"", "\"string\"", "\"é/~\""]);
    let label = prop::sample::select(vec!["", "", "secret ", "pii ", "secret pii "]);
    let doc = prop::sample::select(vec!["", "", "\n/// What it\n/// is.\n", "\n///\n"]);
    let mark = prop::sample::select(vec!["", "?"]);
    leaf.prop_recursive(3, 12, 3, move |inner| {
        let field = (doc.clone(), key.clone(), mark.clone(), label.clone(), inner.clone());
        let field = field.prop_map(|(doc, key, mark, label, ty)| {
            (key, format!("{doc}{key}{mark}: {label}{ty}"))
        });
        let fields = prop::collection::vec(field, 1..4).prop_map(|mut fields| {
            fields.sort_by_key(|(key, _)| *key);
            fields.dedup_by_key(|(key, _)| *key);
            let fields: Vec<_> = fields.into_iter().map(|(_, field)| field).collect();
            format!("{{ {} }}", fields.join(", "))
        });
        prop_oneof![
            inner.clone().prop_map(|item| format!("[{item}]")),
            inner.clone().prop_map(|item| format!("{{string: {item}}}")),
            (inner.clone(), inner).prop_map(|(one, two)| format!("({one} | {two})")),
            fields,
        ]
    })
}

/// A file with types and services, of which the workflow uses all.
fn files() -> impl Strategy<Value = String> {
    // `Line` means one thing within the shop, and another outside of it.
    let outside = ["Money", "custom:shop.Line", "identity.Verdict", "custom:shop.Status"];
    let within = ["Money", "Status", "identity.Verdict", "custom:crm.Kind"];
    let safe = prop::sample::select(vec!["", "safe to repeat", "not safe to repeat"]);
    let query =
        [r#""a&limit=1+1%41$${x}#é""#, r#""${trigger.id}&x=${trigger.limit}""#, r#""""#, "who"];
    let clauses = (safe, prop::sample::select(query.to_vec()));
    let parts =
        (types(&[]), types(&outside), types(&within), types(&within), types(&outside), clauses);
    parts.prop_map(|(money, line, own_line, body, kind, (safe, query))| {
        format!(
            r#"
use identity
/// An amount.
type Money = {money}
type Line = {line}
/// Ours.
///
/// Twice.
service custom:shop {{
  type Status = "done" | "pending"
  type Line = {own_line}
  /// What is sent.
  type Body = {body}
  /// Adds.
  operation add {{
    POST "/orders/{{id}}/lines"
    query {{ limit?: int, "of ${{it}}&": string }}
    request {{ value: Body, lines: [Line], requestId?: string }}
    response {{ ok: bool, data: {{ status: Status, line?: Line }} }}
    output data
    {safe}
    rate 60 per minute
    external id requestId
    verdict status
  }}
}}
service custom:crm {{
  type Kind = Money | null
  operation find {{ GET "/find" response {{ kind: {kind}, line: custom:shop.Line }} }}
  operation none {{ GET "/none" }}
}}
workflow "w" {{
  trigger api {{
    id: string
    limit: int
    value: custom:shop.Body
    lines: [custom:shop.Line]
    /// Ours.
    line?: Line
  }}
  /// Who
  /// it is.
  let who = trigger.id
  call add = custom:shop.add {{
    id: trigger.id
    limit: trigger.limit
    "of ${{it}}&": {query}
    value: trigger.value
    lines: trigger.lines
  }}
  call find = custom:crm GET "/find"
  approval ask {{ assign role:x form {{ line?: Line }} on timeout fail }}
  wait paid for event "paid" {{ correlation trigger.id data {{ of: custom:shop.Line }} }}
  end done = {{ status: step.add.output.status, who: who }}
}}
"#
        )
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn declarations_survive_both_ways(text in files()) {
        let written = Analysis::new(text, Syntax::Writ);
        prop_assume!(!written.has_errors());
        let json = converted(&written);
        let back = converted(&json);
        prop_assert_eq!(program(&json), program(&written), "{}\n{}", written.text, json.text);
        prop_assert_eq!(program(&back), program(&written), "{}\n{}", written.text, back.text);
        for (given, kept) in [(&written.module, &json.module), (&written.module, &back.module)] {
            prop_assert_eq!(without_places(&given.types), without_places(&kept.types));
            prop_assert_eq!(without_places(&given.services), without_places(&kept.services));
            let (given, kept) = (&given.workflows[0], &kept.workflows[0]);
            prop_assert_eq!(without_places(&given.trigger.input), without_places(&kept.trigger.input));
            prop_assert_eq!(without_places(&given.lets), without_places(&kept.lets));
        }
        prop_assert!(back.text.contains("call add = custom:shop.add {"), "{}", back.text);
        prop_assert_eq!(&converted(&back).text, &json.text);
    }
}

#[test]
fn any_schema_of_inputs_can_be_written() {
    for schema in [
        json!({}),
        json!({"type": "object"}),
        json!({"type": "object", "properties": {}}),
        json!({"type": "object", "properties": {"string": {}}}),
        json!({"type": "object", "properties": {"type": {"$ref": "#/types/In"}}, "x-writ-pii": true}),
        json!({"type": "object", "additionalProperties": {"type": "integer"}}),
        json!({"$ref": "#/types/In"}),
        json!({"$ref": "#/$defs/Order", "$defs": {
            "Order": {"type": "object", "properties": {"line": {"$ref": "#/$defs/Line"}}}, "Line": {"type": "string"},
        }}),
        json!({"anyOf": [{"$ref": "#/types/In"}, {"type": "object", "properties": {"b": {"const": "x"}}}]}),
    ] {
        let text = json!({
            "startNodeId": "a",
            "types": {"In": {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]}},
            "nodes": [{"id": "a", "type": "transform", "value": 1}],
            "edges": [],
            "inputSchema": schema,
        });
        let json = Analysis::new(text.to_string(), Syntax::Json);
        let written = converted(&json);
        assert_eq!(program(&written), program(&json), "{}", written.text);
        assert_eq!(program(&converted(&written)), program(&json), "{}", written.text);
        let format = crate::format::format(written.text.as_bytes(), Syntax::Writ);
        assert_eq!(format.unwrap(), written.text);
    }
}

#[test]
fn a_workflow_takes_along_what_it_needs_and_no_more() {
    let text = r#"
type Money = { amount: int }
type Line = { price: Money }
type Kind = "a" | "b"
type Unused = string
service custom:shop {
  type Money = { cents: int }
  operation buy { POST "/buy" request { lines: [custom:till.Row], paid: Money } }
}
service custom:till { type Row = Line operation count { GET "/count" } }
service custom:crm { operation find { GET "/find" response { kind: Kind } } }
workflow "buys" { call buy = custom:shop.buy { lines: [], paid: { cents: 1 } } }
workflow "finds" { call find = custom:crm GET "/find" }
workflow "asks" {
  approval ask { assign role:x form { kind: Kind } on timeout fail }
  wait paid for event "paid" { data { sum: custom:shop.Money } }
}
workflow "waits" { wait w for 1s }
"#;
    let analysis = Analysis::new(text, Syntax::Writ);
    assert!(!analysis.has_errors(), "{:#?}", analysis.diagnostics);
    let all = analysis.module.workflows.iter().zip(&analysis.workflows);
    let needed = all.map(|(workflow, found)| {
        let json = to_json(&analysis.module, workflow, found);
        let spec = serde_json::from_str::<Value>(&json).unwrap()["spec"].take();
        let keys = |object: &Value| -> Vec<String> {
            object.as_object().into_iter().flat_map(|object| object.keys().cloned()).collect()
        };
        let slug = &workflow.slug.as_ref().unwrap().value;
        format!("{slug}: {:?} {:?}", keys(&spec["types"]), keys(&spec["services"]))
    });
    insta::assert_snapshot!(needed.collect::<Vec<_>>().join("\n"), @r#"
    buys: ["Money", "Line"] ["custom:shop", "custom:till"]
    finds: ["Kind"] ["custom:crm"]
    asks: ["Money", "Line", "Kind"] ["custom:shop", "custom:till"]
    waits: [] []
    "#);
}
