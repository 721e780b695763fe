//! Values too large for a program's stack of operands, however little text they are.

use super::Context;
use crate::diagnostic::{Code, Diagnostic};
use crate::limits::{LOOPS_MAX, OPERANDS_MAX};
use crate::tree::{Expr, ExprKind};

/// Operands that a step itself has on the stack beside one of its values.
const OF_THE_STEP: usize = 64;

/// A literal with more parts than can be on the stack at once, or a comprehension inside too many others.
pub(super) fn too_many_parts(context: &Context<'_>, diagnostics: &mut Vec<Diagnostic>) {
    for step in &context.workflow.steps {
        for expr in step.exprs() {
            if operands(expr) + OF_THE_STEP > OPERANDS_MAX as usize {
                let message = format!("the value has more parts than the {OPERANDS_MAX} allowed");
                diagnostics.push(
                    Diagnostic::new(Code::SourceTooLarge, expr.span, message)
                        .note("an item of a list counts as one part, a field of a record as two")
                        .help("take it from the trigger's inputs, or from a service"),
                );
            }
            if let Some(inner) = loop_beyond(expr, usize::from(LOOPS_MAX)) {
                let message = format!("comprehensions are nested more than {LOOPS_MAX} deep");
                diagnostics.push(
                    Diagnostic::new(Code::TooDeep, inner.span, message)
                        .help("make the inner list in a transform of its own"),
                );
            }
        }
    }
}

/// The operands on the stack, at most, while the value is made.
fn operands(expr: &Expr) -> usize {
    // A record keeps its keys there too; everything else keeps at most one operand a part.
    let each = if matches!(expr.kind, ExprKind::Record(_)) { 2 } else { 1 };
    let parts = expr.parts();
    let while_making = parts.iter().enumerate().map(|(i, part)| each * (i + 1) + operands(part));
    while_making.max().unwrap_or(1)
}

/// The first comprehension that is inside more than `allowed` others.
fn loop_beyond(expr: &Expr, allowed: usize) -> Option<&Expr> {
    let taken = places(expr);
    let Some(inside) = allowed.checked_sub(taken) else { return Some(expr) };
    if !expr.is_comprehension() {
        return expr.parts().into_iter().find_map(|part| loop_beyond(part, allowed));
    }
    let mut parts = expr.parts().into_iter();
    // What is gone through is made before the loop begins.
    let over = parts.next().and_then(|over| loop_beyond(over, allowed));
    over.or_else(|| parts.find_map(|part| loop_beyond(part, inside)))
}

/// How many comprehensions the program has for one of the source.
fn places(expr: &Expr) -> usize {
    match &expr.kind {
        // The list is kept beside the loop that makes the keys.
        ExprKind::Call { function, .. } if function.value == "sortBy" => 2,
        ExprKind::Call { target: Some(_), function, args } => {
            usize::from(expr.is_comprehension() || args.is_empty() && function.value == "last")
        }
        _ => usize::from(expr.is_comprehension()),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

    use super::*;
    use crate::bytecode::most_operands;
    use crate::lower::tests::transform;
    use crate::syntax::{expr, span_map::SpanMap};
    use proptest::prelude::*;
    use serde_json::{Value as Json, json};

    fn parse(text: &str) -> Expr {
        expr::parse(text, &SpanMap::verbatim(0)).0
    }

    #[test]
    fn nesting_of_comprehensions_counts_what_is_inside() {
        let nested =
            |n: usize| (0..n).fold("1".to_owned(), |inner, _| format!("[1].map(x, {inner})"));
        let chained =
            |n: usize| (0..n).fold("[1]".to_owned(), |over, _| format!("{over}.map(x, 1)"));
        let deep = |text: &str| loop_beyond(&parse(text), LOOPS_MAX.into()).is_some();
        assert!(!deep(&nested(8)) && deep(&nested(9)));
        assert!(!deep(&chained(20)));
        let sorted =
            |n: usize| (0..n).fold("1".to_owned(), |key, _| format!("[1].sortBy(x, {key})"));
        assert!(!deep(&sorted(4)) && deep(&sorted(5)));
        let within = |n: usize, inner: &str| nested(n).replace(", 1)", &format!(", {inner})"));
        assert!(!deep(&within(7, "[1].last()")) && deep(&within(8, "[1].last()")));
        transform(&json!(format!("${{{}}}", sorted(4)))).verify().unwrap();
        transform(&json!(format!("${{{}}}", within(7, "[1].last().hasValue()")))).verify().unwrap();
        transform(&json!(format!("${{{}}}", nested(8)))).verify().unwrap();
    }

    /// JSON that may be wide and deep.
    fn wide() -> impl Strategy<Value = Json> {
        let leaf = prop_oneof![
            Just(json!(1)),
            Just(json!("a ${trigger.x} b")),
            Just(json!("${[1, {a: trigger.b == 1}]}"))
        ];
        leaf.prop_recursive(4, 64, 8, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..8).prop_map(Json::from),
                prop::collection::btree_map("[a-z]", inner, 0..8)
                    .prop_map(|map| map.into_iter().collect::<serde_json::Map<_, _>>().into()),
            ]
        })
    }

    proptest! {
        #[test]
        fn no_value_needs_more_operands_than_are_counted(value in wide()) {
            let spec = json!({"startNodeId": "a", "nodes": [{"id": "a", "type": "transform", "value": value}], "edges": []});
            let (module, _) = crate::syntax::json::parse(&spec.to_string());
            let counted = operands(module.workflows[0].steps[0].exprs()[0]);
            let program = crate::lower::tests::untyped(&spec.to_string()).program;
            prop_assert!(most_operands(&program) as usize <= counted);
        }
    }
}
