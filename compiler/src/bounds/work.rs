//! What evaluating an expression takes at least, as far as the expression itself says how much there is to do: a list that
//! is written out, a range, loops inside one another. Of what only the run knows, it takes nothing.

use crate::limits::{EVAL_BYTES_MAX, FUEL_MAX};
use crate::tree::{BinaryOp, Expr, ExprKind, FieldKey, TemplatePart};
use crate::value::Value;
use std::rc::Rc;

/// The instructions of a loop for each item, besides what it does with it: taking the item, and going back.
const OF_A_LOOP: u64 = 2;
const ITEM_BYTES: u64 = size_of::<Value>() as u64;

/// What a transition may use up, as the evaluator counts it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Work {
    /// Units of work.
    pub(crate) fuel: u64,
    /// Bytes that are made.
    pub(crate) bytes: u64,
}

impl Work {
    const STEP: Self = Self { fuel: 1, bytes: 0 };

    fn and(self, other: Self) -> Self {
        let fuel = self.fuel.saturating_add(other.fuel);
        Self { fuel, bytes: self.bytes.saturating_add(other.bytes) }
    }

    fn times(self, count: u64) -> Self {
        Self { fuel: self.fuel.saturating_mul(count), bytes: self.bytes.saturating_mul(count) }
    }

    /// The lesser of both, whichever is taken.
    fn or(self, other: Self) -> Self {
        Self { fuel: self.fuel.min(other.fuel), bytes: self.bytes.min(other.bytes) }
    }

    /// Making a list of so many items.
    fn items(count: u64) -> Self {
        let bytes = count.saturating_mul(ITEM_BYTES);
        Self { fuel: bytes / 64, bytes }
    }

    /// Whether no transition may take that much.
    pub(crate) fn is_too_much(self) -> bool {
        self.fuel > FUEL_MAX || self.bytes > EVAL_BYTES_MAX
    }
}

/// How many items a value has at least, and each of them.
#[derive(Debug, Clone, Default)]
struct Items {
    count: u64,
    each: Option<Rc<Items>>,
}

impl Items {
    fn unknown() -> Self {
        Self::default()
    }

    /// What is known of an item.
    fn item(&self) -> Self {
        self.each.as_deref().cloned().unwrap_or_default()
    }

    fn of(count: u64, each: Self) -> Self {
        let known = each.count > 0 || each.each.is_some();
        Self { count, each: known.then(|| Rc::new(each)) }
    }

    /// As many as both have, and as little as either's items have.
    fn or(&self, other: &Self) -> Self {
        let each = match (&self.each, &other.each) {
            (Some(a), Some(b)) => Some(Rc::new(a.or(b))),
            _ => None,
        };
        Self { count: self.count.min(other.count), each }
    }
}

/// An expression that takes too much, and what it takes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TooMuch<'e> {
    /// The expression.
    pub(crate) expr: &'e Expr,
    /// What it takes at least.
    pub(crate) work: Work,
}

/// The innermost parts of an expression that certainly take more than any transition may.
pub(crate) fn too_much(expr: &Expr) -> Vec<TooMuch<'_>> {
    let mut estimate = Estimate { locals: Vec::new(), found: Vec::new() };
    estimate.of(expr);
    estimate.found
}

struct Estimate<'e> {
    locals: Vec<(&'e str, Items)>,
    found: Vec<TooMuch<'e>>,
}

fn is_optional(expr: &Expr) -> bool {
    matches!(expr.kind, ExprKind::Optional(_))
}

impl<'e> Estimate<'e> {
    /// What an expression takes at least, and how many items its value has.
    fn of(&mut self, expr: &'e Expr) -> (Work, Items) {
        let known = self.found.len();
        let (work, items) = self.of_kind(expr);
        if work.is_too_much() && self.found.len() == known {
            self.found.push(TooMuch { expr, work });
        }
        (work, items)
    }

    fn work(&mut self, expr: &'e Expr) -> Work {
        self.of(expr).0
    }

    fn all(&mut self, exprs: impl IntoIterator<Item = &'e Expr>) -> Work {
        exprs.into_iter().fold(Work::default(), |work, expr| work.and(self.work(expr)))
    }

