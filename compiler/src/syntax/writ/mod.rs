//! `.writ` to tree.
//!
//! One file a construct; each function is named after its rule of `grammar/writ.pest`. None of them returns a
//! `Result`: the grammar has matched, and what it could not match stands in a `bad_...` pair that
//! `Reader::bad` explains.

mod budget;
mod call;
mod clauses;
mod decide;
mod file;
mod items;
mod reader;
mod service;
mod steps;
mod target;
mod test;
mod types;
mod words;
mod workflow;

use crate::diagnostic::Diagnostic;
use crate::syntax::expr::describe_in;
use crate::syntax::grammar::{Rule, WritGrammar};
use crate::syntax::span_map::SpanMap;
use crate::tree::Module;
use pest::Parser;
use pest::error::InputLocation;
use pest::iterators::Pairs;
use reader::Reader;

/// Reads a `.writ` text.
///
/// Always gives a module; what could not be read has been reported and is left out or stands as an error node.
#[must_use]
pub fn parse(text: &str) -> (Module, Vec<Diagnostic>) {
    parse_and(text, |_| ())
}

/// Reads a `.writ` text, and shows to `look` what the grammar made of it, when it made anything of it.
pub(crate) fn parse_and(
    text: &str,
    look: impl FnOnce(Pairs<'_, Rule>),
) -> (Module, Vec<Diagnostic>) {
    let (sound, diagnostics) = items::sound(text);
    match WritGrammar::parse(Rule::file, &sound) {
        Ok(pairs) => {
            look(pairs.clone());
            let mut reader = Reader::new(&sound, diagnostics);
            let module = file::file(pairs, &mut reader);
            (module, reader.diagnostics)
        }
        Err(error) => {
            let (InputLocation::Pos(start) | InputLocation::Span((start, _))) = error.location;
            let found =
                describe_in("the file", &sound, start, &error.variant, &SpanMap::verbatim(0));
            (Module::default(), vec![found])
        }
    }
}

#[cfg(test)]
mod tests;
