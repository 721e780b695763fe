//! What to write in place of a value of the wrong kind, or of none.

use super::node::{Kind, Node};
use crate::diagnostic::{Applicability, Code, Diagnostic, Edit};
use crate::text::Span;

/// A value that is not of the kind that is `wanted` there, with what was probably meant.
pub(super) fn wrong_shape(node: &Node, what: &str, wanted: &str) -> Diagnostic {
    let message = format!("{what} must be {wanted}, not {}", node.noun());
    let found = Diagnostic::new(Code::WrongShape, node.span, message);
    if wanted == "a list" && !matches!(node.kind, Kind::Null) {
        let (start, end) = (node.span.start, node.span.end);
        let bracket = |at, bracket: &str| Edit {
            span: Span { start: at, end: at },
            replacement: bracket.to_owned(),
        };
        let edits = vec![bracket(start, "["), bracket(end, "]")];
        return found.edits("put it in brackets: `[...]`", edits, Applicability::Maybe);
    }
    match meant(&node.kind, wanted) {
        Some(meant) => {
            found.fix(format!("write `{meant}`"), node.span, meant, Applicability::Maybe)
        }
        None => found,
    }
}

/// The value that is wanted, where what is written can only mean that.
fn meant(kind: &Kind, wanted: &str) -> Option<String> {
    let of_text = |text: &str| match wanted {
        "true or false" => matches!(text, "true" | "false"),
        "a number of hours" => text.parse::<f64>().is_ok_and(|hours| hours >= 0.0),
        _ if wanted.starts_with("a whole number") => text.parse::<u32>().is_ok(),
        _ => false,
    };
    match kind {
        Kind::String(text, _) => of_text(text).then(|| text.clone()),
        Kind::Int(n) if wanted == "a string" => Some(format!("\"{n}\"")),
        Kind::Bool(value) if wanted == "a string" => Some(format!("\"{value}\"")),
        Kind::List(items) => match items.as_slice() {
            [Node { kind: Kind::String(text, _), .. }] if wanted == "a string" => {
                Some(serde_json::Value::from(text.as_str()).to_string())
            }
            _ => None,
        },
        Kind::Null
        | Kind::Bool(_)
        | Kind::Int(_)
        | Kind::Uint(_)
        | Kind::Double(_)
        | Kind::Object(_)
        | Kind::Error => None,
    }
}

/// A member as it could stand where one of this name is missing.
pub(super) fn example(key: &str) -> Option<&'static str> {
    Some(match key {
        "startNodeId" => r#""startNodeId": "first""#,
        "nodes" => r#""nodes": [{ "id": "first", "type": "transform", "value": 1 }]"#,
        "id" => r#""id": "first""#,
        "type" => r#""type": "service_call""#,
        "service" => r#""service": "identity""#,
        "method" => r#""method": "POST""#,
        "path" => r#""path": "/contacts/${trigger.contactId}""#,
        "event" => r#""event": "kyc.failed""#,
        "expression" => r#""expression": "trigger.status""#,
        "when" => r#""when": "trigger.amount > 100""#,
        "next" => r#""next": "first""#,
        "value" => r#""value": "${trigger.amount}""#,
        "from" => r#""from": "first""#,
        "to" => r#""to": "second""#,
        "code" => r#""code": "too_late""#,
        _ => return None,
    })
}
