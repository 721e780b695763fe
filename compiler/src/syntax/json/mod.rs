//! The JSON wire format to tree.
