//! Writes runs down as tests.

use super::coverage;
use super::explore::Way;
use crate::machine::ExecutionStatus;
use std::collections::HashSet;
use std::fmt::Write as _;
use writ_compiler::bytecode::Program;
use writ_compiler::convert::{plain_literal, step_id};
use writ_compiler::flow::{Flow, RouteKind, StepIx};
use writ_compiler::testing::{Answer, Given, Mock, NOTES};
use writ_compiler::value::Value;

/// Writes tests of one workflow; no two have one name.
pub struct Writer<'w> {
    program: &'w Program,
    flow: &'w Flow,
    /// The workflow's slug, where the file has several.
    slug: Option<&'w str>,
    names: HashSet<String>,
}

impl<'w> Writer<'w> {
    /// A writer of tests whose names are none of these.
    #[must_use]
    pub fn new(
        program: &'w Program,
        flow: &'w Flow,
        slug: Option<&'w str>,
        names: HashSet<String>,
    ) -> Self {
        Self { program, flow, slug, names }
    }

    /// The names that are taken now.
    #[must_use]
    pub fn into_names(self) -> HashSet<String> {
        self.names
    }

    /// A run as a test that expects it to go the same way again. Not in canonical form.
    pub fn test(&mut self, way: &Way) -> String {
        let name = self.name(way);
        let mut text = format!("test {}", plain_literal(&name));
        if let Some(slug) = self.slug {
            text += &format!(" for {}", plain_literal(slug));
        }
        text += " {\n";
        // Writing to a string cannot fail.
        let _ = writeln!(text, "  trigger {}", self.inputs(way).to_writ());
        for (step, mock) in &way.mocks {
            let id = self.id(*step);
            let _ = match mock {
                Mock::Output(Given::Sample) => continue,
                Mock::Output(given) => writeln!(text, "  mock {id} {}", given.to_writ()),
                Mock::Failure { kind, body } => {
                    let body = body.as_ref().map_or(String::new(), |b| format!(" {}", b.to_writ()));
                    writeln!(text, "  mock {id} fail {kind}{body}")
                }
            };
        }
        for (step, answer) in &way.answers {
            let id = self.id(*step);
            let with = |given: &Given| match given {
                Given::Record(fields) if fields.is_empty() => String::new(),
                Given::Record(_) => format!(" {}", given.to_writ()),
                Given::Sample | Given::Value(_) | Given::List(_) => String::new(),
            };
            let _ = match answer {
                Answer::Approve { notes, form } => {
                    writeln!(text, "  approve {id}{}{}", reasons(notes), with(form))
                }
                Answer::Reject { notes } => writeln!(text, "  reject {id}{}", reasons(notes)),
                Answer::Expire => writeln!(text, "  expire {id}"),
                Answer::Event(data) => writeln!(text, "  event {id}{}", with(data)),
            };
        }
        let path: Vec<String> = way.trace.path().map(|step| self.id(step)).collect();
        let _ = writeln!(text, "  expect path [{}]", path.join(", "));
        let _ = match (&way.trace.error, way.trace.status) {
            (Some(error), ExecutionStatus::Failed) => {
                writeln!(text, "  expect error {}", plain_literal(&error.code))
            }
            (_, ExecutionStatus::AwaitingApproval) => {
                writeln!(text, "  expect status awaiting_approval")
            }
            (_, ExecutionStatus::Running | ExecutionStatus::Pending) => {
                writeln!(text, "  expect status running")
            }
            (_, ExecutionStatus::Failed) => writeln!(text, "  expect status failed"),
            (_, ExecutionStatus::Succeeded | ExecutionStatus::Cancelled) => {
                writeln!(text, "  expect status succeeded")
            }
        };
        text += "}\n";
        text
    }

    /// The inputs, with every field that must be there.
    fn inputs(&self, way: &Way) -> Given {
        let Value::Map(complete) = way.inputs.complete(&self.program.input, "trigger") else {
            return Given::Record(Vec::new());
        };
        let given = match &way.inputs {
            Given::Record(fields) => fields.clone(),
            Given::Sample | Given::Value(_) | Given::List(_) => Vec::new(),
        };
        let rest =
            complete.keys().filter(|name| !given.iter().any(|(known, _)| **known == ***name));
        let rest: Vec<_> = rest.map(|name| (name.to_string(), Given::Sample)).collect();
        Given::Record(given.into_iter().chain(rest).collect())
    }

    fn id(&self, step: u32) -> String {
        step_id(self.program.step(step).map_or("", |step| step.id.as_str()))
    }

    /// Where the run turned off the straight way, and how it ended when that was badly.
    fn name(&mut self, way: &Way) -> String {
        let arms = coverage::path(self.flow, &way.trace);
        let turns: Vec<String> = arms
            .into_iter()
            .filter_map(|(step, at)| {
                let route = self.flow.routes_of(StepIx(step)).get(at)?;
                let id = self.program.step(step).map_or("", |step| step.id.as_str());
                Some(match &route.kind {
                    RouteKind::Next => return None,
                    RouteKind::Case(label) => format!("{id} {label}"),
                    RouteKind::Default => format!("{id} otherwise"),
                    RouteKind::When(n) => format!("{id} condition {}", n + 1),
                    RouteKind::OnError(None) => format!("{id} fails"),
                    RouteKind::OnError(Some(class)) => format!("{id} fails with {class}"),
                    RouteKind::OnTimeout => format!("{id} expires"),
                    RouteKind::OnReject => format!("{id} rejected"),
                    RouteKind::Failed => format!("{id} fails, and is optional"),
                })
            })
            .collect();
        let mut name = if turns.is_empty() { "straight on".to_owned() } else { turns.join(", ") };
        if let Some(error) = &way.trace.error {
            name += &format!(": {}", error.code);
        }
        let base = name.clone();
        let mut n = 2;
        while !self.names.insert(name.clone()) {
            name = format!("{base} ({n})");
            n += 1;
        }
        name
    }
}

/// The reasons for a decision, where there are any.
fn reasons(notes: &str) -> String {
    if notes == NOTES { String::new() } else { format!(" {}", plain_literal(notes)) }
}
