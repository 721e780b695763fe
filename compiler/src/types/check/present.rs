//! What conditions say about paths: those known to be there and not null.

use super::Checker;
use crate::tree::{BinaryOp, Expr, ExprKind, UnaryOp};

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
    // A name may hold a dot, but no such control character in any JSON that is read.
    Some(parts.join("\u{1}"))
}

/// The paths that are there when a condition is what `truth` says.
fn facts(condition: &Expr, truth: bool, found: &mut Vec<String>) {
    match &condition.kind {
        ExprKind::Call { target: None, function, args } if truth && function.value == "has" => {
            found.extend(args.first().and_then(canonical));
        }
        ExprKind::Call { target: Some(target), function, args }
            if truth && function.value == "hasValue" && args.is_empty() =>
        {
            found.extend(canonical(target));
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
        ExprKind::Binary { op: BinaryOp::NotEqual, lhs, rhs } if truth => {
            found.extend(compared_with_null(lhs, rhs));
        }
        ExprKind::Binary { op: BinaryOp::Equal, lhs, rhs } if !truth => {
            found.extend(compared_with_null(lhs, rhs));
        }
        _ => {}
    }
}

fn compared_with_null(lhs: &Expr, rhs: &Expr) -> Option<String> {
    match (&lhs.kind, &rhs.kind) {
        (ExprKind::Null, _) => canonical(rhs),
        (_, ExprKind::Null) => canonical(lhs),
        _ => None,
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
        let before = self.present.len();
        facts(condition, truth, &mut self.present);
        let result = inner(self);
        self.present.truncate(before);
        result
    }

    /// Whether a path is known to be there and not null.
    pub(super) fn is_present(&self, expr: &Expr) -> bool {
        !self.present.is_empty() && canonical(expr).is_some_and(|path| self.present.contains(&path))
    }
}
