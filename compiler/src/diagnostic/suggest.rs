//! Did you mean.

use super::{Applicability, Diagnostic};
use crate::limits::MISSPELT_CHARS_MAX;
use crate::text::{Name, Span};

/// Adds the candidate that a misspelt name probably stands for, with the edit that puts it there.
#[must_use]
pub(crate) fn did_you_mean<'c>(
    diagnostic: Diagnostic,
    name: &Name,
    candidates: impl Iterator<Item = &'c str>,
) -> Diagnostic {
    let Some(near) = nearest(&name.value, candidates) else { return diagnostic };
    let message = format!("did you mean \"{near}\"?");
    // A name that needs escapes cannot be put between quotes as it is.
    let plain = !near.contains(['"', '\\']) && !near.contains(char::is_control);
    match unquoted(name).filter(|_| plain) {
        Some(span) => diagnostic.fix(message, span, near, Applicability::Maybe),
        None => diagnostic.help(message),
    }
}

/// Fewest characters that tell what a name begins with.
const BEGINNING_CHARS_MIN: usize = 3;

/// The candidate that a misspelt word most probably stands for: one that is spelt almost like it, or else one that
/// begins like it, as `int` does for `integer`.
#[must_use]
pub(crate) fn nearest<'c>(
    word: &str,
    candidates: impl Iterator<Item = &'c str>,
) -> Option<&'c str> {
    let length = word.chars().count();
    if length > MISSPELT_CHARS_MAX {
        return None;
    }
    let found = candidates.filter_map(|c| {
        let other = c.chars().count();
        let (most, difference) = (1 + other / 4, length.abs_diff(other));
        // Names whose lengths differ by more than this are further apart than this.
        let distance =
            if difference <= most { strsim::damerau_levenshtein(word, c) } else { usize::MAX };
        if distance <= most {
            return Some((false, distance, most, c));
        }
        // Many paths begin alike.
        let begins = length.min(other) >= BEGINNING_CHARS_MIN
            && !word.contains('/')
            && (word.starts_with(c) || c.starts_with(word));
        begins.then_some((true, difference, most, c))
    });
    found.min().map(|(_, _, _, c)| c)
}

/// The place of a name without the quotes around it; `None` when it is written with escapes.
fn unquoted(name: &Name) -> Option<Span> {
    let length = name.span.range().len();
    if length == name.value.len() {
        return Some(name.span);
    }
    (length == name.value.len() + 2)
        .then(|| Span { start: name.span.start + 1, end: name.span.end - 1 })
}
