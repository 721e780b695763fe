//! The arms that a decision lacks, as edits that add them. Where they should lead only the author knows: until that is
//! said, they end the run as failed, which approves nothing and hides nothing.

use super::Context;
use crate::analysis::Syntax;
use crate::convert::case_label;
use crate::convert::expr::string_literal;
use crate::diagnostic::Edit;
use crate::limits::STEPS_MAX;
use crate::syntax::template;
use crate::text::Span;
use crate::tree::{DecideStep, Step};
use serde_json::Value;

/// The code that such a run fails with.
const FAIL_CODE: &str = "unhandled_case";

/// What an arm is for.
pub(super) enum Arms<'v> {
    /// One for each of these values.
    Cases(&'v [&'v str]),
    /// One for everything else.
    Default,
}

/// Edits that add arms to a decision; none when there is nothing to add them behind.
pub(super) fn add(
    context: &Context<'_>,
    step: &Step,
    decide: &DecideStep,
    arms: &Arms<'_>,
) -> Vec<Edit> {
    let added = match arms {
        Arms::Cases(values) => values.len(),
        Arms::Default => 1,
    };
    if context.workflow.steps.len() + added > STEPS_MAX {
        return Vec::new();
    }
    let edits = match context.source.syntax {
        Syntax::Json => in_json(context, step, decide, arms),
        Syntax::Writ => in_writ(context, step, decide, arms),
    };
    edits.unwrap_or_default()
}

fn in_writ(
    context: &Context<'_>,
    step: &Step,
    decide: &DecideStep,
    arms: &Arms<'_>,
) -> Option<Vec<Edit>> {
    let cases = decide.cases.iter().map(|case| case.span);
    let conditions = decide.conditions.iter().map(|condition| condition.span);
    let last = cases.chain(conditions).max_by_key(|span| span.end)?;
    let arm = |label: &str, value: &str| {
        let message = string_literal(&message(step, value));
        let arm = format!("{label} -> fail \"{FAIL_CODE}\" {message}");
        context.source.add_behind(last, &arm)
    };
    Some(vec![match arms {
        Arms::Cases(values) => together(values.iter().map(|value| arm(&case_label(value), value)))?,
        Arms::Default if decide.conditions.is_empty() => arm("default", "this value"),
        Arms::Default => arm("else", "what fits no condition"),
    }])
}

fn in_json(
    context: &Context<'_>,
    step: &Step,
    decide: &DecideStep,
    arms: &Arms<'_>,
) -> Option<Vec<Edit>> {
    let (source, workflow) = (context.source, context.workflow);
    let id = free_id(context, &format!("{}_unhandled", step.id.value));
    let (from, next) = (quoted(&step.id.value), quoted(&id));
    let edges = || workflow.edges.iter().filter(|edge| edge.from.value == step.id.value);
    let (arm, what) = match (arms, decide.cases.last(), edges().next_back()) {
        (Arms::Cases(values), Some(last), _) => {
            let case = |value: &&str| format!("{}: {{ \"next\": {next} }}", quoted(value));
            let case = |value| source.add_behind(last.span, &case(value));
            (together(values.iter().map(case))?, values.join(" or "))
        }
        (Arms::Cases(values), None, Some(last)) => {
            let edge = |value: &&str| {
                let case = quoted(value);
                format!("{{ \"from\": {from}, \"to\": {next}, \"case\": {case} }}")
            };
            let edge = |value| source.add_behind(last.span, &edge(value));
            (together(values.iter().map(edge))?, values.join(" or "))
        }
        (Arms::Cases(_), None, None) => return None,
        (Arms::Default, ..) => {
            let member = source.led_by(step.id.span, &["\"id\"", ":"])?;
            let default = format!("\"defaultCase\": {next}");
            (source.add_behind(member, &default), "this value".to_owned())
        }
    };
    let message = quoted(&template::escape(&message(step, &what)));
    let fail = format!("{{ \"code\": \"{FAIL_CODE}\", \"message\": {message} }}");
    let node = format!("{{ \"id\": {next}, \"type\": \"end\", \"fail\": {fail} }}");
    Some(vec![arm, source.add_behind(step.span, &node)])
}

fn message(step: &Step, value: &str) -> String {
    format!("{} does not handle {value}", step.id.value)
}

/// A JSON string.
fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

/// Several additions at one place, as one.
fn together(additions: impl Iterator<Item = Edit>) -> Option<Edit> {
    additions.reduce(|mut all, next| {
        all.replacement += &next.replacement;
        all
    })
}

/// An id that no step has.
fn free_id(context: &Context<'_>, wanted: &str) -> String {
    let numbered = (2..).map(|n: u32| format!("{wanted}_{n}"));
    let mut ids = std::iter::once(wanted.to_owned()).chain(numbered);
    // The numbers do not run out.
    ids.find(|id| !context.ids.contains_key(id.as_str())).unwrap_or_default()
}

/// Edits that remove the default of a decision; none when it is stated more than once, or holds steps.
pub(super) fn remove_default(
    context: &Context<'_>,
    step: &Step,
    decide: &DecideStep,
    stated: Span,
) -> Vec<Edit> {
    let source = context.source;
    let item = match (source.syntax, &decide.default) {
        (Syntax::Json, Some(default)) if default.span == stated => {
            source.led_by(stated, &["\"defaultCase\"", ":"])
        }
        (Syntax::Json, _) => Some(stated),
        (Syntax::Writ, _) => {
            let heads = ["default", "else", "\"default\""];
            let arrow = heads.iter().find_map(|head| source.led_by(stated, &[head, "->"]));
            arrow.or_else(|| heads.iter().find_map(|head| source.led_by(stated, &[head])))
        }
    };
    let is_default = |label: &str| label == crate::flow::DEFAULT;
    let cases = decide.cases.iter().filter(|case| is_default(&case.label.value)).count();
    let edges = context.workflow.edges.iter().filter(|edge| {
        edge.from.value == step.id.value && edge.case.as_ref().is_some_and(|c| is_default(&c.value))
    });
    let is_once = cases + edges.count() + usize::from(decide.default.is_some()) == 1;
    item.filter(|_| is_once).map(|item| source.remove(item)).into_iter().collect()
}
