//! Types and their declarations.

use super::reader::Reader;
use crate::diagnostic::Code;
use crate::limits::NESTING_MAX;
use crate::syntax::grammar::Rule;
use crate::text::{Name, Span, Spanned};
use crate::tree::{FieldType, TypeAlias, TypeExpr, TypeExprKind};
use pest::iterators::Pair;

/// `type Name = T`.
pub(super) fn type_decl(pair: Pair<'_, Rule>, reader: &mut Reader<'_>) -> Option<TypeAlias> {
    let span = reader.span(&pair);
    let (mut doc, mut name, mut ty) = (None, None, None);
    for part in pair.into_inner() {
        match part.as_rule() {
            Rule::docs => doc = Some(reader.docs(&part)),
            Rule::word => name = Some(reader.name(&part)),
            Rule::type_expr => ty = Some(type_expr(part, reader)),
            _ => {}
        }
    }
    Some(TypeAlias { span, name: name?, ty: ty?, doc })
}

/// A union of terms, or the only term.
pub(super) fn type_expr(pair: Pair<'_, Rule>, reader: &mut Reader<'_>) -> TypeExpr {
    let span = reader.span(&pair);
    let mut terms: Vec<TypeExpr> = pair.into_inner().map(|term| type_term(term, reader)).collect();
    if terms.len() == 1
        && let Some(only) = terms.pop()
    {
        return only;
    }
    TypeExpr { kind: TypeExprKind::Union(terms), span }
}

fn type_term(pair: Pair<'_, Rule>, reader: &mut Reader<'_>) -> TypeExpr {
    let span = reader.span(&pair);
    let mut labels = Vec::new();
    let mut ty = TypeExpr { kind: TypeExprKind::Error, span };
    for part in pair.into_inner() {
        match part.as_rule() {
            label @ (Rule::kw_secret | Rule::kw_pii) => labels.push(label),
            _ => ty = type_primary(part, reader),
        }
    }
    if labels.len() > NESTING_MAX {
        reader.report(Code::TooDeep, span, "the type has too many labels");
        return TypeExpr { kind: TypeExprKind::Error, span };
    }
    for label in labels.into_iter().rev() {
        let inner = Box::new(ty);
        let kind = if label == Rule::kw_secret {
            TypeExprKind::Secret(inner)
        } else {
            TypeExprKind::Pii(inner)
        };
        ty = TypeExpr { kind, span };
    }
    ty
}

/// A type without labels or alternatives.
pub(super) fn type_primary(pair: Pair<'_, Rule>, reader: &mut Reader<'_>) -> TypeExpr {
    let span = reader.span(&pair);
    let inner = |pair: Pair<'_, Rule>, reader: &mut Reader<'_>| {
        let inner = pair.into_inner().find(|p| p.as_rule() == Rule::type_expr);
        inner.map_or(TypeExpr { kind: TypeExprKind::Error, span }, |p| type_expr(p, reader))
    };
    let kind = match pair.as_rule() {
        Rule::type_literal => TypeExprKind::Literal(reader.name(&pair).value),
        Rule::type_list => TypeExprKind::List(Box::new(inner(pair, reader))),
        Rule::type_map => TypeExprKind::Map(Box::new(inner(pair, reader))),
        Rule::type_record => TypeExprKind::Record(type_record(pair, reader)),
        Rule::type_group => return TypeExpr { span, ..inner(pair, reader) },
        Rule::type_name => {
            let mut parts: Vec<Name> = pair.into_inner().map(|part| reader.name(&part)).collect();
            match parts.pop() {
                Some(name) => TypeExprKind::Name { service: parts.pop(), name },
                None => TypeExprKind::Error,
            }
        }
        _ => TypeExprKind::Error,
    };
    TypeExpr { kind, span }
}

/// The fields of a record type.
pub(super) fn type_record(pair: Pair<'_, Rule>, reader: &mut Reader<'_>) -> Vec<FieldType> {
    pair.into_inner().filter_map(|field| field_type(field, reader)).collect()
}

fn field_type(pair: Pair<'_, Rule>, reader: &mut Reader<'_>) -> Option<FieldType> {
    let (mut doc, mut name, mut optional, mut ty) = (None::<Spanned<String>>, None, false, None);
    for part in pair.into_inner() {
        match part.as_rule() {
            Rule::docs => doc = Some(reader.docs(&part)),
            Rule::optional_mark => optional = true,
            Rule::colon => {}
            Rule::type_expr => ty = Some(type_expr(part, reader)),
            _ => name = Some(reader.name(&part)),
        }
    }
    Some(FieldType { name: name?, optional, ty: ty?, doc })
}

/// A record type that stands alone, as a trigger's input does.
pub(super) fn record_type(pair: Pair<'_, Rule>, reader: &mut Reader<'_>) -> TypeExpr {
    let span: Span = reader.span(&pair);
    TypeExpr { kind: TypeExprKind::Record(type_record(pair, reader)), span }
}
