//! Numbers that do not fit.

use crate::diagnostic::{Code, Diagnostic};
use crate::text::Span;

/// A number as written that no value can hold. `most` is the largest whole number that could stand there.
pub(crate) fn out_of_range(text: &str, span: Span, most: u64) -> Diagnostic {
    let whole = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        && (text.contains(['x', 'X']) || !text.contains(['e', 'E']));
    let fits = match whole {
        true => format!("whole numbers from {} to {most} fit", i64::MIN),
        false => "numbers up to about 1.8e308 fit".to_owned(),
    };
    Diagnostic::new(Code::BadNumber, span, format!("the number {text} is out of range"))
        .note(fits)
        .help("what is not calculated with, such as an account number, is text: put it in quotes")
}
