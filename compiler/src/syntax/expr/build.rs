//! From pairs of the parser to the tree.

use super::literal::{bytes, integer, unescape, unescape_mapped};
use crate::diagnostic::{Applicability, Code, Diagnostic};
use crate::limits::EXPRESSION_DEPTH_MAX;
use crate::syntax::grammar::Rule;
use crate::syntax::range::out_of_range;
use crate::syntax::span_map::SpanMap;
use crate::syntax::template;
use crate::text::{Name, Span, Spanned};
use crate::tree::{BinaryOp, Expr, ExprKind, Field, FieldKey, UnaryOp};
use pest::iterators::Pair;
use pest::pratt_parser::{Assoc, Op, PrattParser};
use std::collections::HashMap;
use std::sync::OnceLock;

/// CEL's precedence, loosest first.
fn precedence() -> &'static PrattParser<Rule> {
    static PRATT: OnceLock<PrattParser<Rule>> = OnceLock::new();
    let left = |rule| Op::infix(rule, Assoc::Left);
    PRATT.get_or_init(|| {
        PrattParser::new()
            .op(left(Rule::or))
            .op(left(Rule::and))
            .op(left(Rule::less)
                | left(Rule::less_equal)
                | left(Rule::greater)
                | left(Rule::greater_equal)
                | left(Rule::equal)
                | left(Rule::not_equal)
                | left(Rule::in_))
            .op(left(Rule::add) | left(Rule::subtract))
            .op(left(Rule::multiply) | left(Rule::divide) | left(Rule::remainder))
    })
}

/// The tree of a pair of rule `expression`.
pub(crate) fn build(pair: Pair<'_, Rule>, at: &SpanMap, diagnostics: &mut Vec<Diagnostic>) -> Expr {
    Builder { at, templates: false, depth: 0, diagnostics }.expression(pair)
}

/// A pair of rule `expression` or `record` in a `.writ` file, where every string may hold templates.
pub(crate) fn build_templated(
    pair: Pair<'_, Rule>,
    at: &SpanMap,
    diagnostics: &mut Vec<Diagnostic>,
) -> Expr {
    let mut builder = Builder { at, templates: true, depth: 0, diagnostics };
    match pair.as_rule() {
        Rule::record => builder.primary(pair, false),
        _ => builder.expression(pair),
    }
}

/// A pair of rule `string` in a `.writ` file: text, a template, or the one expression inside.
pub(crate) fn build_string(
    pair: &Pair<'_, Rule>,
    at: &SpanMap,
    diagnostics: &mut Vec<Diagnostic>,
) -> Expr {
    let mut builder = Builder { at, templates: true, depth: 0, diagnostics };
    let span = builder.span(pair);
    builder.string(pair.as_str(), pair.as_span().start(), span)
}

struct Builder<'a> {
    at: &'a SpanMap,
    /// Whether strings may hold templates.
    templates: bool,
    /// How deep in the tree the next node stands, at most.
    depth: usize,
    diagnostics: &'a mut Vec<Diagnostic>,
}

