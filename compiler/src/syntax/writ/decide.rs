//! Decisions: by value, with an arm a value; by condition, with an arm a condition.

use super::reader::Reader;
use super::target::last_target;
use super::workflow::{List, Shell};
use crate::diagnostic::{Code, Diagnostic};
use crate::flow::DEFAULT;
use crate::syntax::grammar::Rule;
use crate::text::{Name, Span, Spanned};
use crate::tree::{Case, Condition, DecideStep, Expr, Step, StepKind};
use pest::iterators::Pair;

/// `decide id = value { ... }`. The steps of its arms' blocks are added behind it; `next` is the step after it.
pub(super) fn decide_step(
    pair: Pair<'_, Rule>,
    shell: Shell,
    next: Option<&Name>,
    list: &mut List,
    reader: &mut Reader<'_>,
) {
    let (mut id, mut expression, mut arms) = (None, None, Vec::new());
    let (mut before, mut broken) = (None, false);
    for part in pair.into_inner() {
        match part.as_rule() {
            Rule::id => id = Some(reader.name(&part)),
            Rule::expression => expression = Some(reader.expression(part)),
            Rule::arm => {
                before = Some(reader.span(&part));
                arms.push(part);
            }
            Rule::bad_arm => {
                let id = id.as_ref().map_or("", |id: &Name| id.value.as_str());
                reader.bad(&part, Rule::arm_only, &format!("the decision \"{id}\""), before);
                broken = true;
            }
            _ => {}
        }
    }
    let Some(id) = id else { return };
    let Shell { span, description, optional } = shell;
    let from = id.value.clone();
    let step = Step { span, id, description, optional, kind: StepKind::Error };
    let at = list.push(step);
    let by_value = expression.is_some();
    let mut decide =
        DecideStep { expression, cases: Vec::new(), conditions: Vec::new(), default: None };
    for arm in arms {
        read_arm(arm, &from, by_value, next, list, &mut decide, reader);
    }
    // With an arm that could not be read, what the decision covers and where it leads is not known.
    if !broken {
        list.set_kind(at, StepKind::Decide(decide));
    }
}

/// What an arm is taken for.
enum Head {
    Label(Name),
    Condition(Expr),
    Else(Span),
}

fn read_arm(
    pair: Pair<'_, Rule>,
    from: &str,
    by_value: bool,
    next: Option<&Name>,
    list: &mut List,
    decide: &mut DecideStep,
    reader: &mut Reader<'_>,
) {
    let span = reader.span(&pair);
    let (mut head, mut target) = (None, None);
    for part in pair.into_inner() {
        match part.as_rule() {
            Rule::when_head => {
                let expr = part.into_inner().last().map(|e| reader.expression(e));
                head = expr.map(Head::Condition);
            }
            Rule::else_head => head = Some(Head::Else(reader.span(&part))),
            Rule::label_head => head = Some(label(&part, reader)),
            Rule::arrow => target = last_target(part, from, reader),
            Rule::block => target = block(part, next, list, reader),
            _ => {}
        }
    }
    let Some(head) = head else { return };
    match (head, by_value) {
        (Head::Label(label), true) => decide.cases.push(Case { span, label, next: target }),
        (Head::Condition(when), false) => {
            if let Some(next) = target {
                decide.conditions.push(Condition { span, when, next });
            }
        }
        (Head::Else(at), _) => {
            if decide.default.is_some() {
                reader.report(Code::DuplicateCase, at, "the default is given twice");
            }
            decide.default = target;
        }
        (Head::Label(label), false) => {
            reader.diagnostics.push(
                Diagnostic::new(
                    Code::InvalidValue,
                    label.span,
                    "this decision has no value to compare",
                )
                .help("write `when <condition>`, or `decide <name> = <value> { ... }`"),
            );
        }
        (Head::Condition(when), true) => {
            reader.diagnostics.push(
                Diagnostic::new(
                    Code::InvalidValue,
                    when.span,
                    "a decision by value has no conditions",
                )
                .help("leave out `= <value>` to decide by conditions"),
            );
        }
    }
}

/// `default` stands for every other value, as it does in JSON.
fn label(pair: &Pair<'_, Rule>, reader: &mut Reader<'_>) -> Head {
    let name = reader.name(pair);
    if name.value == DEFAULT { Head::Else(name.span) } else { Head::Label(name) }
}

/// The steps of an arm's block; where the arm leads is the first of them, or, in an empty block, the step after the
/// decision, or the end of the run when there is none.
fn block(
    pair: Pair<'_, Rule>,
    next: Option<&Name>,
    list: &mut List,
    reader: &mut Reader<'_>,
) -> Option<Name> {
    let span = reader.span(&pair);
    let (mut steps, mut before) = (Vec::new(), None);
    for part in pair.into_inner() {
        let here = reader.span(&part);
        match part.as_rule() {
            Rule::step => steps.push(part),
            Rule::bad_step => {
                reader.bad(&part, Rule::step_only, "the block", before);
                steps.push(part);
            }
            _ => continue,
        }
        before = Some(here);
    }
    let first = list.sequence(steps, next, reader);
    first.or_else(|| match next {
        Some(next) => Some(Spanned::new(next.value.clone(), span)),
        None => before.is_none().then(|| reader.ends.end(span)),
    })
}
