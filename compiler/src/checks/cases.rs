//! Decisions: every value handled, and no case for what can never be.

use super::Context;
use super::paths::StepPath;
use super::unhandled::{self, Arms};
use crate::diagnostic::{
    Applicability, Code, Diagnostic, Severity, SourceRef, did_you_mean_another, nearest,
};
use crate::flow::{DEFAULT, Fact, Route, RouteKind, StepIx};
use crate::limits::VALUES_SHOWN_MAX;
use crate::text::{Name, Span};
use crate::tree::{DecideStep, Expr, Step, StepKind};
use crate::types::{FieldInfo, Shape, Type};
use std::collections::{HashMap, HashSet};

/// A longer expression is not repeated in a headline.
const VALUE_SHOWN_BYTES_MAX: usize = 60;

/// The labels of a decision by value against the values that its type has.
pub(super) fn coverage(context: &Context<'_>, diagnostics: &mut Vec<Diagnostic>) {
    let mut on_edges: HashMap<&str, Vec<Name>> = HashMap::new();
    let mut without_case: HashSet<&str> = HashSet::new();
    for edge in &context.workflow.edges {
        match &edge.case {
            Some(case) => on_edges.entry(&edge.from.value).or_default().push(case.clone()),
            None => _ = without_case.insert(&edge.from.value),
        }
    }
    for (at, step) in context.steps() {
        let StepKind::Decide(decide) = &step.kind else { continue };
        let typing = context.typing(at).and_then(|typing| typing.decides.as_ref());
        let (Some(expression), Some(ty)) = (&decide.expression, typing) else { continue };
        let on_edges = on_edges.get(step.id.value.as_str()).map_or(&[][..], Vec::as_slice);
        let decision = Decision {
            context,
            at,
            step,
            decide,
            expression,
            labels: labels(decide, on_edges),
            default: default_of(at, context),
            has_plain_edge: without_case.contains(step.id.value.as_str()),
            declared: declared(expression, context),
            ruled_out: context.typing(at).map_or(&[], |typing| &typing.ruled_out),
        };
        match values(ty) {
            Values::Unknown => {}
            Values::Closed(values) => decision.closed(&values, diagnostics),
            Values::Open(ty) => decision.open(ty, diagnostics),
        }
    }
}

/// A decision by conditions that says nothing of the rest.
pub(super) fn conditions_without_else(context: &Context<'_>, diagnostics: &mut Vec<Diagnostic>) {
    for (at, step) in context.steps() {
        let StepKind::Decide(decide) = &step.kind else { continue };
        let has_default = decide.default.is_some() || default_of(at, context).is_some();
        let covered = context.typing(at).is_some_and(|typing| typing.covered);
        if decide.conditions.is_empty() || has_default || covered || !context.flow.complete {
            continue;
        }
        let message =
            format!("\"{}\" does not say what follows when no condition holds", step.id.value);
        diagnostics.push(
            Diagnostic::new(Code::NoDefault, step.id.span, message)
                .note("the run would fail there")
                .edits(
                    "add a default",
                    unhandled::add(context, step, decide, &Arms::Default),
                    Applicability::Maybe,
                ),
        );
    }
}

fn default_of<'c>(at: StepIx, context: &Context<'c>) -> Option<&'c Route> {
    context.flow.routes_of(at).iter().find(|route| route.kind == RouteKind::Default)
}

/// The labels of a decision, in its cases and on edges, each once; the default is none.
fn labels(decide: &DecideStep, on_edges: &[Name]) -> Vec<Name> {
    let mut seen = HashSet::from([DEFAULT]);
    let cases = decide.cases.iter().map(|case| &case.label);
    cases.chain(on_edges).filter(|label| seen.insert(&label.value)).cloned().collect()
}

/// What a decision is made on.
enum Values<'t> {
    /// The text forms of all its values.
    Closed(Vec<String>),
    /// Too many to list, but of this type.
    Open(&'t Type),
    /// Its type has been reported.
    Unknown,
}

fn values(ty: &Type) -> Values<'_> {
    let mut closed = Vec::new();
    if is_unknown(ty) {
        Values::Unknown
    } else if text_forms(ty, &mut closed) {
        Values::Closed(closed)
    } else {
        Values::Open(ty)
    }
}

fn is_unknown(ty: &Type) -> bool {
    match &ty.shape {
        Shape::Error => true,
        Shape::Union(members) => members.iter().any(is_unknown),
        Shape::Json
        | Shape::Null
        | Shape::Bool
        | Shape::Int
        | Shape::Number
        | Shape::String
        | Shape::Bytes
        | Shape::Timestamp
        | Shape::Duration
        | Shape::Literal(_)
        | Shape::List(_)
        | Shape::Map(_)
        | Shape::Record(_) => false,
    }
}

