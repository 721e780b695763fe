//! Did you mean.

use super::{Applicability, Diagnostic};
use crate::limits::{MISSPELT_CHARS_MAX, MISSPELT_WORK_MAX};
use crate::text::{Name, Span};
use std::cell::Cell;

/// What comparing two characters costs, in bytes looked at.
const COMPARISON_WORK: usize = 4;

thread_local! {
    /// What the text being analysed may still spend on comparing names. A text has one thread; handed from check to check
    /// this would be a parameter of everything that can report an unknown name.
    static WORK_LEFT: Cell<u64> = const { Cell::new(MISSPELT_WORK_MAX) };
}

/// Begins a text: what is suggested for it does not depend on the texts before.
pub(crate) fn begin_text() {
    WORK_LEFT.set(MISSPELT_WORK_MAX);
}

/// Takes the work off what is left; whether there was enough.
fn spend(work: usize) -> bool {
    let left = WORK_LEFT.get().checked_sub(work as u64);
    WORK_LEFT.set(left.unwrap_or(0));
    left.is_some()
}

/// Names shorter than this, in characters, are one letter from each other by chance.
const SURE_CHARS_MIN: usize = 4;

/// Fewest characters that tell what a name begins with.
const BEGINNING_CHARS_MIN: usize = 3;

/// Adds the candidate that a misspelt name probably stands for, with the edit that puts it there.
#[must_use]
pub(crate) fn did_you_mean<'c>(
    diagnostic: Diagnostic,
    name: &Name,
    candidates: impl Iterator<Item = &'c str>,
) -> Diagnostic {
    let mut near = near(&name.value, candidates);
    near.sort_unstable();
    near.dedup();
    let Some((first, others)) = near.split_first() else { return diagnostic };
    let is_slip = |near: &Near<'_>| is_slip(&name.value, near.name);
    let sure = is_slip(first) && !others.iter().any(is_slip);
    let first = first.name;
    let applicability = if sure { Applicability::Safe } else { Applicability::Maybe };
    let message = format!("did you mean \"{first}\"?");
    match unquoted(name).filter(|span| stands_alone(name, *span, first)) {
        Some(span) => diagnostic.fix(message, span, first, applicability),
        None => diagnostic.help(message),
    }
}

/// The same where each candidate may stand once: one that stands there already is not meant a second time.
#[must_use]
pub(crate) fn did_you_mean_another<'c>(
    diagnostic: Diagnostic,
    name: &Name,
    candidates: impl Iterator<Item = &'c str>,
    is_there: impl Fn(&str) -> bool,
) -> Diagnostic {
    let candidates: Vec<&str> = candidates.collect();
    match nearest(&name.value, candidates.iter().copied()).filter(|near| is_there(near)) {
        Some(near) => {
            diagnostic.help(format!("\"{near}\" is there already: remove one of the two"))
        }
        None => did_you_mean(diagnostic, name, candidates.into_iter().filter(|c| !is_there(c))),
    }
}

/// Whether a name can only be a slip for another: one letter amiss, or the same letters written in another manner. Names
/// that count things are not: `level_2` is no slip for `level_3`.
fn is_slip(word: &str, near: &str) -> bool {
    let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
    let letters = |text: &str| text.replace(['_', '-'], "").to_lowercase();
    word.chars().count().min(near.chars().count()) >= SURE_CHARS_MIN
        && digits(word) == digits(near)
        && (strsim::damerau_levenshtein(word, near) <= 1 || letters(word) == letters(near))
}

/// Whether a name can stand where another one stands, without quotes or escapes that it does not have there.
fn stands_alone(name: &Name, span: Span, near: &str) -> bool {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let is_quoted = span != name.span;
    let escaped = near.contains(['"', '\'', '`', '\\', '$']) || near.contains(char::is_control);
    let strange = |c: char| !is_word(c) && !name.value.contains(c);
    !escaped
        && (is_quoted || !near.contains(strange) && !near.starts_with(|c: char| c.is_numeric()))
}

