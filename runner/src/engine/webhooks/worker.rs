//! The worker: a loop that takes what is due, and one task a delivery being made.

use super::{Deliveries, DeliveryOutcome, next_attempt, sign};
use crate::engine::Clock;
use crate::limits::{
    ENGINE_BATCH_MAX, WEBHOOK_TIMEOUT_MS, WEBHOOKS_ACTIVE_MAX, WEBHOOKS_PER_ENDPOINT_MAX,
};
use crate::store::Delivery;
use crate::time::Millis;
use http::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, USER_AGENT};
use reqwest::{Client, Method, Request, Url};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;
use tokio::task::JoinSet;

/// Delivers webhooks.
pub struct Webhooks<D> {
    deliveries: Arc<D>,
    client: Client,
    clock: Arc<dyn Clock>,
}

/// A running worker; it stops at once when this is dropped, and nothing is lost by that: what was being delivered is
/// delivered again.
#[derive(Debug)]
pub struct WebhooksHandle {
    worker: tokio::task::JoinHandle<()>,
}

impl Drop for WebhooksHandle {
    fn drop(&mut self) {
        self.worker.abort();
    }
}

/// How long to wait before the outbox is read again after it could not be, in milliseconds.
const OUTBOX_RETRY_MS: u64 = 1_000;

/// The longest the worker goes without looking, in milliseconds: whoever writes to the outbox should notify it, and
/// this bounds what a forgotten notification costs.
const OUTBOX_POLL_MS: u64 = 60_000;

impl<D: Deliveries> Webhooks<D> {
    /// Starts the worker. `outbox` is notified when deliveries may have become due. The client is one made by
    /// [`crate::engine::http::client()`], so that endpoints cannot lead to refused addresses.
    pub fn start(
        deliveries: Arc<D>,
        client: Client,
        clock: Arc<dyn Clock>,
        outbox: Arc<Notify>,
    ) -> WebhooksHandle {
        let worker = Self { deliveries, client, clock };
        WebhooksHandle { worker: tokio::spawn(Arc::new(worker).run(outbox)) }
    }

    async fn run(self: Arc<Self>, outbox: Arc<Notify>) {
        let mut active = Active::default();
        loop {
            let room = WEBHOOKS_ACTIVE_MAX.saturating_sub(active.tasks.len());
            let mut next = None;
            if room > 0 {
                match self.take(&mut active, room).await {
                    Ok(at) => next = at,
                    Err(error) => {
                        tracing::error!(%error, "webhook deliveries cannot be read");
                        next = Some(self.clock.now().plus(OUTBOX_RETRY_MS));
                    }
                }
            }
            let poll = self.clock.now().plus(OUTBOX_POLL_MS);
            let wake_at = next.map_or(poll, |at| at.min(poll));
            tokio::select! {
                () = outbox.notified(), if room > 0 => {}
                () = self.clock.sleep_until(wake_at), if room > 0 => {}
                Some(done) = active.tasks.join_next() => active.forget(done),
            }
        }
    }

    /// Starts deliveries that are due, and says when to look again.
    async fn take(
        self: &Arc<Self>,
        active: &mut Active,
        room: usize,
    ) -> Result<Option<Millis>, crate::engine::JournalError> {
        loop {
            let now = self.clock.now();
            // What is being delivered is still due, so as many more rows are asked for.
            let limit = room.min(ENGINE_BATCH_MAX) + active.ids.len();
            let (due, next) = self.deliveries.due(now, limit, active.busy()).await?;
            let full = due.len() >= limit;
            let mut started = 0;
            for delivery in due {
                if active.tasks.len() >= WEBHOOKS_ACTIVE_MAX {
                    return Ok(None);
                }
                if active.add(&delivery) {
                    started += 1;
                    active.tasks.spawn(Arc::clone(self).deliver(delivery));
                }
            }
            // More is due: of other endpoints when this batch filled up some, else when a task ends.
            if !full || started == 0 {
                return Ok(next);
            }
        }
    }

    async fn deliver(self: Arc<Self>, delivery: Delivery) -> Finished {
        let attempt = delivery.attempts.saturating_add(1);
        let finished =
            Finished { id: delivery.id.clone(), endpoint_id: delivery.endpoint_id.clone() };
        let outcome = match self.deliveries.secret(&delivery.endpoint_id).await {
            Ok(Some(secret)) => self.send(&delivery, attempt, &secret).await,
            Ok(None) => {
                // Nobody is left to take it.
                self.record(&delivery, failed(None, "the endpoint was deleted"), None).await;
                return finished;
            }
            Err(error) => {
                tracing::error!(%error, endpoint = delivery.endpoint_id, "no webhook secret");
                self.pause().await;
                return finished;
            }
        };
        let now = self.clock.now();
        let next = match &outcome {
            DeliveryOutcome::Delivered { .. } => None,
            DeliveryOutcome::Failed { error, .. } => {
                let next = next_attempt(now, attempt, random());
                tracing::info!(
                    delivery = delivery.id,
                    endpoint = delivery.endpoint_id,
                    attempt,
                    error,
                    dead = next.is_none(),
                    "a webhook was not delivered"
                );
                next
            }
        };
        self.record(&delivery, outcome, next).await;
        finished
    }

