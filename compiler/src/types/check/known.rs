//! What is known of paths: those that are there, those that are not null, those that are one text, and those that are not.
//!
//! A condition says it to the expressions behind it, and to the steps behind the arm that it leads to; a decision by value
//! says it to the steps behind each of its cases. A step knows what holds on every way to it. What a step leaves behind
//! never changes, so that nothing that was known is ever lost on the way.

use super::Checker;
use crate::flow::{DEFAULT, RouteKind, StepIx, continues_after_reject};
use crate::limits::KNOWN_MAX;
use crate::tree::{BinaryOp, DecideStep, Expr, ExprKind, Step, StepKind, UnaryOp};
use crate::types::{RecordType, Shape, Type};
use std::collections::{HashMap, HashSet};

/// What separates the names of a path: a name may hold a dot, but no such control character in any JSON that is read.
const SEPARATOR: char = '\u{1}';

/// A path as text, to compare it with others; `None` for what is no path, or one with a computed part.
pub(super) fn canonical(expr: &Expr) -> Option<String> {
    let mut parts = Vec::new();
    let mut at = expr;
    loop {
        match &at.unnamed().kind {
            ExprKind::Ident(name) => {
                parts.push(name.as_str());
                break;
            }
            ExprKind::Select { operand, field, .. } => {
                parts.push(&field.value);
                at = operand;
            }
            ExprKind::Index { operand, index, .. } => {
                let ExprKind::String(name) = &index.kind else { return None };
                parts.push(name);
                at = operand;
            }
            _ => return None,
        }
    }
    parts.reverse();
    Some(parts.join("\u{1}"))
}

/// The same path with one more name.
pub(super) fn joined(path: &str, name: &str) -> String {
    format!("{path}{SEPARATOR}{name}")
}

/// The path as the author would write it.
pub(super) fn written(path: &str) -> String {
    path.replace(SEPARATOR, ".")
}

/// Something known of a path.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Known {
    /// It is there, though it may be null.
    There(String),
    /// It is there, and not null.
    NotNull(String),
    /// It is this text.
    Is(String, String),
    /// It is not this text.
    IsNot(String, String),
}

/// What is known when a condition is what `truth` says.
fn facts(condition: &Expr, truth: bool, found: &mut Vec<Known>) {
    match &condition.unnamed().kind {
        ExprKind::Call { target: None, function, args } if truth && function.value == "has" => {
            found.extend(args.first().and_then(canonical).into_iter().flat_map(there));
        }
        ExprKind::Call { target: Some(target), function, args }
            if truth && function.value == "hasValue" && args.is_empty() =>
        {
            found.extend(canonical(target).into_iter().flat_map(there));
        }
        ExprKind::Unary { op: UnaryOp::Not, operand } => facts(operand, !truth, found),
        ExprKind::Binary { op: BinaryOp::And, lhs, rhs } if truth => {
            facts(lhs, true, found);
            facts(rhs, true, found);
        }
        ExprKind::Binary { op: BinaryOp::Or, lhs, rhs } if !truth => {
            facts(lhs, false, found);
            facts(rhs, false, found);
        }
        ExprKind::Binary { op: BinaryOp::Equal, lhs, rhs } => {
            found.extend(compared(lhs, rhs, truth));
        }
        ExprKind::Binary { op: BinaryOp::NotEqual, lhs, rhs } => {
            found.extend(compared(lhs, rhs, !truth));
        }
        _ => {}
    }
}

/// What is known when a path is there: what it goes through is no null.
pub(super) fn there(path: String) -> Vec<Known> {
    let ends = path.match_indices(SEPARATOR).map(|(at, _)| at);
    let through = ends.filter_map(|at| path.get(..at)).map(|part| Known::NotNull(part.to_owned()));
    let mut known: Vec<Known> = through.collect();
    known.push(Known::There(path));
    known
}

