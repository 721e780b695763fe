//! `inputSchema`: the part of JSON Schema (draft 2020-12) that has a type of the language to stand for it.
//!
//! What a type cannot say (`pattern`, `minimum`, ...) is not silently dropped: it is reported as not checked.

use super::declare;
use super::fields::Fields;
use super::node::{Kind, Node};
use super::shape::wrong_shape;
use crate::diagnostic::{Code, Diagnostic};
use crate::syntax::type_ref::{self, Part, TypeRef};
use crate::text::{Name, Span, Spanned};
use crate::tree::{FieldType, TypeAlias, TypeExpr, TypeExprKind};
use crate::types::resolve::is_reserved;

/// Says something about a value without constraining it.
const ANNOTATIONS: [&str; 9] = [
    "$schema",
    "$id",
    "$comment",
    "title",
    "description",
    "examples",
    "default",
    "deprecated",
    "readOnly",
];

/// `inputSchema`. What it declares in `$defs`, as many tools write schemas, becomes types of the spec.
pub(super) fn inputs(
    node: &Node,
    types: &mut Vec<TypeAlias>,
    diagnostics: &mut Vec<Diagnostic>,
) -> TypeExpr {
    let Kind::Object(members) = &node.kind else { return type_expr(node, diagnostics) };
    let (declared, others): (Vec<_>, Vec<_>) =
        members.iter().cloned().partition(|(name, _)| name.value == "$defs");
    for (_, node) in &declared {
        types.extend(declare::types(node, "\"$defs\"", diagnostics));
    }
    type_expr(&Node { kind: Kind::Object(others), span: node.span }, diagnostics)
}

/// The type that a schema stands for.
pub(super) fn type_expr(node: &Node, diagnostics: &mut Vec<Diagnostic>) -> TypeExpr {
    let span = node.span;
    match node.kind {
        Kind::Bool(true) => return named("json", span),
        Kind::Error => return TypeExpr { kind: TypeExprKind::Error, span },
        _ => {}
    }
    let Some(mut fields) = Fields::of(node, "a schema", diagnostics) else {
        return TypeExpr { kind: TypeExprKind::Error, span };
    };
    let secret = fields.boolean("x-writ-secret").is_some_and(|b| b.value);
    let pii = fields.boolean("x-writ-pii").is_some_and(|b| b.value);
    fields.ignore(&["writeOnly"]);
    fields.ignore(&ANNOTATIONS);
    let mut ty = shape(&mut fields);
    unchecked(fields);
    if pii {
        ty = TypeExpr { kind: TypeExprKind::Pii(Box::new(ty)), span };
    }
    if secret {
        ty = TypeExpr { kind: TypeExprKind::Secret(Box::new(ty)), span };
    }
    ty
}

fn shape(fields: &mut Fields<'_, '_>) -> TypeExpr {
    let span = fields.span;
    if let Some(node) = fields.get("$ref") {
        return referred(node, fields.diagnostics);
    }
    if let Some(node) = fields.get("const") {
        return literal(node, fields.diagnostics);
    }
    if let Some(items) = fields.list("enum") {
        fields.ignore(&["type"]);
        let members = items.iter().map(|item| literal(item, fields.diagnostics)).collect();
        return union("enum", members, fields);
    }
    for key in ["anyOf", "oneOf"] {
        if let Some(items) = fields.list(key) {
            fields.ignore(&["type"]);
            let members = items.iter().map(|item| type_expr(item, fields.diagnostics)).collect();
            return union(key, members, fields);
        }
    }
    match fields.get("type") {
        Some(Node { kind: Kind::List(names), .. }) => {
            let members = names.iter().map(|name| by_name(name, fields)).collect();
            union("type", members, fields)
        }
        Some(name) => by_name(name, fields),
        None if fields.has("properties") => object(fields),
        None => named("json", span),
    }
}

/// `#/types/<name>`, or `#/services/<slug>/types/<name>`, from the spec.
fn referred(node: &Node, diagnostics: &mut Vec<Diagnostic>) -> TypeExpr {
    let span = node.span;
    let error = TypeExpr { kind: TypeExprKind::Error, span };
    let Kind::String(text, map) = &node.kind else {
        if node.kind != Kind::Error {
            diagnostics.push(wrong_shape(node, "\"$ref\"", "a string"));
        }
        return error;
    };
    // The built-in types have schemas of their own.
    let is_declared =
        |found: &TypeRef<'_>| found.service.is_some() || !is_reserved(&found.name.text);
    let Some(TypeRef { service, name }) = type_ref::read(text).filter(is_declared) else {
        let message = format!("\"{text}\" refers to no type");
        diagnostics.push(
            Diagnostic::new(Code::InvalidValue, span, message)
                .help("write \"#/types/Name\" or \"#/services/slug/types/Name\""),
        );
        return error;
    };
    // Each name at its own place, so that a slip in it can be put right there.
    let named =
        |part: Part<'_>| Spanned::new(part.text.into_owned(), map.span(part.start, part.end));
    TypeExpr { kind: TypeExprKind::Name { service: service.map(named), name: named(name) }, span }
}

/// Whether text is one word of `.writ`.
pub(super) fn is_word(text: &str) -> bool {
    use crate::syntax::grammar::{Rule, WritGrammar};
    use pest::Parser;
    WritGrammar::parse(Rule::word, text)
        .is_ok_and(|mut pairs| pairs.next().is_some_and(|pair| pair.as_str() == text))
}

