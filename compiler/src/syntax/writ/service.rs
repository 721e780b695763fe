//! Service signatures.

use super::reader::Reader;
use super::types;
use crate::diagnostic::{Code, Diagnostic};
use crate::syntax::grammar::Rule;
use crate::text::{Name, Spanned};
use crate::tree::{OperationDecl, ServiceDecl};
use pest::iterators::Pair;

/// `service aml { ... }`.
pub(super) fn service_decl(pair: Pair<'_, Rule>, reader: &mut Reader<'_>) -> Option<ServiceDecl> {
    let span = reader.span(&pair);
    let (mut name, mut doc) = (None, None);
    let (mut types, mut operations) = (Vec::new(), Vec::new());
    let mut before = None;
    for part in pair.into_inner() {
        let here = reader.span(&part);
        match part.as_rule() {
            Rule::docs => doc = Some(reader.docs(&part)),
            Rule::service_name => name = Some(reader.name(&part)),
            Rule::type_decl => types.extend(types::type_decl(part, reader)),
            Rule::operation_decl => operations.extend(operation_decl(part, reader)),
            Rule::bad_service_item => {
                reader.bad(&part, Rule::service_item_only, "the service", before);
            }
            _ => continue,
        }
        before = Some(here);
    }
    Some(ServiceDecl { span, name: name?, doc, types, operations })
}

/// The clauses of one operation, as they are found.
#[derive(Default)]
struct Clauses {
    doc: Option<Spanned<String>>,
    name: Option<Name>,
    route: Option<(Name, Name)>,
    query: Option<crate::tree::TypeExpr>,
    request: Option<crate::tree::TypeExpr>,
    response: Option<crate::tree::TypeExpr>,
    output: Option<Name>,
    repeatable: Option<Spanned<bool>>,
    rate: Option<Spanned<u64>>,
    external_id: Option<Name>,
    verdicts: Vec<Name>,
}

/// `operation createScreening { ... }`.
fn operation_decl(pair: Pair<'_, Rule>, reader: &mut Reader<'_>) -> Option<OperationDecl> {
    let span = reader.span(&pair);
    let mut found = Clauses::default();
    let mut before = None;
    for part in pair.into_inner() {
        let here = reader.span(&part);
        if part.as_rule() == Rule::bad_operation_clause {
            reader.bad(&part, Rule::operation_clause_only, "the operation", before);
        } else {
            operation_part(part, reader, &mut found);
        }
        before = Some(here);
    }
    let name = found.name?;
    let Some((method, path)) = found.route else {
        let message = format!("the operation `{}` has no method and path", name.value);
        reader.diagnostics.push(
            Diagnostic::new(Code::MissingField, name.span, message)
                .help("write them as its first clause: `POST \"/api/...\"`"),
        );
        return None;
    };
    Some(OperationDecl {
        span,
        name,
        doc: found.doc,
        method,
        path,
        query: found.query,
        request: found.request,
        response: found.response,
        output: found.output,
        repeatable: found.repeatable,
        rate_limit_per_minute: found.rate,
        external_id: found.external_id,
        verdicts: found.verdicts,
    })
}

fn operation_part(part: Pair<'_, Rule>, reader: &mut Reader<'_>, found: &mut Clauses) {
    let span = reader.span(&part);
    let rule = part.as_rule();
    let mut inner = part.clone().into_inner();
    match rule {
        Rule::docs => found.doc = Some(reader.docs(&part)),
        Rule::word => found.name = Some(reader.name(&part)),
        Rule::route_clause => {
            if let (Some(method), Some(path)) = (inner.next(), inner.next()) {
                found.route = Some((reader.name(&method), reader.name(&path)));
            }
        }
        Rule::query_clause => found.query = type_of(inner, reader),
        Rule::request_clause => found.request = type_of(inner, reader),
        Rule::response_clause => found.response = type_of(inner, reader),
        Rule::output_clause => found.output = last_name(inner, reader),
        Rule::repeat_clause => {
            let safe = !inner.any(|word| word.as_rule() == Rule::kw_not);
            found.repeatable = Some(Spanned::new(safe, span));
        }
        Rule::rate_clause => {
            let int = inner.find(|p| p.as_rule() == Rule::int);
            found.rate = int.and_then(|int| reader.count(&int));
        }
        Rule::external_clause => found.external_id = last_name(inner, reader),
        Rule::verdict_clause => found.verdicts.extend(last_name(inner, reader)),
        _ => {}
    }
}

fn type_of<'p>(
    mut parts: impl Iterator<Item = Pair<'p, Rule>>,
    reader: &mut Reader<'_>,
) -> Option<crate::tree::TypeExpr> {
    let pair = parts.find(|p| p.as_rule() == Rule::type_expr)?;
    Some(types::type_expr(pair, reader))
}

fn last_name<'p>(
    parts: impl Iterator<Item = Pair<'p, Rule>>,
    reader: &mut Reader<'_>,
) -> Option<Name> {
    parts.last().map(|pair| reader.name(&pair))
}
