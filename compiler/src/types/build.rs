//! Making types out of types.

use super::{FieldInfo, Labels, Shape, Type};
use std::sync::Arc;

impl Type {
    /// A type without labels.
    #[must_use]
    pub fn new(shape: Shape) -> Self {
        Self { shape, labels: Labels::default() }
    }

    /// Anything.
    #[must_use]
    pub fn json() -> Self {
        Self::new(Shape::Json)
    }

    /// The type of what was reported already.
    #[must_use]
    pub fn error() -> Self {
        Self::new(Shape::Error)
    }

    /// `bool`.
    #[must_use]
    pub fn bool() -> Self {
        Self::new(Shape::Bool)
    }

    /// `string`.
    #[must_use]
    pub fn string() -> Self {
        Self::new(Shape::String)
    }

    /// One string.
    #[must_use]
    pub fn literal(text: &str) -> Self {
        Self::new(Shape::Literal(text.into()))
    }

    /// The union of these: flattened, each member once; what is dynamic swallows the others.
    #[must_use]
    pub fn union(members: Vec<Self>) -> Self {
        let mut flat: Vec<Self> = Vec::new();
        let mut labels = Labels::default();
        for member in members {
            match member.shape {
                Shape::Union(inner) => {
                    labels = labels.and(member.labels);
                    for inner in inner.iter() {
                        push_new(&mut flat, inner.clone());
                    }
                }
                _ => push_new(&mut flat, member),
            }
        }
        for dynamic in [Shape::Error, Shape::Json] {
            if flat.iter().any(|member| member.shape == dynamic) {
                let labels = flat.iter().fold(labels, |labels, m| labels.and(m.labels));
                return Self { shape: dynamic, labels };
            }
        }
        // A literal says nothing beside `string`, nor an integer beside `number`.
        let has = |shape: &Shape, flat: &[Self]| flat.iter().any(|m| m.shape == *shape);
        if has(&Shape::String, &flat) {
            flat.retain(|member| !matches!(member.shape, Shape::Literal(_)));
        }
        if has(&Shape::Number, &flat) {
            flat.retain(|member| member.shape != Shape::Int);
        }
        if flat.len() == 1
            && let Some(only) = flat.pop()
        {
            return only.labelled(labels);
        }
        Self { shape: Shape::Union(Arc::new(flat)), labels }
    }

    /// The same with these labels too.
    #[must_use]
    pub fn labelled(mut self, labels: Labels) -> Self {
        self.labels = self.labels.and(labels);
        self
    }

    /// Whether nothing is known about the value.
    #[must_use]
    pub fn is_dynamic(&self) -> bool {
        matches!(self.shape, Shape::Json | Shape::Error)
    }

    /// The members of a union, or the type itself.
    #[must_use]
    pub fn members(&self) -> &[Self] {
        match &self.shape {
            Shape::Union(members) => members,
            _ => std::slice::from_ref(self),
        }
    }

    /// The field of a record type.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&FieldInfo> {
        match &self.shape {
            Shape::Record(record) => record.fields.get(name),
            _ => None,
        }
    }

    /// The values of an enum: a literal, or a union of nothing else.
    #[must_use]
    pub fn enum_values(&self) -> Option<Vec<&str>> {
        let literals = self.members().iter().map(|member| match &member.shape {
            Shape::Literal(text) => Some(&**text),
            _ => None,
        });
        literals.collect()
    }

    /// Every label on the type or on any part of it.
    #[must_use]
    pub fn labels_within(&self) -> Labels {
        let inner = match &self.shape {
            Shape::List(item) | Shape::Map(item) => item.labels_within(),
            Shape::Record(record) => record
                .fields
                .values()
                .fold(Labels::default(), |labels, field| labels.and(field.ty.labels_within())),
            Shape::Union(members) => members
                .iter()
                .fold(Labels::default(), |labels, member| labels.and(member.labels_within())),
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
            | Shape::Literal(_) => Labels::default(),
        };
        self.labels.and(inner)
    }
}

fn push_new(flat: &mut Vec<Type>, member: Type) {
    if !flat.contains(&member) {
        flat.push(member);
    }
}

impl Labels {
    /// Both sets of labels together.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self { secret: self.secret || other.secret, pii: self.pii || other.pii }
    }
}
