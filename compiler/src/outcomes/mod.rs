//! What can come out differently: the values of inputs, answers, forms and events that a workflow's ways depend on.
//!
//! A test explorer runs a workflow once for each combination. A value counts when something is decided on it: a case, a
//! condition, a comparison, `has`. Which values are tried follows from its type (an enum's values, true and false, absent)
//! and from what it is compared with. What nothing is decided on keeps one value, made up from its type and from how it is
//! read.

mod reads;

use crate::bytecode::schema::{Schema, SchemaShape};
use crate::flow::Flow;
use crate::limits::{CHOICES_MAX, SIZES_MAX};
use crate::testing::Given;
use crate::tree::{StepKind, WaitStep, Workflow};
use crate::types::Type;
use crate::types::check::Typed;
use crate::value::Value;
use reads::{Reads, Use};
use std::collections::{BTreeMap, HashSet};

/// What can come out differently in the runs of a workflow.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcomes {
    /// The run's inputs.
    pub inputs: Source,
    /// By step: of a call its output, of an approval its form, of a wait for an event the event's data.
    pub steps: BTreeMap<u32, Source>,
}

/// A value from outside.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Source {
    /// What is in it in every run.
    pub base: Vec<Part>,
    /// What is not the same in every run.
    pub choices: Vec<Choice>,
}

/// A part of a value.
#[derive(Debug, Clone, PartialEq)]
pub struct Part {
    /// The names of fields from the root.
    pub path: Vec<String>,
    /// What stands there; nothing, when the field is absent.
    pub value: Option<Given>,
}

/// A part with several values to try.
#[derive(Debug, Clone, PartialEq)]
pub struct Choice {
    /// The names of fields from the root.
    pub path: Vec<String>,
    /// The values, the most ordinary first; nothing stands for an absent field.
    pub values: Vec<Option<Given>>,
}

impl Source {
    /// The value that is mostly there.
    #[must_use]
    pub fn ordinary(&self) -> Given {
        self.given(&vec![0; self.choices.len()])
    }

    /// The value of which these choices are taken, one index each.
    #[must_use]
    pub fn given(&self, taken: &[usize]) -> Given {
        let mut given = Given::Sample;
        for part in &self.base {
            put(&mut given, &part.path, part.value.as_ref());
        }
        // Outer parts come first: what is inside one that is absent has nowhere to stand.
        let mut absent: Vec<&[String]> = Vec::new();
        for (choice, at) in self.choices.iter().zip(taken) {
            let value = choice.values.get(*at).and_then(Option::as_ref);
            if absent.iter().any(|outer| choice.path.starts_with(outer)) {
                continue;
            }
            if value.is_none() {
                absent.push(&choice.path);
            }
            put(&mut given, &choice.path, value);
        }
        given
    }
}

/// Puts a part in its place.
fn put(given: &mut Given, path: &[String], value: Option<&Given>) {
    let Some((name, rest)) = path.split_first() else {
        if let Some(value) = value {
            *given = value.clone();
        }
        return;
    };
    if let Given::Value(Value::Null) = given {
        return;
    }
    if !matches!(given, Given::Record(_)) {
        *given = Given::Record(Vec::new());
    }
    let Given::Record(fields) = given else { return };
    let at = fields.iter().position(|(known, _)| known == name);
    match (rest, value, at) {
        ([], None, Some(at)) => {
            fields.remove(at);
        }
        (_, None, None) => {}
        (rest, value, Some(at)) => {
            if let Some((_, inner)) = fields.get_mut(at) {
                put(inner, rest, value);
            }
        }
        (rest, value, None) => {
            let mut inner = Given::Sample;
            put(&mut inner, rest, value);
            fields.push((name.clone(), inner));
        }
    }
}

/// What can come out differently in the runs of a workflow that has no errors.
#[must_use]
pub fn outcomes(workflow: &Workflow, flow: &Flow, typed: &Typed) -> Outcomes {
    let reads = reads::of(workflow, flow);
    let mut steps = BTreeMap::new();
    for (at, step) in (0_u32..).zip(&workflow.steps) {
        let Some(typing) = typed.steps.get(at as usize) else { continue };
        let form = || typing.form.as_ref().map_or_else(Schema::json, Type::to_schema);
        // Where in the step's output that stands which comes from outside.
        let (schema, inside) = match &step.kind {
            StepKind::Call(_) => (typing.output.to_schema(), None),
            StepKind::Approval(approval) if approval.form.is_some() => (form(), Some("form")),
            StepKind::Wait(WaitStep::Event { .. }) => (form(), Some("data")),
            StepKind::Approval(_)
            | StepKind::Wait(_)
            | StepKind::Decide(_)
            | StepKind::Transform(_)
            | StepKind::Emit(_)
            | StepKind::End(_)
            | StepKind::Error => continue,
        };
        let reads = reads.outputs.get(&at);
        let reads = match inside {
            Some(name) => reads.and_then(|reads| reads.fields.get(name)),
            None => reads,
        };
        steps.insert(at, reads.map_or_else(Source::default, |reads| source(reads, &schema)));
    }
    Outcomes { inputs: source(&reads.trigger, &typed.input.to_schema()), steps }
}