/// Adds the text forms of a type's values; whether these are all.
fn text_forms(ty: &Type, forms: &mut Vec<String>) -> bool {
    match &ty.shape {
        Shape::Literal(text) => forms.push(text.to_string()),
        Shape::Bool => forms.extend(["true", "false"].map(str::to_owned)),
        Shape::Null => forms.push("null".to_owned()),
        Shape::Union(members) => return members.iter().all(|member| text_forms(member, forms)),
        Shape::Error
        | Shape::Json
        | Shape::Int
        | Shape::Number
        | Shape::String
        | Shape::Bytes
        | Shape::Timestamp
        | Shape::Duration
        | Shape::List(_)
        | Shape::Map(_)
        | Shape::Record(_) => return false,
    }
    true
}

/// Whether a value of an open type can have this text form.
fn may_be(ty: &Type, label: &str) -> bool {
    match &ty.shape {
        Shape::Int => label.parse::<i64>().is_ok(),
        Shape::Number => label.parse::<f64>().is_ok_and(f64::is_finite),
        Shape::Bool => matches!(label, "true" | "false"),
        Shape::Null => label == "null",
        Shape::Literal(text) => **text == *label,
        Shape::Union(members) => members.iter().any(|member| may_be(member, label)),
        Shape::Error | Shape::Json | Shape::String | Shape::Timestamp | Shape::Duration => true,
        Shape::Bytes | Shape::List(_) | Shape::Map(_) | Shape::Record(_) => false,
    }
}

/// One decision by value.
struct Decision<'a> {
    context: &'a Context<'a>,
    at: StepIx,
    step: &'a Step,
    decide: &'a DecideStep,
    expression: &'a Expr,
    labels: Vec<Name>,
    default: Option<&'a Route>,
    /// Whether an edge without a case leaves it, which has been reported: it may stand for what is missing.
    has_plain_edge: bool,
    declared: Option<(SourceRef, Span)>,
    /// The values that decisions before this one leave out.
    ruled_out: &'a [String],
}

