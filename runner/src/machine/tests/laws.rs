//! Laws: whatever happens to a run, it is deterministic, survives a restart, and never panics.

use super::*;
use proptest::prelude::*;

/// A workflow with one of everything.
fn everything() -> Program {
    let nodes = r#"
        {"id":"first","type":"service_call","service":"custom:svc","method":"POST","path":"/a","body":"${trigger}",
         "retry":{"maxAttempts":3,"backoff":"exponential","retryOn":["5xx","timeout","network"]},
         "onError":{"404":"route_to:sorry","any":"route_to:ask"}},
        {"id":"d","type":"decision","expression":"step.first.output.kind",
         "cases":{"a":{"next":"w"},"1":{"next":"t"},"e":{"next":"hear"}},"defaultCase":"ask"},
        {"id":"w","type":"wait","duration":"${step.first.output.wait}"},
        {"id":"t","type":"transform","value":{"n":"${step.first.output.n / 2}","u":"${uuid()}"}},
        {"id":"ask","type":"human_approval","timeoutHours":2,"onTimeout":"route_to:sorry","onReject":"route_to:sorry"},
        {"id":"hear","type":"wait","event":"it.came","correlation":"${step.first.output.code}","timeoutMs":5000,
         "onTimeout":"route_to:ask","optional":true},
        {"id":"second","type":"service_call","service":"custom:svc","method":"GET","path":"/b/${execution.id}"},
        {"id":"sorry","type":"webhook_emit","event":"it.failed","payload":{"at":"${now()}"}},
        {"id":"no","type":"end","fail":{"code":"sorry"}}"#;
    let edges = [
        ("first", "d"),
        ("w", "second"),
        ("t", "second"),
        ("hear", "second"),
        ("ask", "second"),
        ("sorry", "no"),
    ];
    compile(&spec("first", nodes, &edges))
}

fn body() -> impl Strategy<Value = CallResponse> {
    let bodies = [
        r#"{"kind":"a","wait":"2s","n":7}"#,
        r#"{"kind":1,"n":8}"#,
        r#"{"kind":1,"n":"x"}"#,
        r#"{"kind":"a","wait":-1}"#,
        r#"{"kind":"e","code":"c"}"#,
        r#"{"kind":"e","code":""}"#,
        r#"{"kind":null}"#,
        r#"{"kind":[]}"#,
        "null",
        r#"{"code":"404"}"#,
    ];
    prop::sample::select(bodies.to_vec()).prop_map(ok)
}

fn class() -> impl Strategy<Value = FailureClass> {
    prop_oneof![
        prop::sample::select(vec![404u16, 429, 500, 503]).prop_map(FailureClass::Status),
        Just(FailureClass::Timeout),
        Just(FailureClass::NotSent),
        Just(FailureClass::Broken),
        Just(FailureClass::BadResponse),
        Just(FailureClass::Refused),
    ]
}

