//! Asking whoever sits at the terminal: to approve, to fill in a form, for an event.

use crate::output::ERROR;
use std::io::{self, IsTerminal, Write};
use writ_compiler::bytecode::StepInfo;
use writ_compiler::bytecode::schema::{Schema, SchemaShape};
use writ_compiler::value::Value;
use writ_runner::machine::Decision;
use writ_runner::simulate::{Arrival, Verdict};

/// Whether somebody can be asked, and sees the question.
pub fn somebody_is_there() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// Asks what becomes of an approval, with the data that the approver is shown.
pub fn decision(info: &StepInfo, form: Option<&Schema>, shown: Option<&Value>) -> Verdict {
    if let Some(data) = shown.and_then(|shown| shown.get("data")) {
        say(&format!("  {}", data.to_json()));
    }
    let timed = info.approval.as_ref().is_some_and(|a| a.timeout_ms.is_some());
    let ways = if timed { "approve, reject or expire?" } else { "approve or reject?" };
    let question = format!("{}: {ways}", info.id);
    loop {
        let Some(answer) = line(&question) else { return Verdict::Open };
        let decision = match answer.to_ascii_lowercase().as_str() {
            "a" | "approve" | "y" | "yes" => Decision::Approve,
            "r" | "reject" | "n" | "no" => Decision::Reject,
            "e" | "expire" if timed => return Verdict::Expires,
            _ => continue,
        };
        let Some(notes) = line("notes (may be empty):") else { return Verdict::Open };
        let form = match (decision, form) {
            (Decision::Approve, Some(form)) => match filled(form) {
                Some(form) => Some(form),
                None => return Verdict::Open,
            },
            (Decision::Approve | Decision::Reject, _) => None,
        };
        return Verdict::Decided { decision, notes, form };
    }
}

/// Asks for the event that a step waits for.
pub fn event(info: &StepInfo, schema: &Schema) -> Arrival {
    let timed = info.event.as_ref().is_some_and(|e| e.timeout_ms.is_some());
    let or = if timed { "; empty to let its time run out" } else { "" };
    loop {
        let Some(answer) = line(&format!("{}: its data as JSON ({schema}{or}):", info.id)) else {
            return Arrival::Open;
        };
        if timed && answer.is_empty() {
            return Arrival::Expires;
        }
        if let Some(data) = fitting(schema, &answer) {
            return Arrival::Comes(data);
        }
    }
}

/// Asks for a form's fields one by one; nothing when nobody answers any more.
fn filled(form: &Schema) -> Option<Value> {
    let SchemaShape::Record { fields, .. } = &form.shape else {
        loop {
            if let Some(value) = fitting(form, &line(&format!("form ({form}):"))?) {
                return Some(value);
            }
        }
    };
    let mut given = Vec::with_capacity(fields.len());
    for field in fields {
        let optional = if field.optional { ", may be empty" } else { "" };
        loop {
            let answer = line(&format!("{} ({}{optional}):", field.name, field.schema))?;
            if answer.is_empty() && field.optional {
                break;
            }
            if let Some(value) = fitting(&field.schema, &answer) {
                given.push((field.name.as_str(), value));
                break;
            }
        }
    }
    Some(Value::record(given))
}

/// What was typed as a value of a type: as JSON, or else as text. What does not fit is said, and nothing given.
fn fitting(schema: &Schema, typed: &str) -> Option<Value> {
    let text = Value::from(typed);
    if schema.accepts(&text) && !typed.starts_with(['{', '[', '"']) {
        return Some(text);
    }
    let value = Value::from_json(typed).unwrap_or(text);
    let errors = schema.validate(&value);
    for error in &errors {
        let at = if error.path.is_empty() { "it" } else { error.path.as_str() };
        say(&format!("  {ERROR}{at}{ERROR:#} {}", error.message));
    }
    errors.is_empty().then_some(value)
}

/// Asks for a line; nothing at the end of the input.
fn line(question: &str) -> Option<String> {
    let mut err = anstream::stderr().lock();
    // When nobody sees the question, the end of the input tells.
    let _ = write!(err, "  {question} ");
    let _ = err.flush();
    drop(err);
    let mut answer = String::new();
    match io::stdin().read_line(&mut answer) {
        Ok(0) | Err(_) => {
            say("");
            None
        }
        Ok(_) => Some(answer.trim().to_owned()),
    }
}

fn say(text: &str) {
    let _ = writeln!(anstream::stderr().lock(), "{text}");
}
