//! What the expressions of a step read of other steps, and what must have run for that.

use super::paths::{Ids, StepPath};
use crate::flow::{Fact, Flow, Implied, Route, RouteKind};
use crate::limits::KNOWN_MAX;
use crate::text::Span;
use crate::tree::{BinaryOp, Expr, ExprKind, Step, StepKind, UnaryOp, Workflow};

/// One read of a step.
#[derive(Debug)]
pub(super) struct Read<'e> {
    /// What is read.
    pub(super) fact: Fact,
    /// The fields that are read of it, as far as they are known.
    pub(super) tail: Vec<&'e str>,
    /// Where it is read; by way of a `let`, where that is named.
    pub(super) span: Span,
    /// Where the `let` reads it.
    pub(super) inside: Option<Span>,
    /// What must hold: the fact, or one of these instead. `None` where it may be absent.
    pub(super) instead: Option<Vec<Fact>>,
}

/// The reads of every step of a workflow.
pub(super) fn of<'e>(workflow: &'e Workflow, ids: &Ids<'e>) -> Vec<Vec<Read<'e>>> {
    let read = |step: &'e Step| {
        let mut reader =
            Reader { ids, reads: Vec::new(), given: Facts::default(), shadowed: 0, via: None };
        let conditions = match &step.kind {
            StepKind::Decide(decide) => !decide.conditions.is_empty(),
            _ => false,
        };
        for expr in step.exprs() {
            reader.value(expr);
            // A condition is looked at when none before it holds.
            if conditions && reader.given.hold.len() + reader.given.fail.len() < KNOWN_MAX {
                let failed = reader.known(expr, false);
                reader.given.hold.extend(failed.hold);
                reader.given.fail.extend(failed.fail);
            }
        }
        reader.reads
    };
    workflow.steps.iter().map(read).collect()
}

/// What each way out of each decision by conditions says of steps that have run.
pub(super) fn implied(workflow: &Workflow, flow: &Flow, ids: &Ids<'_>) -> Implied {
    let of_step = |(step, routes): (&Step, &Vec<Route>)| {
        let StepKind::Decide(decide) = &step.kind else { return Vec::new() };
        if decide.conditions.is_empty() {
            return Vec::new();
        }
        let reader =
            Reader { ids, reads: Vec::new(), given: Facts::default(), shadowed: 0, via: None };
        let holds = |at: usize, truth: bool| {
            decide.conditions.get(at).map(|c| reader.known(&c.when, truth).hold).unwrap_or_default()
        };
        let of_route = |route: &Route| {
            let (failed, taken) = match &route.kind {
                RouteKind::When(n) => (*n as usize, Some(*n as usize)),
                RouteKind::Default => (decide.conditions.len(), None),
                RouteKind::Case(_)
                | RouteKind::Next
                | RouteKind::OnError(_)
                | RouteKind::OnTimeout
                | RouteKind::OnReject
                | RouteKind::Failed => (0, None),
            };
            let failed = (0..failed.min(KNOWN_MAX)).flat_map(|at| holds(at, false));
            failed.chain(taken.into_iter().flat_map(|at| holds(at, true))).collect()
        };
        routes.iter().map(of_route).collect()
    };
    workflow.steps.iter().zip(&flow.routes).map(of_step).collect()
}

/// What is known where an expression is evaluated.
#[derive(Debug, Default)]
struct Facts {
    /// These hold.
    hold: Vec<Fact>,
    /// None of these holds.
    fail: Vec<Fact>,
}

struct Reader<'i, 'e> {
    ids: &'i Ids<'e>,
    reads: Vec<Read<'e>>,
    given: Facts,
    /// How many comprehensions around have a variable called `step`.
    shadowed: usize,
    /// The name that stands for what is being read.
    via: Option<Span>,
}

