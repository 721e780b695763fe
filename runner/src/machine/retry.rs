//! What follows a failed attempt: another one, when, and which route.

use super::{CallFailure, FailureClass, StepOrdinal};
use crate::ids;
use crate::limits::RETRY_AFTER_MS_MAX;
use writ_compiler::bytecode::{CallInfo, ErrorClass};
use writ_compiler::types::check::{Backoff, RetryOn};
use writ_compiler::value::Value;

/// How long to wait after an attempt that failed, in milliseconds; `None` when no other is made.
pub(super) fn delay_ms(
    call: &CallInfo,
    failure: &CallFailure,
    attempt: u32,
    seed: &[u8; 16],
    ordinal: StepOrdinal,
) -> Option<u64> {
    let worth_it = call.retry_on.iter().any(|on| retries(*on, failure.class));
    if attempt >= call.max_attempts || !worth_it {
        return None;
    }
    let ceiling = call.backoff.delay_ms_max(attempt);
    let delay = match call.backoff {
        Backoff::Fixed => ceiling,
        Backoff::Exponential => {
            // Full jitter: anything from nothing to the ceiling, so that runs that failed together part.
            let bits = ids::derive_bits(&format!("retry {}", ordinal.0), seed, attempt);
            u64::try_from(bits % u128::from(ceiling + 1)).unwrap_or(ceiling)
        }
    };
    Some(delay.max(failure.retry_after_ms.unwrap_or(0).min(RETRY_AFTER_MS_MAX)))
}

fn retries(on: RetryOn, class: FailureClass) -> bool {
    match on {
        RetryOn::ServerError => is_server_error(class),
        RetryOn::Timeout => class == FailureClass::Timeout,
        RetryOn::Network => is_network(class),
        RetryOn::NetworkBeforeSend => class == FailureClass::NotSent,
        RetryOn::Status(status) => class == FailureClass::Status(status),
    }
}

/// Whether a route is for a failure: of this class, when a call was made; with this code; and this body.
pub(super) fn routes(
    route: &ErrorClass,
    class: Option<FailureClass>,
    code: &str,
    body: Option<&Value>,
) -> bool {
    match route {
        ErrorClass::Any => true,
        ErrorClass::ServerError => class.is_some_and(is_server_error),
        ErrorClass::Timeout => class == Some(FailureClass::Timeout),
        ErrorClass::Network => class.is_some_and(is_network),
        ErrorClass::Status(status) => class == Some(FailureClass::Status(*status)),
        ErrorClass::Code(wanted) => wanted == code || body.and_then(body_code) == Some(wanted),
    }
}

/// The `code` of an answer's body, or of the `error` in it.
fn body_code(body: &Value) -> Option<&str> {
    let code = body.get("code").or_else(|| body.get("error")?.get("code"));
    code.and_then(Value::as_str)
}

fn is_server_error(class: FailureClass) -> bool {
    matches!(class, FailureClass::Status(500..=599))
}

fn is_network(class: FailureClass) -> bool {
    matches!(class, FailureClass::NotSent | FailureClass::Broken)
}