/// The candidate that a misspelt word most probably stands for: one that is spelt almost like it, or else one that
/// begins like it, as `int` does for `integer`. None when the text has spent [`MISSPELT_WORK_MAX`].
#[must_use]
pub(crate) fn nearest<'c>(
    word: &str,
    candidates: impl Iterator<Item = &'c str>,
) -> Option<&'c str> {
    near(word, candidates).into_iter().min().map(|near| near.name)
}

/// A candidate that a misspelt word may stand for. The least of several is the best.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Near<'c> {
    /// Whether the two only begin alike.
    begins: bool,
    /// How many letters are amiss.
    distance: usize,
    /// How many may be.
    most: usize,
    name: &'c str,
}

fn near<'c>(word: &str, candidates: impl Iterator<Item = &'c str>) -> Vec<Near<'c>> {
    let length = word.chars().count();
    if length > MISSPELT_CHARS_MAX {
        return Vec::new();
    }
    // Looking at a name costs something too.
    let candidates = candidates.take_while(|name| spend(name.len() + 1));
    let found = candidates.filter_map(|name| {
        let other = name.chars().count();
        let (most, difference) = (1 + other / 4, length.abs_diff(other));
        // Names whose lengths differ by more than this are further apart than this.
        let is_near = difference <= most && spend(length * other * COMPARISON_WORK);
        let distance = if is_near { strsim::damerau_levenshtein(word, name) } else { usize::MAX };
        if distance <= most {
            return Some(Near { begins: false, distance, most, name });
        }
        // Many paths begin alike.
        let begins = length.min(other) >= BEGINNING_CHARS_MIN
            && !word.contains('/')
            && (word.starts_with(name) || name.starts_with(word));
        begins.then_some(Near { begins: true, distance: difference, most, name })
    });
    let found = found.collect();
    // What was not looked at might have been nearer.
    if WORK_LEFT.get() == 0 { Vec::new() } else { found }
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

#[cfg(test)]
mod tests {
    #![allow(clippy::indexing_slicing)]

    use super::*;
    use crate::diagnostic::Code;
    use crate::text::Spanned;

    #[track_caller]
    fn suggested(name: &str, candidates: &[&str]) -> Option<(String, Applicability)> {
        let span = Span::new(0, name.len());
        let found = Diagnostic::new(Code::UnknownStep, span, "unknown");
        let name = Spanned::new(name.trim_matches('"').to_owned(), span);
        let found = did_you_mean(found, &name, candidates.iter().copied());
        let edit = found.suggestions.first()?.edits.first()?;
        Some((edit.replacement.clone(), found.suggestions[0].applicability))
    }

    #[test]
    fn a_slip_is_sure_and_a_guess_is_not() {
        let safe = |name: &str| Some((name.to_owned(), Applicability::Safe));
        let maybe = |name: &str| Some((name.to_owned(), Applicability::Maybe));
        assert_eq!(suggested("screning", &["screening", "kyc"]), safe("screening"));
        assert_eq!(suggested("customer_id", &["customer", "customerId"]), safe("customerId"));
        // Two letters amiss, too short, two candidates, another number.
        assert_eq!(suggested("minAmount", &["maxAmount"]), maybe("maxAmount"));
        assert_eq!(suggested("kyb", &["kyc"]), maybe("kyc"));
        assert_eq!(suggested("screening", &["screenings", "screenin"]), maybe("screenin"));
        assert_eq!(suggested("level_2", &["level_3"]), maybe("level_3"));
        assert_eq!(suggested("nothing", &["like", "it"]), None);
    }

    #[test]
    fn a_name_that_needs_quotes_is_put_between_quotes_alone() {
        assert_eq!(suggested("firststep", &["first-step"]), None);
        assert_eq!(suggested("frst-step", &["first-step"]).map(|s| s.0), Some("first-step".into()));
        assert_eq!(
            suggested("\"firststep\"", &["first-step"]).map(|s| s.0),
            Some("first-step".into())
        );
    }
}
