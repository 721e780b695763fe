//! `.writ`, in its one canonical form.
//!
//! Steps stand in the tree's order, and arrows say what falling through does not. Reading the text back gives a
//! workflow of the same meaning: the same steps under the same ids, and a program that is the same to the byte.

mod budget;
mod call;
mod declare;
mod step;
mod value;

pub(crate) use step::case_label;
pub use step::id as step_id;

use super::expr;
use crate::analysis::WorkflowAnalysis;
use crate::signatures::{self, Catalog};
use crate::tree::{Module, TriggerKind, TypeExprKind, Workflow};
use std::collections::HashSet;
use std::fmt::{Display, Write};

/// A workflow, with the declarations of its file that it may refer to, as `.writ`.
///
/// Calls of a method and a path that are an operation of a known service name the operation.
#[must_use]
pub fn to_writ(module: &Module, workflow: &Workflow, found: &WorkflowAnalysis) -> String {
    // What is wrong with the declarations has been reported already.
    let catalog = Catalog::of(module, &mut Vec::new());
    let calls: Vec<_> = workflow.steps.iter().map(|s| call::plan(&s.kind, &catalog)).collect();
    let mut out = Printer::default();
    let mut uses: Vec<&str> = module.uses.iter().map(|name| name.value.as_str()).collect();
    uses.extend(calls.iter().flatten().filter(|call| call.is_builtin).map(|call| call.service));
    let mut named = HashSet::new();
    let types = workflow.types().into_iter().chain(module.declared_types());
    types.for_each(|ty| ty.services(&mut named));
    let builtin = signatures::slugs().map(|slug| -> &str { slug });
    uses.extend(builtin.filter(|slug| named.contains(slug)));
    let mut seen = Vec::new();
    for service in uses {
        if !seen.contains(&service) {
            out.line(format_args!("use {service}"));
            seen.push(service);
        }
    }
    for alias in &module.types {
        out.gap();
        out.type_alias(alias);
    }
    for service in &module.services {
        out.gap();
        out.service(service);
    }
    out.gap();
    out.workflow(workflow, found, &calls);
    out.text
}

/// Text being written, line by line.
#[derive(Default)]
struct Printer {
    text: String,
    depth: usize,
    /// Whether the last step is the one that arrows to `end` make, and is not written.
    end_is_made: bool,
}

/// What one level of depth is indented by.
const INDENT: &str = "  ";

/// The width that lists and records are broken at.
const WIDTH: usize = 100;

impl Printer {
    /// Begins a line.
    fn begin(&mut self) {
        for _ in 0..self.depth {
            self.text.push_str(INDENT);
        }
    }

    fn push(&mut self, text: impl Display) {
        // Writing to a String cannot fail.
        let _ = write!(self.text, "{text}");
    }

    fn end(&mut self) {
        self.text.push('\n');
    }

    fn line(&mut self, text: impl Display) {
        self.begin();
        self.push(text);
        self.end();
    }

    /// An empty line between what stands before and what follows, unless nothing does.
    fn gap(&mut self) {
        if !self.text.is_empty() && !self.text.ends_with("{\n") {
            self.end();
        }
    }

    /// What stands between braces, one level deeper.
    fn block(&mut self, inner: impl FnOnce(&mut Self)) {
        self.push("{");
        self.end();
        self.depth += 1;
        inner(self);
        self.depth -= 1;
        if self.text.ends_with("{\n") {
            self.text.pop();
        } else {
            self.begin();
        }
        self.push("}");
    }

    fn docs(&mut self, text: Option<&str>) {
        for line in text.into_iter().flat_map(lines) {
            self.line(format_args!("///{}{line}", if line.is_empty() { "" } else { " " }));
        }
    }

    fn workflow(
        &mut self,
        workflow: &Workflow,
        found: &WorkflowAnalysis,
        calls: &[Option<call::Call<'_>>],
    ) {
        self.docs(workflow.description.as_ref().map(|d| d.value.as_str()));
        self.begin();
        self.push("workflow ");
        if let Some(slug) = &workflow.slug {
            self.push(format_args!("{} ", expr::plain_literal(&slug.value)));
        }
        self.block(|out| {
            if let Some(name) = &workflow.name {
                out.line(format_args!("name {}", expr::plain_literal(&name.value)));
            }
            out.trigger(workflow);
            let first = found.flow.start.filter(|start| start.index() > 0);
            if let Some(start) = first.and_then(|start| workflow.steps.get(start.index())) {
                out.gap();
                out.line(format_args!("start {}", step::id(&start.id.value)));
            }
            if let Some(budget) = &workflow.budget {
                out.budget(budget);
            }
            for named in &workflow.lets {
                out.gap();
                out.docs(named.description.as_ref().map(|d| d.value.as_str()));
                out.begin();
                out.push(format_args!("let {} = ", named.name.value));
                out.value(&named.value);
                out.end();
            }
            out.end_is_made = step::end_is_made(workflow, &found.flow);
            let written = workflow.steps.len() - usize::from(out.end_is_made);
            for (at, (step, call)) in workflow.steps.iter().zip(calls).take(written).enumerate() {
                out.gap();
                out.step(step, &step::Ways::of(workflow, &found.flow, at), call.as_ref());
            }
        });
        self.end();
    }

    /// A trigger that says something: `api` without declared inputs is what a workflow has anyway.
    fn trigger(&mut self, workflow: &Workflow) {
        let trigger = &workflow.trigger;
        let kind = match trigger.kind {
            TriggerKind::Api if trigger.spec.is_none() && trigger.input.is_none() => return,
            TriggerKind::Api => "api",
            TriggerKind::Webhook => "webhook",
            TriggerKind::Schedule => "schedule",
        };
        self.gap();
        self.begin();
        self.push(format_args!("trigger {kind}"));
        if let Some(input) = &trigger.input {
            self.push(" ");
            match &input.kind {
                TypeExprKind::Record(fields) if !fields.is_empty() => self.fields(fields),
                TypeExprKind::Record(_) | TypeExprKind::Map(_) => self.type_text(input),
                // A name behind `trigger api` would be the next clause's.
                TypeExprKind::Name { .. }
                | TypeExprKind::Literal(_)
                | TypeExprKind::List(_)
                | TypeExprKind::Union(_)
                | TypeExprKind::Secret(_)
                | TypeExprKind::Pii(_)
                | TypeExprKind::Error => {
                    self.push("(");
                    self.type_text(input);
                    self.push(")");
                }
            }
        }
        if let Some(spec) = &trigger.spec {
            self.push(" with ");
            self.value(spec);
        }
        self.end();
    }
}

/// The lines of a text, whichever way they end.
fn lines(text: &str) -> Vec<String> {
    text.replace("\r\n", "\n").replace('\r', "\n").split('\n').map(str::to_owned).collect()
}

#[cfg(test)]
pub(crate) mod tests;
