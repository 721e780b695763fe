//! What holds for any expression.

use super::*;
use crate::convert::expr::{Style, text};
use crate::syntax::{self, span_map::SpanMap};
use proptest::prelude::*;

/// Expressions of every kind, most of which fail when they are evaluated.
fn any_expression() -> impl Strategy<Value = String> {
    let leaf = prop::sample::select(vec![
        "1",
        "-2.5",
        "3u",
        "'a'",
        "true",
        "null",
        "b'b'",
        "[]",
        "{a: 1}",
        "trigger.n",
        "trigger.items",
        "trigger.person",
        "step.a.output",
        "step.a.output.id",
        "step.?b.output.id",
        "step.b.error.code",
        "x",
        "execution.id",
        "workflow",
        "now()",
        "uuid()",
        "duration('1h')",
    ]);
    leaf.prop_map(str::to_owned).prop_recursive(5, 24, 3, |inner| {
        let parts = (inner.clone(), inner.clone(), inner);
        (parts, 0..50usize).prop_map(|((a, b, c), form)| match form {
            0 => format!("({a} + {b} * {c})"),
            1 => format!("({a} == {b})"),
            2 => format!("({a} && {b} || {c})"),
            3 => format!("({a} ? {b} : {c})"),
            4 => format!("({a} in {b})"),
            5 => format!("!{a}"),
            6 => format!("-({a})"),
            7 => format!("({a}).map(x, {b})"),
            8 => format!("({a}).map(x, {b}, {c})"),
            9 => format!("({a}).filter(x, {b})"),
            10 => format!("({a}).all(x, {b})"),
            11 => format!("({a}).exists(x, {b})"),
            12 => format!("({a}).exists_one(y, {b})"),
            13 => format!("({a}).?f.g.orValue({b})"),
            14 => format!("({a})[?{b}].hasValue()"),
            15 => format!("has(({a}).?f.g)"),
            16 => format!("coalesce({a}, {b}, {c})"),
            17 => format!("size({a})"),
            18 => format!("string({a}).contains({b})"),
            19 => format!("[{a}, {b}, {c}]"),
            20 => format!("{{(string({a})): {b}, f: {c}}}"),
            21 => format!("({a}).f"),
            22 => format!("({a})[{b}]"),
            23 => format!("({a} - {b} / {c})"),
            24 => format!("({a} < {b})"),
            25 => format!("({a}).split({b}).join({c})"),
            26 => format!("({a})[?{b}].value()"),
            27 => format!("({a}).?f.or(({b}).?g).orValue({c})"),
            28 => format!("({a}).?f.optMap(x, {b}).orValue({c})"),
            29 => format!("({a}).?f.optFlatMap(x, ({b}).?g).hasValue()"),
            30 => format!("optional.ofNonZeroValue({a}).or(optional.none()).orValue({b})"),
            31 => format!("({a}).first().or(({b}).last()).orValue({c})"),
            32 => format!("({a}).sortBy(x, {b}).reverse()"),
            33 => format!("({a}).flatten({b}).distinct().sort()"),
            34 => format!("({a}).slice({b}, {c})"),
            35 => format!("'%s %d %x'.format([{a}, {b}, {c}])"),
            36 => format!("math.greatest({a}, {b}, math.abs({c}))"),
            37 => format!("math.bitShiftLeft({a}, {b}) == math.round({c})"),
            38 => format!("string({a}).matches(string({b}))"),
            39 => format!("timestamp({a}).getHours(string({b}))"),
            40 => format!("json.decode(json.encode({a}))"),
            41 => format!("string({a}).substring({b}, {c}).lastIndexOf('a', {b})"),
            42 => format!("string({a}).replace({b}, 'x', {c}).split('x', {b})"),
            43 => format!("base64.decode(base64.encode(bytes({a}))) == {b}"),
            44 => format!("type({a}) == type({b})"),
            45 => format!("[{a}, ?({b}).?f, {c}, ?({a})[?{c}]]"),
            46 => format!(
                "{{a: {a}, ?b: ({b}).?f, (string({c})): 1, ?d: optional.ofNonZeroValue({c})}}"
            ),
            47 => format!("({a} ? ({b}).?f : optional.of({c})).hasValue()"),
            48 => format!("[?({a}).first(), ?({b}).last()].size()"),
            _ => format!("({a} % {b})"),
        })
    })
}

