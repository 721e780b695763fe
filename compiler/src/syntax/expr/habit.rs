//! What people write by the habit of another language, and what is written here.

use crate::diagnostic::{Applicability, Code, Diagnostic, Edit};
use crate::syntax::grammar::Rule;
use crate::syntax::span_map::SpanMap;

/// What to say of a text that does not fit the grammar from byte `start` on, where that is such a habit. `due` are the
/// rules that would fit, and `whole` is what the text stands in.
pub(super) fn habit(
    text: &str,
    start: usize,
    due: &[Rule],
    whole: &str,
    at: &SpanMap,
) -> Option<Diagnostic> {
    let (before, rest) = text.split_at_checked(start)?;
    let (written, from, meant, sure) = operator(before, rest, due)
        .map(|(written, meant, sure)| (written, start, meant, sure))
        .or_else(|| word_before(before))
        .or_else(|| arrow(rest, due).map(|sure| ("=>", start, "->", sure)))?;
    let replaced = at.span(from, from + written.len());
    let shown = written.trim_end();
    let mut message = format!("unexpected `{shown}` in {whole}");
    let mut advice = "remove it: two signs compare, `==` or `!=`".to_owned();
    if !meant.is_empty() {
        message = format!("{message}: here it is `{meant}`");
        advice = format!("write `{meant}`");
    }
    let span = at.span(from, from + shown.len());
    Some(Diagnostic::new(Code::UnexpectedToken, span, message).fix(advice, replaced, meant, sure))
}

/// An operator of another language, where an operator is due.
fn operator<'t>(
    before: &str,
    rest: &'t str,
    due: &[Rule],
) -> Option<(&'t str, &'static str, Applicability)> {
    let word = rest.split(|c: char| !c.is_alphanumeric() && c != '_').next()?;
    let sign = rest.get(..1)?;
    if due.contains(&Rule::and) {
        return match word {
            "and" | "AND" => Some((word, "&&", Applicability::Safe)),
            "or" | "OR" => Some((word, "||", Applicability::Safe)),
            "" if sign == "=" && !rest.starts_with("=>") => Some((sign, "==", Applicability::Safe)),
            _ => None,
        };
    }
    // The third sign of `===` or `!==`.
    let tripled = sign == "=" && (before.ends_with("==") || before.ends_with("!="));
    tripled.then_some((sign, "", Applicability::Safe))
}

/// `not` in front of what does not fit. How much it denies is not known.
fn word_before(before: &str) -> Option<(&str, usize, &'static str, Applicability)> {
    let from = before.trim_end().strip_suffix("not")?.len();
    let alone = before.get(..from)?.chars().next_back();
    let is_word = alone.is_some_and(|c| c.is_alphanumeric() || matches!(c, '_' | '.'));
    let written = before.get(from..).filter(|_| !is_word)?;
    (written.len() > 3).then_some((written, from, "!", Applicability::Maybe))
}

/// `=>` where an arrow is due; it may be `>=` where an arrow follows.
fn arrow(rest: &str, due: &[Rule]) -> Option<Applicability> {
    let behind = rest.strip_prefix("=>")?;
    let is_due = due.iter().any(|rule| matches!(rule, Rule::arrow | Rule::to | Rule::route_to));
    let line = behind.lines().next().unwrap_or_default();
    is_due.then_some(match line.contains("->") {
        true => Applicability::Maybe,
        false => Applicability::Safe,
    })
}

/// What to say of a text in typographic quotes.
pub(super) fn quotes(text: &str, start: usize, whole: &str, at: &SpanMap) -> Option<Diagnostic> {
    let rest = text.get(start..)?;
    let first = rest.chars().next()?;
    let closes: &[char] = match first {
        '“' | '”' | '„' => &['“', '”', '"'],
        '‘' | '’' => &['’', '"'],
        '«' => &['»', '"'],
        _ => return None,
    };
    let line = rest.lines().next().unwrap_or_default();
    let body = line.get(first.len_utf8()..)?;
    let close = body.char_indices().find(|(_, c)| closes.contains(c));
    let quote = |from: usize, c: char| Edit {
        span: at.span(from, from + c.len_utf8()),
        replacement: "\"".to_owned(),
    };
    let mut edits = vec![quote(start, first)];
    let sure = match close {
        Some((length, c)) => {
            edits.push(quote(start + first.len_utf8() + length, c));
            // The other single quote may be an apostrophe.
            match closes.contains(&'’') || c == '"' {
                true => Applicability::Maybe,
                false => Applicability::Safe,
            }
        }
        None => Applicability::Maybe,
    };
    let message = format!("`{first}` in {whole} begins no text: it is a typographic quote");
    let span = at.span(start, start + first.len_utf8());
    Some(Diagnostic::new(Code::UnexpectedToken, span, message).edits("write `\"`", edits, sure))
}

/// The value that a word of another language stands for.
pub(crate) fn value(word: &str) -> Option<&'static str> {
    match word {
        "None" | "nil" | "undefined" | "Null" | "NULL" => Some("null"),
        "True" | "TRUE" => Some("true"),
        "False" | "FALSE" => Some("false"),
        _ => None,
    }
}