    fn of_kind(&mut self, expr: &'e Expr) -> (Work, Items) {
        match &expr.kind {
            // Operators on literals are computed when compiling, and take nothing then.
            ExprKind::Null
            | ExprKind::Bool(_)
            | ExprKind::Int(_)
            | ExprKind::Uint(_)
            | ExprKind::Double(_)
            | ExprKind::String(_)
            | ExprKind::Bytes(_)
            | ExprKind::Error => (Work::default(), Items::unknown()),
            ExprKind::Ident(name) => {
                let known = self.locals.iter().rev().find(|(local, _)| local == name);
                (Work::STEP, known.map(|(_, items)| items.clone()).unwrap_or_default())
            }
            ExprKind::Named { value, .. } => {
                let around = std::mem::take(&mut self.locals);
                let result = self.of(value);
                self.locals = around;
                result
            }
            ExprKind::Select { operand, .. } => (self.work(operand), Items::unknown()),
            ExprKind::Index { operand, index, .. } => {
                let (work, items) = self.of(operand);
                (work.and(self.work(index)), items.item())
            }
            ExprKind::Unary { operand, .. } => (self.work(operand), Items::unknown()),
            ExprKind::Optional(value) => self.of(value),
            // The first operand may decide.
            ExprKind::Binary { op: BinaryOp::And | BinaryOp::Or, lhs, .. } => {
                (self.work(lhs), Items::unknown())
            }
            ExprKind::Binary { op, lhs, rhs } => {
                let ((a, left), (b, right)) = (self.of(lhs), self.of(rhs));
                if *op != BinaryOp::Add {
                    return (a.and(b), Items::unknown());
                }
                let count = left.count.saturating_add(right.count);
                (a.and(b).and(Work::items(count)), Items { count, ..left.or(&right) })
            }
            ExprKind::Conditional { condition, then, otherwise } => {
                let ((a, one), (b, other)) = (self.of(then), self.of(otherwise));
                (self.work(condition).and(a.or(b)), one.or(&other))
            }
            ExprKind::List(list) => self.list(list),
            ExprKind::Record(fields) => {
                let keys = fields.iter().filter_map(|field| match &field.key {
                    FieldKey::Name(_) => None,
                    FieldKey::Computed(key) => Some(key),
                });
                let work = self.all(keys.chain(fields.iter().map(|field| &field.value)));
                let certain = fields.iter().filter(|field| !is_optional(&field.value));
                let count = certain.count() as u64;
                (work.and(Work::items(count)), Items::of(count, Items::unknown()))
            }
            ExprKind::Template(parts) => {
                let exprs = parts.iter().filter_map(|part| match part {
                    TemplatePart::Text(_) => None,
                    TemplatePart::Expr(expr) => Some(expr),
                });
                (self.all(exprs), Items::unknown())
            }
            ExprKind::Call { target, function, args } => {
                self.call(expr, target.as_deref(), &function.value, args)
            }
        }
    }

    fn list(&mut self, items: &'e [Expr]) -> (Work, Items) {
        let count = items.iter().filter(|item| !is_optional(item)).count() as u64;
        let mut work = Work::items(count);
        let mut each: Option<Items> = None;
        for item in items {
            let (of_item, found) = self.of(item);
            work = work.and(of_item);
            each = Some(each.map_or(found.clone(), |each| each.or(&found)));
        }
        (work, Items::of(count, each.unwrap_or_default()))
    }

    fn call(
        &mut self,
        expr: &'e Expr,
        target: Option<&'e Expr>,
        function: &str,
        args: &'e [Expr],
    ) -> (Work, Items) {
        if let (true, Some(target)) = (expr.is_comprehension(), target) {
            return self.comprehension(target, function, args);
        }
        match (target, function, args) {
            (Some(of), "range", [Expr { kind: ExprKind::Int(n), .. }]) if of.is_named("lists") => {
                let count = u64::try_from(*n).unwrap_or(0);
                let work = Work { fuel: count, bytes: 0 }.and(Work::items(count));
                (work, Items::of(count, Items::unknown()))
            }
            (Some(list), "reverse" | "sort", []) => {
                let (work, items) = self.of(list);
                (work.and(Work::items(items.count)), items)
            }
            (Some(list), "flatten", []) => {
                let (work, items) = self.of(list);
                let inner = items.item();
                let count = items.count.saturating_mul(inner.count);
                let made = Work { fuel: count, bytes: 0 }.and(Work::items(count));
                (work.and(made), Items { count, ..inner })
            }
            // Whether what stands behind is evaluated, is known when it runs.
            (Some(first), "orValue" | "or" | "hasValue" | "value", _) => {
                (self.work(first), Items::unknown())
            }
            (None, "coalesce" | "has", _) => {
                let first = args.first().map(|first| self.work(first));
                (first.unwrap_or_default(), Items::unknown())
            }
            (None, "dyn" | "declassify", [first, ..]) => self.of(first),
            (target, _, args) => {
                (Work::STEP.and(self.all(target.into_iter().chain(args))), Items::unknown())
            }
        }
    }