/// Events that fit, and others that fit nothing.
fn event() -> impl Strategy<Value = EventKind> {
    let frame = prop_oneof![9 => Just(FrameId(0)), 1 => any::<u32>().prop_map(FrameId)];
    let number = prop_oneof![9 => 0u32..5, 1 => any::<u32>()];
    let decision = prop_oneof![Just(Decision::Approve), Just(Decision::Reject)];
    prop_oneof![
           2 => Just(EventKind::Started),
           4 => (frame.clone(), number.clone(), body()).prop_map(|(frame, attempt, response)| {
               EventKind::CallSucceeded { frame, attempt, response }
           }),
           4 => (frame.clone(), number.clone(), class(), any::<Option<u64>>()).prop_map(
               |(frame, attempt, class, retry_after_ms)| {
                   let failure = failed(class, Some(r#"{"code":"x"}"#));
                   let failure = CallFailure { retry_after_ms, ..failure };
                   EventKind::CallFailed { frame, attempt, failure }
               }
           ),
           3 => (frame.clone(), number.clone(), body()).prop_map(|(frame, ordinal, response)| {
               let ordinal = StepOrdinal(ordinal);
               EventKind::EventReceived { frame, ordinal, data: response.body }
           }),
           4 => (frame.clone(), number).prop_map(|(frame, timer)| EventKind::TimerFired { frame, timer }),
           2 => (frame, decision).prop_map(|(frame, decision)| EventKind::Decided {
               frame,
               decision,
               notes: String::new(),
               actor_user_id: None,
    form: None,
           }),
           1 => Just(EventKind::Cancelled { reason: None, actor_user_id: None }),
       ]
}

fn events() -> impl Strategy<Value = Vec<(i64, EventKind)>> {
    // Far leaps let timers come due, small ones and steps back do not.
    let leap = prop_oneof![Just(0), Just(100_000), Just(10_000_000), -1_000..1_000i64];
    prop::collection::vec((leap, event()), 1..24)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    /// Each event is applied here to the state and to its decoded encoding ([`Sim::apply`]), with equal outcomes.
    #[test]
    fn the_same_events_give_the_same_bytes(events in events()) {
        let program = everything();
        let run = || {
            let mut sim = Sim::of(program.clone(), json(r#"{"a":1}"#));
            let mut states = Vec::new();
            for (leap, kind) in &events {
                sim.now = Millis(sim.now.0 + leap);
                let outcome = sim.apply(kind.clone());
                states.push((outcome, sim.state.clone()));
            }
            (states, sim.log())
        };
        prop_assert_eq!(run(), run());
    }

    #[test]
    fn damaged_states_are_refused_or_do_no_harm(
        events in events(),
        flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        after in events(),
    ) {
        let program = everything();
        let mut sim = Sim::of(program, json(r#"{"a":1}"#));
        let _ = sim.apply(EventKind::Started);
        for (leap, kind) in events {
            sim.now = Millis(sim.now.0 + leap);
            let _ = sim.apply(kind);
        }
        let mut bytes = sim.state.encode();
        for (at, byte) in flips {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        let payloads = (0..8).map(|id| (id, json(r#"{"method":"GET","path":"/"}"#))).collect();
        let Ok(mut state) = State::decode(&sim.program, &bytes, &payloads) else { return Ok(()) };
        for (_, kind) in after {
            let event = Event { at: sim.now, kind };
            if let Err(Refused::Damaged(_)) = apply(&sim.program, &sim.start, &mut state, &event) {
                return Ok(());
            }
            let _ = pending_effects(&sim.program, &sim.start, &state);
            let _ = state.encode();
        }
    }

    #[test]
    fn any_bytes_are_decoded_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..80)) {
        let payloads = (1..200).map(|id| (id, Value::Null)).collect();
        let _ = State::decode(&everything(), &bytes, &payloads);
    }
}

#[test]
fn states_are_refused_by_what_is_wrong_with_them() {
    let mut sim = Sim::started(QUICKSTART, INPUTS);
    let bytes = sim.state.encode();
    let refused = |bytes: &[u8]| {
        let program = compile(QUICKSTART);
        State::decode(&program, bytes, &HashMap::new()).unwrap_err().to_string()
    };
    assert_eq!(refused(&bytes), "the run's value 1 is missing");
    assert_eq!(
        refused(&[&bytes[..], &[0]].concat()),
        "the run's state is damaged: bytes follow its end"
    );
    assert_eq!(
        refused(&[9]),
        "the run's state has version 9, and this release knows version 1: run the release that wrote it"
    );
    let other = compile(&spec("e", r#"{"id":"e","type":"end"}"#, &[]));
    let error = State::decode(&other, &bytes, &HashMap::new()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the run's state is damaged: it is parked where its program does not park"
    );
    sim.log();
}

/// The bytes of a state are kept by databases: this release must go on reading those of earlier ones.
#[test]
fn the_encoding_of_states_does_not_change() {
    let mut sim = Sim::started(QUICKSTART, INPUTS);
    let hex = |state: &State| state.encode().iter().map(|b| format!("{b:02x}")).collect::<String>();
    insta::assert_snapshot!(hex(&sim.state), @"010180d8c7b6bc670100000c000001010080d8c7b6bc6700010101000002ce01");
    sim.answer(ok(r#"{"ktpBundle":{"verdict":"requires_review"}}"#));
    insta::assert_snapshot!(hex(&sim.state), @"010280d8c7b6bc670100022b000300030080d8c7b6bc670201000102000180d8c7b6bc670201000103000380d8c7b6bc67010100000005df02");
}
