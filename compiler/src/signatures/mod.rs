//! Service signatures, resolved: what a call takes and gives.

use crate::diagnostic::Diagnostic;
use crate::tree::Module;

/// The services that a module may call: those of `stdlib/`, and the author's own.
#[derive(Debug, Default)]
pub struct Catalog {}

impl Catalog {
    /// The services of a module.
    #[must_use]
    pub fn of(module: &Module, diagnostics: &mut Vec<Diagnostic>) -> Self {
        let _ = (module, diagnostics);
        Self::default()
    }
}

/// The text of a built-in service's signature, which [`crate::diagnostic::SourceRef::Stdlib`] points into.
#[must_use]
pub fn source_text(service: &str) -> Option<&'static str> {
    let _ = service;
    None
}
