//! Values as tests write them: with parts left out, to be made up from their types or to be anything.

use crate::bytecode::schema::{Schema, SchemaShape};
use crate::limits::DIFFERENCES_MAX;
use crate::value::Value;

/// A value, or part of one.
#[derive(Debug, Clone, PartialEq)]
pub enum Given {
    /// This value.
    Value(Value),
    /// `sample`: made up where a value is given, anything where one is expected.
    Sample,
    /// A record with these fields, and perhaps others.
    Record(Vec<(String, Given)>),
    /// A list of exactly these items.
    List(Vec<Given>),
}

/// Where a value is not as it was expected.
#[derive(Debug, Clone, PartialEq)]
pub struct Difference {
    /// Where, as a dotted path from the value's root; empty for the root itself.
    pub path: String,
    /// What was expected, as JSON.
    pub expected: String,
    /// What is there; nothing, when nothing is.
    pub found: Option<Value>,
}

impl Given {
    /// The value, with what is left out made up from its type. `name` is the name of its place.
    #[must_use]
    pub fn complete(&self, schema: &Schema, name: &str) -> Value {
        match (self, &schema.shape) {
            (Self::Value(value), _) => value.clone(),
            (Self::Sample, _) => schema.sample(name),
            (_, SchemaShape::Union(members)) => self.as_one_of(members, name),
            (Self::List(items), shape) => {
                let any = Schema::json();
                let item = if let SchemaShape::List(item) = shape { item } else { &any };
                Value::list(items.iter().map(|given| given.complete(item, name)).collect())
            }
            (Self::Record(given), SchemaShape::Record { fields, .. }) => {
                let any = Schema::json();
                let of = |name: &str| fields.iter().find(|field| field.name == name);
                let said = given.iter().map(|(name, given)| {
                    let schema = of(name).map_or(&any, |field| &field.schema);
                    (name.as_str(), given.complete(schema, name))
                });
                let left = fields.iter().filter(|field| !field.optional);
                let left = left.filter(|field| !given.iter().any(|(name, _)| *name == field.name));
                let left = left.map(|f| (f.name.as_str(), f.schema.sample(&f.name)));
                Value::record(said.chain(left))
            }
            (Self::Record(given), shape) => {
                let any = Schema::json();
                let item = if let SchemaShape::Map(item) = shape { item } else { &any };
                Value::record(given.iter().map(|(n, given)| (n.as_str(), given.complete(item, n))))
            }
        }
    }

    /// Completed as the first member of a union that it fits.
    fn as_one_of(&self, members: &[Schema], name: &str) -> Value {
        let completed = members.iter().map(|member| (member, self.complete(member, name)));
        let fits = |(member, value): &(&Schema, Value)| member.accepts(value);
        let mut first = None;
        for (member, value) in completed {
            if fits(&(member, value.clone())) {
                return value;
            }
            first = first.or(Some(value));
        }
        first.unwrap_or(Value::Null)
    }

    /// Where a value is not as this says; nothing, when it is. At most [`DIFFERENCES_MAX`].
    ///
    /// Of what is there only `shown` is told: the value as it may be seen, without its secrets.
    #[must_use]
    pub fn differences(&self, found: &Value, shown: &Value) -> Vec<Difference> {
        let mut differences = Vec::new();
        self.compare(Some((found, shown)), "", &mut differences);
        differences
    }

    fn compare(&self, found: Option<(&Value, &Value)>, path: &str, into: &mut Vec<Difference>) {
        if into.len() >= DIFFERENCES_MAX {
            return;
        }
        match (self, found) {
            (Self::Sample, Some(_)) => {}
            (Self::Value(expected), Some((value, _))) if same(expected, value) => {}
            (Self::Record(fields), Some((Value::Map(map), shown))) => {
                for (name, given) in fields {
                    let path = match path {
                        "" => name.clone(),
                        _ => format!("{path}.{name}"),
                    };
                    let name = name.as_str();
                    // What is hidden as a whole hides its parts.
                    let shown = shown.as_map().map_or(Some(shown), |fields| fields.get(name));
                    given.compare(map.get(name).zip(shown), &path, into);
                }
            }
            (Self::List(items), Some((Value::List(values), shown)))
                if items.len() == values.len() =>
            {
                for (at, (given, value)) in items.iter().zip(values.iter()).enumerate() {
                    let shown = shown.as_list().map_or(Some(shown), |items| items.get(at));
                    given.compare(Some(value).zip(shown), &format!("{path}[{at}]"), into);
                }
            }
            (Self::Value(_) | Self::Sample | Self::Record(_) | Self::List(_), found) => {
                let found = found.map(|(_, shown)| shown.clone());
                into.push(Difference { path: path.to_owned(), expected: self.to_string(), found });
            }
        }
    }
}

impl From<&Value> for Given {
    /// The value, of whose records parts may be left out.
    fn from(value: &Value) -> Self {
        match value {
            Value::Map(fields) => Self::Record(
                fields.iter().map(|(name, value)| (name.to_string(), value.into())).collect(),
            ),
            Value::List(items) => Self::List(items.iter().map(Self::from).collect()),
            Value::Null
            | Value::Bool(_)
            | Value::Int(_)
            | Value::Uint(_)
            | Value::Double(_)
            | Value::String(_)
            | Value::Bytes(_)
            | Value::Timestamp(_)
            | Value::Duration(_) => Self::Value(value.clone()),
        }
    }
}

impl std::fmt::Display for Given {
    /// As JSON, with `sample` for what may be anything.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Value(value) => f.write_str(&value.to_json()),
            Self::Sample => f.write_str("sample"),
            Self::Record(fields) => {
                f.write_str("{")?;
                for (at, (name, given)) in fields.iter().enumerate() {
                    let comma = if at == 0 { "" } else { "," };
                    write!(f, "{comma}{}:{given}", Value::from(name.as_str()).to_json())?;
                }
                f.write_str("}")
            }
            Self::List(items) => {
                f.write_str("[")?;
                for (at, given) in items.iter().enumerate() {
                    let comma = if at == 0 { "" } else { "," };
                    write!(f, "{comma}{given}")?;
                }
                f.write_str("]")
            }
        }
    }
}

/// Whether two values are the same to somebody who reads them as JSON.
fn same(expected: &Value, found: &Value) -> bool {
    expected.cel_equal(found) || expected.to_json() == found.to_json()
}
