//! Applying suggestions: the edits of those that may be applied, all at once, until none is left.

use super::{Applicability, Code, Diagnostic, Edit, Suggestion};
use crate::analysis::{Analysis, Options, Syntax};
use crate::limits::FIX_ROUNDS_MAX;

/// A text after its suggestions were applied.
#[derive(Debug)]
pub struct Fixed {
    /// The fixed text, analysed.
    pub analysis: Analysis,
    /// What was fixed, in order; empty when the text is as it was.
    pub applied: Vec<Code>,
    /// Whether nothing that could be applied is left.
    pub settled: bool,
}

/// Applies the suggestions of a text that are at least this sure, and those that the fixed text has, and so on. The
/// options are those that the text was analysed with.
///
/// A text that cannot be read in full is mended first, and only as long as that helps: where a quote is missing, a comma
/// more makes it worse. A fix may uncover what its mistake hid: nothing is said about the arguments of an operation that
/// is unknown.
#[must_use]
pub fn fix(analysis: Analysis, least: Applicability, options: Options<'_>) -> Fixed {
    let mut fixed = Fixed { analysis, applied: Vec::new(), settled: false };
    for _ in 0..FIX_ROUNDS_MAX {
        let Analysis { text, diagnostics, syntax, .. } = &fixed.analysis;
        let Some((text, mut applied)) = apply(text, diagnostics, least) else {
            return Fixed { settled: true, ..fixed };
        };
        let analysis = Analysis::with(text, *syntax, options);
        let (was, is) = (unreadable(diagnostics), unreadable(&analysis.diagnostics));
        // In `.writ` it is a word that is mended there, behind which more may come to light.
        let helps = is < was || is == 0 || *syntax == Syntax::Writ && was > 0;
        if !helps {
            return Fixed { settled: true, ..fixed };
        }
        fixed.applied.append(&mut applied);
        fixed.analysis = analysis;
    }
    let Analysis { text, diagnostics, .. } = &fixed.analysis;
    fixed.settled = apply(text, diagnostics, least).is_none();
    fixed
}

/// How many places of a text could not be read. With any, what stands around them may not be what it seems.
fn unreadable(diagnostics: &[Diagnostic]) -> usize {
    diagnostics.iter().filter(|d| is_unreadable(d)).count()
}

fn is_unreadable(diagnostic: &Diagnostic) -> bool {
    matches!(diagnostic.code, Code::UnexpectedToken | Code::Unterminated | Code::TrailingText)
}

/// Applies of each diagnostic the first suggestion that is sure enough, and of suggestions that touch each other the
/// first; in a text that cannot be read in full, only those about that. `None` when there is none to apply.
#[must_use]
pub fn apply(
    text: &str,
    diagnostics: &[Diagnostic],
    least: Applicability,
) -> Option<(String, Vec<Code>)> {
    let mut chosen: Vec<&Edit> = Vec::new();
    let mut applied = Vec::new();
    let readable = unreadable(diagnostics) == 0;
    for diagnostic in diagnostics.iter().filter(|d| readable || is_unreadable(d)) {
        let Some(suggestion) = diagnostic.suggestions.iter().find(|s| s.is_at_least(least)) else {
            continue;
        };
        let fits = |edit: &Edit| {
            let before = chosen.partition_point(|other| other.span.end < edit.span.start);
            let free = chosen.get(before).is_none_or(|other| edit.span.end < other.span.start);
            free && text.get(edit.span.range()).is_some()
        };
        if suggestion.edits.iter().all(fits) {
            for edit in &suggestion.edits {
                let at = chosen.partition_point(|other| other.span < edit.span);
                chosen.insert(at, edit);
            }
            applied.push(diagnostic.code);
        }
    }
    let mut fixed = String::with_capacity(text.len());
    let mut at = 0;
    for edit in &chosen {
        let range = edit.span.range();
        fixed += text.get(at..range.start).unwrap_or_default();
        fixed += &edit.replacement;
        at = range.end;
    }
    fixed += text.get(at..).unwrap_or_default();
    (fixed != text).then_some((fixed, applied))
}

impl Suggestion {
    /// Whether there are edits, and they are this sure.
    #[must_use]
    pub fn is_at_least(&self, least: Applicability) -> bool {
        let sure = match self.applicability {
            Applicability::Safe => true,
            Applicability::Maybe => least == Applicability::Maybe,
        };
        sure && !self.edits.is_empty()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::text::Span;

    fn at(start: usize, end: usize, replacement: &str, sure: Applicability) -> Diagnostic {
        let span = Span::new(start, end);
        Diagnostic::new(Code::UnknownStep, span, "wrong").fix(
            "write it so",
            span,
            replacement,
            sure,
        )
    }

    #[test]
    fn what_touches_waits_and_what_is_unsure_or_outside_is_left() {
        let text = "one two thr\u{e9}\u{e9}";
        let diagnostics = [
            at(0, 3, "1", Applicability::Safe),
            at(3, 4, "_", Applicability::Safe),
            at(4, 7, "2", Applicability::Maybe),
            at(8, 12, "inside a character", Applicability::Safe),
            at(8, 99, "behind the end", Applicability::Safe),
            at(8, 15, "3", Applicability::Safe),
        ];
        let (fixed, applied) = apply(text, &diagnostics, Applicability::Safe).unwrap();
        assert_eq!((fixed.as_str(), applied.len()), ("1 two 3", 2));
        let (fixed, applied) = apply(text, &diagnostics, Applicability::Maybe).unwrap();
        assert_eq!((fixed.as_str(), applied.len()), ("1 2 3", 3));
        assert_eq!(apply(text, &[], Applicability::Maybe), None);
    }

    #[test]
    fn of_one_diagnostic_one_suggestion_is_applied() {
        let one = at(0, 1, "b", Applicability::Maybe).fix(
            "or so",
            Span::new(0, 1),
            "c",
            Applicability::Safe,
        );
        let fixed = |least| apply("a", std::slice::from_ref(&one), least).unwrap().0;
        assert_eq!(fixed(Applicability::Safe), "c");
        assert_eq!(fixed(Applicability::Maybe), "b");
    }
}
