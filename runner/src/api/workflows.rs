//! `/api/workflows`: creating, checking, reading and publishing.

use super::diagnostics::Diagnostics;
use super::error::ApiError;
use super::fields::{Fields, SLUG_WORDS, is_slug};
use super::pipeline::Checked;
use super::reply::{self, Time};
use super::{Api, body, spec_text};
use crate::limits::{DESCRIPTION_CHARS_MAX, NAME_CHARS_MAX, SLUG_CHARS_MAX};
use crate::store::{NewWorkflow, WorkflowRow};
use axum::body::Body;
use bytes::Bytes;
use http::{Response, StatusCode};
use serde::Serialize;
use writ_compiler::analysis::{Analysis, Compiled, Syntax};
use writ_compiler::bytecode::{Pc, SourceMap};
use writ_compiler::text::Span;
use writ_compiler::value::Value;

/// A workflow as it is shown.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct WorkflowView<'a> {
    id: &'a str,
    slug: &'a str,
    name: &'a str,
    description: Option<&'a str>,
    spec: Value,
    trigger_type: &'a str,
    trigger_spec: Option<Value>,
    status: &'a str,
    version: u32,
    published_version: Option<u32>,
    created_at: Time,
    updated_at: Time,
}

fn view(row: &WorkflowRow) -> Result<WorkflowView<'_>, ApiError> {
    // What was stored was read as JSON before.
    let read = |text: &str| {
        Value::from_json(text).map_err(|_| ApiError::internal("a stored spec is no JSON"))
    };
    Ok(WorkflowView {
        id: &row.id,
        slug: &row.slug,
        name: &row.name,
        description: row.description.as_deref(),
        spec: read(&row.spec)?,
        trigger_type: &row.trigger_type,
        trigger_spec: row.trigger_spec.as_deref().map(read).transpose()?,
        status: &row.status,
        version: row.version,
        published_version: row.published_version,
        created_at: Time(row.created_at),
        updated_at: Time(row.updated_at),
    })
}

/// `POST /api/workflows`: compiles the spec and stores it as a draft.
pub(super) async fn create(api: &Api, request: Checked<'_>) -> Result<Response<Body>, ApiError> {
    let by = request.caller.actor();
    let body = body::object(&request.body)?;
    let envelope = envelope(&body)?;
    let Checks { compiled, spec, diagnostics } = check(request.body).await?;
    let (Some(compiled), Some(spec)) = (compiled, spec) else {
        return Err(ApiError::compile(diagnostics));
    };
    let Envelope { slug, name, description } = envelope;
    let workflow = NewWorkflow {
        slug,
        name,
        description,
        spec,
        trigger_type: "api".to_owned(),
        trigger_spec: None,
        compiled,
        by,
    };
    let row = api.0.store.create_workflow(workflow).await?;
    let view = view(&row)?;
    Ok(if diagnostics.is_empty() {
        reply::data(StatusCode::CREATED, "workflow", &view)
    } else {
        reply::data_with_diagnostics(StatusCode::CREATED, "workflow", &view, &diagnostics)
    })
}

/// What stands around a spec.
struct Envelope {
    slug: String,
    name: String,
    description: Option<String>,
}

fn envelope(body: &Value) -> Result<Envelope, ApiError> {
    let mut fields = Fields::of(body);
    let slug = fields.require_text("slug", 1..=SLUG_CHARS_MAX);
    match slug {
        // These would be taken for an id, and for the path that checks.
        Some(slug) if slug == "validate" || slug.starts_with("wkf_") => {
            fields.error("slug", "is reserved: choose another one");
        }
        Some(slug) if !is_slug(slug) => fields.error("slug", SLUG_WORDS),
        _ => {}
    }
    let name = fields.text("name", 1..=NAME_CHARS_MAX);
    let description = fields.text("description", 0..=DESCRIPTION_CHARS_MAX);
    match fields.get("spec") {
        None => fields.error("spec", "is required"),
        Some(spec) if spec.as_map().is_none() => fields.error("spec", "must be an object"),
        Some(_) => {}
    }
    // The compiler also reads answers of the API, and would look for the spec inside these.
    for wrapper in ["data", "workflow"] {
        if body.get(wrapper).is_some() {
            fields.error(wrapper, "is no field of a workflow: send what is inside it");
        }
    }
    let kind = fields.text("triggerType", 1..=NAME_CHARS_MAX).unwrap_or("api");
    if !matches!(kind, "api" | "webhook" | "schedule") {
        fields.error("triggerType", "must be one of api, webhook, schedule");
    }
    if kind == "api" && fields.get("triggerSpec").is_some() {
        fields.error("triggerSpec", "must be null for an api trigger");
    }
    fields.finish()?;
    if kind != "api" {
        return Err(ApiError::new(
            StatusCode::NOT_IMPLEMENTED,
            "not_implemented",
            format!("{kind} triggers are not there yet: only api ones are"),
        ));
    }
    let Some(slug) = slug.map(str::to_owned) else {
        return Err(ApiError::internal("a checked workflow has no slug"));
    };
    let name = name.map_or_else(|| slug.clone(), str::to_owned);
    Ok(Envelope { slug, name, description: description.map(str::to_owned) })
}

