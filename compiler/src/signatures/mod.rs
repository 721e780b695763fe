//! Service signatures, resolved: what a call takes and gives.

mod builtin;
mod resolve;

pub use builtin::{builtin, slugs, source_text};

use crate::diagnostic::{Code, Diagnostic, SourceRef, did_you_mean};
use crate::text::Span;
use crate::tree::{Expr, ExprKind, Field, FieldKey, Module};
use crate::types::resolve::Scope;
use crate::types::{RecordType, Shape, Type};
use indexmap::IndexMap;
use std::sync::Arc;

/// One service.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Service {
    /// The connection's slug: `aml`, `anti-fraud`, `custom:crm`.
    pub slug: String,
    /// What it is for.
    pub doc: Option<String>,
    /// Its named types.
    pub types: IndexMap<String, Type>,
    /// Its operations, as declared.
    pub operations: Vec<Operation>,
}

/// One operation of a service.
#[derive(Debug, Clone, PartialEq)]
pub struct Operation {
    /// Its name.
    pub name: String,
    /// What it does.
    pub doc: Option<String>,
    /// Where it is declared.
    pub declared: (SourceRef, Span),
    /// The HTTP method.
    pub method: String,
    /// The path as declared: `/api/alerts/{id}`.
    pub pattern: String,
    /// The same, segment by segment.
    pub segments: Vec<Segment>,
    /// Query parameters.
    pub query: Option<Arc<RecordType>>,
    /// The JSON body; `None` when it takes none.
    pub request: Option<Type>,
    /// The whole JSON answer.
    pub response: Type,
    /// The field of the answer that is the output; the whole answer when absent.
    pub output_field: Option<String>,
    /// What a call of it gives.
    pub output: Type,
    /// Whether a repeat of a request does no harm; by the method when the signature does not say.
    pub safe_to_repeat: bool,
    /// Requests per minute that the service allows.
    pub rate_limit_per_minute: Option<u64>,
    /// The request field that carries the caller's idempotency key.
    pub external_id: Option<String>,
    /// Paths in the output that a workflow must not ignore.
    pub verdicts: Vec<Vec<String>>,
}

/// A segment of a path pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Segment {
    /// Text as it stands.
    Text(String),
    /// `{name}`
    Param(String),
}

impl Service {
    /// The operation of a name.
    #[must_use]
    pub fn operation(&self, name: &str) -> Option<&Operation> {
        self.operations.iter().find(|operation| operation.name == name)
    }

    /// The operation of a method and a path; a segment that is `None` holds a template, which only a parameter takes.
    /// A literal pattern wins over one with parameters; of several operations with one path, the one that takes the
    /// most fields of the record that is sent, and needs the fewest others.
    #[must_use]
    pub fn matching(
        &self,
        method: &str,
        path: &[Option<&str>],
        body: Option<&Expr>,
    ) -> Option<&Operation> {
        let fits = |operation: &&Operation| {
            operation.method.eq_ignore_ascii_case(method) && operation.fits(path)
        };
        let params = |operation: &&Operation| {
            operation.segments.iter().filter(|s| matches!(s, Segment::Param(_))).count()
        };
        let fields = body.map_or(&[][..], |body| match &body.kind {
            ExprKind::Record(fields) => fields,
            _ => &[],
        });
        self.operations
            .iter()
            .filter(fits)
            .min_by_key(|operation| (params(operation), operation.misfits(fields)))
    }
}

impl Operation {
    /// How many of these fields the request does not have, and how many more it needs. No fields say nothing.
    fn misfits(&self, fields: &[Field]) -> (usize, usize) {
        let request = self.request.as_ref().map(|request| &request.shape);
        let Some(Shape::Record(record)) = request.filter(|_| !fields.is_empty()) else {
            return (0, 0);
        };
        let named: Vec<&str> = fields
            .iter()
            .filter_map(|field| match &field.key {
                FieldKey::Name(name) => Some(name.value.as_str()),
                FieldKey::Computed(_) => None,
            })
            .collect();
        let unknown = named.iter().filter(|name| !record.fields.contains_key(**name)).count();
        let missing = record
            .fields
            .iter()
            .filter(|(name, field)| !field.optional && !named.contains(&name.as_str()));
        (unknown, missing.count())
    }

    fn fits(&self, path: &[Option<&str>]) -> bool {
        self.segments.len() == path.len()
            && self.segments.iter().zip(path).all(|(segment, given)| match (segment, given) {
                (Segment::Text(text), Some(given)) => text == given,
                (Segment::Text(_), None) => false,
                (Segment::Param(_), Some(given)) => !given.is_empty(),
                (Segment::Param(_), None) => true,
            })
    }
}

/// Whether a repeat of a request with this method does no harm (RFC 9110, idempotent methods).
#[must_use]
pub fn method_is_idempotent(method: &str) -> bool {
    ["GET", "HEAD", "PUT", "DELETE", "OPTIONS"].iter().any(|m| method.eq_ignore_ascii_case(m))
}

/// The services that a module may call: those of `stdlib/`, and the author's own.
#[derive(Debug, Default)]
pub struct Catalog {
    own: IndexMap<String, Arc<Service>>,
}

impl Catalog {
    /// The services of a module.
    #[must_use]
    pub fn of(module: &Module, diagnostics: &mut Vec<Diagnostic>) -> Self {
        resolve::repeated_aliases(&module.types, diagnostics);
        // Where they are used this is said again, in the same words, and kept once.
        let mut scope = Scope::new(SourceRef::Main, &module.types, &module.services);
        for alias in &module.types {
            scope.alias(alias, diagnostics);
        }
        let mut own = IndexMap::new();
        for declared in &module.services {
            let slug = &declared.name.value;
            if source_text(slug).is_some() || own.contains_key(slug) {
                let message = format!("the service `{slug}` is declared already");
                let diagnostic = Diagnostic::new(Code::DuplicateName, declared.name.span, message);
                diagnostics.push(if source_text(slug).is_some() {
                    diagnostic.help("it is built in: name yours `custom:<name>`")
                } else {
                    diagnostic.help("remove one of the two")
                });
                continue;
            }
            let service = resolve::service(declared, &mut scope, SourceRef::Main, diagnostics);
            own.insert(slug.clone(), Arc::new(service));
        }
        let catalog = Self { own };
        for name in &module.uses {
            if source_text(&name.value).is_none() && !catalog.own.contains_key(&name.value) {
                let message = format!("there is no service \"{}\" to use", name.value);
                let diagnostic = Diagnostic::new(Code::UnknownService, name.span, message).note(
                    "a service without a signature is called by method and path, without a `use`",
                );
                let slugs = catalog.slugs();
                diagnostics.push(did_you_mean(diagnostic, name, slugs.into_iter()));
            }
        }
        catalog
    }

    /// A service by its slug; `None` when it has no signature.
    #[must_use]
    pub fn service(&self, slug: &str) -> Option<Arc<Service>> {
        self.own.get(slug).cloned().or_else(|| builtin(slug))
    }

    /// Every service with a signature.
    #[must_use]
    pub fn slugs(&self) -> Vec<&str> {
        let own = self.own.keys().map(String::as_str);
        own.chain(slugs().map(|slug| -> &str { slug })).collect()
    }
}

#[cfg(test)]
mod tests;
