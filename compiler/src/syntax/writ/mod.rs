//! `.writ`.

use crate::diagnostic::Diagnostic;
use crate::tree::Module;

/// Reads a `.writ` text.
///
/// Always gives a module; what could not be read has been reported and is left out or stands as an error node.
#[must_use]
pub fn parse(text: &str) -> (Module, Vec<Diagnostic>) {
    let _ = text;
    unimplemented!("the .writ parser")
}
