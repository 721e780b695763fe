//! Texts with very many mistakes: all of them are said. How long that takes, `writ-benches` measures (`--bin mistakes`).
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

#[path = "large/texts.rs"]
mod texts;

use texts::{MISTAKES, OTHERS, list, many, transform};
use writ_compiler::analysis::{Analysis, Syntax};
use writ_compiler::diagnostic::render;

#[test]
fn a_thousand_mistakes_in_one_text_are_all_said() {
    for kind in MISTAKES {
        let analysis = Analysis::new((kind.text)(1_000), kind.syntax);
        let found = analysis.diagnostics.len();
        assert!(found >= 1_000, "{}: {found}", kind.name);
        assert_eq!(analysis.diagnostics_dropped, 0, "{}", kind.name);
    }
}

#[test]
fn large_texts_are_answered() {
    for kind in MISTAKES.iter().chain(OTHERS) {
        let analysis = Analysis::new((kind.text)(600), kind.syntax);
        let printed = render::human::human(&analysis, "input", false)
            + &render::json::json(&analysis, "input")
            + &render::sarif::log(render::sarif::results(&analysis, "input"));
        assert!(!printed.is_empty(), "{}", kind.name);
    }
}

#[test]
fn of_a_hostile_text_the_first_mistakes_are_said_and_the_others_counted() {
    let text = transform(&format!("[{}]", list(100_000, |_| "a".into())), "");
    let analysis = Analysis::new(text, Syntax::Json);
    let printed = render::human::human(&analysis, "input", false);
    let counted = format!("and {} more that are not shown\n", analysis.diagnostics_dropped);
    assert!(analysis.diagnostics_dropped >= 90_000 && printed.ends_with(&counted));
}

#[test]
fn a_chain_of_types_may_be_as_long_as_the_text() {
    let text = many(50_000, |i| format!("type T{i} = {{ a: T{} }}\n", i + 1));
    let text = format!(
        "{text}type T50000 = string\nworkflow \"w\" {{ trigger api {{ a: T0 }} end done }}\n"
    );
    let analysis = Analysis::new(text, Syntax::Writ);
    assert!(analysis.has_errors());
}
