//! Front ends: text to tree. Each returns `(Tree, Diagnostics)` and recovers from errors.

pub mod expr;
pub(crate) mod grammar;
pub mod json;
pub mod lets;
pub(crate) mod range;
pub mod span_map;
pub mod template;
pub(crate) mod token;
pub(crate) mod type_ref;
pub mod writ;
