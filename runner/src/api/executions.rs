//! `GET /api/executions/{id}`, and how an execution is shown.

use super::Api;
use super::error::ApiError;
use super::pipeline::Checked;
use super::reply::{self, Time};
use crate::machine::{ErrorInfo, ExecutionStatus, StepStatus};
use crate::store::{ExecutionRow, StepRow};
use crate::time::Millis;
use axum::body::Body;
use http::{Response, StatusCode};
use serde::Serialize;
use writ_compiler::analysis::Syntax;
use writ_compiler::bytecode::{Location, Pc, SourceMap, StepType};
use writ_compiler::diagnostic::SourceText;
use writ_compiler::text::LineIndex;
use writ_compiler::value::Value;
use writ_compiler::value::time::{parse_duration, parse_timestamp};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ExecutionView<'a> {
    id: &'a str,
    workflow_id: &'a str,
    workflow_slug: &'a str,
    workflow_version: u32,
    status: ExecutionStatus,
    inputs: &'a Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    external_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    waiting_for: Option<WaitingView<'a>>,
    steps: Vec<StepView<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    output: Option<&'a Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<ErrorView<'a>>,
    created_at: Time,
    #[serde(skip_serializing_if = "Option::is_none")]
    completed_at: Option<Time>,
}

/// What a run that is not being worked on waits for.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct WaitingView<'a> {
    /// `timer`, `event`, `approval`
    kind: &'static str,
    node_id: &'a str,
    step_id: &'a str,
    /// The event's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    event: Option<&'a str>,
    /// What the event must carry to be this run's.
    #[serde(skip_serializing_if = "Option::is_none")]
    correlation: Option<&'a str>,
    /// When the timer is due, or the event's time is over.
    #[serde(skip_serializing_if = "Option::is_none")]
    until: Option<Time>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct StepView<'a> {
    id: &'a str,
    node_id: &'a str,
    #[serde(rename = "type")]
    kind: &'static str,
    status: StepStatus,
    #[serde(skip_serializing_if = "Option::is_none")]
    input: Option<&'a Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    output: Option<&'a Value>,
    attempts: u32,
    started_at: Time,
    #[serde(skip_serializing_if = "Option::is_none")]
    completed_at: Option<Time>,
    #[serde(skip_serializing_if = "Option::is_none")]
    duration_ms: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<ErrorView<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ErrorView<'a> {
    code: &'a str,
    message: &'a str,
    /// The service's status, when one answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    node_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    step_id: Option<&'a str>,
    /// Where in the spec, from 1, when an expression failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    column: Option<u32>,
    /// What stands there.
    #[serde(skip_serializing_if = "Option::is_none")]
    expression: Option<String>,
}

/// Shows an execution with its steps.
pub(super) async fn read(api: &Api, request: Checked<'_>) -> Result<Response<Body>, ApiError> {
    let row = find(api, request.id).await?;
    show(api, &row, row.status).await
}

/// The execution with an id.
pub(super) async fn find(api: &Api, id: &str) -> Result<ExecutionRow, ApiError> {
    let row = api.0.store.execution(id).await?;
    row.ok_or_else(|| ApiError::not_found("there is no execution with this id"))
}

/// Shows an execution as it was when it had this status; its steps may have gone on since.
pub(super) async fn show(
    api: &Api,
    row: &ExecutionRow,
    status: ExecutionStatus,
) -> Result<Response<Body>, ApiError> {
    let source = Source::of(api, row).await?;
    Ok(reply::data(StatusCode::OK, "execution", &view(row, status, source.as_ref())))
}

fn view<'a>(
    row: &'a ExecutionRow,
    status: ExecutionStatus,
    source: Option<&Source>,
) -> ExecutionView<'a> {
    // What came after the moment that is shown is left out.
    let current = status == row.status;
    let failed = row.failed_step.as_ref();
    let error = row.error.as_ref().map(|error| ErrorView {
        step_id: failed.map(|(step_id, _)| step_id.as_str()),
        node_id: failed.map(|(_, node_id)| node_id.as_str()),
        ..error_view(error, source)
    });
    ExecutionView {
        id: &row.id,
        workflow_id: &row.workflow_id,
        workflow_slug: &row.workflow_slug,
        workflow_version: row.workflow_version,
        status,
        inputs: &row.inputs,
        external_id: row.external_id.as_deref(),
        waiting_for: waiting_for(status, &row.steps),
        steps: row.steps.iter().map(|step| step_view(step, source)).collect(),
        output: row.output.as_ref().filter(|_| current),
        error: error.filter(|_| current),
        created_at: Time(row.created_at),
        completed_at: row.completed_at.filter(|_| current).map(Time),
    }
}

