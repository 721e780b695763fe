//! Workflows, and how their steps follow one another.
//!
//! Steps fall through to the next in reading order; the last of an arm's block falls out to the step after the
//! decision. Here that becomes the edges that the JSON spells out.

use super::call::once;
use super::reader::Reader;
use super::target::{self, Ends};
use super::{budget, decide, steps, types};
use crate::diagnostic::{Code, Diagnostic};
use crate::syntax::grammar::Rule;
use crate::text::{Name, Span};
use crate::tree::{Edge, Let, Step, StepKind, Trigger, TriggerKind, Workflow};
use pest::iterators::Pair;

/// `workflow "slug" { ... }`.
pub(super) fn workflow_decl(pair: Pair<'_, Rule>, reader: &mut Reader<'_>) -> Workflow {
    let span = reader.span(&pair);
    let head = Span::new(span.start as usize, span.start as usize + "workflow".len());
    let mut workflow = Workflow {
        span,
        slug: None,
        name: None,
        description: None,
        trigger: Trigger { span: head, kind: TriggerKind::Api, spec: None, input: None },
        start: None,
        budget: None,
        lets: Vec::new(),
        steps: Vec::new(),
        edges: Vec::new(),
    };
    reader.ends = Ends::of(&pair, reader);
    let (mut body, mut before) = (Vec::new(), None);
    for part in pair.into_inner() {
        let here = reader.span(&part);
        match part.as_rule() {
            Rule::docs => workflow.description = Some(reader.docs(&part)),
            Rule::string => workflow.slug = Some(reader.name(&part)),
            Rule::name_clause => {
                workflow.name = part.into_inner().last().map(|p| reader.name(&p));
            }
            Rule::trigger_clause => workflow.trigger = trigger_clause(part, reader),
            Rule::start_clause => {
                workflow.start = part.into_inner().last().map(|p| reader.name(&p));
            }
            Rule::budget_clause => {
                let budget = budget::budget_clause(part, reader);
                once(&mut workflow.budget, Some(budget), here, "budget", reader);
            }
            Rule::let_item => workflow.lets.extend(let_item(part, reader)),
            Rule::step => body.push(part),
            Rule::bad_workflow_item => {
                reader.bad(&part, Rule::workflow_item_only, "the workflow", before);
                body.push(part);
            }
            _ => continue,
        }
        before = Some(here);
    }
    let mut list = List { steps: Vec::new(), edges: Vec::new() };
    list.sequence(body, None, reader);
    // What arrows to an end stand for are steps, too.
    workflow.steps = list.steps;
    workflow.steps.extend(reader.ends.take());
    workflow.edges = list.edges;
    workflow
}

/// `let name = expression`.
fn let_item(pair: Pair<'_, Rule>, reader: &mut Reader<'_>) -> Option<Let> {
    let span = reader.span(&pair);
    let (mut description, mut name, mut value) = (None, None, None);
    for part in pair.into_inner() {
        match part.as_rule() {
            Rule::docs => description = Some(reader.docs(&part)),
            Rule::word => name = Some(reader.name(&part)),
            Rule::expression => value = Some(reader.expression(part)),
            _ => {}
        }
    }
    Some(Let { span, name: name?, description, value: value?.into(), used: false })
}

fn trigger_clause(pair: Pair<'_, Rule>, reader: &mut Reader<'_>) -> Trigger {
    let span = reader.span(&pair);
    let mut trigger = Trigger { span, kind: TriggerKind::Api, spec: None, input: None };
    for part in pair.into_inner() {
        match part.as_rule() {
            Rule::trigger_kind => {
                trigger.kind = match part.as_str() {
                    "webhook" => TriggerKind::Webhook,
                    "schedule" => TriggerKind::Schedule,
                    _ => TriggerKind::Api,
                };
            }
            Rule::type_map | Rule::type_record | Rule::type_group => {
                trigger.input = Some(types::type_primary(part, reader));
            }
            Rule::expression => trigger.spec = Some(reader.expression(part)),
            _ => {}
        }
    }
    trigger
}

/// The steps and edges of a workflow under construction, in reading order.
pub(super) struct List {
    steps: Vec<Step>,
    edges: Vec<Edge>,
}