fn source(reads: &Reads, schema: &Schema) -> Source {
    let mut source = Source::default();
    collect(reads, schema, &mut Vec::new(), false, &mut source);
    source
}

/// Adds what is read of a value of this type. `optional` says whether it may be absent.
fn collect(
    reads: &Reads,
    schema: &Schema,
    path: &mut Vec<String>,
    optional: bool,
    source: &mut Source,
) {
    let values = values(reads, schema, path);
    let mut values: Vec<Option<Given>> = values.into_iter().map(Some).collect();
    let tested = reads.uses.contains(&Use::Presence);
    let open = is_open(schema);
    if !path.is_empty() && (optional || open && tested) {
        // What is there is more ordinary; what nobody reads inside need not be.
        if values.is_empty() {
            values.push(Some(ordinary(reads, schema, path)));
        }
        values.push(None);
    }
    if values.len() > 1 && source.choices.len() < CHOICES_MAX {
        source.choices.push(Choice { path: path.clone(), values });
    } else if open && reads.fields.is_empty() {
        let value = Some(ordinary(reads, schema, path));
        source.base.push(Part { path: path.clone(), value });
    } else if optional {
        source.base.push(Part { path: path.clone(), value: Some(Given::Sample) });
    }
    for (name, inner) in &reads.fields {
        let (schema, optional) = field(schema, name);
        path.push(name.clone());
        collect(inner, &schema, path, optional, source);
        path.pop();
    }
}

/// The values of a part that something is decided on.
fn values(reads: &Reads, schema: &Schema, path: &[String]) -> Vec<Given> {
    let value = |value: Value| Given::Value(value);
    let mut values = Vec::new();
    if !reads.is_decided_on() {
        return values;
    }
    let members: Vec<&Schema> = match &schema.shape {
        SchemaShape::Union(members) => members.iter().collect(),
        _ => vec![schema],
    };
    for member in members {
        match &member.shape {
            SchemaShape::Enum(names) => {
                values.extend(names.iter().map(|name| value(Value::from(name.as_str()))));
            }
            SchemaShape::Bool => values.extend([true, false].map(|b| value(Value::Bool(b)))),
            SchemaShape::Null => values.push(value(Value::Null)),
            SchemaShape::String => values.extend(texts(reads, path)),
            SchemaShape::Int | SchemaShape::Number => values.extend(numbers(reads)),
            SchemaShape::Json => {
                values.extend(texts(reads, path));
                values.extend(numbers(reads));
                if reads.uses.contains(&Use::Condition) {
                    values.extend([true, false].map(|b| value(Value::Bool(b))));
                }
                if reads.uses.contains(&Use::Items) {
                    values.extend(lists(reads, None));
                }
            }
            SchemaShape::List(_) if reads.uses.contains(&Use::Items) => {
                values.extend(lists(reads, Some(member)))
            }
            SchemaShape::Record { .. } if matches!(schema.shape, SchemaShape::Union(_)) => {
                // One of each kind: what tells them apart is an enum of one value.
                values.push(kind(member));
            }
            SchemaShape::Bytes
            | SchemaShape::Timestamp
            | SchemaShape::Duration
            | SchemaShape::List(_)
            | SchemaShape::Map(_)
            | SchemaShape::Union(_)
            | SchemaShape::Record { .. } => {}
        }
    }
    values.dedup();
    if values == [Given::Value(Value::Null)] {
        // What may be null is something most of the time.
        values.insert(0, Given::Sample);
    }
    values
}

/// Of a record among others, what tells it apart.
fn kind(schema: &Schema) -> Given {
    let SchemaShape::Record { fields, .. } = &schema.shape else { return Given::Sample };
    let told = fields
        .iter()
        .filter(|field| !field.optional)
        .map(|field| (field.name.clone(), Given::Value(field.schema.sample(&field.name))));
    Given::Record(told.collect())
}

