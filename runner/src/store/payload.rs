//! Values as they are kept: JSON text without its secrets, and the secrets sealed beside it.

use super::fault::Fault;
use crate::vault::OrgKey;
use writ_compiler::bytecode::StepInfo;
use writ_compiler::bytecode::schema::{PathSegment, REDACTED, Schema, SchemaShape};
use writ_compiler::value::Value;

/// A value ready to be written.
#[derive(Debug, Clone)]
pub(super) struct Kept {
    /// Its id in the run.
    pub(super) id: u32,
    /// JSON text without its secrets.
    pub(super) text: String,
    /// The secrets; none when there are none.
    pub(super) sealed: Option<Vec<u8>>,
}

/// What is secret in a value.
pub(super) enum Secrecy<'a> {
    /// What its schema says.
    Schema(&'a Schema),
    /// All of it: nothing says what is in it.
    Whole,
}

impl Kept {
    /// Takes a value's secrets out and seals them for its place.
    pub(super) fn new(
        key: &OrgKey,
        execution_id: &str,
        id: u32,
        value: &Value,
        secrecy: &Secrecy<'_>,
    ) -> Result<Self, Fault> {
        let (shown, secrets) = match secrecy {
            Secrecy::Schema(schema) => schema.split_secrets(value),
            Secrecy::Whole => (Value::from(REDACTED), vec![(Vec::new(), value.clone())]),
        };
        let sealed = if secrets.is_empty() {
            None
        } else {
            let text = serde_json::to_vec(&secrets)
                .map_err(|_| Fault::Damaged("a secret that cannot be written"))?;
            let text = zeroize::Zeroizing::new(text);
            Some(key.seal(&place(execution_id, id), &text)?)
        };
        Ok(Self { id, text: shown.to_json(), sealed })
    }
}

/// A part of a step's input without its secrets.
pub(super) fn shown_part(step: Option<&StepInfo>, name: &str, value: &Value) -> Value {
    let Some(step) = step else { return Value::from(REDACTED) };
    let field = match &step.input.shape {
        SchemaShape::Record { fields, .. } if !step.input.secret => {
            fields.iter().find(|field| field.name == name)
        }
        _ => None,
    };
    match field {
        Some(field) => field.schema.redact(value),
        // Nothing says what is in this part.
        None if step.input.has_secrets() => Value::from(REDACTED),
        None => value.clone(),
    }
}

/// An approval's label, unless a secret went into it.
pub(super) fn shown_label(step: Option<&StepInfo>, label: &str) -> String {
    let shown = shown_part(step, "label", &Value::from(label));
    shown.as_str().unwrap_or(REDACTED).to_owned()
}

/// The complete value.
pub(super) fn restore(
    key: &OrgKey,
    execution_id: &str,
    id: u32,
    text: &str,
    sealed: Option<&[u8]>,
) -> Result<Value, Fault> {
    let value = shown(text)?;
    let Some(sealed) = sealed else { return Ok(value) };
    let secrets = key.unseal(&place(execution_id, id), sealed)?;
    let secrets: Vec<(Vec<PathSegment>, Value)> = serde_json::from_slice(&secrets)
        .map_err(|_| Fault::Damaged("a sealed value that is no value"))?;
    Ok(Schema::restore(value, secrets))
}

/// The value without its secrets.
pub(super) fn shown(text: &str) -> Result<Value, Fault> {
    Value::from_json(text).map_err(|_| Fault::Damaged("a value that is no JSON"))
}

/// What a value is sealed for.
fn place(execution_id: &str, id: u32) -> String {
    format!("payload {execution_id} {id}")
}
