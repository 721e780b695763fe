#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use super::*;
use crate::machine::{ExecutionStatus, FailureClass, StepStatus};
use writ_compiler::analysis::{Analysis, Syntax};

/// A world with a script: attempts are answered in turn, the last answer for ever.
struct Scripted {
    replies: Vec<Reply>,
    verdict: Verdict,
    arrival: Arrival,
}

impl World for Scripted {
    fn answer(&mut self, _: Attempt<'_>) -> Reply {
        if self.replies.len() > 1 { self.replies.remove(0) } else { self.replies[0].clone() }
    }

    fn decide(&mut self, _: u32) -> Verdict {
        self.verdict.clone()
    }

    fn event(&mut self, _: u32) -> Arrival {
        self.arrival.clone()
    }
}

fn run(source: &str, world: &mut Scripted) -> Trace {
    let mut analysis = Analysis::new(source, Syntax::Writ);
    assert!(!analysis.has_errors(), "{:#?}", analysis.diagnostics);
    let program = analysis.workflows.remove(0).compiled.unwrap().program;
    let start = Start {
        execution_id: "exe_1".to_owned(),
        external_id: None,
        workflow_slug: "w".to_owned(),
        workflow_version: 1,
        seed: [0; 16],
        at: Millis(0),
        inputs: Value::record::<&str>([]),
    };
    simulate(&program, start, world).unwrap()
}

fn quiet() -> Scripted {
    let response = CallResponse { status: 200, body: Value::record([("id", Value::from("a"))]) };
    Scripted {
        replies: vec![Reply { outcome: Ok(response), took_ms: 5 }],
        verdict: Verdict::Open,
        arrival: Arrival::Open,
    }
}

const EVERYTHING: &str = r#"
workflow "w" {
  call c = custom:crm POST "/a" { a: 1 }
  retry 3 fixed on 5xx
  wait w for 7d
  approval a { timeout 2h on timeout -> late }
  wait e for event "paid" { timeout 1h on timeout -> late }
  transform done = step.e.output.data
  -> end
  transform late = "late"
}
"#;

#[test]
fn waits_take_no_time_and_count() {
    let mut world = quiet();
    let form = None;
    let failure = CallFailure {
        class: FailureClass::Status(503),
        message: "busy".to_owned(),
        response: None,
        retry_after_ms: Some(60_000),
    };
    world.replies.insert(0, Reply { outcome: Err(failure), took_ms: 10 });
    world.verdict = Verdict::Decided { decision: Decision::Approve, notes: "yes".to_owned(), form };
    world.arrival = Arrival::Comes(Value::Int(7));
    let trace = run(EVERYTHING, &mut world);
    assert_eq!(trace.status, ExecutionStatus::Succeeded);
    assert_eq!(trace.output, Some(Value::Int(7)));
    assert_eq!(trace.path().collect::<Vec<_>>(), [0, 1, 2, 3, 4]);
    assert_eq!(trace.steps[0].attempts, 2);
    let week = 7 * 24 * 60 * 60 * 1000;
    assert_eq!(trace.ended_at.since(trace.started_at), week + 60_000 + 10 + 5);
}

#[test]
fn what_nobody_answers_expires_or_stays_open() {
    let mut world = quiet();
    let trace = run(EVERYTHING, &mut world);
    assert_eq!(trace.status, ExecutionStatus::AwaitingApproval);
    assert_eq!(trace.waiting, Some(Waiting::Approval(2)));
    world.verdict = Verdict::Expires;
    let trace = run(EVERYTHING, &mut world);
    assert_eq!(trace.output, Some(Value::from("late")));
    let form = None;
    world.verdict = Verdict::Decided { decision: Decision::Approve, notes: "yes".to_owned(), form };
    let trace = run(EVERYTHING, &mut world);
    assert_eq!((trace.status, trace.waiting), (ExecutionStatus::Running, Some(Waiting::Event(3))));
    world.arrival = Arrival::Expires;
    let trace = run(EVERYTHING, &mut world);
    assert_eq!(trace.output, Some(Value::from("late")));
    assert_eq!(trace.steps[3].status, StepStatus::Failed);
}
