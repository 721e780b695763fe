//! The store: one SQLite file, one writer thread, many readers.

mod model;

pub use model::*;
