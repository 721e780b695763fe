//! Functions of text. Places in text are counted in characters, from 0.

use super::function::{int, items, needs, text};
use super::{Evaluator, Outcome, Problem, Scope};
use crate::bytecode::op::Function;
use crate::limits::PATTERNS_MAX;
use crate::value::Value;
use crate::value::pattern::Pattern;
use std::sync::Arc;

/// The work of compiling a pattern; the largest ones take some milliseconds.
const PATTERN_FUEL: u64 = 100_000;

impl<S: Scope> Evaluator<'_, S> {
    pub(super) fn text_function(&mut self, function: Function, args: &[Value]) -> Outcome<Value> {
        if let (Function::Join, [list, rest @ ..]) = (function, args) {
            let separator = rest.first().map_or(Ok(""), |value| text(function, value))?;
            return self.join(items(function, list)?, separator);
        }
        let Some((first, rest)) = args.split_first() else { return Err(Problem::damaged()) };
        let receiver = text(function, first)?;
        match (function, rest) {
            (Function::LowerAscii, []) => self.new_text(receiver.to_ascii_lowercase()),
            (Function::UpperAscii, []) => self.new_text(receiver.to_ascii_uppercase()),
            (Function::Trim, []) => self.new_text(receiver.trim().to_owned()),
            (Function::Quote, []) => {
                self.allocate(receiver.len())?;
                self.new_text(quoted(receiver))
            }
            (Function::Contains, [part]) => {
                Ok(Value::Bool(receiver.contains(text(function, part)?)))
            }
            (Function::StartsWith, [part]) => {
                Ok(Value::Bool(receiver.starts_with(text(function, part)?)))
            }
            (Function::EndsWith, [part]) => {
                Ok(Value::Bool(receiver.ends_with(text(function, part)?)))
            }
            (Function::Matches, [Value::String(pattern)]) => self.matches(receiver, pattern),
            (Function::Matches, [other]) => Err(needs(function, "a string", other)),
            (Function::CharAt, [index]) => {
                let index = int(function, index)?;
                match place(receiver, index).and_then(|at| receiver.get(at..)) {
                    Some(rest) => self.new_text(rest.chars().take(1).collect()),
                    None => Err(no_place(receiver, index)),
                }
            }
            (Function::IndexOf, [part, from @ ..]) => {
                let part = text(function, part)?;
                let from = from.first().map_or(Ok(0), |from| int(function, from))?;
                index_of(receiver, part, from)
            }
            (Function::LastIndexOf, [part, to @ ..]) => {
                let part = text(function, part)?;
                let to = to.first().map(|to| int(function, to)).transpose()?;
                last_index_of(receiver, part, to)
            }
            (Function::Substring, [start, end @ ..]) => {
                let start = int(function, start)?;
                let end = end.first().map(|end| int(function, end)).transpose()?;
                self.substring(receiver, start, end)
            }
            (Function::Replace, [from, to, limit @ ..]) => {
                let (from, to) = (text(function, from)?, text(function, to)?);
                let limit = limit.first().map_or(Ok(-1), |limit| int(function, limit))?;
                self.replace(receiver, from, to, limit)
            }
            (Function::Split, [separator, limit @ ..]) => {
                let separator = text(function, separator)?;
                let limit = limit.first().map_or(Ok(-1), |limit| int(function, limit))?;
                self.split(receiver, separator, limit)
            }
            (Function::Format, [values]) => self.format(receiver, items(function, values)?),
            _ => Err(Problem::damaged()),
        }
    }

    fn substring(&mut self, text: &str, start: i64, end: Option<i64>) -> Outcome<Value> {
        if let Some(end) = end.filter(|end| *end < start) {
            return Err(Problem::new(format!("the end {end} lies before the start {start}")));
        }
        let from = place(text, start).ok_or_else(|| no_place(text, start))?;
        let to = match end {
            Some(end) => place(text, end).ok_or_else(|| no_place(text, end))?,
            None => text.len(),
        };
        self.new_text(text.get(from..to).unwrap_or_default().to_owned())
    }

    fn replace(&mut self, text: &str, from: &str, to: &str, limit: i64) -> Outcome<Value> {
        let matches = text.matches(from).take(usize::try_from(limit).unwrap_or(usize::MAX)).count();
        let len = text.len() - matches * from.len();
        self.fits_text(len.saturating_add(matches.saturating_mul(to.len())))?;
        self.new_text(text.replacen(from, to, matches))
    }

    fn split(&mut self, text: &str, separator: &str, limit: i64) -> Outcome<Value> {
        let parts = if separator.is_empty() { text.len() } else { text.matches(separator).count() };
        self.allocate(text.len() + parts.saturating_add(1).saturating_mul(size_of::<Value>()))?;
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let parts: Vec<Value> = match (limit, separator.is_empty()) {
            (0, _) => Vec::new(),
            (limit, false) => text.splitn(limit, separator).map(Value::from).collect(),
            (limit, true) => {
                let last = text.char_indices().nth(limit - 1).map_or(text.len(), |(at, _)| at);
                let (single, rest) = text.split_at_checked(last).unwrap_or((text, ""));
                let rest = Some(rest).filter(|rest| !rest.is_empty()).map(Value::from);
                single.chars().map(|c| Value::from(c.to_string())).chain(rest).collect()
            }
        };
        Ok(Value::list(parts))
    }

    fn join(&mut self, items: &[Value], separator: &str) -> Outcome<Value> {
        let mut joined = String::new();
        for (i, item) in items.iter().enumerate() {
            let item = text(Function::Join, item)?;
            self.allocate(item.len() + separator.len())?;
            if i > 0 {
                joined.push_str(separator);
            }
            joined.push_str(item);
        }
        self.new_text(joined)
    }

    /// Whether the pattern matches somewhere in the text.
    fn matches(&mut self, text: &str, pattern: &Arc<str>) -> Outcome<Value> {
        let known = self.patterns.iter().position(|(known, _)| known == pattern);
        let at = match known {
            Some(at) => at,
            None => {
                self.burn(PATTERN_FUEL)?;
                let compiled = Pattern::new(pattern).map_err(|problem| {
                    Problem::met(
                        format!("the pattern is wrong: {problem}"),
                        Value::String(Arc::clone(pattern)),
                    )
                })?;
                if self.patterns.len() >= PATTERNS_MAX {
                    self.patterns.remove(0);
                }
                self.patterns.push((Arc::clone(pattern), compiled));
                self.patterns.len() - 1
            }
        };
        let (_, compiled) = self.patterns.get(at).ok_or_else(Problem::damaged)?;
        let work = (text.len() as u64).saturating_mul(compiled.work_per_byte());
        self.burn(work)?;
        let (_, compiled) = self.patterns.get(at).ok_or_else(Problem::damaged)?;
        Ok(Value::Bool(compiled.is_match(text)))
    }
}

