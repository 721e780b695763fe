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