/// `"string"` and the like, with the keywords that belong to it.
fn by_name(node: &Node, fields: &mut Fields<'_, '_>) -> TypeExpr {
    let span = fields.span;
    let Kind::String(name, _) = &node.kind else {
        fields.diagnostics.push(wrong_shape(node, "\"type\"", "the name of a type"));
        return TypeExpr { kind: TypeExprKind::Error, span };
    };
    match name.as_str() {
        "null" => named("null", span),
        "boolean" => named("bool", span),
        "integer" => named("int", span),
        "number" => named("number", span),
        "string" => {
            let format = fields.string("format").map(|f| f.value);
            let encoding = fields.string("contentEncoding").map(|e| e.value);
            let ours = fields.string("x-writ-type").map(|t| t.value);
            match (format.as_deref(), encoding.as_deref()) {
                _ if ours.as_deref() == Some("duration") => named("duration", span),
                (Some("date-time"), _) => named("timestamp", span),
                (_, Some("base64")) => named("bytes", span),
                _ => named("string", span),
            }
        }
        "array" => {
            let item = match fields.get("items") {
                Some(items) => type_expr(items, fields.diagnostics),
                None => named("json", span),
            };
            TypeExpr { kind: TypeExprKind::List(Box::new(item)), span }
        }
        "object" => object(fields),
        other => {
            let message = format!("unknown type \"{other}\"");
            fields.diagnostics.push(
                Diagnostic::new(Code::InvalidValue, node.span, message).note(
                    "JSON Schema has null, boolean, integer, number, string, array and object",
                ),
            );
            TypeExpr { kind: TypeExprKind::Error, span }
        }
    }
}

fn object(fields: &mut Fields<'_, '_>) -> TypeExpr {
    let span = fields.span;
    let required: Vec<Name> = fields
        .list("required")
        .unwrap_or_default()
        .iter()
        .filter_map(|node| match &node.kind {
            Kind::String(name, _) => Some(Spanned::new(name.clone(), node.span)),
            _ => {
                fields.diagnostics.push(wrong_shape(node, "an entry of \"required\"", "a string"));
                None
            }
        })
        .collect();
    let additional = fields.get("additionalProperties");
    let Some(properties) = fields.get("properties") else {
        return match additional {
            Some(item) if !matches!(item.kind, Kind::Bool(_)) => {
                let item = type_expr(item, fields.diagnostics);
                TypeExpr { kind: TypeExprKind::Map(Box::new(item)), span }
            }
            Some(_) | None => {
                let item = named("json", span);
                TypeExpr { kind: TypeExprKind::Map(Box::new(item)), span }
            }
        };
    };
    let Kind::Object(members) = &properties.kind else {
        fields.diagnostics.push(wrong_shape(properties, "\"properties\"", "an object"));
        return TypeExpr { kind: TypeExprKind::Error, span };
    };
    if let Some(missing) =
        required.iter().find(|name| !members.iter().any(|(known, _)| known.value == name.value))
    {
        let message = format!("\"{}\" is required and has no schema", missing.value);
        fields.diagnostics.push(
            Diagnostic::new(Code::InvalidValue, missing.span, message)
                .help("add it to \"properties\""),
        );
    }
    let types = members.iter().map(|(name, schema)| FieldType {
        name: name.clone(),
        optional: !required.iter().any(|r| r.value == name.value),
        ty: type_expr(schema, fields.diagnostics),
        doc: description(schema),
    });
    TypeExpr { kind: TypeExprKind::Record(types.collect()), span }
}

pub(super) fn description(schema: &Node) -> Option<Spanned<String>> {
    let Kind::Object(members) = &schema.kind else { return None };
    members.iter().find_map(|(name, node)| match &node.kind {
        Kind::String(text, _) if name.value == "description" => {
            Some(Spanned::new(text.clone(), node.span))
        }
        _ => None,
    })
}

fn literal(node: &Node, diagnostics: &mut Vec<Diagnostic>) -> TypeExpr {
    let span = node.span;
    match &node.kind {
        Kind::String(text, _) => TypeExpr { kind: TypeExprKind::Literal(text.clone()), span },
        Kind::Null => named("null", span),
        Kind::Error => TypeExpr { kind: TypeExprKind::Error, span },
        Kind::Bool(_)
        | Kind::Int(_)
        | Kind::Uint(_)
        | Kind::Double(_)
        | Kind::List(_)
        | Kind::Object(_) => {
            diagnostics.push(wrong_shape(node, "a value of an enum", "a string or null"));
            TypeExpr { kind: TypeExprKind::Error, span }
        }
    }
}

/// Any of these; reports a list of none, which no value fits.
fn union(key: &str, mut members: Vec<TypeExpr>, fields: &mut Fields<'_, '_>) -> TypeExpr {
    let span = fields.span;
    if members.is_empty() {
        let message = format!("no value fits a schema with nothing in its \"{key}\"");
        fields.diagnostics.push(
            Diagnostic::new(Code::InvalidValue, span, message)
                .help("name what may stand here, or leave the key out"),
        );
        return TypeExpr { kind: TypeExprKind::Error, span };
    }
    if members.len() == 1
        && let Some(only) = members.pop()
    {
        return only;
    }
    TypeExpr { kind: TypeExprKind::Union(members), span }
}

fn named(name: &str, span: Span) -> TypeExpr {
    let name = Spanned::new(name.to_owned(), span);
    TypeExpr { kind: TypeExprKind::Name { service: None, name }, span }
}

/// Says which keywords are not enforced.
fn unchecked(fields: Fields<'_, '_>) {
    for name in fields.unknown() {
        let message = format!("\"{}\" is not checked: no type says it", name.value);
        let found = Diagnostic::new(Code::UnknownKey, name.span, message)
            .help("check it in the workflow, with a decision");
        fields.diagnostics.push(found);
    }
}
