//! Flow: the instructions that start, end and route steps. All of them leave the operand stack empty.

use super::{ConstantIx, Pc};
use serde::{Deserialize, Serialize};

/// What the machine does. `step` is always the step that the last [`FlowOp::Enter`] entered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum FlowOp {
    /// Begins a step. `->`
    Enter {
        /// The step.
        step: u32,
    },
    /// Calls a service, and parks until the answer is in. `path, headers?, body? ->`
    Call {
        /// The step.
        step: u32,
        /// Whether a record of headers is on the stack.
        headers: bool,
        /// Whether a body is on the stack.
        body: bool,
    },
    /// Completes a decision by value. `value ->`
    Switch {
        /// The step.
        step: u32,
        /// Which of the program's switch tables.
        table: u32,
    },
    /// Completes a decision whose condition held. `->`
    Select {
        /// The step.
        step: u32,
        /// What `output.selected` says.
        label: ConstantIx,
        /// Where the run goes.
        target: Pc,
    },
    /// Fails a decision none of whose conditions held. `->`
    NoCase {
        /// The step.
        step: u32,
    },
    /// Completes a transform. `value ->`
    Store {
        /// The step.
        step: u32,
    },
    /// Parks for a span of time: milliseconds, duration text or a duration. `duration ->`
    WaitFor {
        /// The step.
        step: u32,
    },
    /// Parks until an instant: RFC 3339 text or a timestamp. `instant ->`
    WaitUntil {
        /// The step.
        step: u32,
    },
    /// Emits an event to the organisation's endpoints. `payload? ->`
    Emit {
        /// The step.
        step: u32,
        /// The event's name.
        event: ConstantIx,
        /// Whether a payload is on the stack.
        payload: bool,
    },
    /// Asks a person, and parks until someone decides. `label?, data? ->`
    Approve {
        /// The step.
        step: u32,
        /// Whether a label is on the stack.
        label: bool,
        /// Whether evidence is on the stack.
        data: bool,
    },
    /// Completes an `end` step, and with it the run. `output? ->`
    Finish {
        /// The step.
        step: u32,
        /// Whether the run's output is on the stack; the last step's otherwise.
        output: bool,
    },
    /// Fails the run on purpose. `message? ->`
    Fail {
        /// The step.
        step: u32,
        /// The author's code.
        code: ConstantIx,
        /// Whether a message is on the stack.
        message: bool,
    },
    /// Ends the run after a step with no successor. `->`
    End,
    /// Parks until an event comes. `correlation? ->`
    WaitEvent {
        /// The step.
        step: u32,
        /// The event's name.
        event: ConstantIx,
        /// Whether what the event must carry is on the stack.
        correlation: bool,
    },
}
