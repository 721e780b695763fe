//! `types` and `services` of a spec (ours): what `.writ` declares beside a workflow.

use super::fields::Fields;
use super::node::{Kind, Node};
use super::schema::{self, description, type_expr};
use super::shape::wrong_shape;
use crate::diagnostic::{Code, Diagnostic};
use crate::syntax::type_ref;
use crate::text::{Name, Spanned};
use crate::tree::{OperationDecl, ServiceDecl, TypeAlias, TypeExpr, TypeExprKind};

/// `"types": {"<name>": <schema>}`.
pub(super) fn types(node: &Node, what: &str, diagnostics: &mut Vec<Diagnostic>) -> Vec<TypeAlias> {
    let members = members(node, what, diagnostics);
    let alias = |(name, node): &(Name, Node)| {
        let name = word(name, "a type", diagnostics)?;
        let ty = type_expr(node, diagnostics);
        Some(TypeAlias { span: name.span.to(node.span), name, ty, doc: description(node) })
    };
    members.iter().filter_map(alias).collect()
}

/// `"services": {"<slug>": {"operations": {...}}}`.
pub(super) fn services(node: &Node, diagnostics: &mut Vec<Diagnostic>) -> Vec<ServiceDecl> {
    let members = members(node, "\"services\"", diagnostics);
    members.iter().filter_map(|(name, node)| service(name, node, diagnostics)).collect()
}

fn service(name: &Name, node: &Node, diagnostics: &mut Vec<Diagnostic>) -> Option<ServiceDecl> {
    let is_slug = name.value.split(['-', ':']).all(is_word);
    if !is_slug {
        let message = format!("\"{}\" cannot be a service's name", name.value);
        diagnostics.push(
            Diagnostic::new(Code::InvalidValue, name.span, message)
                .help("use words with `-` or `:` between them, such as `custom:crm`"),
        );
        return None;
    }
    let mut fields = Fields::of(node, format!("service \"{}\"", name.value), diagnostics)?;
    let doc = fields.string("description");
    let types = fields.get("types").map(|node| self::types(node, "\"types\"", fields.diagnostics));
    let operations = fields.require("operations");
    let operations = operations
        .map(|node| members(node, "\"operations\"", fields.diagnostics))
        .unwrap_or_default();
    let operations = operations
        .iter()
        .filter_map(|(name, node)| operation(name, node, fields.diagnostics))
        .collect();
    fields.finish();
    let mut service = ServiceDecl {
        span: name.span.to(node.span),
        name: name.clone(),
        doc,
        types: types.unwrap_or_default(),
        operations,
    };
    name_own_types(&mut service, diagnostics);
    Some(service)
}

fn operation(name: &Name, node: &Node, diagnostics: &mut Vec<Diagnostic>) -> Option<OperationDecl> {
    let name = word(name, "an operation", diagnostics)?;
    let mut fields = Fields::of(node, format!("operation \"{}\"", name.value), diagnostics)?;
    let doc = fields.string("description");
    let method = fields.require_string("method");
    let path = fields.require_string("path");
    let mut schema = |key| fields.get(key).map(|node| type_expr(node, fields.diagnostics));
    let (query, request, response) = (schema("query"), schema("request"), schema("response"));
    let output = fields.string("output");
    let repeatable = fields.boolean("safeToRepeat");
    let rate_limit_per_minute = fields.count("rateLimitPerMinute");
    let external_id = fields.string("externalId");
    let verdicts = fields.list("verdicts").unwrap_or_default();
    let verdicts = verdicts.iter().filter_map(|node| match &node.kind {
        Kind::String(path, _) => Some(Spanned::new(path.clone(), node.span)),
        _ => {
            fields.diagnostics.push(wrong_shape(node, "an entry of \"verdicts\"", "a string"));
            None
        }
    });
    let verdicts: Vec<Name> = verdicts.collect();
    fields.finish();
    let names = verdicts.iter().flat_map(|path| path.value.split('.').map(move |w| (w, path)));
    let output_name = output.iter().map(|name| (name.value.as_str(), name));
    let id_name = external_id.iter().map(|name| (name.value.as_str(), name));
    for (_, path) in names.chain(output_name).chain(id_name).filter(|(word, _)| !is_word(word)) {
        let message = format!("\"{}\" names no field", path.value);
        diagnostics.push(Diagnostic::new(Code::InvalidValue, path.span, message));
    }
    let (method, path) = (method?, path?);
    if method.value.is_empty() || !method.value.bytes().all(|b| b.is_ascii_uppercase()) {
        let message = format!("\"{}\" is no method of HTTP", method.value);
        diagnostics.push(
            Diagnostic::new(Code::InvalidValue, method.span, message)
                .help("write it in capital letters, such as \"POST\""),
        );
        return None;
    }
    Some(OperationDecl {
        span: name.span.to(node.span),
        name,
        doc,
        method,
        path,
        query,
        request,
        response,
        output,
        repeatable,
        rate_limit_per_minute,
        external_id,
        verdicts,
    })
}

