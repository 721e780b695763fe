//! What the compiler proves of a run holds of every run.

use super::*;
use crate::limits::{EVENT_BODY_BYTES_MAX, NOTES_CHARS_MAX, RETRY_AFTER_MS_MAX};
use proptest::prelude::*;
use writ_compiler::bounds::{Bounds, Measure, Worst};

/// Calls that fail into one another, an approval that times out, a wait.
fn patient() -> String {
    let nodes = r#"
        {"id":"first","type":"service_call","service":"custom:a","method":"POST","path":"/a","timeoutMs":900,
         "retry":{"maxAttempts":9,"backoff":"exponential","retryOn":["timeout","network"]},"onError":"route_to:ask"},
        {"id":"ask","type":"human_approval","timeoutHours":0.01,"onTimeout":"reject","onReject":"route_to:second"},
        {"id":"w","type":"wait","duration":"1.0001s"},
        {"id":"second","type":"service_call","service":"custom:b","method":"GET","path":"/b","timeoutMs":100,
         "retry":{"maxAttempts":3,"backoff":"fixed","retryOn":["429"]},"onError":{"5xx":"route_to:third","any":"route_to:w2"}},
        {"id":"third","type":"service_call","service":"custom:a","method":"GET","path":"/c","retry":{"retryOn":[]},
         "onError":"route_to:w2"},
        {"id":"w2","type":"wait","durationMs":7}"#;
    let edges = [("first", "second"), ("ask", "w"), ("w", "second"), ("second", "third")];
    spec("first", nodes, &edges)
}

/// Everything that is kept without a call.
fn wordy() -> String {
    let nodes = r#"
        {"id":"t","type":"transform","value":{"a":[1,true,null,"é"],"b":"${{'c': b'abcd', 'd': 1.5}}","e":"${-1}"}},
        {"id":"d","type":"decision","conditions":[{"when":"trigger.x == 1","next":"ask"}],"defaultCase":"tell"},
        {"id":"ask","type":"human_approval","actionLabel":"Look at ${trigger.x}","assignTo":"role:a","timeoutHours":1,
         "onTimeout":"route_to:tell","onReject":"route_to:tell","data":{"x":"${trigger.x}"}},
        {"id":"tell","type":"webhook_emit","event":"it.is","payload":"${trigger}"},
        {"id":"w","type":"wait","duration":"90s"},
        {"id":"u","type":"wait","until":"2020-01-01T00:00:00Z"},
        {"id":"h","type":"wait","event":"it.came","correlation":"${trigger.x}","timeoutMs":9,"onTimeout":"route_to:end"},
        {"id":"end","type":"end","output":"${trigger.x}"}"#;
    let edges = [("t", "d"), ("ask", "tell"), ("tell", "w"), ("w", "u"), ("u", "h"), ("h", "end")];
    spec("t", nodes, &edges)
}

