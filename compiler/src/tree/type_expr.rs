//! Types as written.

use crate::text::{Name, Span, Spanned};

/// A type as written, and where.
#[derive(Debug, Clone, PartialEq)]
pub struct TypeExpr {
    /// What it is.
    pub kind: TypeExprKind,
    /// Where it stands.
    pub span: Span,
}

/// The kinds of written type.
#[derive(Debug, Clone, PartialEq)]
pub enum TypeExprKind {
    /// A built-in or an alias: `string`, `Verdict`, `identity.CaptureBundle`.
    Name {
        /// The service the alias belongs to.
        service: Option<Name>,
        /// The type's name.
        name: Name,
    },
    /// A string literal type: `"passed"`.
    Literal(String),
    /// `[T]`.
    List(Box<TypeExpr>),
    /// `{string: T}`.
    Map(Box<TypeExpr>),
    /// `{a: T, b?: T}`.
    Record(Vec<FieldType>),
    /// `A | B`.
    Union(Vec<TypeExpr>),
    /// `secret T`.
    Secret(Box<TypeExpr>),
    /// `pii T`.
    Pii(Box<TypeExpr>),
    /// Something that did not parse.
    Error,
}

/// One field of a record type.
#[derive(Debug, Clone, PartialEq)]
pub struct FieldType {
    /// The field's name.
    pub name: Name,
    /// Written `name?`: the field may be absent.
    pub optional: bool,
    /// Its type.
    pub ty: TypeExpr,
    /// Its doc comment.
    pub doc: Option<Spanned<String>>,
}

/// `type Name = T`.
#[derive(Debug, Clone, PartialEq)]
pub struct TypeAlias {
    /// The whole declaration.
    pub span: Span,
    /// The alias.
    pub name: Name,
    /// What it stands for.
    pub ty: TypeExpr,
    /// Its doc comment.
    pub doc: Option<Spanned<String>>,
}
