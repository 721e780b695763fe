//! From types as written to types.

use super::{FieldInfo, Labels, RecordType, Shape, Type};
use crate::diagnostic::{Code, Diagnostic, SourceRef, did_you_mean};
use crate::limits::{TYPE_DEPTH_MAX, TYPE_PARTS_MAX};
use crate::signatures;
use crate::text::{Name, Span};
use crate::tree::{FieldType, TypeAlias, TypeExpr, TypeExprKind};
use indexmap::IndexMap;
use std::collections::HashMap;
use std::sync::Arc;

/// The names of the built-in types.
const BUILTINS: [&str; 9] =
    ["bool", "int", "number", "string", "null", "bytes", "timestamp", "duration", "json"];

/// The names a type may use where it stands.
pub struct Scope<'a> {
    source: SourceRef,
    aliases: HashMap<&'a str, &'a TypeAlias>,
    /// The author's own services, whose types a qualified name may name.
    services: &'a [crate::tree::ServiceDecl],
    /// The scopes of those whose types were named.
    inner: HashMap<&'a str, Self>,
    resolved: HashMap<&'a str, Type>,
    /// Aliases being resolved, outermost first.
    open: Vec<&'a str>,
}

impl<'a> Scope<'a> {
    /// A scope of these lists of aliases; of a name declared twice, the first counts.
    #[must_use]
    pub fn new(
        source: SourceRef,
        lists: &[&'a [TypeAlias]],
        services: &'a [crate::tree::ServiceDecl],
    ) -> Self {
        let mut aliases = HashMap::new();
        for alias in lists.iter().flat_map(|list| list.iter()) {
            aliases.entry(alias.name.value.as_str()).or_insert(alias);
        }
        let (inner, resolved) = (HashMap::new(), HashMap::new());
        Self { source, aliases, services, inner, resolved, open: Vec::new() }
    }

    /// The type that an alias of this scope stands for.
    pub fn alias(&mut self, alias: &TypeAlias, diagnostics: &mut Vec<Diagnostic>) -> Type {
        match self.aliases.get_key_value(alias.name.value.as_str()) {
            Some((name, _)) => {
                let name = *name;
                self.named(name, alias.name.span, diagnostics)
            }
            None => Type::error(),
        }
    }

    /// The type as written where nothing stands around it, which may be too large.
    pub fn whole(&mut self, written: &TypeExpr, diagnostics: &mut Vec<Diagnostic>) -> Type {
        let ty = self.resolve(written, diagnostics);
        if ty.is_small() {
            return ty;
        }
        diagnostics.push(too_large("this type is too large".to_owned(), written.span));
        Type::error()
    }

    /// The type as written.
    pub fn resolve(&mut self, written: &TypeExpr, diagnostics: &mut Vec<Diagnostic>) -> Type {
        let shape = match &written.kind {
            TypeExprKind::Name { service: None, name } => return self.name(name, diagnostics),
            TypeExprKind::Name { service: Some(service), name } => {
                return self.qualified(service, name, diagnostics);
            }
            TypeExprKind::Literal(text) => Shape::Literal(text.as_str().into()),
            TypeExprKind::List(item) => Shape::List(Arc::new(self.resolve(item, diagnostics))),
            TypeExprKind::Map(item) => Shape::Map(Arc::new(self.resolve(item, diagnostics))),
            TypeExprKind::Record(fields) => {
                Shape::Record(Arc::new(self.record(fields, diagnostics)))
            }
            TypeExprKind::Union(members) => {
                let members = members.iter().map(|m| self.resolve(m, diagnostics)).collect();
                return Type::union(members);
            }
            TypeExprKind::Secret(inner) => {
                let inner = self.resolve(inner, diagnostics);
                return inner.labelled(Labels { secret: true, pii: false });
            }
            TypeExprKind::Pii(inner) => {
                let inner = self.resolve(inner, diagnostics);
                return inner.labelled(Labels { secret: false, pii: true });
            }
            TypeExprKind::Error => Shape::Error,
        };
        Type::new(shape)
    }

    fn record(&mut self, fields: &[FieldType], diagnostics: &mut Vec<Diagnostic>) -> RecordType {
        let mut known: IndexMap<String, FieldInfo> = IndexMap::new();
        for field in fields {
            let name = &field.name.value;
            if known.contains_key(name) {
                let message = format!("the field `{name}` is declared twice");
                diagnostics.push(
                    Diagnostic::new(Code::DuplicateName, field.name.span, message)
                        .help("remove one of the two"),
                );
                continue;
            }
            let info = FieldInfo {
                ty: self.resolve(&field.ty, diagnostics),
                optional: field.optional,
                doc: field.doc.as_ref().map(|doc| doc.value.clone()),
                declared: Some((self.source, field.name.span)),
            };
            known.insert(name.clone(), info);
        }
        RecordType { name: None, fields: known, open: true }
    }

    fn name(&mut self, name: &Name, diagnostics: &mut Vec<Diagnostic>) -> Type {
        let shape = match name.value.as_str() {
            "bool" => Shape::Bool,
            "int" => Shape::Int,
            "number" => Shape::Number,
            "string" => Shape::String,
            "null" => Shape::Null,
            "bytes" => Shape::Bytes,
            "timestamp" => Shape::Timestamp,
            "duration" => Shape::Duration,
            "json" => Shape::Json,
            other => match self.aliases.get_key_value(other) {
                Some((known, _)) => {
                    let known = *known;
                    return self.named(known, name.span, diagnostics);
                }
                None => {
                    let message = format!("no type is called `{other}`");
                    let names = self.aliases.keys().copied().chain(BUILTINS);
                    let diagnostic = Diagnostic::new(Code::UnknownType, name.span, message);
                    diagnostics.push(did_you_mean(diagnostic, name, names));
                    Shape::Error
                }
            },
        };
        Type::new(shape)
    }

    fn named(&mut self, name: &'a str, used: Span, diagnostics: &mut Vec<Diagnostic>) -> Type {
        if let Some(known) = self.resolved.get(name) {
            return known.clone();
        }
        if self.open.contains(&name) {
            let message = format!("the type `{name}` contains itself");
            diagnostics.push(
                Diagnostic::new(Code::RecursiveType, used, message)
                    .help("use `json` for the part that repeats"),
            );
            return Type::error();
        }
        let Some(alias) = self.aliases.get(name).copied() else { return Type::error() };
        // A chain of aliases may be as long as the text, and is followed by recursion.
        let followed = self.open.len() < TYPE_DEPTH_MAX;
        let mut ty = Type::error();
        if followed {
            self.open.push(name);
            ty = self.resolve(&alias.ty, diagnostics);
            self.open.pop();
        }
        if !followed || !ty.is_small() {
            let message = format!("the type `{name}` is too large");
            diagnostics.push(too_large(message, alias.name.span));
            ty = Type::error();
        }
        if let Shape::Record(record) = &mut ty.shape {
            let named = Arc::make_mut(record);
            named.name = Some(match self.source {
                SourceRef::Main => name.to_owned(),
                SourceRef::Stdlib(service) => format!("{service}.{name}"),
            });
        }
        self.resolved.insert(name, ty.clone());
        ty
    }

    fn qualified(
        &mut self,
        service: &Name,
        name: &Name,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Type {
        if let Some(own) = self.services.iter().find(|s| s.name.value == service.value) {
            let source = self.source;
            let scope = self.inner.entry(&own.name.value);
            let scope = scope.or_insert_with(|| Scope::new(source, &[&own.types], &[]));
            return scope.name(name, diagnostics);
        }
        let Some(found) = signatures::builtin(&service.value) else {
            let message = format!("no service is called `{}`", service.value);
            let diagnostic = Diagnostic::new(Code::UnknownService, service.span, message);
            diagnostics.push(did_you_mean(diagnostic, service, signatures::slugs()));
            return Type::error();
        };
        if let Some(ty) = found.types.get(&name.value) {
            return ty.clone();
        }
        let message = format!("`{}` has no type `{}`", service.value, name.value);
        let diagnostic = Diagnostic::new(Code::UnknownType, name.span, message);
        diagnostics.push(did_you_mean(diagnostic, name, found.types.keys().map(String::as_str)));
        Type::error()
    }
}

fn too_large(message: String, place: Span) -> Diagnostic {
    Diagnostic::new(Code::TooDeep, place, message)
        .note(format!(
            "with its aliases written out, a type may be {TYPE_DEPTH_MAX} deep and have {TYPE_PARTS_MAX} parts"
        ))
        .help("use `json` for a part of it")
}
