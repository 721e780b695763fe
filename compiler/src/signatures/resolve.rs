//! From a declaration to a signature.

use super::{Operation, Segment, Service, method_is_idempotent};
use crate::diagnostic::{Code, Diagnostic, SourceRef, did_you_mean};
use crate::text::Name;
use crate::tree::{OperationDecl, ServiceDecl, TypeAlias};
use crate::types::resolve::{Scope, is_reserved};
use crate::types::{RecordType, Shape, Type};
use indexmap::IndexMap;
use std::collections::HashMap;
use std::sync::Arc;

/// Resolves a declaration, whose types the scope knows.
pub(super) fn service<'a>(
    declared: &'a ServiceDecl,
    scope: &mut Scope<'a>,
    source: SourceRef,
    diagnostics: &mut Vec<Diagnostic>,
) -> Service {
    repeated_aliases(&declared.types, diagnostics);
    scope.enter(declared);
    let types: IndexMap<String, Type> = declared
        .types
        .iter()
        .map(|alias| (alias.name.value.clone(), scope.alias(alias, diagnostics)))
        .collect();
    let mut service = Service {
        slug: declared.name.value.clone(),
        doc: declared.doc.as_ref().map(|doc| doc.value.clone()),
        types,
        operations: Vec::new(),
    };
    for operation in &declared.operations {
        if service.operation(&operation.name.value).is_some() {
            let message = format!("the operation `{}` is declared twice", operation.name.value);
            diagnostics.push(
                Diagnostic::new(Code::DuplicateName, operation.name.span, message)
                    .help("give one of them another name"),
            );
            continue;
        }
        service.operations.push(self::operation(operation, source, scope, diagnostics));
    }
    service
}

fn operation(
    declared: &OperationDecl,
    source: SourceRef,
    scope: &mut Scope<'_>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Operation {
    let query = declared.query.as_ref().and_then(|query| {
        let ty = scope.whole(query, diagnostics);
        let record = record_of(&ty);
        if record.is_none() && !ty.is_dynamic() {
            let message = "query parameters have names: they are a record";
            diagnostics.push(
                Diagnostic::new(Code::TypeMismatch, query.span, message)
                    .help("write `query { limit?: int }`"),
            );
        }
        record
    });
    let request = declared.request.as_ref().map(|request| scope.whole(request, diagnostics));
    let response = declared
        .response
        .as_ref()
        .map_or_else(Type::json, |response| scope.whole(response, diagnostics));
    let output_field = declared.output.as_ref();
    let output = output_field
        .map_or_else(|| response.clone(), |name| part(&response, "response", name, diagnostics));
    if let Some(name) = &declared.external_id {
        let none = Type::new(Shape::Null);
        part(request.as_ref().unwrap_or(&none), "request", name, diagnostics);
    }
    for verdict in &declared.verdicts {
        part(&output, "output", verdict, diagnostics);
    }
    let method = declared.method.value.to_ascii_uppercase();
    let pattern = declared.path.value.clone();
    if !pattern.starts_with('/') || pattern.contains(['?', '#']) {
        let message = format!("\"{pattern}\" is no path below the service's address");
        diagnostics.push(
            Diagnostic::new(Code::InvalidValue, declared.path.span, message)
                .help("begin it with `/`, and declare query parameters with `query`"),
        );
    }
    Operation {
        name: declared.name.value.clone(),
        doc: declared.doc.as_ref().map(|doc| doc.value.clone()),
        declared: (source, declared.name.span),
        segments: segments(&pattern),
        pattern,
        query,
        request,
        output,
        response,
        output_field: output_field.map(|name| name.value.clone()),
        safe_to_repeat: declared
            .repeatable
            .as_ref()
            .map_or_else(|| method_is_idempotent(&method), |safe| safe.value),
        method,
        rate_limit_per_minute: declared.rate_limit_per_minute.as_ref().map(|rate| rate.value),
        external_id: declared.external_id.as_ref().map(|name| name.value.clone()),
        verdicts: declared
            .verdicts
            .iter()
            .map(|path| path.value.split('.').map(str::to_owned).collect())
            .collect(),
    }
}

fn record_of(ty: &Type) -> Option<Arc<RecordType>> {
    match &ty.shape {
        Shape::Record(record) => Some(Arc::clone(record)),
        _ => None,
    }
}

/// The type of the part that a path names; reports a path that leads nowhere.
fn part(whole: &Type, what: &str, path: &Name, diagnostics: &mut Vec<Diagnostic>) -> Type {
    let mut ty = whole;
    let mut way = String::new();
    for name in path.value.split('.') {
        if ty.is_dynamic() {
            return Type::json();
        }
        if let Some(field) = ty.field(name) {
            ty = &field.ty;
            way += name;
            way.push('.');
            continue;
        }
        let message = format!("the {what} has no field `{way}{name}`");
        let diagnostic = Diagnostic::new(Code::UnknownField, path.span, message);
        let record = record_of(ty);
        let names = record.iter().flat_map(|record| record.fields.keys());
        let ways: Vec<String> = names.map(|name| format!("{way}{name}")).collect();
        diagnostics.push(did_you_mean(diagnostic, path, ways.iter().map(String::as_str)));
        return Type::error();
    }
    ty.clone()
}

/// Reports aliases of one name, of which the first counts, and of names that mean something already.
pub(super) fn repeated_aliases(aliases: &[TypeAlias], diagnostics: &mut Vec<Diagnostic>) {
    let mut known: HashMap<&str, &Name> = HashMap::new();
    for TypeAlias { name, .. } in aliases {
        if is_reserved(&name.value) {
            let message = format!("`{}` means something in every type already", name.value);
            diagnostics.push(
                Diagnostic::new(Code::DuplicateName, name.span, message)
                    .help("give the type another name"),
            );
        } else if let Some(first) = known.get(name.value.as_str()) {
            let message = format!("the type `{}` is declared twice", name.value);
            diagnostics.push(
                Diagnostic::new(Code::DuplicateName, name.span, message)
                    .and(first.span, "first declared here")
                    .help("give one of them another name"),
            );
        } else {
            known.insert(&name.value, name);
        }
    }
}

fn segments(pattern: &str) -> Vec<Segment> {
    let segments = pattern.trim_start_matches('/').split('/').map(|segment| {
        match segment.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
            Some(name) => Segment::Param(name.to_owned()),
            None => Segment::Text(segment.to_owned()),
        }
    });
    segments.collect()
}
