//! A value of a type, from a seed, from what the request said, and from what the fields' names tell.

use super::super::request::{Received, accepts};
use super::super::routes::Operation;
use super::names::{self, Amount};
use super::outcome::Outcome;
use crate::ids;
use crate::limits::SANDBOX_ANSWER_DEPTH_MAX;
use crate::time::Millis;
use serde_json::{Map, Value};
use writ_compiler::types::{RecordType, Shape, Type};

/// When everything in the sandbox happens: 2026-05-01T12:00:00.000Z.
const NOW: Millis = Millis(1_777_636_800_000);

/// How long it takes.
const DURATION_MS: u64 = 250;

/// How long what expires is good for: a year.
const LIFETIME_MS: u64 = 365 * 24 * 3_600_000;

/// Makes one answer.
pub struct Maker<'a> {
    operation: &'a Operation,
    named: &'a Map<String, Value>,
    outcome: Outcome,
    seed: [u8; 16],
    /// Values drawn from the seed so far.
    drawn: u32,
    depth: usize,
}

/// Where in the answer a value stands.
#[derive(Clone, Copy)]
struct Place<'a> {
    /// Its own name; a list's items have the list's.
    name: &'a str,
    /// The name of the record it is in; empty at the top.
    parent: &'a str,
}

impl<'a> Maker<'a> {
    /// The answer to what was received.
    pub fn new(received: &'a Received<'a>, outcome: Outcome, seed: [u8; 16]) -> Self {
        let Received { operation, named, .. } = received;
        Self { operation, named, outcome, seed, drawn: 0, depth: 0 }
    }

    /// The whole response.
    pub fn response(mut self) -> Value {
        let response = &self.operation.response;
        self.value(response, Place { name: "", parent: "" })
    }

    fn value(&mut self, ty: &Type, place: Place<'_>) -> Value {
        if let Some(value) = self.echo(ty, place) {
            return value;
        }
        if self.depth >= SANDBOX_ANSWER_DEPTH_MAX {
            return Value::Null;
        }
        self.depth += 1;
        let value = self.made(ty, place);
        self.depth -= 1;
        value
    }

    fn made(&mut self, ty: &Type, place: Place<'_>) -> Value {
        let name = place.name;
        match &ty.shape {
            Shape::Error | Shape::Json | Shape::Map(_) => Value::Object(Map::new()),
            Shape::Null => Value::Null,
            Shape::Bool => {
                let good = self.outcome.is_good();
                let follows = names::follows_verdict(name) && good;
                let doubts = names::is_doubt(name) && !good;
                Value::Bool(names::always(name) || follows || doubts)
            }
            Shape::Int => self.number(place, true),
            Shape::Number => self.number(place, false),
            Shape::String => self.text(place).into(),
            Shape::Bytes => "AA==".into(),
            Shape::Timestamp => time(name).to_rfc3339().into(),
            Shape::Duration => "1s".into(),
            Shape::Literal(value) => Value::from(&**value),
            Shape::List(_) if self.is_left_out(name) => Value::Array(Vec::new()),
            Shape::List(item) => Value::Array(vec![self.value(item, place)]),
            Shape::Record(record) => self.record(record, name),
            Shape::Union(members) => match ty.enum_values() {
                Some(values) => self.outcome.choose(&values, names::is_scale(name)).into(),
                None => {
                    let mut members = members.iter();
                    let first = members.find(|member| !matches!(member.shape, Shape::Null));
                    first.map_or(Value::Null, |member| self.value(member, place))
                }
            },
        }
    }

    fn record(&mut self, record: &RecordType, name: &str) -> Value {
        let mut fields = Map::new();
        for (field, info) in &record.fields {
            if info.optional && self.is_left_out(field) {
                continue;
            }
            let value = self.value(&info.ty, Place { name: field, parent: name });
            fields.insert(field.clone(), value);
        }
        Value::Object(fields)
    }

    fn is_left_out(&self, name: &str) -> bool {
        names::is_finding(name) && self.outcome.is_good()
    }

    /// What the request said under the same name, when it is of the right type and no secret.
    fn echo(&self, ty: &Type, place: Place<'_>) -> Option<Value> {
        if ty.labels.secret || place.name.is_empty() {
            return None;
        }
        let value = if place.name == "id" {
            let of_parent = self.named.get(&format!("{}Id", place.parent));
            of_parent.or_else(|| self.named.get("id").filter(|_| self.is_subject(place.parent)))?
        } else {
            self.named.get(place.name)?
        };
        let plain = !value.is_object() && !value.is_array();
        let open = matches!(ty.shape, Shape::Json | Shape::Map(_));
        ((plain || open) && accepts(&ty.to_schema(), value)).then(|| value.clone())
    }

    /// Whether a record of this name is the one that the path names.
    fn is_subject(&self, name: &str) -> bool {
        let singular = |name: &'_ str| name.trim_end_matches('s').to_owned();
        matches!(name, "" | "data") || singular(name) == singular(self.operation.noun())
    }

    fn text(&mut self, place: Place<'_>) -> String {
        let name = place.name;
        if let Some(text) = names::text(name) {
            return text.to_owned();
        }
        if let Some(thing) = name.strip_suffix("Id") {
            return self.id(thing);
        }
        match name {
            "id" if matches!(place.parent, "" | "data") => self.id(self.operation.noun()),
            "id" => self.id(place.parent),
            "sessionToken" => self.id("ds"),
            "nonce" => format!("{:032x}", self.draw(name)),
            "sha256" => format!("{:032x}{:032x}", self.draw(name), self.draw(name)),
            "hmacSecret" => format!("qe_whsec_{:032x}", self.draw(name)),
            _ if is_time(name) => time(name).to_rfc3339(),
            _ => format!("sandbox {name}"),
        }
    }

    fn number(&mut self, place: Place<'_>, whole: bool) -> Value {
        let name = match (place.parent, place.name) {
            ("matches", "score") => "topMatchScore",
            (_, name) => name,
        };
        let known = names::number(name).map(|(good, bad)| match self.outcome.is_good() {
            true => good,
            false => bad,
        });
        match known {
            Some(Amount::Whole(number)) => number.into(),
            Some(Amount::Part(number)) if !whole => number.into(),
            Some(Amount::Part(_)) | None => {
                u64::try_from(self.draw(name) % 1_000).unwrap_or(0).into()
            }
        }
    }

    /// An id that the same request always gets.
    fn id(&mut self, thing: &str) -> String {
        self.drawn += 1;
        ids::derive(&names::id_prefix(thing), NOW, &self.seed, self.drawn)
    }

    fn draw(&mut self, purpose: &str) -> u128 {
        self.drawn += 1;
        ids::derive_bits(purpose, &self.seed, self.drawn)
    }
}

/// Whether text of this name is a time: `createdAt`, `deadline`.
fn is_time(name: &str) -> bool {
    name.ends_with("At") || name == "deadline"
}

fn time(name: &str) -> Millis {
    match name {
        "completedAt" | "finishedAt" | "updatedAt" | "resolvedAt" => NOW.plus(DURATION_MS),
        "deadline" => NOW.plus(LIFETIME_MS),
        _ if name.to_ascii_lowercase().contains("expires") => NOW.plus(LIFETIME_MS),
        _ => NOW,
    }
}