    /// A loop, or the like: the first argument is its variable.
    fn comprehension(
        &mut self,
        target: &'e Expr,
        function: &str,
        args: &'e [Expr],
    ) -> (Work, Items) {
        let (over, items) = self.of(target);
        let [Expr { kind: ExprKind::Ident(variable), .. }, rest @ ..] = args else {
            return (over, Items::unknown());
        };
        let every = |body: Work| body.and(Work { fuel: OF_A_LOOP, bytes: 0 }).times(items.count);
        self.locals.push((variable, items.item()));
        let result = match (function, rest) {
            ("map", [value]) => {
                let (body, each) = self.of(value);
                let work = every(body.and(Work::items(1)));
                (over.and(work), Items::of(items.count, each))
            }
            // How many are kept is known when it runs.
            ("map", [holds, value]) => {
                let body = self.work(holds);
                let (_, each) = self.of(value);
                (over.and(every(body)), Items::of(0, each))
            }
            ("filter", [holds]) => {
                let body = self.work(holds);
                (over.and(every(body)), Items::of(0, items.item()))
            }
            ("sortBy", [key]) => {
                let body = self.work(key).and(Work::items(1));
                (over.and(every(body)).and(Work::items(items.count)), items.clone())
            }
            ("exists_one", [holds]) => (over.and(every(self.work(holds))), Items::unknown()),
            // The first item may decide.
            ("all" | "exists", [holds]) => {
                let body = self.work(holds).times(items.count.min(1));
                (over.and(body), Items::unknown())
            }
            // An optional value that may be absent.
            _ => (over, Items::unknown()),
        };
        self.locals.pop();
        result
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]

    use super::*;
    use crate::bytecode::eval::tests::taken_by;
    use crate::syntax::{expr, span_map::SpanMap};
    use proptest::prelude::*;

    /// Expressions whose value is a list, with loops inside one another.
    fn list() -> impl Strategy<Value = String> {
        let leaf = prop_oneof![
            (0..40_u8).prop_map(|n| format!("lists.range({n})")),
            prop::collection::vec("[0-9]", 0..6)
                .prop_map(|items| format!("[{}]", items.join(", "))),
            Just("[[1, 2], [3]]".to_owned()),
            Just("dyn({a: 1, b: [2]}).map(k, k)".to_owned()),
        ];
        leaf.prop_recursive(4, 24, 3, |inner| {
            prop_oneof![
                (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("{a}.map(x, {b})")),
                (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a} + {b})")),
                (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("[{a}, {b}]")),
                (inner.clone(), inner.clone())
                    .prop_map(|(a, b)| format!("{a}.sortBy(x, {b}.size())")),
                (inner.clone(), inner.clone())
                    .prop_map(|(a, b)| format!("(dyn(1) == 1 ? {a} : {b})")),
                (inner.clone(), inner.clone())
                    .prop_map(|(a, b)| format!("{a}.filter(x, {b}.all(y, dyn(y) != 3))")),
                (inner.clone(), inner.clone())
                    .prop_map(|(a, b)| format!("{a}.map(x, {b}.exists(y, dyn(y) == x), x)")),
                inner.clone().prop_map(|a| format!("{a}.flatten()")),
                inner.clone().prop_map(|a| format!("{a}.reverse()")),
                inner.prop_map(|a| format!("[{a}.exists_one(x, dyn(x) == 1)]")),
            ]
        })
    }

    proptest! {
        #[test]
        fn nothing_takes_less_than_it_takes_at_least(text in list()) {
            let parsed = expr::parse(&text, &SpanMap::verbatim(0)).0;
            let mut estimate = Estimate { locals: Vec::new(), found: Vec::new() };
            let least = estimate.work(&parsed);
            if let Some((fuel, bytes)) = taken_by(&text) {
                prop_assert!(least.fuel <= fuel, "{} of {fuel} in {text}", least.fuel);
                prop_assert!(least.bytes <= bytes, "{} of {bytes} in {text}", least.bytes);
            }
        }
    }
}
