//! Renderers: one file an output format.

pub mod github;
pub mod human;
pub mod json;
mod pointer;
pub mod sarif;
mod window;
