//! Expressions: CEL text to tree.
