//! Which operation a call of a method and a path is.

use crate::signatures::{Catalog, Operation, Segment, source_text};
use crate::text::{Name, Span};
use crate::tree::{CallTarget, Expr, ExprKind, Field, FieldKey, StepKind};
use crate::types::Shape;
use crate::types::check::PathPart;
use crate::types::check::address::{self, Address};
use crate::types::check::arguments::as_declared;

/// A call as it is written.
pub(super) struct Call<'a> {
    /// The service's slug.
    pub(super) service: &'a str,
    /// Whether its signature comes with the compiler.
    pub(super) is_builtin: bool,
    /// The operation, when it is called by name.
    pub(super) operation: Option<String>,
    /// Arguments, or the request body; `None` when there is none.
    pub(super) body: Option<Expr>,
}

/// How a step's call is written; `None` for other steps.
pub(super) fn plan<'a>(kind: &'a StepKind, catalog: &Catalog) -> Option<Call<'a>> {
    let StepKind::Call(call) = kind else { return None };
    let service = call.service.value.as_str();
    let is_builtin = source_text(service).is_some();
    let (operation, body) = match &call.target {
        CallTarget::Operation(name) => (Some(name.value.clone()), call.body.clone()),
        CallTarget::Http { method, path } => catalog
            .service(service)
            .and_then(|signature| {
                let address = address::read(path, &mut Vec::new())?;
                let pattern = address.pattern();
                let operation = signature.matching(&method.value, &pattern, call.body.as_ref())?;
                let exact = operation.method == method.value;
                let arguments = exact.then(|| arguments(operation, &address, call.body.as_ref()));
                Some((Some(operation.name.clone()), arguments??))
            })
            .unwrap_or_else(|| (None, call.body.clone())),
    };
    Some(Call { service, is_builtin: is_builtin && operation.is_some(), operation, body })
}

/// The arguments of an operation: those of its path and its query, then the fields of the body. `None` when the call
/// says something that arguments cannot.
#[allow(
    clippy::option_option,
    reason = "whether it can be said, and whether there is anything to say"
)]
fn arguments(
    operation: &Operation,
    address: &Address,
    body: Option<&Expr>,
) -> Option<Option<Expr>> {
    let mut fields = Vec::new();
    for (segment, written) in operation.segments.iter().zip(&address.segments) {
        let Segment::Param(name) = segment else { continue };
        let [PathPart::Expr(value)] = written.as_slice() else { return None };
        // A literal reads back as part of the text.
        if matches!(value.kind, ExprKind::String(_)) {
            return None;
        }
        fields.push(field(name, value.clone()));
    }
    let in_path = |name: &str| {
        operation.segments.iter().any(|s| matches!(s, Segment::Param(param) if param == name))
    };
    for (at, (name, value)) in address.query.iter().enumerate() {
        let parameter = operation.query.as_ref()?.fields.get(name)?;
        let again = address.query.iter().take(at).any(|(other, _)| other == name);
        if again || in_path(name) {
            return None;
        }
        let mut value = value.clone();
        as_declared(&mut value, &parameter.ty);
        fields.push(field(name, value));
    }
    let given: &[Field] = match body.map(|body| &body.kind) {
        None => &[],
        Some(ExprKind::Record(given)) if !given.is_empty() => given,
        Some(_) => return None,
    };
    let Some(request) = &operation.request else {
        return given.is_empty().then_some(record(fields));
    };
    let Shape::Record(request) = &request.shape else { return None };
    for field in given {
        let FieldKey::Name(Name { value: name, .. }) = &field.key else { return None };
        let in_query = operation.query.as_ref().is_some_and(|q| q.fields.contains_key(name));
        if in_path(name) || in_query || !request.fields.contains_key(name) {
            return None;
        }
    }
    fields.extend(given.iter().cloned());
    Some(record(fields))
}

fn field(name: &str, value: Expr) -> Field {
    Field { key: FieldKey::Name(Name::new(name.to_owned(), Span::default())), value }
}

fn record(fields: Vec<Field>) -> Option<Expr> {
    let span = Span::default();
    (!fields.is_empty()).then_some(Expr { kind: ExprKind::Record(fields), span })
}