/// Takes a run to its end, as `choices` say: calls that take all their time and fail, or are answered; people who
/// decide at the last moment, or never.
fn run(sim: &mut Sim, choices: &[u8]) -> (u64, u64) {
    let (mut calls, mut attempts) = (0, 0);
    let mut choices = choices.iter().cycle();
    while !sim.state.status().is_terminal() {
        let choice = *choices.next().unwrap();
        let pending = pending_effects(&sim.program, &sim.start, &sim.state).unwrap();
        match pending.first() {
            Some(Effect::Call { attempt, request, .. }) => {
                calls += u64::from(*attempt == 1);
                attempts += 1;
                sim.now = sim.now.plus(request.timeout_ms);
                let class = match choice % 8 {
                    0 => {
                        sim.answer(ok("{}"));
                        continue;
                    }
                    1 => FailureClass::Status(503),
                    2 => FailureClass::Broken,
                    3..=5 => FailureClass::Status(429),
                    _ => FailureClass::Timeout,
                };
                let answered = matches!(class, FailureClass::Status(_));
                let mut failure = failed(class, None);
                failure.retry_after_ms = answered.then_some(2 * RETRY_AFTER_MS_MAX);
                sim.break_call(failure);
            }
            Some(Effect::Timer { due, .. }) => {
                let due = *due;
                let decision =
                    if choice.is_multiple_of(2) { Decision::Approve } else { Decision::Reject };
                let decided = EventKind::Decided {
                    frame: FrameId(0),
                    decision,
                    notes: "\u{1f600}".repeat(NOTES_CHARS_MAX),
                    actor_user_id: Some(format!("usr_{}", "a".repeat(100))),
                    form: None,
                };
                sim.now = due;
                if choice.is_multiple_of(3) || sim.apply(decided).is_err() {
                    sim.fire();
                }
            }
            Some(Effect::Listen { .. }) if choice.is_multiple_of(2) => sim.fire(),
            Some(Effect::Listen { frame }) => {
                let ordinal = StepOrdinal(u32::try_from(sim.state.steps.len()).unwrap() - 1);
                // As many bytes as a number can count for.
                let data = Value::list(vec![Value::Int(0); EVENT_BODY_BYTES_MAX / 2 - 100]);
                let frame = *frame;
                sim.apply(EventKind::EventReceived { frame, ordinal, data }).unwrap();
            }
            None => panic!("the run is stuck"),
        }
    }
    (calls, attempts)
}

fn bounds(spec: &str) -> Bounds {
    let analysis = Analysis::new(spec, Syntax::Json);
    let found = &analysis.workflows[0];
    Bounds::of(&analysis.module.workflows[0], &found.flow, &found.typed).unwrap()
}

fn at_most(bounds: &Bounds, measure: &Measure) -> u64 {
    match bounds.get(measure).unwrap().worst {
        Worst::AtMost(amount) => amount,
        Worst::Unbounded(_) => panic!("{measure:?} has no limit"),
    }
}

proptest! {
    #[test]
    fn no_run_takes_more_calls_attempts_or_time(
        seed in any::<[u8; 16]>(),
        choices in prop::collection::vec(any::<u8>(), 1..24),
    ) {
        let bounds = bounds(&patient());
        let mut sim = Sim::new(&patient(), "{}");
        sim.start.seed = seed;
        sim.apply(EventKind::Started).unwrap();
        let (calls, attempts) = run(&mut sim, &choices);
        prop_assert!(calls <= at_most(&bounds, &Measure::Calls));
        prop_assert!(attempts <= at_most(&bounds, &Measure::Attempts));
        prop_assert!(sim.now.since(NOON) <= at_most(&bounds, &Measure::Duration));
    }

    #[test]
    fn no_run_keeps_more(x in 0..3_i64, long in 0..2_000_usize, choices in prop::collection::vec(any::<u8>(), 1..4)) {
        let spec = wordy();
        let inputs = format!(r#"{{"x":{x},"more":"{}"}}"#, "x".repeat(long));
        let mut sim = Sim::started(&spec, &inputs);
        run(&mut sim, &choices);
        prop_assert!(sim.state.bytes <= at_most(&bounds(&spec), &Measure::Stored));
    }
}

#[test]
fn the_worst_run_takes_what_is_proved() {
    let spec = patient();
    let mut sim = Sim::started(&spec, "{}");
    // Nine attempts that time out, with a timer between two; approved at the last moment; the wait; three attempts, two of
    // which are put off for a day; one that times out; the last wait.
    let choices = [[6; 17].as_slice(), &[4], &[4], &[3, 1, 3, 1, 1], &[6], &[1]].concat();
    let (calls, attempts) = run(&mut sim, &choices);
    let bounds = bounds(&spec);
    assert_eq!(calls, at_most(&bounds, &Measure::Calls));
    assert_eq!(attempts, at_most(&bounds, &Measure::Attempts));
    // What jitter takes off the delays of the first call.
    let jitter = 500 + 1_000 + 2_000 + 4_000 + 8_000 + 16_000 + 32_000 + 60_000;
    let (took, most) = (sim.now.since(NOON), at_most(&bounds, &Measure::Duration));
    assert!(took <= most && took + jitter >= most, "{took} of {most}");
}
