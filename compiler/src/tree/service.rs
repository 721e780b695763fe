//! Service signatures as written in `.writ` (the six of `stdlib/`, and the author's own).

use super::{TypeAlias, TypeExpr};
use crate::text::{Name, Span, Spanned};

/// `service aml { ... }`.
#[derive(Debug, Clone, PartialEq)]
pub struct ServiceDecl {
    /// The whole declaration.
    pub span: Span,
    /// The connection slug: `aml`, `anti-fraud`, `custom:crm`.
    pub name: Name,
    /// Its doc comment.
    pub doc: Option<Spanned<String>>,
    /// The service's named types.
    pub types: Vec<TypeAlias>,
    /// Its operations.
    pub operations: Vec<OperationDecl>,
}

/// `operation createScreening { ... }`.
#[derive(Debug, Clone, PartialEq)]
pub struct OperationDecl {
    /// The whole declaration.
    pub span: Span,
    /// The operation's name.
    pub name: Name,
    /// Its doc comment.
    pub doc: Option<Spanned<String>>,
    /// The HTTP method.
    pub method: Name,
    /// The path pattern: `/api/alerts/{id}`.
    pub path: Name,
    /// Query parameters, as a record type.
    pub query: Option<TypeExpr>,
    /// The JSON request body.
    pub request: Option<TypeExpr>,
    /// The whole JSON response.
    pub response: Option<TypeExpr>,
    /// The field of the response that is the step's output; the whole response when absent.
    pub output: Option<Name>,
    /// `safe to repeat`, `not safe to repeat`; decided by the method when absent.
    pub repeatable: Option<Spanned<bool>>,
    /// Requests per minute that the service allows.
    pub rate_limit_per_minute: Option<Spanned<u64>>,
    /// The request field that carries the caller's idempotency key.
    pub external_id: Option<Name>,
    /// Paths in the output that a workflow must not ignore.
    pub verdicts: Vec<Name>,
}
