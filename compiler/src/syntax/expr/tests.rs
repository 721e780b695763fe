#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
use super::*;
fn kind(text: &str) -> ExprKind {
    let (expr, diagnostics) = parse(text, &SpanMap::verbatim(0));
    assert!(diagnostics.is_empty(), "{text}: {diagnostics:?}");
    expr.kind
}
#[test]
fn paths() {
    println!("{:?}", kind("step.kyc.output.?x[0].`a-b`.f(1, 2u)"));
    println!(
        "{:?}",
        kind("!has(a.b) && -1 + 2 * 3 in [1,2] ? {a: 1 \n \"b\": x, (q): 2} : r'\\d'")
    );
    println!("{:?}", parse("step.kyc = 3", &SpanMap::verbatim(0)).1);
    println!("{:?}", parse("step.kyc. ", &SpanMap::verbatim(0)).1);
    println!("{:?}", parse("(1 + ", &SpanMap::verbatim(0)).1);
}
