//! Answers that must not be ignored.

use super::Context;
use super::reads::Read;
use crate::diagnostic::{Code, Diagnostic};
use crate::flow::{Fact, StepIx};
use crate::tree::StepKind;
use crate::types::{Shape, Type};
use std::collections::HashMap;

/// A call whose answer holds a verdict that no step looks at: the run goes on whatever it says.
pub(super) fn unused(context: &Context<'_>, diagnostics: &mut Vec<Diagnostic>) {
    // What a step reads that could not be read itself is not known.
    if context.workflow.steps.iter().any(|step| step.kind == StepKind::Error) {
        return;
    }
    // The reads of each step's output, wherever they stand.
    let mut reads: HashMap<StepIx, Vec<&Read<'_>>> = HashMap::new();
    for read in context.steps().flat_map(|(at, _)| context.reads_of(at)) {
        if let Fact::Output(of) = read.fact {
            reads.entry(of).or_default().push(read);
        }
    }
    for (at, step) in context.steps().filter(|(at, _)| context.flow.is_reachable(*at)) {
        let Some(operation) = context.operation(at) else { continue };
        let reads = reads.get(&at).map_or(&[][..], Vec::as_slice);
        let output = context.typing(at).map(|typing| &typing.output);
        for verdict in operation.verdicts.iter().filter(|v| !is_read(v, reads, output)) {
            let (id, path) = (&step.id.value, verdict.join("."));
            let message = format!("nothing looks at the verdict of \"{id}\"");
            let mut found = Diagnostic::new(Code::UnusedVerdict, step.id.span, message)
                .label(format!("answers with the verdict `output.{path}`"));
            if let Some(ty) = context.typing(at).and_then(|typing| field(&typing.output, verdict)) {
                found = found.note(format!("it is {ty}, and the run goes on in every case"));
            }
            diagnostics.push(found.help(format!("decide on `step.{id}.output.{path}`")));
        }
    }
}

/// Whether some step reads the verdict, something around it, or something in it; or a field that is not there, which
/// has been reported, and may have been meant for it.
fn is_read(verdict: &[String], reads: &[&Read<'_>], output: Option<&Type>) -> bool {
    reads.iter().any(|read| {
        let leads_there = |(read, verdict): (&&str, &String)| *read == verdict.as_str();
        read.tail.iter().zip(verdict).all(leads_there)
            || output.is_some_and(|output| lacks(output, &read.tail))
    })
}

/// Whether a path leaves the records that a type has.
fn lacks(ty: &Type, path: &[&str]) -> bool {
    let mut at = ty;
    for name in path {
        let Shape::Record(record) = &at.shape else { return false };
        match record.fields.get(*name) {
            Some(field) => at = &field.ty,
            None => return true,
        }
    }
    false
}

/// The type of a field of records in records.
fn field<'t>(ty: &'t Type, path: &[String]) -> Option<&'t Type> {
    path.iter().try_fold(ty, |ty, name| match &ty.shape {
        Shape::Record(record) => record.fields.get(name).map(|field| &field.ty),
        _ => None,
    })
}
