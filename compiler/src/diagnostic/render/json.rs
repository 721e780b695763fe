//! One JSON object a line, and the same object for the HTTP API. The schema is in `docs/diagnostics.md`.

use super::pointer::Pointers;
use crate::analysis::Analysis;
use crate::diagnostic::{Applicability, Diagnostic, Label, Severity, SourceRef};
use crate::signatures;
use crate::text::{LineIndex, Span};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};

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
    let labels = analysis.diagnostics.iter().flat_map(|d| &d.secondary);
    let services = labels.filter_map(|label| match label.source {
        SourceRef::Main => None,
        SourceRef::Stdlib(service) => Some(service),
    });
    let services: BTreeSet<&'static str> = services.collect();
    let builtin = services.into_iter().map(|service| {
        let text = signatures::source_text(service).unwrap_or_default();
        (service, (text, LineIndex::new(text)))
    });
    let texts = Texts { name, analysis, builtin: builtin.collect() };
    analysis.diagnostics.iter().map(|d| value(d, &texts, &pointers)).collect()
}

/// The texts that labels point into, and their lines.
struct Texts<'a> {
    name: &'a str,
    analysis: &'a Analysis,
    builtin: BTreeMap<&'static str, (&'static str, LineIndex)>,
}

fn value(diagnostic: &Diagnostic, texts: &Texts<'_>, pointers: &Pointers) -> Value {
    let main = (texts.analysis.text.as_str(), &texts.analysis.lines);
    let mut object = Map::new();
    object.insert("file".into(), texts.name.into());
    object.insert("code".into(), diagnostic.code.id().into());
    object.insert("severity".into(), severity(diagnostic.severity).into());
    object.insert("message".into(), diagnostic.message.as_str().into());
    place(&mut object, diagnostic.primary.span, main);
    if let Some(pointer) = pointers.at(diagnostic.primary.span) {
        object.insert("pointer".into(), pointer.into());
    }
    object.insert("label".into(), diagnostic.primary.message.as_str().into());
    let secondary = diagnostic.secondary.iter().map(|label| secondary(label, texts));
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

fn secondary(label: &Label, texts: &Texts<'_>) -> Value {
    let mut object = Map::new();
    match label.source {
        SourceRef::Main => {
            object.insert("file".into(), texts.name.into());
            place(&mut object, label.span, (&texts.analysis.text, &texts.analysis.lines));
        }
        SourceRef::Stdlib(service) => {
            object.insert("file".into(), format!("<{service}>").into());
            if let Some((text, lines)) = texts.builtin.get(service) {
                place(&mut object, label.span, (text, lines));
            }
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
