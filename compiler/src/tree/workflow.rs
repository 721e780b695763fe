//! Files and workflows.

use super::{Budget, Expr, ServiceDecl, Step, TestDecl, TypeAlias, TypeExpr};
use crate::text::{Name, Span, Spanned};
use std::sync::Arc;

/// Everything one source text declares.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Module {
    /// `use service` lines (`.writ` only).
    pub uses: Vec<Name>,
    /// Service signatures (`.writ` only).
    pub services: Vec<ServiceDecl>,
    /// Type aliases outside any service (`.writ` only).
    pub types: Vec<TypeAlias>,
    /// Workflows. A JSON spec holds exactly one.
    pub workflows: Vec<Workflow>,
    /// Tests of the workflows (`.writ` only).
    pub tests: Vec<TestDecl>,
}

/// One workflow: the API envelope (slug, name, description, trigger) and its graph.
#[derive(Debug, Clone, PartialEq)]
pub struct Workflow {
    /// The whole workflow.
    pub span: Span,
    /// Its slug; absent in a bare JSON spec.
    pub slug: Option<Name>,
    /// Its display name.
    pub name: Option<Name>,
    /// What it is for: `description` in JSON, `///` in `.writ`.
    pub description: Option<Name>,
    /// How runs start.
    pub trigger: Trigger,
    /// `startNodeId`; when absent, the first step in reading order.
    pub start: Option<Name>,
    /// What a run may take at most (`budget`, ours).
    pub budget: Option<Budget>,
    /// Named expressions, in written order (`let`, ours).
    pub lets: Vec<Let>,
    /// The steps, in reading order.
    pub steps: Vec<Step>,
    /// Plain and cased edges, in reading order. A decision's own arms stand in its [`super::DecideStep`].
    pub edges: Vec<Edge>,
}

/// `let name = expression`: a name for an expression, which may stand wherever the expression may.
#[derive(Debug, Clone, PartialEq)]
pub struct Let {
    /// The whole of it.
    pub span: Span,
    /// The name.
    pub name: Name,
    /// Its doc comment.
    pub description: Option<Name>,
    /// What the name stands for.
    pub value: Arc<Expr>,
    /// Whether anything names it.
    pub used: bool,
}

/// How a run of the workflow starts, and with what.
#[derive(Debug, Clone, PartialEq)]
pub struct Trigger {
    /// Where the trigger is declared; the workflow's head when it is not.
    pub span: Span,
    /// `api`, `webhook` or `schedule`; `api` when not given.
    pub kind: TriggerKind,
    /// `triggerSpec`, as written; `None` when absent or `null`.
    pub spec: Option<Expr>,
    /// The declared input (`.writ` fields, `inputSchema` in JSON); inferred from use when absent.
    pub input: Option<TypeExpr>,
}

/// The documented trigger types.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TriggerKind {
    /// `POST /api/workflows/{slug}/execute`.
    Api,
    /// A public, HMAC-verified hook.
    Webhook,
    /// A cron schedule.
    Schedule,
}

/// An edge as written: `{ "from", "to", "case"? }`, or what `.writ` arrows and fall-through stand for.
#[derive(Debug, Clone, PartialEq)]
pub struct Edge {
    /// The whole edge object, the arrow, or the head of the step fallen into.
    pub span: Span,
    /// The step it leaves.
    pub from: Name,
    /// The step it enters.
    pub to: Name,
    /// The decision's case it stands for.
    pub case: Option<Spanned<String>>,
}
