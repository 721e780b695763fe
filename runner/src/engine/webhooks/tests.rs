//! The worker against an outbox in memory and local endpoints, in virtual time.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use super::*;
use crate::engine::http::{AddressPolicy, HttpClient};
use crate::engine::{Clock, ManualClock};
use axum::Router;
use axum::extract::State;
use axum::routing::post;
use http::{HeaderMap, StatusCode};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use tokio::net::TcpListener;
use tokio::sync::{Notify, watch};

const T0: Millis = Millis(1_777_000_000_000);
const SECRET: &str = "qe_whsec_0123456789";

struct Row {
    delivery: Delivery,
    due: Option<Millis>,
    outcomes: Vec<DeliveryOutcome>,
}

/// Rows by the order they were written in.
#[derive(Default)]
struct Outbox {
    rows: Mutex<BTreeMap<usize, Row>>,
    finished: watch::Sender<usize>,
}

impl Outbox {
    fn add(&self, endpoint: &str, url: &str) -> String {
        let mut rows = self.rows.lock().unwrap();
        let id = format!("whd_{}", rows.len());
        let delivery = Delivery {
            id: id.clone(),
            endpoint_id: endpoint.into(),
            url: url.into(),
            event: "kyc.failed".into(),
            body: br#"{"id":"evt_1","event":"kyc.failed"}"#.to_vec(),
            attempts: 0,
        };
        let n = rows.len();
        rows.insert(n, Row { delivery, due: Some(T0), outcomes: Vec::new() });
        id
    }

    fn outcomes(&self, id: &str) -> Vec<DeliveryOutcome> {
        let rows = self.rows.lock().unwrap();
        rows.values().find(|row| row.delivery.id == id).unwrap().outcomes.clone()
    }

    fn due_at(&self, id: &str) -> Option<Millis> {
        let rows = self.rows.lock().unwrap();
        rows.values().find(|row| row.delivery.id == id).unwrap().due
    }

    async fn has_finished(&self, attempts: usize) {
        self.finished.subscribe().wait_for(|finished| *finished >= attempts).await.unwrap();
    }
}

impl Deliveries for Outbox {
    async fn due(
        &self,
        now: Millis,
        limit: usize,
        except: Vec<String>,
    ) -> Result<(Vec<Delivery>, Option<Millis>), JournalError> {
        let rows = self.rows.lock().unwrap();
        let due = rows.values().filter(|row| {
            row.due.is_some_and(|due| due <= now) && !except.contains(&row.delivery.endpoint_id)
        });
        let next = rows.values().filter_map(|row| row.due).filter(|due| *due > now).min();
        Ok((due.take(limit).map(|row| row.delivery.clone()).collect(), next))
    }

    async fn secret(&self, endpoint_id: &str) -> Result<Option<SecretString>, JournalError> {
        Ok((endpoint_id != "deleted").then(|| SECRET.into()))
    }

    async fn finish(
        &self,
        delivery_id: &str,
        outcome: DeliveryOutcome,
        next_attempt_at: Option<Millis>,
    ) -> Result<(), JournalError> {
        let mut rows = self.rows.lock().unwrap();
        let row = rows.values_mut().find(|row| row.delivery.id == delivery_id).unwrap();
        row.outcomes.push(outcome);
        row.due = next_attempt_at;
        row.delivery.attempts += 1;
        drop(rows);
        self.finished.send_modify(|finished| *finished += 1);
        Ok(())
    }
}

type Received = Arc<Mutex<Vec<(HeaderMap, Vec<u8>)>>>;

async fn endpoints() -> (String, Received) {
    let received = Received::default();
    let take = |State(received): State<Received>, headers: HeaderMap, body: axum::body::Bytes| async move {
        received.lock().unwrap().push((headers, body.to_vec()));
        StatusCode::ACCEPTED
    };
    let router = Router::new()
        .route("/take", post(take))
        .route("/fail", post(|| async { StatusCode::BAD_GATEWAY }))
        .route("/hang", post(|| async { std::future::pending::<()>().await }))
        .with_state(Arc::clone(&received));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    (base, received)
}

