//! What is declared and never used.

use super::Context;
use crate::diagnostic::{Applicability, Code, Diagnostic, SourceText};
use crate::tree::{Module, StepKind, TypeExpr, TypeExprKind, WaitStep};
use std::collections::HashSet;

/// A `let` that no expression names.
pub(super) fn named(context: &Context<'_>, diagnostics: &mut Vec<Diagnostic>) {
    for unused in context.workflow.lets.iter().filter(|named| !named.used) {
        let message = format!("nothing uses `{}`", unused.name.value);
        diagnostics.push(Diagnostic::new(Code::UnusedLet, unused.name.span, message).edits(
            "remove it, or use it",
            vec![context.source.remove(unused.span)],
            Applicability::Safe,
        ));
    }
}

/// A `use` of a service that nothing in the file names.
pub(crate) fn service(module: &Module, source: SourceText<'_>, diagnostics: &mut Vec<Diagnostic>) {
    if module.uses.is_empty() {
        return;
    }
    let mut named = HashSet::new();
    let mut types = Vec::new();
    for workflow in &module.workflows {
        types.extend(&workflow.trigger.input);
        for step in &workflow.steps {
            match &step.kind {
                StepKind::Call(call) => drop(named.insert(call.service.value.as_str())),
                StepKind::Approval(approval) => types.extend(&approval.form),
                StepKind::Wait(WaitStep::Event { data, .. }) => types.extend(data),
                // What could not be read may be what names it.
                StepKind::Error => return,
                StepKind::Decide(_)
                | StepKind::Transform(_)
                | StepKind::Wait(_)
                | StepKind::Emit(_)
                | StepKind::End(_) => {}
            }
        }
    }
    types.extend(module.types.iter().map(|alias| &alias.ty));
    for service in &module.services {
        types.extend(service.types.iter().map(|alias| &alias.ty));
        for operation in &service.operations {
            types.extend(
                [&operation.query, &operation.request, &operation.response].into_iter().flatten(),
            );
        }
    }
    types.into_iter().for_each(|ty| services_in(ty, &mut named));
    for unused in module.uses.iter().filter(|service| !named.contains(service.value.as_str())) {
        let message = format!("nothing uses the service `{}`", unused.value);
        let line = source.led_by(unused.span, &["use"]).map(|line| source.remove(line));
        diagnostics.push(Diagnostic::new(Code::UnusedUse, unused.span, message).edits(
            "remove the line",
            line.into_iter().collect(),
            Applicability::Safe,
        ));
    }
}

fn services_in<'t>(ty: &'t TypeExpr, named: &mut HashSet<&'t str>) {
    match &ty.kind {
        TypeExprKind::Name { service, .. } => {
            named.extend(service.as_ref().map(|service| service.value.as_str()));
        }
        TypeExprKind::List(inner)
        | TypeExprKind::Map(inner)
        | TypeExprKind::Secret(inner)
        | TypeExprKind::Pii(inner) => services_in(inner, named),
        TypeExprKind::Record(fields) => {
            fields.iter().for_each(|field| services_in(&field.ty, named));
        }
        TypeExprKind::Union(members) => {
            members.iter().for_each(|member| services_in(member, named));
        }
        TypeExprKind::Literal(_) | TypeExprKind::Error => {}
    }
}
