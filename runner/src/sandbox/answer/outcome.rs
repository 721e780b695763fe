//! Which of its verdicts an operation gives: magic values at the end of a customer's id.

use super::super::request::Received;
use super::super::routes::Routes;
use super::names;
use serde_json::Value;
use std::collections::HashSet;
use writ_compiler::types::{Shape, Type};

/// The value that stands for a verdict that is a truth value.
const NO: &str = "false";

/// Every value that an answer of some operation can select from.
#[derive(Debug)]
pub struct Outcomes {
    values: Vec<String>,
}

/// How one call turns out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Well.
    Good,
    /// With this value of the answer's verdict.
    Asked(String),
}

impl Outcomes {
    /// The values of all operations.
    pub fn of(routes: &Routes) -> Self {
        let mut values = HashSet::from([NO.to_owned()]);
        for operation in routes.iter() {
            collect(&operation.response, &mut values);
        }
        let mut values: Vec<String> = values.into_iter().collect();
        // The longest that fits is meant: `cus_1_requires_review` says `requires_review`, and not `review`.
        values.sort_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
        Self { values }
    }

    /// Every value.
    #[cfg(test)]
    pub fn values(&self) -> impl Iterator<Item = String> {
        self.values.iter().cloned()
    }

    /// How a call turns out. A value that no part of this answer can have asks for nothing here: it was meant for another
    /// service that the same workflow calls.
    pub fn of_call(&self, received: &Received<'_>) -> Outcome {
        let Received { operation, named, .. } = received;
        let in_path = || operation.last_parameter().and_then(|name| named.get(name));
        let subject = named.get("customerId").or_else(in_path).and_then(Value::as_str);
        let Some(subject) = subject else { return Outcome::Good };
        let asked = self.values.iter().find(|value| {
            subject.strip_suffix(value.as_str()).is_some_and(|rest| rest.ends_with('_'))
        });
        match asked {
            Some(asked) if gives(&operation.response, asked) => Outcome::Asked(asked.clone()),
            _ => Outcome::Good,
        }
    }
}

impl Outcome {
    /// The value of an enum under this outcome. A scale runs from the best to the worst.
    pub fn choose<'a>(&self, values: &[&'a str], scale: bool) -> &'a str {
        let asked = match self {
            Self::Good => None,
            Self::Asked(asked) => {
                let same = values.iter().find(|value| *value == asked);
                let alike = || values.iter().find(|value| names::alike(value, asked));
                let worst = || values.last().filter(|_| scale && !self.is_good());
                same.or_else(alike).or_else(worst)
            }
        };
        let good = || values.iter().find(|value| names::is_good(value));
        asked.or_else(good).or(values.first()).copied().unwrap_or_default()
    }

    /// Whether everything is well.
    pub fn is_good(&self) -> bool {
        match self {
            Self::Good => true,
            Self::Asked(asked) => names::is_good(asked),
        }
    }
}

/// Whether some part of a value of this type can be `asked`.
fn gives(ty: &Type, asked: &str) -> bool {
    if ty.enum_values().is_some_and(|values| values.len() > 1 && values.contains(&asked)) {
        return true;
    }
    match &ty.shape {
        Shape::List(item) | Shape::Map(item) => gives(item, asked),
        Shape::Record(record) => record.fields.iter().any(|(name, field)| {
            let truth = asked == NO && matches!(field.ty.shape, Shape::Bool);
            (truth && names::follows_verdict(name)) || gives(&field.ty, asked)
        }),
        Shape::Union(members) => members.iter().any(|member| gives(member, asked)),
        Shape::Error
        | Shape::Json
        | Shape::Null
        | Shape::Bool
        | Shape::Int
        | Shape::Number
        | Shape::String
        | Shape::Bytes
        | Shape::Timestamp
        | Shape::Duration
        | Shape::Literal(_) => false,
    }
}

fn collect(ty: &Type, into: &mut HashSet<String>) {
    match &ty.shape {
        Shape::Literal(value) => {
            into.insert(value.to_string());
        }
        Shape::List(item) | Shape::Map(item) => collect(item, into),
        Shape::Record(record) => record.fields.values().for_each(|f| collect(&f.ty, into)),
        Shape::Union(members) => members.iter().for_each(|member| collect(member, into)),
        Shape::Error
        | Shape::Json
        | Shape::Null
        | Shape::Bool
        | Shape::Int
        | Shape::Number
        | Shape::String
        | Shape::Bytes
        | Shape::Timestamp
        | Shape::Duration => {}
    }
}
