//! The syntax tree: one shape for both syntaxes, with a span on everything the author wrote.
//!
//! Steps are a flat list in reading order. The `.writ` parser turns fall-through, arrows and blocks
//! into [`Edge`]s, exactly as the JSON spells them, so that nothing after the parsers knows which
//! syntax a workflow came from.

mod budget;
mod expr;
mod names;
mod service;
mod step;
mod test;
mod type_expr;
mod visit;
mod workflow;

pub use budget::*;
pub use expr::*;
pub use service::*;
pub use step::*;
pub use test::*;
pub use type_expr::*;
pub use workflow::*;