/// The texts that a value is compared with, and one that it is not.
fn texts(reads: &Reads, path: &[String]) -> Vec<Given> {
    let compared: Vec<&String> = reads
        .uses
        .iter()
        .filter_map(|u| match u {
            Use::Text(text) => Some(text),
            _ => None,
        })
        .collect();
    if compared.is_empty() {
        return Vec::new();
    }
    let mut other = path.last().cloned().unwrap_or_default();
    while compared.contains(&&other) {
        other.push('_');
    }
    let values = compared.into_iter().map(|text| Value::from(text.as_str()));
    values.chain([Value::from(other.as_str())]).map(Given::Value).collect()
}

/// The numbers around those that a value is compared with.
fn numbers(reads: &Reads) -> Vec<Given> {
    let mut numbers: Vec<i64> = Vec::new();
    for known in &reads.uses {
        if let Use::Number(n) = known {
            numbers.extend([n.saturating_sub(1), *n, n.saturating_add(1)]);
        }
    }
    numbers.sort_unstable();
    if reads.uses.contains(&Use::Divisor) {
        // What mostly works comes first.
        numbers.splice(..0, [1, 0]);
    }
    if reads.uses.contains(&Use::Decision) {
        // So do the cases of a decision.
        let is_case = |n: &i64| reads.uses.contains(&Use::Number(*n));
        numbers.sort_by_key(|n| !is_case(n));
    }
    let mut seen = HashSet::new();
    numbers.retain(|n| seen.insert(*n));
    numbers.into_iter().map(|n| Given::Value(Value::Int(n))).collect()
}

/// A list of one item, and none; and as many items as their number is compared with, one less and one more.
fn lists(reads: &Reads, schema: Option<&Schema>) -> Vec<Given> {
    let one = schema
        .map_or_else(|| Value::list(vec![Value::from("item")]), |schema| schema.sample("item"));
    let mut sizes = vec![1, 0];
    for known in &reads.uses {
        if let Use::Size(n) = known {
            sizes.extend([n.saturating_sub(1), *n, n.saturating_add(1)]);
        }
    }
    let mut seen = HashSet::new();
    sizes.retain(|n| *n <= SIZES_MAX && seen.insert(*n));
    let item = one.as_list().and_then(<[Value]>::first).cloned().unwrap_or(Value::Null);
    sizes.into_iter().map(|n| Given::Value(Value::list(vec![item.clone(); n]))).collect()
}

/// The one value of a part that nothing declares, by how it is read.
fn ordinary(reads: &Reads, schema: &Schema, path: &[String]) -> Given {
    if !is_open(schema) {
        return Given::Sample;
    }
    if !reads.fields.is_empty() {
        return Given::Record(Vec::new());
    }
    Given::Value(if reads.uses.contains(&Use::Arithmetic) {
        Value::Int(1)
    } else if reads.uses.contains(&Use::Condition) {
        Value::Bool(true)
    } else if reads.uses.contains(&Use::Items) {
        Value::list(Vec::new())
    } else {
        Value::from(path.last().map_or("value", String::as_str))
    })
}

fn is_open(schema: &Schema) -> bool {
    matches!(schema.shape, SchemaShape::Json)
}

/// The type of a field, and whether it may be absent.
fn field(schema: &Schema, name: &str) -> (Schema, bool) {
    match &schema.shape {
        SchemaShape::Record { fields, .. } => {
            let known = fields.iter().find(|field| field.name == name);
            known.map_or((Schema::json(), true), |known| (known.schema.clone(), known.optional))
        }
        SchemaShape::Map(item) => ((**item).clone(), true),
        SchemaShape::Union(members) => {
            let records = members.iter().filter_map(|member| match &member.shape {
                SchemaShape::Record { fields, .. } => Some(fields),
                _ => None,
            });
            let known = records.filter_map(|fields| fields.iter().find(|field| field.name == name));
            let mut types: Vec<Schema> = Vec::new();
            for known in known {
                if !types.contains(&known.schema) {
                    types.push(known.schema.clone());
                }
            }
            // Which member it is decides whether the field is there.
            match types.pop() {
                None => (Schema::json(), false),
                Some(only) if types.is_empty() => (only, false),
                Some(last) => {
                    types.push(last);
                    (Schema::new(SchemaShape::Union(types)), false)
                }
            }
        }
        SchemaShape::Json
        | SchemaShape::Null
        | SchemaShape::Bool
        | SchemaShape::Int
        | SchemaShape::Number
        | SchemaShape::String
        | SchemaShape::Bytes
        | SchemaShape::Timestamp
        | SchemaShape::Duration
        | SchemaShape::Enum(_)
        | SchemaShape::List(_) => (Schema::json(), false),
    }
}
