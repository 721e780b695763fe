//! Making types out of types.

use super::{FieldInfo, Label, Labels, RecordType, Shape, Type};
use crate::limits::{TYPE_DEPTH_MAX, TYPE_PARTS_MAX, UNION_MEMBERS_MAX};
use indexmap::IndexMap;
use std::collections::HashSet;
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

    /// A list of such items.
    #[must_use]
    pub fn list(item: Self) -> Self {
        Self::new(Shape::List(Arc::new(item)))
    }

    /// An object with such values.
    #[must_use]
    pub fn map(value: Self) -> Self {
        Self::new(Shape::Map(Arc::new(value)))
    }

    /// A record without a name.
    #[must_use]
    pub fn record(fields: IndexMap<String, FieldInfo>, open: bool) -> Self {
        Self::new(Shape::Record(Arc::new(RecordType { name: None, fields, open })))
    }

    /// A closed record of fields that are always there.
    #[must_use]
    pub fn of_fields<const N: usize>(fields: [(&str, Self); N]) -> Self {
        let fields = fields.map(|(name, ty)| (name.to_owned(), FieldInfo::required(ty)));
        Self::record(fields.into_iter().collect(), false)
    }

    /// The type of a value that is one of several: their union, unless it has more members than anybody would look at.
    #[must_use]
    pub fn join(types: impl IntoIterator<Item = Self>) -> Self {
        let mut all = Distinct::default();
        for ty in types {
            ty.members().iter().for_each(|member| all.push(member.clone().labelled(ty.labels)));
            let members = &all.types;
            if members.len() > UNION_MEMBERS_MAX {
                let labels = members
                    .iter()
                    .fold(Labels::default(), |labels, member| labels.and(member.labels_within()));
                let is_text = |m: &Self| matches!(m.shape, Shape::Literal(_) | Shape::String);
                let all_text = members.iter().all(is_text);
                let one = if all_text { Self::string() } else { Self::json() };
                all = Distinct::default();
                all.push(one.labelled(labels));
            }
        }
        let members = all.types;
        if members.is_empty() { Self::json() } else { Self::union(members) }
    }

    /// The union of these: flattened, each member once; what is dynamic swallows the others.
    #[must_use]
    pub fn union(mut members: Vec<Self>) -> Self {
        if members.len() == 1
            && let Some(only) = members.pop()
        {
            return only;
        }
        let mut flat = Distinct::default();
        let mut labels = Labels::default();
        for member in members {
            match member.shape {
                Shape::Union(inner) => {
                    labels = labels.and(member.labels);
                    inner.iter().for_each(|inner| flat.push(inner.clone()));
                }
                _ => flat.push(member),
            }
        }
        let mut flat = flat.types;
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

    /// Whether it was reported already.
    #[must_use]
    pub fn is_error(&self) -> bool {
        self.shape == Shape::Error
    }

    /// Whether a value of this type may be of such a shape; what is dynamic may.
    #[must_use]
    pub fn may_be(&self, shape: impl Fn(&Shape) -> bool) -> bool {
        self.members().iter().any(|member| member.is_dynamic() || shape(&member.shape))
    }

    /// The type of a value of this type in a place that takes `place`: the labels of both, and of a value that nothing is
    /// known about, the place's type.
    #[must_use]
    pub fn received_as(&self, place: &Self) -> Self {
        if place.labels_within() == Labels::default() {
            return self.clone();
        }
        let labels = self.labels.and(place.labels);
        match (&self.shape, &place.shape) {
            (Shape::Json | Shape::Error, _) => place.clone().labelled(self.labels),
            (Shape::List(item), Shape::List(place)) => Self::list(item.received_as(place)),
            (Shape::Map(value), Shape::Map(place)) => Self::map(value.received_as(place)),
            (Shape::Record(record), Shape::Record(place)) => {
                let mut record = record.as_ref().clone();
                for (name, field) in &mut record.fields {
                    if let Some(place) = place.fields.get(name) {
                        field.ty = field.ty.received_as(&place.ty);
                    }
                }
                Self::new(Shape::Record(Arc::new(record)))
            }
            // What is not alike in form is labelled as a whole.
            _ => self.clone().labelled(place.labels_within()),
        }
        .labelled(labels)
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

    /// The type without any label, its parts' too.
    #[must_use]
    pub fn declassified(&self) -> Self {
        if self.labels_within() == Labels::default() {
            return self.clone();
        }
        let shape = match &self.shape {
            Shape::List(item) => Shape::List(Arc::new(item.declassified())),
            Shape::Map(value) => Shape::Map(Arc::new(value.declassified())),
            Shape::Record(record) => {
                let mut record = record.as_ref().clone();
                for field in record.fields.values_mut() {
                    field.ty = field.ty.declassified();
                }
                Shape::Record(Arc::new(record))
            }
            Shape::Union(members) => {
                return Self::union(members.iter().map(Self::declassified).collect());
            }
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
            | Shape::Literal(_) => self.shape.clone(),
        };
        Self::new(shape)
    }

    /// Types directly inside this one.
    fn parts(&self) -> impl Iterator<Item = &Self> {
        let (item, fields, members) = match &self.shape {
            Shape::List(item) | Shape::Map(item) => (Some(&**item), None, None),
            Shape::Record(record) => (None, Some(record.fields.values()), None),
            Shape::Union(members) => (None, None, Some(members.iter())),
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
            | Shape::Literal(_) => (None, None, None),
        };
        let fields = fields.into_iter().flatten().map(|field| &field.ty);
        item.into_iter().chain(fields).chain(members.into_iter().flatten())
    }

    /// Every label on the type or on any part of it.
    #[must_use]
    pub fn labels_within(&self) -> Labels {
        self.parts().fold(self.labels, |labels, part| labels.and(part.labels_within()))
    }

    /// Whether the type is no deeper and has no more parts than a type may: parts are shared, so that a short chain of
    /// aliases, or of steps whose outputs hold earlier outputs twice over, could stand for a type of any size.
    #[must_use]
    pub fn is_small(&self) -> bool {
        let mut parts_left = TYPE_PARTS_MAX;
        self.spend(TYPE_DEPTH_MAX, &mut parts_left)
    }

    fn spend(&self, depth_left: usize, parts_left: &mut usize) -> bool {
        let left = (depth_left.checked_sub(1), parts_left.checked_sub(1));
        let (Some(depth_left), Some(left)) = left else { return false };
        *parts_left = left;
        self.parts().all(|part| part.spend(depth_left, parts_left))
    }

    /// The type, or `json` with its labels when it has grown too large to be carried on.
    #[must_use]
    pub fn bounded(self) -> Self {
        if self.is_small() { self } else { Self::json().labelled(self.labels_within()) }
    }

    /// The type of a value as expressions read it out of the trigger's inputs or a step's output: what is recorded is
    /// JSON, where times and bytes are text.
    #[must_use]
    pub fn as_read(&self) -> Self {
        self.read().unwrap_or_else(|| self.clone())
    }

    /// The type as read, when that is another one.
    fn read(&self) -> Option<Self> {
        let shape = match &self.shape {
            Shape::Bytes | Shape::Timestamp | Shape::Duration => Shape::String,
            Shape::List(item) => Shape::List(Arc::new(item.read()?)),
            Shape::Map(item) => Shape::Map(Arc::new(item.read()?)),
            Shape::Record(record) => Shape::Record(Arc::new(read_record(record)?)),
            Shape::Union(members) => {
                if members.iter().all(|member| member.read().is_none()) {
                    return None;
                }
                let members = members.iter().map(Self::as_read).collect();
                return Some(Self::union(members).labelled(self.labels));
            }
            Shape::Error
            | Shape::Json
            | Shape::Null
            | Shape::Bool
            | Shape::Int
            | Shape::Number
            | Shape::String
            | Shape::Literal(_) => return None,
        };
        Some(Self { shape, labels: self.labels })
    }
}

/// The record as read, when that is another one.
fn read_record(record: &RecordType) -> Option<RecordType> {
    let mut changed: Option<RecordType> = None;
    for (i, field) in record.fields.values().enumerate() {
        let Some(ty) = field.ty.read() else { continue };
        let changed = changed.get_or_insert_with(|| record.clone());
        if let Some((_, slot)) = changed.fields.get_index_mut(i) {
            slot.ty = ty;
        }
    }
    changed
}

/// Types, each once. Of literals there may be very many, so that they are not looked for one by one.
#[derive(Default)]
struct Distinct {
    types: Vec<Type>,
    literals: HashSet<(Arc<str>, Labels)>,
}

impl Distinct {
    fn push(&mut self, ty: Type) {
        let is_new = match &ty.shape {
            Shape::Literal(text) => self.literals.insert((Arc::clone(text), ty.labels)),
            _ => !self.types.contains(&ty),
        };
        if is_new {
            self.types.push(ty);
        }
    }
}

impl FieldInfo {
    /// A field that is always there, declared nowhere.
    #[must_use]
    pub fn required(ty: Type) -> Self {
        Self { ty, optional: false, doc: None, declared: None }
    }

    /// A field that may be absent, declared nowhere.
    #[must_use]
    pub fn optional(ty: Type) -> Self {
        Self { optional: true, ..Self::required(ty) }
    }
}

impl Labels {
    /// Whether a label is among them.
    #[must_use]
    pub fn has(self, label: Label) -> bool {
        match label {
            Label::Secret => self.secret,
            Label::Personal => self.pii,
        }
    }

    /// Both sets of labels together.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self { secret: self.secret || other.secret, pii: self.pii || other.pii }
    }
}
