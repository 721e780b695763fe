//! Tests of workflows: runs them on the machine in virtual time, and looks at what came of it.

pub mod coverage;
mod expect;
pub mod explore;
mod script;
pub mod write;

#[cfg(test)]
mod tests;

pub use expect::{Unmet, ValueOf};
pub use script::{arrival, reply, verdict};

use crate::ids;
use crate::machine::Start;
use crate::simulate::{self, Trace};
use crate::time::Millis;
use script::Script;
use sha2::{Digest, Sha256};
use std::num::NonZeroUsize;
use std::panic::resume_unwind;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use writ_compiler::analysis::Analysis;
use writ_compiler::bytecode::Program;
use writ_compiler::testing::Test;
use writ_compiler::text::Span;
use writ_compiler::value::Value;

/// When a test's run starts, unless the test says when: 2026-01-01T00:00:00Z.
pub const STARTS_AT: Millis = Millis(1_767_225_600_000);

/// What came of a test.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// What was not as expected; nothing when the test passed.
    pub failures: Vec<Failure>,
    /// What the run did.
    pub trace: Trace,
    /// Steps of which the test says something that never came to anything: a mock of a call that was not made, say.
    pub unused: Vec<u32>,
}

impl Report {
    /// Whether everything was as expected.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.failures.is_empty()
    }
}

/// Something that was not as expected.
#[derive(Debug, Clone, PartialEq)]
pub struct Failure {
    /// The clause that expects it; the test's name, for what every test expects.
    pub span: Span,
    /// What.
    pub unmet: Unmet,
}

/// Runs a test of a program.
#[must_use]
pub fn run(test: &Test, program: &Program, slug: &str) -> Report {
    let inputs = test.inputs.complete(&program.input, "trigger");
    let start = start(slug, &test.name, test.starts_at, inputs);
    let mut script = Script::new(test, program);
    match simulate::simulate(program, start, &mut script) {
        Ok(trace) => {
            let unused = script.unused();
            Report { failures: expect::failures(test, program, &trace), trace, unused }
        }
        Err(refused) => {
            let trace = Trace::default();
            let unmet = Unmet::Machine(refused.to_string());
            let failures = vec![Failure { span: test.span, unmet }];
            Report { failures, trace, unused: Vec::new() }
        }
    }
}

/// What a run that is made up starts with. Ids and random bits are the same every time.
#[must_use]
pub fn start(slug: &str, seed: &str, at_ns: Option<i128>, inputs: Value) -> Start {
    let mut bits = [0; 16];
    let hash = Sha256::digest(seed.as_bytes());
    bits.iter_mut().zip(hash).for_each(|(bit, byte)| *bit = byte);
    let at = at_ns.map_or(STARTS_AT, Millis::from_nanos_up);
    Start {
        execution_id: ids::derive("exe", at, &bits, 0),
        external_id: inputs.get("externalId").and_then(Value::as_str).map(str::to_owned),
        workflow_slug: slug.to_owned(),
        workflow_version: 1,
        seed: bits,
        at,
        inputs,
    }
}

/// Runs every test of a text that compiles, several at a time; a report a test, in their order, and none of those that
/// are not wanted.
///
/// # Panics
/// When a run does: that is a defect, and must not look like a test that was left out.
#[must_use]
pub fn run_all(analysis: &Analysis, wanted: impl Fn(&Test) -> bool + Sync) -> Vec<Option<Report>> {
    let threads = thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let threads = threads.min(analysis.tests.len()).max(1);
    let next = AtomicUsize::new(0);
    let work = || {
        let mut reports = Vec::new();
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some(test) = analysis.tests.get(at) else { return reports };
            if !wanted(test) {
                continue;
            }
            if let Some((program, slug)) = program_of(analysis, test.workflow) {
                reports.push((at, run(test, program, slug)));
            }
        }
    };
    let mut reports: Vec<Option<Report>> = vec![None; analysis.tests.len()];
    thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        for worker in workers {
            let done = worker.join().unwrap_or_else(|panic| resume_unwind(panic));
            for (at, report) in done {
                if let Some(slot) = reports.get_mut(at) {
                    *slot = Some(report);
                }
            }
        }
    });
    reports
}

/// The program of a workflow that compiled, and the workflow's slug.
#[must_use]
pub fn program_of(analysis: &Analysis, workflow: usize) -> Option<(&Program, &str)> {
    let compiled = analysis.workflows.get(workflow)?.compiled.as_ref()?;
    let slug = analysis.module.workflows.get(workflow)?.slug.as_ref();
    Some((&compiled.program, slug.map_or("workflow", |slug| slug.value.as_str())))
}
