//! Explores a workflow: runs it once for each combination of what can come out differently, on the machine itself.
//!
//! A run asks for a choice where something comes from outside: its inputs, the outcome of a call, a decision of a person, an
//! event. Every choice a run made can be made otherwise; those other ways are taken in the order of how many choices are
//! not the ordinary one, and first those of a run that took a route for the first time, so that a bound leaves out the far
//! corners, and not one branch.

use super::coverage::{self, Arm, Coverage, Total};
use super::script::{arrival, reply, verdict};
use super::start;
use crate::machine::{ErrorInfo, Refused, Start, StepStatus};
use crate::simulate::{self, Arrival, Attempt, Reply, Trace, Verdict, World};
use std::collections::{HashMap, HashSet, VecDeque};
use writ_compiler::bytecode::{ErrorClass, Program, StepInfo};
use writ_compiler::flow::Flow;
use writ_compiler::outcomes::{Outcomes, Source};
use writ_compiler::testing::{Answer, FailureKind, Given, Mock, NOTES};

/// What an exploration found.
#[derive(Debug)]
pub struct Explored {
    /// A run for each way through the graph, in the order they were found.
    pub ways: Vec<Way>,
    /// Runs that failed where the workflow itself is at fault, one for each place and code.
    pub faults: Vec<Way>,
    /// What all runs took.
    pub coverage: Coverage,
    /// What there is to take.
    pub total: Total,
    /// Runs that were made.
    pub runs: usize,
    /// Combinations that were seen and not tried, because of the bound.
    pub left: usize,
}

/// A run and what led to it: the same as a test says.
#[derive(Debug, Clone)]
pub struct Way {
    /// The run's inputs.
    pub inputs: Given,
    /// How the calls that it made ended.
    pub mocks: Vec<(u32, Mock)>,
    /// What became of its approvals and waits.
    pub answers: Vec<(u32, Answer)>,
    /// What it did.
    pub trace: Trace,
}

/// What tells the ways of runs apart: the routes that were taken, the step in which a run ended, and how that step did.
pub type Turns = (Vec<Arm>, Option<(u32, StepStatus)>);

/// The way that a run went.
#[must_use]
pub fn turns(flow: &Flow, trace: &Trace) -> Turns {
    let last = trace.steps.last().map(|step| (step.step, step.status));
    (coverage::path(flow, trace), last)
}

/// Explores a program, with at most so many runs. `progress` is told after each how many were made and are known to be left.
///
/// # Errors
/// When the machine refuses to go on: a defect of it, and not of the workflow.
pub fn explore(
    program: &Program,
    flow: &Flow,
    outcomes: &Outcomes,
    slug: &str,
    runs_max: usize,
    mut progress: impl FnMut(usize, usize),
) -> Result<Explored, Refused> {
    let explored = Explored {
        ways: Vec::new(),
        faults: Vec::new(),
        coverage: Coverage::default(),
        total: coverage::total(flow),
        runs: 0,
        left: 0,
    };
    let (seen, faults, done) = (HashSet::new(), HashSet::new(), HashSet::new());
    let mut explorer =
        Explorer { program, flow, outcomes, slug, runs_max, explored, seen, faults, done };
    let mut due: VecDeque<Vec<usize>> = VecDeque::from([Vec::new()]);
    while let Some(prefix) = due.pop_front() {
        let over = explorer.is_over();
        if over && !explorer.done.contains(&prefix) {
            explorer.explored.left += 1;
            continue;
        }
        let begun = prefix.len();
        // One that was taken before is taken again for what else could have been chosen.
        let (chooser, is_new) = explorer.take(prefix)?;
        for at in begun..chooser.most.len() {
            let before = chooser.taken.get(..at).unwrap_or_default();
            for other in 1..chooser.most_at(at) {
                let next: Vec<usize> = before.iter().copied().chain([other]).collect();
                if due.len() < runs_max && !over {
                    due.push_back(next);
                } else {
                    explorer.explored.left += usize::from(!explorer.done.contains(&next));
                }
            }
        }
        if is_new {
            explorer.look_around(chooser, &mut progress)?;
        }
        progress(explorer.explored.runs, due.len());
    }
    Ok(explorer.explored)
}

/// An exploration under way.
struct Explorer<'e> {
    program: &'e Program,
    flow: &'e Flow,
    outcomes: &'e Outcomes,
    slug: &'e str,
    runs_max: usize,
    explored: Explored,
    /// Ways that were found.
    seen: HashSet<Turns>,
    /// Places and codes of which there is a fault.
    faults: HashSet<(Option<u32>, String)>,
    /// Choices that were taken, without the ordinary ones at the end.
    done: HashSet<Vec<usize>>,
}

