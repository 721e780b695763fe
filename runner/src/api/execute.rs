//! `POST /api/workflows/{id-or-slug}/execute`: accepting an execution.

use super::error::{ApiError, FieldErrors};
use super::pipeline::Checked;
use super::reply::{self, Time};
use super::workflows::no_such_workflow;
use super::{Api, body};
use crate::limits::EXTERNAL_ID_CHARS_MAX;
use crate::machine::ExecutionStatus;
use crate::store::{Accepted, ExecutionRow, NewExecution, PublishedVersion};
use axum::body::Body;
use http::header::{HeaderMap, HeaderName, HeaderValue};
use http::{Response, StatusCode};
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::sync::Arc;
use writ_compiler::bytecode::Program;
use writ_compiler::value::Value;

const EXTERNAL_ID: &str = "externalId";
pub(super) const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
pub(super) const REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");

/// An execution as its acceptance is answered.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct AcceptedView<'a> {
    id: &'a str,
    workflow_id: &'a str,
    status: ExecutionStatus,
    inputs: &'a Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    external_id: Option<&'a str>,
    created_at: Time,
    #[serde(skip_serializing_if = "Option::is_none")]
    completed_at: Option<Time>,
}

/// Accepts an execution: once this answers 202, it is on disk.
pub(super) async fn execute(api: &Api, request: Checked<'_>) -> Result<Response<Body>, ApiError> {
    let health = api.0.engine.health();
    if let Some(what) = health.degraded {
        return Err(ApiError::unavailable(&what));
    }
    let inputs = body::object(&request.body)?;
    let version = published(api, request.id).await?;
    let program = api.0.store.loaded_program(version.program).await?;
    let external_id = external_id(&inputs, request.headers)?;
    check_inputs(&program, &inputs)?;
    let execution = NewExecution {
        version,
        program,
        body_hash: canonical_hash(&inputs),
        inputs,
        external_id,
        by: request.caller.actor(),
    };
    match api.0.store.accept(execution).await? {
        Accepted::New { execution, run } => {
            api.0.engine.submit_new(*run);
            Ok(reply::data(StatusCode::ACCEPTED, "execution", &view(&execution)))
        }
        Accepted::Existing(row) => {
            let ended = match row.status {
                ExecutionStatus::Pending
                | ExecutionStatus::Running
                | ExecutionStatus::AwaitingApproval => false,
                ExecutionStatus::Succeeded
                | ExecutionStatus::Failed
                | ExecutionStatus::Cancelled => true,
            };
            let status = if ended { StatusCode::OK } else { StatusCode::ACCEPTED };
            let mut response = reply::data(status, "execution", &view(&row));
            response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
            Ok(response)
        }
        Accepted::Conflict { execution_id } => Err(ApiError::conflict(
            "external_id_conflict",
            format!(
                "{execution_id} was started under this externalId with another body: use another externalId"
            ),
        )),
    }
}

fn view(row: &ExecutionRow) -> AcceptedView<'_> {
    AcceptedView {
        id: &row.id,
        workflow_id: &row.workflow_id,
        status: row.status,
        inputs: &row.inputs,
        external_id: row.external_id.as_deref(),
        created_at: Time(row.created_at),
        completed_at: row.completed_at.map(Time),
    }
}

/// The version that takes triggers.
async fn published(api: &Api, id_or_slug: &str) -> Result<Arc<PublishedVersion>, ApiError> {
    match api.0.store.published(id_or_slug).await? {
        Some(version) if version.retired => Err(ApiError::conflict(
            "workflow_retired",
            "the workflow is retired and takes no more triggers",
        )),
        Some(version) => Ok(version),
        None if api.0.store.workflow(id_or_slug).await?.is_none() => Err(no_such_workflow()),
        None => Err(ApiError::conflict(
            "workflow_not_published",
            "the workflow is a draft: publish it first",
        )),
    }
}

/// The caller's own reference: the body's `externalId`, or else the `Idempotency-Key` header.
fn external_id(inputs: &Value, headers: &HeaderMap) -> Result<Option<String>, ApiError> {
    let limits = |name: &str, text: &str| {
        let characters = text.chars().count();
        if (1..=EXTERNAL_ID_CHARS_MAX).contains(&characters) {
            return Ok(Some(text.to_owned()));
        }
        let message = format!("must have 1 to {EXTERNAL_ID_CHARS_MAX} characters");
        Err(ApiError::field(name, message))
    };
    match inputs.get(EXTERNAL_ID) {
        Some(Value::String(text)) => limits(EXTERNAL_ID, text),
        Some(Value::Null) | None => match headers.get(IDEMPOTENCY_KEY) {
            None => Ok(None),
            Some(key) => limits("Idempotency-Key", key.to_str().unwrap_or_default()),
        },
        Some(_) => Err(ApiError::field(EXTERNAL_ID, "must be a string")),
    }
}

