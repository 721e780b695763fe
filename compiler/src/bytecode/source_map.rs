//! From instructions back to the source.

use super::Pc;
use crate::analysis::Syntax;
use crate::diagnostic::SourceText;
use crate::syntax::json::unescaped;
use crate::text::{LineIndex, Position, Span};
use serde::{Deserialize, Serialize};
use std::fmt;

/// Longest excerpt of an expression, in characters.
const EXPRESSION_CHARS_MAX: usize = 120;

/// Where the instructions came from; kept beside a program, not in it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct SourceMap {
    /// The instruction from which on a span holds, and the span; in order.
    runs: Vec<(u32, Span)>,
}

/// Where an instruction came from, for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Location {
    /// One-based line.
    pub line: u32,
    /// One-based column, in Unicode scalar values.
    pub column: u32,
    /// The expression as its author wrote it, without a JSON string's escapes, on one line and not too long; the step's
    /// id where the step itself is meant.
    pub expression: String,
}

impl fmt::Display for Location {
    /// `12:17 in ...`, to stand behind a file's name and a colon.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{} in `{}`", self.line, self.column, self.expression)
    }
}

impl SourceMap {
    /// The map of instructions that came from these spans, one each, in order.
    #[must_use]
    pub fn new(spans: impl IntoIterator<Item = Span>) -> Self {
        let mut runs: Vec<(u32, Span)> = Vec::new();
        for (pc, span) in (0..).zip(spans) {
            if runs.last().is_none_or(|(_, last)| *last != span) {
                runs.push((pc, span));
            }
        }
        Self { runs }
    }

    /// The expression or step that an instruction came from.
    #[must_use]
    pub fn span(&self, pc: Pc) -> Option<Span> {
        let after = self.runs.partition_point(|(from, _)| *from <= pc.0);
        self.runs.get(after.checked_sub(1)?).map(|(_, span)| *span)
    }

    /// The place of an instruction in the source that this map leads to, and what stands there.
    #[must_use]
    pub fn locate(&self, pc: Pc, source: SourceText<'_>, lines: &LineIndex) -> Option<Location> {
        let span = self.span(pc)?;
        let written = source.text.get(span.range())?;
        let Position { line, column } = lines.position(source.text, span.start);
        let expression = match source.syntax {
            Syntax::Json => unescaped(written).map_or_else(|| one_line(written), |t| one_line(&t)),
            Syntax::Writ => one_line(written),
        };
        Some(Location { line, column, expression })
    }
}

/// A text with a space for each piece of white space in it, shortened.
fn one_line(text: &str) -> String {
    let mut line = String::new();
    for (at, word) in text.split_whitespace().enumerate() {
        if at > 0 {
            line.push(' ');
        }
        line.push_str(word);
        if let Some((end, _)) = line.char_indices().nth(EXPRESSION_CHARS_MAX) {
            line.truncate(end);
            line.push_str("...");
            break;
        }
    }
    line
}
