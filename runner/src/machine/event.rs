//! What can happen to a run from outside.

use super::{FrameId, StepOrdinal};
use crate::time::Millis;
use writ_compiler::value::Value;

/// Something that happened, with the time it is recorded under.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// When.
    pub at: Millis,
    /// What.
    pub kind: EventKind,
}

/// The kinds of event.
#[derive(Debug, Clone, PartialEq)]
pub enum EventKind {
    /// A worker took the run up; the first event of every run.
    Started,
    /// An attempt of a call came back with a success status (below 400).
    CallSucceeded {
        /// The frame that called.
        frame: FrameId,
        /// The attempt, from 1; a stale one is ignored.
        attempt: u32,
        /// What came back.
        response: CallResponse,
    },
    /// An attempt of a call failed. The machine decides whether another follows.
    CallFailed {
        /// The frame that called.
        frame: FrameId,
        /// The attempt, from 1; a stale one is ignored.
        attempt: u32,
        /// How it failed.
        failure: CallFailure,
    },
    /// A timer is due.
    TimerFired {
        /// The frame that set it.
        frame: FrameId,
        /// Which of the frame's timers; a stale one is ignored.
        timer: u32,
    },
    /// A person, or the organisation's own program, decided an approval.
    Decided {
        /// The frame that waits.
        frame: FrameId,
        /// Approve or reject.
        decision: Decision,
        /// The reasons given.
        notes: String,
        /// `usr_...` or the key's id.
        actor_user_id: Option<String>,
        /// What the approver filled in, checked against the approval's form.
        form: Option<Value>,
    },
    /// An event came that a wait is for.
    EventReceived {
        /// The frame that waits.
        frame: FrameId,
        /// The step that waits; an event for an earlier one is ignored.
        ordinal: StepOrdinal,
        /// What it carries, checked against what the wait asks for.
        data: Value,
    },
    /// The run is to stop.
    Cancelled {
        /// The reason given.
        reason: Option<String>,
        /// Who asked.
        actor_user_id: Option<String>,
    },
    /// This release cannot continue the run: its program or its state cannot be read. It ends as failed, rather than
    /// looking healthy for ever.
    Abandoned {
        /// Why, in words for the operator.
        reason: String,
    },
}

/// An approver's decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Decision {
    /// `approve`
    Approve,
    /// `reject`
    Reject,
}

/// A service's answer.
#[derive(Debug, Clone, PartialEq)]
pub struct CallResponse {
    /// The HTTP status.
    pub status: u16,
    /// The whole parsed body. The machine takes the part that the signature names. An empty body is null;
    /// one that is not JSON is `{contentType, text}` or `{contentType, base64}`.
    pub body: Value,
}

impl CallResponse {
    /// The content type of a body that is not JSON.
    #[must_use]
    pub fn foreign_type(&self) -> Option<&str> {
        let fields = self.body.as_map().filter(|fields| fields.len() == 2)?;
        let content = fields.get("text").or_else(|| fields.get("base64"))?;
        content.as_str()?;
        fields.get("contentType")?.as_str()
    }
}

/// How an attempt failed.
#[derive(Debug, Clone, PartialEq)]
pub struct CallFailure {
    /// What kind of failure, for `retryOn` and `onError`.
    pub class: FailureClass,
    /// What happened, in words for the operator. Never holds a secret.
    pub message: String,
    /// The answer, when there was one.
    pub response: Option<CallResponse>,
    /// `Retry-After`, in milliseconds, when the service sent one.
    pub retry_after_ms: Option<u64>,
}

/// Kinds of failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailureClass {
    /// The service answered with this status, 400 or above.
    Status(u16),
    /// No whole answer in time.
    Timeout,
    /// The connection could not be made: the request was certainly not seen.
    NotSent,
    /// The connection broke after the request was sent, before the whole answer came: it may have been seen.
    Broken,
    /// The answer could not be used: too large, or not what its content type says.
    BadResponse,
    /// The call cannot be made at all: no such connection, a refused address, a value that is no URL or header.
    Refused,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_body_that_is_not_json_has_a_foreign_type() {
        let foreign = |fields: &[(&str, &str)]| {
            let fields = fields.iter().map(|(name, text)| (*name, Value::from(*text)));
            let response = CallResponse { status: 200, body: Value::record(fields) };
            response.foreign_type().map(str::to_owned)
        };
        let html = foreign(&[("contentType", "text/html"), ("text", "<h1>")]);
        assert_eq!(html.as_deref(), Some("text/html"));
        assert_eq!(foreign(&[("contentType", "text/html"), ("name", "a")]), None);
        assert_eq!(foreign(&[("contentType", "a"), ("text", "b"), ("id", "c")]), None);
        assert_eq!(CallResponse { status: 204, body: Value::Null }.foreign_type(), None);
    }
}
