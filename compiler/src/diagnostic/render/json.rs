//! One JSON object a line, and the same object for the HTTP API. The schema is in `docs/diagnostics.md`.

use super::pointer::Pointers;
use crate::analysis::Analysis;
use crate::diagnostic::{Applicability, Diagnostic, Label, Severity, SourceRef};
use crate::signatures;
use crate::text::{LineIndex, Span};
use serde_json::{Map, Value, json};

/// Every diagnostic of a text, one JSON object a line.
#[must_use]
pub fn json(analysis: &Analysis, name: &str) -> String {
    let mut out = String::new();
    for value in values(analysis, name) {
        out.push_str(&value.to_string());
        out.push('\n');
    }
    out
}

/// Every diagnostic of a text as a JSON object; `name` is what its `file` says.
#[must_use]
pub fn values(analysis: &Analysis, name: &str) -> Vec<Value> {
    let pointers = Pointers::of(analysis);
    analysis.diagnostics.iter().map(|d| value(analysis, d, name, &pointers)).collect()
}

fn value(analysis: &Analysis, diagnostic: &Diagnostic, name: &str, pointers: &Pointers) -> Value {
    let main = (analysis.text.as_str(), &analysis.lines);
    let mut object = Map::new();
    object.insert("file".into(), name.into());
    object.insert("code".into(), diagnostic.code.id().into());
    object.insert("severity".into(), severity(diagnostic.severity).into());
    object.insert("message".into(), diagnostic.message.as_str().into());
    place(&mut object, diagnostic.primary.span, main);
    if let Some(pointer) = pointers.at(diagnostic.primary.span) {
        object.insert("pointer".into(), pointer.into());
    }
    object.insert("label".into(), diagnostic.primary.message.as_str().into());
    let secondary = diagnostic.secondary.iter().map(|label| secondary(label, name, main));
    object.insert("secondary".into(), secondary.collect());
    object.insert("notes".into(), json!(diagnostic.notes));
    let suggestions = diagnostic.suggestions.iter().map(|suggestion| {
        let edits = suggestion.edits.iter().map(|edit| {
            let mut object = Map::new();
            place(&mut object, edit.span, main);
            object.insert("replacement".into(), edit.replacement.as_str().into());
            Value::Object(object)
        });
        json!({
            "message": suggestion.message,
            "applicability": match suggestion.applicability {
                Applicability::Safe => "safe",
                Applicability::Maybe => "maybe",
            },
            "edits": edits.collect::<Vec<_>>(),
        })
    });
    object.insert("suggestions".into(), suggestions.collect());
    Value::Object(object)
}

fn secondary(label: &Label, name: &str, main: (&str, &LineIndex)) -> Value {
    let mut object = Map::new();
    match label.source {
        SourceRef::Main => {
            object.insert("file".into(), name.into());
            place(&mut object, label.span, main);
        }
        SourceRef::Stdlib(service) => {
            let text = signatures::source_text(service).unwrap_or_default();
            object.insert("file".into(), format!("<{service}>").into());
            place(&mut object, label.span, (text, &LineIndex::new(text)));
        }
    }
    object.insert("message".into(), label.message.as_str().into());
    Value::Object(object)
}

/// Lines and columns from 1, in Unicode scalar values; byte offsets from 0.
fn place(object: &mut Map<String, Value>, span: Span, (text, lines): (&str, &LineIndex)) {
    let (start, end) = (lines.position(text, span.start), lines.position(text, span.end));
    for (key, number) in [
        ("line", start.line),
        ("column", start.column),
        ("endLine", end.line),
        ("endColumn", end.column),
        ("startByte", span.start),
        ("endByte", span.end),
    ] {
        object.insert(key.into(), number.into());
    }
}

fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Note => "note",
        Severity::Warning => "warning",
        Severity::Error => "error",
    }
}
