#![allow(clippy::indexing_slicing)]

use super::*;
use crate::syntax::expr::parse;
use crate::syntax::span_map::SpanMap;
use crate::text::Span;
use crate::tree::StepKind;
use proptest::prelude::*;

fn again(source: &str) -> String {
    text(&parse(source, &SpanMap::verbatim(0)).0, Style::Template)
}

#[test]
fn parentheses_stand_where_they_are_needed() {
    for source in [
        "(1 + 2) * 3 - 4",
        "1 - (2 - 3)",
        "a && (b || c)",
        "!(a in b) ? x : y ? -1 : --2",
        "-(5)",
        "(-1.5).f",
        "a.?b[?0].`c-d`.size()",
        "[1u, 2.0, 'it\\'s', b'\\x00a']",
        "{a: 1, 'b c': null, (d): true}",
        "[?a.?b, c ? d : e]",
        "{?a: b.?c, ?'d e': f ? g : h, ?(i): j}",
        "(a ? b : c) ? d : e",
    ] {
        assert_eq!(again(source), source);
    }
    assert_eq!(again("((a)) + (b * (c))"), "a + b * c");
}

/// Expressions; with templates, as only `.writ` can hold inside others.
fn exprs(templates: bool) -> impl Strategy<Value = Expr> {
    let leaf = prop_oneof![
        Just(ExprKind::Null),
        any::<bool>().prop_map(ExprKind::Bool),
        any::<i64>().prop_map(ExprKind::Int),
        any::<u64>().prop_map(ExprKind::Uint),
        any::<f64>().prop_filter("finite", |n| n.is_finite()).prop_map(ExprKind::Double),
        any::<String>().prop_map(ExprKind::String),
        prop::collection::vec(any::<u8>(), 0..4).prop_map(ExprKind::Bytes),
        "[a-d][a-z]{0,3}".prop_map(ExprKind::Ident),
    ];
    leaf.prop_map(at).prop_recursive(4, 32, 3, move |inner| {
        let boxed = inner.clone().prop_map(Box::new);
        let items = prop::collection::vec(inner.clone(), 0..3);
        prop_oneof![
            (boxed.clone(), any::<bool>()).prop_map(|(operand, not)| ExprKind::Unary {
                op: if not { UnaryOp::Not } else { UnaryOp::Negate },
                operand,
            }),
            (boxed.clone(), boxed.clone(), 0..OPS.len()).prop_map(|(lhs, rhs, op)| {
                ExprKind::Binary { op: OPS.get(op).copied().unwrap_or(BinaryOp::Or), lhs, rhs }
            }),
            (boxed.clone(), boxed.clone(), boxed.clone()).prop_map(
                |(condition, then, otherwise)| ExprKind::Conditional { condition, then, otherwise }
            ),
            (boxed.clone(), boxed.clone(), any::<bool>()).prop_map(|(operand, index, optional)| {
                ExprKind::Index { operand, index, optional }
            }),
            (boxed, "[a-z -]{1,4}", any::<bool>()).prop_map(|(operand, field, optional)| {
                let field = crate::text::Spanned::new(field, Span::default());
                ExprKind::Select { operand, field, optional }
            }),
            (items.clone(), any::<bool>()).prop_map(|(items, optional)| {
                ExprKind::List(items.into_iter().map(|item| marked_if(optional, item)).collect())
            }),
            // No text before a template ends in `$`: `$${` stands for a literal.
            (inner.clone(), "[a-c$ {}'\"\\\\]{0,2}[a-c {}'\"\\\\]").prop_map(
                move |(expr, text)| {
                    let parts = vec![
                        TemplatePart::Text(text.clone()),
                        TemplatePart::Expr(without_templates(expr)),
                        TemplatePart::Text(text),
                    ];
                    if templates { ExprKind::Template(parts) } else { ExprKind::Null }
                }
            ),
            (inner.clone(), "[a-c ]{0,2}", any::<bool>()).prop_map(|(value, key, optional)| {
                let key = crate::text::Spanned::new(key, Span::default());
                let value = marked_if(optional, value);
                ExprKind::Record(vec![Field { key: FieldKey::Name(key), value }])
            }),
            items.prop_map(|args| ExprKind::Call {
                target: None,
                function: crate::text::Spanned::new("f".to_owned(), Span::default()),
                args,
            }),
        ]
        .prop_map(at)
    })
}

fn marked_if(optional: bool, expr: Expr) -> Expr {
    if optional { at(ExprKind::Optional(Box::new(expr))) } else { expr }
}

/// Inside a template, text stands for itself.
fn without_templates(expr: Expr) -> Expr {
    parse(&text(&expr, Style::Template), &SpanMap::verbatim(0)).0
}

const OPS: &[BinaryOp] = &[
    BinaryOp::Or,
    BinaryOp::And,
    BinaryOp::Equal,
    BinaryOp::Less,
    BinaryOp::In,
    BinaryOp::Add,
    BinaryOp::Subtract,
    BinaryOp::Multiply,
    BinaryOp::Remainder,
];

fn at(kind: ExprKind) -> Expr {
    Expr { kind, span: Span::default() }
}

proptest! {
    #[test]
    fn what_is_printed_reads_back_and_prints_the_same(expr in exprs(false)) {
        let printed = text(&expr, Style::Template);
        let (read, diagnostics) = parse(&printed, &SpanMap::verbatim(0));
        prop_assert!(diagnostics.is_empty(), "{}: {:?}", printed, diagnostics);
        prop_assert_eq!(without_spans(&read), without_spans(&expr), "{}", printed);
    }

    #[test]
    fn what_is_printed_in_a_file_reads_back(expr in exprs(true)) {
        let printed = format!("workflow {{ transform x = {} }}", text(&expr, Style::Writ));
        let (module, diagnostics) = crate::syntax::writ::parse(&printed);
        prop_assert!(diagnostics.is_empty(), "{}: {:?}", printed, diagnostics);
        let StepKind::Transform(read) = &module.workflows[0].steps[0].kind else {
            return Err(TestCaseError::fail(printed));
        };
        prop_assert_eq!(without_spans(&read.value), without_spans(&expr), "{}", printed);
    }
}

/// The tree without its places, for comparing.
fn without_spans(expr: &Expr) -> String {
    let debug = format!("{expr:?}");
    let mut out = String::with_capacity(debug.len());
    let mut rest = debug.as_str();
    while let Some(start) = rest.find("Span { start: ") {
        let (before, after) = rest.split_at(start);
        out.push_str(before);
        rest = after.split_once('}').map_or("", |(_, rest)| rest);
    }
    out + rest
}
