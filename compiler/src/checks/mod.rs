//! The checks: a list of small named functions, one rule each.
