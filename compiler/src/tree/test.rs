//! Tests: what a run is given, what answers it, and what it is expected to do.

use super::Expr;
use crate::text::{Name, Span, Spanned};

/// `test "name" for "workflow" { ... }`.
#[derive(Debug, Clone, PartialEq)]
pub struct TestDecl {
    /// The whole test.
    pub span: Span,
    /// Its doc comment.
    pub description: Option<Name>,
    /// What it shows, in words; unique in the file.
    pub name: Name,
    /// The slug of the workflow; the file's only one when absent.
    pub workflow: Option<Name>,
    /// Its clauses, in written order.
    pub clauses: Vec<TestClause>,
}

/// One clause of a test.
#[derive(Debug, Clone, PartialEq)]
pub struct TestClause {
    /// The whole clause.
    pub span: Span,
    /// What it says.
    pub kind: TestClauseKind,
}

/// What a clause of a test says.
#[derive(Debug, Clone, PartialEq)]
pub enum TestClauseKind {
    /// `trigger { ... }`: the run's inputs.
    Trigger(Expr),
    /// `at "2026-01-01T00:00:00Z"`: when the run starts.
    At(Name),
    /// `mock step ...`: how the next attempt of a call ends; the last goes for all that follow.
    Mock {
        /// The call.
        step: Name,
        /// How it ends.
        answer: MockAnswer,
    },
    /// `approve step "notes" { ... }`.
    Approve {
        /// The approval.
        step: Name,
        /// The reasons given.
        notes: Option<Name>,
        /// What is filled in.
        form: Option<Expr>,
    },
    /// `reject step "notes"`.
    Reject {
        /// The approval.
        step: Name,
        /// The reasons given.
        notes: Option<Name>,
    },
    /// `expire step`: the time of an approval, or of a wait for an event, runs out.
    Expire {
        /// The step.
        step: Name,
    },
    /// `event step { ... }`: what a wait is for comes.
    Event {
        /// The wait.
        step: Name,
        /// What the event carries.
        data: Option<Expr>,
    },
    /// `expect ...`.
    Expect(Expectation),
    /// A clause that could not be read; it has been reported.
    Error,
}

/// How an attempt of a call ends.
#[derive(Debug, Clone, PartialEq)]
pub enum MockAnswer {
    /// Well, and the step's output is this; what is left out is made up from its type.
    Output(Expr),
    /// `fail 503 { ... }`, `fail timeout`, `fail network`.
    Failure {
        /// A status, `timeout` or `network`.
        class: Name,
        /// The body of the answer.
        body: Option<Expr>,
    },
}

/// What is expected of a run.
#[derive(Debug, Clone, PartialEq)]
pub enum Expectation {
    /// `path [a, b]`: these steps, in this order, and no others.
    Path(Vec<Name>),
    /// `status succeeded`.
    Status(Name),
    /// `error "code" "part of the message"`.
    Error {
        /// The error's code.
        code: Name,
        /// What its message holds.
        message: Option<Name>,
    },
    /// `output ...`: the run's output.
    Output(Expr),
    /// `step id ...`: a step's output.
    Step {
        /// The step.
        step: Name,
        /// What its output is like.
        value: Expr,
    },
    /// `call id { ... }`: what a call sent.
    Call {
        /// The call.
        step: Name,
        /// What the request is like: `method`, `path`, `headers`, `body`.
        request: Expr,
    },
    /// `attempts id 3`: how often a call was made.
    Attempts {
        /// The call.
        step: Name,
        /// How often.
        count: Spanned<u64>,
    },
    /// `emit "event" { ... }`: an event that was emitted.
    Emit {
        /// The event's name.
        event: Name,
        /// What its payload is like.
        payload: Option<Expr>,
    },
}
