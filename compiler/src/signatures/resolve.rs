//! From a declaration to a signature.

use super::{Operation, Segment, Service, method_is_idempotent};
use crate::diagnostic::{Code, Diagnostic, SourceRef};
use crate::tree::{OperationDecl, ServiceDecl, TypeAlias};
use crate::types::resolve::Scope;
use crate::types::{Shape, Type};
use indexmap::IndexMap;

/// Resolves a declaration. `shared` are the type aliases outside any service.
pub(super) fn service(
    declared: &ServiceDecl,
    shared: &[TypeAlias],
    source: SourceRef,
    diagnostics: &mut Vec<Diagnostic>,
) -> Service {
    let mut scope = Scope::new(source, &[&declared.types, shared], &[]);
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
        service.operations.push(self::operation(operation, source, &mut scope, diagnostics));
    }
    service
}

fn operation(
    declared: &OperationDecl,
    source: SourceRef,
    scope: &mut Scope<'_>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Operation {
    let query = declared.query.as_ref().map(|query| scope.resolve(query, diagnostics));
    let query = query.and_then(|ty| match ty.shape {
        Shape::Record(record) => Some(record),
        _ => None,
    });
    let request = declared.request.as_ref().map(|request| scope.resolve(request, diagnostics));
    let response = declared
        .response
        .as_ref()
        .map_or_else(Type::json, |response| scope.resolve(response, diagnostics));
    let output_field = declared.output.as_ref();
    let output = output_field.and_then(|name| match response.field(&name.value) {
        Some(field) => Some(field.ty.clone()),
        None => {
            let message = format!("the response has no field `{}`", name.value);
            diagnostics.push(Diagnostic::new(Code::UnknownField, name.span, message));
            None
        }
    });
    let method = declared.method.value.clone();
    let pattern = declared.path.value.clone();
    Operation {
        name: declared.name.value.clone(),
        doc: declared.doc.as_ref().map(|doc| doc.value.clone()),
        declared: (source, declared.name.span),
        segments: segments(&pattern),
        pattern,
        query,
        request,
        output: output.unwrap_or_else(|| response.clone()),
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

fn segments(pattern: &str) -> Vec<Segment> {
    let segments = pattern.trim_start_matches('/').split('/').map(|segment| {
        match segment.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
            Some(name) => Segment::Param(name.to_owned()),
            None => Segment::Text(segment.to_owned()),
        }
    });
    segments.collect()
}