#[derive(Serialize)]
struct ValidationView {
    valid: bool,
    diagnostics: Diagnostics,
}

/// `POST /api/workflows/validate`: says what [`create`] would, of the same body or of a bare spec, and stores nothing.
pub(super) async fn validate(request: Checked<'_>) -> Result<Response<Body>, ApiError> {
    body::object(&request.body)?;
    let Checks { compiled, spec: _, diagnostics } = check(request.body).await?;
    let view = ValidationView { valid: compiled.is_some(), diagnostics };
    Ok(reply::data(StatusCode::OK, "validation", &view))
}

/// What the compiler says of a body.
struct Checks {
    /// Present when there is no error. Its source map leads into the spec's own text.
    compiled: Option<Compiled>,
    /// The spec's text as sent; absent in a bare spec, which has nothing around it.
    spec: Option<String>,
    diagnostics: Diagnostics,
}

/// Compiles the whole body, so that positions are those of what the client sent.
async fn check(body: Bytes) -> Result<Checks, ApiError> {
    // A large workflow takes a while, which the other requests of this thread should not wait for.
    let checking = tokio::task::spawn_blocking(move || {
        let analysis = Analysis::from_bytes(&body, Syntax::Json);
        let diagnostics = Diagnostics::of(&analysis);
        let span = spec_text::member(&analysis.text, "spec");
        let spec = span.and_then(|span| analysis.text.get(span.range())).map(str::to_owned);
        let start = span.map_or(0, |span| span.start);
        let compiled = analysis.workflows.into_iter().next().and_then(|found| found.compiled);
        Checks { compiled: compiled.map(|compiled| rebased(compiled, start)), spec, diagnostics }
    });
    checking.await.map_err(|_| ApiError::internal("the compiler panicked"))
}

/// The program with positions counted from `start`: of what is stored, the spec is the whole text.
fn rebased(compiled: Compiled, start: u32) -> Compiled {
    let Compiled { program, source_map } = compiled;
    let ops = u32::try_from(program.code.len()).unwrap_or(u32::MAX);
    let spans = (0..ops).map(|pc| {
        let span = source_map.span(Pc(pc)).unwrap_or_default();
        Span { start: span.start.saturating_sub(start), end: span.end.saturating_sub(start) }
    });
    let source_map = SourceMap::new(spans);
    Compiled { program, source_map }
}

/// `GET /api/workflows/{id-or-slug}`.
pub(super) async fn read(api: &Api, request: Checked<'_>) -> Result<Response<Body>, ApiError> {
    let row = api.0.store.workflow(request.id).await?.ok_or_else(no_such_workflow)?;
    Ok(reply::data(StatusCode::OK, "workflow", &view(&row)?))
}

/// `POST /api/workflows/{id-or-slug}/publish`: the newest version takes triggers from now on.
pub(super) async fn publish(api: &Api, request: Checked<'_>) -> Result<Response<Body>, ApiError> {
    let store = &api.0.store;
    let row = store.workflow(request.id).await?.ok_or_else(no_such_workflow)?;
    let row = store.publish_workflow(&row.id, request.caller.actor()).await?;
    Ok(reply::data(StatusCode::OK, "workflow", &view(&row)?))
}

pub(super) fn no_such_workflow() -> ApiError {
    ApiError::not_found("there is no workflow with this id or slug")
}
