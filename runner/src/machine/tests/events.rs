//! Waits for events: heard, missed, and given up.

use super::*;

fn listening(extra: &str) -> Sim {
    let nodes = format!(
        r#"{{"id":"paid","type":"wait","event":"invoice.paid"{extra}}},
           {{"id":"yes","type":"end","output":"${{step.paid.output}}"}},
           {{"id":"late","type":"end","output":{{"went":"elsewhere"}}}}"#
    );
    Sim::started(&spec("paid", &nodes, &[("paid", "yes")]), r#"{"id":"inv_1","none":""}"#)
}

fn hear(sim: &mut Sim, ordinal: u32) -> Result<(), Refused> {
    let (frame, ordinal) = (FrameId(0), StepOrdinal(ordinal));
    sim.apply(EventKind::EventReceived { frame, ordinal, data: json(r#"{"amount":5}"#) })
}

const TIMED: &str =
    r#","correlation":"${trigger.id}","timeoutMs":60000,"onTimeout":"route_to:late""#;

#[test]
fn an_event_is_heard_once() {
    let mut sim = listening(TIMED);
    assert_eq!(sim.state.status(), ExecutionStatus::Running);
    insta::assert_snapshot!(sim.log(), @r#"
    running
    0 paid Running {"event":"invoice.paid","correlation":"inv_1","until":"2026-05-01T12:01:00.000Z"}
    0 listens for invoice.paid Some("inv_1")
    timer 1 +60000
    "#);
    sim.now = sim.now.plus(1_000);
    assert_eq!(hear(&mut sim, 1), Err(Refused::Stale), "it is for another step");
    hear(&mut sim, 0).unwrap();
    insta::assert_snapshot!(sim.log(), @r#"
    0 closed, came: true
    timer cleared
    0 Succeeded x1 {"resumedAt":"2026-05-01T12:00:01.000Z","event":"invoice.paid","data":{"amount":5}}
    1 yes Running
    1 Succeeded x1 {"resumedAt":"2026-05-01T12:00:01.000Z","event":"invoice.paid","data":{"amount":5}}
    ended Succeeded {"resumedAt":"2026-05-01T12:00:01.000Z","event":"invoice.paid","data":{"amount":5}}
    "#);
    assert_eq!(hear(&mut sim, 0), Err(Refused::Finished));
}

#[test]
fn without_a_time_limit_it_is_waited_for_as_long_as_it_takes() {
    let mut sim = listening("");
    insta::assert_snapshot!(sim.log(), @r#"
    running
    0 paid Running {"event":"invoice.paid"}
    0 listens for invoice.paid None
    "#);
    assert_eq!(sim.timer(), None);
    sim.now = sim.now.plus(100_000_000_000);
    hear(&mut sim, 0).unwrap();
    assert!(sim.log().contains("ended Succeeded"));
}

#[test]
fn an_event_that_does_not_come_is_missed() {
    let mut sim = listening(TIMED);
    sim.log();
    sim.fire();
    insta::assert_snapshot!(sim.log(), @r#"
    0 closed, came: false
    timer cleared
    0 Failed x1 event_timeout: no event came for `paid` in time
    1 late Running
    1 Succeeded x1 {"went":"elsewhere"}
    ended Succeeded {"went":"elsewhere"}
    "#);
    let mut sim = listening(r#","timeoutMs":1"#);
    sim.log();
    sim.fire();
    insta::assert_snapshot!(sim.log(), @r#"
    0 closed, came: false
    timer cleared
    0 Failed x1 event_timeout: no event came for `paid` in time
    ended Failed event_timeout: no event came for `paid` in time in 0
    "#);
}

#[test]
fn an_optional_wait_is_missed_without_harm() {
    let nodes = r#"{"id":"paid","type":"wait","event":"invoice.paid","timeoutMs":1,"optional":true},
        {"id":"yes","type":"end","output":"${step.?paid.output.data.orValue('nothing came')}"}"#;
    let mut sim = Sim::started(&spec("paid", nodes, &[("paid", "yes")]), "{}");
    sim.fire();
    assert!(sim.log().ends_with("ended Succeeded \"nothing came\"\n"));
}

#[test]
fn a_correlation_that_is_none_fails_the_step() {
    let mut sim = listening(r#","correlation":"${trigger.none}""#);
    insta::assert_snapshot!(sim.log(), @r#"
    running
    0 paid Running
    0 Failed x1 template_failed: the correlation must have 1 to 255 characters
    ended Failed template_failed: the correlation must have 1 to 255 characters in 0
    "#);
}

#[test]
fn a_run_that_is_cancelled_listens_no_more() {
    let mut sim = listening(TIMED);
    sim.log();
    sim.apply(EventKind::Cancelled { reason: None, actor_user_id: None }).unwrap();
    insta::assert_snapshot!(sim.log(), @r#"
    0 closed, came: false
    timer cleared
    0 Cancelled x1
    ended Cancelled cancelled: it was cancelled on request
    "#);
}
