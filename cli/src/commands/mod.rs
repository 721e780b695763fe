//! The subcommands, one file each.

pub mod build;
pub mod check;
pub mod completions;
pub mod convert;
pub mod disasm;
pub mod explain;
mod fix;
pub mod fmt;
pub mod graph;
pub mod keys;
pub mod lsp;
mod one;
pub mod quickstart;
pub mod run;
pub mod sandbox;
pub mod serve;
pub mod test;