fn step_view<'a>(step: &'a StepRow, source: Option<&Source>) -> StepView<'a> {
    StepView {
        id: &step.id,
        node_id: &step.node_id,
        kind: step.kind,
        status: step.status,
        input: step.input.as_ref(),
        output: step.output.as_ref(),
        attempts: step.attempts,
        started_at: Time(step.started_at),
        completed_at: step.completed_at.map(Time),
        duration_ms: step.completed_at.map(|completed| completed.since(step.started_at)),
        error: step.error.as_ref().map(|error| error_view(error, source)),
    }
}

fn error_view<'a>(error: &'a ErrorInfo, source: Option<&Source>) -> ErrorView<'a> {
    let location = error.pc.zip(source).and_then(|(pc, source)| source.locate(Pc(pc)));
    ErrorView {
        code: &error.code,
        message: &error.message,
        status: error.status,
        node_id: None,
        step_id: None,
        line: location.as_ref().map(|location| location.line),
        column: location.as_ref().map(|location| location.column),
        expression: location.map(|location| location.expression),
    }
}

fn waiting_for(status: ExecutionStatus, steps: &[StepRow]) -> Option<WaitingView<'_>> {
    let (kind, step) = match status {
        ExecutionStatus::AwaitingApproval => {
            ("approval", steps.iter().find(|step| step.status == StepStatus::AwaitingApproval)?)
        }
        ExecutionStatus::Running => {
            let waits = |step: &&StepRow| {
                step.status == StepStatus::Running && step.kind == StepType::Wait.wire_type()
            };
            let step = steps.iter().find(waits)?;
            (if text(step, "event").is_some() { "event" } else { "timer" }, step)
        }
        ExecutionStatus::Pending
        | ExecutionStatus::Succeeded
        | ExecutionStatus::Failed
        | ExecutionStatus::Cancelled => return None,
    };
    let until = due(step).map(Time);
    let (event, correlation) = match kind {
        "event" => (text(step, "event"), text(step, "correlation")),
        _ => (None, None),
    };
    Some(WaitingView { kind, node_id: &step.node_id, step_id: &step.id, event, correlation, until })
}

/// When a `wait` ends, by what it was told: a time, or how long from its start.
fn due(step: &StepRow) -> Option<Millis> {
    if let Some(until) = text(step, "until") {
        return parse_timestamp(until).map(Millis::from_nanos_up);
    }
    let duration = parse_duration(text(step, "duration")?)?;
    Some(Millis::from_nanos_up(step.started_at.nanos() + duration))
}

/// What a step was told, where that is text.
fn text<'a>(step: &'a StepRow, name: &str) -> Option<&'a str> {
    step.input.as_ref()?.get(name)?.as_str()
}

/// The spec of an execution's version, to find the place of an error in.
struct Source {
    text: String,
    map: SourceMap,
    lines: LineIndex,
}

impl Source {
    /// Read only when some error has a place: few executions fail, and fewer in an expression.
    async fn of(api: &Api, row: &ExecutionRow) -> Result<Option<Self>, ApiError> {
        let mut errors = row.error.iter().chain(row.steps.iter().filter_map(|s| s.error.as_ref()));
        if !errors.any(|error| error.pc.is_some()) {
            return Ok(None);
        }
        let source = api.0.store.source(&row.workflow_id, row.workflow_version).await?;
        Ok(source.map(|(text, map)| Self { lines: LineIndex::new(&text), text, map }))
    }

    fn locate(&self, pc: Pc) -> Option<Location> {
        let source = SourceText { text: &self.text, syntax: Syntax::Json };
        self.map.locate(pc, source, &self.lines)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use writ_compiler::value::Value;

    #[test]
    fn a_timer_is_due_at_a_time_or_after_a_while() {
        let due_of = |name: &str, text: &str| {
            due(&StepRow {
                id: "stp_1".to_owned(),
                node_id: "pause".to_owned(),
                kind: StepType::Wait.wire_type(),
                status: StepStatus::Running,
                input: Some(Value::record([(name, Value::from(text))])),
                output: None,
                error: None,
                attempts: 1,
                started_at: Millis(1_000),
                completed_at: None,
            })
        };
        assert_eq!(due_of("duration", "1.5s"), Some(Millis(2_500)));
        assert_eq!(due_of("until", "1970-01-01T00:00:09Z"), Some(Millis(9_000)));
        assert_eq!(due_of("until", "soon"), None);
    }
}
