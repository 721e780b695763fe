//! From offsets in unescaped text back to the source.
