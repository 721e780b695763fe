//! JSON text to nodes: RFC 8259, with one message for each mistake.

use super::aside::{self, Sound};
use super::brackets;
use super::node::{Kind, Node};
use super::string::unescape;
use crate::diagnostic::{Applicability, Code, Diagnostic};
use crate::syntax::expr::value_of_habit;
use crate::syntax::range::out_of_range;
use crate::text::{Name, Span, Spanned};
use pest::Parser;
use pest::iterators::Pair;
use std::collections::HashMap;

/// The pest parser of JSON.
mod grammar {
    #![allow(missing_docs)]
    #[derive(pest_derive::Parser)]
    #[grammar = "../../grammar/json.pest"]
    pub(super) struct JsonGrammar;
}
use grammar::{JsonGrammar, Rule};

/// Reads JSON text; `None` when there is no value at all.
pub(super) fn read(text: &str, diagnostics: &mut Vec<Diagnostic>) -> Option<Node> {
    let mut sound = Sound::default();
    let text = match brackets::problem(text) {
        None => text,
        Some(problem) => match aside::sound(text) {
            Some(found) => {
                sound = found;
                diagnostics.append(&mut sound.problems);
                &sound.text
            }
            None => {
                diagnostics.push(problem);
                return None;
            }
        },
    };
    let pairs = match JsonGrammar::parse(Rule::text, text) {
        Ok(pairs) => pairs,
        Err(error) => {
            let (pest::error::InputLocation::Pos(at) | pest::error::InputLocation::Span((at, _))) =
                error.location;
            diagnostics.push(unexpected(text, at));
            return None;
        }
    };
    let mut reader = Reader { diagnostics, aside: &sound.aside };
    let mut root = None;
    for pair in pairs {
        match pair.as_rule() {
            Rule::EOI | Rule::comment => reader.comment(&pair),
            Rule::trailing => {
                let start = pair.as_span().start();
                let span = Span::new(start, start + pair.as_str().trim_end().len());
                let message = "text after the end of the JSON value";
                reader.diagnostics.push(
                    Diagnostic::new(Code::TrailingText, span, message)
                        .help("a file holds one workflow and nothing behind it"),
                );
            }
            _ => root = Some(reader.value(pair)),
        }
    }
    if root.is_none() && reader.diagnostics.is_empty() {
        let span = Span::new(0, text.len());
        reader.report(Code::UnexpectedToken, span, "the text is empty: expected a JSON object");
    }
    root
}

fn unexpected(text: &str, at: usize) -> Diagnostic {
    let found = text.get(at..).and_then(|rest| rest.chars().next());
    let end = at + found.map_or(0, char::len_utf8);
    let what = found.map_or_else(|| "end of text".to_owned(), |c| format!("`{c}`"));
    Diagnostic::new(Code::UnexpectedToken, Span::new(at, end), format!("unexpected {what} in JSON"))
}

struct Reader<'a> {
    diagnostics: &'a mut Vec<Diagnostic>,
    /// What was set aside, by what stands in its place.
    aside: &'a HashMap<u32, Node>,
}

