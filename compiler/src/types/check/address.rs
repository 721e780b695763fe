//! Paths as authors write them: `/api/alerts/${trigger.id}?shape=lean`.

use super::PathPart;
use crate::bytecode::eval::percent_encoded;
use crate::diagnostic::{Code, Diagnostic};
use crate::text::Span;
use crate::tree::{Expr, ExprKind, TemplatePart};

/// A path with its query.
#[derive(Debug, Default)]
pub(crate) struct Address {
    /// The path, cut at its slashes; each piece may be made of several parts.
    pub(crate) segments: Vec<Vec<PathPart>>,
    /// The query parameters, decoded.
    pub(crate) query: Vec<(String, Expr)>,
}

impl Address {
    /// The segments as [`crate::signatures::Service::matching`] takes them.
    pub(crate) fn pattern(&self) -> Vec<Option<&str>> {
        self.segments
            .iter()
            .map(|segment| match segment.as_slice() {
                [] => Some(""),
                [PathPart::Text(text)] => Some(text.as_str()),
                _ => None,
            })
            .collect()
    }

    /// The whole path again.
    pub(super) fn path(self) -> Vec<PathPart> {
        let mut parts = Vec::new();
        for segment in self.segments {
            push_text(&mut parts, "/");
            for part in segment {
                push(&mut parts, part);
            }
        }
        parts
    }
}

/// Adds a part; text that follows text becomes one with it.
pub(super) fn push(parts: &mut Vec<PathPart>, part: PathPart) {
    match part {
        PathPart::Text(text) => push_text(parts, &text),
        PathPart::Expr(_) => parts.push(part),
    }
}

pub(super) fn push_text(parts: &mut Vec<PathPart>, text: &str) {
    match parts.last_mut() {
        Some(PathPart::Text(before)) => before.push_str(text),
        _ if text.is_empty() => {}
        _ => parts.push(PathPart::Text(text.to_owned())),
    }
}

/// A value as a segment: what is known when compiling is encoded at once.
pub(super) fn segment_of(value: &Expr) -> Vec<PathPart> {
    let mut parts = Vec::new();
    match &value.kind {
        ExprKind::String(text) => push_text(&mut parts, &percent_encoded(text)),
        ExprKind::Int(number) => push_text(&mut parts, &number.to_string()),
        ExprKind::Template(pieces) => {
            for piece in pieces {
                match piece {
                    TemplatePart::Text(text) => push_text(&mut parts, &percent_encoded(text)),
                    TemplatePart::Expr(inner) => {
                        segment_of(inner).into_iter().for_each(|part| push(&mut parts, part));
                    }
                }
            }
        }
        _ => parts.push(PathPart::Expr(value.clone())),
    }
    parts
}

/// A segment as written, with what it spells out encoded as [`segment_of`] does.
pub(super) fn encoded(segment: Vec<PathPart>) -> Vec<PathPart> {
    let mut parts = Vec::new();
    for part in segment {
        match part {
            PathPart::Text(text) => push_text(&mut parts, &percent_encoded(&decoded(&text, false))),
            PathPart::Expr(value) => {
                segment_of(&value).into_iter().for_each(|part| push(&mut parts, part));
            }
        }
    }
    parts
}

/// Text without percent-encoding; in a query a plus sign is a space.
fn decoded(text: &str, in_query: bool) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        rest = tail;
        let hex = tail.get(..2).and_then(|hex| std::str::from_utf8(hex).ok());
        match (first, hex.and_then(|hex| u8::from_str_radix(hex, 16).ok())) {
            (b'%', Some(byte)) => {
                bytes.push(byte);
                rest = tail.get(2..).unwrap_or_default();
            }
            (b'+', _) if in_query => bytes.push(b' '),
            _ => bytes.push(*first),
        }
    }
    String::from_utf8(bytes).unwrap_or_else(|_| text.to_owned())
}