    async fn send(
        &self,
        delivery: &Delivery,
        attempt: u32,
        secret: &secrecy::SecretString,
    ) -> DeliveryOutcome {
        let seconds = self.clock.now().0.div_euclid(1_000);
        let signed = sign(secret, &delivery.id, seconds, &delivery.body);
        let Ok(url) = Url::parse(&delivery.url) else {
            return failed(None, "the endpoint's URL is not a URL");
        };
        let attempt = attempt.to_string();
        let seconds = seconds.to_string();
        let pairs = [
            ("content-type", "application/json"),
            ("user-agent", "quantum-elixir/webhook"),
            ("x-quantum-event", delivery.event.as_str()),
            ("x-quantum-delivery", delivery.id.as_str()),
            ("x-quantum-signature", signed.quantum.as_str()),
            ("x-quantum-timestamp", seconds.as_str()),
            ("x-quantum-attempt", attempt.as_str()),
            ("webhook-id", delivery.id.as_str()),
            ("webhook-timestamp", seconds.as_str()),
            ("webhook-signature", signed.standard.as_str()),
        ];
        let Some(headers) = headers(&pairs) else {
            return failed(None, "the event's name cannot be sent in a header");
        };
        let mut request = Request::new(Method::POST, url);
        *request.headers_mut() = headers;
        *request.body_mut() = Some(delivery.body.clone().into());
        let limit = Duration::from_millis(WEBHOOK_TIMEOUT_MS);
        match tokio::time::timeout(limit, self.client.execute(request)).await {
            Err(_) => failed(None, "the endpoint did not answer within 10 s"),
            Ok(Err(error)) => {
                let failure = crate::engine::http::send_failure("the endpoint", &error);
                failed(None, &failure.message)
            }
            Ok(Ok(response)) => {
                let status = response.status();
                if status.is_success() {
                    DeliveryOutcome::Delivered { status: status.as_u16() }
                } else {
                    failed(Some(status.as_u16()), &format!("the endpoint answered {status}"))
                }
            }
        }
    }

    /// Records an outcome, for as long as it takes: a delivery that is not recorded would be made again at once.
    async fn record(
        &self,
        delivery: &Delivery,
        outcome: DeliveryOutcome,
        next_attempt_at: Option<Millis>,
    ) {
        while let Err(error) =
            self.deliveries.finish(&delivery.id, outcome.clone(), next_attempt_at).await
        {
            if matches!(error, crate::engine::JournalError::NotFound) {
                return;
            }
            tracing::error!(%error, delivery = delivery.id, "a webhook's outcome cannot be written");
            self.pause().await;
        }
    }

    async fn pause(&self) {
        self.clock.sleep_until(self.clock.now().plus(OUTBOX_RETRY_MS)).await;
    }
}

/// Deliveries being made.
#[derive(Default)]
struct Active {
    tasks: JoinSet<Finished>,
    ids: HashSet<String>,
    endpoints: HashMap<String, usize>,
}

struct Finished {
    id: String,
    endpoint_id: String,
}

impl Active {
    /// Notes a delivery; `false` when it is being made already, or its endpoint has enough to do.
    fn add(&mut self, delivery: &Delivery) -> bool {
        let count = self.endpoints.get(&delivery.endpoint_id).copied().unwrap_or(0);
        if count >= WEBHOOKS_PER_ENDPOINT_MAX || !self.ids.insert(delivery.id.clone()) {
            return false;
        }
        self.endpoints.insert(delivery.endpoint_id.clone(), count + 1);
        true
    }

    /// Endpoints that have enough to do.
    fn busy(&self) -> Vec<String> {
        let full = self.endpoints.iter().filter(|(_, count)| **count >= WEBHOOKS_PER_ENDPOINT_MAX);
        full.map(|(id, _)| id.clone()).collect()
    }

    fn forget(&mut self, done: Result<Finished, tokio::task::JoinError>) {
        match done {
            Ok(done) => {
                self.ids.remove(&done.id);
                if let Some(count) = self.endpoints.get_mut(&done.endpoint_id) {
                    *count = count.saturating_sub(1);
                    if *count == 0 {
                        self.endpoints.remove(&done.endpoint_id);
                    }
                }
            }
            // A delivery that panicked stays noted, so that it is not made over and over.
            Err(error) => tracing::error!(%error, "a webhook delivery broke"),
        }
    }
}

fn headers(pairs: &[(&'static str, &str)]) -> Option<HeaderMap> {
    let mut headers = HeaderMap::with_capacity(pairs.len());
    for (name, value) in pairs {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_str(value).ok()?);
    }
    debug_assert!(headers.contains_key(CONTENT_TYPE) && headers.contains_key(USER_AGENT));
    Some(headers)
}

fn failed(status: Option<u16>, error: &str) -> DeliveryOutcome {
    DeliveryOutcome::Failed { status, error: error.to_owned() }
}

/// Jitter needs no good randomness; the middle will do when there is none.
fn random() -> u32 {
    getrandom::u32().unwrap_or(u32::MAX / 2)
}
