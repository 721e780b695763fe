//! The JSON wire format to tree.

mod aside;
mod brackets;
mod budget;
mod declare;
mod envelope;
mod fields;
pub(crate) mod node;
mod schema;
mod shape;
mod spec;
mod step;
mod string;
mod text;
mod value;

pub(crate) use string::unescaped;

use crate::diagnostic::Diagnostic;
use crate::tree::Module;

/// Reads a bare spec, the body of a create request, or an answer of the API around one.
///
/// Always gives a module; what could not be read has been reported and is left out or stands as an
/// error node.
#[must_use]
pub fn parse(text: &str) -> (Module, Vec<Diagnostic>) {
    let mut diagnostics = Vec::new();
    let root = text::read(text, &mut diagnostics);
    let module = root.and_then(|root| envelope::module(&root, &mut diagnostics));
    (module.unwrap_or_default(), diagnostics)
}

/// What keeps a text from being JSON.
pub(crate) fn problems(text: &str) -> Vec<Diagnostic> {
    let mut diagnostics = Vec::new();
    text::read(text, &mut diagnostics);
    diagnostics
}

/// The values of a text, whatever was wrong with it; `None` when there is none.
pub(crate) fn read(text: &str) -> Option<node::Node> {
    text::read(text, &mut Vec::new())
}

#[cfg(test)]
mod tests;