impl Builder<'_> {
    fn span(&self, pair: &Pair<'_, Rule>) -> Span {
        let span = pair.as_span();
        // A rule takes the white space behind its last optional part; the tree does not want it.
        self.at.span(span.start(), span.start() + pair.as_str().trim_end().len())
    }

    /// A chain of operators or selections makes a tree as deep as it is long, and chains inside one another make it
    /// as deep as all of them: bound it, for whoever walks the tree.
    fn chain_too_long(&mut self, length: usize, span: Span) -> Option<Expr> {
        (self.depth + length > EXPRESSION_DEPTH_MAX).then(|| {
            let message = format!("the expression chains more than {EXPRESSION_DEPTH_MAX} parts");
            self.diagnostics.push(
                Diagnostic::new(Code::TooDeep, span, message)
                    .help("divide it: name its parts with `let`"),
            );
            Expr { kind: ExprKind::Error, span }
        })
    }

    /// Builds what stands inside a chain of this length.
    fn inside<T>(&mut self, length: usize, build: impl FnOnce(&mut Self) -> T) -> T {
        self.depth += length;
        let built = build(self);
        self.depth -= length;
        built
    }

    fn expression(&mut self, pair: Pair<'_, Rule>) -> Expr {
        self.expression_in(pair, false)
    }

    /// An expression; with `entry`, the value of a record's entry, behind which another one may stand.
    fn expression_in(&mut self, pair: Pair<'_, Rule>, entry: bool) -> Expr {
        let span = self.span(&pair);
        let (mut chain, mut tail) = (Vec::new(), None);
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::conditional_tail => tail = Some(part),
                _ => chain.push(part),
            }
        }
        if let Some(error) = self.chain_too_long(chain.len(), span) {
            return error;
        }
        let condition = self.inside(chain.len(), |builder| builder.operators(chain));
        let Some(tail) = tail else { return condition };
        if entry && begins_entry(&tail) {
            self.comma_missing(&tail, condition.span);
            // The entry's own value, behind which another one may stand.
            let value = tail.into_inner().nth(1);
            self.inside(1, |builder| value.map(|value| builder.expression_in(value, true)));
            return condition;
        }
        let (then, otherwise) = self.inside(1, |builder| {
            let mut arms = tail.into_inner();
            let then = arms.next().map(|arm| builder.expression(arm));
            (then, arms.next().map(|arm| builder.expression_in(arm, entry)))
        });
        let (Some(then), Some(otherwise)) = (then, otherwise) else {
            return Expr { kind: ExprKind::Error, span };
        };
        let kind = ExprKind::Conditional {
            condition: Box::new(condition),
            then: Box::new(then),
            otherwise: Box::new(otherwise),
        };
        Expr { kind, span }
    }

    fn operators(&mut self, chain: Vec<Pair<'_, Rule>>) -> Expr {
        if chain.len() == 1 {
            return chain
                .into_iter()
                .next()
                .map_or(Expr { kind: ExprKind::Error, span: Span::default() }, |p| self.unary(p));
        }
        precedence()
            .map_primary(|pair| self.unary(pair))
            .map_infix(|lhs, op, rhs| {
                let span = lhs.span.to(rhs.span);
                let kind = match binary_op(op.as_rule()) {
                    Some(op) => ExprKind::Binary { op, lhs: Box::new(lhs), rhs: Box::new(rhs) },
                    None => ExprKind::Error,
                };
                Expr { kind, span }
            })
            .parse(chain.into_iter())
    }

    fn unary(&mut self, pair: Pair<'_, Rule>) -> Expr {
        let whole = self.span(&pair);
        let (mut signs, mut parts) = (Vec::new(), Vec::new());
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::not => signs.push((UnaryOp::Not, self.span(&part))),
                Rule::negate => signs.push((UnaryOp::Negate, self.span(&part))),
                _ => parts.push(part),
            }
        }
        let length = signs.len() + parts.len();
        if let Some(error) = self.chain_too_long(length, whole) {
            return error;
        }
        self.inside(length, |builder| builder.signed(signs, parts, whole))
    }

    /// A primary expression with what stands before and after it.
    fn signed(
        &mut self,
        mut signs: Vec<(UnaryOp, Span)>,
        parts: Vec<Pair<'_, Rule>>,
        whole: Span,
    ) -> Expr {
        // `-9223372036854775808` is one literal: its digits alone are out of range. So is `-1.5`, as in JSON.
        let negative = signs.last().is_some_and(|(op, _)| *op == UnaryOp::Negate)
            && matches!(parts.as_slice(), [only] if matches!(only.as_rule(), Rule::int | Rule::float));
        let sign = if negative { signs.pop() } else { None };
        let mut parts = parts.into_iter();
        let mut expr = match parts.next() {
            Some(first) => self.primary(first, negative),
            None => Expr { kind: ExprKind::Error, span: whole },
        };
        if let Some((_, span)) = sign {
            expr.span = span.to(expr.span);
        }
        for trailer in parts {
            expr = self.trailer(expr, trailer);
        }
        while let Some((op, span)) = signs.pop() {
            let span = span.to(expr.span);
            expr = Expr { kind: ExprKind::Unary { op, operand: Box::new(expr) }, span };
        }
        expr
    }

    fn trailer(&mut self, operand: Expr, pair: Pair<'_, Rule>) -> Expr {
        let span = operand.span.to(self.span(&pair));
        let rule = pair.as_rule();
        let mut optional = false;
        let mut inner = pair.into_inner().peekable();
        if inner.next_if(|p| p.as_rule() == Rule::optional_mark).is_some() {
            optional = true;
        }
        let first = inner.next();
        let operand = Box::new(operand);
        let kind = match (rule, first) {
            (Rule::select, Some(name)) => {
                ExprKind::Select { operand, field: self.name(&name), optional }
            }
            (Rule::index, Some(index)) => {
                ExprKind::Index { operand, index: Box::new(self.expression(index)), optional }
            }
            (Rule::method, Some(name)) => ExprKind::Call {
                target: Some(operand),
                function: self.name(&name),
                args: inner.next().map_or_else(Vec::new, |args| self.list(args)),
            },
            _ => ExprKind::Error,
        };
        Expr { kind, span }
    }

    fn primary(&mut self, pair: Pair<'_, Rule>, negative: bool) -> Expr {
        let span = self.span(&pair);
        let start = pair.as_span().start();
        let text = pair.as_str();
        let kind = match pair.as_rule() {
            Rule::null => ExprKind::Null,
            Rule::boolean => ExprKind::Bool(text == "true"),
            Rule::int => integer(text, negative).unwrap_or_else(|| self.out_of_range(text, span)),
            Rule::float => match text.parse::<f64>() {
                Ok(value) if value.is_finite() => {
                    ExprKind::Double(if negative { -value } else { value })
                }
                Ok(_) | Err(_) => self.out_of_range(text, span),
            },
            Rule::string => return self.string(text, start, span),
            Rule::bytes => ExprKind::Bytes(bytes(text, start, self.at, self.diagnostics)),
            Rule::variable => ExprKind::Ident(text.trim_end().to_owned()),
            Rule::list => ExprKind::List(self.list(pair)),
            Rule::record => ExprKind::Record(self.record(pair)),
            Rule::group => {
                let inner = pair.into_inner().next().map(|inner| self.expression(inner));
                return Expr { span, ..inner.unwrap_or(Expr { kind: ExprKind::Error, span }) };
            }
            Rule::call => {
                let mut inner = pair.into_inner();
                match (inner.next(), inner.next()) {
                    (Some(name), Some(args)) => ExprKind::Call {
                        target: None,
                        function: self.name(&name),
                        args: self.list(args),
                    },
                    _ => ExprKind::Error,
                }
            }
            _ => ExprKind::Error,
        };
        Expr { kind, span }
    }

    fn string(&mut self, literal: &str, start: usize, span: Span) -> Expr {
        let (text, map) = unescape_mapped(literal, start, self.at, self.diagnostics);
        // A raw string is for text full of signs.
        if !self.templates || literal.starts_with(['r', 'R']) || !text.contains("${") {
            return Expr { kind: ExprKind::String(text), span };
        }
        let (expr, found) = template::parse(&text, &map);
        self.diagnostics.extend(found);
        match expr.kind {
            ExprKind::String(_) | ExprKind::Template(_) => Expr { span, ..expr },
            _ => expr,
        }
    }

    fn out_of_range(&mut self, text: &str, span: Span) -> ExprKind {
        let most = if text.ends_with(['u', 'U']) { u64::MAX } else { i64::MAX.unsigned_abs() };
        self.diagnostics.push(out_of_range(text, span, most));
        ExprKind::Error
    }

    fn list(&mut self, pair: Pair<'_, Rule>) -> Vec<Expr> {
        pair.into_inner().map(|item| self.item(item)).collect()
    }

    fn item(&mut self, pair: Pair<'_, Rule>) -> Expr {
        if pair.as_rule() != Rule::optional_item {
            return self.expression(pair);
        }
        let span = self.span(&pair);
        match pair.into_inner().find(|part| part.as_rule() == Rule::expression) {
            Some(item) => left_out(self.expression(item), span),
            None => Expr { kind: ExprKind::Error, span },
        }
    }

    fn record(&mut self, pair: Pair<'_, Rule>) -> Vec<Field> {
        let mut fields: Vec<Field> = Vec::new();
        let mut seen: HashMap<String, Span> = HashMap::new();
        for entry in pair.into_inner() {
            let mut inner =
                entry.into_inner().filter(|part| part.as_rule() != Rule::colon).peekable();
            let optional = inner.next_if(|part| part.as_rule() == Rule::optional_mark).is_some();
            let (Some(key), Some(value)) = (inner.next(), inner.next()) else { continue };
            let key = match key.as_rule() {
                Rule::computed_key => match key.into_inner().next() {
                    Some(inner) => FieldKey::Computed(self.expression(inner)),
                    None => continue,
                },
                _ => FieldKey::Name(self.name(&key)),
            };
            if let FieldKey::Name(name) = &key {
                self.report_duplicate(&mut seen, name);
            }
            let value = self.expression_in(value, true);
            let span = value.span;
            let value = if optional { left_out(value, span) } else { value };
            fields.push(Field { key, value });
        }
        fields
    }

    /// An entry that begins with `?` reads on from the value before it, as the arms of a condition.
    fn comma_missing(&mut self, entry: &Pair<'_, Rule>, before: Span) {
        let start = entry.as_span().start();
        let span = self.at.span(start, start + 1);
        let message = "an entry that begins with `?` stands behind a comma";
        let behind = Span { start: before.end, end: before.end };
        self.diagnostics.push(
            Diagnostic::new(Code::UnexpectedToken, span, message)
                .and(before, "a comma is missing behind this")
                .fix("add the comma", behind, ",", Applicability::Safe),
        );
    }

    fn report_duplicate(&mut self, seen: &mut HashMap<String, Span>, name: &Name) {
        let first = *seen.entry(name.value.clone()).or_insert(name.span);
        if first != name.span {
            let message = format!("the field `{}` is given twice", name.value);
            self.diagnostics.push(
                Diagnostic::new(Code::DuplicateKey, name.span, message)
                    .and(first, "first given here")
                    .help("keep one of the two"),
            );
        }
    }

    /// A field or function name: a word, a word in backquotes, or a string.
    fn name(&mut self, pair: &Pair<'_, Rule>) -> Name {
        let span = self.span(pair);
        let text = pair.as_str();
        let value = match pair.as_rule() {
            Rule::string => unescape(text, pair.as_span().start(), self.at, self.diagnostics),
            Rule::quoted_word => text.trim_matches('`').to_owned(),
            _ => text.to_owned(),
        };
        Spanned::new(value, span)
    }
}

