//! Identifiers: documented prefixes with ULIDs.
