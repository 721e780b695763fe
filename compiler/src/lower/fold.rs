//! Constant folding: what operators make of literals is computed once, here.
//!
//! The evaluator's own operators do it. What would fail is left for the run, which says where; lists and records are
//! left too, for constants are scalars.

use crate::bytecode::eval;
use crate::bytecode::{Constant, Operator};
use crate::tree::{BinaryOp, Expr, ExprKind, UnaryOp};
use crate::value::Value;

/// Longest text or bytes that folding makes; a program is to stay as small as its source.
const BYTES_MAX: usize = 1_024;

/// The constant that an expression of operators and literals is.
pub(super) fn folded(expr: &Expr) -> Option<Constant> {
    match &expr.kind {
        ExprKind::Unary { .. } | ExprKind::Binary { .. } => constant(value(expr)?),
        _ => None,
    }
}

fn value(expr: &Expr) -> Option<Value> {
    match &expr.kind {
        ExprKind::Null => Some(Value::Null),
        ExprKind::Bool(value) => Some(Value::Bool(*value)),
        ExprKind::Int(value) => Some(Value::Int(*value)),
        ExprKind::Uint(value) => Some(Value::Uint(*value)),
        ExprKind::Double(value) => Some(Value::Double(*value)),
        ExprKind::String(text) => Some(Value::from(text.as_str())),
        ExprKind::Bytes(bytes) => Some(Value::Bytes(bytes.as_slice().into())),
        ExprKind::Unary { op, operand } => {
            let op = match op {
                UnaryOp::Negate => Operator::Negate,
                UnaryOp::Not => Operator::Not,
            };
            eval::apply(op, vec![value(operand)?])
        }
        ExprKind::Binary { op, lhs, rhs } => {
            eval::apply(operator(*op)?, vec![value(lhs)?, value(rhs)?])
        }
        _ => None,
    }
}

fn constant(value: Value) -> Option<Constant> {
    Some(match value {
        Value::Null => Constant::Null,
        Value::Bool(value) => Constant::Bool(value),
        Value::Int(value) => Constant::Int(value),
        Value::Uint(value) => Constant::Uint(value),
        Value::Double(value) => Constant::Double(value),
        Value::String(text) if text.len() <= BYTES_MAX => Constant::Text(text),
        Value::Bytes(bytes) if bytes.len() <= BYTES_MAX => Constant::Bytes(bytes),
        Value::String(_)
        | Value::Bytes(_)
        | Value::List(_)
        | Value::Map(_)
        | Value::Timestamp(_)
        | Value::Duration(_) => return None,
    })
}

/// The instruction of an operator that evaluates both of its operands.
pub(super) fn operator(op: BinaryOp) -> Option<Operator> {
    Some(match op {
        BinaryOp::And | BinaryOp::Or => return None,
        BinaryOp::Equal => Operator::Equal,
        BinaryOp::NotEqual => Operator::NotEqual,
        BinaryOp::Less => Operator::Less,
        BinaryOp::LessEqual => Operator::LessEqual,
        BinaryOp::Greater => Operator::Greater,
        BinaryOp::GreaterEqual => Operator::GreaterEqual,
        BinaryOp::In => Operator::In,
        BinaryOp::Add => Operator::Add,
        BinaryOp::Subtract => Operator::Subtract,
        BinaryOp::Multiply => Operator::Multiply,
        BinaryOp::Divide => Operator::Divide,
        BinaryOp::Remainder => Operator::Remainder,
    })
}
