//! From the tree back to text: both syntaxes, expressions, and drawings of the graph.

pub mod expr;
pub mod json;
pub mod mermaid;
pub mod writ;
