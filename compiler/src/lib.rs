//! The Writ compiler: source text in; diagnostics and a verified bytecode program out.
//!
//! Everything here is pure: no I/O, no clock, no threads, no panic on any input. The one entry point
//! is [`analysis::Analysis`], which the command line, the HTTP API and the language server all call.
//!
//! The data flows one way:
//!
//! ```text
//! text -> syntax -> tree -> flow (resolved graph) -> types -> checks -> lower -> bytecode
//! ```

pub mod analysis;
pub mod bounds;
pub mod bytecode;
pub mod checks;
pub mod convert;
pub mod diagnostic;
pub mod flow;
pub mod format;
pub mod limits;
pub mod lower;
pub mod outcomes;
pub mod signatures;
pub mod syntax;
pub mod testing;
pub mod text;
pub mod tree;
pub mod types;
pub mod value;