/// What is known of a path that is, or is not, equal to a literal.
fn compared(lhs: &Expr, rhs: &Expr, equal: bool) -> Option<Known> {
    let (path, literal) = match (&lhs.kind, &rhs.kind) {
        (ExprKind::Null | ExprKind::String(_), _) => (rhs, lhs),
        _ => (lhs, rhs),
    };
    match &literal.kind {
        ExprKind::Null => canonical(path).filter(|_| !equal).map(Known::NotNull),
        ExprKind::String(text) if equal => Some(Known::Is(canonical(path)?, text.clone())),
        ExprKind::String(text) => Some(Known::IsNot(canonical(path)?, text.clone())),
        _ => None,
    }
}

/// What every step knows from the decisions on all ways to it.
#[derive(Debug, Default)]
pub(super) struct KnownBySteps {
    /// Everything that is known anywhere, by its number.
    numbers: HashMap<Known, usize>,
    /// The texts that paths are compared with anywhere, by path.
    texts: HashMap<String, Vec<String>>,
    /// Per step, the numbers of what holds on every way to it; `None` where no way has led yet.
    holds: Vec<Option<Vec<u64>>>,
}

impl KnownBySteps {
    pub(super) fn of(steps: usize) -> Self {
        Self { holds: vec![None; steps], ..Self::default() }
    }

    fn holds(&self, at: StepIx, known: &Known) -> bool {
        let Some(number) = self.numbers.get(known) else { return false };
        let set = self.holds.get(at.index()).and_then(Option::as_ref);
        set.and_then(|set| set.get(number / 64))
            .is_some_and(|word| word & (1 << (number % 64)) != 0)
    }

    /// The number of something known; `None` where too much is known of its path already.
    fn number(&mut self, known: Known) -> Option<usize> {
        if let Some(number) = self.numbers.get(&known) {
            return Some(*number);
        }
        if let Known::Is(path, text) | Known::IsNot(path, text) = &known {
            let texts = self.texts.entry(path.clone()).or_default();
            if !texts.contains(text) {
                if texts.len() >= KNOWN_MAX {
                    return None;
                }
                texts.push(text.clone());
            }
        }
        let number = self.numbers.len();
        self.numbers.insert(known, number);
        Some(number)
    }

    /// Goes on from a step to another, where more is known.
    fn leads(&mut self, from: StepIx, to: StepIx, more: Vec<Known>) {
        let mut set = self.holds.get(from.index()).cloned().flatten().unwrap_or_default();
        for known in more {
            let Some(number) = self.number(known) else { continue };
            if set.len() <= number / 64 {
                set.resize(number / 64 + 1, 0);
            }
            if let Some(word) = set.get_mut(number / 64) {
                *word |= 1 << (number % 64);
            }
        }
        match self.holds.get_mut(to.index()) {
            Some(Some(held)) => {
                held.truncate(set.len());
                held.iter_mut().zip(set).for_each(|(word, other)| *word &= other);
                while held.last() == Some(&0) {
                    held.pop();
                }
            }
            Some(none) => *none = Some(set),
            None => {}
        }
    }
}

