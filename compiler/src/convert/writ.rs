//! `.writ`.
