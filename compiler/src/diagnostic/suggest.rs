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

/// The candidate that a misspelt word most probably stands for.
#[must_use]
pub(crate) fn nearest<'c>(
    word: &str,
    candidates: impl Iterator<Item = &'c str>,
) -> Option<&'c str> {
    let length = word.chars().count();
    if length > MISSPELT_CHARS_MAX {
        return None;
    }
    candidates
        .map(|c| (c, c.chars().count()))
        .map(|(c, other)| (c, other, 1 + other / 4))
        // Names whose lengths differ by more than this are further apart than this.
        .filter(|(_, other, most)| length.abs_diff(*other) <= *most)
        .map(|(c, _, most)| (strsim::damerau_levenshtein(word, c), most, c))
        .filter(|(distance, most, _)| distance <= most)
        .min()
        .map(|(_, _, c)| c)
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
