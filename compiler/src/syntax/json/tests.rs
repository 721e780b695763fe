#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use super::parse;
use crate::tree::{StepKind, TypeExprKind};

const QUICKSTART: &str = include_str!("../../../../tests/cases/quickstart/workflow.json");

#[test]
fn the_quickstart_reads_clean() {
    let (module, diagnostics) = parse(QUICKSTART);
    assert_eq!(diagnostics, []);
    let workflow = &module.workflows[0];
    assert_eq!(workflow.slug.as_ref().unwrap().value, "indonesian-kyc-v1");
    let ids: Vec<_> = workflow.steps.iter().map(|s| s.id.value.as_str()).collect();
    assert_eq!(ids, ["kyc", "branch_on_ktp", "screening", "wait_for_analyst", "notify_failure"]);
    assert!(workflow.steps.iter().all(|s| s.kind != StepKind::Error));
    assert_eq!(workflow.edges.len(), 5);
}

/// The messages for a text, with the text each points at.
fn messages(text: &str) -> Vec<String> {
    let (_, diagnostics) = parse(text);
    let at =
        |d: &crate::diagnostic::Diagnostic| text.get(d.primary.span.range()).unwrap().to_owned();
    diagnostics.iter().map(|d| format!("{} {} @ {}", d.code.id(), d.message, at(d))).collect()
}

#[test]
fn each_mistake_in_the_text_is_one_message() {
    let text =
        r#"{ slug: "a", "slug": "b", "name": 'x', "spec" {"startNodeId": "s" "nodes": [],} } x"#;
    insta::assert_snapshot!(messages(text).join("\n"), @r#"
    WR0101 the key `slug` is not in double quotes @ slug
    WR0104 the key "slug" is given twice @ "slug"
    WR0101 `'x'` is no JSON value @ 'x'
    WR0101 missing `:` after a key @ 
    WR0101 missing `,` between two values @ 
    WR0101 `,` after the last value @ ,
    WR0105 text after the end of the JSON value @ x
    "#);
}

#[test]
fn an_input_schema_becomes_a_type_and_says_what_it_cannot_check() {
    let text = r#"{"startNodeId": "a", "nodes": [], "inputSchema": {
        "type": "object", "required": ["id", "kind"], "properties": {
            "id": {"type": "string", "minLength": 3, "description": "who"},
            "kind": {"enum": ["a", "b"]},
            "at": {"type": ["string", "null"], "format": "date-time"},
            "key": {"type": "string", "x-writ-secret": true, "writeOnly": true},
            "tags": {"type": "array", "items": {"type": "strin"}}
        }
    }}"#;
    insta::assert_snapshot!(messages(text).join("\n"), @r#"
    WR0109 "minLength" is not checked: no type says it @ "minLength"
    WR0110 unknown type "strin" @ "strin"
    "#);
    let (module, _) = parse(text);
    let input = module.workflows[0].trigger.input.as_ref().unwrap();
    let TypeExprKind::Record(fields) = &input.kind else { panic!("{input:?}") };
    let optional: Vec<_> = fields.iter().map(|f| (f.name.value.as_str(), f.optional)).collect();
    let expected = [("id", false), ("kind", false), ("at", true), ("key", true), ("tags", true)];
    assert_eq!(optional, expected);
    assert_eq!(fields[0].doc.as_ref().unwrap().value, "who");
    assert!(matches!(fields[3].ty.kind, TypeExprKind::Secret(_)));
}

