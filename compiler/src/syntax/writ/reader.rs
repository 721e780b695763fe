//! What every construct's parser needs: spans, names, literals, and words for what did not parse.

use super::target::Ends;
use super::words;
use crate::diagnostic::{Code, Diagnostic};
use crate::syntax::expr::{build_string, build_templated, describe_in, unescape};
use crate::syntax::grammar::{Rule, WritGrammar};
use crate::syntax::span_map::SpanMap;
use crate::text::{Name, Span, Spanned};
use crate::tree::{Expr, ExprKind};
use pest::Parser;
use pest::error::{ErrorVariant, InputLocation};
use pest::iterators::Pair;

/// One text being read.
pub(super) struct Reader<'t> {
    text: &'t str,
    map: SpanMap,
    /// The ends that arrows of the workflow being read stand for.
    pub(super) ends: Ends,
    /// What was found so far.
    pub(super) diagnostics: Vec<Diagnostic>,
}

impl<'t> Reader<'t> {
    pub(super) fn new(text: &'t str, diagnostics: Vec<Diagnostic>) -> Self {
        Self { text, map: SpanMap::verbatim(0), ends: Ends::default(), diagnostics }
    }

    /// The place of a pair, without the white space that a rule takes behind its last optional part.
    pub(super) fn span(&self, pair: &Pair<'_, Rule>) -> Span {
        let start = pair.as_span().start();
        Span::new(start, start + pair.as_str().trim_end().len())
    }

    /// Whether there is nothing but white space between two places.
    pub(super) fn is_blank(&self, start: usize, end: usize) -> bool {
        self.text.get(start..end).is_some_and(|text| text.trim().is_empty())
    }

    pub(super) fn report(&mut self, code: Code, span: Span, message: impl Into<String>) {
        self.diagnostics.push(Diagnostic::new(code, span, message));
    }

    /// A name: a word as it stands, or the text of a string.
    pub(super) fn name(&mut self, pair: &Pair<'_, Rule>) -> Name {
        let span = self.span(pair);
        let inner = match pair.as_rule() {
            Rule::id | Rule::class | Rule::type_literal | Rule::label_head => {
                pair.clone().into_inner().next()
            }
            _ => None,
        };
        let pair = inner.as_ref().unwrap_or(pair);
        let value = if matches!(pair.as_rule(), Rule::string | Rule::quoted_method) {
            self.string(pair)
        } else {
            pair.as_str().trim_end().to_owned()
        };
        Spanned::new(value, span)
    }

    /// The text of a string literal that holds no templates.
    pub(super) fn string(&mut self, pair: &Pair<'_, Rule>) -> String {
        unescape(pair.as_str(), pair.as_span().start(), &self.map, &mut self.diagnostics)
    }

    /// A string that may hold templates.
    pub(super) fn template(&mut self, pair: &Pair<'_, Rule>) -> Expr {
        build_string(pair, &self.map, &mut self.diagnostics)
    }

    /// An expression, or a record that stands where only a record may.
    pub(super) fn expression(&mut self, pair: Pair<'_, Rule>) -> Expr {
        build_templated(pair, &self.map, &mut self.diagnostics)
    }

    /// A whole number.
    pub(super) fn count(&mut self, pair: &Pair<'_, Rule>) -> Option<Spanned<u64>> {
        let span = self.span(pair);
        match pair.as_str().parse() {
            Ok(value) => Some(Spanned::new(value, span)),
            Err(_) => {
                let message =
                    format!("`{}` is no whole number from 0 to {}", pair.as_str(), u64::MAX);
                self.report(Code::BadNumber, span, message);
                None
            }
        }
    }

    /// `30s` in milliseconds.
    pub(super) fn duration(&mut self, pair: &Pair<'_, Rule>) -> Option<Spanned<u64>> {
        let span = self.span(pair);
        let text = pair.as_str();
        let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
        let unit: u64 = match text.get(digits.len()..).unwrap_or_default() {
            "ms" => 1,
            "s" => 1_000,
            "m" => 60_000,
            "h" => 3_600_000,
            _ => 86_400_000,
        };
        let value = digits.parse::<u64>().ok().and_then(|n| n.checked_mul(unit));
        if value.is_none() {
            let message = format!("`{text}` is too long a time: nothing takes more than ten years");
            self.report(Code::BadNumber, span, message);
        }
        value.map(|value| Spanned::new(value, span))
    }

    /// `///` lines as one text.
    pub(super) fn docs(&self, pair: &Pair<'_, Rule>) -> Spanned<String> {
        let lines = pair.clone().into_inner().map(|line| {
            let text = line.as_str().get(3..).unwrap_or_default();
            text.strip_prefix(' ').unwrap_or(text).to_owned()
        });
        Spanned::new(lines.collect::<Vec<_>>().join("\n"), self.span(pair))
    }

    /// Says what is wrong with what a catch-all rule absorbed, given the rule that was due there. `before` is what
    /// was read just before it: what does not fit may have been meant as its end.
    pub(super) fn bad(
        &mut self,
        pair: &Pair<'_, Rule>,
        due: Rule,
        whole: &str,
        before: Option<Span>,
    ) {
        let span = self.span(pair);
        let start = span.start as usize;
        let slice = self.text.get(span.range()).unwrap_or_default();
        if let Some(unknown) = words::unknown(slice, start, due, whole) {
            self.diagnostics.push(unknown);
            return;
        }
        let alone = self.explain(span.start as usize, span, due, whole);
        let begins = alone.primary.span.start == span.start;
        let longer = before
            .filter(|_| begins)
            .map(|before| self.explain(before.start as usize, span, due, whole));
        let best = match longer {
            Some(longer) if longer.primary.span.start > span.start => longer,
            longer => words::stray_clause(slice, start, due).or(longer).unwrap_or(alone),
        };
        self.diagnostics.push(best);
    }

    fn explain(&self, start: usize, span: Span, due: Rule, whole: &str) -> Diagnostic {
        let slice = self.text.get(start..span.end as usize).unwrap_or_default();
        let map = self.map.from(start);
        let named = words::named(slice, due);
        let whole = named.as_deref().unwrap_or(whole);
        match WritGrammar::parse(due, slice) {
            Err(error) => {
                let (InputLocation::Pos(at) | InputLocation::Span((at, _))) = error.location;
                describe_in(whole, slice, at, &error.variant, &map)
            }
            Ok(_) => {
                let nothing = ErrorVariant::CustomError { message: String::new() };
                describe_in(
                    whole,
                    slice,
                    (span.start as usize).saturating_sub(start),
                    &nothing,
                    &map,
                )
            }
        }
    }
}

/// An expression that did not parse.
pub(super) fn error_expr(span: Span) -> Expr {
    Expr { kind: ExprKind::Error, span }
}