impl Checker<'_> {
    /// Types something that is evaluated only when a condition is what `truth` says.
    pub(super) fn given<T>(
        &mut self,
        condition: &Expr,
        truth: bool,
        inner: impl FnOnce(&mut Self) -> T,
    ) -> T {
        let before = self.given.len();
        facts(condition, truth, &mut self.given);
        let result = inner(self);
        self.given.truncate(before);
        result
    }

    /// From here on, a condition is known not to hold.
    pub(super) fn given_not(&mut self, condition: &Expr) {
        if self.given.len() < KNOWN_MAX {
            facts(condition, false, &mut self.given);
        }
    }

    /// Types something as if nothing were known of paths; what is wrong with it is reported elsewhere.
    pub(super) fn without_known<T>(&mut self, inner: impl FnOnce(&mut Self) -> T) -> T {
        let reported = self.diagnostics.len();
        let given = std::mem::take(&mut self.given);
        let known = std::mem::take(&mut self.known);
        let result = inner(self);
        self.known = known;
        self.given = given;
        self.diagnostics.truncate(reported);
        result
    }

    fn knows(&self, known: &Known) -> bool {
        self.given.contains(known) || self.known.holds(self.at, known)
    }

    /// Whether an expression is a path that is known to be there.
    pub(super) fn is_there(&self, expr: &Expr) -> bool {
        if self.given.is_empty() && self.known.numbers.is_empty() {
            return false;
        }
        canonical(expr).is_some_and(|path| self.is_path_there(&path))
    }

    /// Whether a path is known to be there.
    pub(super) fn is_path_there(&self, path: &str) -> bool {
        self.knows(&Known::There(path.to_owned())) || self.is_path_not_null(path)
    }

    /// Whether an expression is a path that is known to be there and not null.
    pub(super) fn is_not_null(&self, expr: &Expr) -> bool {
        if self.given.is_empty() && self.known.numbers.is_empty() {
            return false;
        }
        canonical(expr).is_some_and(|path| self.is_path_not_null(&path))
    }

    fn is_path_not_null(&self, path: &str) -> bool {
        let is = |text: &str| self.knows(&Known::Is(path.to_owned(), text.to_owned()));
        self.knows(&Known::NotNull(path.to_owned())) || self.texts_of(path).any(is)
    }

    /// The texts that anything that is known compares a path with.
    fn texts_of<'s>(&'s self, path: &'s str) -> impl Iterator<Item = &'s str> {
        let given = self.given.iter().filter_map(move |known| match known {
            Known::Is(of, text) | Known::IsNot(of, text) if of == path => Some(text.as_str()),
            Known::Is(..) | Known::IsNot(..) | Known::There(_) | Known::NotNull(_) => None,
        });
        given.chain(self.known.texts.get(path).into_iter().flatten().map(String::as_str))
    }

    /// Whether a path may be a text, as far as is known.
    pub(super) fn may_be(&self, path: &str, text: &str) -> bool {
        !self.knows(&Known::IsNot(path.to_owned(), text.to_owned()))
            && !self.texts_of(path).any(|other| {
                other != text && self.knows(&Known::Is(path.to_owned(), other.to_owned()))
            })
    }

    /// The type of a path's value, without what is known that it is not.
    pub(super) fn narrowed(&self, expr: &Expr, ty: Type) -> Type {
        if self.given.is_empty() && self.known.numbers.is_empty() {
            return ty;
        }
        let Some(path) = canonical(expr) else { return ty };
        let ty = match self.is_path_not_null(&path) {
            true => super::access::without_null(ty),
            false => ty,
        };
        let members = ty.members();
        if members.len() < 2 {
            return ty;
        }
        let rest: Vec<Type> =
            members.iter().filter(|member| self.member_may_be(&path, member)).cloned().collect();
        // Where nothing is left, no run comes to read it.
        if rest.len() == members.len() || rest.is_empty() {
            return ty;
        }
        Type::union(rest).labelled(ty.labels)
    }

    /// Whether the conditions of a decision, none of which holds, have ruled out all that something they read may be.
    pub(super) fn is_nothing_left(&mut self, decide: &DecideStep) -> bool {
        let mut seen = HashSet::new();
        let mut left: Vec<&Expr> = decide.conditions.iter().map(|c| &c.when).collect();
        while let Some(expr) = left.pop() {
            left.extend(expr.parts());
            let Some(path) = canonical(expr) else { continue };
            let is_compared = self.texts_of(&path).next().is_some();
            if !is_compared || !seen.insert(path.clone()) {
                continue;
            }
            let ty = self.without_known(|this| this.infer(expr).ty);
            let ty = match self.is_path_not_null(&path) {
                true => super::access::without_null(ty),
                false => ty,
            };
            if !ty.members().iter().any(|member| self.member_may_be(&path, member)) {
                return true;
            }
        }
        false
    }

    fn member_may_be(&self, path: &str, member: &Type) -> bool {
        match &member.shape {
            Shape::Literal(text) => self.may_be(path, text),
            Shape::Record(record) => self.record_may_be(path, record),
            Shape::Error
            | Shape::Json
            | Shape::Null
            | Shape::Bool
            | Shape::Int
            | Shape::Number
            | Shape::String
            | Shape::Bytes
            | Shape::Timestamp
            | Shape::Duration
            | Shape::List(_)
            | Shape::Map(_)
            | Shape::Union(_) => true,
        }
    }

    /// Whether a value may be such a record: each field that is one of some texts may still be one of them.
    fn record_may_be(&self, path: &str, record: &RecordType) -> bool {
        record.fields.iter().all(|(name, field)| {
            let Some(values) = field.ty.enum_values().filter(|_| !field.optional) else {
                return true;
            };
            let path = joined(path, name);
            values.into_iter().any(|value| self.may_be(&path, value))
        })
    }

    /// Notes what the steps behind each way out of a step know.
    pub(super) fn leave(&mut self, step: &Step, decides: Option<&Type>) {
        let flow = self.flow;
        for route in flow.routes_of(self.at) {
            let mut more = Vec::new();
            match &step.kind {
                StepKind::Decide(decide) => said_by(decide, decides, &route.kind, &mut more),
                StepKind::Approval(_) => {
                    let continues = continues_after_reject(self.workflow, flow, self.at);
                    decided(&step.id.value, continues, &route.kind, &mut more);
                }
                StepKind::Call(_)
                | StepKind::Transform(_)
                | StepKind::Wait(_)
                | StepKind::Emit(_)
                | StepKind::End(_)
                | StepKind::Error => {}
            }
            self.known.leads(self.at, route.target, more);
        }
    }
}

