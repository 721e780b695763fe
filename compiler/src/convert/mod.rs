//! From the tree back to text: both syntaxes, expressions, and drawings of the graph.

mod budget;
mod declared;
pub(crate) mod expr;
mod json;
mod mermaid;
mod schema;
pub(crate) mod writ;

pub use expr::plain_literal;
pub use json::to_json;
pub use mermaid::to_mermaid;
pub(crate) use writ::case_label;
pub use writ::{step_id, to_writ};

#[cfg(test)]
mod tests;
