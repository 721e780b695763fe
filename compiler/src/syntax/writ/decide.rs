//! Decisions: by value, with an arm a value; by condition, with an arm a condition.

use super::reader::Reader;
use super::workflow::{List, Shell};
use crate::diagnostic::{Code, Diagnostic};
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
    let mut before = None;
    for part in pair.into_inner() {
        match part.as_rule() {
            Rule::id => id = Some(reader.name(&part)),
            Rule::expression => expression = Some(reader.expression(part)),
            Rule::arm => {
                before = Some(reader.span(&part));
                arms.push(part);
            }
            Rule::bad_arm => reader.bad(&part, Rule::arm_only, "the decision", before),
            _ => {}
        }
    }
    let Some(id) = id else { return };
    let Shell { span, description } = shell;
    let step = Step { span, id, description, kind: StepKind::Error };
    let at = list.push(step);
    let by_value = expression.is_some();
    let mut decide =
        DecideStep { expression, cases: Vec::new(), conditions: Vec::new(), default: None };
    for arm in arms {
        read_arm(arm, by_value, next, list, &mut decide, reader);
    }
    list.set_kind(at, StepKind::Decide(decide));
}

/// What an arm is taken for.
enum Head {
    Label(Name),
    Condition(Expr),
    Else(Span),
}

fn read_arm(
    pair: Pair<'_, Rule>,
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
            Rule::arrow => target = arrow(part, reader),
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

/// `default` stands for every other value; in quotes it is a value like any other.
fn label(pair: &Pair<'_, Rule>, reader: &mut Reader<'_>) -> Head {
    let name = reader.name(pair);
    let word = pair.clone().into_inner().next().is_some_and(|p| p.as_rule() == Rule::word);
    if word && name.value == "default" { Head::Else(name.span) } else { Head::Label(name) }
}

fn arrow(pair: Pair<'_, Rule>, reader: &mut Reader<'_>) -> Option<Name> {
    let span = reader.span(&pair);
    let target = pair.into_inner().last()?;
    if target.as_rule() == Rule::id {
        return Some(reader.name(&target));
    }
    reader.diagnostics.push(
        Diagnostic::new(Code::ArmGoesNowhere, span, "an arm leads to a step")
            .help("add a step `end <name>` and lead there, or give the arm a block of steps"),
    );
    None
}

/// The steps of an arm's block; where the arm leads is the first of them, or, in an empty block, the next step.
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
            Rule::bad_step => reader.bad(&part, Rule::step_only, "the block", before),
            _ => continue,
        }
        before = Some(here);
    }
    let first = list.sequence(steps, next, reader);
    let target = first.or_else(|| next.map(|next| Spanned::new(next.value.clone(), span)));
    if target.is_none() && before.is_none() {
        let message = "the arm has no steps, and nothing follows the decision";
        reader.report(Code::ArmGoesNowhere, span, message);
    }
    target
}
