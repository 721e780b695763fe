#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use super::*;
use proptest::prelude::*;

fn kind(text: &str) -> ExprKind {
    let (expr, diagnostics) = parse(text, &SpanMap::verbatim(0));
    assert_eq!(diagnostics, [], "{text}");
    expr.kind
}

/// What is said about each text, with the part of it that is pointed at.
fn messages(texts: &[&str]) -> String {
    let mut out = String::new();
    for text in texts {
        for found in parse(text, &SpanMap::verbatim(0)).1 {
            let at = text.get(found.primary.span.range()).unwrap();
            out.push_str(&format!("{} {} @ {at}\n", found.code.id(), found.message));
        }
    }
    out
}

#[test]
fn literals_have_the_values_they_stand_for() {
    assert_eq!(kind("-9223372036854775808"), ExprKind::Int(i64::MIN));
    assert_eq!(kind("0xffu"), ExprKind::Uint(255));
    assert_eq!(kind(".5e1"), ExprKind::Double(5.0));
    assert_eq!(kind("-1.5"), ExprKind::Double(-1.5));
    assert_eq!(kind(r#""a\tb\x41\u00e9\101""#), ExprKind::String("a\tbAéA".to_owned()));
    assert_eq!(kind(r#"r"a\n""#), ExprKind::String(r"a\n".to_owned()));
    assert_eq!(kind("'''a\n'b'''"), ExprKind::String("a\n'b".to_owned()));
    assert_eq!(kind(r"b'\xff'"), ExprKind::Bytes(vec![255]));
    assert_eq!(kind("nullable"), ExprKind::Ident("nullable".to_owned()));
}

#[test]
fn spans_leave_out_the_white_space_behind() {
    let (expr, _) = parse("a.b  + c ", &SpanMap::verbatim(10));
    assert_eq!(expr.span, Span::new(10, 18));
    let ExprKind::Binary { lhs, .. } = expr.kind else { panic!() };
    assert_eq!(lhs.span, Span::new(10, 13));
}

#[test]
fn each_mistake_is_one_message() {
    insta::assert_snapshot!(messages(&[
        "",
        "step.kyc = 3",
        "step.kyc. ",
        "(1 + ",
        "a &  b",
        "a b",
        "'open",
        "\"\"\"open",
        "x.`open",
        "f\"x\"",
        "${a}",
        "99999999999999999999",
        "'\\q'",
        "{a: 1, a: 2}",
        "[1, 2",
        "a ? b",
    ]), @r#"
    WR0111 the expression is empty @ 
    WR0101 unexpected `=` in the expression: here it is `==` @ =
    WR0101 unexpected end in the expression: expected a name @ 
    WR0102 `(` is never closed @ (
    WR0101 unexpected `&` in the expression: expected an operator or the end @ &
    WR0101 unexpected `b` in the expression: expected an operator or the end @ b
    WR0102 the string is not closed on its line @ 'open
    WR0102 the string is not closed @ """open
    WR0102 the string is not closed on its line @ `open
    WR0101 `f"`: a string right behind a word @ f"
    WR0101 unexpected `${` in the expression: expected a value @ ${
    WR0106 the number 99999999999999999999 is out of range @ 99999999999999999999
    WR0103 `\q` is no escape @ \q
    WR0104 the field `a` is given twice @ a
    WR0102 `[` is never closed @ [
    WR0101 unexpected end in the expression: expected a value or an operator @
    "#);
}

#[test]
fn depth_is_bounded() {
    let texts = ["(", "[", "{a: ", "f(", "a ? ", "a ?\n", "a ? b : c in\n", "a[", "- ", "!"];
    for text in texts {
        let (_, found) = parse(&text.repeat(8_000), &SpanMap::verbatim(0));
        assert_eq!(found.len(), 1, "{text}");
    }
    for chain in [" + a", ".a", " ? b : a", "[0]", ".f()"] {
        let (_, found) = parse(&format!("a{}", chain.repeat(8_000)), &SpanMap::verbatim(0));
        assert_eq!(found[0].code, Code::TooDeep, "{chain}");
    }
    let optional = format!("[{}]", "a.?b, x ? y : z,".repeat(100));
    assert_eq!(parse(&optional, &SpanMap::verbatim(0)).1, []);
}

proptest! {
    #[test]
    fn any_text_is_read_without_panic(text in "[a-z0-9 .?:\\[\\]{}()'\"`\\\\+!,/rb\n-]{0,60}") {
        let (_, found) = parse(&text, &SpanMap::verbatim(0));
        for diagnostic in found {
            prop_assert!(text.get(diagnostic.primary.span.range()).is_some());
        }
    }
}
