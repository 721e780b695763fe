//! Patterns of `matches` that are written down: compiled once a text, and no more of them than take a moment.

use crate::limits::PATTERNS_CHECKED_MAX;
use crate::value::pattern::Pattern;
use std::cell::RefCell;
use std::collections::HashMap;

thread_local! {
    /// What is wrong with the patterns of the text being analysed, which has one thread.
    static KNOWN: RefCell<HashMap<String, Option<String>>> = RefCell::default();
}

/// Begins a text: what is said of it does not depend on the texts before.
pub(crate) fn begin_text() {
    KNOWN.with_borrow_mut(HashMap::clear);
}

/// What is wrong with a pattern; of too many patterns, it is left for the run to find out.
pub(super) fn problem(pattern: &str) -> Option<String> {
    KNOWN.with_borrow_mut(|known| {
        if let Some(problem) = known.get(pattern) {
            return problem.clone();
        }
        if known.len() >= PATTERNS_CHECKED_MAX {
            return None;
        }
        let problem = Pattern::new(pattern).err();
        known.insert(pattern.to_owned(), problem.clone());
        problem
    })
}
