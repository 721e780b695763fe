//! `.writ` to tree.
//!
//! One file a construct; each function is named after its rule of `grammar/writ.pest`. None of them returns a
//! `Result`: the grammar has matched, and what it could not match stands in a `bad_...` pair that
//! [`reader::Reader::bad`] explains.

mod brackets;
mod call;
mod clauses;
mod decide;
mod file;
mod reader;
mod service;
mod steps;
mod target;
mod types;
mod workflow;

use crate::diagnostic::{Code, Diagnostic};
use crate::syntax::expr::{describe_in, too_deep};
use crate::syntax::grammar::{Rule, WritGrammar};
use crate::syntax::span_map::SpanMap;
use crate::text::Span;
use crate::tree::Module;
use pest::Parser;
use pest::error::InputLocation;
use reader::Reader;

/// Reads a `.writ` text.
///
/// Always gives a module; what could not be read has been reported and is left out or stands as an error node.
#[must_use]
pub fn parse(text: &str) -> (Module, Vec<Diagnostic>) {
    let failed = |diagnostic| (Module::default(), vec![diagnostic]);
    // With a bracket missing nothing can be said about what is inside what.
    if let Some(diagnostic) = brackets::unbalanced(text) {
        return failed(diagnostic);
    }
    if let Some(offset) = too_deep(text) {
        let span = Span::new(offset, offset + 1);
        return failed(Diagnostic::new(Code::TooDeep, span, "the text is nested too deeply"));
    }
    match WritGrammar::parse(Rule::file, text) {
        Ok(pairs) => {
            let mut reader = Reader::new(text);
            let module = file::file(pairs, &mut reader);
            (module, reader.diagnostics)
        }
        Err(error) => {
            let (InputLocation::Pos(start) | InputLocation::Span((start, _))) = error.location;
            failed(describe_in("the file", text, start, &error.variant, &SpanMap::verbatim(0)))
        }
    }
}

#[cfg(test)]
mod tests;
