//! Words that begin something, for what begins with another.

use crate::diagnostic::{Applicability, Code, Diagnostic, did_you_mean, nearest};
use crate::syntax::grammar::Rule;
use crate::syntax::token::{TokenKind, tokens};
use crate::text::{Span, Spanned};

const ITEMS: &[&str] = &["use", "type", "service", "workflow", "test"];
const SERVICE_ITEMS: &[&str] = &["type", "operation"];
const OPERATION_CLAUSES: &[&str] = &[
    "GET", "POST", "PUT", "PATCH", "DELETE", "query", "request", "response", "output", "not",
    "safe", "rate", "external", "verdict",
];
const STEPS: &[&str] = &["call", "decide", "transform", "wait", "emit", "approval", "end", "fail"];
const WORKFLOW_CLAUSES: &[&str] = &["name", "trigger", "start", "budget", "let"];
const BUDGET_LIMITS: &[&str] = &["calls", "attempts", "duration", "stored"];
const CALL_CLAUSES: &[&str] = &["body", "headers", "timeout", "retry", "on", "optional"];
const APPROVAL_CLAUSES: &[&str] = &["label", "assign", "data", "form", "timeout", "on", "not"];
const TEST_CLAUSES: &[&str] =
    &["trigger", "mock", "approve", "reject", "expire", "event", "expect", "at"];
const EXPECTATIONS: &[&str] =
    &["path", "status", "output", "error", "step", "call", "attempts", "emit"];

/// The words that may begin what is due, in groups.
fn known(due: Rule) -> &'static [&'static [&'static str]] {
    match due {
        Rule::item_only => &[ITEMS],
        Rule::service_item_only => &[SERVICE_ITEMS],
        Rule::operation_clause_only => &[OPERATION_CLAUSES],
        Rule::workflow_item_only => &[STEPS, WORKFLOW_CLAUSES, CALL_CLAUSES],
        Rule::step_only => &[STEPS, CALL_CLAUSES],
        Rule::budget_limit_only => &[BUDGET_LIMITS],
        Rule::approval_clause_only => &[APPROVAL_CLAUSES],
        Rule::test_clause_only => &[TEST_CLAUSES],
        // The other rules are not due where a word begins something.
        _ => &[],
    }
}

/// What to say of a text in which nothing that is due begins, because its first word is none of those. `text` stands
/// at `start` of the source.
pub(super) fn unknown(text: &str, start: usize, due: Rule, whole: &str) -> Option<Diagnostic> {
    if due == Rule::arm_only {
        return arm(text, start);
    }
    // In a test nothing else begins with a word, whatever follows it.
    let (word, span) = match due {
        Rule::test_clause_only => leading_word(text, start)?,
        _ => first_word(text, start)?,
    };
    if due == Rule::test_clause_only && word == "expect" {
        return expectation(text, start, span);
    }
    let groups = known(due);
    let mut words = groups.iter().copied().flatten().copied();
    if groups.is_empty() || words.any(|known| known == word) {
        return None;
    }
    let message = format!("unknown word `{word}` in {whole}");
    let diagnostic = Diagnostic::new(Code::UnexpectedToken, span, message);
    let words = || groups.iter().copied().flatten().copied();
    Some(if nearest(word, words()).is_some() {
        did_you_mean(diagnostic, &Spanned::new(word.to_owned(), span), words())
    } else {
        let first: Vec<_> = groups.first().copied().unwrap_or_default().to_vec();
        diagnostic.note(format!("what may stand here begins with {}", first.join(", ")))
    })
}

/// What to say of something that no test can expect.
fn expectation(text: &str, start: usize, expect: Span) -> Option<Diagnostic> {
    let behind = (expect.end as usize).checked_sub(start)?;
    let note = format!("it can expect {}", EXPECTATIONS.join(", "));
    let Some((word, span)) = leading_word(text.get(behind..)?, start + behind) else {
        let message = "the test does not say what it expects";
        return Some(Diagnostic::new(Code::UnexpectedToken, expect, message).note(note));
    };
    if EXPECTATIONS.contains(&word) {
        return None;
    }
    let message = format!("a test cannot expect `{word}`");
    let diagnostic = Diagnostic::new(Code::UnexpectedToken, span, message).note(note);
    let name = Spanned::new(word.to_owned(), span);
    Some(did_you_mean(diagnostic, &name, EXPECTATIONS.iter().copied()))
}

