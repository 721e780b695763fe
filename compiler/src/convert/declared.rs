//! What a workflow uses of what its file declares, as the `types` and `services` of its spec.

use super::schema::json_schema;
use crate::tree::{
    Module, OperationDecl, ServiceDecl, StepKind, TypeAlias, TypeExpr, TypeExprKind, Workflow,
};
use serde_json::{Map, Value, json};
use std::collections::HashSet;

/// The types and the services that a workflow needs, in declared order.
pub(super) struct Declared<'m> {
    pub(super) types: Vec<&'m TypeAlias>,
    pub(super) services: Vec<&'m ServiceDecl>,
}

impl<'m> Declared<'m> {
    /// What a workflow of a module names, and what that names in turn.
    pub(super) fn of(module: &'m Module, workflow: &'m Workflow) -> Self {
        let mut used =
            Used { module, types: HashSet::new(), services: HashSet::new(), due: Vec::new() };
        used.due.extend(workflow.types().into_iter().map(|ty| (ty, None)));
        for step in &workflow.steps {
            if let StepKind::Call(call) = &step.kind {
                used.service(&call.service.value);
            }
        }
        while let Some((ty, inside)) = used.due.pop() {
            used.names_in(ty, inside);
        }
        let Used { types, services, .. } = used;
        let named = |alias: &&TypeAlias| types.contains(alias.name.value.as_str());
        let called = |service: &&ServiceDecl| services.contains(service.name.value.as_str());
        Self {
            types: module.types.iter().filter(named).collect(),
            services: module.services.iter().filter(called).collect(),
        }
    }

    /// As members of the spec.
    pub(super) fn put(&self, spec: &mut Map<String, Value>) {
        if !self.types.is_empty() {
            spec.insert("types".into(), types(&self.types, None));
        }
        if !self.services.is_empty() {
            let services = self.services.iter();
            let services = services.map(|s| (s.name.value.clone(), service(s)));
            spec.insert("services".into(), Value::Object(services.collect()));
        }
    }
}

/// A type, and the service whose declaration it stands in.
type Due<'m> = (&'m TypeExpr, Option<&'m ServiceDecl>);

struct Used<'m> {
    module: &'m Module,
    types: HashSet<&'m str>,
    services: HashSet<&'m str>,
    due: Vec<Due<'m>>,
}

impl<'m> Used<'m> {
    fn service(&mut self, slug: &str) {
        let declared = self.module.services.iter().find(|service| service.name.value == slug);
        let Some(service) = declared else { return };
        if !self.services.insert(&service.name.value) {
            return;
        }
        let types = service.types.iter().map(|alias| &alias.ty);
        let operations = service.operations.iter().flat_map(|operation| {
            [&operation.query, &operation.request, &operation.response].into_iter().flatten()
        });
        self.due.extend(types.chain(operations).map(|ty| (ty, Some(service))));
    }

    fn names_in(&mut self, ty: &'m TypeExpr, inside: Option<&'m ServiceDecl>) {
        match &ty.kind {
            TypeExprKind::Name { service: Some(service), .. } => self.service(&service.value),
            TypeExprKind::Name { service: None, name } => {
                let is_named = |alias: &&TypeAlias| alias.name.value == name.value;
                if inside.is_some_and(|service| service.types.iter().any(|a| is_named(&a))) {
                    return;
                }
                if let Some(alias) = self.module.types.iter().find(is_named)
                    && self.types.insert(&alias.name.value)
                {
                    self.due.push((&alias.ty, None));
                }
            }
            TypeExprKind::List(inner)
            | TypeExprKind::Map(inner)
            | TypeExprKind::Secret(inner)
            | TypeExprKind::Pii(inner) => self.due.push((inner, inside)),
            TypeExprKind::Record(fields) => {
                self.due.extend(fields.iter().map(|field| (&field.ty, inside)));
            }
            TypeExprKind::Union(members) => {
                self.due.extend(members.iter().map(|member| (member, inside)));
            }
            TypeExprKind::Literal(_) | TypeExprKind::Error => {}
        }
    }
}

fn types(aliases: &[&TypeAlias], service: Option<&ServiceDecl>) -> Value {
    let types = aliases.iter().map(|alias| {
        let mut schema = json_schema(&alias.ty, service);
        if let (Some(doc), Some(object)) = (&alias.doc, schema.as_object_mut()) {
            object.insert("description".into(), doc.value.as_str().into());
        }
        (alias.name.value.clone(), schema)
    });
    Value::Object(types.collect())
}

fn service(service: &ServiceDecl) -> Value {
    let mut object = Map::new();
    if let Some(doc) = &service.doc {
        object.insert("description".into(), doc.value.as_str().into());
    }
    if !service.types.is_empty() {
        let aliases: Vec<&TypeAlias> = service.types.iter().collect();
        object.insert("types".into(), types(&aliases, Some(service)));
    }
    let operations = service.operations.iter();
    let operations = operations.map(|o| (o.name.value.clone(), operation(o, service)));
    object.insert("operations".into(), Value::Object(operations.collect()));
    object.into()
}

fn operation(operation: &OperationDecl, service: &ServiceDecl) -> Value {
    let mut object = Map::new();
    let mut put = |key: &str, value: Option<Value>| {
        if let Some(value) = value {
            object.insert(key.into(), value);
        }
    };
    let schema = |ty: &Option<TypeExpr>| ty.as_ref().map(|ty| json_schema(ty, Some(service)));
    put("description", operation.doc.as_ref().map(|doc| doc.value.as_str().into()));
    put("method", Some(operation.method.value.as_str().into()));
    put("path", Some(operation.path.value.as_str().into()));
    put("query", schema(&operation.query));
    put("request", schema(&operation.request));
    put("response", schema(&operation.response));
    put("output", operation.output.as_ref().map(|name| name.value.as_str().into()));
    put("safeToRepeat", operation.repeatable.as_ref().map(|safe| safe.value.into()));
    let rate = operation.rate_limit_per_minute.as_ref();
    put("rateLimitPerMinute", rate.map(|rate| rate.value.into()));
    put("externalId", operation.external_id.as_ref().map(|name| name.value.as_str().into()));
    let verdicts: Vec<&str> = operation.verdicts.iter().map(|v| v.value.as_str()).collect();
    put("verdicts", (!verdicts.is_empty()).then(|| json!(verdicts)));
    object.into()
}
