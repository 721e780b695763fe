//! `.writ` to tree.
