//! Approvals: asked, decided, rejected, and left alone.

use super::*;

fn approval(extra: &str) -> String {
    let nodes = format!(
        r#"{{"id":"ask","type":"human_approval","actionLabel":"Look at ${{trigger.id}}","assignTo":"role:analyst",
             "data":{{"id":"${{trigger.id}}"}}{extra}}},
           {{"id":"yes","type":"end","output":"${{step.ask.output}}"}},
           {{"id":"other","type":"end","output":{{"went":"elsewhere"}}}}"#
    );
    spec("ask", &nodes, &[("ask", "yes")])
}

fn asked(extra: &str) -> Sim {
    Sim::started(&approval(extra), r#"{"id":"a"}"#)
}

#[test]
fn an_approval_is_asked_for_and_given_once() {
    let mut sim = asked(r#","timeoutHours":1"#);
    assert_eq!(sim.state.status(), ExecutionStatus::AwaitingApproval);
    insta::assert_snapshot!(sim.log(), @r#"
    running
    0 ask AwaitingApproval {"label":"Look at a","assignTo":"role:analyst","data":{"id":"a"}}
    0 asks "Look at a" Some("role:analyst") Some(Map({"id": String("a")})) due Some(3600000)
    timer 1 +3600000
    "#);
    sim.now = sim.now.plus(60_000);
    sim.decide(Decision::Approve).unwrap();
    insta::assert_snapshot!(sim.log(), @r#"
    0 closed
    timer cleared
    0 Succeeded x1 {"decision":"approve","notes":"Looked at it twice, all is well.","actorUserId":"usr_1","decidedAt":"2026-05-01T12:01:00.000Z"}
    1 yes Running
    1 Succeeded x1 {"decision":"approve","notes":"Looked at it twice, all is well.","actorUserId":"usr_1","decidedAt":"2026-05-01T12:01:00.000Z"}
    ended Succeeded {"decision":"approve","notes":"Looked at it twice, all is well.","actorUserId":"usr_1","decidedAt":"2026-05-01T12:01:00.000Z"}
    "#);
    assert_eq!(sim.decide(Decision::Approve), Err(Refused::Finished));
}

#[test]
fn what_the_approver_filled_in_is_part_of_the_output() {
    let form = r#","form":{"type":"object","properties":{"limit":{"type":"integer"}},"required":["limit"]},"onReject":"route_to:other""#;
    for (decision, expected) in
        [(Decision::Approve, r#""form":{"limit":5}"#), (Decision::Reject, "elsewhere")]
    {
        let mut sim = asked(form);
        sim.log();
        let limit = Value::record([("limit", Value::from(5_i64))]);
        sim.apply(EventKind::Decided {
            frame: FrameId(0),
            decision,
            notes: "Looked at it twice, all is well.".to_owned(),
            actor_user_id: None,
            form: Some(limit),
        })
        .unwrap();
        let log = sim.log();
        assert!(log.contains(expected), "{log}");
        assert_eq!(log.contains("limit"), decision == Decision::Approve, "{log}");
    }
}

#[test]
fn a_rejection_goes_where_the_author_says_or_fails_the_run() {
    let mut sim = asked("");
    sim.log();
    sim.decide(Decision::Reject).unwrap();
    insta::assert_snapshot!(sim.log(), @r"
    0 closed
    0 Failed x1 approval_rejected: `ask` was rejected: Looked at it twice, all is well.
    ended Failed approval_rejected: `ask` was rejected: Looked at it twice, all is well. in 0
    ");
    let mut sim = asked(r#","onReject":"route_to:other""#);
    sim.log();
    sim.decide(Decision::Reject).unwrap();
    let log = sim.log();
    assert!(log.contains(r#""decision":"reject""#), "{log}");
    assert!(log.ends_with("ended Succeeded {\"went\":\"elsewhere\"}\n"), "{log}");
}

#[test]
fn a_decision_that_follows_takes_the_rejection() {
    let nodes = r#"{"id":"ask","type":"human_approval"},
        {"id":"d","type":"decision","expression":"step.ask.output.decision",
         "cases":{"approve":{"next":"yes"},"reject":{"next":"no"}}},
        {"id":"yes","type":"end","output":"yes"},{"id":"no","type":"end","output":"no"}"#;
    let mut sim = Sim::started(&spec("ask", nodes, &[("ask", "d")]), "{}");
    assert!(sim.log().contains(r#"asks "ask""#), "the step's id stands for a label");
    sim.decide(Decision::Reject).unwrap();
    assert!(sim.log().ends_with("ended Succeeded \"no\"\n"));
}

#[test]
fn an_approval_that_nobody_gives_expires() {
    let expired = |extra: &str| {
        let mut sim = asked(&format!(r#","timeoutHours":1{extra}"#));
        sim.log();
        sim.fire();
        sim.log()
    };
    insta::assert_snapshot!(expired(""), @r"
    0 closed
    timer cleared
    0 Failed x1 approval_timeout: nobody decided `ask` in time
    ended Failed approval_timeout: nobody decided `ask` in time in 0
    ");
    insta::assert_snapshot!(expired(r#","onTimeout":"route_to:other""#), @r#"
    0 closed
    timer cleared
    0 Failed x1 approval_timeout: nobody decided `ask` in time
    1 other Running
    1 Succeeded x1 {"went":"elsewhere"}
    ended Succeeded {"went":"elsewhere"}
    "#);
    insta::assert_snapshot!(expired(r#","onTimeout":"reject""#), @r"
    0 closed
    timer cleared
    0 Failed x1 approval_rejected: `ask` was rejected: Nobody decided in time.
    ended Failed approval_rejected: `ask` was rejected: Nobody decided in time. in 0
    ");
    let log = expired(r#","onTimeout":"reject","onReject":"route_to:other""#);
    assert!(log.contains(r#""notes":"Nobody decided in time.","actorUserId":null"#), "{log}");
}

#[test]
fn a_run_that_is_cancelled_asks_no_more() {
    let mut sim = asked(r#","timeoutHours":1"#);
    sim.log();
    sim.apply(EventKind::Cancelled { reason: None, actor_user_id: None }).unwrap();
    insta::assert_snapshot!(sim.log(), @r"
    0 closed
    timer cleared
    0 Cancelled x1
    ended Cancelled cancelled: it was cancelled on request
    ");
}
