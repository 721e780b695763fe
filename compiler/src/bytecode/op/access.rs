//! Access: into records and lists.

use super::{ConstantIx, Pc};
use serde::{Deserialize, Serialize};

/// Reaches into a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum AccessOp {
    /// A field; an error when it is absent. `record -> value`
    Field {
        /// Its name.
        name: ConstantIx,
    },
    /// A field, or, when it is absent, nothing and on to `absent`. `record -> value`
    FieldOr {
        /// Its name.
        name: ConstantIx,
        /// Where to go on without it.
        absent: Pc,
    },
    /// Whether a record has a field. `record -> bool`
    Has {
        /// Its name.
        name: ConstantIx,
    },
    /// An item of a list by its number, or a field of a record by its name; an error when it is absent.
    /// `container, index -> value`
    Index,
    /// The same, or, when it is absent, nothing and on to `absent`. `container, index -> value`
    IndexOr {
        /// Where to go on without it.
        absent: Pc,
    },
}