impl Explorer<'_> {
    fn is_over(&self) -> bool {
        self.explored.runs >= self.runs_max
    }

    /// Makes a run; gives the choices it made, and whether it took a route for the first time.
    fn take(&mut self, taken: Vec<usize>) -> Result<(Chooser, bool), Refused> {
        let (program, outcomes) = (self.program, self.outcomes);
        let mut chooser = Chooser { taken, most: Vec::new() };
        let inputs = chooser.given(&outcomes.inputs);
        let complete = inputs.complete(&program.input, "trigger");
        let start: Start = start(self.slug, self.slug, None, complete);
        let (calls, mocks, answers) = (HashMap::new(), Vec::new(), Vec::new());
        let mut world = Choosing { program, outcomes, chooser, calls, mocks, answers };
        let trace = simulate::simulate(program, start, &mut world)?;
        let Choosing { mut chooser, mocks, answers, .. } = world;
        chooser.taken.truncate(chooser.most.len());
        self.explored.runs += usize::from(self.done.insert(without_ordinary(&chooser.taken)));
        let known = self.explored.coverage.arms.len();
        self.explored.coverage.add(self.flow, program, &trace);
        let way = Way { inputs, mocks, answers, trace };
        if let Some(error) = fault(&way.trace)
            && self.faults.insert((error.pc, error.code.clone()))
        {
            self.explored.faults.push(way.clone());
        }
        if self.seen.insert(turns(self.flow, &way.trace)) {
            self.explored.ways.push(way);
        }
        Ok((chooser, self.explored.coverage.arms.len() > known))
    }

    /// Makes each choice of a run otherwise: what leads near something new may lead to more of it.
    fn look_around(
        &mut self,
        from: Chooser,
        progress: &mut impl FnMut(usize, usize),
    ) -> Result<(), Refused> {
        let mut due = VecDeque::from([from]);
        while let Some(near) = due.pop_front() {
            for at in 0..near.most.len() {
                for other in 0..near.most_at(at) {
                    let mut taken = near.taken.clone();
                    if let Some(slot) = taken.get_mut(at) {
                        *slot = other;
                    }
                    if self.is_over() {
                        return Ok(());
                    }
                    if self.done.contains(&without_ordinary(&taken)) {
                        continue;
                    }
                    let (chooser, is_new) = self.take(taken)?;
                    if is_new {
                        due.push_back(chooser);
                    }
                    progress(self.explored.runs, due.len());
                }
            }
        }
        Ok(())
    }
}

/// Choices without the ordinary ones at the end, which are made where nothing is said.
fn without_ordinary(taken: &[usize]) -> Vec<usize> {
    let end = taken.iter().rposition(|at| *at != 0).map_or(0, |last| last + 1);
    taken.get(..end).unwrap_or_default().to_vec()
}

/// The error of a run that failed because of the workflow, and not because the world said so.
fn fault(trace: &Trace) -> Option<&ErrorInfo> {
    let errors = trace.steps.iter().filter_map(|step| step.error.as_ref());
    errors.chain(&trace.error).find(|error| {
        error.pc.is_some()
            || matches!(error.code.as_str(), "no_case" | "value_refused" | "execution_too_large")
    })
}

/// Makes choices: those of the way that is to be taken, then the ordinary ones.
struct Chooser {
    taken: Vec<usize>,
    /// How many there were to choose from, each time.
    most: Vec<usize>,
}

impl Chooser {
    /// One of so many.
    fn choose(&mut self, most: usize) -> usize {
        let at = self.most.len();
        self.most.push(most);
        match self.taken.get_mut(at) {
            // An earlier choice may leave fewer here than there were.
            Some(taken) if *taken >= most => {
                *taken = 0;
                0
            }
            Some(taken) => *taken,
            None => {
                self.taken.push(0);
                0
            }
        }
    }

    /// How many there were to choose from.
    fn most_at(&self, at: usize) -> usize {
        self.most.get(at).copied().unwrap_or(1)
    }

    fn given(&mut self, source: &Source) -> Given {
        let taken: Vec<usize> =
            source.choices.iter().map(|choice| self.choose(choice.values.len())).collect();
        source.given(&taken)
    }
}

/// A world in which everything that can happen is chosen.
struct Choosing<'e> {
    program: &'e Program,
    outcomes: &'e Outcomes,
    chooser: Chooser,
    /// How each call ends: every attempt alike.
    calls: HashMap<u32, Mock>,
    mocks: Vec<(u32, Mock)>,
    answers: Vec<(u32, Answer)>,
}

