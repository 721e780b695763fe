//! From instructions back to the source.

use super::Pc;
use crate::text::Span;
use serde::{Deserialize, Serialize};

/// Where the instructions came from; kept beside a program, not in it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct SourceMap {
    /// The instruction from which on a span holds, and the span; in order.
    runs: Vec<(u32, Span)>,
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
}