/// Literals and operators on them, twice: as they are, and so that nothing is computed before the run.
fn constant() -> impl Strategy<Value = (String, String)> {
    let literal = prop::sample::select(vec![
        "0",
        "1",
        "7",
        "-3",
        "9223372036854775807",
        "-9223372036854775808",
        "2u",
        "0u",
        "18446744073709551615u",
        "0.0",
        "-0.0",
        "2.5",
        "1e308",
        "''",
        "'a'",
        "'é'",
        "b''",
        "b'\\xff'",
        "true",
        "false",
        "null",
        "[1, 'a']",
        "{a: 1}",
    ]);
    let leaf = literal.prop_map(|text| (text.to_owned(), format!("dyn({text})")));
    leaf.prop_recursive(5, 32, 3, |inner| {
        let ops = prop::sample::select(vec![
            "+", "-", "*", "/", "%", "==", "!=", "<", "<=", ">", ">=", "in", "&&", "||",
        ]);
        prop_oneof![
            8 => (inner.clone(), ops, inner.clone())
                .prop_map(|(a, op, b)| (format!("({} {op} {})", a.0, b.0), format!("({} {op} {})", a.1, b.1))),
            1 => inner.clone().prop_map(|a| (format!("!{}", a.0), format!("!{}", a.1))),
            1 => inner.clone().prop_map(|a| (format!("-({})", a.0), format!("-({})", a.1))),
            1 => (inner.clone(), inner.clone(), inner).prop_map(|(a, b, c)| {
                (format!("({} ? {} : {})", a.0, b.0, c.0), format!("({} ? {} : {})", a.1, b.1, c.1))
            }),
        ]
    })
}

proptest! {
    #[test]
    fn any_expression_compiles_and_evaluates_without_a_panic(expression in any_expression()) {
        let value = json!(format!("${{{expression}}}"));
        let program = transform(&value);
        prop_assert_eq!(program.verify(), Ok(()));
        let once = || {
            let mut budget = Budget { fuel: 100_000, bytes: 1 << 20 };
            super::run(&program, program.steps[2].entry.next(), &sample(), &mut budget)
        };
        prop_assert_eq!(format!("{:?}", once()), format!("{:?}", once()));
        let (tree, _) = syntax::expr::parse(&expression, &SpanMap::verbatim(0));
        let text = text(&tree, Style::Template);
        let canonical = transform(&json!(format!("${{{text}}}")));
        prop_assert_eq!(canonical, program);
    }

    #[test]
    fn what_is_computed_when_compiling_is_what_the_run_would_compute((folded, plain) in constant()) {
        let outcome = |text: &str| {
            let program = transform(&json!(format!("${{{text}}}")));
            let at = program.steps[2].entry.next();
            let result = super::run(&program, at, &sample(), &mut Budget::default());
            let shown = match result {
                Ok(stopped) => format!("{:?}", stopped.operands),
                Err(error) => error.message(true),
            };
            (shown, program)
        };
        let ((found, small), (expected, large)) = (outcome(&folded), outcome(&plain));
        prop_assert_eq!(found, expected, "{}", folded);
        prop_assert!(small.code.len() <= large.code.len());
        prop_assert!(small.encode().len() <= large.encode().len() + 16 + folded.len());
    }

    #[test]
    fn integers_agree_with_wide_arithmetic(a in any::<i64>(), b in any::<i64>()) {
        let run = Run { trigger: json!({"a": a, "b": b}).into(), ..sample() };
        for (op, wide) in [
            ("+", i128::from(a).checked_add(b.into())),
            ("-", i128::from(a).checked_sub(b.into())),
            ("*", i128::from(a).checked_mul(b.into())),
            ("/", i128::from(a).checked_div(b.into())),
            ("%", a.checked_rem(b).map(i128::from)),
        ] {
            let found = eval_in(&format!("trigger.a {op} trigger.b"), &run);
            let fits = wide.filter(|n| i64::try_from(*n).is_ok());
            match fits {
                Some(n) => prop_assert_eq!(found, n.to_string()),
                None => prop_assert!(found.starts_with("error: ")),
            }
        }
    }

    #[test]
    fn comprehensions_agree_with_iterators(items in prop::collection::vec(-9i64..9, 0..8), k in -9i64..9) {
        let run = Run { trigger: json!({"l": items, "k": k}).into(), ..sample() };
        let eval = |text: &str| eval_in(text, &run);
        prop_assert_eq!(eval("trigger.l.all(x, x < trigger.k)"), items.iter().all(|x| *x < k).to_string());
        prop_assert_eq!(eval("trigger.l.exists(x, x < trigger.k)"), items.iter().any(|x| *x < k).to_string());
        let one = items.iter().filter(|x| **x == k).count() == 1;
        prop_assert_eq!(eval("trigger.l.exists_one(x, x == trigger.k)"), one.to_string());
        let kept: Vec<_> = items.iter().filter(|x| **x > k).map(|x| x + 1).collect();
        prop_assert_eq!(eval("trigger.l.map(x, x > trigger.k, x + 1)"), json!(kept).to_string());
        prop_assert_eq!(eval("trigger.l.filter(x, x > trigger.k).map(x, x + 1)"), json!(kept).to_string());
    }
}
