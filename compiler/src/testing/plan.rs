//! From `test` blocks to plans: names resolved, clauses held against the steps they are about.

use super::value::{Extent, Values};
use super::{Answer, Expect, ExpectKind, ExpectedStatus, FailureKind, Given, Mock, NOTES, Test};
use crate::analysis::WorkflowAnalysis;
use crate::bytecode::schema::{Schema, SchemaField, SchemaShape};
use crate::diagnostic::{Code, Diagnostic, SourceText, did_you_mean};
use crate::flow::StepIx;
use crate::limits::NOTES_CHARS_MAX;
use crate::signatures::Catalog;
use crate::text::{Name, Span};
use crate::tree::{
    Expectation, Expr, MockAnswer, Module, Step, StepKind, TestClauseKind, TestDecl, WaitStep,
    Workflow,
};
use crate::types::Type;
use crate::value::time::parse_timestamp;
use std::collections::{BTreeMap, HashMap, HashSet};

/// Plans every test of a text, and reports what is wrong with them.
pub(crate) fn plan<'m>(
    module: &'m Module,
    workflows: &[WorkflowAnalysis],
    source: SourceText<'_>,
    catalog: &Catalog,
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<Test> {
    if module.tests.is_empty() {
        return Vec::new();
    }
    let ids = |workflow: &'m Workflow| -> HashMap<&'m str, u32> {
        workflow.steps.iter().map(|step| step.id.value.as_str()).zip(0..).collect()
    };
    let ids: Vec<_> = module.workflows.iter().map(ids).collect();
    let mut names = HashSet::new();
    let mut tests = Vec::with_capacity(module.tests.len());
    for test in &module.tests {
        if !names.insert(test.name.value.as_str()) {
            let message = format!("there is another test \"{}\"", test.name.value);
            diagnostics.push(Diagnostic::new(Code::DuplicateName, test.name.span, message));
        }
        let Some(at) = workflow_of(test, module, diagnostics) else { continue };
        let (Some(workflow), Some(analysed), Some(ids)) =
            (module.workflows.get(at), workflows.get(at), ids.get(at))
        else {
            continue;
        };
        let values = Values { source, catalog, diagnostics };
        let planner = Planner { workflow, analysed, ids, values };
        tests.push(planner.test(test, at));
    }
    tests
}

/// The workflow that a test is of.
fn workflow_of(
    test: &TestDecl,
    module: &Module,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<usize> {
    let slugs = || module.workflows.iter().filter_map(|workflow| workflow.slug.as_ref());
    let Some(name) = &test.workflow else {
        if let [_] = module.workflows.as_slice() {
            return Some(0);
        }
        let message = match module.workflows.len() {
            0 => "there is no workflow to test in this file",
            _ => "which of the file's workflows does this test?",
        };
        let slug = slugs().next().map_or("its slug", |slug| slug.value.as_str());
        diagnostics.push(
            Diagnostic::new(Code::TestOfNothing, test.name.span, message)
                .help(format!("say it behind the name: `test \"...\" for \"{slug}\"`")),
        );
        return None;
    };
    let is_it = |w: &Workflow| w.slug.as_ref().is_some_and(|slug| slug.value == name.value);
    let found = module.workflows.iter().position(is_it);
    if found.is_none() {
        let message = format!("no workflow of this file is called \"{}\"", name.value);
        let diagnostic = Diagnostic::new(Code::TestOfNothing, name.span, message);
        let slugs = slugs().map(|slug| slug.value.as_str());
        diagnostics.push(did_you_mean(diagnostic, name, slugs));
    }
    found
}

struct Planner<'a> {
    workflow: &'a Workflow,
    analysed: &'a WorkflowAnalysis,
    ids: &'a HashMap<&'a str, u32>,
    values: Values<'a>,
}

/// Which part of a step's typing a value is for.
#[derive(Clone, Copy)]
enum Part {
    Input,
    Output,
    Form,
}

