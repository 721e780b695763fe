//! What answers a run: flags first, then services, people, or what is made up.

use super::ask;
use super::given::Given as Flags;
use super::live::Live;
use super::progress::{Progress, Trace};
use writ_compiler::bytecode::Program;
use writ_compiler::bytecode::eval::Observer;
use writ_compiler::bytecode::schema::Schema;
use writ_compiler::outcomes::{Outcomes, Source};
use writ_compiler::testing::{Given, Mock};
use writ_compiler::value::Value;
use writ_runner::machine::Record;
use writ_runner::simulate::{Arrival, Attempt, Reply, Verdict, World};
use writ_runner::testing::{arrival, reply, verdict};
use writ_runner::time::Millis;

pub struct RunWorld<'r> {
    pub program: &'r Program,
    pub outcomes: &'r Outcomes,
    pub given: &'r Flags,
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
        match (self.given.mock(call.step, call.number), &self.live) {
            (Some(mock), _) => reply(mock, self.program, call),
            (None, Some(live)) => live.call(call.request),
            (None, None) => reply(&self.made_up(call.step), self.program, call),
        }
    }

    fn decide(&mut self, step: u32) -> Verdict {
        if let Some(answer) = self.given.answer(step) {
            return verdict(answer, self.program, step);
        }
        let info = self.program.step(step);
        let schema = info.and_then(|step| step.approval.as_ref()?.form.as_ref());
        match info {
            Some(info) if self.may_ask => ask::decision(info, schema, self.asked.as_ref()),
            _ => Verdict::Open,
        }
    }

    fn event(&mut self, step: u32) -> Arrival {
        if let Some(answer) = self.given.answer(step) {
            return arrival(answer, self.program, step);
        }
        let info = self.program.step(step);
        let any = Schema::json();
        let schema = info.and_then(|step| step.event.as_ref()?.data.as_ref()).unwrap_or(&any);
        match info {
            Some(info) if self.may_ask => ask::event(info, schema),
            _ => Arrival::Open,
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
    fn made_up(&self, step: u32) -> Mock {
        let source = self.outcomes.steps.get(&step);
        Mock::Output(source.map_or(Given::Sample, Source::ordinary))
    }
}
