//! Steps: the nodes of a workflow's graph.

use super::{Expr, TypeExpr};
use crate::text::{Name, Span, Spanned};

/// One step.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// The whole step.
    pub span: Span,
    /// Its id, unique in the workflow.
    pub id: Name,
    /// Its doc comment (`///`, or `description` in JSON).
    pub description: Option<Name>,
    /// `optional` (ours): a failure is recorded, and the run goes on. Where that is written.
    pub optional: Option<Span>,
    /// What it does.
    pub kind: StepKind,
}

/// What a step does.
#[derive(Debug, Clone, PartialEq)]
pub enum StepKind {
    /// `service_call` / `call`.
    Call(CallStep),
    /// `decision` / `decide`.
    Decide(DecideStep),
    /// `transform`.
    Transform(TransformStep),
    /// `wait`.
    Wait(WaitStep),
    /// `webhook_emit` / `emit`.
    Emit(EmitStep),
    /// `human_approval` / `approval`.
    Approval(ApprovalStep),
    /// `end` (ours): ends the run as succeeded with an output, or as failed with a code and message.
    End(EndStep),
    /// A step the parser could not make sense of; it has been reported, and silences what would follow.
    Error,
}

impl StepKind {
    /// The wire format's `type`, or `None` for a step that failed to parse.
    #[must_use]
    pub fn wire_type(&self) -> Option<&'static str> {
        Some(match self {
            Self::Call(_) => "service_call",
            Self::Decide(_) => "decision",
            Self::Transform(_) => "transform",
            Self::Wait(_) => "wait",
            Self::Emit(_) => "webhook_emit",
            Self::Approval(_) => "human_approval",
            Self::End(_) => "end",
            Self::Error => return None,
        })
    }
}

/// A call of a service.
#[derive(Debug, Clone, PartialEq)]
pub struct CallStep {
    /// The connection's slug: `identity`, `anti-fraud`, `custom:crm`.
    pub service: Name,
    /// What is called.
    pub target: CallTarget,
    /// Extra request headers, as a record expression.
    pub headers: Option<Expr>,
    /// For [`CallTarget::Http`], the request body. For [`CallTarget::Operation`], a record of the
    /// operation's arguments: path, query and body parameters alike, by name.
    pub body: Option<Expr>,
    /// The author's retry policy.
    pub retry: Option<Retry>,
    /// The author's time limit of one attempt, in milliseconds.
    pub timeout_ms: Option<Spanned<u64>>,
    /// Where a failed call goes instead of failing the run.
    pub on_error: Vec<ErrorRoute>,
}

/// What a call addresses.
#[derive(Debug, Clone, PartialEq)]
pub enum CallTarget {
    /// An operation of the service's signature, by name (`.writ`).
    Operation(Name),
    /// A method and a path, which may hold templates (JSON, and services with no signature).
    Http {
        /// The HTTP method, as written.
        method: Name,
        /// The path; a string literal or a template.
        path: Expr,
    },
}

/// `retry`: each part is optional and falls back to the operation's, then the language's default.
#[derive(Debug, Clone, PartialEq)]
pub struct Retry {
    /// The whole clause.
    pub span: Span,
    /// How many attempts in all; the first counts.
    pub max_attempts: Option<Spanned<u64>>,
    /// `exponential` or `fixed`.
    pub backoff: Option<Name>,
    /// `5xx`, `timeout`, `network`, `429`, or a status code.
    pub retry_on: Option<Vec<Name>>,
}

/// `onError: "route_to:<step>"`, for one class of errors or for all.
#[derive(Debug, Clone, PartialEq)]
pub struct ErrorRoute {
    /// The whole route.
    pub span: Span,
    /// `5xx`, `timeout`, `network`, a status, or an error code of the body; `None` for any error.
    pub class: Option<Name>,
    /// The step it goes to.
    pub target: Name,
}

