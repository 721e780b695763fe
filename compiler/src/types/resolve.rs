//! From written types to types.
