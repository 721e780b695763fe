//! SARIF 2.1.0 (OASIS), for code scanning services.

use crate::analysis::Analysis;
use crate::diagnostic::{Applicability, CATALOGUE, Diagnostic, Label, Severity, SourceRef};
use crate::text::{LineIndex, Span};
use serde_json::{Value, json};

/// Every diagnostic of a text as a SARIF result; `name` is the file's path, relative to the repository's root.
#[must_use]
pub fn results(analysis: &Analysis, name: &str) -> Vec<Value> {
    let main = (analysis.text.as_str(), &analysis.lines);
    let found = analysis.diagnostics.iter().map(|d| result(d, name, main));
    let allowed = analysis.allowed.iter().map(|allowed| {
        let mut result = result(&allowed.diagnostic, name, main);
        if let Some(object) = result.as_object_mut() {
            let suppression = json!({"kind": "inSource", "justification": allowed.reason});
            object.insert("suppressions".into(), json!([suppression]));
        }
        result
    });
    found.chain(allowed).collect()
}

/// A whole SARIF log around the results of any number of texts.
#[must_use]
pub fn log(results: Vec<Value>) -> String {
    let rules = CATALOGUE.iter().map(|info| {
        json!({
            "id": info.id,
            "shortDescription": {"text": info.title},
            "fullDescription": {"text": info.summary()},
            "help": {"text": info.summary(), "markdown": info.page},
            "defaultConfiguration": {"level": level(info.severity)},
        })
    });
    let log = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "writ",
                "version": env!("CARGO_PKG_VERSION"),
                "rules": rules.collect::<Vec<_>>(),
            }},
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    });
    // A value's own Serialize never fails.
    serde_json::to_string_pretty(&log).unwrap_or_default() + "\n"
}

fn result(diagnostic: &Diagnostic, name: &str, main: (&str, &LineIndex)) -> Value {
    let rule = CATALOGUE.iter().position(|info| info.code == diagnostic.code);
    let mut text = diagnostic.message.clone();
    let helps = diagnostic.suggestions.iter().map(|s| format!("help: {}", s.message));
    for line in diagnostic.notes.iter().cloned().chain(helps) {
        text.push('\n');
        text.push_str(&line);
    }
    // Signatures are built in: no file of the repository to point into.
    let related = diagnostic.secondary.iter().filter(|label| label.source == SourceRef::Main);
    let related: Vec<Value> = related.map(|label| location(label, name, main)).collect();
    let mut result = json!({
        "ruleId": diagnostic.code.id(),
        "ruleIndex": rule,
        "level": level(diagnostic.severity),
        "message": {"text": text},
        "locations": [location(&diagnostic.primary, name, main)],
        "relatedLocations": related,
    });
    let fixes: Vec<Value> = diagnostic
        .suggestions
        .iter()
        .filter(|suggestion| !suggestion.edits.is_empty())
        .map(|suggestion| {
            let replacements = suggestion.edits.iter().map(|edit| {
                json!({
                    "deletedRegion": region(edit.span, main),
                    "insertedContent": {"text": edit.replacement},
                })
            });
            // SARIF does not tell what is safe from what is not.
            let description = match suggestion.applicability {
                Applicability::Safe => suggestion.message.clone(),
                Applicability::Maybe => format!("perhaps: {}", suggestion.message),
            };
            json!({
                "description": {"text": description},
                "artifactChanges": [{
                    "artifactLocation": {"uri": uri(name)},
                    "replacements": replacements.collect::<Vec<_>>(),
                }],
            })
        })
        .collect();
    if let (false, Some(object)) = (fixes.is_empty(), result.as_object_mut()) {
        object.insert("fixes".into(), fixes.into());
    }
    result
}

fn location(label: &Label, name: &str, main: (&str, &LineIndex)) -> Value {
    let mut location = json!({"physicalLocation": {
        "artifactLocation": {"uri": uri(name)},
        "region": region(label.span, main),
    }});
    if let (false, Some(object)) = (label.message.is_empty(), location.as_object_mut()) {
        object.insert("message".into(), json!({"text": label.message}));
    }
    location
}

fn region(span: Span, (text, lines): (&str, &LineIndex)) -> Value {
    let (start, end) = (lines.position(text, span.start), lines.position(text, span.end));
    json!({
        "startLine": start.line,
        "startColumn": start.column,
        "endLine": end.line,
        "endColumn": end.column,
    })
}

/// A path as a relative URI reference (RFC 3986).
fn uri(path: &str) -> String {
    let mut uri = String::with_capacity(path.len());
    for byte in path.trim_start_matches("./").bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                uri.push(char::from(byte));
            }
            b'\\' => uri.push('/'),
            byte => {
                use std::fmt::Write;
                // Writing to a String cannot fail.
                let _ = write!(uri, "%{byte:02X}");
            }
        }
    }
    uri
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Note => "note",
        Severity::Warning => "warning",
        Severity::Error => "error",
    }
}
