//! From types as written to types.

use super::{FieldInfo, Labels, RecordType, Shape, Type};
use crate::diagnostic::{Code, Diagnostic, SourceRef, did_you_mean};
use crate::limits::{TYPE_DEPTH_MAX, TYPE_NESTING_MAX, TYPE_PARTS_MAX};
use crate::signatures;
use crate::text::{Name, Span};
use crate::tree::{FieldType, ServiceDecl, TypeAlias, TypeExpr, TypeExprKind};
use indexmap::IndexMap;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// The names of the built-in types.
const BUILTINS: [&str; 9] =
    ["bool", "int", "number", "string", "null", "bytes", "timestamp", "duration", "json"];

/// Whether a word means something in a type already, and can name no other.
pub(crate) fn is_reserved(name: &str) -> bool {
    is_builtin(name) || matches!(name, "secret" | "pii")
}

/// Whether a name is that of a built-in type.
pub(crate) fn is_builtin(name: &str) -> bool {
    BUILTINS.contains(&name)
}

/// The types that a text declares, and which of them a name means where it stands.
pub struct Scope<'a> {
    source: SourceRef,
    aliases: HashMap<(Option<&'a str>, &'a str), Declared<'a>>,
    /// The services declared here, by slug.
    services: HashSet<&'a str>,
    /// The service whose declaration is looked at: its names hide those outside of it.
    within: Option<&'a str>,
    resolved: HashMap<(Option<&'a str>, &'a str), Type>,
    /// Aliases being resolved, outermost first.
    open: Vec<(Option<&'a str>, &'a str)>,
    /// How deep what is being resolved stands.
    depth: usize,
}

/// A declared alias, and the service that it belongs to.
#[derive(Clone, Copy)]
struct Declared<'a> {
    service: Option<&'a str>,
    alias: &'a TypeAlias,
}

impl<'a> Scope<'a> {
    /// A scope of the types outside any service and of those of services; of a name declared twice, the first counts.
    #[must_use]
    pub fn new(source: SourceRef, types: &'a [TypeAlias], services: &'a [ServiceDecl]) -> Self {
        let mut scope = Self {
            source,
            aliases: HashMap::new(),
            services: HashSet::new(),
            within: None,
            resolved: HashMap::new(),
            open: Vec::new(),
            depth: 0,
        };
        scope.declare(None, types);
        for service in services {
            let slug = service.name.value.as_str();
            if scope.services.insert(slug) {
                scope.declare(Some(slug), &service.types);
            }
        }
        scope
    }

    fn declare(&mut self, service: Option<&'a str>, types: &'a [TypeAlias]) {
        for alias in types {
            let name = alias.name.value.as_str();
            self.aliases.entry((service, name)).or_insert(Declared { service, alias });
        }
    }

    /// From now on, names are looked for in this service first.
    pub fn enter(&mut self, service: &'a ServiceDecl) {
        self.within = Some(&service.name.value);
    }

    /// The type that an alias stands for, of those declared where the scope is.
    pub fn alias(&mut self, alias: &TypeAlias, diagnostics: &mut Vec<Diagnostic>) -> Type {
        let found = self.aliases.get(&(self.within, alias.name.value.as_str())).copied();
        found.map_or_else(Type::error, |known| self.named(known, alias.name.span, diagnostics))
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
        // Aliases that name one another nest as deep as the text is long.
        if self.depth >= TYPE_NESTING_MAX {
            diagnostics.push(too_large("this type is too large".to_owned(), written.span));
            return Type::error();
        }
        self.depth += 1;
        let ty = self.kind(written, diagnostics);
        self.depth -= 1;
        ty
    }

    fn kind(&mut self, written: &TypeExpr, diagnostics: &mut Vec<Diagnostic>) -> Type {
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
            other => match self.visible(other) {
                Some(known) => return self.named(known, name.span, diagnostics),
                None => {
                    let message = format!("no type is called `{other}`");
                    let names = self
                        .aliases
                        .keys()
                        .filter(|(service, _)| service.is_none() || *service == self.within);
                    let names = names.map(|(_, name)| *name).chain(BUILTINS);
                    let diagnostic = Diagnostic::new(Code::UnknownType, name.span, message);
                    diagnostics.push(did_you_mean(diagnostic, name, names));
                    Shape::Error
                }
            },
        };
        Type::new(shape)
    }

    /// The alias that a name without a service means here.
    fn visible(&self, name: &str) -> Option<Declared<'a>> {
        let own = self.within.and_then(|service| self.aliases.get(&(Some(service), name)));
        own.or_else(|| self.aliases.get(&(None, name))).copied()
    }

    fn named(
        &mut self,
        Declared { service, alias }: Declared<'a>,
        used: Span,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Type {
        let name = alias.name.value.as_str();
        let key = (service, name);
        if let Some(known) = self.resolved.get(&key) {
            return known.clone();
        }
        if self.open.contains(&key) {
            let message = format!("the type `{name}` contains itself");
            diagnostics.push(
                Diagnostic::new(Code::RecursiveType, used, message)
                    .help("use `json` for the part that repeats"),
            );
            return Type::error();
        }
        // What an alias names is looked for where the alias stands.
        let outer = std::mem::replace(&mut self.within, service);
        self.open.push(key);
        let mut ty = self.resolve(&alias.ty, diagnostics);
        self.open.pop();
        self.within = outer;
        if !ty.is_small() {
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
        self.resolved.insert(key, ty.clone());
        ty
    }

    fn qualified(
        &mut self,
        service: &Name,
        name: &Name,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Type {
        let (owner, builtin) = (service.value.as_str(), signatures::builtin(&service.value));
        let is_own = self.services.contains(owner);
        if let Some(own) = self.aliases.get(&(Some(owner), name.value.as_str())).copied() {
            return self.named(own, name.span, diagnostics);
        }
        let builtin = builtin.filter(|_| !is_own);
        if let Some(ty) = builtin.as_ref().and_then(|builtin| builtin.types.get(&name.value)) {
            return ty.clone();
        }
        if !is_own && builtin.is_none() {
            let message = format!("no service is called `{owner}`");
            let diagnostic = Diagnostic::new(Code::UnknownService, service.span, message);
            let builtin = signatures::slugs().map(|slug| -> &str { slug });
            let slugs = self.services.iter().copied().chain(builtin);
            diagnostics.push(did_you_mean(diagnostic, service, slugs));
            return Type::error();
        }
        let message = format!("`{owner}` has no type `{}`", name.value);
        let diagnostic = Diagnostic::new(Code::UnknownType, name.span, message);
        let own = self.aliases.keys().filter(|(of, _)| *of == Some(owner)).map(|(_, name)| *name);
        let others = builtin.iter().flat_map(|builtin| builtin.types.keys().map(String::as_str));
        diagnostics.push(did_you_mean(diagnostic, name, own.chain(others)));
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