#[test]
fn a_budget_is_numbers_and_a_length_of_time() {
    let text = r#"{"startNodeId": "a", "nodes": [], "budget": {
        "calls": -1, "callsPerService": {"identity": "2", "aml": 3}, "attemps": 4, "duration": "a week", "storedBytes": 1.5
    }}"#;
    insta::assert_snapshot!(messages(text).join("\n"), @r#"
    WR0108 "calls" must be a whole number, 0 or above, not a number @ -1
    WR0108 "storedBytes" must be a whole number, 0 or above, not a number @ 1.5
    WR0109 unknown key "attemps" in the budget @ "attemps"
    WR0108 the budget of "identity" must be a whole number, 0 or above, not a string @ "2"
    WR0110 "a week" is no length of time @ "a week"
    "#);
    let (module, _) = parse(text);
    let budget = module.workflows[0].budget.as_ref().unwrap();
    assert_eq!((budget.calls_per_service.len(), budget.duration_ms.is_none()), (1, true));
}

#[test]
fn references_lead_to_declared_types_and_slips_are_put_right_where_they_stand() {
    let text = r##"{"startNodeId": "a", "nodes": [{"id": "a", "type": "wait", "durationMs": 1}], "types": {"Money": {}, "Text": {"$ref": "#/types/string"}},
        "services": {"custom:shop": {"types": {"Status": {}, "Money": {}}, "operations": {
            "buy": {"method": "POST", "path": "/", "request": {"$ref": "#/types/Money"}, "response": {"$ref": "#/services/custom:shop/types/Money"}}
        }}},
        "inputSchema": {"type": "object", "properties": {"a": {"$ref": "#/types/Mony"}, "b": {"$ref": "#/services/custom:shop/types/Statu"},
            "c": {"$ref": "#/services/custom%3Ashp/types/Status"}, "d": {"$ref": "#/services/identity/types/CaptureBundel"}, "e": {"$ref": 1}}}}"##;
    let analysis = crate::analysis::Analysis::new(text, crate::analysis::Syntax::Json);
    let line = |d: &crate::diagnostic::Diagnostic| {
        let help: String = d.suggestions.iter().map(|s| format!(" ({})", s.message)).collect();
        let at = text.get(d.primary.span.range()).unwrap();
        format!("{} {} @ {at}{help}", d.code.id(), d.message)
    };
    let found: Vec<_> = analysis.diagnostics.iter().map(line).collect();
    insta::assert_snapshot!(found.join("\n"), @r##"
    WR0110 "#/types/string" refers to no type @ "#/types/string" (write "#/types/Name" or "#/services/slug/types/Name")
    WR0208 inside `custom:shop`, `Money` is the service's own type @ "#/types/Money" (refer to "#/services/custom:shop/types/Money", or rename one of the two)
    WR0207 no type is called `Mony` @ Mony (did you mean "Money"?)
    WR0207 `custom:shop` has no type `Statu` @ Statu (did you mean "Status"?)
    WR0203 no service is called `custom:shp` @ custom%3Ashp (did you mean "custom:shop"?)
    WR0207 `identity` has no type `CaptureBundel` @ CaptureBundel (did you mean "CaptureBundle"?)
    WR0108 "$ref" must be a string, not a number @ 1 (write `"1"`)
    "##);
}

#[test]
fn what_cannot_be_is_said_of_declarations() {
    let text = r#"{"startNodeId": "a", "nodes": [], "let": {"who": 1, "what": 2},
        "letDescriptions": {"who": "Who it is.", "waht": "What it is.", "what": 3},
        "types": {"A": {"enum": []}, "B": {"anyOf": []}, "C": {"type": []}}}"#;
    insta::assert_snapshot!(messages(text).join("\n"), @r#"
    WR0110 no value fits a schema with nothing in its "enum" @ {"enum": []}
    WR0110 no value fits a schema with nothing in its "anyOf" @ {"anyOf": []}
    WR0110 no value fits a schema with nothing in its "type" @ {"type": []}
    WR0109 "let" has no "waht" to describe @ "waht"
    WR0108 a description must be a string, not a number @ 3
    "#);
    let (module, _) = parse(text);
    let described =
        module.workflows[0].lets.iter().map(|l| l.description.as_ref().map(|d| d.value.as_str()));
    assert_eq!(described.collect::<Vec<_>>(), [Some("Who it is."), None]);
}
