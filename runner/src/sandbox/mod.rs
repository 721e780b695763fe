//! Sandbox versions of the six sibling services.