/// Takes a written path apart; reports what is no path.
pub(crate) fn read(path: &Expr, diagnostics: &mut Vec<Diagnostic>) -> Option<Address> {
    let whole;
    let pieces = match &path.kind {
        ExprKind::Template(pieces) => pieces.as_slice(),
        ExprKind::String(text) => {
            whole = [TemplatePart::Text(text.clone())];
            whole.as_slice()
        }
        ExprKind::Error => return None,
        _ => {
            whole = [TemplatePart::Expr(path.clone())];
            whole.as_slice()
        }
    };
    if !matches!(pieces.first(), Some(TemplatePart::Text(text)) if text.starts_with('/')) {
        let message = "the path does not begin with `/`";
        diagnostics.push(
            Diagnostic::new(Code::InvalidValue, path.span, message)
                .note("the service's address is its connection's; the path is below it")
                .note("a value in a path is one segment of it: its slashes are encoded"),
        );
        return None;
    }
    let mut reader = Reader { span: path.span, ..Reader::default() };
    for (i, piece) in pieces.iter().enumerate() {
        match piece {
            TemplatePart::Text(text) => {
                let text = if i == 0 { text.strip_prefix('/').unwrap_or(text) } else { text };
                reader.text(text);
            }
            TemplatePart::Expr(value) => reader.value(value),
        }
    }
    let (address, bad) = reader.finish();
    if let Some((span, message)) = bad {
        diagnostics.push(Diagnostic::new(Code::InvalidValue, span, message));
        return None;
    }
    Some(address)
}

/// Reads the pieces of a path one after the other.
#[derive(Default)]
struct Reader {
    span: Span,
    address: Address,
    segment: Vec<PathPart>,
    in_query: bool,
    name: String,
    /// The value of the parameter being read, once its `=` was.
    value: Option<Vec<TemplatePart>>,
    bad: Option<(Span, String)>,
}

impl Reader {
    fn text(&mut self, text: &str) {
        let mut from = 0;
        for (at, c) in text.char_indices() {
            let ends = match c {
                '/' | '?' => !self.in_query,
                '&' => self.in_query,
                '=' => self.in_query && self.value.is_none(),
                '#' => {
                    self.fail(self.span, "a path that is sent has no part after `#`");
                    false
                }
                _ => false,
            };
            if !ends {
                continue;
            }
            self.literal(text.get(from..at).unwrap_or_default());
            from = at + 1;
            match c {
                '=' => self.value = Some(Vec::new()),
                '&' => self.end_parameter(),
                _ => {
                    self.address.segments.push(std::mem::take(&mut self.segment));
                    self.in_query = c == '?';
                }
            }
        }
        self.literal(text.get(from..).unwrap_or_default());
    }

    fn literal(&mut self, text: &str) {
        if text.is_empty() {
        } else if !self.in_query {
            push_text(&mut self.segment, text);
        } else if let Some(value) = &mut self.value {
            value.push(TemplatePart::Text(decoded(text, true)));
        } else {
            self.name += &decoded(text, true);
        }
    }

    fn value(&mut self, value: &Expr) {
        if !self.in_query {
            self.segment.push(PathPart::Expr(value.clone()));
        } else if let Some(parts) = &mut self.value {
            parts.push(TemplatePart::Expr(value.clone()));
        } else {
            self.fail(value.span, "the name of a query parameter cannot be a template");
        }
    }

    fn fail(&mut self, span: Span, message: &str) {
        self.bad.get_or_insert_with(|| (span, message.to_owned()));
    }

    fn end_parameter(&mut self) {
        let name = std::mem::take(&mut self.name);
        let value = self.value.take().unwrap_or_default();
        if name.is_empty() && value.is_empty() {
            return;
        }
        let kind = match value.as_slice() {
            [] => ExprKind::String(String::new()),
            [TemplatePart::Text(text)] => ExprKind::String(text.clone()),
            [TemplatePart::Expr(only)] => {
                self.address.query.push((name, only.clone()));
                return;
            }
            _ => ExprKind::Template(value),
        };
        self.address.query.push((name, Expr { kind, span: self.span }));
    }

    fn finish(mut self) -> (Address, Option<(Span, String)>) {
        if self.in_query {
            self.end_parameter();
        } else {
            self.address.segments.push(std::mem::take(&mut self.segment));
        }
        (self.address, self.bad)
    }
}
