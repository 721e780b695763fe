//! Which operation a call of a method and a path is.

use crate::signatures::{Catalog, Operation, Segment, source_text};
use crate::text::{Name, Span};
use crate::tree::{CallTarget, Expr, ExprKind, Field, FieldKey, StepKind, TemplatePart};
use crate::types::Shape;

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
                let segments = segments(path)?;
                let texts: Vec<_> = segments.iter().map(Piece::as_text).collect();
                let operation = signature.matching(&method.value, &texts, call.body.as_ref())?;
                let exact = operation.method == method.value;
                let arguments = exact.then(|| arguments(operation, &segments, call.body.as_ref()));
                Some((Some(operation.name.clone()), arguments??))
            })
            .unwrap_or_else(|| (None, call.body.clone())),
    };
    Some(Call { service, is_builtin: is_builtin && operation.is_some(), operation, body })
}

/// A segment of a written path.
enum Piece<'a> {
    Text(String),
    Value(&'a Expr),
}

impl Piece<'_> {
    fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Value(_) => None,
        }
    }
}

/// The segments of a path; `None` when a template is less than a whole segment, or there is a query.
fn segments(path: &Expr) -> Option<Vec<Piece<'_>>> {
    let mut pieces = Vec::new();
    match &path.kind {
        ExprKind::String(text) => push_text(text, &mut pieces)?,
        ExprKind::Template(parts) => {
            for part in parts {
                match part {
                    TemplatePart::Text(text) => push_text(text, &mut pieces)?,
                    TemplatePart::Expr(expr) => push_value(expr, &mut pieces)?,
                }
            }
        }
        _ => return None,
    }
    Some(pieces)
}

/// Adds the segments of text that begins with a slash.
fn push_text(text: &str, pieces: &mut Vec<Piece<'_>>) -> Option<()> {
    let rest = text.strip_prefix('/').filter(|rest| !rest.contains(['?', '#']))?;
    pieces.extend(rest.split('/').map(|text| Piece::Text(text.to_owned())));
    Some(())
}

/// Puts a value in the place of the empty text behind the slash before it.
fn push_value<'a>(value: &'a Expr, pieces: &mut Vec<Piece<'a>>) -> Option<()> {
    let last = pieces.last_mut()?;
    let free = matches!(last, Piece::Text(text) if text.is_empty());
    // A literal reads back as part of the text.
    if !free || matches!(value.kind, ExprKind::String(_)) {
        return None;
    }
    *last = Piece::Value(value);
    Some(())
}

/// The arguments of an operation: those of its path, then the fields of the body. `None` when the call says
/// something that arguments cannot.
#[allow(
    clippy::option_option,
    reason = "whether it can be said, and whether there is anything to say"
)]
fn arguments(
    operation: &Operation,
    segments: &[Piece<'_>],
    body: Option<&Expr>,
) -> Option<Option<Expr>> {
    let mut fields = Vec::new();
    for (segment, piece) in operation.segments.iter().zip(segments) {
        let Segment::Param(name) = segment else { continue };
        let Piece::Value(value) = piece else { return None };
        let key = FieldKey::Name(Name::new(name.clone(), Span::default()));
        fields.push(Field { key, value: (*value).clone() });
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
        let FieldKey::Name(name) = &field.key else { return None };
        let in_path = operation.segments.contains(&Segment::Param(name.value.clone()));
        let in_query = operation.query.as_ref().is_some_and(|q| q.fields.contains_key(&name.value));
        if in_path || in_query || !request.fields.contains_key(&name.value) {
            return None;
        }
    }
    fields.extend(given.iter().cloned());
    Some(record(fields))
}

fn record(fields: Vec<Field>) -> Option<Expr> {
    let span = Span::default();
    (!fields.is_empty()).then_some(Expr { kind: ExprKind::Record(fields), span })
}
