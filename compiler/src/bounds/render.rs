//! Bounds as a table for people, and as JSON. The schema of the JSON is in `docs/cli.md`.

use super::{Bound, Bounds, Measure, Worst, bytes_text, duration_text};
use crate::analysis::Analysis;
use crate::diagnostic::one_line;
use crate::flow::path_text;
use crate::tree::{Step, StepKind, WaitStep, Workflow};
use serde_json::{Map, Value};

/// A table for each workflow of a text.
#[must_use]
pub fn human(analysis: &Analysis, name: &str) -> String {
    let mut out = String::new();
    for (workflow, found) in analysis.module.workflows.iter().zip(&analysis.workflows) {
        let slug = workflow.slug.as_ref().map_or(name, |slug| &slug.value);
        let slug = &one_line(slug.to_owned());
        match Bounds::of(workflow, &found.flow, &found.typed) {
            Some(bounds) => table(&mut out, slug, workflow, &bounds),
            None => out.push_str(&format!(
                "what a run of {slug} takes at most is not known: it has errors\n"
            )),
        }
    }
    out
}

fn table(out: &mut String, slug: &str, workflow: &Workflow, bounds: &Bounds) {
    let rows: Vec<(String, String, String)> = shown(bounds)
        .map(|(measure, bound)| {
            let (amount, way) = match bound.worst {
                Worst::AtMost(amount) => (amount_text(measure, amount), way(workflow, bound)),
                Worst::Unbounded(step) => {
                    let step = workflow.steps.get(step.index());
                    ("unbounded".to_owned(), step.map(no_limit).unwrap_or_default())
                }
            };
            (one_line(row_name(measure)), amount, one_line(way))
        })
        .collect();
    let width = |texts: &mut dyn Iterator<Item = &String>| {
        texts.map(|text| text.chars().count()).max().unwrap_or(0)
    };
    let names = width(&mut rows.iter().map(|row| &row.0));
    let amounts = width(&mut rows.iter().map(|row| &row.1));
    out.push_str(&format!("a run of {slug} takes at most\n"));
    for (name, amount, way) in rows {
        let row = format!("  {name:<names$}  {amount:<amounts$}  {way}");
        out.push_str(row.trim_end());
        out.push('\n');
    }
}

/// The measures that say something of their own.
fn shown(bounds: &Bounds) -> impl Iterator<Item = &(Measure, Bound)> {
    let asked = bounds.get(&Measure::Duration).map(|bound| bound.worst);
    bounds.measures.iter().filter(move |(measure, bound)| {
        *measure != Measure::DurationUnasked || Some(bound.worst) != asked
    })
}

fn row_name(measure: &Measure) -> String {
    match measure {
        Measure::Calls => "calls".to_owned(),
        Measure::CallsOf(service) => format!("  of {service}"),
        Measure::Attempts => "attempts".to_owned(),
        Measure::Duration => "duration".to_owned(),
        Measure::DurationUnasked => "  but for Retry-After".to_owned(),
        Measure::Stored => "stored".to_owned(),
    }
}

/// An amount of a measure, with its unit when it has one.
pub(crate) fn amount_text(measure: &Measure, amount: u64) -> String {
    match measure {
        Measure::Calls | Measure::CallsOf(_) | Measure::Attempts => amount.to_string(),
        Measure::Duration | Measure::DurationUnasked => duration_text(amount),
        Measure::Stored => bytes_text(amount),
    }
}

/// What is missing of a step that nothing limits.
pub(crate) fn no_limit(step: &Step) -> String {
    let id = &step.id.value;
    match &step.kind {
        StepKind::Approval(_) | StepKind::Wait(WaitStep::Event { .. }) => {
            format!("\"{id}\" has no timeout")
        }
        StepKind::Wait(WaitStep::Duration { .. } | WaitStep::Until { .. })
        | StepKind::Call(_)
        | StepKind::Decide(_)
        | StepKind::Transform(_)
        | StepKind::Emit(_)
        | StepKind::End(_)
        | StepKind::Error => format!("how long \"{id}\" waits is known only when it runs"),
    }
}

/// The way, when anything on it adds to the measure.
fn way(workflow: &Workflow, bound: &Bound) -> String {
    if bound.path.iter().all(|passed| passed.adds == Some(0)) {
        return String::new();
    }
    path_text(ids(workflow, bound))
}

fn ids<'w>(workflow: &'w Workflow, bound: &Bound) -> Vec<&'w str> {
    let steps = bound.path.iter().filter_map(|passed| workflow.steps.get(passed.step.index()));
    steps.map(|step| step.id.value.as_str()).collect()
}

/// One JSON object a workflow, one a line.
#[must_use]
pub fn json(analysis: &Analysis, name: &str) -> String {
    let mut out = String::new();
    for (workflow, found) in analysis.module.workflows.iter().zip(&analysis.workflows) {
        let bounds = Bounds::of(workflow, &found.flow, &found.typed);
        let mut object = Map::new();
        object.insert("file".into(), name.into());
        object.insert("workflow".into(), workflow.slug.as_ref().map(|s| s.value.as_str()).into());
        object.insert("bounds".into(), bounds.map(|bounds| values(workflow, &bounds)).into());
        out.push_str(&Value::Object(object).to_string());
        out.push('\n');
    }
    out
}

fn values(workflow: &Workflow, bounds: &Bounds) -> Value {
    let (mut object, mut services) = (Map::new(), Map::new());
    for (measure, bound) in &bounds.measures {
        let key = match measure {
            Measure::Calls => "calls",
            Measure::CallsOf(service) => {
                services.insert(service.clone(), value(workflow, bound));
                continue;
            }
            Measure::Attempts => {
                object.insert("callsPerService".into(), std::mem::take(&mut services).into());
                "attempts"
            }
            Measure::Duration => "durationMs",
            Measure::DurationUnasked => "durationWithoutRetryAfterMs",
            Measure::Stored => "storedBytes",
        };
        object.insert(key.into(), value(workflow, bound));
    }
    object.into()
}

fn value(workflow: &Workflow, bound: &Bound) -> Value {
    let (most, unbounded) = match bound.worst {
        Worst::AtMost(amount) => (Some(amount), None),
        Worst::Unbounded(step) => (None, workflow.steps.get(step.index())),
    };
    let mut object = Map::new();
    object.insert("atMost".into(), most.into());
    if let Some(step) = unbounded {
        object.insert("unboundedAt".into(), step.id.value.as_str().into());
    }
    object.insert("path".into(), ids(workflow, bound).into());
    object.into()
}
