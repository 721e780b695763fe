//! Expressions as canonical text.