fn start(outbox: &Arc<Outbox>, clock: &Arc<ManualClock>) -> (WebhooksHandle, Arc<Notify>) {
    let notify = Arc::new(Notify::new());
    let client = HttpClient::new(AddressPolicy::default()).unwrap();
    let clock = Arc::clone(clock) as Arc<dyn Clock>;
    (Webhooks::start(Arc::clone(outbox), client, clock, Arc::clone(&notify)), notify)
}

#[tokio::test]
async fn a_delivery_is_signed_and_labelled() {
    let (base, received) = endpoints().await;
    let (outbox, clock) = (Arc::new(Outbox::default()), Arc::new(ManualClock::new(T0)));
    let (_worker, notify) = start(&outbox, &clock);
    let id = outbox.add("whe_1", &format!("{base}/take"));
    notify.notify_one();
    outbox.has_finished(1).await;

    assert_eq!(outbox.outcomes(&id), [DeliveryOutcome::Delivered { status: 202 }]);
    assert_eq!(outbox.due_at(&id), None);
    let (headers, body) = received.lock().unwrap().pop().unwrap();
    let of = |name: &str| headers[name].to_str().unwrap().to_owned();
    let signed = sign(&SECRET.into(), &id, T0.0 / 1_000, &body);
    assert_eq!(of("x-quantum-signature"), signed.quantum);
    assert_eq!(of("webhook-signature"), signed.standard);
    assert_eq!(of("x-quantum-event"), "kyc.failed");
    assert_eq!(of("x-quantum-delivery"), id);
    assert_eq!(of("x-quantum-timestamp"), "1777000000");
    assert_eq!(of("x-quantum-attempt"), "1");
    assert_eq!(of("user-agent"), "quantum-elixir/webhook");
    assert_eq!(of("content-type"), "application/json");
    assert_eq!((of("webhook-id"), of("webhook-timestamp")), (id, "1777000000".into()));
    assert_eq!(body, br#"{"id":"evt_1","event":"kyc.failed"}"#);
}

#[tokio::test]
async fn a_failing_delivery_is_tried_eight_times_and_is_then_dead() {
    let (base, _) = endpoints().await;
    let (outbox, clock) = (Arc::new(Outbox::default()), Arc::new(ManualClock::new(T0)));
    let id = outbox.add("whe_1", &format!("{base}/fail"));
    let _worker = start(&outbox, &clock);
    for attempt in 1..=8 {
        outbox.has_finished(attempt).await;
        assert_eq!(outbox.outcomes(&id).len(), attempt);
        while let Some(due) = outbox.due_at(&id)
            && clock.now() < due
        {
            clock.advance_to_next().await;
        }
    }
    assert_eq!(outbox.due_at(&id), None, "dead");
    let DeliveryOutcome::Failed { status, error } = &outbox.outcomes(&id)[0] else { panic!() };
    assert_eq!((*status, error.as_str()), (Some(502), "the endpoint answered 502 Bad Gateway"));
}

#[tokio::test]
async fn a_slow_endpoint_does_not_stop_the_others() {
    let (base, received) = endpoints().await;
    let (outbox, clock) = (Arc::new(Outbox::default()), Arc::new(ManualClock::new(T0)));
    for _ in 0..200 {
        outbox.add("whe_slow", &format!("{base}/hang"));
    }
    for n in 0..100 {
        outbox.add(&format!("whe_{}", n % 3), &format!("{base}/take"));
    }
    let _worker = start(&outbox, &clock);
    outbox.has_finished(100).await;
    assert_eq!(received.lock().unwrap().len(), 100);
}

#[tokio::test]
async fn deliveries_of_a_deleted_endpoint_end() {
    let (base, _) = endpoints().await;
    let (outbox, clock) = (Arc::new(Outbox::default()), Arc::new(ManualClock::new(T0)));
    let gone = outbox.add("deleted", &format!("{base}/take"));
    let refused = outbox.add("whe_1", "http://169.254.169.254/hook");
    let _worker = start(&outbox, &clock);
    outbox.has_finished(2).await;
    assert!(matches!(&outbox.outcomes(&gone)[0], DeliveryOutcome::Failed { .. }));
    assert_eq!(outbox.due_at(&gone), None);
    let DeliveryOutcome::Failed { error, .. } = &outbox.outcomes(&refused)[0] else { panic!() };
    assert!(error.contains("link-local") && outbox.due_at(&refused).is_some(), "{error}");
}
