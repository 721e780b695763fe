//! Steps and edges whose brackets do not match: where a bracket is missing, nothing can be said about what is inside what,
//! so that item of the list is set aside, and the others are read. Where an item ends, its lines tell.

use super::brackets::{self, Brackets, string_end};
use super::node::{Kind, Node};
use crate::diagnostic::{Code, Diagnostic};
use crate::syntax::span_map::SpanMap;
use crate::text::{Name, Span, Spanned};
use std::collections::HashMap;

/// What a text is read as.
#[derive(Debug, Default)]
pub(super) struct Sound {
    /// The text with a number in the place of each item that was set aside.
    pub(super) text: String,
    /// What stands for these items, by where the number stands.
    pub(super) aside: HashMap<u32, Node>,
    /// What is wrong with them.
    pub(super) problems: Vec<Diagnostic>,
}

/// Sets items of lists aside so that the brackets of the others match; `None` when that is not to be had.
pub(super) fn sound(text: &str) -> Option<Sound> {
    let mut bytes = text.as_bytes().to_vec();
    let mut sound = Sound::default();
    for items in lists(text) {
        for (n, item) in items.iter().enumerate() {
            let Some(problem) = item.problem.clone() else { continue };
            sound.problems.push(problem);
            sound.aside.insert(Span::new(item.start, item.end).start, salvaged(text, item));
            let place = bytes.get_mut(item.start..item.end)?;
            place.iter_mut().filter(|byte| **byte != b'\n').for_each(|byte| *byte = b' ');
            if let [first, .., last] = place {
                (*first, *last) = (b'0', if n + 1 < items.len() { b',' } else { b' ' });
            }
        }
    }
    // Whole lines were replaced, so this is UTF-8.
    sound.text = String::from_utf8(bytes).ok()?;
    (!sound.problems.is_empty() && brackets::problem(&sound.text).is_none()).then_some(sound)
}

/// An item of a list, without the white space around it.
#[derive(Debug)]
struct Item {
    start: usize,
    end: usize,
    problem: Option<Diagnostic>,
}

/// A line that is not blank, without the white space around it.
#[derive(Debug, Clone, Copy)]
struct Line {
    start: usize,
    end: usize,
    indent: usize,
    first: u8,
    last: u8,
}

fn lines(text: &str) -> Vec<Line> {
    let mut at = 0;
    let line = |line: &str| {
        let (start, trimmed) = (at + line.len() - line.trim_start().len(), line.trim());
        let indent = start - at;
        at += line.len();
        let (first, last) = (*trimmed.as_bytes().first()?, *trimmed.as_bytes().last()?);
        Some(Line { start, end: start + trimmed.len(), indent, first, last })
    };
    text.split_inclusive('\n').filter_map(line).collect()
}

/// The outermost lists of objects whose items begin on lines of their own.
fn lists(text: &str) -> Vec<Vec<Item>> {
    let lines = lines(text);
    let mut lists = Vec::new();
    let mut at = 0;
    while let Some(line) = lines.get(at) {
        at += 1;
        let Some(first) = lines.get(at) else { break };
        if line.last == b'[' && matches!(first.first, b'{' | b'"') {
            let inside = lines.iter().skip(at).take_while(|inner| inner.indent > line.indent);
            let inside = lines.get(at..at + inside.count()).unwrap_or_default();
            lists.push(items(text, inside));
            at += inside.len();
        }
    }
    lists
}

/// The items that stand on these lines. One ends where its brackets are closed; where they are not, before the next line
/// that is indented no more than the items are, and closes nothing.
fn items(text: &str, lines: &[Line]) -> Vec<Item> {
    let mut items: Vec<Item> = Vec::new();
    let least = lines.iter().map(|line| line.indent).min().unwrap_or(0);
    let mut rest = lines;
    while let Some((first, mut after)) = rest.split_first() {
        let (mut brackets, mut last) = (Brackets::default(), first);
        read(&mut brackets, text, first);
        while let Some((next, others)) = after.split_first() {
            let begins = next.indent <= least && !matches!(next.first, b'}' | b']');
            let is_whole = first.first == b'{' && brackets.are_closed() && last.last == b',';
            if begins || is_whole {
                break;
            }
            read(&mut brackets, text, next);
            (last, after) = (next, others);
        }
        let problem = brackets.end().map(|problem| headless(first).unwrap_or(problem));
        items.push(Item { start: first.start, end: last.end, problem });
        rest = after;
    }
    items
}

fn read(brackets: &mut Brackets, text: &str, line: &Line) {
    brackets.read(text.as_bytes().get(..line.end).unwrap_or_default(), line.start);
}

/// What is wrong with an item that does not begin as one.
fn headless(first: &Line) -> Option<Diagnostic> {
    let span = Span::new(first.start, first.start + 1);
    (first.first == b'"')
        .then(|| Diagnostic::new(Code::UnexpectedToken, span, "expected `{` before this"))
}

/// What an item is known by: the id of a step, the ends of an edge.
fn salvaged(text: &str, item: &Item) -> Node {
    let span = Span::new(item.start, item.end);
    let found = pairs(text, item);
    let member = |key: &str| {
        let value = found.iter().find(|(name, _)| name.value == key).map(|(_, value)| value);
        let kind = value.map_or(Kind::Error, |value| {
            let map = SpanMap::verbatim(value.span.start + 1);
            Kind::String(value.value.clone(), map)
        });
        let span = value.map_or(span, |value| value.span);
        (Spanned::new(key.to_owned(), span), Node { kind, span })
    };
    let has = |key: &str| found.iter().any(|(name, _)| name.value == key);
    let kind = if has("id") {
        Kind::Object(vec![member("id"), (member("type").0, Node { kind: Kind::Error, span })])
    } else if has("from") || has("to") {
        let case = has("case").then(|| member("case"));
        Kind::Object([member("from"), member("to")].into_iter().chain(case).collect())
    } else {
        Kind::Error
    };
    Node { kind, span }
}

/// The members of an item that are text, whatever they are inside of.
fn pairs(text: &str, item: &Item) -> Vec<(Name, Name)> {
    let bytes = text.as_bytes().get(..item.end).unwrap_or_default();
    let string = |at: usize| {
        let end = string_end(bytes, at);
        let value = text.get(at + 1..end.checked_sub(1)?)?;
        (!value.contains('\\')).then(|| Spanned::new(value.to_owned(), Span::new(at, end)))
    };
    let skip = |at: usize| {
        let blank = bytes.iter().skip(at).take_while(|byte| byte.is_ascii_whitespace());
        at + blank.count()
    };
    let mut found = Vec::new();
    let mut at = item.start;
    while let Some(&byte) = bytes.get(at) {
        if byte != b'"' {
            at += 1;
            continue;
        }
        let key = string(at);
        at = string_end(bytes, at);
        let colon = skip(at);
        let value = skip(colon + 1);
        if bytes.get(colon) == Some(&b':')
            && bytes.get(value) == Some(&b'"')
            && let (Some(key), Some(value)) = (key, string(value))
        {
            at = value.span.end as usize;
            found.push((key, value));
        }
    }
    found
}