impl Choosing<'_> {
    fn given(&mut self, step: u32) -> Given {
        match self.outcomes.steps.get(&step) {
            Some(source) => self.chooser.given(source),
            None => Given::Sample,
        }
    }

    /// How a call ends: with an answer, or with one failure for each of its routes.
    fn call(&mut self, step: u32, info: &StepInfo) -> Mock {
        let failures = failures(info);
        match self.chooser.choose(failures.len() + 1) {
            0 => Mock::Output(self.given(step)),
            n => match failures.into_iter().nth(n - 1) {
                Some((kind, body)) => Mock::Failure { kind, body },
                None => Mock::Output(Given::Sample),
            },
        }
    }
}

impl World for Choosing<'_> {
    fn answer(&mut self, call: Attempt<'_>) -> Reply {
        if let Some(mock) = self.calls.get(&call.step) {
            return reply(mock, self.program, call);
        }
        let mock = match self.program.step(call.step) {
            Some(info) => self.call(call.step, info),
            None => Mock::Output(Given::Sample),
        };
        let reply = reply(&mock, self.program, call);
        self.mocks.push((call.step, mock.clone()));
        self.calls.insert(call.step, mock);
        reply
    }

    fn decide(&mut self, step: u32) -> Verdict {
        let approval = self.program.step(step).and_then(|step| step.approval.as_ref());
        let expires = approval.is_some_and(|approval| approval.timeout_ms.is_some());
        let notes = NOTES.to_owned();
        let answer = match self.chooser.choose(if expires { 3 } else { 2 }) {
            0 => Answer::Approve { notes, form: self.given(step) },
            1 => Answer::Reject { notes },
            _ => Answer::Expire,
        };
        let verdict = verdict(&answer, self.program, step);
        self.answers.push((step, answer));
        verdict
    }

    fn event(&mut self, step: u32) -> Arrival {
        let event = self.program.step(step).and_then(|step| step.event.as_ref());
        let expires = event.is_some_and(|event| event.timeout_ms.is_some());
        let answer = match self.chooser.choose(if expires { 2 } else { 1 }) {
            0 => Answer::Event(self.given(step)),
            _ => Answer::Expire,
        };
        let arrival = arrival(&answer, self.program, step);
        self.answers.push((step, answer));
        arrival
    }
}

/// A failure for each route of a call, and one where the step may fail without one.
fn failures(info: &StepInfo) -> Vec<(FailureKind, Option<Given>)> {
    let Some(call) = &info.call else { return Vec::new() };
    let classes: Vec<&ErrorClass> = call.on_error.iter().map(|route| &route.class).collect();
    let mut failures: Vec<(FailureKind, Option<Given>)> = Vec::new();
    for (at, class) in classes.iter().enumerate() {
        let earlier = classes.get(..at).unwrap_or_default();
        let found = candidates(class).find(|(kind, body)| {
            is_of(class, *kind, body.as_deref())
                && !earlier.iter().any(|class| is_of(class, *kind, body.as_deref()))
        });
        failures.extend(found.map(|(kind, body)| (kind, body.map(coded))));
    }
    let rest = candidates(&ErrorClass::Any)
        .find(|(kind, body)| !classes.iter().any(|class| is_of(class, *kind, body.as_deref())));
    if info.on_failure.is_some() {
        failures.extend(rest.map(|(kind, body)| (kind, body.map(coded))));
    }
    failures
}

/// Failures that may be of a class.
fn candidates(class: &ErrorClass) -> impl Iterator<Item = (FailureKind, Option<String>)> {
    let own = match class {
        ErrorClass::Status(status) => (FailureKind::Status(*status), None),
        ErrorClass::Code(code) => (FailureKind::Status(400), Some(code.clone())),
        ErrorClass::Timeout => (FailureKind::Timeout, None),
        ErrorClass::Network => (FailureKind::Network, None),
        ErrorClass::ServerError | ErrorClass::Any => (FailureKind::Status(503), None),
    };
    let others = [
        FailureKind::Status(500),
        FailureKind::Status(400),
        FailureKind::Status(418),
        FailureKind::Timeout,
        FailureKind::Network,
    ];
    [own].into_iter().chain(others.into_iter().map(|kind| (kind, None)))
}

/// Whether a failure is of a class, as the machine sees it.
fn is_of(class: &ErrorClass, kind: FailureKind, code: Option<&str>) -> bool {
    match class {
        ErrorClass::Any => true,
        ErrorClass::ServerError => matches!(kind, FailureKind::Status(500..=599)),
        ErrorClass::Timeout => kind == FailureKind::Timeout,
        ErrorClass::Network => kind == FailureKind::Network,
        ErrorClass::Status(status) => kind == FailureKind::Status(*status),
        ErrorClass::Code(wanted) => {
            let own = if kind == FailureKind::Timeout { "call_timeout" } else { "call_failed" };
            wanted == own || code == Some(wanted.as_str())
        }
    }
}

/// A body with a code.
fn coded(code: String) -> Given {
    Given::Record(vec![("code".to_owned(), Given::Value(code.as_str().into()))])
}