impl List {
    /// Reads steps that follow one another; after the last the run goes to `after`, or ends. Gives the first one's id.
    pub(super) fn sequence(
        &mut self,
        pairs: Vec<Pair<'_, Rule>>,
        after: Option<&Name>,
        reader: &mut Reader<'_>,
    ) -> Option<Name> {
        let ids: Vec<Option<Name>> = pairs.iter().map(|pair| step_id(pair, reader)).collect();
        for (at, pair) in pairs.into_iter().enumerate() {
            let next = ids.get(at + 1).and_then(Option::as_ref).or(after);
            self.step(pair, next, reader);
        }
        ids.into_iter().next().flatten()
    }

    fn step(&mut self, pair: Pair<'_, Rule>, next: Option<&Name>, reader: &mut Reader<'_>) {
        let span = reader.span(&pair);
        let id = step_id(&pair, reader);
        if pair.as_rule() != Rule::step {
            // It has been reported. That there is such a step, or that the step before it goes on in a way that is not
            // understood, silences what would follow.
            if let Some(id) = id {
                self.steps.push(Step {
                    span,
                    id,
                    description: None,
                    optional: None,
                    kind: StepKind::Error,
                });
            } else if let Some(before) = self.steps.last_mut() {
                before.kind = StepKind::Error;
            }
            return;
        }
        let (mut description, mut body, mut arrow, mut optional) = (None, None, None, None);
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::docs => description = Some(reader.docs(&part)),
                Rule::arrow => arrow = Some(part),
                Rule::optional_clause => optional = Some(reader.span(&part)),
                _ => body = Some(part),
            }
        }
        let Some(body) = body else { return };
        let arrow_span = arrow.as_ref().map(|arrow| reader.span(arrow));
        if body.as_rule() == Rule::decide_step {
            if let Some(span) = arrow_span {
                reader.diagnostics.push(
                    Diagnostic::new(
                        Code::PlainEdgeFromDecision,
                        span,
                        "a decision has no successor of its own",
                    )
                    .help("say in each of its arms where the run goes"),
                );
            }
            decide::decide_step(body, Shell { span, description, optional }, next, self, reader);
            return;
        }
        let Some((id, kind)) = steps::step_kind(body, reader) else { return };
        let stops = matches!(kind, StepKind::End(_));
        if let (true, Some(span)) = (stops, arrow_span) {
            let message = format!("nothing follows the end \"{}\"", id.value);
            reader.report(Code::InvalidValue, span, message);
        }
        let to = match arrow.map(|arrow| arrow.into_inner().last()) {
            None => next.cloned(),
            Some(None) => None,
            Some(Some(end)) if end.as_rule() == Rule::to_end => None,
            Some(Some(to)) => Some(target::target(to, &id.value, reader)),
        };
        if let Some(to) = to.filter(|_| !stops) {
            let span = arrow_span.unwrap_or(to.span);
            self.edges.push(Edge { span, from: id.clone(), to, case: None });
        }
        self.steps.push(Step { span, id, description, optional, kind });
    }

    /// Adds a step that knows its own routes.
    pub(super) fn push(&mut self, step: Step) -> usize {
        self.steps.push(step);
        self.steps.len() - 1
    }

    /// Replaces what a step does, once its arms are known.
    pub(super) fn set_kind(&mut self, at: usize, kind: StepKind) {
        if let Some(step) = self.steps.get_mut(at) {
            step.kind = kind;
        }
    }
}

/// What surrounds a step's own text.
pub(super) struct Shell {
    /// The whole step.
    pub(super) span: Span,
    /// Its doc comment.
    pub(super) description: Option<Name>,
    /// Where it says `optional`.
    pub(super) optional: Option<Span>,
}

/// The id of a step that is not read yet, or that does not parse.
fn step_id(pair: &Pair<'_, Rule>, reader: &mut Reader<'_>) -> Option<Name> {
    let mut parts = pair.clone().into_inner();
    let mut first = parts.next()?;
    let mut start = pair.as_span().start();
    if first.as_rule() == Rule::docs {
        start = first.as_span().end();
        first = parts.next()?;
    }
    let id = if pair.as_rule() == Rule::step {
        first.into_inner().find(|p| p.as_rule() == Rule::id)?
    } else {
        let is_name = |p: &Pair<'_, Rule>| matches!(p.as_rule(), Rule::word | Rule::string);
        let is_clause = matches!(first.as_str(), "name" | "trigger" | "start");
        let leads = reader.is_blank(start, first.as_span().start());
        parts.next().filter(|id| leads && is_name(&first) && is_name(id) && !is_clause)?
    };
    // Its string's escapes are judged when the step itself is read.
    let reported = reader.diagnostics.len();
    let name = reader.name(&id);
    reader.diagnostics.truncate(reported);
    Some(name)
}