impl Planner<'_> {
    fn test(mut self, written: &TestDecl, workflow: usize) -> Test {
        let mut test = Test {
            name: written.name.value.clone(),
            span: written.name.span,
            workflow,
            starts_at: None,
            inputs: Given::Sample,
            mocks: BTreeMap::new(),
            answers: BTreeMap::new(),
            expects: Vec::new(),
        };
        let mut given = false;
        for clause in &written.clauses {
            match &clause.kind {
                TestClauseKind::Trigger(inputs) => {
                    if std::mem::replace(&mut given, true) {
                        self.twice(clause.span, "trigger");
                    }
                    test.inputs = self.inputs(inputs);
                }
                TestClauseKind::At(moment) => {
                    if test.starts_at.is_some() {
                        self.twice(clause.span, "at");
                    }
                    test.starts_at = self.moment(moment);
                }
                TestClauseKind::Mock { step, answer } => {
                    if let Some((at, mock)) = self.mock(step, answer) {
                        test.mocks.entry(at).or_default().push(mock);
                    }
                }
                TestClauseKind::Approve { .. }
                | TestClauseKind::Reject { .. }
                | TestClauseKind::Expire { .. }
                | TestClauseKind::Event { .. } => {
                    let Some((at, answer)) = self.answer(&clause.kind) else { continue };
                    if test.answers.insert(at, answer).is_some() {
                        self.twice(clause.span, "what becomes of this step");
                    }
                }
                TestClauseKind::Error => {}
                TestClauseKind::Expect(expectation) => {
                    let kind = self.expectation(expectation);
                    test.expects.extend(kind.map(|kind| Expect { span: clause.span, kind }));
                }
            }
        }
        let expects = |kind: &TestClauseKind| {
            matches!(kind, TestClauseKind::Expect(_) | TestClauseKind::Error)
        };
        if !written.clauses.iter().any(|clause| expects(&clause.kind)) {
            let message = format!("the test \"{}\" expects nothing", test.name);
            self.report(
                Diagnostic::new(Code::ExpectsNothing, written.name.span, message)
                    .help("say what must come of the run, such as `expect status succeeded`"),
            );
        }
        test
    }

    fn report(&mut self, diagnostic: Diagnostic) {
        self.values.diagnostics.push(diagnostic);
    }

    fn twice(&mut self, span: Span, what: &str) {
        let message = format!("`{what}` is given twice");
        let message = if what.contains(' ') { format!("{what} is said twice") } else { message };
        self.report(
            Diagnostic::new(Code::DuplicateKey, span, message).help("leave one of them out"),
        );
    }

    /// The step of a name, of which the clause says something; reports one that is not there or of another kind.
    fn step(
        &mut self,
        name: &Name,
        clause: &str,
        fits: impl Fn(&StepKind) -> bool,
        kinds: &str,
    ) -> Option<(u32, &Step)> {
        let workflow = self.workflow;
        let Some(at) = self.ids.get(name.value.as_str()).copied() else {
            let message = format!("no step is called \"{}\"", name.value);
            let diagnostic = Diagnostic::new(Code::UnknownStep, name.span, message);
            let ids = workflow.steps.iter().map(|step| step.id.value.as_str());
            self.report(did_you_mean(diagnostic, name, ids));
            return None;
        };
        let step = workflow.steps.get(at as usize)?;
        if matches!(step.kind, StepKind::Error) {
            return None;
        }
        if !fits(&step.kind) {
            let what = noun(&step.kind);
            let message = format!("`{clause}` is for {kinds}, and `{}` is {what}", name.value);
            self.report(
                Diagnostic::new(Code::ClauseDoesNotFit, name.span, message)
                    .and(step.id.span, "declared here"),
            );
            return None;
        }
        Some((at, step))
    }

    fn schema(&self, step: u32, part: Part) -> Schema {
        let typing = self.analysed.typed.steps.get(step as usize);
        let ty = typing.and_then(|typing| match part {
            Part::Input => Some(&typing.input),
            Part::Output => Some(&typing.output),
            Part::Form => typing.form.as_ref(),
        });
        ty.map_or_else(Schema::json, Type::to_schema)
    }

    /// The run's inputs. The caller's own reference stands among them, declared or not.
    fn inputs(&mut self, inputs: &Expr) -> Given {
        let mut schema = self.analysed.typed.input.to_schema();
        if let SchemaShape::Record { fields, .. } = &mut schema.shape
            && !fields.iter().any(|field| field.name == "externalId")
        {
            fields.push(SchemaField::optional("externalId", Schema::new(SchemaShape::String)));
        }
        self.values.given(inputs, "the trigger", &schema, Extent::Whole)
    }

    fn moment(&mut self, moment: &Name) -> Option<i128> {
        let parsed = parse_timestamp(&moment.value);
        if parsed.is_none() {
            let message = format!("\"{}\" is no RFC 3339 timestamp", moment.value);
            self.report(
                Diagnostic::new(Code::InvalidValue, moment.span, message)
                    .help("write a moment such as \"2026-05-01T12:00:00Z\""),
            );
        }
        parsed
    }

    fn mock(&mut self, name: &Name, answer: &MockAnswer) -> Option<(u32, Mock)> {
        let calls = |kind: &StepKind| matches!(kind, StepKind::Call(_));
        let (at, _) = self.step(name, "mock", calls, "calls")?;
        let mock = match answer {
            MockAnswer::Output(output) => {
                let schema = self.schema(at, Part::Output);
                let place = format!("the output of `{}`", name.value);
                Mock::Output(self.values.given(output, &place, &schema, Extent::Part))
            }
            MockAnswer::Failure { class, body } => {
                let kind = self.failure(class);
                let place = format!("the answer to `{}`", name.value);
                let any = Schema::json();
                let body =
                    body.as_ref().map(|body| self.values.given(body, &place, &any, Extent::Part));
                Mock::Failure { kind: kind?, body }
            }
        };
        Some((at, mock))
    }

    fn failure(&mut self, class: &Name) -> Option<FailureKind> {
        let kind = FailureKind::named(&class.value);
        if kind.is_none() {
            let message = format!("a call cannot fail with `{}`", class.value);
            let diagnostic = Diagnostic::new(Code::InvalidValue, class.span, message)
                .note("it can fail with a status from 400 to 599, `timeout` or `network`");
            self.report(did_you_mean(diagnostic, class, ["timeout", "network"].into_iter()));
        }
        kind
    }

    fn notes(&mut self, notes: Option<&Name>) -> String {
        if let Some(notes) = notes
            && notes.value.chars().count() > NOTES_CHARS_MAX
        {
            let message = format!("the notes are longer than {NOTES_CHARS_MAX} characters");
            self.report(Diagnostic::new(Code::InvalidValue, notes.span, message));
        }
        notes.map_or_else(|| NOTES.to_owned(), |notes| notes.value.clone())
    }

    fn answer(&mut self, clause: &TestClauseKind) -> Option<(u32, Answer)> {
        let asks = |kind: &StepKind| matches!(kind, StepKind::Approval(_));
        let listens = |kind: &StepKind| matches!(kind, StepKind::Wait(WaitStep::Event { .. }));
        Some(match clause {
            TestClauseKind::Approve { step, notes, form } => {
                let (at, _) = self.step(step, "approve", asks, "approvals")?;
                let notes = self.notes(notes.as_ref());
                let schema = self.schema(at, Part::Form);
                let place = format!("the form of `{}`", step.value);
                let form = form.as_ref().map_or(Given::Sample, |form| {
                    self.values.given(form, &place, &schema, Extent::Part)
                });
                (at, Answer::Approve { notes, form })
            }
            TestClauseKind::Reject { step, notes } => {
                let (at, _) = self.step(step, "reject", asks, "approvals")?;
                (at, Answer::Reject { notes: self.notes(notes.as_ref()) })
            }
            TestClauseKind::Event { step, data } => {
                let (at, _) = self.step(step, "event", listens, "waits for an event")?;
                let schema = self.schema(at, Part::Form);
                let place = format!("the data of `{}`", step.value);
                let data = data.as_ref().map_or(Given::Sample, |data| {
                    self.values.given(data, &place, &schema, Extent::Part)
                });
                (at, Answer::Event(data))
            }
            TestClauseKind::Expire { step } => {
                let either = |kind: &StepKind| asks(kind) || listens(kind);
                let (at, found) =
                    self.step(step, "expire", either, "approvals and waits for an event")?;
                let limited = match &found.kind {
                    StepKind::Approval(approval) => approval.timeout_ms.is_some(),
                    StepKind::Wait(WaitStep::Event { timeout_ms, .. }) => timeout_ms.is_some(),
                    _ => false,
                };
                if !limited {
                    let declared = found.id.span;
                    let message = format!("`{}` has no time limit that could run out", step.value);
                    self.report(
                        Diagnostic::new(Code::ClauseDoesNotFit, step.span, message)
                            .and(declared, "declared here, without a `timeout`"),
                    );
                    return None;
                }
                (at, Answer::Expire)
            }
            TestClauseKind::Trigger(_)
            | TestClauseKind::At(_)
            | TestClauseKind::Mock { .. }
            | TestClauseKind::Expect(_)
            | TestClauseKind::Error => return None,
        })
    }

    fn expectation(&mut self, expectation: &Expectation) -> Option<ExpectKind> {
        let calls = |kind: &StepKind| matches!(kind, StepKind::Call(_));
        let any = |_: &StepKind| true;
        Some(match expectation {
            Expectation::Path(steps) => ExpectKind::Path(self.path(steps)?),
            Expectation::Status(name) => ExpectKind::Status(self.status(name)?),
            Expectation::Error { code, message } => ExpectKind::Error {
                code: code.value.clone(),
                message: message.as_ref().map(|message| message.value.clone()),
            },
            Expectation::Output(value) => {
                let any = Schema::json();
                let given = self.values.given(value, "the run's output", &any, Extent::Part);
                ExpectKind::Output(given)
            }
            Expectation::Step { step, value } => {
                let (at, _) = self.step(step, "expect step", any, "steps")?;
                let schema = self.schema(at, Part::Output);
                let place = format!("the output of `{}`", step.value);
                let value = self.values.given(value, &place, &schema, Extent::Part);
                ExpectKind::Step { step: at, value }
            }
            Expectation::Call { step, request } => {
                let (at, _) = self.step(step, "expect call", calls, "calls")?;
                let schema = self.schema(at, Part::Input);
                let place = format!("the request of `{}`", step.value);
                let request = self.values.given(request, &place, &schema, Extent::Part);
                ExpectKind::Call { step: at, request }
            }
            Expectation::Attempts { step, count } => {
                let (at, _) = self.step(step, "expect attempts", calls, "calls")?;
                ExpectKind::Attempts { step: at, count: count.value }
            }
            Expectation::Emit { event, payload } => {
                let payload = self.emitted(event, payload.as_ref())?;
                ExpectKind::Emit { event: event.value.clone(), payload }
            }
        })
    }

    fn status(&mut self, name: &Name) -> Option<ExpectedStatus> {
        let names = || ExpectedStatus::ALL.iter().map(|(name, _)| *name);
        let found = ExpectedStatus::ALL.iter().find(|(known, _)| *known == name.value);
        if found.is_none() {
            let message = format!("a run is never left `{}`", name.value);
            let diagnostic = Diagnostic::new(Code::InvalidValue, name.span, message)
                .note(format!("it is left {}", names().collect::<Vec<_>>().join(", ")));
            self.report(did_you_mean(diagnostic, name, names()));
        }
        found.map(|(_, status)| *status)
    }

    /// Steps that follow one another in some run.
    fn path(&mut self, names: &[Name]) -> Option<Vec<u32>> {
        let mut path: Vec<(u32, &Name)> = Vec::with_capacity(names.len());
        for name in names {
            path.push((self.step(name, "expect path", |_| true, "steps")?.0, name));
        }
        let flow = &self.analysed.flow;
        let broken = match path.first() {
            Some((first, name)) if flow.start.is_some_and(|start| start != StepIx(*first)) => {
                Some((*name, format!("no run begins with `{}`", name.value)))
            }
            _ => path.windows(2).find_map(|pair| match pair {
                [(from, before), (to, name)] => {
                    let routes = flow.routes_of(StepIx(*from));
                    let leads = routes.iter().any(|route| route.target == StepIx(*to));
                    let message =
                        format!("no run goes from `{}` to `{}`", before.value, name.value);
                    (!leads).then_some((*name, message))
                }
                _ => None,
            }),
        };
        if let (Some((name, message)), true) = (broken, flow.complete) {
            let routes = match path.iter().position(|(_, known)| std::ptr::eq(*known, name)) {
                Some(at) if at > 0 => {
                    path.get(at - 1).map(|(from, _)| flow.routes_of(StepIx(*from)))
                }
                _ => None,
            };
            let leads: Vec<&str> = routes
                .unwrap_or_default()
                .iter()
                .filter_map(|route| self.workflow.steps.get(route.target.index()))
                .map(|step| step.id.value.as_str())
                .collect();
            let mut diagnostic = Diagnostic::new(Code::ImpossiblePath, name.span, message);
            if !leads.is_empty() {
                diagnostic = diagnostic.note(format!("from there it goes to {}", leads.join(", ")));
            }
            self.report(diagnostic);
            return None;
        }
        Some(path.into_iter().map(|(at, _)| at).collect())
    }

    /// What an event that some step emits is expected to carry.
    fn emitted(&mut self, event: &Name, payload: Option<&Expr>) -> Option<Option<Given>> {
        let emits = self.workflow.steps.iter().filter_map(|step| match &step.kind {
            StepKind::Emit(emit) => Some(emit.event.value.as_str()),
            _ => None,
        });
        let emits: Vec<&str> = emits.collect();
        if !emits.contains(&event.value.as_str()) {
            let message = format!("no step emits \"{}\"", event.value);
            let diagnostic = Diagnostic::new(Code::ClauseDoesNotFit, event.span, message);
            self.report(did_you_mean(diagnostic, event, emits.into_iter()));
            return None;
        }
        let any = Schema::json();
        let place = format!("the payload of `{}`", event.value);
        Some(payload.map(|payload| self.values.given(payload, &place, &any, Extent::Part)))
    }
}

/// A step in a few words.
fn noun(kind: &StepKind) -> &'static str {
    match kind {
        StepKind::Call(_) => "a call",
        StepKind::Decide(_) => "a decision",
        StepKind::Transform(_) => "a transform",
        StepKind::Wait(WaitStep::Event { .. }) => "a wait for an event",
        StepKind::Wait(WaitStep::Duration { .. } | WaitStep::Until { .. }) => "a wait",
        StepKind::Emit(_) => "an emit",
        StepKind::Approval(_) => "an approval",
        StepKind::End(_) => "an end",
        StepKind::Error => "no step",
    }
}
