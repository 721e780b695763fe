//! Source excerpts for people, through codespan-reporting.

use crate::analysis::Analysis;

/// Every diagnostic of a text with an excerpt of the source; with ANSI colours when `colour` says so.
#[must_use]
pub fn human(analysis: &Analysis, name: &str, colour: bool) -> String {
    let _ = (analysis, name, colour);
    unimplemented!("rendering")
}
