//! Fixtures: each directory of `tests/cases` holds an input and what the compiler says of it.
//!
//! A directory named after a code, such as `wr0202-unknown-step`, must give that code and no other. With
//! `WRIT_BLESS=1` in the environment the expected texts are rewritten.

#![allow(clippy::disallowed_methods, reason = "fixtures are files")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use writ_compiler::analysis::{Analysis, Options, Syntax};
use writ_compiler::bytecode::Pc;
use writ_compiler::diagnostic::{CATALOGUE, Code, Severity, SourceText, render};
use writ_compiler::limits::{OPERANDS_MAX, STEPS_MAX};

/// The directories of fixtures, with the name of each.
fn cases() -> Vec<(String, PathBuf)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/cases");
    let mut cases: Vec<_> = fs::read_dir(root)
        .unwrap()
        .map(|entry| entry.unwrap())
        .map(|entry| (entry.file_name().into_string().unwrap(), entry.path()))
        .collect();
    cases.sort();
    cases
}

/// The input of a fixture, analysed, strictly where its name ends in `-strict`, and its file name.
fn input(directory: &Path) -> Option<(Analysis, &'static str)> {
    let inputs = [("input.json", Syntax::Json), ("input.writ", Syntax::Writ)];
    inputs.into_iter().find_map(|(name, syntax)| {
        let bytes = fs::read(directory.join(name)).ok()?;
        let strict = directory.to_string_lossy().ends_with("-strict");
        let options = Options { strict, ..Options::default() };
        Some((Analysis::from_bytes_with(&bytes, syntax, options), name))
    })
}

fn codes(analysis: &Analysis) -> BTreeSet<Code> {
    analysis.diagnostics.iter().map(|d| d.code).collect()
}

/// The code that a fixture is named after.
fn named_after(case: &str) -> Option<Code> {
    let id = case.split('-').next()?;
    CATALOGUE.iter().map(|row| row.code).find(|code| code.id().eq_ignore_ascii_case(id))
}

#[test]
fn every_fixture_gives_what_is_expected() {
    let bless = std::env::var_os("WRIT_BLESS").is_some();
    let mut wrong = Vec::new();
    for (case, directory) in cases() {
        let Some((analysis, name)) = input(&directory) else { continue };
        let found = render::human::human(&analysis, name, false);
        let expected = directory.join("diagnostics.txt");
        if bless {
            fs::write(&expected, &found).unwrap();
        } else if fs::read_to_string(&expected).ok().as_ref() != Some(&found) {
            wrong.push(format!("tests/cases/{case} gives\n{found}"));
        }
    }
    assert!(wrong.is_empty(), "WRIT_BLESS=1 accepts these:\n{}", wrong.join("\n"));
}

#[test]
fn a_fixture_named_after_a_code_gives_that_code_alone() {
    for (case, directory) in cases() {
        let Some(code) = named_after(&case) else { continue };
        let (analysis, _) = input(&directory).unwrap();
        assert_eq!(codes(&analysis), BTreeSet::from([code]), "tests/cases/{case}");
    }
}

