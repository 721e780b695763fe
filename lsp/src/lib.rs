//! The Writ language server.