/// The members of an object by name.
fn members<'n>(
    node: &'n Node,
    what: &str,
    diagnostics: &mut Vec<Diagnostic>,
) -> &'n [(Name, Node)] {
    match &node.kind {
        Kind::Object(members) => members,
        Kind::Error => &[],
        _ => {
            diagnostics.push(wrong_shape(node, what, "an object"));
            &[]
        }
    }
}

/// A name that expressions and `.writ` can use as it stands.
fn word(name: &Name, what: &str, diagnostics: &mut Vec<Diagnostic>) -> Option<Name> {
    if is_word(&name.value) {
        return Some(name.clone());
    }
    let message = format!("\"{}\" cannot be the name of {what}", name.value);
    diagnostics.push(
        Diagnostic::new(Code::InvalidValue, name.span, message)
            .help("use letters, digits and `_`, and begin with no digit"),
    );
    None
}

fn is_word(word: &str) -> bool {
    schema::is_word(word)
}

/// Inside a service its own types need not say whose they are: they hide those of the file.
fn name_own_types(service: &mut ServiceDecl, diagnostics: &mut Vec<Diagnostic>) {
    let slug = service.name.value.clone();
    let own: Vec<String> = service.types.iter().map(|alias| alias.name.value.clone()).collect();
    let aliases = service.types.iter_mut().map(|alias| &mut alias.ty);
    let operations = service.operations.iter_mut().flat_map(|operation| {
        [&mut operation.query, &mut operation.request, &mut operation.response]
    });
    for ty in aliases.chain(operations.flatten()) {
        unqualify(ty, &slug, &own, diagnostics);
    }
}

fn unqualify(ty: &mut TypeExpr, slug: &str, own: &[String], diagnostics: &mut Vec<Diagnostic>) {
    match &mut ty.kind {
        TypeExprKind::Name { service, name } if own.contains(&name.value) => {
            if service.as_ref().is_some_and(|service| service.value == slug) {
                *service = None;
            } else if service.is_none() {
                let name = &name.value;
                let message = format!("inside `{slug}`, `{name}` is the service's own type");
                let reference = type_ref::write(Some(slug), name);
                diagnostics.push(
                    Diagnostic::new(Code::DuplicateName, ty.span, message)
                        .help(format!("refer to \"{reference}\", or rename one of the two")),
                );
            }
        }
        TypeExprKind::List(inner)
        | TypeExprKind::Map(inner)
        | TypeExprKind::Secret(inner)
        | TypeExprKind::Pii(inner) => unqualify(inner, slug, own, diagnostics),
        TypeExprKind::Record(fields) => {
            fields.iter_mut().for_each(|field| unqualify(&mut field.ty, slug, own, diagnostics));
        }
        TypeExprKind::Union(members) => {
            members.iter_mut().for_each(|member| unqualify(member, slug, own, diagnostics));
        }
        TypeExprKind::Name { .. } | TypeExprKind::Literal(_) | TypeExprKind::Error => {}
    }
}
