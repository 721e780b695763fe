//! Calls: what is sent, what is tried again and when, and where failures go.

use super::*;

/// One call of a service without a signature, and two ends for its failures.
fn call(extra: &str) -> String {
    let nodes = format!(
        r#"{{"id":"c","type":"service_call","service":"custom:svc","method":"POST","path":"/x/${{trigger.id}}",
             "headers":{{"X-A":"${{trigger.id}}"}},"body":{{"a":"${{trigger.id}}"}}{extra}}},
           {{"id":"done","type":"end","output":"${{step.c.output}}"}},
           {{"id":"busy","type":"decision","defaultCase":"gone",
             "conditions":[{{"when":"step.c.error.body.code == 'busy' && step.c.error.status == 503","next":"wait"}}]}},
           {{"id":"wait","type":"end","output":{{"later":true}}}},
           {{"id":"gone","type":"end","output":{{"later":false}}}},
           {{"id":"lost","type":"end","output":{{"code":"${{step.c.error.code}}"}}}}"#
    );
    spec("c", &nodes, &[("c", "done")])
}

fn retrying(max: u32, backoff: &str, on: &str) -> String {
    let retry = format!(
        r#","retry":{{"maxAttempts":{max},"backoff":"{backoff}","retryOn":[{on}]}},
           "onError":{{"lost":"route_to:lost","5xx":"route_to:busy"}}"#
    );
    call(&retry)
}

const ID: &str = r#"{"id":"a b"}"#;

