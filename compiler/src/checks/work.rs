//! Expressions that take more than any run may spend on them.

use super::Context;
use crate::bounds::{TooMuch, bytes_text, too_much};
use crate::diagnostic::{Code, Diagnostic};
use crate::limits::{EVAL_BYTES_MAX, FUEL_MAX};

/// An expression that would fail each time it is evaluated, whatever the inputs: how much it does stands in it.
pub(super) fn more_than_a_step_may(context: &Context<'_>, diagnostics: &mut Vec<Diagnostic>) {
    for step in &context.workflow.steps {
        for TooMuch { expr, work } in step.exprs().into_iter().flat_map(too_much) {
            let message = if work.fuel > FUEL_MAX {
                let (least, most) = (grouped(work.fuel), grouped(FUEL_MAX));
                format!("this takes {least} units of work or more; a step may take {most}")
            } else {
                let (least, most) = (bytes_text(work.bytes), bytes_text(EVAL_BYTES_MAX));
                format!("this makes {least} of data or more; a step may make {most}")
            };
            diagnostics.push(
                Diagnostic::new(Code::TooMuchWork, expr.span, message)
                    .help("go through fewer items, or leave it to a service"),
            );
        }
    }
}

/// A number with its thousands apart.
fn grouped(n: u64) -> String {
    let digits = n.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