impl<'e> Reader<'_, 'e> {
    /// An expression whose value is needed.
    fn value(&mut self, expr: &'e Expr) {
        if let Some(path) = self.path(expr) {
            let needed = !self.given.hold.contains(&path.fact);
            return self.read(expr, path, needed);
        }
        match &expr.kind {
            ExprKind::Named { value, .. } => self.named(expr.span, value),
            ExprKind::Call { target, function, args } => {
                if !self.tolerant(target.as_deref(), &function.value, args) {
                    self.parts(expr);
                }
            }
            ExprKind::Binary { op: BinaryOp::And, lhs, rhs } => {
                self.value(lhs);
                self.given(self.known(lhs, true), |reader| reader.value(rhs));
            }
            ExprKind::Binary { op: BinaryOp::Or, lhs, rhs } => {
                self.value(lhs);
                self.given(self.known(lhs, false), |reader| reader.value(rhs));
            }
            ExprKind::Conditional { condition, then, otherwise } => {
                self.value(condition);
                self.given(self.known(condition, true), |reader| reader.value(then));
                self.given(self.known(condition, false), |reader| reader.value(otherwise));
            }
            ExprKind::Optional(value) => {
                self.absent(value, false);
            }
            _ => self.parts(expr),
        }
    }

    /// What a `let` gave a name: the variables around the name's place mean nothing in it.
    fn named(&mut self, name: Span, value: &'e Expr) {
        let shadowed = std::mem::take(&mut self.shadowed);
        let outermost = self.via.is_none();
        self.via.get_or_insert(name);
        self.value(value);
        self.shadowed = shadowed;
        if outermost {
            self.via = None;
        }
    }

    /// The values that an expression is made of.
    fn parts(&mut self, expr: &'e Expr) {
        let mut parts = expr.parts().into_iter();
        let variable = match &expr.kind {
            ExprKind::Call { args, .. } if expr.is_comprehension() => args.first(),
            _ => None,
        };
        let shadows = usize::from(
            variable.is_some_and(|v| matches!(&v.kind, ExprKind::Ident(name) if name == "step")),
        );
        if variable.is_some() {
            // What is gone through stands outside the variable's scope.
            parts.next().into_iter().for_each(|over| self.value(over));
        }
        self.shadowed += shadows;
        parts.for_each(|part| self.value(part));
        self.shadowed -= shadows;
    }

    /// The functions that take what may be absent; whether `function` is one.
    fn tolerant(&mut self, target: Option<&'e Expr>, function: &str, args: &'e [Expr]) -> bool {
        match (target, function, args) {
            (None, "has", [arg]) => {
                self.absent(arg, true);
            }
            (None, "coalesce", [firsts @ .., last]) => {
                let before = self.given.fail.len();
                for first in firsts {
                    let absent = self.absent(first, true);
                    self.given.fail.extend(absent);
                }
                self.value(last);
                self.given.fail.truncate(before);
            }
            (Some(target), "orValue", [otherwise]) => {
                let absent = Vec::from_iter(self.absent(target, false));
                let known = Facts { hold: Vec::new(), fail: absent };
                self.given(known, |reader| reader.value(otherwise));
            }
            (Some(target), "hasValue", []) => {
                self.absent(target, false);
            }
            (Some(target), "or", [other]) => {
                self.absent(target, false);
                self.absent(other, false);
            }
            (Some(target), "optMap" | "optFlatMap", [variable, value]) => {
                self.absent(target, false);
                let shadows = usize::from(variable.is_named("step"));
                self.shadowed += shadows;
                self.absent(value, false);
                self.shadowed -= shadows;
            }
            _ => return false,
        }
        true
    }

    /// An expression that may be absent: with `every`, wherever it is a path; otherwise, where the path says so. The
    /// fact it is absent without.
    fn absent(&mut self, expr: &'e Expr, every: bool) -> Option<Fact> {
        if let ExprKind::Conditional { condition, then, otherwise } = &expr.kind {
            self.value(condition);
            for (arm, truth) in [(then, true), (otherwise, false)] {
                self.given(self.known(condition, truth), |reader| {
                    reader.absent(arm, every);
                });
            }
            return None;
        }
        match self.path(expr) {
            Some(path) if every || path.optional => {
                let fact = path.fact;
                self.read(expr, path, false);
                Some(fact)
            }
            _ => {
                self.value(expr);
                None
            }
        }
    }

    fn path(&self, expr: &'e Expr) -> Option<StepPath<'e>> {
        if self.shadowed > 0 { None } else { StepPath::of(expr, self.ids) }
    }

    fn read(&mut self, expr: &Expr, path: StepPath<'e>, needed: bool) {
        let instead = needed.then(|| {
            let mut facts = self.given.fail.clone();
            facts.sort_unstable();
            facts.dedup();
            facts
        });
        let (span, inside) = match self.via {
            Some(via) => (via, Some(expr.span)),
            None => (expr.span, None),
        };
        self.reads.push(Read { fact: path.fact, tail: path.tail, span, inside, instead });
        path.indices.into_iter().for_each(|index| self.value(index));
    }

    /// Goes on where more is known.
    fn given(&mut self, known: Facts, then: impl FnOnce(&mut Self)) {
        let (hold, fail) = (self.given.hold.len(), self.given.fail.len());
        self.given.hold.extend(known.hold);
        self.given.fail.extend(known.fail);
        then(self);
        self.given.hold.truncate(hold);
        self.given.fail.truncate(fail);
    }

    /// What is known of steps where a condition is true, or false.
    fn known(&self, condition: &'e Expr, truth: bool) -> Facts {
        match &condition.unnamed().kind {
            ExprKind::Unary { op: UnaryOp::Not, operand } => self.known(operand, !truth),
            ExprKind::Binary { op: BinaryOp::And, lhs, rhs } if truth => self.both(lhs, rhs, truth),
            ExprKind::Binary { op: BinaryOp::Or, lhs, rhs } if !truth => self.both(lhs, rhs, truth),
            ExprKind::Call { target, function, args } => {
                let asked = match (target, function.value.as_str(), args.as_slice()) {
                    (None, "has", [arg]) => self.path(arg),
                    (Some(target), "hasValue", []) => self.path(target),
                    _ => None,
                };
                let Some(path) = asked else { return Facts::default() };
                match truth {
                    true => Facts { hold: vec![path.fact], fail: Vec::new() },
                    // A field that is absent says nothing of the step.
                    false if !path.tail.is_empty() => Facts::default(),
                    false => Facts { hold: Vec::new(), fail: vec![path.fact] },
                }
            }
            _ => Facts::default(),
        }
    }

    fn both(&self, lhs: &'e Expr, rhs: &'e Expr, truth: bool) -> Facts {
        let mut known = self.known(lhs, truth);
        let more = self.known(rhs, truth);
        known.hold.extend(more.hold);
        known.fail.extend(more.fail);
        known
    }
}
