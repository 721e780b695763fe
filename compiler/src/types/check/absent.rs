//! Reads of what may be absent, and how to ask for it first.

use super::Checker;
use super::known::{canonical, written};
use crate::convert::expr::is_word;
use crate::diagnostic::{Applicability, Code, Diagnostic, Edit};
use crate::text::{Name, Span};
use crate::tree::{BinaryOp, Expr, ExprKind, StepKind, UnaryOp};
use crate::types::{Shape, Type};

impl Checker<'_> {
    /// Reports a field that may be absent. `whole` is the path that ends in it.
    pub(super) fn maybe_absent(&mut self, name: &Name, operand: &Expr, whole: &Expr, ty: &Type) {
        let field = &name.value;
        let found = |what: &str| {
            Diagnostic::new(Code::MaybeAbsent, name.span, format!("{what} may be absent"))
        };
        let Some(path) = canonical(operand).map(|path| written(&path)) else {
            let found = found(&format!("the field `{field}`"));
            return self.report(found.help(format!("write `.?{field}.orValue(...)`")));
        };
        let help = format!(
            "ask for it with `has({path}.{field})`, or write `{path}.?{field}.orValue(...)`"
        );
        let path = format!("{path}.{field}");
        let found = found(&format!("`{path}`"));
        let names_a_variable = path.split('.').next().is_some_and(|root| self.is_local(root));
        let asked = match path.split('.').all(is_word) && !names_a_variable {
            true => self.asked_before(name.span, &path),
            false => None,
        };
        let (edits, applicability) =
            asked.unwrap_or_else(|| (or_value(name, whole, ty), Applicability::Maybe));
        self.report(found.edits(help, edits, applicability));
    }

    /// Where a condition decides, `has(path)` in front of what reads it. What the condition is when the value is there
    /// does not change; without it, it does not hold, where the run would have failed.
    fn asked_before(&self, read: Span, path: &str) -> Option<(Vec<Edit>, Applicability)> {
        let step = self.workflow.steps.get(self.at.index())?;
        let StepKind::Decide(decide) = &step.kind else { return None };
        let conditions = decide.conditions.iter().map(|condition| &condition.when);
        let mut conditions = conditions.chain(decide.expression.iter().filter(|e| is_condition(e)));
        let holds = |expr: &&Expr| expr.span.start <= read.start && read.end <= expr.span.end;
        let mut at = conditions.find(holds)?;
        while let ExprKind::Binary { op: BinaryOp::And | BinaryOp::Or, .. } = at.kind {
            at = at.parts().into_iter().find(holds)?;
        }
        let mut inner = at;
        let mut always = true;
        while let Some(part) = inner.parts().into_iter().find(holds) {
            always &= !is_lazy(inner);
            inner = part;
        }
        let start = Span { end: at.span.start, ..at.span };
        let has = Edit { span: start, replacement: format!("has({path}) && ") };
        // What is not always read need not always be there.
        let sure = if always { Applicability::Safe } else { Applicability::Maybe };
        (!matches!(at.kind, ExprKind::Conditional { .. })).then(|| (vec![has], sure))
    }
}

/// Whether an expression decides by true and false, whatever its parts are.
fn is_condition(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Unary { op: UnaryOp::Not, .. } => true,
        ExprKind::Binary { op, .. } => match op {
            BinaryOp::Or
            | BinaryOp::And
            | BinaryOp::Equal
            | BinaryOp::NotEqual
            | BinaryOp::Less
            | BinaryOp::LessEqual
            | BinaryOp::Greater
            | BinaryOp::GreaterEqual
            | BinaryOp::In => true,
            BinaryOp::Add
            | BinaryOp::Subtract
            | BinaryOp::Multiply
            | BinaryOp::Divide
            | BinaryOp::Remainder => false,
        },
        _ => false,
    }
}

/// Whether some of an expression's parts may not be evaluated.
fn is_lazy(expr: &Expr) -> bool {
    matches!(
        &expr.kind,
        ExprKind::Binary { op: BinaryOp::And | BinaryOp::Or, .. } | ExprKind::Conditional { .. }
    ) || expr.is_comprehension()
}

/// The empty value of a field's type in its place; none where there is no such value.
fn or_value(name: &Name, whole: &Expr, ty: &Type) -> Vec<Edit> {
    let empty = match &ty.shape {
        Shape::Bool => "false",
        Shape::Int => "0",
        Shape::Number => "0.0",
        // Such quotes need no escapes in any text around them.
        Shape::String => "''",
        Shape::List(_) => "[]",
        Shape::Map(_) => "{}",
        Shape::Error
        | Shape::Json
        | Shape::Null
        | Shape::Bytes
        | Shape::Timestamp
        | Shape::Duration
        | Shape::Literal(_)
        | Shape::Record(_)
        | Shape::Union(_) => return Vec::new(),
    };
    if !matches!(whole.kind, ExprKind::Select { .. }) {
        return Vec::new();
    }
    let (mark, end) = (name.span.start, whole.span.end);
    vec![
        Edit { span: Span { start: mark, end: mark }, replacement: "?".to_owned() },
        Edit { span: Span { start: end, end }, replacement: format!(".orValue({empty})") },
    ]
}
