//! The calls of one run that are under way, without a task of their own.

use crate::engine::handle::Boxed;
use crate::engine::{Caller, Clock};
use crate::limits::{CALL_GRACE_MS, CALL_TIMEOUT_MS_MAX};
use crate::machine::{CallFailure, CallRequest, CallResponse, EventKind, FailureClass, FrameId};
use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::task::Poll;

type Outcome = Result<CallResponse, CallFailure>;

/// Calls under way: one a frame.
#[derive(Default)]
pub(super) struct Calls(Vec<InFlight>);

struct InFlight {
    frame: FrameId,
    attempt: u32,
    outcome: Boxed<'static, Outcome>,
}

impl Calls {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Gives all of them up.
    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    /// Makes an attempt.
    pub(super) fn begin<C: Caller>(
        &mut self,
        caller: Arc<C>,
        clock: Arc<dyn Clock>,
        (frame, attempt, request): (FrameId, u32, CallRequest),
    ) {
        let outcome = Box::pin(bounded(caller, clock, request));
        self.0.push(InFlight { frame, attempt, outcome });
    }

    /// The event that the next call to end makes; never, when there is none. Cancel safe.
    pub(super) async fn next(&mut self) -> EventKind {
        poll_fn(|context| {
            for at in 0..self.0.len() {
                let Some(call) = self.0.get_mut(at) else { continue };
                let polled = catch_unwind(AssertUnwindSafe(|| call.outcome.as_mut().poll(context)));
                let outcome = match polled {
                    Ok(Poll::Pending) => continue,
                    Ok(Poll::Ready(outcome)) => outcome,
                    Err(_) => Err(failure(
                        FailureClass::Broken,
                        "the call broke within the server: its log says how".to_owned(),
                    )),
                };
                let call = self.0.swap_remove(at);
                return Poll::Ready(event(call.frame, call.attempt, outcome));
            }
            Poll::Pending
        })
        .await
    }
}

fn event(frame: FrameId, attempt: u32, outcome: Outcome) -> EventKind {
    match outcome {
        Ok(response) => EventKind::CallSucceeded { frame, attempt, response },
        Err(failure) => EventKind::CallFailed { frame, attempt, failure },
    }
}

/// One attempt, given up when the caller does not keep its own time limit.
async fn bounded<C: Caller>(
    caller: Arc<C>,
    clock: Arc<dyn Clock>,
    request: CallRequest,
) -> Outcome {
    let limit_ms = request.timeout_ms.min(CALL_TIMEOUT_MS_MAX);
    let given_up = clock.sleep_until(clock.now().plus(limit_ms).plus(CALL_GRACE_MS));
    let message = format!("`{}` did not answer within {limit_ms} ms", request.service);
    tokio::select! {
        biased;
        outcome = caller.call(request) => outcome,
        () = given_up => Err(failure(FailureClass::Timeout, message)),
    }
}

fn failure(class: FailureClass, message: String) -> CallFailure {
    CallFailure { class, message, response: None, retry_after_ms: None }
}
