//! Names and texts of many scripts, and lines that end in many ways: every place is where an author would point.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use serde_json::Value;
use writ_compiler::analysis::{Analysis, Syntax};
use writ_compiler::diagnostic::render;

const TEXT: &str = include_str!("../../tests/cases/names-of-many-scripts/input.writ");

/// What machines read of each diagnostic, but for the bytes, which the ends of lines move.
fn places(text: &str) -> Vec<Value> {
    let analysis = Analysis::from_bytes(text.as_bytes(), Syntax::Writ);
    let mut values = render::json::values(&analysis, "input.writ");
    fn forget(value: &mut Value) {
        match value {
            Value::Object(fields) => {
                fields.retain(|name, _| !name.ends_with("Byte"));
                fields.values_mut().for_each(forget);
            }
            Value::Array(items) => items.iter_mut().for_each(forget),
            _ => {}
        }
    }
    values.iter_mut().for_each(forget);
    values
}

#[test]
fn a_place_is_counted_in_characters_of_its_line() {
    let lines: Vec<&str> = TEXT.lines().collect();
    let places = places(TEXT);
    assert_eq!(places.len(), 4, "{places:#?}");
    for place in &places {
        let number = |name: &str| usize::try_from(place[name].as_u64().unwrap()).unwrap();
        if number("line") != number("endLine") {
            continue;
        }
        let line: Vec<char> = lines[number("line") - 1].chars().collect();
        let shown: String = line[number("column") - 1..number("endColumn") - 1].iter().collect();
        // The words that are wrong, and the expressions around them.
        let wrong = ["outptu", "حالات", "emoji 🙁", "tidak ada"];
        assert!(wrong.iter().any(|wrong| shown.contains(wrong)), "{shown}: {place}");
    }
}

#[test]
fn ends_of_lines_and_a_byte_order_mark_change_no_place() {
    let crlf = TEXT.replace('\n', "\r\n");
    let marked = format!("\u{feff}{TEXT}");
    let expected = places(TEXT);
    assert_eq!(places(&crlf), expected);
    assert_eq!(places(&marked), expected);
}

#[test]
fn names_of_many_scripts_survive_the_other_syntax() {
    let text = TEXT
        .replace("outptu", "output")
        .replace("حالات", "حالة")
        .replace("🙁", "🙂")
        .replace("tidak ada", "selesai ✅")
        .replace(
            "step.مراجعة.output[\"حالة\"] + step",
            "step.مراجعة.output[\"حالة\"] + string(step",
        )
        .replace("output[\"🙂\"]\n", "output[\"🙂\"])\n");
    let program = |text: &str, syntax| {
        let analysis = Analysis::new(text, syntax);
        let shown = render::human::human(&analysis, "input", false);
        (analysis.workflows[0].compiled.clone().expect(&shown).program, analysis)
    };
    let (program_of_writ, source) = program(&text, Syntax::Writ);
    let workflow = &source.module.workflows[0];
    let json = writ_compiler::convert::to_json(&source.module, workflow, &source.workflows[0]);
    assert_eq!(program(&json, Syntax::Json).0, program_of_writ);
}