/// Whether the arms of a condition were meant as a record's entry: they begin a line, with no space in `?key:`.
fn begins_entry(tail: &Pair<'_, Rule>) -> bool {
    let start = tail.as_span().start();
    let (before, rest) = tail.get_input().split_at_checked(start).unwrap_or_default();
    let begins_line =
        before.trim_end_matches([' ', '\t']).chars().next_back().is_some_and(|c| c == '\n');
    let key = tail.clone().into_inner().next().map_or(0, |key| key.as_str().trim_end().len());
    begins_line
        && rest.get(1..=key).is_some_and(|key| !key.starts_with(char::is_whitespace))
        && rest.get(key + 1..).is_some_and(|rest| rest.starts_with(':'))
}

/// What is left out where it is absent.
fn left_out(expr: Expr, span: Span) -> Expr {
    Expr { kind: ExprKind::Optional(Box::new(expr)), span }
}

fn binary_op(rule: Rule) -> Option<BinaryOp> {
    Some(match rule {
        Rule::or => BinaryOp::Or,
        Rule::and => BinaryOp::And,
        Rule::less => BinaryOp::Less,
        Rule::less_equal => BinaryOp::LessEqual,
        Rule::greater => BinaryOp::Greater,
        Rule::greater_equal => BinaryOp::GreaterEqual,
        Rule::equal => BinaryOp::Equal,
        Rule::not_equal => BinaryOp::NotEqual,
        Rule::in_ => BinaryOp::In,
        Rule::add => BinaryOp::Add,
        Rule::subtract => BinaryOp::Subtract,
        Rule::multiply => BinaryOp::Multiply,
        Rule::divide => BinaryOp::Divide,
        Rule::remainder => BinaryOp::Remainder,
        _ => return None,
    })
}
