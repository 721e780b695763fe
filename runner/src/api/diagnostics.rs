//! The compiler's diagnostics as the API shows them: those of `writ check --format json`, and the first advice in words.

use super::error::FieldErrors;
use serde::Serialize;
use serde_json::Value;
use writ_compiler::analysis::Analysis;
use writ_compiler::diagnostic::render;

/// What is found of a body; its `file`.
const BODY: &str = "body";

/// Every diagnostic of a text.
#[derive(Debug, Default, Serialize)]
#[serde(transparent)]
pub(super) struct Diagnostics(Vec<Value>);

impl Diagnostics {
    /// The diagnostics of an analysis.
    pub(super) fn of(analysis: &Analysis) -> Self {
        let mut values = render::json::values(analysis, BODY);
        for (value, diagnostic) in values.iter_mut().zip(&analysis.diagnostics) {
            if let (Some(object), Some(first)) =
                (value.as_object_mut(), diagnostic.suggestions.first())
            {
                object.insert("suggestion".to_owned(), first.message.as_str().into());
            }
        }
        Self(values)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The messages of errors, by JSON pointer.
    pub(super) fn field_errors(&self) -> FieldErrors {
        let text = |value: &Value, key| value.get(key).and_then(Value::as_str).map(str::to_owned);
        let mut errors = FieldErrors::new();
        for value in self.0.iter().filter(|value| value.get("severity") == Some(&"error".into())) {
            let pointer = text(value, "pointer").unwrap_or_default();
            errors.entry(pointer).or_default().extend(text(value, "message"));
        }
        errors
    }
}
