//! The engine over a journal that fails and services that misbehave, in virtual time.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use super::*;
use crate::limits::ENGINE_BATCH_MAX;
use crate::machine::{CallFailure, Decision, ExecutionStatus, FailureClass, FrameId};
use std::collections::HashMap;
use support::*;
use tokio::sync::watch;

fn approve() -> EventKind {
    EventKind::Decided {
        frame: FrameId(0),
        decision: Decision::Approve,
        notes: "Looked at it twice, all is well.".to_owned(),
        actor_user_id: None,
        form: None,
    }
}

fn cancel() -> EventKind {
    EventKind::Cancelled { reason: None, actor_user_id: None }
}

/// Waits until something holds of an engine, which tells nobody when it changes.
async fn until(what: &str, holds: impl Fn() -> bool) {
    let wait = async {
        while !holds() {
            tokio::task::yield_now().await;
        }
    };
    let outcome = tokio::time::timeout(Duration::from_secs(30), wait).await;
    assert!(outcome.is_ok(), "waited in vain until {what}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_runs_take_their_turns() {
    let world = World::new(good);
    let engine = world.engine(few(8, 16));
    for n in 0..1_000 {
        let run = world.journal.accept(TWO_CALLS);
        // Fresh, or as a key: either way it is worked on once.
        if n % 2 == 0 { engine.submit_new(run) } else { engine.submit(run.run) }
    }
    world.journal.all_ended().await;
    assert!(world.services.at_once_max.load(Ordering::SeqCst) <= 8);
    assert_eq!(world.calls().len(), 2_000);
    for n in 0..1_000 {
        assert_eq!(world.journal.status(RunKey(n)), ExecutionStatus::Succeeded);
        assert_eq!(world.journal.history(RunKey(n)), ["started", "succeeded", "succeeded"]);
    }
    until("the engine is idle", || engine.health().active == 0 && engine.health().queued == 0)
        .await;
}

#[tokio::test]
async fn what_was_accepted_earlier_is_taken_up_at_the_start() {
    let world = World::new(good);
    for _ in 0..2 * ENGINE_BATCH_MAX + 10 {
        world.journal.accept(TWO_CALLS);
    }
    let _engine = world.engine(few(8, 16));
    world.journal.all_ended().await;
}

/// Every death leaves a commit hanging, written or not; the next engine goes on over the same journal.
#[tokio::test]
async fn after_every_crash_each_run_goes_on_where_it_was() {
    let world = World::new(good);
    for n in 0..60 {
        world.journal.accept(if n % 3 == 0 { APPROVED } else { TWO_CALLS });
    }
    let mut deaths = 0;
    while world.journal.unfinished_count() > 0 {
        let (commits, written) = (deaths % 11, deaths % 2 == 0);
        world.journal.mood(Mood::DiesAfter { commits, written });
        let engine = world.engine(few(8, 4));
        let approvals = async {
            for n in (0..60).step_by(3).map(RunKey) {
                if world.journal.status(n) == ExecutionStatus::AwaitingApproval {
                    let _ = engine.deliver(n, approve(), Actor::default()).await;
                }
            }
            std::future::pending::<()>().await;
        };
        let dead = world.journal.until("it has died", |j| j.is_dead() || j.unfinished_count() == 0);
        // Where only approvals are left, this engine is over once they have been given.
        tokio::select! { () = dead => {}, () = approvals => {} }
        drop(engine);
        deaths += 1;
        assert!(deaths < 500, "it gets nowhere");
    }
    assert!(deaths > 20, "{deaths}");
    let mut requests = HashMap::new();
    for call in world.calls() {
        let before = requests.insert(call.idempotency_key.clone(), call.clone());
        assert!(before.is_none_or(|before| before == call), "a repeat is the same request");
    }
    assert_eq!(requests.len(), 120, "two steps a run, however often each was called");
}

#[tokio::test]
async fn while_the_journal_fails_nothing_is_done_and_nothing_lost() {
    let world = World::new(good);
    let engine = world.engine(EngineOptions::default());
    let asked = world.journal.accept(APPROVED).run;
    engine.submit(asked);
    world.journal.is(asked, ExecutionStatus::AwaitingApproval).await;
    let before = world.calls().len();

    world.journal.mood(Mood::Unavailable);
    let run = world.journal.accept(TWO_CALLS);
    let key = run.run;
    engine.submit_new(run);
    until("it is known to fail", || engine.health().degraded.is_some()).await;
    assert_eq!(engine.health().degraded.as_deref(), Some("the disk is full"));
    let refused = engine.deliver(asked, approve(), Actor::default()).await;
    assert_eq!(refused, Err(DeliverError::Unavailable("the disk is full".to_owned())));
    // It goes on trying, and goes on not calling.
    for _ in 0..5 {
        world.clock.advance_to_next().await;
        tokio::task::yield_now().await;
    }
    assert_eq!(world.calls().len(), before);

    world.journal.mood(Mood::Fine);
    let turn = async {
        loop {
            world.clock.advance_to_next().await;
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        () = world.journal.is(key, ExecutionStatus::Succeeded) => {}
        () = turn => {}
    }
    assert_eq!(engine.health().degraded, None);
    engine.deliver(asked, approve(), Actor::default()).await.unwrap();
    world.journal.all_ended().await;
}

#[tokio::test]
async fn trouble_that_nobody_meets_any_more_is_not_told_for_ever() {
    let world = World::new(good);
    let engine = world.engine(EngineOptions::default());
    let key = world.journal.accept(APPROVED).run;
    engine.submit(key);
    world.journal.is(key, ExecutionStatus::AwaitingApproval).await;
    until("the parked run has no task", || engine.health().active == 0).await;
    let stored = world.journal.load(key).await.unwrap();
    world.journal.mood(Mood::Unavailable);
    engine.submit_new(stored);
    let refused = engine.deliver(key, approve(), Actor::default()).await;
    assert!(matches!(refused, Err(DeliverError::Unavailable(_))), "{refused:?}");
    assert!(engine.health().degraded.is_some());
    world.journal.mood(Mood::Fine);
    world.clock.advance(6_000);
    assert_eq!(engine.health().degraded, None, "somebody may try again");
}

#[tokio::test]
async fn a_run_that_somebody_else_moved_is_read_again() {
    let (open, gate) = watch::channel(false);
    let world = World::new(move |_, _| Script::When(gate.clone(), r#"{"verdict":"good"}"#));
    let engine = world.engine(EngineOptions::default());
    let run = world.journal.accept(TWO_CALLS);
    let key = run.run;
    engine.submit_new(run);
    world.journal.until("the first call is made", |_| !world.calls().is_empty()).await;
    world.journal.mood(Mood::ConflictNext);
    open.send_replace(true);
    world.journal.is(key, ExecutionStatus::Succeeded).await;
    let calls = world.calls();
    assert_eq!(calls.len(), 3, "what was not recorded is asked again");
    assert_eq!(calls[0], calls[1], "under the same key");
}

#[tokio::test]
async fn a_decision_counts_once() {
    let world = World::new(good);
    let engine = world.engine(EngineOptions::default());
    let key = world.journal.accept(APPROVED).run;
    engine.submit(key);
    world.journal.is(key, ExecutionStatus::AwaitingApproval).await;
    until("the parked run has no task", || engine.health().active == 0).await;
    let decide = || engine.deliver(key, approve(), Actor::default());
    let (first, second, third) = tokio::join!(decide(), decide(), decide());
    let outcomes = [first, second, third];
    let (done, refused): (Vec<_>, Vec<_>) = outcomes.into_iter().partition(Result::is_ok);
    assert_eq!(done, [Ok(Delivered { status: ExecutionStatus::Running })]);
    assert!(refused.iter().all(|r| matches!(r, Err(DeliverError::Refused(_)))), "{refused:?}");
    world.journal.all_ended().await;
    assert_eq!(world.journal.history(key), ["started", "succeeded", "decided", "succeeded"]);
    let late = engine.deliver(key, approve(), Actor::default()).await;
    assert_eq!(late, Err(DeliverError::Refused("the run has ended".to_owned())));
    let nobody = engine.deliver(RunKey(99), approve(), Actor::default()).await;
    assert_eq!(nobody, Err(DeliverError::NotFound));
}

#[tokio::test]
async fn decisions_beyond_the_limit_of_runs_wait_for_their_turn() {
    let (open, gate) = watch::channel(false);
    let world = World::new(move |request, _| match request.path.as_str() {
        "/b" => Script::When(gate.clone(), "null"),
        _ => Script::Answer("null"),
    });
    let engine = world.engine(few(2, 4));
    let keys: Vec<RunKey> = (0..12).map(|_| world.journal.accept(APPROVED).run).collect();
    keys.iter().for_each(|key| engine.submit(*key));
    for key in &keys {
        world.journal.is(*key, ExecutionStatus::AwaitingApproval).await;
    }
    for key in &keys {
        // On disk at once, whether or not the run can be worked on.
        engine.deliver(*key, approve(), Actor::default()).await.unwrap();
    }
    until("two of them are at it", || engine.health().active == 2).await;
    open.send_replace(true);
    world.journal.all_ended().await;
    assert_eq!(world.services.at_once_max.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn a_run_is_cancelled_with_its_call_in_flight_or_before_its_turn() {
    let world = World::new(|_, _| Script::Hang);
    let engine = world.engine(few(1, 4));
    let (first, second) = (world.journal.accept(TWO_CALLS), world.journal.accept(TWO_CALLS));
    let keys = [first.run, second.run];
    engine.submit_new(first);
    engine.submit_new(second);
    world.journal.until("the first run calls", |_| !world.calls().is_empty()).await;
    for key in [keys[1], keys[0]] {
        let done = engine.deliver(key, cancel(), Actor::default()).await;
        assert_eq!(done, Ok(Delivered { status: ExecutionStatus::Cancelled }));
    }
    until("the engine is idle", || engine.health().active == 0 && engine.health().queued == 0)
        .await;
    assert_eq!(world.calls().len(), 1, "a cancelled run makes no call");
}

#[tokio::test]
async fn draining_lets_calls_finish_and_begins_nothing() {
    let (open, gate) = watch::channel(false);
    let world = World::new(move |_, _| Script::When(gate.clone(), r#"{"verdict":"good"}"#));
    let engine = world.engine(EngineOptions::default());
    let run = world.journal.accept(TWO_CALLS);
    let key = run.run;
    engine.submit_new(run);
    world.journal.until("the first call is made", |_| !world.calls().is_empty()).await;
    let drain = engine.drain(Duration::from_secs(60));
    tokio::pin!(drain);
    tokio::select! {
        biased;
        () = &mut drain => panic!("a call is in flight"),
        () = tokio::task::yield_now() => {}
    }
    assert!(engine.health().draining);
    let refused = engine.deliver(key, cancel(), Actor::default()).await;
    assert!(matches!(refused, Err(DeliverError::Unavailable(_))), "{refused:?}");
    let other = world.journal.accept(TWO_CALLS);
    engine.submit_new(other);
    open.send_replace(true);
    drain.await;
    assert_eq!(
        world.journal.history(key),
        ["started", "succeeded"],
        "and the next call is not made"
    );
    assert_eq!(world.calls().len(), 1);
    let _engine = world.engine(EngineOptions::default());
    world.journal.all_ended().await;
}

#[tokio::test]
async fn draining_gives_up_after_its_grace() {
    let world = World::new(|_, _| Script::Hang);
    let engine = world.engine(EngineOptions::default());
    engine.submit_new(world.journal.accept(TWO_CALLS));
    world.journal.until("the call is made", |_| !world.calls().is_empty()).await;
    let drain = engine.drain(Duration::from_secs(3));
    tokio::pin!(drain);
    tokio::select! {
        biased;
        () = &mut drain => panic!("a call is in flight"),
        () = tokio::task::yield_now() => {}
    }
    world.clock.advance(3_000);
    drain.await;
}

#[tokio::test]
async fn a_caller_that_breaks_or_hangs_fails_the_attempt_only() {
    let world = World::new(|_, before| match before {
        0 => Script::Panic,
        1 => Script::Hang,
        _ => Script::Answer(r#"{"verdict":"good"}"#),
    });
    let engine = world.engine(EngineOptions::default());
    let run = world.journal.accept(TWO_CALLS);
    let key = run.run;
    engine.submit_new(run);
    let turn = async {
        loop {
            world.clock.advance_to_next().await;
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        () = world.journal.is(key, ExecutionStatus::Succeeded) => {}
        () = turn => {}
    }
    let once = ["failed", "timer", "failed", "timer", "succeeded"];
    assert_eq!(world.journal.history(key), [&["started"][..], &once, &once].concat());
}

#[tokio::test]
async fn timers_wake_parked_runs_also_of_an_earlier_engine() {
    let world = World::new(good);
    let engine = world.engine(few(4, 8));
    let count = ENGINE_BATCH_MAX + 50;
    for _ in 0..count {
        engine.submit_new(world.journal.accept(WAITING));
    }
    let parked = |journal: &Memory| {
        (0..count).all(|n| journal.history(RunKey(i64::try_from(n).unwrap())).len() == 1)
    };
    world.journal.until("all of them wait", parked).await;
    until("nothing is under way", || engine.health().active == 0).await;
    drop(engine);
    let engine = world.engine(few(4, 8));
    world.clock.advance(3_599_999);
    tokio::task::yield_now().await;
    assert_eq!(world.journal.unfinished_count(), count, "none is early");
    world.clock.advance(1);
    world.journal.all_ended().await;
    drop(engine);
}

#[tokio::test]
async fn a_failed_call_is_made_again_after_its_delay() {
    let world = World::new(|_, before| match before {
        0 => Script::Fail(CallFailure {
            class: FailureClass::Status(503),
            message: "`svc` answered 503".to_owned(),
            response: None,
            retry_after_ms: Some(2_000),
        }),
        _ => Script::Answer(r#"{"verdict":"good"}"#),
    });
    let engine = world.engine(EngineOptions::default());
    let run = world.journal.accept(TWO_CALLS);
    let key = run.run;
    engine.submit_new(run);
    world.journal.until("it failed", |j| j.history(key) == ["started", "failed"]).await;
    until("the run is parked", || engine.health().active == 0).await;
    world.clock.advance(1_999);
    tokio::task::yield_now().await;
    assert_eq!(world.calls().len(), 1);
    world.clock.advance(1);
    world.journal.until("it is tried again", |_| world.calls().len() == 2).await;
    let calls = world.calls();
    assert_eq!(calls[0], calls[1]);
}

#[tokio::test]
async fn a_run_without_a_program_says_so() {
    let world = World::new(good);
    let run = world.journal.accept(TWO_CALLS);
    world.journal.forget_programs();
    let engine = world.engine(EngineOptions::default());
    let key = run.run;
    engine.submit_new(run);
    world.journal.is(key, ExecutionStatus::Failed).await;
    assert_eq!(world.journal.history(key), ["abandoned"]);
}

#[tokio::test]
async fn events_are_brought_to_runs_and_again_after_a_crash_or_trouble() {
    let world = World::new(good);
    let engine = world.engine(EngineOptions::default());
    let runs: Vec<RunKey> = (0..3).map(|_| world.journal.accept(LISTENING).run).collect();
    for run in &runs {
        engine.submit(*run);
        world.journal.is(*run, ExecutionStatus::Running).await;
    }
    world.journal.send(runs[0]);
    engine.events_came();
    world.journal.is(runs[0], ExecutionStatus::Succeeded).await;

    world.journal.mood(Mood::Unavailable);
    world.journal.send(runs[1]);
    engine.events_came();
    until("it is known to fail", || engine.health().degraded.is_some()).await;
    world.journal.mood(Mood::Fine);
    let turn = async {
        loop {
            world.clock.advance_to_next().await;
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        () = world.journal.is(runs[1], ExecutionStatus::Succeeded) => {}
        () = turn => {}
    }

    // It is on disk, and nobody has been told.
    drop(engine);
    world.journal.send(runs[2]);
    let _engine = world.engine(EngineOptions::default());
    world.journal.is(runs[2], ExecutionStatus::Succeeded).await;
    assert_eq!(world.journal.history(runs[2]), ["started", "event"]);
}
