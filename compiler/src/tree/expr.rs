//! Expressions: CEL over JSON values, plus records and templates.

use crate::text::{Name, Span};
use std::sync::Arc;

/// An expression and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Expr {
    /// What it is.
    pub kind: ExprKind,
    /// Where it stands. In a JSON string: the place of its text inside the string literal.
    pub span: Span,
}

/// The kinds of expression.
#[derive(Debug, Clone, PartialEq)]
pub enum ExprKind {
    /// `null`.
    Null,
    /// `true`, `false`.
    Bool(bool),
    /// A signed integer literal.
    Int(i64),
    /// An unsigned integer literal, `7u`.
    Uint(u64),
    /// A floating-point literal.
    Double(f64),
    /// A string literal, unescaped.
    String(String),
    /// A bytes literal, `b"..."`.
    Bytes(Vec<u8>),
    /// A variable: `trigger`, `step`, `execution`, `workflow`, or one bound by a macro. A name that a `let` binds
    /// becomes [`ExprKind::Named`].
    Ident(String),
    /// The name of an expression that a `let` of the workflow gives it.
    Named {
        /// The name.
        name: String,
        /// What it stands for, shared by everything that names it.
        value: Arc<Expr>,
    },
    /// `operand.field`, or `operand.?field`.
    Select {
        /// What is selected from.
        operand: Box<Expr>,
        /// The field's name.
        field: Name,
        /// Written `.?`.
        optional: bool,
    },
    /// `operand[index]`, or `operand[?index]`.
    Index {
        /// What is indexed.
        operand: Box<Expr>,
        /// The index or key.
        index: Box<Expr>,
        /// Written `[?`.
        optional: bool,
    },
    /// `function(args)` or `target.function(args)`; macros too.
    Call {
        /// The receiver, for the method form.
        target: Option<Box<Expr>>,
        /// The function's name.
        function: Name,
        /// The arguments.
        args: Vec<Expr>,
    },
    /// `-x`, `!x`.
    Unary {
        /// The operator.
        op: UnaryOp,
        /// Its operand.
        operand: Box<Expr>,
    },
    /// `a + b` and the like.
    Binary {
        /// The operator.
        op: BinaryOp,
        /// Left operand.
        lhs: Box<Expr>,
        /// Right operand.
        rhs: Box<Expr>,
    },
    /// `condition ? then : otherwise`.
    Conditional {
        /// A `bool`.
        condition: Box<Expr>,
        /// Value when it holds.
        then: Box<Expr>,
        /// Value when it does not.
        otherwise: Box<Expr>,
    },
    /// `[a, ?b]`.
    List(Vec<Expr>),
    /// `{a: x, ?"b": y}`. A bare word is the field's name; a computed key stands in parentheses.
    Record(Vec<Field>),
    /// An item of a list or the value of a record's field that is left out where it is absent: `[?a]`, `{?k: a}`.
    Optional(Box<Expr>),
    /// Text with values spliced in. A string that is exactly one template is not this, but the expression itself.
    Template(Vec<TemplatePart>),
    /// Something that did not parse; reported, and silences what would follow.
    Error,
}

/// One entry of a record.
#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    /// The key.
    pub key: FieldKey,
    /// The value.
    pub value: Expr,
}

/// The key of a record's entry.
#[derive(Debug, Clone, PartialEq)]
pub enum FieldKey {
    /// A key known when compiling.
    Name(Name),
    /// A computed key, `(expression)`.
    Computed(Expr),
}

/// A piece of a template.
#[derive(Debug, Clone, PartialEq)]
pub enum TemplatePart {
    /// Literal text, unescaped.
    Text(String),
    /// The expression inside `${...}`.
    Expr(Expr),
}

/// Unary operators.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnaryOp {
    /// `-`
    Negate,
    /// `!`
    Not,
}

/// Binary operators, in CEL's precedence from loosest to tightest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BinaryOp {
    /// `||`
    Or,
    /// `&&`
    And,
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterEqual,
    /// `in`
    In,
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
    /// `/`
    Divide,
    /// `%`
    Remainder,
}

impl BinaryOp {
    /// The operator as written.
    #[must_use]
    pub fn symbol(self) -> &'static str {
        match self {
            Self::Or => "||",
            Self::And => "&&",
            Self::Equal => "==",
            Self::NotEqual => "!=",
            Self::Less => "<",
            Self::LessEqual => "<=",
            Self::Greater => ">",
            Self::GreaterEqual => ">=",
            Self::In => "in",
            Self::Add => "+",
            Self::Subtract => "-",
            Self::Multiply => "*",
            Self::Divide => "/",
            Self::Remainder => "%",
        }
    }
}