/// Refuses inputs that do not fit what the program reads.
fn check_inputs(program: &Program, inputs: &Value) -> Result<(), ApiError> {
    let mut errors = FieldErrors::new();
    for error in program.input.validate(inputs) {
        // It is ours, and was checked; a workflow need not declare it.
        if error.path != EXTERNAL_ID || inputs.get(EXTERNAL_ID).is_none() {
            errors.entry(error.path).or_default().push(error.message);
        }
    }
    if errors.is_empty() { Ok(()) } else { Err(ApiError::validation(errors)) }
}

/// SHA-256 of a value, whatever the order of its fields and the space between them.
pub(super) fn canonical_hash(value: &Value) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash_into(value, &mut hash);
    hash.finalize().into()
}

fn hash_into(value: &Value, hash: &mut Sha256) {
    match value {
        Value::List(items) => {
            hash.update(b"[");
            for item in items.iter() {
                hash_into(item, hash);
                hash.update(b",");
            }
            hash.update(b"]");
        }
        Value::Map(map) => {
            let mut fields: Vec<_> = map.iter().collect();
            fields.sort_unstable_by_key(|(name, _)| *name);
            hash.update(b"{");
            for (name, value) in fields {
                hash_text(name, hash);
                hash.update(b":");
                hash_into(value, hash);
                hash.update(b",");
            }
            hash.update(b"}");
        }
        Value::String(text) => hash_text(text, hash),
        Value::Null
        | Value::Bool(_)
        | Value::Int(_)
        | Value::Uint(_)
        | Value::Double(_)
        | Value::Bytes(_)
        | Value::Timestamp(_)
        | Value::Duration(_) => hash.update(value.to_json()),
    }
}

/// Text with its length before it, so that nothing in it can be taken for structure.
fn hash_text(text: &str, hash: &mut Sha256) {
    hash.update(b"\"");
    hash.update(text.len().to_be_bytes());
    hash.update(text);
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    fn hash(text: &str) -> [u8; 32] {
        canonical_hash(&Value::from_json(text).unwrap())
    }

    #[test]
    fn a_body_is_the_same_whatever_its_order_and_space() {
        assert_eq!(
            hash(r#"{"a":1,"b":[{"c":2,"d":3}]}"#),
            hash(r#"{ "b": [{"d":3, "c":2}], "a": 1 }"#)
        );
        for other in [
            r#"{"a":1,"b":[{"c":2,"d":4}]}"#,
            r#"{"a":1,"b":[{"c":2},{"d":3}]}"#,
            r#"{"a":"1","b":[{"c":2,"d":3}]}"#,
        ] {
            assert_ne!(hash(r#"{"a":1,"b":[{"c":2,"d":3}]}"#), hash(other), "{other}");
        }
    }

    proptest! {
        #[test]
        fn text_is_never_taken_for_structure(a in "[\"a,:{}]{0,6}", b in "[\"a,:{}]{0,6}") {
            let two = Value::list(vec![a.as_str().into(), b.as_str().into()]);
            let one = Value::list(vec![format!("{a},{b}").into()]);
            prop_assert_ne!(canonical_hash(&two), canonical_hash(&one));
        }
    }

    #[test]
    fn the_callers_reference_is_the_bodys_or_the_headers() {
        let of = |body: &str, key: Option<&'static str>| {
            let headers =
                key.map(|key| (IDEMPOTENCY_KEY, HeaderValue::from_static(key))).into_iter();
            external_id(&Value::from_json(body).unwrap(), &headers.collect())
        };
        assert_eq!(of(r#"{"externalId": "loan-1"}"#, Some("k")).unwrap().unwrap(), "loan-1");
        assert_eq!(of("{}", Some("k")).unwrap().unwrap(), "k");
        assert_eq!(of("{}", None).unwrap(), None);
        assert!(of(r#"{"externalId": ""}"#, None).is_err());
        assert!(of(r#"{"externalId": 7}"#, None).is_err());
        assert!(of(&format!(r#"{{"externalId": "{}"}}"#, "é".repeat(256)), None).is_err());
        assert!(of(&format!(r#"{{"externalId": "{}"}}"#, "é".repeat(255)), None).is_ok());
    }
}
