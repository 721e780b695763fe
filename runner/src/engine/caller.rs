//! What the engine needs of the outside world: one attempt of one call.

use crate::machine::{CallFailure, CallRequest, CallResponse};
use std::future::Future;

/// Makes attempts of calls. It never retries by itself: the machine decides that.
pub trait Caller: Send + Sync + 'static {
    /// Makes one attempt. Answers below 400 are `Ok`; the request's time limit covers the whole answer.
    /// Dropping the future gives the attempt up.
    fn call(
        &self,
        request: CallRequest,
    ) -> impl Future<Output = Result<CallResponse, CallFailure>> + Send;
}