#[test]
fn a_request_is_what_was_templated_and_the_same_on_every_attempt() {
    let mut sim = Sim::started(&call(r#","retry":{"maxAttempts":2}"#), ID);
    let (first, request) = sim.request();
    insta::assert_snapshot!(sim.log(), @r#"
    running
    0 c Running {"method":"POST","path":"/x/a%20b","headers":{"X-A":"a b"},"body":{"a":"a b"}}
    "#);
    assert_eq!(request.headers, [("X-A".to_owned(), "a b".to_owned())]);
    sim.break_call(failed(FailureClass::NotSent, None));
    sim.fire();
    let (second, again) = sim.request();
    assert_eq!((first, second), (1, 2));
    assert_eq!(again, request);
    sim.answer(ok(r#"{"fine":true}"#));
    insta::assert_snapshot!(sim.log(), @r#"
    0 retried after 1: call_failed: `svc` failed: NotSent
    timer 1 +215
    timer cleared
    0 Succeeded x2 {"fine":true}
    1 done Running
    1 Succeeded x1 {"fine":true}
    ended Succeeded {"fine":true}
    "#);
}

#[test]
fn delays_double_under_full_jitter_and_are_the_same_in_a_replay() {
    let delays = |seed: u8| {
        let mut sim = Sim::new(&retrying(9, "exponential", r#""5xx""#), ID);
        sim.start.seed = [seed; 16];
        sim.apply(EventKind::Started).unwrap();
        (1..9)
            .map(|_| {
                let at = sim.now;
                sim.break_call(failed(FailureClass::Status(503), None));
                sim.fire();
                sim.now.since(at)
            })
            .collect::<Vec<u64>>()
    };
    assert_eq!(delays(1), delays(1));
    assert_ne!(delays(1), delays(2));
    let ceilings = [500, 1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000];
    let mut sums = [0; 8];
    for seed in 0..64 {
        for (n, delay) in delays(seed).into_iter().enumerate() {
            assert!(delay <= ceilings[n], "attempt {}: {delay}", n + 2);
            sums[n] += delay;
        }
    }
    for (sum, ceiling) in sums.into_iter().zip(ceilings) {
        let mean = sum / 64;
        assert!(mean > ceiling / 4 && mean < ceiling * 3 / 4, "full jitter: {mean} of {ceiling}");
    }
}

#[test]
fn a_service_that_says_when_to_come_back_is_listened_to() {
    let mut sim = Sim::started(&retrying(3, "fixed", r#""429""#), ID);
    let mut failure = failed(FailureClass::Status(429), None);
    sim.break_call(failure.clone());
    assert_eq!(sim.timer().unwrap().2, NOON.plus(500));
    sim.fire();
    failure.retry_after_ms = Some(7_000);
    sim.break_call(failure.clone());
    assert_eq!(sim.timer().unwrap().2, NOON.plus(7_500));
    sim.fire();
    sim.break_call(failure);
    assert_eq!(sim.state.status(), ExecutionStatus::Failed, "three attempts are three attempts");
    let mut sim = Sim::started(&retrying(3, "fixed", r#""429""#), ID);
    let mut failure = failed(FailureClass::Status(429), None);
    failure.retry_after_ms = Some(u64::MAX);
    sim.break_call(failure);
    assert_eq!(sim.timer().unwrap().2, NOON.plus(24 * 3_600_000), "within reason");
}

#[test]
fn only_what_is_named_is_tried_again() {
    use FailureClass::{BadResponse, Broken, NotSent, Refused, Status, Timeout};
    let all = [
        Status(500),
        Status(599),
        Status(429),
        Status(404),
        Timeout,
        NotSent,
        Broken,
        BadResponse,
        Refused,
    ];
    let retried = |on: &str| {
        let tried = |class: &FailureClass| {
            let mut sim = Sim::started(&retrying(2, "fixed", on), ID);
            sim.break_call(failed(*class, None));
            sim.timer().is_some()
        };
        all.into_iter().filter(tried).collect::<Vec<_>>()
    };
    assert_eq!(retried(r#""5xx""#), [Status(500), Status(599)]);
    assert_eq!(retried(r#""timeout""#), [Timeout]);
    assert_eq!(retried(r#""network""#), [NotSent, Broken]);
    assert_eq!(retried(r#""429","404""#), [Status(429), Status(404)]);
}

#[test]
fn failures_take_the_first_route_that_is_theirs() {
    let end = |class: FailureClass, body: Option<&str>| {
        let mut sim = Sim::started(&retrying(1, "fixed", r#""5xx""#), ID);
        sim.log();
        sim.break_call(failed(class, body));
        sim.log()
    };
    insta::assert_snapshot!(end(FailureClass::Status(503), Some(r#"{"code":"busy"}"#)), @r#"
    0 Failed x1 call_failed: `svc` failed: Status(503) (503)
    0 error body {"code":"busy"}
    1 busy Running
    1 Succeeded x1 {"selected":"wait"}
    2 wait Running
    2 Succeeded x1 {"later":true}
    ended Succeeded {"later":true}
    "#);
    insta::assert_snapshot!(end(FailureClass::Status(409), Some(r#"{"error":{"code":"lost"}}"#)), @r#"
    0 Failed x1 call_failed: `svc` failed: Status(409) (409)
    0 error body {"error":{"code":"lost"}}
    1 lost Running
    1 Succeeded x1 {"code":"call_failed"}
    ended Succeeded {"code":"call_failed"}
    "#);
    insta::assert_snapshot!(end(FailureClass::Timeout, None), @r"
    0 Failed x1 call_timeout: `svc` failed: Timeout
    ended Failed call_timeout: `svc` failed: Timeout in 0
    ");
}

#[test]
fn an_answer_without_its_output_fails_the_step() {
    let nodes = r#"{"id":"c","type":"service_call","service":"aml","method":"POST","path":"/api/screenings",
        "body":{"lane":"onboarding","customerId":"c","subjectType":"individual","fullName":"n","nik":"1"}}"#;
    let mut sim = Sim::started(&spec("c", nodes, &[]), "{}");
    sim.log();
    sim.answer(ok(r#"{"ok":true}"#));
    insta::assert_snapshot!(sim.log(), @r"
    0 Failed x1 call_failed: the answer of `aml` (200) has no field `data`, which would be the step's output (200)
    ended Failed call_failed: the answer of `aml` (200) has no field `data`, which would be the step's output (200) in 0
    ");
}

#[test]
fn late_and_foreign_answers_are_stale() {
    let mut sim = Sim::started(&retrying(3, "fixed", r#""5xx""#), ID);
    let answer = |frame, attempt| EventKind::CallSucceeded {
        frame: FrameId(frame),
        attempt,
        response: ok("{}"),
    };
    assert_eq!(sim.apply(answer(0, 2)), Err(Refused::Stale));
    assert_eq!(sim.apply(answer(1, 1)), Err(Refused::Stale));
    assert_eq!(sim.apply(EventKind::Started), Err(Refused::Stale));
    assert_eq!(sim.decide(Decision::Approve), Err(Refused::NotWaiting));
    sim.break_call(failed(FailureClass::Status(500), None));
    assert_eq!(sim.apply(answer(0, 1)), Err(Refused::Stale), "the attempt was given up");
    let old = EventKind::TimerFired { frame: FrameId(0), timer: 0 };
    assert_eq!(sim.apply(old), Err(Refused::Stale));
    sim.fire();
    assert_eq!(sim.apply(answer(0, 1)), Err(Refused::Stale), "another attempt is under way");
    sim.answer(ok("{}"));
    assert_eq!(sim.apply(answer(0, 2)), Err(Refused::Finished));
}

#[test]
fn an_answer_nested_without_end_is_refused() {
    let mut sim = Sim::started(&call(""), ID);
    sim.log();
    let deep = format!("{}1{}", "[".repeat(120), "]".repeat(120));
    sim.answer(ok(&deep));
    insta::assert_snapshot!(sim.log(), @r"
    0 Failed x1 value_refused: its output cannot be kept: the value is nested more than 96 deep
    ended Failed value_refused: its output cannot be kept: the value is nested more than 96 deep in 0
    ");
}

#[test]
fn an_optional_step_may_fail_and_the_run_goes_on() {
    let nodes = r#"
        {"id":"c","type":"service_call","service":"custom:svc","method":"POST","path":"/x","optional":true,
         "retry":{"maxAttempts":1},"onError":{"busy":"route_to:last"}},
        {"id":"t","type":"transform","value":"${int(trigger.id)}","optional":true},
        {"id":"last","type":"transform","optional":true,
         "value":"${[coalesce(step.c.output.n, step.c.error.code, 0), coalesce(step.t.error.code, step.t.output, 0), 1 / trigger.n]}"}"#;
    let run = |inputs: &str, failure: Option<&str>| {
        let mut sim = Sim::started(&spec("c", nodes, &[("c", "t"), ("t", "last")]), inputs);
        sim.log();
        match failure {
            None => sim.answer(ok(r#"{"n":7}"#)),
            Some(body) => sim.break_call(failed(FailureClass::Status(500), Some(body))),
        }
        sim.log()
    };
    insta::assert_snapshot!(run(r#"{"id":"5","n":1}"#, None), @r#"
    0 Succeeded x1 {"n":7}
    1 t Running
    1 Succeeded x1 5
    2 last Running
    2 Succeeded x1 [7,5,1]
    ended Succeeded [7,5,1]
    "#);
    insta::assert_snapshot!(run(r#"{"id":"x","n":1}"#, Some("{}")), @r#"
    0 Failed x1 call_failed: `svc` failed: Status(500) (500)
    1 t Running
    1 Failed x1 template_failed: `trigger.id`: `int` cannot convert this; it met "x"
    2 last Running
    2 Succeeded x1 ["call_failed","template_failed",1]
    ended Succeeded ["call_failed","template_failed",1]
    "#);
    // A route of its own comes first; and a run may end with a step that failed.
    insta::assert_snapshot!(run(r#"{"id":"5","n":0}"#, Some(r#"{"code":"busy"}"#)), @r#"
    0 Failed x1 call_failed: `svc` failed: Status(500) (500)
    1 last Running
    1 Failed x1 template_failed: division by zero; it met an int
    ended Succeeded
    "#);
}
