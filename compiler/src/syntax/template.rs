//! Templates in strings: `${...}` and `$${`.

use super::expr;
use super::span_map::SpanMap;
use super::token::quoted_length;
use crate::diagnostic::{Code, Diagnostic};
use crate::tree::{Expr, ExprKind, TemplatePart};

/// Reads the text of a string.
///
/// A string that is exactly one `${...}` is the expression inside; one that mixes text and
/// expressions is an [`ExprKind::Template`]; any other is an [`ExprKind::String`]. `$${` stands for
/// a literal `${`. `at` leads from offsets in `text` to the source.
#[must_use]
pub fn parse(text: &str, at: &SpanMap) -> (Expr, Vec<Diagnostic>) {
    let whole = at.span(0, text.len());
    let mut diagnostics = Vec::new();
    let mut parts: Vec<TemplatePart> = Vec::new();
    let mut literal = String::new();
    let mut pos = 0;
    while let Some(dollar) = text.get(pos..).and_then(|rest| rest.find("${")).map(|n| pos + n) {
        if dollar > pos && text.as_bytes().get(dollar - 1) == Some(&b'$') {
            literal.push_str(text.get(pos..dollar - 1).unwrap_or_default());
            literal.push_str("${");
            pos = dollar + 2;
            continue;
        }
        literal.push_str(text.get(pos..dollar).unwrap_or_default());
        let inner_start = dollar + 2;
        let rest = text.get(inner_start..).unwrap_or_default();
        let Some(length) = closing_brace(rest) else {
            let span = at.span(dollar, dollar + 2);
            diagnostics.push(
                Diagnostic::new(Code::Unterminated, span, "`${` is never closed")
                    .help("close it with `}`, or write `$${` for a literal `${`"),
            );
            return (Expr { kind: ExprKind::Error, span: whole }, diagnostics);
        };
        let inner = rest.get(..length).unwrap_or_default();
        let (inner, found) = expr::parse(inner, &at.from(inner_start));
        diagnostics.extend(found);
        if !literal.is_empty() {
            parts.push(TemplatePart::Text(std::mem::take(&mut literal)));
        }
        parts.push(TemplatePart::Expr(inner));
        pos = inner_start + length + 1;
    }
    literal.push_str(text.get(pos..).unwrap_or_default());
    if parts.is_empty() {
        return (Expr { kind: ExprKind::String(literal), span: whole }, diagnostics);
    }
    if !literal.is_empty() {
        parts.push(TemplatePart::Text(literal));
    }
    if let [TemplatePart::Expr(_)] = parts.as_slice()
        && let Some(TemplatePart::Expr(only)) = parts.pop()
    {
        return (only, diagnostics);
    }
    (Expr { kind: ExprKind::Template(parts), span: whole }, diagnostics)
}

/// Text as it must be written in a string so that it reads back as itself.
#[must_use]
pub fn escape(text: &str) -> String {
    text.replace("${", "$${")
}

/// How many bytes stand before the `}` that closes a template, given the text after its `${`.
fn closing_brace(text: &str) -> Option<usize> {
    let (mut depth, mut at) = (0_usize, 0);
    while let Some(c) = text.get(at..).and_then(|rest| rest.chars().next()) {
        let rest = text.get(at..).unwrap_or_default();
        let length = match c {
            '"' | '\'' | '`' => quoted_length(text, at),
            // A comment ends with its line; on the last one, at a brace.
            '/' if rest.starts_with("//") => rest.find('\n').or_else(|| rest.find('}'))?,
            _ => c.len_utf8(),
        };
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => return Some(at),
            '}' => depth -= 1,
            _ => {}
        }
        at += length;
    }
    None
}
