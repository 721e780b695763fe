//! The JSON wire format.
