//! Tests in the language: from a `test` block to what a test runner needs, with every name and value checked.
//!
//! Nothing is run here. A plan says what a run is given, what answers it and what is expected of it; values that it leaves
//! out are made up from their types when the program is at hand.

mod given;
mod plan;
mod text;
mod value;

pub use given::{Difference, Given};
pub(crate) use plan::plan;

use crate::text::Span;
use std::collections::BTreeMap;
use std::fmt;

/// The reasons given for a decision of which a test says none.
pub const NOTES: &str = "Decided in a test.";

/// A test that is ready to run.
#[derive(Debug, Clone, PartialEq)]
pub struct Test {
    /// What it shows, in words; unique in its file.
    pub name: String,
    /// Where its name stands.
    pub span: Span,
    /// The workflow, as an index into the analysis's.
    pub workflow: usize,
    /// When the run starts, in nanoseconds since the Unix epoch.
    pub starts_at: Option<i128>,
    /// The run's inputs.
    pub inputs: Given,
    /// What answers calls, by step: the n-th is for the n-th attempt, the last for all that follow.
    pub mocks: BTreeMap<u32, Vec<Mock>>,
    /// What becomes of approvals and waits for events, by step.
    pub answers: BTreeMap<u32, Answer>,
    /// What is expected, in written order.
    pub expects: Vec<Expect>,
}

/// How an attempt of a call ends.
#[derive(Debug, Clone, PartialEq)]
pub enum Mock {
    /// Well, with this output of the step.
    Output(Given),
    /// With an error.
    Failure {
        /// Which.
        kind: FailureKind,
        /// The body of the answer.
        body: Option<Given>,
    },
}

/// How a call fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailureKind {
    /// The service answers with this status, 400 or above.
    Status(u16),
    /// It does not answer in time.
    Timeout,
    /// It cannot be reached.
    Network,
}

impl FailureKind {
    /// The failure of a name: a status from 400 to 599, `timeout`, `network`.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "timeout" => Some(Self::Timeout),
            "network" => Some(Self::Network),
            status => {
                let status = status.parse().ok().filter(|status| (400..600).contains(status))?;
                Some(Self::Status(status))
            }
        }
    }
}

impl fmt::Display for FailureKind {
    /// Its name.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Status(status) => write!(f, "{status}"),
            Self::Timeout => f.write_str("timeout"),
            Self::Network => f.write_str("network"),
        }
    }
}

impl Mock {
    /// Of the mocks of a call, the one for an attempt (from 1): the last is for all that follow.
    #[must_use]
    pub fn of_attempt(mocks: &[Self], attempt: u32) -> Option<&Self> {
        mocks.get((attempt as usize).saturating_sub(1)).or(mocks.last())
    }
}

/// What becomes of an approval or of a wait for an event.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// Somebody approves.
    Approve {
        /// The reasons given.
        notes: String,
        /// What is filled in.
        form: Given,
    },
    /// Somebody rejects.
    Reject {
        /// The reasons given.
        notes: String,
    },
    /// The event comes, with this data.
    Event(Given),
    /// Its time runs out.
    Expire,
}

/// Something that is expected of a run.
#[derive(Debug, Clone, PartialEq)]
pub struct Expect {
    /// Where it is written.
    pub span: Span,
    /// What.
    pub kind: ExpectKind,
}

/// What can be expected. Steps are indexes into the program's.
#[derive(Debug, Clone, PartialEq)]
pub enum ExpectKind {
    /// These steps, in this order, and no others.
    Path(Vec<u32>),
    /// This status of the run.
    Status(ExpectedStatus),
    /// That the run fails with this code.
    Error {
        /// The code.
        code: String,
        /// What the message holds.
        message: Option<String>,
    },
    /// The run's output.
    Output(Given),
    /// A step's output.
    Step {
        /// The step.
        step: u32,
        /// What its output is like.
        value: Given,
    },
    /// What a call sent.
    Call {
        /// The call.
        step: u32,
        /// What the request is like.
        request: Given,
    },
    /// How often a call was made.
    Attempts {
        /// The call.
        step: u32,
        /// How often.
        count: u64,
    },
    /// That an event was emitted.
    Emit {
        /// Its name.
        event: String,
        /// What its payload is like.
        payload: Option<Given>,
    },
}

/// Statuses that a run can be left in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExpectedStatus {
    /// It ended well.
    Succeeded,
    /// It ended with an error.
    Failed,
    /// It waits for a person.
    AwaitingApproval,
    /// It waits for an event.
    Running,
}

impl ExpectedStatus {
    /// Every status, with its name as the API writes it.
    pub const ALL: &[(&'static str, Self)] = &[
        ("succeeded", Self::Succeeded),
        ("failed", Self::Failed),
        ("awaiting_approval", Self::AwaitingApproval),
        ("running", Self::Running),
    ];

    /// Its name, as the API writes it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::AwaitingApproval => "awaiting_approval",
            Self::Running => "running",
        }
    }
}
