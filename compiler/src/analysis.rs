//! The one entry point: text in; tree, types, references, diagnostics and programs out.

use crate::bounds::ProjectBudget;
use crate::bytecode::{Program, SourceMap};
use crate::diagnostic::{self, Allowed, Code, Diagnostic, Severity, SourceText, allow};
use crate::flow::{self, Flow};
use crate::limits::{DIAGNOSTICS_MAX, SOURCE_BYTES_MAX, STEPS_MAX};
use crate::signatures::Catalog;
use crate::testing::{self, Test};
use crate::text::{LineIndex, Span};
use crate::tree::{Module, Workflow};
use crate::types::check::{Typed, patterns};
use crate::{checks, lower, syntax, types};

/// Which syntax a text is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Syntax {
    /// The JSON wire format: a bare spec, or the API's envelope around one.
    Json,
    /// `.writ`.
    Writ,
}

/// Everything the compiler knows about one source text.
#[derive(Debug)]
pub struct Analysis {
    /// The text, without a byte-order mark.
    pub text: String,
    /// Its syntax.
    pub syntax: Syntax,
    /// Its lines.
    pub lines: LineIndex,
    /// What it declares; error nodes stand where it could not be parsed.
    pub module: Module,
    /// What was found, in order of position; at most [`DIAGNOSTICS_MAX`].
    pub diagnostics: Vec<Diagnostic>,
    /// How many more were found than are kept.
    pub diagnostics_dropped: usize,
    /// What was found and a comment allows, in order of position.
    pub allowed: Vec<Allowed>,
    /// One entry a workflow of `module`, in its order.
    pub workflows: Vec<WorkflowAnalysis>,
    /// Its tests, in the order of `module`, but for those of which the workflow is not known.
    pub tests: Vec<Test>,
}

/// What the compiler knows about one workflow.
#[derive(Debug)]
pub struct WorkflowAnalysis {
    /// Its resolved graph.
    pub flow: Flow,
    /// Its types.
    pub typed: Typed,
    /// The program, when the whole text has no errors.
    pub compiled: Option<Compiled>,
}

/// A program and the way back to its source.
#[derive(Debug, Clone)]
pub struct Compiled {
    /// What runs.
    pub program: Program,
    /// Where each instruction came from.
    pub source_map: SourceMap,
}

/// What else counts, beside the text.
#[derive(Debug, Clone, Copy, Default)]
pub struct Options<'a> {
    /// The budget of the project that the text is part of.
    pub budget: Option<&'a ProjectBudget>,
    /// Whether every read that only the run can check is a warning.
    pub strict: bool,
    /// How many steps a workflow may have, instead of [`STEPS_MAX`]: to measure how the work grows. A program of more than
    /// that is refused when it is loaded.
    pub steps_max: Option<usize>,
}

impl Analysis {
    /// Analyses bytes that should be UTF-8 text. Where they are not, that is the one diagnostic.
    #[must_use]
    pub fn from_bytes(bytes: &[u8], syntax: Syntax) -> Self {
        Self::from_bytes_with(bytes, syntax, Options::default())
    }

    /// Analyses bytes of a project.
    #[must_use]
    pub fn from_bytes_with(bytes: &[u8], syntax: Syntax, options: Options<'_>) -> Self {
        if bytes.len() > SOURCE_BYTES_MAX {
            return Self::unread(String::new(), syntax, vec![too_large(bytes.len())]);
        }
        match std::str::from_utf8(bytes) {
            Ok(text) => Self::with(text, syntax, options),
            Err(error) => {
                let text = String::from_utf8_lossy(bytes).into_owned();
                let at = error.valid_up_to();
                let message = format!("byte {} of the text is not UTF-8", at + 1);
                let diagnostic = Diagnostic::new(Code::NotUtf8, Span::new(at, at), message)
                    .help("save the file as UTF-8");
                Self::unread(text, syntax, vec![diagnostic])
            }
        }
    }

    /// Analyses a text.
    #[must_use]
    pub fn new(text: impl Into<String>, syntax: Syntax) -> Self {
        Self::with(text, syntax, Options::default())
    }

