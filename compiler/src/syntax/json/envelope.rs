//! What may stand around a spec: nothing, the create request, or an answer of the API.

use super::fields::Fields;
use super::node::{Kind, Node};
use super::{schema, spec};
use crate::diagnostic::{Code, Diagnostic};
use crate::text::{Name, Span, Spanned};
use crate::tree::{Module, Trigger, TriggerKind, TypeAlias, Workflow};

/// The workflow in a JSON text, and what it declares.
pub(super) fn module(root: &Node, diagnostics: &mut Vec<Diagnostic>) -> Option<Module> {
    let mut node = root;
    for wrapper in ["data", "workflow"] {
        if let Kind::Object(members) = &node.kind
            && let Some((_, inner)) = members.iter().find(|(name, _)| name.value == wrapper)
        {
            node = inner;
        }
    }
    let is_bare = matches!(&node.kind, Kind::Object(members)
        if members.iter().any(|(name, _)| name.value == "nodes" || name.value == "startNodeId")
            && !members.iter().any(|(name, _)| name.value == "spec"));
    if is_bare {
        let trigger =
            Trigger { span: head(node.span), kind: TriggerKind::Api, spec: None, input: None };
        return spec::graph(node, diagnostics)
            .map(|graph| finish(node.span, Envelope::default(), trigger, graph));
    }
    let mut fields = Fields::of(node, "a workflow", diagnostics)?;
    let envelope = Envelope {
        slug: fields.string("slug"),
        name: fields.string("name"),
        description: fields.string("description"),
    };
    let mut types = Vec::new();
    let trigger = trigger(&mut fields, &mut types);
    fields.ignore(&[
        "id",
        "status",
        "version",
        "publishedVersion",
        "createdAt",
        "updatedAt",
        "publishedAt",
    ]);
    let spec = fields.require("spec");
    fields.finish();
    let mut graph = spec::graph(spec?, diagnostics)?;
    graph.types.append(&mut types);
    Some(finish(node.span, envelope, trigger, graph))
}

#[derive(Default)]
struct Envelope {
    slug: Option<Name>,
    name: Option<Name>,
    description: Option<Name>,
}

fn finish(span: Span, envelope: Envelope, mut trigger: Trigger, graph: spec::Graph) -> Module {
    let spec::Graph { start, input, budget, types, services, lets, steps, edges } = graph;
    // Beside the graph or in it: a bare spec has only the graph.
    trigger.input = trigger.input.or(input);
    let Envelope { slug, name, description } = envelope;
    let workflow =
        Workflow { span, slug, name, description, trigger, start, budget, lets, steps, edges };
    Module { services, types, workflows: vec![workflow], ..Module::default() }
}

fn head(span: Span) -> Span {
    Span { start: span.start, end: span.end.min(span.start + 1) }
}

fn trigger(fields: &mut Fields<'_, '_>, types: &mut Vec<TypeAlias>) -> Trigger {
    let kind = fields.string("triggerType");
    let spec = fields.plain("triggerSpec");
    let span = kind.as_ref().map_or(head(fields.span), |name| name.span);
    let kind = match kind {
        None => TriggerKind::Api,
        Some(Spanned { value, span }) => match value.as_str() {
            "api" => TriggerKind::Api,
            "webhook" => TriggerKind::Webhook,
            "schedule" => TriggerKind::Schedule,
            _ => {
                let message = format!("unknown trigger type \"{value}\"");
                fields.diagnostics.push(
                    Diagnostic::new(Code::InvalidValue, span, message)
                        .help("use \"api\", \"webhook\" or \"schedule\""),
                );
                TriggerKind::Api
            }
        },
    };
    let input = fields.get("inputSchema").map(|s| schema::inputs(s, types, fields.diagnostics));
    Trigger { span, kind, spec, input }
}