impl Decision<'_> {
    fn closed(&self, values: &[String], diagnostics: &mut Vec<Diagnostic>) {
        let labels: HashSet<&str> = self.labels.iter().map(|label| label.value.as_str()).collect();
        let known: HashSet<&str> = values.iter().map(String::as_str).collect();
        let is_open =
            |value: &&String| !self.ruled_out.contains(value) && !labels.contains(value.as_str());
        let mut missing: Vec<&String> = values.iter().filter(is_open).collect();
        for label in self.labels.iter().filter(|label| !known.contains(label.value.as_str())) {
            diagnostics.push(self.impossible(label, values));
            // The misspelt value is not missing beside.
            let meant = nearest(&label.value, missing.iter().map(|value| value.as_str()));
            if let Some(at) = missing.iter().position(|value| Some(value.as_str()) == meant) {
                missing.remove(at);
            }
        }
        for label in self.labels.iter().filter(|label| self.ruled_out.contains(&label.value)) {
            diagnostics.push(self.decided_before(label));
        }
        match self.default {
            Some(route) if missing.is_empty() && !self.labels.is_empty() => {
                let message = format!("the default of \"{}\" is never taken", self.step.id.value);
                diagnostics.push(
                    Diagnostic::new(Code::UselessDefault, route.span, message)
                        .note(match self.ruled_out {
                            [] => "every value has a case",
                            _ => "every value that it can have here has a case",
                        })
                        .edits(
                            "remove it; then a value that is added later is not overlooked",
                            unhandled::remove_default(
                                self.context,
                                self.step,
                                self.decide,
                                route.span,
                            ),
                            self.removable(route),
                        ),
                );
            }
            None if !missing.is_empty() && !self.labels.is_empty() && !self.has_plain_edge => {
                diagnostics.push(self.missing(&missing));
            }
            Some(_) | None => {}
        }
    }

    fn impossible(&self, label: &Name, values: &[String]) -> Diagnostic {
        let message = format!("{} can never be \"{}\"", self.value_words(), label.value);
        let found = Diagnostic::new(Code::ImpossibleCase, label.span, message);
        let has_case = |value: &str| self.labels.iter().any(|label| label.value == value);
        let names = values.iter().map(String::as_str);
        let found = did_you_mean_another(found, label, names, has_case);
        self.where_declared(found).note(format!("it can be {}", listed(values, "or")))
    }

    fn decided_before(&self, label: &Name) -> Diagnostic {
        let message = format!("{} is never \"{}\" at this point", self.value_words(), label.value);
        let mut found = Diagnostic::new(Code::ImpossibleCase, label.span, message)
            .note("a decision on every way here has sent that value elsewhere")
            .help("remove the case");
        found.severity = Severity::Warning;
        found
    }

    fn missing(&self, missing: &[&String]) -> Diagnostic {
        let listed = listed(missing, "and");
        let message = format!("\"{}\" does not handle {listed}", self.step.id.value);
        let found = Diagnostic::new(Code::MissingCase, self.expression.span, message)
            .label(format!("may be {}", self::listed(missing, "or")));
        let cases = if missing.len() == 1 { "a case" } else { "cases" };
        let values: Vec<&str> = missing.iter().map(|value| value.as_str()).collect();
        // A case by this name is the default.
        let edits = match values.contains(&DEFAULT) {
            true => Vec::new(),
            false => unhandled::add(self.context, self.step, self.decide, &Arms::Cases(&values)),
        };
        self.where_declared(found).edits(
            format!("add {cases} for {listed}, or a default"),
            edits,
            Applicability::Safe,
        )
    }

    fn open(&self, ty: &Type, diagnostics: &mut Vec<Diagnostic>) {
        for label in self.labels.iter().filter(|label| !may_be(ty, &label.value)) {
            let message = format!("{} can never be \"{}\"", self.value_words(), label.value);
            diagnostics.push(
                Diagnostic::new(Code::ImpossibleCase, label.span, message)
                    .and(self.expression.span, format!("this is of type {ty}")),
            );
        }
        if self.default.is_none() && !self.labels.is_empty() && !self.has_plain_edge {
            let message = format!("\"{}\" does not handle every value", self.step.id.value);
            diagnostics.push(
                Diagnostic::new(Code::NoDefault, self.expression.span, message)
                    .label(open_words(ty))
                    .note("the run would fail at a value without a case")
                    .edits(
                        "add a default",
                        unhandled::add(self.context, self.step, self.decide, &Arms::Default),
                        Applicability::Maybe,
                    ),
            );
        }
    }

    /// Steps that nothing else leads to are not left hanging without asking.
    fn removable(&self, default: &Route) -> Applicability {
        match self.context.is_only_way(self.at, default) {
            true => Applicability::Maybe,
            false => Applicability::Safe,
        }
    }

    /// The value that is decided on, as it is written where that is short.
    fn value_words(&self) -> String {
        let text = self.context.source.text.get(self.expression.span.range());
        let short = text.filter(|text| text.len() <= VALUE_SHOWN_BYTES_MAX && !text.contains('\n'));
        match short {
            Some(text) => format!("`{text}`"),
            None => format!("the value of \"{}\"", self.step.id.value),
        }
    }

    fn where_declared(&self, found: Diagnostic) -> Diagnostic {
        match self.declared {
            Some((source, span)) => found.and_in(source, span, "its values are declared here"),
            None => found,
        }
    }
}

/// What a value of many can be, in an author's words.
fn open_words(ty: &Type) -> String {
    match ty.shape {
        Shape::Json => "may be anything".to_owned(),
        _ => format!("may be any {}", ty.unlabelled()),
    }
}

/// `"a", "b" and "c"`; of very many, the first ones.
fn listed<T: AsRef<str>>(values: &[T], word: &str) -> String {
    let quoted = values.iter().take(VALUES_SHOWN_MAX).map(|v| format!("\"{}\"", v.as_ref()));
    let mut quoted: Vec<String> = quoted.collect();
    if values.len() > VALUES_SHOWN_MAX {
        quoted.push(format!("{} more", values.len() - VALUES_SHOWN_MAX));
    }
    match quoted.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, others)) => format!("{} {word} {last}", others.join(", ")),
        None => String::new(),
    }
}

/// Where the field is declared that a decision is made on.
fn declared(expression: &Expr, context: &Context<'_>) -> Option<(SourceRef, Span)> {
    let path = StepPath::of(expression, &context.ids)?;
    let Fact::Output(step) = path.fact else { return None };
    let mut field: Option<&FieldInfo> = None;
    let mut ty = &context.typing(step)?.output;
    for name in path.tail {
        let Shape::Record(record) = &ty.shape else { return None };
        let found = record.fields.get(name)?;
        (field, ty) = (Some(found), &found.ty);
    }
    field?.declared
}