/// The byte at which a character begins; the end of the text is a place too.
fn place(text: &str, index: i64) -> Option<usize> {
    let index = usize::try_from(index).ok()?;
    let ends = std::iter::once(text.len());
    text.char_indices().map(|(at, _)| at).chain(ends).nth(index)
}

fn no_place(text: &str, index: i64) -> Problem {
    let len = text.chars().count();
    Problem::met(
        format!("the text of {len} characters has no place of this number"),
        Value::Int(index),
    )
}

/// The number of the character that begins at a byte.
fn character(text: &str, at: usize) -> Value {
    Value::from(text.get(..at).map_or(0, |before| before.chars().count()) as u64)
}

fn index_of(text: &str, part: &str, from: i64) -> Outcome<Value> {
    let from = place(text, from).ok_or_else(|| no_place(text, from))?;
    let found = text.get(from..).and_then(|rest| rest.find(part));
    Ok(found.map_or(Value::Int(-1), |at| character(text, from + at)))
}

fn last_index_of(text: &str, part: &str, to: Option<i64>) -> Outcome<Value> {
    let last = match to {
        Some(to) => place(text, to).ok_or_else(|| no_place(text, to))?,
        None => text.len(),
    };
    // The part may begin no later than there, and reach beyond; it ends where a character does.
    let end = last.saturating_add(part.len()).min(text.len());
    let end = (0..=end).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
    let found = text.get(..end).and_then(|within| within.rfind(part)).filter(|at| *at <= last);
    Ok(found.map_or(Value::Int(-1), |at| character(text, at)))
}

/// Text in double quotes, with escapes for what they and the line could not hold.
fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '\u{7}' => out.push_str("\\a"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{b}' => out.push_str("\\v"),
            '\\' => out.push_str("\\\\"),
            '"' => out.push_str("\\\""),
            other => out.push(other),
        }
    }
    out.push('"');
    out
}
