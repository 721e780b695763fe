//! What typing leaves for the checks and for lowering: the types of every step, and calls with every default filled in.

use crate::diagnostic::SourceRef;
use crate::limits::{RETRY_DELAY_MS_BASE, RETRY_DELAY_MS_MAX};
use crate::text::Span;
use crate::tree::Expr;
use crate::types::Type;

/// The types of one workflow.
#[derive(Debug, Clone, PartialEq)]
pub struct Typed {
    /// The trigger's inputs: declared, or inferred from use.
    pub input: Type,
    /// One entry a step, in the tree's order.
    pub steps: Vec<StepTyping>,
}

/// The types of one step.
#[derive(Debug, Clone, PartialEq)]
pub struct StepTyping {
    /// Its templated input as recorded, with labels: of a call the record `{method, path, headers?, body?}`, of an emit
    /// `{event, payload?}`, of an approval `{label, assignTo?, data?}`, of a wait `{duration}`, `{until}` or
    /// `{event, correlation?, until?}`. Other steps record none.
    pub input: Type,
    /// Its output, with labels.
    pub output: Type,
    /// For a call: what is called, and how.
    pub call: Option<CallPlan>,
    /// For a decision by value: the type of that value.
    pub decides: Option<Type>,
    /// For a decision by value: the values that it cannot have any more, because of decisions on every way to it.
    pub ruled_out: Vec<String>,
    /// Of a decision by conditions: whether they leave no value over.
    pub covered: bool,
    /// For an approval: what whoever approves fills in. For a wait for an event: what that carries.
    pub form: Option<Type>,
}

/// A call with every default filled in. Both ways of naming a call (an operation and its arguments by
/// name; a method, a path and a body) give the same plan.
#[derive(Debug, Clone, PartialEq)]
pub struct CallPlan {
    /// The connection's slug.
    pub service: String,
    /// The operation of the service's signature, when one matches.
    pub operation: Option<OperationFacts>,
    /// The HTTP method.
    pub method: String,
    /// The path, below the connection's base URL.
    pub path: Vec<PathPart>,
    /// Query parameters, in order; a value of `null` leaves the parameter out.
    pub query: Vec<(String, Expr)>,
    /// Extra headers, as a record expression.
    pub headers: Option<Expr>,
    /// The JSON body.
    pub body: Option<Expr>,
    /// The field of the response that is the output; the whole body when absent.
    pub output_field: Option<String>,
    /// The request field to fill with the step's id, when the author left it out.
    pub external_id: Option<String>,
    /// What is retried, and how.
    pub retry: RetryPlan,
    /// Time limit of one attempt.
    pub timeout_ms: u64,
}

/// What the checks want to know of a matched operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OperationFacts {
    /// Its name.
    pub name: String,
    /// Where it is declared.
    pub declared: (SourceRef, Span),
    /// Whether a repeat does no harm.
    pub safe_to_repeat: bool,
    /// Requests per minute that the service allows.
    pub rate_limit_per_minute: Option<u64>,
    /// Paths in the output that a workflow must not ignore.
    pub verdicts: Vec<Vec<String>>,
}

/// A piece of a path.
#[derive(Debug, Clone, PartialEq)]
pub enum PathPart {
    /// Text as it stands.
    Text(String),
    /// A value, percent-encoded as one path segment when it is sent.
    Expr(Expr),
}

/// A retry policy with every default filled in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RetryPlan {
    /// Attempts in all; the first counts.
    pub max_attempts: u32,
    /// How the delay grows.
    pub backoff: Backoff,
    /// What is worth another attempt; sorted, each once.
    pub retry_on: Vec<RetryOn>,
}

/// How the delay between attempts grows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Backoff {
    /// 500 ms, doubling up to 60 s, full jitter.
    Exponential,
    /// 500 ms each time.
    Fixed,
}

impl Backoff {
    /// The longest delay after the n-th attempt (from 1), in milliseconds, where the service asks for none.
    #[must_use]
    pub fn delay_ms_max(self, attempt: u32) -> u64 {
        match self {
            Self::Fixed => RETRY_DELAY_MS_BASE,
            Self::Exponential => {
                let doublings = attempt.saturating_sub(1).min(32);
                RETRY_DELAY_MS_BASE.saturating_mul(1 << doublings).min(RETRY_DELAY_MS_MAX)
            }
        }
    }
}

/// What is worth another attempt.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
pub enum RetryOn {
    /// Any status from 500 to 599.
    ServerError,
    /// No answer in time.
    Timeout,
    /// A connection that failed, before or after the request was sent.
    Network,
    /// A connection that could not be made; the request was certainly not seen.
    NetworkBeforeSend,
    /// This status (429 too).
    Status(u16),
}
