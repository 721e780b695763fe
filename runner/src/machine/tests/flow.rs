//! Steps that need nobody: decisions, transforms, emits, waits, ends; and the quickstart from end to end.

use super::*;
use writ_compiler::bytecode::{Op, Pc};

fn capture(verdict: &str) -> CallResponse {
    ok(&format!(
        r#"{{"ktpBundle":{{"verdict":"{verdict}","ocr":{{"fullName":"Siti","nik":"31"}}}}}}"#
    ))
}

#[test]
fn the_quickstart_takes_three_transitions_when_all_is_well() {
    let mut sim = Sim::started(QUICKSTART, INPUTS);
    insta::assert_snapshot!(sim.log(), @r#"
    running
    0 kyc Running {"method":"POST","path":"/api/identity/document/ktp/capture","body":{"customerId":"cus_1","bundle":{"version":"1"},"hmacKey":"s3cret"}}
    "#);
    let (attempt, request) = sim.request();
    assert_eq!((attempt, request.path.as_str()), (1, "/api/identity/document/ktp/capture"));
    assert!(crate::ids::is("stp", &request.idempotency_key));
    sim.now = sim.now.plus(20);
    sim.answer(capture("passed"));
    insta::assert_snapshot!(sim.log(), @r#"
    0 Succeeded x1 {"ktpBundle":{"verdict":"passed","ocr":{"fullName":"Siti","nik":"31"}}}
    1 branch_on_ktp Running
    1 Succeeded x1 {"selected":"passed"}
    2 screening Running {"method":"POST","path":"/api/screenings","body":{"lane":"onboarding","customerId":"cus_1","subjectType":"individual","fullName":"Siti","nik":"31","externalId":"stp_01KQHPHXGM91Q5GGP117655JPV"}}
    "#);
    sim.answer(ok(r#"{"ok":true,"data":{"screeningId":"scr_1","status":"no_match"}}"#));
    insta::assert_snapshot!(sim.log(), @r#"
    2 Succeeded x1 {"screeningId":"scr_1","status":"no_match"}
    ended Succeeded {"screeningId":"scr_1","status":"no_match"}
    "#);
    assert_eq!(sim.state.status(), ExecutionStatus::Succeeded);
    assert_eq!(sim.apply(EventKind::Started), Err(Refused::Finished));
}

/// The quickstart as it was compiled when format 1 was made: every later release runs it the same.
#[test]
fn the_first_program_runs_for_ever() {
    let first = include_bytes!("../../../../tests/cases/quickstart/program.writc");
    let run = |verdict: &str| {
        let mut sim = Sim::of(Program::load(first).unwrap(), json(INPUTS));
        sim.apply(EventKind::Started).unwrap();
        sim.answer(capture(verdict));
        if verdict == "requires_review" {
            sim.decide(Decision::Approve).unwrap();
        }
        if sim.state.status() == ExecutionStatus::Running {
            sim.answer(ok(r#"{"ok":true,"data":{"screeningId":"scr_1","status":"no_match"}}"#));
        }
        sim.log()
    };
    insta::assert_snapshot!(run("requires_review"), @r#"
    running
    0 kyc Running {"method":"POST","path":"/api/identity/document/ktp/capture","body":{"customerId":"cus_1","bundle":{"version":"1"},"hmacKey":"s3cret"}}
    0 Succeeded x1 {"ktpBundle":{"verdict":"requires_review","ocr":{"fullName":"Siti","nik":"31"}}}
    1 branch_on_ktp Running
    1 Succeeded x1 {"selected":"requires_review"}
    2 wait_for_analyst AwaitingApproval {"label":"KTP requires manual review","assignTo":"role:kyc_analyst"}
    2 asks "KTP requires manual review" Some("role:kyc_analyst") None due None
    2 closed
    2 Succeeded x1 {"decision":"approve","notes":"Looked at it twice, all is well.","actorUserId":"usr_1","decidedAt":"2026-05-01T12:00:00.000Z"}
    3 screening Running {"method":"POST","path":"/api/screenings","body":{"lane":"onboarding","customerId":"cus_1","subjectType":"individual","fullName":"Siti","nik":"31","externalId":"stp_01KQHPHXG0AB5H6XC1VSR5T7KW"}}
    3 Succeeded x1 {"screeningId":"scr_1","status":"no_match"}
    ended Succeeded {"screeningId":"scr_1","status":"no_match"}
    "#);
    insta::assert_snapshot!(run("failed"), @r#"
    running
    0 kyc Running {"method":"POST","path":"/api/identity/document/ktp/capture","body":{"customerId":"cus_1","bundle":{"version":"1"},"hmacKey":"s3cret"}}
    0 Succeeded x1 {"ktpBundle":{"verdict":"failed","ocr":{"fullName":"Siti","nik":"31"}}}
    1 branch_on_ktp Running
    1 Succeeded x1 {"selected":"failed"}
    2 notify_failure Running {"event":"kyc.failed","payload":{"customerId":"cus_1"}}
    emitted kyc.failed {"customerId":"cus_1"}
    2 Succeeded x1 {"eventId":"evt_"}
    ended Succeeded {"eventId":"evt_"}
    "#);
}

#[test]
fn a_failed_check_emits_and_ends() {
    let mut sim = Sim::started(QUICKSTART, INPUTS);
    sim.log();
    sim.answer(capture("failed"));
    insta::assert_snapshot!(sim.log(), @r#"
    0 Succeeded x1 {"ktpBundle":{"verdict":"failed","ocr":{"fullName":"Siti","nik":"31"}}}
    1 branch_on_ktp Running
    1 Succeeded x1 {"selected":"failed"}
    2 notify_failure Running {"event":"kyc.failed","payload":{"customerId":"cus_1"}}
    emitted kyc.failed {"customerId":"cus_1"}
    2 Succeeded x1 {"eventId":"evt_"}
    ended Succeeded {"eventId":"evt_"}
    "#);
}

#[test]
fn a_value_without_a_case_fails_the_decision() {
    let decide = |expression: &str| {
        let nodes = format!(
            r#"{{"id":"d","type":"decision","expression":"{expression}","cases":{{"a":{{"next":"e"}}}}}},
               {{"id":"e","type":"end"}}"#
        );
        Sim::started(&spec("d", &nodes, &[]), r#"{"kind":"b","n":null}"#).log()
    };
    insta::assert_snapshot!(decide("trigger.kind"), @r"
    running
    0 d Running
    0 Failed x1 no_case: there is no case for `b`, and no default
    ended Failed no_case: there is no case for `b`, and no default in 0
    ");
    insta::assert_snapshot!(decide("trigger.n"), @r"
    running
    0 d Running
    0 Failed x1 no_case: there is no case for null, and no default
    ended Failed no_case: there is no case for null, and no default in 0
    ");
}

#[test]
fn expressions_that_fail_say_where() {
    let nodes = r#"{"id":"t","type":"transform","value":{"x":"${trigger.a.b}"}},
                   {"id":"e","type":"end"}"#;
    let mut sim = Sim::started(&spec("t", nodes, &[("t", "e")]), r#"{"a":{"c":1}}"#);
    insta::assert_snapshot!(sim.log(), @r#"
    running
    0 t Running
    0 Failed x1 template_failed: `trigger.a.b`: there is no field `b`; it met {"c":1}
    ended Failed template_failed: `trigger.a.b`: there is no field `b`; it met {"c":1} in 0
    "#);
}

#[test]
fn ends_give_the_output_or_the_author_s_failure() {
    let nodes = r#"{"id":"t","type":"transform","value":{"now":"${now()}","id":"${uuid()}"}},
        {"id":"d","type":"decision","conditions":[{"when":"trigger.ok","next":"good"}],"defaultCase":"bad"},
        {"id":"good","type":"end","output":{"same":"${step.t.output.now == string(now())}"}},
        {"id":"bad","type":"end","fail":{"code":"not_ok","message":"no: ${trigger.ok}"}}"#;
    let spec = spec("t", nodes, &[("t", "d")]);
    let mut sim = Sim::started(&spec, r#"{"ok":true}"#);
    let id = sim.log();
    assert!(id.contains(r#""now":"2026-05-01T12:00:00Z","id":""#), "{id}");
    assert!(id.contains(r#"ended Succeeded {"same":true}"#), "{id}");
    let mut sim = Sim::started(&spec, r#"{"ok":false}"#);
    let log = sim.log();
    assert!(log.ends_with("ended Failed not_ok: no: false in 2\n"), "{log}");
}

#[test]
fn waits_last_as_long_as_they_say() {
    let wait = |field: &str, value: &str| {
        let nodes = format!(r#"{{"id":"w","type":"wait","{field}":{value}}}"#);
        Sim::started(&spec("w", &nodes, &[]), "{}")
    };
    let mut sim = wait("duration", "\"90s\"");
    assert_eq!(sim.state.status(), ExecutionStatus::Running);
    let early = EventKind::TimerFired { frame: FrameId(0), timer: 1 };
    assert_eq!(sim.apply(early), Err(Refused::Stale), "a timer does not fire before its time");
    sim.fire();
    insta::assert_snapshot!(sim.log(), @r#"
    running
    0 w Running {"duration":"90s"}
    timer 1 +90000
    timer cleared
    0 Succeeded x1 {"resumedAt":"2026-05-01T12:01:30.000Z"}
    ended Succeeded {"resumedAt":"2026-05-01T12:01:30.000Z"}
    "#);
    let mut sim = wait("until", "\"2026-05-01T19:00:01+07:00\"");
    sim.fire();
    assert!(sim.log().contains("2026-05-01T12:00:01.000Z"));
    // A time that has passed is not waited for.
    let mut sim = wait("until", "\"2020-01-01T00:00:00Z\"");
    assert_eq!(sim.state.status(), ExecutionStatus::Succeeded);
    assert!(!sim.log().contains("timer"));
}

#[test]
fn a_wait_that_is_no_time_fails() {
    let nodes = r#"{"id":"w","type":"wait","duration":"${trigger.d}"}"#;
    let mut sim = Sim::started(&spec("w", nodes, &[]), r#"{"d":-5}"#);
    insta::assert_snapshot!(sim.log(), @r#"
    running
    0 w Running {"duration":-5}
    0 Failed x1 template_failed: what to wait for must be milliseconds or a duration such as "90s", and not negative
    ended Failed template_failed: what to wait for must be milliseconds or a duration such as "90s", and not negative in 0
    "#);
}

#[test]
fn time_never_goes_back_within_a_run() {
    let mut sim = Sim::started(QUICKSTART, INPUTS);
    sim.now = Millis(0);
    sim.answer(capture("passed"));
    assert_eq!(sim.state.at(), NOON);
}

#[test]
fn a_run_that_keeps_too_much_fails_with_what_was_too_much() {
    let ids: Vec<String> = (0..11).map(|n| format!("t{n}")).collect();
    let node = |n: usize, id: &String| {
        let value = match n {
            0 => "[trigger.text]".to_owned(),
            // Doubled up to just below what one value may take, and kept again and again from there.
            1..8 => format!("step.t{0}.output + step.t{0}.output", n - 1),
            _ => "step.t7.output".to_owned(),
        };
        format!(r#"{{"id":"{id}","type":"transform","value":"${{{value}}}"}}"#)
    };
    let nodes: Vec<_> = ids.iter().enumerate().map(|(n, id)| node(n, id)).collect();
    let edges: Vec<_> = ids.windows(2).map(|pair| (&*pair[0], &*pair[1])).collect();
    let inputs = format!(r#"{{"text":"{}"}}"#, "x".repeat(60_000));
    let mut sim = Sim::started(&spec("t0", &nodes.join(","), &edges), &inputs);
    let log = sim.log();
    let last = log.lines().last().unwrap();
    insta::assert_snapshot!(last, @"ended Failed execution_too_large: with its output, the execution would keep more than 32 MiB of values in all in 10");
}

#[test]
fn a_cancelled_run_closes_what_is_open() {
    let cancel =
        || EventKind::Cancelled { reason: Some("not needed".to_owned()), actor_user_id: None };
    let mut pending = Sim::new(QUICKSTART, INPUTS);
    pending.apply(cancel()).unwrap();
    insta::assert_snapshot!(pending.log(), @"ended Cancelled cancelled: not needed");
    let mut calling = Sim::started(QUICKSTART, INPUTS);
    calling.log();
    calling.apply(cancel()).unwrap();
    insta::assert_snapshot!(calling.log(), @r"
    0 Cancelled x1
    ended Cancelled cancelled: not needed
    ");
    let late =
        EventKind::CallSucceeded { frame: FrameId(0), attempt: 1, response: capture("passed") };
    assert_eq!(calling.apply(late), Err(Refused::Finished));
}

#[test]
fn a_run_that_nobody_can_continue_ends_as_failed() {
    let (state, transition) = abandon("the program is of a later release");
    assert_eq!(state.status(), ExecutionStatus::Failed);
    let program = compile(QUICKSTART);
    assert_eq!(State::decode(&program, &state.encode(), &HashMap::new()), Ok(state));
    assert!(matches!(transition.records.as_slice(), [Record::ExecutionFinished { .. }]));
}

#[test]
fn values_are_not_shown_where_a_secret_may_have_been_read() {
    let program = compile(QUICKSTART);
    let reads = |id: &str| {
        let step = program.steps.iter().find(|step| step.id == id).unwrap();
        let end =
            (step.entry.0 + 1..).map(Pc).find(|pc| matches!(program.op(*pc), Some(Op::Flow(_))));
        secrecy::may_have_read_a_secret(&program, step.entry, end.unwrap())
    };
    assert!(reads("kyc"), "it sends the key");
    assert!(!reads("branch_on_ktp"));
    assert!(!reads("notify_failure"), "it reads the inputs, but of them the customer only");
}
