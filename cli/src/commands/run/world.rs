//! What answers a run: flags first, then services, people, or what is made up.

use super::ask;
use super::given::Given;
use super::live::Live;
use super::ordinary;
use super::progress::{Progress, Trace};
use writ_compiler::bytecode::Program;
use writ_compiler::bytecode::eval::Observer;
use writ_compiler::bytecode::schema::Schema;
use writ_compiler::outcomes::Outcomes;
use writ_compiler::testing::{self, Answer, Mock};
use writ_compiler::value::Value;
use writ_runner::machine::{Decision, Record};
use writ_runner::simulate::{Arrival, Attempt, Reply, Verdict, World};
use writ_runner::testing::{answered, failed};
use writ_runner::time::Millis;

pub struct RunWorld<'r> {
    pub program: &'r Program,
    pub outcomes: &'r Outcomes,
    pub given: &'r Given,
    /// The services; made up without.
    pub live: Option<Live>,
    /// Whether time passes at once.
    pub skip_waits: bool,
    pub progress: Progress<'r>,
    pub tracer: Option<Trace<'r>>,
    /// Whether somebody is there to be asked, and standard input does not hold the run's inputs.
    pub may_ask: bool,
    /// What the approver of the latest approval is shown, without its secrets.
    pub asked: Option<Value>,
}

impl World for RunWorld<'_> {
    fn answer(&mut self, call: Attempt<'_>) -> Reply {
        self.progress.calling(&call);
        let service = &call.request.service;
        let mock = self.given.mock(call.step, call.number);
        match (mock, self.program.step(call.step), &self.live) {
            (Some(Mock::Failure { kind, body }), _, _) => {
                failed(*kind, body.as_ref(), service, call.request.timeout_ms)
            }
            (Some(Mock::Output(given)), Some(step), _) => answered(step, given),
            (None, Some(_), Some(live)) => live.call(call.request),
            (None, Some(step), None) => answered(step, &self.made_up(call.step)),
            (_, None, _) => failed(testing::FailureKind::Network, None, service, 0),
        }
    }

    fn decide(&mut self, step: u32) -> Verdict {
        let info = self.program.step(step);
        let schema = info.and_then(|step| step.approval.as_ref()?.form.as_ref());
        let decided = |decision, notes: String, form| Verdict::Decided { decision, notes, form };
        match self.given.answer(step) {
            Some(Answer::Approve { notes, form }) => {
                let form = schema.map(|schema| form.complete(schema, "form"));
                decided(Decision::Approve, notes.clone(), form)
            }
            Some(Answer::Reject { notes }) => decided(Decision::Reject, notes.clone(), None),
            Some(Answer::Expire) => Verdict::Expires,
            Some(Answer::Event(_)) | None => match info {
                Some(info) if self.may_ask => ask::decision(info, schema, self.asked.as_ref()),
                _ => Verdict::Open,
            },
        }
    }

    fn event(&mut self, step: u32) -> Arrival {
        let info = self.program.step(step);
        let any = Schema::json();
        let schema = info.and_then(|step| step.event.as_ref()?.data.as_ref()).unwrap_or(&any);
        match self.given.answer(step) {
            Some(Answer::Event(data)) => Arrival::Comes(data.complete(schema, "data")),
            Some(Answer::Expire) => Arrival::Expires,
            Some(Answer::Approve { .. } | Answer::Reject { .. }) | None => match info {
                Some(info) if self.may_ask => ask::event(info, schema),
                _ => Arrival::Open,
            },
        }
    }

    fn pass(&mut self, from: Millis, until: Millis) {
        let ms = until.since(from);
        self.progress.waiting(ms, self.skip_waits);
        if !self.skip_waits {
            Live::sleep(ms);
        }
    }

    fn observer(&mut self) -> Option<&mut dyn Observer> {
        self.tracer.as_mut().map(|tracer| tracer as &mut dyn Observer)
    }

    fn look(&mut self, now: Millis, record: &Record) {
        if let Record::StepStarted { step, input: Some(input), .. } = record {
            self.asked = self.program.step(*step).map(|step| step.input.redact(&input.value));
        }
        self.progress.look(now, record);
    }
}

impl RunWorld<'_> {
    fn made_up(&self, step: u32) -> testing::Given {
        self.outcomes.steps.get(&step).map_or(testing::Given::Sample, ordinary)
    }
}
