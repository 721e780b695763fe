//! The types that are written in a tree, and the services that they name.

use super::{Module, StepKind, TypeExpr, TypeExprKind, WaitStep, Workflow};
use std::collections::HashSet;

impl Workflow {
    /// The types of its inputs, forms and data of events.
    #[must_use]
    pub fn types(&self) -> Vec<&TypeExpr> {
        let of_steps = self.steps.iter().filter_map(|step| match &step.kind {
            StepKind::Approval(approval) => approval.form.as_ref(),
            StepKind::Wait(WaitStep::Event { data, .. }) => data.as_ref(),
            StepKind::Wait(WaitStep::Duration { .. } | WaitStep::Until { .. })
            | StepKind::Call(_)
            | StepKind::Decide(_)
            | StepKind::Transform(_)
            | StepKind::Emit(_)
            | StepKind::End(_)
            | StepKind::Error => None,
        });
        self.trigger.input.iter().chain(of_steps).collect()
    }
}

impl Module {
    /// The types of its declarations.
    #[must_use]
    pub fn declared_types(&self) -> Vec<&TypeExpr> {
        let mut types: Vec<&TypeExpr> = self.types.iter().map(|alias| &alias.ty).collect();
        for service in &self.services {
            types.extend(service.types.iter().map(|alias| &alias.ty));
            for operation in &service.operations {
                let written = [&operation.query, &operation.request, &operation.response];
                types.extend(written.into_iter().flatten());
            }
        }
        types
    }
}

impl TypeExpr {
    /// Adds the services whose types it names.
    pub fn services<'t>(&'t self, named: &mut HashSet<&'t str>) {
        match &self.kind {
            TypeExprKind::Name { service, .. } => {
                named.extend(service.as_ref().map(|service| service.value.as_str()));
            }
            TypeExprKind::List(inner)
            | TypeExprKind::Map(inner)
            | TypeExprKind::Secret(inner)
            | TypeExprKind::Pii(inner) => inner.services(named),
            TypeExprKind::Record(fields) => {
                fields.iter().for_each(|field| field.ty.services(named));
            }
            TypeExprKind::Union(members) => {
                members.iter().for_each(|member| member.services(named));
            }
            TypeExprKind::Literal(_) | TypeExprKind::Error => {}
        }
    }
}
