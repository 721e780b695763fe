//! Whatever the text, the compiler answers: diagnostics with places in it, or a program.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use proptest::prelude::*;
use proptest::sample::Index;
use writ_compiler::analysis::{Analysis, Options, Syntax};
use writ_compiler::convert;
use writ_compiler::diagnostic::fix::fix;
use writ_compiler::diagnostic::{Applicability, SourceRef, render};
use writ_compiler::format;

const JSON: &str = include_str!("../../tests/cases/quickstart/workflow.json");
const WRIT: &str = include_str!("../../tests/cases/quickstart/workflow.writ");
const EVERY_STEP: &str = include_str!("../../tests/cases/every-step/input.writ");

/// Pieces that mean something somewhere.
const PIECES: &[&str] = &[
    "{",
    "}",
    "[",
    "]",
    "\"",
    ":",
    ",",
    "${",
    "}}",
    "\\u00",
    "\\",
    "\u{1f600}",
    "\u{0}",
    "\n",
    "\r",
    " ",
    "null",
    "true",
    "-1",
    "1e999",
    "18446744073709551616",
    "step",
    "step.kyc.output",
    ".?",
    "\"default\"",
    "\"case\"",
    "\"next\"",
    "\"end\"",
    "\"kyc\"",
    "route_to:kyc",
    "-> end",
    "->",
    "decide",
    "when",
    "else",
    "retry",
    "on error",
    "coalesce(",
    "has(",
    ".map(step, step)",
    "&&",
    "?",
    "//",
    "/*",
    "///",
    "type A = A",
    "service",
    "1 / 0",
];

/// A change of a text at places that are chosen by indices.
#[derive(Debug, Clone)]
enum Change {
    Delete(Index, Index),
    Repeat(Index, Index, Index),
    Insert(Index, &'static str),
    Replace(Index, Index, &'static str),
}

fn change() -> impl Strategy<Value = Change> {
    let at = any::<Index>;
    let piece = || prop::sample::select(PIECES);
    prop_oneof![
        (at(), at()).prop_map(|(a, b)| Change::Delete(a, b)),
        (at(), at(), at()).prop_map(|(a, b, to)| Change::Repeat(a, b, to)),
        (at(), piece()).prop_map(|(a, piece)| Change::Insert(a, piece)),
        (at(), at(), piece()).prop_map(|(a, b, piece)| Change::Replace(a, b, piece)),
    ]
}

/// The text with a change; stretches are short, so that most of it still makes sense.
fn changed(text: &str, change: &Change) -> String {
    let chars: Vec<char> = text.chars().collect();
    let place = |at: &Index| at.index(chars.len() + 1);
    let stretch = |from: &Index, length: &Index| {
        let start = place(from);
        (start, (start + length.index(60)).min(chars.len()))
    };
    let join = |parts: &[&[char]]| parts.concat().into_iter().collect::<String>();
    let piece = |text: &str| text.chars().collect::<Vec<_>>();
    match change {
        Change::Delete(from, length) => {
            let (start, end) = stretch(from, length);
            join(&[&chars[..start], &chars[end..]])
        }
        Change::Repeat(from, length, to) => {
            let ((start, end), to) = (stretch(from, length), place(to));
            join(&[&chars[..to], &chars[start..end], &chars[to..]])
        }
        Change::Insert(at, text) => {
            let at = place(at);
            join(&[&chars[..at], &piece(text), &chars[at..]])
        }
        Change::Replace(from, length, text) => {
            let (start, end) = stretch(from, length);
            join(&[&chars[..start], &piece(text), &chars[end..]])
        }
    }
}

/// Analyses a text, renders what was found, and holds it against what every analysis promises.
fn check(text: &str, syntax: Syntax) {
    let analysis = Analysis::new(text, syntax);
    for diagnostic in &analysis.diagnostics {
        for label in std::iter::once(&diagnostic.primary).chain(&diagnostic.secondary) {
            if label.source == SourceRef::Main {
                let place = analysis.text.get(label.span.range());
                assert!(place.is_some(), "{diagnostic:?} points outside the text");
            }
        }
        assert!(!diagnostic.message.is_empty() && !diagnostic.message.contains('\n'));
        for edit in diagnostic.suggestions.iter().flat_map(|suggestion| &suggestion.edits) {
            let place = analysis.text.get(edit.span.range());
            assert!(place.is_some(), "{edit:?} of {diagnostic:?} cuts a character");
        }
    }
    let compiled = analysis.workflows.iter().all(|workflow| workflow.compiled.is_some());
    assert!(analysis.has_errors() != compiled || analysis.workflows.is_empty());
    let shown = render::human::human(&analysis, "input", false);
    let again = render::human::human(&Analysis::new(text, syntax), "input", false);
    assert_eq!(shown, again);
    if let Ok(once) = format::format(text.as_bytes(), syntax) {
        assert_eq!(format::format(once.as_bytes(), syntax).ok().as_ref(), Some(&once));
    }
    for line in render::json::json(&analysis, "input").lines() {
        serde_json::from_str::<serde_json::Value>(line).unwrap();
    }
}

/// Fixes a text, and holds the result against what fixing promises.
fn check_fixes(text: &str, syntax: Syntax) {
    for least in [Applicability::Safe, Applicability::Maybe] {
        let before = Analysis::new(text, syntax);
        let was = before.text.clone();
        let fixed = fix(before, least, Options::default());
        assert!(fixed.settled, "{was}\nbecomes\n{}", fixed.analysis.text);
        assert_eq!(fixed.applied.is_empty(), fixed.analysis.text == was);
    }
}

/// The same workflow in the other syntax.
fn every_step_as_json() -> String {
    let analysis = Analysis::new(EVERY_STEP, Syntax::Writ);
    convert::to_json(&analysis.module, &analysis.module.workflows[0], &analysis.workflows[0])
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn damaged_json_is_answered(changes in prop::collection::vec(change(), 1..6)) {
        let text = changes.iter().fold(JSON.to_owned(), |text, change| changed(&text, change));
        check(&text, Syntax::Json);
    }

    #[test]
    fn damaged_writ_is_answered(changes in prop::collection::vec(change(), 1..6)) {
        let text = changes.iter().fold(WRIT.to_owned(), |text, change| changed(&text, change));
        check(&text, Syntax::Writ);
    }

    #[test]
    fn damage_to_every_kind_of_step_is_answered(changes in prop::collection::vec(change(), 1..6)) {
        let damaged = |text: &str| changes.iter().fold(text.to_owned(), |text, change| changed(&text, change));
        check(&damaged(EVERY_STEP), Syntax::Writ);
        check(&damaged(&every_step_as_json()), Syntax::Json);
    }

    #[test]
    fn pieces_in_any_order_are_answered(pieces in prop::collection::vec(prop::sample::select(PIECES), 0..60)) {
        let text = pieces.concat();
        check(&text, Syntax::Json);
        check(&text, Syntax::Writ);
    }

    #[test]
    fn fixing_a_damaged_text_settles(changes in prop::collection::vec(change(), 1..3)) {
        let damaged = |text: &str| changes.iter().fold(text.to_owned(), |text, change| changed(&text, change));
        check_fixes(&damaged(EVERY_STEP), Syntax::Writ);
        check_fixes(&damaged(JSON), Syntax::Json);
    }
}
