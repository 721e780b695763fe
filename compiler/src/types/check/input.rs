//! What a workflow that declares no input needs of its trigger.
//!
//! A field that feeds a parameter gets the parameter's type, labels and all. A field that any step reads without asking
//! whether it is there is required, whichever path that step is on: a run that lacks it should be refused when it is
//! started, and not fail half-way. (So `hmacKey` is required of a workflow that reads it, though the operation that it
//! feeds could do without.) The record is open: callers may send more, such as `externalId`.

use crate::diagnostic::{Code, Diagnostic, SourceRef};
use crate::text::Span;
use crate::types::{FieldInfo, RecordType, Shape, Type};
use indexmap::IndexMap;
use std::sync::Arc;

/// How the trigger's inputs are used.
#[derive(Debug, Default)]
pub(super) struct Uses {
    root: Use,
}

/// How one input, or the whole, is used.
#[derive(Debug, Default)]
struct Use {
    required: bool,
    /// What the places that it feeds ask for.
    wants: Vec<Want>,
    fields: IndexMap<String, Use>,
}

/// What one place asks for.
#[derive(Debug)]
struct Want {
    ty: Type,
    /// Where it is read.
    read: Span,
    /// Where the type is declared.
    declared: Option<(SourceRef, Span)>,
}

/// A part of a path into the inputs.
#[derive(Debug, Clone, Copy)]
pub(super) struct Step<'p> {
    pub(super) name: &'p str,
    /// Whether the path is read without asking whether this part is there.
    pub(super) required: bool,
}

impl Uses {
    /// Notes that a path is read.
    pub(super) fn read(&mut self, path: &[Step<'_>]) {
        let mut used = &mut self.root;
        for step in path {
            used = used.fields.entry(step.name.to_owned()).or_default();
            used.required |= step.required;
        }
    }

    /// Notes what a path that is read feeds.
    pub(super) fn want<'p>(
        &mut self,
        path: impl Iterator<Item = &'p str>,
        ty: &Type,
        read: Span,
        declared: Option<(SourceRef, Span)>,
    ) {
        if ty.is_dynamic() && ty.labels == Type::json().labels {
            return;
        }
        let want = Want { ty: ty.clone(), read, declared };
        self.at(path).wants.push(want);
    }

    fn at<'p>(&mut self, path: impl Iterator<Item = &'p str>) -> &mut Use {
        let mut used = &mut self.root;
        for name in path {
            used = used.fields.entry(name.to_owned()).or_default();
        }
        used
    }

    /// The inputs' type; reports inputs that would have to be two things at once.
    pub(super) fn into_type(self, diagnostics: &mut Vec<Diagnostic>) -> Type {
        let ty = self.root.into_type("trigger", diagnostics);
        match ty.shape {
            Shape::Record(mut record) => {
                Arc::make_mut(&mut record).open = true;
                Type { shape: Shape::Record(record), labels: ty.labels }
            }
            _ => Type::new(Shape::Record(Arc::new(RecordType {
                name: None,
                fields: IndexMap::new(),
                open: true,
            }))),
        }
    }
}

impl Use {
    fn into_type(self, path: &str, diagnostics: &mut Vec<Diagnostic>) -> Type {
        let mut wants = self.wants.into_iter();
        let Some(first) = wants.next() else {
            if self.fields.is_empty() {
                return Type::json();
            }
            return open_record(self.fields, path, diagnostics);
        };
        let mut ty = first.ty.clone();
        for want in wants {
            let labels = ty.labels.and(want.ty.labels);
            let Some(both) = meet(&ty, &want.ty) else {
                diagnostics.push(conflict(path, &first, &want));
                return Type::error();
            };
            ty = both.labelled(labels);
        }
        // A place that takes anything leaves it to the fields that are read.
        if ty.is_dynamic() && !self.fields.is_empty() {
            let labels = ty.labels;
            return open_record(self.fields, path, diagnostics).labelled(labels);
        }
        ty
    }
}

fn open_record(
    fields: IndexMap<String, Use>,
    path: &str,
    diagnostics: &mut Vec<Diagnostic>,
) -> Type {
    let fields = fields.into_iter().map(|(name, used)| {
        let declared = used.wants.first().and_then(|want| want.declared);
        let optional = !used.required;
        let ty = used.into_type(&format!("{path}.{name}"), diagnostics);
        (name, FieldInfo { ty, optional, doc: None, declared })
    });
    let fields = fields.collect();
    Type::new(Shape::Record(Arc::new(RecordType { name: None, fields, open: true })))
}

fn conflict(path: &str, first: &Want, second: &Want) -> Diagnostic {
    let message = format!("`{path}` cannot be both `{}` and `{}`", first.ty, second.ty);
    let mut diagnostic = Diagnostic::new(Code::TypeMismatch, second.read, message)
        .label(format!("feeds what takes `{}`", second.ty))
        .and(first.read, format!("feeds what takes `{}`", first.ty));
    for want in [first, second] {
        if let Some((source, span)) = want.declared {
            diagnostic = diagnostic.and_in(source, span, format!("takes `{}`", want.ty));
        }
    }
    diagnostic.help("read two inputs of different names")
}

/// What fits both places; `None` when nothing does.
fn meet(a: &Type, b: &Type) -> Option<Type> {
    match (a.assignable_to(b).is_ok(), b.assignable_to(a).is_ok()) {
        // Text can stand for what is text in JSON; the other type says more.
        (true, true) if a.shape == Shape::String || a.is_dynamic() => return Some(b.clone()),
        (true, _) => return Some(a.clone()),
        (_, true) => return Some(b.clone()),
        (false, false) => {}
    }
    let common = |a: &Type, b: &Type| -> Vec<Type> {
        a.members().iter().filter(|member| member.assignable_to(b).is_ok()).cloned().collect()
    };
    let mut members = common(a, b);
    members.extend(common(b, a));
    (!members.is_empty()).then(|| Type::union(members))
}