/// What begins a text that is due in a workflow or a block, by its name: a step, or a `let`.
pub(super) fn named(text: &str, due: Rule) -> Option<String> {
    if !matches!(due, Rule::workflow_item_only | Rule::step_only) {
        return None;
    }
    let mut tokens = tokens(text).skip_while(|token| token.kind == TokenKind::Doc);
    let mut next = |kinds: &[TokenKind]| {
        let token = tokens.next().filter(|token| kinds.contains(&token.kind))?;
        text.get(token.span.range())
    };
    let word = next(&[TokenKind::Word])?;
    let name = next(&[TokenKind::Word, TokenKind::Text])?.trim_matches('"');
    match word {
        "let" => Some(format!("`let {name}`")),
        _ => STEPS.contains(&word).then(|| format!("step \"{name}\"")),
    }
}

/// What to say of a clause of calls that follows something else.
pub(super) fn stray_clause(text: &str, start: usize, due: Rule) -> Option<Diagnostic> {
    let (word, span) = first_word(text, start)?;
    let stray =
        matches!(due, Rule::workflow_item_only | Rule::step_only) && CALL_CLAUSES.contains(&word);
    stray.then(|| {
        let message = format!("`{word}` is no clause of what stands before it");
        Diagnostic::new(Code::UnexpectedToken, span, message)
            .help("clauses of a call stand behind its arguments, before its arrow")
    })
}

/// What to say of an arm of a decision that begins as it would in another language.
fn arm(text: &str, start: usize) -> Option<Diagnostic> {
    let mut tokens = tokens(text).filter(|token| token.kind != TokenKind::Doc);
    let first = tokens.next().filter(|token| token.kind == TokenKind::Word)?;
    let second = tokens.next()?;
    let word = |span: Span| text.get(span.range()).unwrap_or_default();
    let begins = matches!(second.kind, TokenKind::Word | TokenKind::Text | TokenKind::Open(b'('));
    let (end, meant) = match (word(first.span), word(second.span)) {
        ("else", "if") => (second.span.end, "when"),
        ("if" | "elif" | "elsif", _) if begins => (first.span.end, "when"),
        ("case", _) if begins => (second.span.start, ""),
        _ => return None,
    };
    let span = Span::new(start + first.span.start as usize, start + end as usize);
    let written = text.get(first.span.start as usize..end as usize)?.trim_end();
    let message = format!("unknown word `{written}` in the decision");
    let advice = match meant {
        "" => "remove it: an arm begins with the value",
        _ => "write `when`",
    };
    let found = Diagnostic::new(Code::UnexpectedToken, span, message);
    Some(found.fix(advice, span, meant, Applicability::Safe))
}

/// The first word of a text, when it begins something: a name, a text or a block follows.
fn first_word(text: &str, start: usize) -> Option<(&str, Span)> {
    let mut tokens = tokens(text).skip_while(|token| token.kind == TokenKind::Doc).skip(1);
    let begins = tokens.next().is_some_and(|next| {
        matches!(next.kind, TokenKind::Word | TokenKind::Text | TokenKind::Open(b'{'))
    });
    leading_word(text, start).filter(|_| begins)
}

/// The word that a text begins with.
fn leading_word(text: &str, start: usize) -> Option<(&str, Span)> {
    let mut tokens = tokens(text).skip_while(|token| token.kind == TokenKind::Doc);
    let first = tokens.next().filter(|token| token.kind == TokenKind::Word)?;
    let word = text.get(first.span.range())?;
    let at = |offset: u32| start + offset as usize;
    Some((word, Span::new(at(first.span.start), at(first.span.end))))
}
