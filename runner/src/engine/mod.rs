//! The engine: takes runs, asks the machine, commits, performs effects.

mod journal;

pub use journal::*;