/// A decision, by value or by condition.
#[derive(Debug, Clone, PartialEq)]
pub struct DecideStep {
    /// The value decided on; absent when `conditions` are given.
    pub expression: Option<Expr>,
    /// The cases, in written order. The label `default` is the default case.
    pub cases: Vec<Case>,
    /// Ordered conditions (ours): the first that holds is taken.
    pub conditions: Vec<Condition>,
    /// `defaultCase` / `else`: where everything else goes.
    pub default: Option<Name>,
}

/// One case of a decision by value.
#[derive(Debug, Clone, PartialEq)]
pub struct Case {
    /// The whole case.
    pub span: Span,
    /// The value it stands for, in text form.
    pub label: Name,
    /// `next`; may be left to an edge.
    pub next: Option<Name>,
}

/// One condition of a decision by condition.
#[derive(Debug, Clone, PartialEq)]
pub struct Condition {
    /// The whole condition.
    pub span: Span,
    /// A `bool` expression.
    pub when: Expr,
    /// The step it goes to.
    pub next: Name,
}

/// A transform: any value, with templates.
#[derive(Debug, Clone, PartialEq)]
pub struct TransformStep {
    /// The value it makes.
    pub value: Expr,
}

/// A wait, for one of three things.
#[derive(Debug, Clone, PartialEq)]
pub enum WaitStep {
    /// For a span of time.
    Duration {
        /// Milliseconds as an integer, or CEL duration text such as `90s` or `48h`.
        duration: Expr,
    },
    /// Until an instant.
    Until {
        /// An RFC 3339 timestamp.
        until: Expr,
    },
    /// For an event from outside.
    Event {
        /// The event's name.
        event: Name,
        /// What the event must carry to be this run's.
        correlation: Option<Expr>,
        /// How long to wait, in milliseconds.
        timeout_ms: Option<Spanned<u64>>,
        /// Where to go when it does not come in time.
        on_timeout: Option<Name>,
        /// What it carries (`data`, ours): a record type.
        data: Option<TypeExpr>,
    },
}

/// An event sent to the organisation's webhook endpoints.
#[derive(Debug, Clone, PartialEq)]
pub struct EmitStep {
    /// The event's name, such as `kyc.failed`; `workflow.*` is reserved.
    pub event: Name,
    /// Its data.
    pub payload: Option<Expr>,
}

/// A human approval.
#[derive(Debug, Clone, PartialEq)]
pub struct ApprovalStep {
    /// `actionLabel` / `label`: text in the approver's queue; may be a template.
    pub label: Option<Expr>,
    /// `assignTo` / `assign`: `role:<name>`, `user:<id>` or `team:<id>`.
    pub assign_to: Option<Name>,
    /// `timeoutHours` / `timeout`, in milliseconds.
    pub timeout_ms: Option<Spanned<u64>>,
    /// What happens when nobody decides in time.
    pub on_timeout: Option<Spanned<ApprovalOutcome>>,
    /// Where a rejection goes.
    pub on_reject: Option<Spanned<ApprovalOutcome>>,
    /// Evidence for the approver's screen.
    pub data: Option<Expr>,
    /// What the approver fills in when approving (`form`, ours): a record type.
    pub form: Option<TypeExpr>,
    /// Bars the run's initiator from deciding.
    pub not_initiator: Option<Spanned<bool>>,
}

/// What follows a timeout or a rejection.
#[derive(Debug, Clone, PartialEq)]
pub enum ApprovalOutcome {
    /// `route_to:<step>`.
    RouteTo(Name),
    /// `reject`: as if rejected (`onTimeout` only).
    Reject,
    /// `fail`: the run fails.
    Fail,
}

/// An explicit end of the run.
#[derive(Debug, Clone, PartialEq)]
pub struct EndStep {
    /// The run's output, when it succeeds.
    pub output: Option<Expr>,
    /// When present, the run ends as failed.
    pub fail: Option<Failure>,
}

/// `fail "code" "message"`.
#[derive(Debug, Clone, PartialEq)]
pub struct Failure {
    /// The whole clause.
    pub span: Span,
    /// A machine-readable code.
    pub code: Name,
    /// Text for people; may be a template.
    pub message: Option<Expr>,
}
