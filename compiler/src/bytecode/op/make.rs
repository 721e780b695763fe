//! Making: lists, records and text.

use super::ConstantIx;
use serde::{Deserialize, Serialize};

/// Makes one value out of operands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum MakeOp {
    /// A list. `item1, ..., itemN -> list`
    List {
        /// How many items.
        len: u32,
    },
    /// A record. `key1, value1, ..., keyN, valueN -> record`
    Record {
        /// How many fields.
        len: u32,
    },
    /// Text, out of values spliced one after the other: an error for null, lists and records. `part1, ..., partN -> text`
    Text {
        /// How many parts.
        len: u32,
    },
    /// One more item. `list, item -> list`
    Append,
    /// A value percent-encoded as one segment of a path: an error for what is no text or number. `value -> text`
    PathSegment,
    /// `name=value`, percent-encoded; null, for "leave it out", when the value is null. `value -> text or null`
    QueryPair {
        /// The parameter.
        name: ConstantIx,
    },
    /// A path with those pairs that are there. `path, pair1, ..., pairN -> path`
    WithQuery {
        /// How many pairs.
        len: u32,
    },
    /// A body with the step's id in a field, unless it has the field or is no record. `body -> body`
    WithStepId {
        /// The field.
        field: ConstantIx,
    },
    /// One more field. `record, key, value -> record`
    Insert,
}
