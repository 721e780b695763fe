//! What expressions mean: the cases of `tests/expressions`, and the examples of `docs/expressions.md`.
//!
//! Each goes the whole way: the JSON front end, the checker, lowering, encoding, the verifier, evaluation.

#![allow(clippy::disallowed_methods, reason = "the cases are files")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use serde_json::{Value as Json, json};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use writ_compiler::analysis::{Analysis, Syntax};
use writ_compiler::bytecode::eval::{self, Budget, Scope};
use writ_compiler::bytecode::{ExecutionField, Function, Program, WorkflowField};
use writ_compiler::diagnostic::{Severity, render};
use writ_compiler::value::Value;

/// A run of which expressions see nothing but what is the same in every run of the tests.
struct Run {
    trigger: Value,
}

impl Scope for Run {
    fn trigger(&self) -> &Value {
        &self.trigger
    }

    fn output(&self, _: u32) -> Option<&Value> {
        None
    }

    fn error(&self, _: u32) -> Option<Value> {
        None
    }

    fn execution(&self, field: ExecutionField) -> Value {
        match field {
            ExecutionField::Id => Value::from("exe_1"),
            ExecutionField::ExternalId => Value::Null,
            ExecutionField::StartedAt => Value::Timestamp(1_000_000_000),
        }
    }

    fn workflow(&self, field: WorkflowField) -> Value {
        match field {
            WorkflowField::Slug => Value::from("shop"),
            WorkflowField::Version => Value::Int(7),
        }
    }

    fn step_id(&self) -> Arc<str> {
        "stp_1".into()
    }

    fn now(&self) -> i128 {
        1_700_000_000_000_000_000
    }

    fn uuid_bits(&self, n: u32) -> u128 {
        u128::from(n)
    }
}

/// What an expression comes to.
#[derive(Debug, Clone, PartialEq)]
enum Outcome {
    Gives(Value),
    Fails(String),
    Refused(String),
}

fn outcome(expression: &str, trigger: &Json) -> Outcome {
    let spec = json!({
        "startNodeId": "x",
        "nodes": [{"id": "x", "type": "transform", "value": format!("${{{expression}\n}}")}],
        "edges": [],
    });
    let analysis = Analysis::new(spec.to_string(), Syntax::Json);
    if analysis.diagnostics.iter().any(|d| d.severity == Severity::Error) {
        return Outcome::Refused(render::human::human(&analysis, "spec.json", false));
    }
    let compiled = analysis.workflows[0].compiled.as_ref().expect("a program");
    let program = Program::load(&compiled.program.encode()).expect("a program that loads");
    let run = Run { trigger: trigger.into() };
    let entry = program.steps[0].entry.next();
    match eval::run(&program, entry, &run, &mut Budget::default()) {
        Ok(mut stopped) => Outcome::Gives(stopped.operands.pop().expect("a value")),
        Err(error) => Outcome::Fails(error.message(true)),
    }
}

/// What a case says: the expression, how it ends, and with what.
fn case(line: &str) -> Option<(&str, &str, &str)> {
    let marks = ["==>", "!!>", "??>"];
    let found = marks.into_iter().find_map(|mark| Some((mark, line.split_once(mark)?)));
    let (mark, (expression, rest)) = found?;
    Some((expression.trim(), mark, rest.trim()))
}

/// What is wrong with a case, if anything.
fn complaint(expression: &str, mark: &str, expected: &str, trigger: &Json) -> Option<String> {
    let found = outcome(expression, trigger);
    let fits = match (mark, &found) {
        ("==>", Outcome::Gives(value)) => match outcome(expected, &json!({})) {
            // Representations are compared: 3, 3u and 3.0 differ here.
            Outcome::Gives(expected) => *value == expected,
            other => return Some(format!("{expected} is no value: {other:?}")),
        },
        ("!!>", Outcome::Fails(message)) | ("??>", Outcome::Refused(message)) => {
            message.contains(expected)
        }
        _ => false,
    };
    (!fits).then(|| format!("{expression}\n    {mark} {expected}\n    found {found:?}\n"))
}

fn files() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/expressions");
    let mut files: Vec<PathBuf> = fs::read_dir(root)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "txt"))
        .collect();
    files.sort();
    files
}

#[test]
fn expressions_mean_what_the_cases_say() {
    let (mut count, mut wrong) = (0, Vec::new());
    for path in files() {
        let text = fs::read_to_string(&path).unwrap();
        let mut trigger = json!({});
        for (number, line) in text.lines().enumerate() {
            if let Some(inputs) = line.strip_prefix("@ ") {
                trigger = serde_json::from_str(inputs).unwrap();
            } else if let Some((expression, mark, expected)) = case(line) {
                count += 1;
                let complaint = complaint(expression, mark, expected, &trigger);
                let name = path.file_name().unwrap().to_string_lossy();
                wrong.extend(complaint.map(|text| format!("{name}:{}: {text}", number + 1)));
            } else {
                assert!(line.is_empty() || line.starts_with('#'), "{line} is no case");
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {count} cases\n\n{}", wrong.len(), wrong.join("\n"));
    assert!(count > 1_000, "only {count} cases were found");
}

#[test]
fn the_examples_of_the_documentation_give_what_they_say() {
    let page = include_str!("../../docs/expressions.md");
    let blocks = page.split("```cel\n").skip(1).filter_map(|rest| rest.split("```").next());
    let (mut count, mut wrong) = (0, Vec::new());
    for line in blocks.flat_map(str::lines) {
        let (expression, said) = line.rsplit_once(" // ").expect("an example says what it gives");
        let (mark, expected) = match said.strip_prefix("=> ") {
            Some(expected) => ("==>", expected),
            None => ("!!>", said.strip_prefix("error: ").expect("a value or an error")),
        };
        count += 1;
        wrong.extend(complaint(expression.trim(), mark, expected, &json!({})));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(count > 100, "only {count} examples were found");
}

#[test]
fn every_function_has_an_example() {
    let page = include_str!("../../docs/expressions.md");
    for name in Function::names() {
        assert!(page.contains(&format!("{name}(")), "`{name}` is not in docs/expressions.md");
    }
}
