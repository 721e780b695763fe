//! What every input is held against. A broken promise is a panic, which the fuzzer reports with the input.

use std::sync::Arc;
use writ_compiler::analysis::{Analysis, Options, Syntax};
use writ_compiler::bytecode::eval::{self, Budget, Scope};
use writ_compiler::bytecode::{ExecutionField, Pc, Program, Tracer, WorkflowField, disasm};
use writ_compiler::diagnostic::fix::fix;
use writ_compiler::diagnostic::{Applicability, SourceRef, render};
use writ_compiler::value::Value;
use writ_compiler::{convert, format};

/// A text: it is answered with diagnostics whose places are in it, or with a program that survives its encoding, the
/// other syntax, and formatting.
pub fn text(bytes: &[u8], syntax: Syntax) {
    let analysis = Analysis::from_bytes(bytes, syntax);
    for diagnostic in &analysis.diagnostics {
        let labels = std::iter::once(&diagnostic.primary).chain(&diagnostic.secondary);
        for label in labels.filter(|label| label.source == SourceRef::Main) {
            assert!(
                analysis.text.get(label.span.range()).is_some(),
                "a place outside: {diagnostic:?}"
            );
        }
    }
    let _ = render::human::human(&analysis, "input", false);
    let _ = render::json::json(&analysis, "input");
    if let Ok(once) = format::format(bytes, syntax) {
        let twice = format::format(once.as_bytes(), syntax);
        assert!(twice.is_ok_and(|twice| twice == once), "formatting again changes it:\n{once}");
        assert!(
            programs(&analysis) == programs(&Analysis::new(once, syntax)),
            "formatting changes what it means"
        );
    }
    for program in programs(&analysis) {
        assert_eq!(Program::load(&program.encode()).as_ref(), Ok(&program));
        run(&program);
    }
    if !analysis.has_errors() {
        for (workflow, found) in analysis.module.workflows.iter().zip(&analysis.workflows) {
            let compiled = found.compiled.as_ref().map(|compiled| &compiled.program);
            let (other, text) = match syntax {
                Syntax::Json => (Syntax::Writ, convert::to_writ(&analysis.module, workflow, found)),
                Syntax::Writ => (Syntax::Json, convert::to_json(&analysis.module, workflow, found)),
            };
            // A template inside a larger expression becomes a sum in JSON, of the same value and other instructions; and of
            // an author's operations with one method and path, JSON cannot tell which is called.
            if analysis.module.services.is_empty() && !text.contains("string(") {
                let back = Analysis::new(text.as_str(), other);
                assert_eq!(
                    programs(&back).first(),
                    compiled,
                    "converted, it means something else:\n{text}"
                );
            }
        }
    }
    let _ = fix(analysis, Applicability::Maybe, Options::default());
}

/// An expression, as a transform's value.
pub fn expression(bytes: &[u8]) {
    let Ok(expression) = std::str::from_utf8(bytes) else { return };
    text(format!("workflow \"w\" {{ transform a = {expression}\n}}").as_bytes(), Syntax::Writ);
}

/// Bytes that are called a program: refused, or safe to run.
pub fn bytecode(bytes: &[u8]) {
    let Ok(program) = Program::load(bytes) else { return };
    let _ = disasm(&program, None);
    assert_eq!(Program::load(&program.encode()).as_ref(), Ok(&program));
    run(&program);
}

fn programs(analysis: &Analysis) -> Vec<Program> {
    let compiled = analysis.workflows.iter().filter_map(|found| found.compiled.as_ref());
    compiled.map(|compiled| compiled.program.clone()).collect()
}

/// Evaluates from every instruction, within little fuel.
fn run(program: &Program) {
    for pc in (0..).map(Pc).take(program.code.len().min(200)) {
        let mut budget = Budget { fuel: 2_000, bytes: 1 << 18 };
        let mut same = budget;
        let plain = eval::run(program, pc, &Sample::new(), &mut budget);
        let mut tracer = Tracer::new(program, drop);
        let traced = eval::run_observed(program, pc, &Sample::new(), &mut same, &mut tracer);
        assert_eq!(
            (plain.is_ok(), budget),
            (traced.is_ok(), same),
            "it makes no difference to be watched"
        );
    }
}

/// A run with something in it.
struct Sample {
    trigger: Value,
}

impl Sample {
    fn new() -> Self {
        let list = Value::from(vec![Value::from(1_i64), Value::from("two"), Value::Null]);
        Self {
            trigger: Value::record([
                ("a", Value::from("text")),
                ("n", Value::from(-7_i64)),
                ("d", Value::from(1.5)),
                ("items", list),
                ("o", Value::record([("id", Value::from("x"))])),
            ]),
        }
    }
}

impl Scope for Sample {
    fn trigger(&self) -> &Value {
        &self.trigger
    }

    fn output(&self, step: u32) -> Option<&Value> {
        (step % 2 == 0).then_some(&self.trigger)
    }

    fn error(&self, step: u32) -> Option<Value> {
        (step % 2 == 1).then(|| self.trigger.clone())
    }

    fn execution(&self, _: ExecutionField) -> Value {
        Value::from("exe_1")
    }

    fn workflow(&self, _: WorkflowField) -> Value {
        Value::from("w")
    }

    fn step_id(&self) -> Arc<str> {
        "stp_1".into()
    }

    fn now(&self) -> i128 {
        1_764_000_000_000_000_000
    }

    fn uuid_bits(&self, n: u32) -> u128 {
        u128::from(n)
    }
}
