//! The one entry point: text in; tree, types, references, diagnostics and programs out.

use crate::bytecode::{Program, SourceMap};
use crate::diagnostic::{Diagnostic, Severity};
use crate::flow::Flow;
use crate::text::LineIndex;
use crate::tree::Module;
use crate::types::check::Typed;

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
    /// What was found, in order of position.
    pub diagnostics: Vec<Diagnostic>,
    /// One entry a workflow of `module`, in its order.
    pub workflows: Vec<WorkflowAnalysis>,
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

impl Analysis {
    /// Whether any diagnostic is an error.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(|d| d.severity == Severity::Error)
    }
}