/// What is too large to keep as a file.
fn generated() -> Vec<(Code, String)> {
    let steps: Vec<_> = (0..=STEPS_MAX)
        .map(|n| format!(r#"{{"id":"s{n}","type":"transform","value":1}}"#))
        .collect();
    let edges: Vec<_> =
        (1..STEPS_MAX).map(|n| format!(r#"{{"from":"s{}","to":"s{n}"}}"#, n - 1)).collect();
    let steps = spec("s0", &steps, &edges);
    let parts = vec!["1"; OPERANDS_MAX as usize].join(",");
    let parts = spec("s", &[format!(r#"{{"id":"s","type":"transform","value":[{parts}]}}"#)], &[]);
    vec![(Code::TooManySteps, steps), (Code::SourceTooLarge, parts)]
}

fn spec(start: &str, nodes: &[String], edges: &[String]) -> String {
    let (nodes, edges) = (nodes.join(",\n"), edges.join(",\n"));
    format!(r#"{{"startNodeId":"{start}","nodes":[{nodes}],"edges":[{edges}]}}"#)
}

#[test]
fn every_code_has_a_fixture() {
    let mut covered: BTreeSet<Code> =
        cases().iter().filter_map(|(case, _)| named_after(case)).collect();
    for (code, text) in generated() {
        assert_eq!(codes(&Analysis::new(text, Syntax::Json)), BTreeSet::from([code]));
        covered.insert(code);
    }
    let missing = CATALOGUE.iter().filter(|row| !covered.contains(&row.code));
    let missing: Vec<_> = missing.map(|row| format!("{} {:?}", row.id, row.code)).collect();
    assert!(missing.is_empty(), "no fixture for {missing:?}");
}

#[test]
fn the_quickstart_has_no_errors_and_two_warnings() {
    for (name, syntax) in [("workflow.json", Syntax::Json), ("workflow.writ", Syntax::Writ)] {
        let path = format!("{}/../tests/cases/quickstart/{name}", env!("CARGO_MANIFEST_DIR"));
        let analysis = Analysis::new(fs::read_to_string(path).unwrap(), syntax);
        let text = render::human::human(&analysis, name, false);
        assert_eq!(
            codes(&analysis),
            BTreeSet::from([Code::UnusedVerdict, Code::RejectWithoutRoute]),
            "{text}"
        );
        assert!(analysis.diagnostics.iter().all(|d| d.severity == Severity::Warning), "{text}");
        assert!(analysis.workflows[0].compiled.is_some());
    }
}

/// Decisions with two arms each that meet again, one behind the other: 2 to the power of `n` paths. The last step
/// reads something of every one of them.
fn diamonds(n: usize) -> String {
    let mut nodes = Vec::new();
    let mut edges = Vec::new();
    for at in 0..n {
        let next = if at + 1 == n { "last".to_owned() } else { format!("d{}", at + 1) };
        nodes.push(format!(
            r#"{{"id":"d{at}","type":"decision","expression":"trigger.x == {at}",
                "cases":{{"true":{{"next":"a{at}"}},"false":{{"next":"b{at}"}}}}}}"#
        ));
        for arm in ["a", "b"] {
            nodes.push(format!(r#"{{"id":"{arm}{at}","type":"transform","value":{at}}}"#));
            edges.push(format!(r#"{{"from":"{arm}{at}","to":"{next}"}}"#));
        }
    }
    let reads: Vec<_> = (0..n)
        .map(|at| format!(r#""${{coalesce(step.a{at}.output, step.b{at}.output)}}""#))
        .collect();
    nodes.push(format!(r#"{{"id":"last","type":"end","output":[{}]}}"#, reads.join(",")));
    spec("d0", &nodes, &edges)
}

#[test]
fn the_number_of_paths_does_not_matter() {
    for n in [26, (STEPS_MAX - 1) / 3] {
        let analysis = Analysis::new(diamonds(n), Syntax::Json);
        assert_eq!(render::human::human(&analysis, "diamonds.json", false), "");
        assert!(analysis.workflows[0].compiled.is_some());
    }
}

#[test]
fn every_instruction_leads_to_what_it_came_from() {
    let mut programs = 0;
    for (case, directory) in cases() {
        let Some((analysis, _)) = input(&directory) else { continue };
        let source = SourceText { text: &analysis.text, syntax: analysis.syntax };
        for compiled in analysis.workflows.iter().filter_map(|found| found.compiled.as_ref()) {
            programs += 1;
            for (pc, op) in (0..).map(Pc).zip(&compiled.program.code) {
                let location = compiled.source_map.locate(pc, source, &analysis.lines);
                let expression = location.map(|location| location.expression).unwrap_or_default();
                assert!(!expression.is_empty(), "{case}: {op:?} leads nowhere");
            }
        }
    }
    assert!(programs > 20, "{programs}");
}
