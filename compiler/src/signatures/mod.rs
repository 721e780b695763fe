//! Service signatures, resolved: what a call takes and gives.
