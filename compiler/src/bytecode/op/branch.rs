//! Branches. Within an expression they only go forward, but for the loop of a comprehension.

use super::Pc;
use serde::{Deserialize, Serialize};

/// Moves to another instruction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum BranchOp {
    /// Always. `->`
    Jump {
        /// Where to.
        target: Pc,
    },
    /// When the operand is false; an error when it is no bool. `bool ->`
    Unless {
        /// Where to.
        target: Pc,
    },
    /// `&&` after its left side: keeps a false and goes to `end`; drops a true. `bool -> (false)`
    And {
        /// Past the right side.
        end: Pc,
    },
    /// `||` after its left side: keeps a true and goes to `end`; drops a false. `bool -> (true)`
    Or {
        /// Past the right side.
        end: Pc,
    },
    /// Checks the right side of `&&` or `||`. `bool -> bool`
    Bool,
    /// `coalesce` after an argument: keeps what is not null and goes to `end`; drops a null. `value -> (value)`
    Present {
        /// Past the other arguments.
        end: Pc,
    },
    /// Drops an operand. `value ->`
    Drop,
    /// Begins a comprehension over a list's items or a record's keys. `list or record ->`
    Loop,
    /// Takes the comprehension's next item into its slot, or ends it and goes to `done`. `->`
    Next {
        /// The slot, which is the number of comprehensions around this one.
        slot: u16,
        /// Where to go when there is none.
        done: Pc,
    },
    /// Ends the innermost comprehension early. `->`
    Break,
    /// Begins a verdict: parts, each of which can decide it, even where another one fails. `->`
    Verdict,
    /// Attempts a part of the verdict: where that fails, the first failure is kept, and it goes on at `failed`. `->`
    Attempt {
        /// At the next part.
        failed: Pc,
    },
    /// Ends the part of an `&&` or `all`. A false decides the verdict, and goes to `end`. `bool -> (false)`
    SettleAnd {
        /// Past the verdict.
        end: Pc,
    },
    /// Ends the part of an `||` or `exists`. A true decides the verdict, and goes to `end`. `bool -> (true)`
    SettleOr {
        /// Past the verdict.
        end: Pc,
    },
    /// Ends a verdict that no part decided: with the failure that was kept, or else as this. `-> bool`
    Conclude {
        /// True for `&&` and `all`, false for `||` and `exists`.
        value: bool,
    },
    /// Begins a comprehension over one value, which is at it already. `value ->`
    Bind,
    /// Keeps a value unless it is the zero of its type; otherwise nothing and on to `absent`. `value -> (value)`
    NonZero {
        /// Where to go on without it.
        absent: Pc,
    },
}
