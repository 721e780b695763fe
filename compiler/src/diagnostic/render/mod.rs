//! Renderers: one file an output format.

pub mod human;
pub mod json;
mod pointer;
