//! Bracket balance and depth, checked before the grammar sees the text: a missing bracket is one message at the bracket
//! that is not closed, and nesting is bounded.

use crate::diagnostic::{Code, Diagnostic};
use crate::limits::NESTING_MAX;
use crate::text::Span;

/// What is wrong with the brackets of a text, if anything is.
pub(super) fn problem(text: &str) -> Option<Diagnostic> {
    let mut brackets = Brackets::default();
    brackets.read(text.as_bytes(), 0);
    brackets.end()
}

/// Brackets, read from the start of a text or of a part of it.
#[derive(Debug, Default)]
pub(super) struct Brackets {
    open: Vec<(usize, u8)>,
    problem: Option<Diagnostic>,
}

impl Brackets {
    /// Reads on: whole lines up to the end of `bytes`, from `at`.
    pub(super) fn read(&mut self, bytes: &[u8], mut at: usize) {
        while let (Some(&byte), None) = (bytes.get(at), &self.problem) {
            match byte {
                b'"' => {
                    at = string_end(bytes, at);
                    continue;
                }
                b'/' if bytes.get(at + 1) == Some(&b'/') => {
                    at += bytes.iter().skip(at).take_while(|b| **b != b'\n').count();
                    continue;
                }
                b'{' | b'[' => self.opens(at, byte),
                b'}' | b']' => self.closes(at, byte),
                _ => {}
            }
            at += 1;
        }
    }

    /// Whether every bracket so far is closed.
    pub(super) fn are_closed(&self) -> bool {
        self.open.is_empty() && self.problem.is_none()
    }

    /// What is wrong when nothing follows.
    pub(super) fn end(mut self) -> Option<Diagnostic> {
        self.problem.or_else(|| {
            let (start, bracket) = self.open.pop()?;
            let message = format!("`{}` is never closed", char::from(bracket));
            Some(Diagnostic::new(Code::Unterminated, Span::new(start, start + 1), message))
        })
    }

    fn opens(&mut self, at: usize, bracket: u8) {
        self.open.push((at, bracket));
        if self.open.len() > NESTING_MAX {
            let message = format!("nested more than {NESTING_MAX} deep");
            self.problem = Some(Diagnostic::new(Code::TooDeep, Span::new(at, at + 1), message));
        }
    }

    fn closes(&mut self, at: usize, byte: u8) {
        let wanted = if byte == b'}' { b'{' } else { b'[' };
        let here = Span::new(at, at + 1);
        self.problem = match self.open.pop() {
            Some((_, bracket)) if bracket == wanted => None,
            Some((start, bracket)) => {
                let close = if bracket == b'{' { '}' } else { ']' };
                let message = format!("`{}` does not close this bracket", char::from(byte));
                Some(
                    Diagnostic::new(Code::UnexpectedToken, here, message)
                        .label(format!("expected `{close}` first"))
                        .and(Span::new(start, start + 1), "opened here"),
                )
            }
            None => {
                let message = format!("`{}` closes nothing", char::from(byte));
                let code = if at == 0 { Code::UnexpectedToken } else { Code::TrailingText };
                Some(Diagnostic::new(code, here, message))
            }
        };
    }
}

/// Just past the string that starts at `start`, or the end of its line when it is not closed.
pub(super) fn string_end(bytes: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'\\' if bytes.get(at + 1).is_some_and(|b| !matches!(b, b'\n' | b'\r')) => at += 1,
            b'"' => return at + 1,
            b'\n' | b'\r' => return at,
            _ => {}
        }
        at += 1;
    }
    bytes.len()
}
