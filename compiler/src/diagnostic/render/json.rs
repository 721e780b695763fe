//! One JSON object a line.

use crate::analysis::Analysis;

/// Every diagnostic of a text, one JSON object a line.
#[must_use]
pub fn json(analysis: &Analysis, name: &str) -> String {
    let _ = (analysis, name);
    unimplemented!("rendering")
}