    /// Analyses a text of a project.
    #[must_use]
    pub fn with(text: impl Into<String>, syntax: Syntax, options: Options<'_>) -> Self {
        let mut text = text.into();
        if text.len() > SOURCE_BYTES_MAX {
            return Self::unread(String::new(), syntax, vec![too_large(text.len())]);
        }
        if text.starts_with('\u{feff}') {
            text.drain(..'\u{feff}'.len_utf8());
        }
        diagnostic::begin_text();
        patterns::begin_text();
        let (mut module, mut diagnostics) = match syntax {
            Syntax::Json => syntax::json::parse(&text),
            Syntax::Writ => syntax::writ::parse(&text),
        };
        let steps_max = options.steps_max.unwrap_or(STEPS_MAX);
        for workflow in &mut module.workflows {
            limit_steps(workflow, steps_max, &mut diagnostics);
            syntax::lets::resolve(workflow, &mut diagnostics);
        }
        let source = SourceText { text: &text, syntax };
        let catalog = Catalog::of(&module, &mut diagnostics);
        let mut workflows = Vec::with_capacity(module.workflows.len());
        for workflow in &module.workflows {
            let flow = flow::resolve(workflow, source, &mut diagnostics);
            let typed = types::check::check(
                workflow,
                &flow,
                &module,
                &catalog,
                types::check::Mode { syntax, strict: options.strict },
                &mut diagnostics,
            );
            let context = checks::Context::new(workflow, &flow, &typed, source, options.budget);
            checks::run(&context, &mut diagnostics);
            workflows.push(WorkflowAnalysis { flow, typed, compiled: None });
        }
        checks::unused::service(&module, source, &mut diagnostics);
        let tests = testing::plan(&module, &workflows, source, &catalog, &mut diagnostics);
        let allowed = match syntax {
            Syntax::Json => Vec::new(),
            Syntax::Writ => allow::apply(&text, &module, &mut diagnostics),
        };
        let diagnostics_dropped = in_order(&mut diagnostics);
        let mut analysis = Self {
            lines: LineIndex::new(&text),
            text,
            syntax,
            module,
            diagnostics,
            diagnostics_dropped,
            allowed,
            workflows,
            tests,
        };
        if !analysis.has_errors() {
            for (workflow, found) in analysis.module.workflows.iter().zip(&mut analysis.workflows) {
                found.compiled = Some(lower::lower(workflow, &found.flow, &found.typed));
            }
        }
        analysis
    }

    /// What is left of a text that could not be read.
    pub(crate) fn unread(text: String, syntax: Syntax, mut diagnostics: Vec<Diagnostic>) -> Self {
        let diagnostics_dropped = in_order(&mut diagnostics);
        Self {
            lines: LineIndex::new(&text),
            text,
            syntax,
            module: Module::default(),
            diagnostics,
            diagnostics_dropped,
            allowed: Vec::new(),
            workflows: Vec::new(),
            tests: Vec::new(),
        }
    }

    /// Adds what a comment allows to the diagnostics, as notes that say so.
    pub fn show_allowed(&mut self) {
        self.diagnostics.extend(self.allowed.iter().map(Allowed::shown));
        in_order(&mut self.diagnostics);
    }

    /// Whether any diagnostic is an error.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(|d| d.severity == Severity::Error)
    }
}

/// Leaves out the steps beyond the limit.
fn limit_steps(workflow: &mut Workflow, most: usize, diagnostics: &mut Vec<Diagnostic>) {
    let count = workflow.steps.len();
    if let Some(beyond) = workflow.steps.get(most) {
        let message = format!("{count} steps are more than the {most} allowed");
        diagnostics.push(Diagnostic::new(Code::TooManySteps, beyond.span, message));
        workflow.steps.truncate(most);
    }
}

fn too_large(bytes: usize) -> Diagnostic {
    let message = format!("the text has {bytes} bytes, and at most {SOURCE_BYTES_MAX} are read");
    Diagnostic::new(Code::SourceTooLarge, Span::default(), message)
}

/// Sorts by position, drops what was said twice and what is beyond the limit; gives how many the limit dropped.
fn in_order(diagnostics: &mut Vec<Diagnostic>) -> usize {
    diagnostics.sort_by(|a, b| {
        let key = |d: &Diagnostic| (d.primary.span, std::cmp::Reverse(d.severity), d.code);
        key(a).cmp(&key(b)).then_with(|| a.message.cmp(&b.message))
    });
    diagnostics.dedup();
    let dropped = diagnostics.len().saturating_sub(DIAGNOSTICS_MAX);
    if dropped > 0 {
        // An error must not be dropped in favour of a warning: the text would compile.
        diagnostics.sort_by_key(|d| std::cmp::Reverse(d.severity));
        diagnostics.truncate(DIAGNOSTICS_MAX);
        diagnostics.sort_by_key(|d| d.primary.span);
    }
    dropped
}
