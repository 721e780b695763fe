//! `.writ`.

use crate::tree::{Module, Workflow};

/// A workflow as `.writ`.
#[must_use]
pub fn to_writ(module: &Module, workflow: &Workflow) -> String {
    let _ = (module, workflow);
    unimplemented!("conversion to .writ")
}
