//! Typing a workflow: the type of every step, inferred and checked.
//!
//! A workflow that declares no input is gone through twice. The first time, reads of the trigger are noted with the
//! types that their places ask for, and nothing is reported; what the inputs must be follows from that. The second time
//! is the same as for a declared input.

mod absent;
mod access;
pub(crate) mod address;
pub(crate) mod arguments;
mod builtin;
mod call;
mod dynamic;
mod expr;
mod function;
mod input;
mod known;
mod leak;
mod misfit;
mod operator;
pub(crate) mod patterns;
mod plan;
mod retry;
mod slot;
mod steps;

#[cfg(test)]
mod tests;

pub(crate) use builtin::{TYPE_NAMES, namespace};
pub use plan::{
    Backoff, CallPlan, OperationFacts, PathPart, RetryOn, RetryPlan, StepTyping, Typed,
};

use self::known::{Known, KnownBySteps};
use super::resolve::Scope;
use super::{FieldInfo, Shape, Type};
use crate::analysis::Syntax;
use crate::diagnostic::{Code, Diagnostic, SourceRef};
use crate::flow::{Flow, StepIx};
use crate::signatures::Catalog;
use crate::text::Span;
use crate::tree::{ApprovalStep, Module, StepKind, WaitStep, Workflow};
use std::collections::HashMap;
use std::sync::Arc;

/// How a text is checked.
#[derive(Debug, Clone, Copy)]
pub struct Mode {
    /// Its syntax, whose words advice speaks.
    pub syntax: Syntax,
    /// Whether uses of values that nothing is declared about are reported.
    pub strict: bool,
}

impl Mode {
    /// What is said in one way to an author of `.writ`, and in another to an author of JSON.
    fn words<'w>(self, writ: &'w str, json: &'w str) -> &'w str {
        match self.syntax {
            Syntax::Writ => writ,
            Syntax::Json => json,
        }
    }
}

/// Types a workflow: every step's input and output, every call's plan, the trigger's inputs.
#[must_use]
pub fn check(
    workflow: &Workflow,
    flow: &Flow,
    module: &Module,
    catalog: &Catalog,
    mode: Mode,
    diagnostics: &mut Vec<Diagnostic>,
) -> Typed {
    let mut scope = Scope::new(SourceRef::Main, &module.types, &module.services);
    let declared = workflow.trigger.input.as_ref().map(|written| {
        let input = scope.whole(written, diagnostics);
        if takes_records(&input) {
            return input;
        }
        let message = "a run is started with a record, which this type does not take";
        diagnostics.push(
            Diagnostic::new(Code::TypeMismatch, written.span, message)
                .label(format!("this is `{input}`"))
                .help("name the inputs, each with its type"),
        );
        Type::error()
    });
    let forms = workflow.steps.iter().map(|step| match &step.kind {
        StepKind::Approval(ApprovalStep { form: Some(form), .. })
        | StepKind::Wait(WaitStep::Event { data: Some(form), .. }) => {
            Some(scope.resolve(form, diagnostics).bounded())
        }
        _ => None,
    });
    let forms: Vec<Option<Type>> = forms.collect();
    let input = declared.clone().unwrap_or_else(|| {
        let mut checker = Checker::new(
            workflow,
            flow,
            catalog,
            &forms,
            Inputs::Asked(input::Uses::default()),
            mode,
        );
        checker.steps();
        match checker.inputs {
            Inputs::Asked(uses) => uses.into_type(diagnostics),
            Inputs::Declared(ty) | Inputs::Inferred(ty) => ty,
        }
    });
    let inputs = match declared {
        Some(_) => Inputs::Declared(with_external_id(&input.as_read())),
        None => Inputs::Inferred(input.as_read()),
    };
    let mut checker = Checker::new(workflow, flow, catalog, &forms, inputs, mode);
    let steps = checker.steps();
    diagnostics.append(&mut checker.diagnostics);
    Typed { input, steps }
}

/// Whether some record is of this type.
fn takes_records(ty: &Type) -> bool {
    match &ty.shape {
        Shape::Error | Shape::Json | Shape::Map(_) | Shape::Record(_) => true,
        Shape::Union(members) => members.iter().any(takes_records),
        Shape::Null
        | Shape::Bool
        | Shape::Int
        | Shape::Number
        | Shape::String
        | Shape::Bytes
        | Shape::Timestamp
        | Shape::Duration
        | Shape::Literal(_)
        | Shape::List(_) => false,
    }
}

