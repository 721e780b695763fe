//! What machines read: every diagnostic of every fixture and page, against the schemas of the formats.

#![allow(clippy::disallowed_methods, reason = "fixtures are files")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use writ_compiler::analysis::{Analysis, Syntax};
use writ_compiler::diagnostic::render;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The input of every fixture, analysed.
fn fixtures() -> Vec<(String, Analysis)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(root().join("tests/cases")).unwrap() {
        let directory = entry.unwrap().path();
        for (name, syntax) in [("input.json", Syntax::Json), ("input.writ", Syntax::Writ)] {
            if let Ok(bytes) = fs::read(directory.join(name)) {
                let shown = directory.file_name().unwrap().to_str().unwrap();
                found.push((format!("{shown}/{name}"), Analysis::from_bytes(&bytes, syntax)));
            }
        }
    }
    found.sort_by(|(a, _), (b, _)| a.cmp(b));
    assert!(found.len() > 70, "the fixtures are there: {}", found.len());
    found
}

fn schema(path: &str) -> jsonschema::Validator {
    let text = fs::read_to_string(root().join(path)).unwrap();
    let mut schema: Value = serde_json::from_str(&text).unwrap();
    // The published schema of SARIF holds one pattern, twice, that is no regular expression; we write no `language`.
    for owner in ["run", "toolComponent"] {
        let language = schema.pointer_mut(&format!("/definitions/{owner}/properties/language"));
        if let Some(language) = language.and_then(Value::as_object_mut) {
            language.remove("pattern");
        }
    }
    jsonschema::validator_for(&schema).unwrap()
}

fn assert_valid(schema: &jsonschema::Validator, value: &Value, what: &str) {
    let errors: Vec<String> = schema
        .iter_errors(value)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert!(errors.is_empty(), "{what}: {}", errors.join("\n"));
}

#[test]
fn json_diagnostics_fit_their_schema() {
    let schema = schema("docs/diagnostics.schema.json");
    let mut codes = BTreeSet::new();
    for (name, analysis) in fixtures() {
        let lines = render::json::json(&analysis, &name);
        for line in lines.lines() {
            let value: Value = serde_json::from_str(line).unwrap();
            assert_valid(&schema, &value, &format!("{name}: {line}"));
            codes.insert(value["code"].as_str().unwrap().to_owned());
        }
        assert_eq!(lines.lines().count(), analysis.diagnostics.len(), "{name}: one a line");
    }
    assert!(codes.len() > 60, "most codes were seen: {codes:?}");
    // The schema is no formality.
    let wrong = serde_json::json!({"code": "WR1", "severity": "fatal"});
    assert!(!schema.is_valid(&wrong));
}

#[test]
fn sarif_logs_fit_the_standard() {
    let schema = schema("tests/data/sarif-2.1.0.schema.json");
    let mut all = Vec::new();
    for (name, analysis) in fixtures() {
        all.extend(render::sarif::results(&analysis, &format!("a dir/{name}")));
    }
    let (fixes, suppressed) = (
        all.iter().filter(|result| result.get("fixes").is_some()).count(),
        all.iter().filter(|result| result.get("suppressions").is_some()).count(),
    );
    assert!(fixes > 0 && suppressed > 0, "{fixes} with fixes, {suppressed} suppressed");
    for results in [Vec::new(), all] {
        let log: Value = serde_json::from_str(&render::sarif::log(results)).unwrap();
        assert_valid(&schema, &log, "a SARIF log");
    }
    assert!(!schema.is_valid(&serde_json::json!({"version": "2.0.0", "runs": []})));
}

#[test]
fn workflow_commands_stay_on_their_lines() {
    for (name, analysis) in fixtures() {
        let text = render::github::github(&analysis, &name);
        assert_eq!(text.lines().count(), analysis.diagnostics.len(), "{name}\n{text}");
        for line in text.lines() {
            let known = ["::error ", "::warning ", "::notice "];
            assert!(known.iter().any(|start| line.starts_with(start)), "{line}");
        }
    }
}
