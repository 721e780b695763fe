//! Every limit of the compiler, in one place, each with its reason.

/// Longest source text, in bytes. The HTTP API's body limit for a spec; a thousand-node spec is well under it.
pub const SOURCE_BYTES_MAX: usize = 4 * 1024 * 1024;

/// Deepest nesting of JSON values, `.writ` blocks or expressions; keeps recursion far from the stack's end.
pub const NESTING_MAX: usize = 64;

/// Most steps in one workflow (the runner's documented contract).
pub const STEPS_MAX: usize = 1_000;

/// Most diagnostics kept for one source; further ones are counted, not stored.
pub const DIAGNOSTICS_MAX: usize = 1_000;

/// Most bytes in one expression's text.
pub const EXPRESSION_BYTES_MAX: usize = 64 * 1024;

/// Deepest nesting of a type in a program. Deeper types are cut to `json` when a program is made.
pub const SCHEMA_DEPTH_MAX: usize = 64;

/// Most complaints about one value; a body of a million wrong items gets an answer of bounded size.
pub const FIELD_ERRORS_MAX: usize = 100;