/// A declared input as it is read: the caller's own reference stands in the same body, declared or not.
fn with_external_id(input: &Type) -> Type {
    let mut input = input.clone();
    if let Shape::Record(record) = &mut input.shape
        && !record.fields.contains_key("externalId")
    {
        let field = FieldInfo {
            ty: Type::string(),
            optional: true,
            doc: Some("The caller's own reference to the execution.".to_owned()),
            declared: None,
        };
        Arc::make_mut(record).fields.insert("externalId".to_owned(), field);
    }
    input
}

/// What is known of the trigger's inputs.
enum Inputs {
    /// The author wrote them down.
    Declared(Type),
    /// Nobody did; this is what they must be.
    Inferred(Type),
    /// That is being found out.
    Asked(input::Uses),
}

/// The state of typing one workflow.
struct Checker<'a> {
    workflow: &'a Workflow,
    flow: &'a Flow,
    catalog: &'a Catalog,
    ids: HashMap<&'a str, StepIx>,
    /// Per step, what comes to it from outside: what whoever approves it fills in, or what the event carries.
    forms: &'a [Option<Type>],
    inputs: Inputs,
    /// The outputs of the steps typed so far, as they are read.
    outputs: Vec<Option<Type>>,
    /// The step being typed.
    at: StepIx,
    /// Variables bound by macros, innermost last.
    locals: Vec<Local>,
    /// What conditions on the way here, in the same expression, say of paths.
    given: Vec<Known>,
    /// What decisions on the way to each step say of paths.
    known: KnownBySteps,
    /// Whether whatever is absent is left out, as in the first arguments of `coalesce`.
    lenient: bool,
    /// How the text is checked.
    mode: Mode,
    /// How many leaks have been followed to where they come from.
    trails: usize,
    diagnostics: Vec<Diagnostic>,
}

/// A variable that a macro binds.
struct Local {
    name: String,
    ty: Type,
    /// Whether it comes of a value that nothing is declared about, which has been said.
    unchecked: bool,
}

/// What is known of an expression's value.
#[derive(Debug, Clone)]
struct Found {
    ty: Type,
    /// Whether it is an optional value: some `.?` is on its way, and `orValue` is due.
    optional: bool,
    /// Where its type is declared, when it is a field.
    declared: Option<(SourceRef, Span)>,
    /// Whether it was read out of a value of which nothing is known.
    unchecked: bool,
}

impl From<Type> for Found {
    fn from(ty: Type) -> Self {
        Self { ty, optional: false, declared: None, unchecked: false }
    }
}

impl<'a> Checker<'a> {
    fn new(
        workflow: &'a Workflow,
        flow: &'a Flow,
        catalog: &'a Catalog,
        forms: &'a [Option<Type>],
        inputs: Inputs,
        mode: Mode,
    ) -> Self {
        let mut ids = HashMap::with_capacity(workflow.steps.len());
        for (at, step) in workflow.steps.iter().enumerate() {
            ids.entry(step.id.value.as_str()).or_insert(StepIx::at(at));
        }
        Self {
            workflow,
            flow,
            catalog,
            ids,
            forms,
            inputs,
            outputs: vec![None; workflow.steps.len()],
            at: StepIx(0),
            locals: Vec::new(),
            given: Vec::new(),
            known: KnownBySteps::of(workflow.steps.len()),
            lenient: false,
            mode,
            trails: 0,
            diagnostics: Vec::new(),
        }
    }

    /// Types every step, each before its readers. On a cycle, which is reported elsewhere, what is read of a later step
    /// is as if it had been reported.
    fn steps(&mut self) -> Vec<StepTyping> {
        let workflow = self.workflow;
        let untyped = StepTyping {
            input: Type::error(),
            output: Type::error(),
            call: None,
            decides: None,
            ruled_out: Vec::new(),
            covered: false,
            form: None,
        };
        let mut typings = vec![untyped; workflow.steps.len()];
        for ix in &self.flow.order {
            let Some(step) = workflow.steps.get(ix.index()) else { continue };
            self.at = *ix;
            let mut typing = self.step(step);
            self.leave(step, typing.decides.as_ref());
            typing.output = typing.output.bounded();
            if let Some(output) = self.outputs.get_mut(ix.index()) {
                *output = Some(typing.output.as_read());
            }
            if let Some(slot) = typings.get_mut(ix.index()) {
                *slot = typing;
            }
        }
        // What nothing uses is typed by nothing else.
        for unused in workflow.lets.iter().filter(|named| !named.used) {
            self.infer(&unused.value);
        }
        typings
    }

    fn report(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }
}
