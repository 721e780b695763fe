//! Outbound webhooks: takes due deliveries from the outbox, signs and sends them, and says what came of it.

mod schedule;
mod sign;
mod worker;

pub use schedule::{ATTEMPTS_MAX, next_attempt};
pub use sign::{Signed, sign};
pub use worker::{Webhooks, WebhooksHandle};

use super::JournalError;
use crate::store::Delivery;
use crate::time::Millis;
use secrecy::SecretString;
use std::future::Future;

/// What came of one attempt of a delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeliveryOutcome {
    /// The endpoint took it.
    Delivered {
        /// Its status, 2xx.
        status: u16,
    },
    /// The endpoint did not take it.
    Failed {
        /// Its status, when it answered.
        status: Option<u16>,
        /// What happened, in words for the operator. Never holds a secret.
        error: String,
    },
}

/// The outbox, as the worker needs it.
pub trait Deliveries: Send + Sync + 'static {
    /// Deliveries due at or before `now`, oldest first, at most `limit`, leaving out those of the endpoints in
    /// `except`; and when the next one after `now` is due.
    fn due(
        &self,
        now: Millis,
        limit: usize,
        except: Vec<String>,
    ) -> impl Future<Output = Result<(Vec<Delivery>, Option<Millis>), JournalError>> + Send;

    /// The secret that signs an endpoint's deliveries; `None` when the endpoint is gone.
    fn secret(
        &self,
        endpoint_id: &str,
    ) -> impl Future<Output = Result<Option<SecretString>, JournalError>> + Send;

    /// Records an attempt. A failed one with no next attempt is dead: listed, and replayable.
    fn finish(
        &self,
        delivery_id: &str,
        outcome: DeliveryOutcome,
        next_attempt_at: Option<Millis>,
    ) -> impl Future<Output = Result<(), JournalError>> + Send;
}
