//! The JSON wire format.

use crate::tree::{Module, Workflow};

/// A workflow as the JSON of the API's create request; as a bare spec when it has no slug.
#[must_use]
pub fn to_json(module: &Module, workflow: &Workflow) -> String {
    let _ = (module, workflow);
    unimplemented!("conversion to JSON")
}
