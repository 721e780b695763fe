//! The graph: `startNodeId`, `nodes`, `edges`.

use super::fields::Fields;
use super::node::{Kind, Node};
use super::shape::wrong_shape;
use super::{budget, declare, schema, step, value};
use crate::diagnostic::{Code, Diagnostic, did_you_mean};
use crate::text::{Name, Spanned};
use crate::tree::{Budget, Edge, Let, ServiceDecl, Step, TypeAlias, TypeExpr};
use std::collections::HashMap;

/// A spec's own parts.
pub(super) struct Graph {
    pub(super) start: Option<Name>,
    /// `inputSchema`: what a run must be started with (ours).
    pub(super) input: Option<TypeExpr>,
    /// `budget`: what a run may take at most (ours).
    pub(super) budget: Option<Budget>,
    /// `types` and `services`: what the workflow declares beside itself (ours).
    pub(super) types: Vec<TypeAlias>,
    pub(super) services: Vec<ServiceDecl>,
    /// `let`: expressions by name (ours).
    pub(super) lets: Vec<Let>,
    pub(super) steps: Vec<Step>,
    pub(super) edges: Vec<Edge>,
}

pub(super) fn graph(node: &Node, diagnostics: &mut Vec<Diagnostic>) -> Option<Graph> {
    let mut fields = Fields::of(node, "the spec", diagnostics)?;
    let start = fields.require_string("startNodeId");
    let input = fields.get("inputSchema");
    let given = fields.get("budget");
    let budget = given.and_then(|node| budget::budget(node, fields.diagnostics));
    let types = fields.get("types");
    let types = types.map(|node| declare::types(node, "\"types\"", fields.diagnostics));
    let mut types = types.unwrap_or_default();
    let input = input.map(|node| schema::inputs(node, &mut types, fields.diagnostics));
    let services = fields.get("services").map(|node| declare::services(node, fields.diagnostics));
    let named = fields.get("let");
    let described = fields.get("letDescriptions");
    fields.require("nodes");
    let nodes = fields.list("nodes").unwrap_or_default();
    let edges = fields.list("edges").unwrap_or_default();
    fields.finish();
    let mut lets = named.map(|node| lets(node, diagnostics)).unwrap_or_default();
    if let Some(node) = described {
        describe(&mut lets, node, diagnostics);
    }
    let steps = nodes.iter().filter_map(|n| step::step(n, diagnostics)).collect();
    let edges = edges.iter().filter_map(|e| edge(e, diagnostics)).collect();
    let services = services.unwrap_or_default();
    Some(Graph { start, input, budget, types, services, lets, steps, edges })
}

/// `"let": {"<name>": <value with templates>}`.
fn lets(node: &Node, diagnostics: &mut Vec<Diagnostic>) -> Vec<Let> {
    let Kind::Object(members) = &node.kind else {
        if node.kind != Kind::Error {
            diagnostics.push(wrong_shape(node, "\"let\"", "an object of values by name"));
        }
        return Vec::new();
    };
    let named = members.iter().map(|(name, node)| Let {
        span: name.span.to(node.span),
        name: name.clone(),
        description: None,
        value: value::templated(node, diagnostics).into(),
        used: false,
    });
    named.collect()
}

/// `"letDescriptions": {"<name>": "<text>"}`: what is named in `let` has no room for a description.
fn describe(lets: &mut [Let], node: &Node, diagnostics: &mut Vec<Diagnostic>) {
    let Kind::Object(members) = &node.kind else {
        if node.kind != Kind::Error {
            diagnostics.push(wrong_shape(
                node,
                "\"letDescriptions\"",
                "an object of texts by name",
            ));
        }
        return;
    };
    let mut by_name: HashMap<String, &mut Let> =
        lets.iter_mut().map(|named| (named.name.value.clone(), named)).collect();
    for (name, node) in members {
        let text = match &node.kind {
            Kind::String(text, _) => Some(Spanned::new(text.clone(), node.span)),
            Kind::Error => None,
            _ => {
                diagnostics.push(wrong_shape(node, "a description", "a string"));
                None
            }
        };
        if let Some(named) = by_name.get_mut(&name.value) {
            named.description = text;
            continue;
        }
        let message = format!("\"let\" has no \"{}\" to describe", name.value);
        let diagnostic = Diagnostic::new(Code::UnknownKey, name.span, message);
        diagnostics.push(did_you_mean(diagnostic, name, by_name.keys().map(String::as_str)));
    }
}

fn edge(node: &Node, diagnostics: &mut Vec<Diagnostic>) -> Option<Edge> {
    let mut fields = Fields::of(node, "an edge", diagnostics)?;
    let from = fields.require_string("from");
    let to = fields.require_string("to");
    let case = fields.string("case");
    fields.finish();
    Some(Edge { span: node.span, from: from?, to: to?, case })
}
