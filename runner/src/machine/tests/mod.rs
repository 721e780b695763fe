//! The machine with virtual time, on programs compiled from their source.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod approvals;
mod bounds;
mod calls;
mod events;
mod flow;
mod laws;
mod mutants;
mod trace;

use super::*;
use crate::time::Millis;
use std::collections::HashMap;
use std::fmt::Write as _;
use writ_compiler::analysis::{Analysis, Syntax};
use writ_compiler::bytecode::{Program, Traced, Tracer};
use writ_compiler::value::Value;

pub(super) const QUICKSTART: &str =
    include_str!("../../../../tests/cases/quickstart/workflow.json");

/// Inputs of the quickstart.
pub(super) const INPUTS: &str =
    r#"{"customerId":"cus_1","bundle":{"version":"1"},"hmacKey":"s3cret"}"#;

/// 2026-05-01T12:00:00Z.
const NOON: Millis = Millis(1_777_636_800_000);

/// Compiles a spec in JSON.
pub(super) fn compile(spec: &str) -> Program {
    let mut analysis = Analysis::new(spec, Syntax::Json);
    assert!(!analysis.has_errors(), "{:#?}", analysis.diagnostics);
    analysis.workflows.remove(0).compiled.unwrap().program
}

/// A spec of these nodes, started at the first, with these edges.
pub(super) fn spec(start: &str, nodes: &str, edges: &[(&str, &str)]) -> String {
    let edges: Vec<_> =
        edges.iter().map(|(from, to)| format!(r#"{{"from":"{from}","to":"{to}"}}"#)).collect();
    format!(r#"{{"startNodeId":"{start}","nodes":[{nodes}],"edges":[{}]}}"#, edges.join(","))
}

pub(super) fn json(text: &str) -> Value {
    Value::from_json(text).unwrap()
}

pub(super) fn ok(body: &str) -> CallResponse {
    CallResponse { status: 200, body: json(body) }
}

pub(super) fn failed(class: FailureClass, body: Option<&str>) -> CallFailure {
    let status = match class {
        FailureClass::Status(status) => status,
        _ => 200,
    };
    CallFailure {
        class,
        message: format!("`svc` failed: {class:?}"),
        response: body.map(|body| CallResponse { status, body: json(body) }),
        retry_after_ms: None,
    }
}

/// A run under virtual time. Every event is applied twice: to the state in memory, and, traced, to the same state encoded
/// and decoded again with its payloads as a store gives them back. Both must do the same.
pub(super) struct Sim {
    pub(super) program: Program,
    pub(super) start: Start,
    pub(super) state: State,
    pub(super) now: Millis,
    payloads: HashMap<u32, Value>,
    pub(super) effects: Vec<Effect>,
    log: String,
    /// The instructions that were run.
    pub(super) trace: Vec<Traced>,
}

impl Sim {
    pub(super) fn new(spec: &str, inputs: &str) -> Self {
        Self::of(compile(spec), json(inputs))
    }

    pub(super) fn of(program: Program, inputs: Value) -> Self {
        let start = Start {
            execution_id: "exe_1".to_owned(),
            external_id: None,
            workflow_slug: "test".to_owned(),
            workflow_version: 3,
            seed: [7; 16],
            at: NOON,
            inputs,
        };
        let log = String::new();
        let (payloads, effects) = (HashMap::new(), Vec::new());
        Self {
            program,
            start,
            state: State::new(),
            now: NOON,
            payloads,
            effects,
            log,
            trace: Vec::new(),
        }
    }

    /// A run that was started.
    pub(super) fn started(spec: &str, inputs: &str) -> Self {
        let mut sim = Self::new(spec, inputs);
        sim.apply(EventKind::Started).unwrap();
        sim
    }

    pub(super) fn apply(&mut self, kind: EventKind) -> Result<(), Refused> {
        let event = Event { at: self.now, kind };
        let before = self.state.clone();
        let bytes = if before == State::new() { Vec::new() } else { before.encode() };
        let mut twin = State::decode(&self.program, &bytes, &self.payloads).unwrap();
        assert_eq!(twin, before, "a state comes back as it was");
        let mut tracer = Tracer::new(&self.program, |traced| self.trace.push(traced));
        let there = apply_observed(&self.program, &self.start, &mut twin, &event, &mut tracer);
        let here = apply(&self.program, &self.start, &mut self.state, &event);
        assert_eq!(here, there, "a run goes on as it would have without a restart");
        let transition = match here {
            Ok(transition) => transition,
            Err(refused) => {
                assert_eq!(self.state, before, "a refused event changes nothing");
                return Err(refused);
            }
        };
        assert_eq!(self.state.encode(), twin.encode());
        for record in &transition.records {
            self.note(record);
        }
        self.effects = transition.effects;
        let pending = pending_effects(&self.program, &self.start, &self.state).unwrap();
        for effect in &self.effects {
            assert!(pending.contains(effect), "{effect:?} would be forgotten by a restart");
        }
        Ok(())
    }

    /// The request of the call in flight.
    pub(super) fn request(&self) -> (u32, CallRequest) {
        let pending = pending_effects(&self.program, &self.start, &self.state).unwrap();
        let mut calls = pending.into_iter().filter_map(|effect| match effect {
            Effect::Call { attempt, request, .. } => Some((attempt, request)),
            Effect::Timer { .. } | Effect::Listen { .. } => None,
        });
        calls.next().expect("a call is in flight")
    }

    pub(super) fn answer(&mut self, response: CallResponse) {
        let (attempt, _) = self.request();
        self.apply(EventKind::CallSucceeded { frame: FrameId(0), attempt, response }).unwrap();
    }

    pub(super) fn break_call(&mut self, failure: CallFailure) {
        let (attempt, _) = self.request();
        self.apply(EventKind::CallFailed { frame: FrameId(0), attempt, failure }).unwrap();
    }

    /// The timer that is set.
    pub(super) fn timer(&self) -> Option<(FrameId, u32, Millis)> {
        let pending = pending_effects(&self.program, &self.start, &self.state).unwrap();
        pending.into_iter().find_map(|effect| match effect {
            Effect::Timer { frame, timer, due } => Some((frame, timer, due)),
            Effect::Call { .. } | Effect::Listen { .. } => None,
        })
    }

    /// Lets the time of the next timer come.
    pub(super) fn fire(&mut self) {
        let (frame, timer, due) = self.timer().expect("a timer is set");
        self.now = due;
        self.apply(EventKind::TimerFired { frame, timer }).unwrap();
    }

    pub(super) fn decide(&mut self, decision: Decision) -> Result<(), Refused> {
        self.apply(EventKind::Decided {
            frame: FrameId(0),
            decision,
            notes: "Looked at it twice, all is well.".to_owned(),
            actor_user_id: Some("usr_1".to_owned()),
            form: None,
        })
    }

    /// What was recorded since the last look, a line a record.
    pub(super) fn log(&mut self) -> String {
        std::mem::take(&mut self.log)
    }

    fn note(&mut self, record: &Record) {
        let mut line = match record {
            Record::ExecutionRunning => "running".to_owned(),
            Record::StepStarted { ordinal, step, input, status, .. } => {
                self.keep(input.as_ref());
                let input = input.as_ref().map_or(String::new(), |i| format!(" {}", i.value));
                let id = &self.program.steps[*step as usize].id;
                format!("{} {id} {status:?}{input}", ordinal.0)
            }
            Record::StepRetried { ordinal, attempts, error } => {
                format!("{} retried after {attempts}: {}", ordinal.0, told(error))
            }
            Record::StepFinished { ordinal, status, output, error, attempts } => {
                self.keep(output.as_ref());
                let output = output.as_ref().map_or(String::new(), |o| format!(" {}", o.value));
                let error = error.as_ref().map_or(String::new(), |e| format!(" {}", told(e)));
                format!("{} {status:?} x{attempts}{output}{error}", ordinal.0)
            }
            Record::ErrorBodyKept { ordinal, body } => {
                self.keep(Some(body));
                format!("{} error body {}", ordinal.0, body.value)
            }
            Record::ApprovalRequested { ordinal, label, assign_to, data, due, .. } => {
                let due = due.map(|due| due.since(NOON));
                format!("{} asks {label:?} {assign_to:?} {data:?} due {due:?}", ordinal.0)
            }
            Record::ApprovalClosed { ordinal } => format!("{} closed", ordinal.0),
            Record::EventAwaited { ordinal, event, correlation, .. } => {
                format!("{} listens for {event} {correlation:?}", ordinal.0)
            }
            Record::EventClosed { ordinal, came } => format!("{} closed, came: {came}", ordinal.0),
            Record::Emitted { event_id, event, payload } => {
                assert!(crate::ids::is("evt", event_id));
                format!("emitted {event} {payload}")
            }
            Record::TimerSet { timer, due, .. } => format!("timer {timer} +{}", due.since(NOON)),
            Record::TimerCleared { .. } => "timer cleared".to_owned(),
            Record::ExecutionFinished { status, output, error, failed_step } => {
                let output = output.map(|id| self.payloads[&id.0].clone());
                let output = output.map_or(String::new(), |o| format!(" {o}"));
                let error = error.as_ref().map_or(String::new(), |e| format!(" {}", told(e)));
                let step = failed_step.map_or(String::new(), |s| format!(" in {}", s.0));
                format!("ended {status:?}{output}{error}{step}")
            }
        };
        line = line.replace(&format!("evt_{}", ids_after(&line, "evt_")), "evt_");
        writeln!(self.log, "{line}").unwrap();
    }

    /// Keeps a value as a store does, as JSON text.
    fn keep(&mut self, payload: Option<&Payload>) {
        if let Some(Payload { id, value }) = payload {
            let before = self.payloads.insert(id.0, json(&value.to_json()));
            assert!(before.is_none(), "a payload is stored once");
        }
    }
}

fn told(error: &ErrorInfo) -> String {
    let status = error.status.map_or(String::new(), |status| format!(" ({status})"));
    format!("{}: {}{status}", error.code, error.message)
}

/// The id that follows a prefix in a line, if one does.
fn ids_after<'l>(line: &'l str, prefix: &str) -> &'l str {
    let rest = line.split_once(prefix).map_or("", |(_, rest)| rest);
    rest.split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default()
}
