//! Events and the runs that wait for them: brought together once, whichever comes first.

use super::runs::{FRAME, Held, by, publish};
use super::*;
use crate::engine::{Arrival, Journal};
use crate::limits::EVENT_RETENTION_MS;
use crate::machine::{EventKind, ExecutionStatus, StepOrdinal};
use writ_compiler::value::Value;

const LISTENING: &str = r#"{"startNodeId":"w","nodes":[
    {"id":"w","type":"wait","event":"it.came","correlation":"c","timeoutMs":60000}],"edges":[]}"#;

async fn send(store: &Store, data: &str) -> Received {
    let event = NewEvent {
        event: "it.came".into(),
        correlation: Some("c".into()),
        data: Value::from(data),
        sender_id: None,
        body_hash: [0; 32],
        by: by(),
    };
    store.receive_event(event).await.unwrap()
}

fn delivered(received: &Received) -> u32 {
    let Received::New(row) = received else { panic!("{received:?}") };
    row.delivered
}

/// A run that waits.
async fn listening(store: &Store, version: &Arc<PublishedVersion>, id: &str) -> Held {
    let mut held = Held::accept_as(store, version, id).await;
    held.on(EventKind::Started).await;
    held
}

async fn on_their_way(store: &Store) -> Vec<(RunKey, Value)> {
    let arrivals = store.arrivals(10).await.unwrap();
    arrivals.into_iter().map(|Arrival { run, data, .. }| (run, data)).collect()
}

fn heard() -> EventKind {
    EventKind::EventReceived { frame: FRAME, ordinal: StepOrdinal(0), data: Value::from("one") }
}

fn cancelled() -> EventKind {
    EventKind::Cancelled { reason: None, actor_user_id: None }
}

#[tokio::test]
async fn an_event_is_on_its_way_until_its_run_has_it() {
    let place = Place::new();
    let store = place.open();
    let version = publish(&store, "listen", LISTENING).await;
    let mut held = listening(&store, &version, "1").await;
    assert_eq!(store.unfinished(RunKey(0), 9).await.unwrap().runnable, [], "it only waits");
    assert_eq!(delivered(&send(&store, "one").await), 1);
    assert_eq!(delivered(&send(&store, "two").await), 0, "a wait takes one event");
    store.close().await;

    let store = place.open();
    assert_eq!(on_their_way(&store).await, [(held.run.run, Value::from("one"))]);
    let later = held.now.plus(100_000_000);
    assert_eq!(store.due_timers(later, 9).await.unwrap(), (vec![], None), "it came in time");
    held.store = store.clone();
    held.on(heard()).await;
    assert_eq!(held.read().await.status, ExecutionStatus::Succeeded);
    assert_eq!(on_their_way(&store).await, []);
    let left = "SELECT count(*) FROM inbox WHERE data IS NOT NULL";
    let left: u32 = place.sqlite().query_row(left, [], |row| row.get(0)).unwrap();
    assert_eq!(left, 1, "what was received is not kept twice");
    let next = listening(&store, &version, "2").await;
    assert_eq!(on_their_way(&store).await, [(next.run.run, Value::from("two"))]);
    assert!(!place.holds("\"two\""), "what nobody has declared is sealed");
}

#[tokio::test]
async fn an_event_whose_run_has_gone_goes_to_the_next() {
    let place = Place::new();
    let store = place.open();
    let version = publish(&store, "listen", LISTENING).await;
    let mut first = listening(&store, &version, "1").await;
    assert_eq!(delivered(&send(&store, "one").await), 1);
    let mut second = listening(&store, &version, "2").await;
    let third = listening(&store, &version, "3").await;
    first.on(cancelled()).await;
    assert_eq!(on_their_way(&store).await, [(second.run.run, Value::from("one"))]);
    second.on(heard()).await;
    assert_eq!(on_their_way(&store).await, [], "one run has it");

    // Of two runs that were given it, one having it is enough.
    let mut fourth = listening(&store, &version, "4").await;
    assert_eq!(delivered(&send(&store, "both").await), 2);
    fourth.on(heard()).await;
    let mut third = third;
    third.on(cancelled()).await;
    listening(&store, &version, "5").await;
    assert_eq!(on_their_way(&store).await, []);
}

#[tokio::test]
async fn events_are_not_kept_for_ever() {
    let place = Place::new();
    let store = place.open();
    let version = publish(&store, "listen", LISTENING).await;
    send(&store, "old").await;
    let age = "UPDATE inbox SET received_at = received_at - ?1 - 1000000";
    place.sqlite().execute(age, [EVENT_RETENTION_MS]).unwrap();
    let held = listening(&store, &version, "1").await;
    assert_eq!(on_their_way(&store).await, [], "its time is over");
    send(&store, "new").await;
    assert_eq!(on_their_way(&store).await, [(held.run.run, Value::from("new"))]);
    let count: u32 =
        place.sqlite().query_row("SELECT count(*) FROM inbox", [], |row| row.get(0)).unwrap();
    assert_eq!(count, 1);
}