/// What a way out of a decision says.
fn said_by(decide: &DecideStep, decides: Option<&Type>, kind: &RouteKind, more: &mut Vec<Known>) {
    let conditions = match kind {
        RouteKind::When(n) => *n as usize,
        RouteKind::Default => decide.conditions.len(),
        RouteKind::Case(_)
        | RouteKind::Next
        | RouteKind::OnError(_)
        | RouteKind::OnTimeout
        | RouteKind::OnReject
        | RouteKind::Failed => 0,
    };
    for failed in decide.conditions.iter().take(conditions.min(KNOWN_MAX)) {
        facts(&failed.when, false, more);
    }
    if let RouteKind::When(_) = kind
        && let Some(condition) = decide.conditions.get(conditions)
    {
        facts(&condition.when, true, more);
    }
    let Some(path) = decide.expression.as_ref().and_then(canonical) else { return };
    let is_text = |ty: &Type| {
        ty.members()
            .iter()
            .all(|m| matches!(m.shape, Shape::Literal(_) | Shape::String | Shape::Null))
    };
    let Some(ty) = decides.filter(|ty| is_text(ty)) else { return };
    // The text of null is a label like any other.
    let nullable = ty.members().iter().any(|member| member.shape == Shape::Null);
    match kind {
        RouteKind::Case(label) if !(nullable && label == "null") => {
            more.push(Known::NotNull(path.clone()));
            for other in ty.members().iter().take(KNOWN_MAX) {
                if let Shape::Literal(text) = &other.shape
                    && **text != **label
                {
                    more.push(Known::IsNot(path.clone(), text.to_string()));
                }
            }
            more.push(Known::Is(path, label.clone()));
        }
        RouteKind::Default => {
            let cases = decide.cases.iter().take(KNOWN_MAX);
            for case in cases.filter(|case| case.label.value != DEFAULT) {
                more.push(Known::IsNot(path.clone(), case.label.value.clone()));
            }
        }
        RouteKind::Case(_)
        | RouteKind::When(_)
        | RouteKind::Next
        | RouteKind::OnError(_)
        | RouteKind::OnTimeout
        | RouteKind::OnReject
        | RouteKind::Failed => {}
    }
}

/// What a way out of an approval says: whether it was given. `continues` says that a rejection may go on as an
/// approval does.
fn decided(id: &str, continues: bool, kind: &RouteKind, more: &mut Vec<Known>) {
    let (is, is_not) = match kind {
        RouteKind::OnReject => ("reject", "approve"),
        RouteKind::Next if !continues => ("approve", "reject"),
        RouteKind::Next
        | RouteKind::Case(_)
        | RouteKind::Default
        | RouteKind::When(_)
        | RouteKind::OnError(_)
        | RouteKind::OnTimeout
        | RouteKind::Failed => return,
    };
    let path = ["step", id, "output", "decision"].join("\u{1}");
    more.push(Known::IsNot(path.clone(), is_not.to_owned()));
    more.push(Known::Is(path, is.to_owned()));
}