impl Reader<'_> {
    fn span(&self, pair: &Pair<'_, Rule>) -> Span {
        let span = pair.as_span();
        Span::new(span.start(), span.end())
    }

    fn report(&mut self, code: Code, span: Span, message: impl Into<String>) {
        self.diagnostics.push(Diagnostic::new(code, span, message));
    }

    fn comment(&mut self, pair: &Pair<'_, Rule>) {
        if pair.as_rule() == Rule::comment {
            let span = self.span(pair);
            self.diagnostics.push(
                Diagnostic::new(Code::UnexpectedToken, span, "JSON has no comments").fix(
                    "remove it; \"description\" says what a step is for",
                    span,
                    "",
                    Applicability::Maybe,
                ),
            );
        }
    }

    fn value(&mut self, pair: Pair<'_, Rule>) -> Node {
        let span = self.span(&pair);
        if let Some(node) = self.aside.get(&span.start) {
            return node.clone();
        }
        let text = pair.as_str();
        let kind = match pair.as_rule() {
            Rule::object => self.object(pair),
            Rule::array => self.array(pair),
            Rule::string => {
                let (text, map) = self.string(pair);
                Kind::String(text, map)
            }
            Rule::number => self.number(text, span),
            Rule::literal => match text {
                "true" => Kind::Bool(true),
                "false" => Kind::Bool(false),
                _ => Kind::Null,
            },
            _ => {
                let inner = text.trim_matches('\'');
                let diagnostic = Diagnostic::new(
                    Code::UnexpectedToken,
                    span,
                    format!("`{text}` is no JSON value"),
                );
                let quoted = format!("{:?}", inner);
                // In single quotes it is text, whatever it is.
                let sure = match text.starts_with('\'') && !text.contains('\\') {
                    true => Applicability::Safe,
                    false => Applicability::Maybe,
                };
                self.diagnostics.push(match value_of_habit(text) {
                    Some(value) => {
                        diagnostic.fix(format!("write {value}"), span, value, Applicability::Safe)
                    }
                    None => diagnostic.fix(format!("for text, write {quoted}"), span, quoted, sure),
                });
                Kind::Error
            }
        };
        Node { kind, span }
    }

    fn object(&mut self, pair: Pair<'_, Rule>) -> Kind {
        let mut members: Vec<(Name, Node)> = Vec::new();
        let mut seen: HashMap<String, Span> = HashMap::new();
        let mut end = pair.as_span().start();
        for part in pair.into_inner() {
            if part.as_rule() != Rule::member {
                self.punctuation(&part, end);
                continue;
            }
            let (mut key, mut value) = (None, None);
            let whole = self.span(&part);
            end = whole.end as usize;
            for piece in part.into_inner() {
                match piece.as_rule() {
                    Rule::missing_colon | Rule::missing_value | Rule::comment => {
                        let end = key.as_ref().map_or(whole.start, |key: &Name| key.span.end);
                        self.punctuation(&piece, end as usize);
                    }
                    _ if key.is_none() => key = Some(self.key(piece)),
                    _ => value = Some(self.value(piece)),
                }
            }
            let Some(key) = key else { continue };
            let value = value.unwrap_or(Node { kind: Kind::Error, span: whole });
            if let Some(first) = seen.get(&key.value) {
                let message = format!("the key \"{}\" is given twice", key.value);
                self.diagnostics.push(
                    Diagnostic::new(Code::DuplicateKey, key.span, message)
                        .and(*first, "first given here")
                        .help("keep one of the two: which one counts would depend on the reader"),
                );
                continue;
            }
            seen.insert(key.value.clone(), key.span);
            members.push((key, value));
        }
        Kind::Object(members)
    }

    fn array(&mut self, pair: Pair<'_, Rule>) -> Kind {
        let mut items: Vec<Node> = Vec::new();
        let mut end = pair.as_span().start();
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::missing_comma | Rule::extra_comma | Rule::unclosed | Rule::comment => {
                    self.punctuation(&part, end);
                }
                _ => {
                    end = part.as_span().end();
                    items.push(self.value(part));
                }
            }
        }
        Kind::List(items)
    }

    /// A sign that is missing or too many; `end` is where the key or value before it ends.
    fn punctuation(&mut self, pair: &Pair<'_, Rule>, end: usize) {
        let at = pair.as_span().start();
        let here = Span::new(at, at);
        let (message, comma) = match pair.as_rule() {
            Rule::missing_comma => ("missing `,` between two values", Some(",")),
            Rule::missing_colon => ("missing `:` after a key", Some(":")),
            Rule::missing_value => ("missing value after `:`", None),
            Rule::comment => return self.comment(pair),
            Rule::extra_comma => {
                let span = self.span(pair);
                let diagnostic =
                    Diagnostic::new(Code::UnexpectedToken, span, "`,` after the last value");
                self.diagnostics.push(diagnostic.fix("remove it", span, "", Applicability::Safe));
                return;
            }
            _ => ("missing closing bracket", None),
        };
        let diagnostic = Diagnostic::new(Code::UnexpectedToken, here, message);
        self.diagnostics.push(match comma {
            Some(sign) => {
                let behind = Span::new(end, end);
                diagnostic.fix(format!("insert `{sign}`"), behind, sign, Applicability::Safe)
            }
            None => diagnostic,
        });
    }

    fn key(&mut self, pair: Pair<'_, Rule>) -> Name {
        let span = self.span(&pair);
        if pair.as_rule() == Rule::string {
            let (text, _) = self.string(pair);
            return Spanned::new(text, span);
        }
        let text = pair.as_str().trim_matches('\'');
        let message = format!("the key `{text}` is not in double quotes");
        let fixed = format!("{text:?}");
        self.diagnostics.push(Diagnostic::new(Code::UnexpectedToken, span, message).fix(
            format!("write {fixed}"),
            span,
            fixed,
            Applicability::Safe,
        ));
        Spanned::new(text.to_owned(), span)
    }

    fn string(&mut self, pair: Pair<'_, Rule>) -> (String, crate::syntax::span_map::SpanMap) {
        let span = self.span(&pair);
        let mut body = "";
        let mut start = span.start as usize + 1;
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::string_body => (body, start) = (part.as_str(), part.as_span().start()),
                _ => self.report(Code::Unterminated, span, "the string is not closed on its line"),
            }
        }
        unescape(body, start, self.diagnostics)
    }

    fn number(&mut self, text: &str, span: Span) -> Kind {
        if !text.contains(['.', 'e', 'E']) {
            if let Ok(value) = text.parse() {
                return Kind::Int(value);
            }
            if let Ok(value) = text.parse() {
                return Kind::Uint(value);
            }
        } else if let Ok(value) = text.parse::<f64>()
            && value.is_finite()
        {
            return Kind::Double(value);
        }
        self.diagnostics.push(out_of_range(text, span, u64::MAX));
        Kind::Error
    }
}
