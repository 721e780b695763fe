//! Diagnostics: what the compiler says about a source text.

pub(crate) mod allow;
mod catalogue;
mod edit;
pub mod fix;
mod lookup;
pub mod render;
mod suggest;

pub use allow::Allowed;
pub use catalogue::{CATALOGUE, Code, CodeInfo, FAMILIES, Family};
pub use edit::SourceText;
pub(crate) use suggest::{begin_text, did_you_mean, did_you_mean_another, nearest};

use crate::text::Span;

/// How much a diagnostic weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Worth knowing.
    Note,
    /// Publishes, but is shown.
    Warning,
    /// Does not publish.
    Error,
}

/// One thing wrong, or dubious, with a place and, where one exists, a fix.
#[derive(Debug, Clone, PartialEq)]
pub struct Diagnostic {
    /// Its stable code.
    pub code: Code,
    /// Its weight; the catalogue's unless a flag changed it.
    pub severity: Severity,
    /// One sentence that says what is wrong, in the author's names, and stands alone.
    pub message: String,
    /// Where it is wrong.
    pub primary: Label,
    /// Why it is wrong: the branch on which a step did not run, the place a type is declared.
    pub secondary: Vec<Label>,
    /// Further facts, one sentence each.
    pub notes: Vec<String>,
    /// What to do about it, and how a machine can do it.
    pub suggestions: Vec<Suggestion>,
}

/// A place with a remark.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// Which text the span points into.
    pub source: SourceRef,
    /// The place.
    pub span: Span,
    /// The remark; may be empty.
    pub message: String,
}

/// The text a label points into.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub enum SourceRef {
    /// The text being analysed.
    #[default]
    Main,
    /// A built-in service signature, by its service's slug.
    Stdlib(&'static str),
}

/// What to do, in words, and as edits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suggestion {
    /// What to do, as an imperative.
    pub message: String,
    /// Edits of the main text that do it; empty when only words can be given.
    pub edits: Vec<Edit>,
    /// Whether a machine may apply the edits without asking.
    pub applicability: Applicability,
}

/// A replacement of a stretch of the main text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// What is replaced; empty for an insertion.
    pub span: Span,
    /// What stands there afterwards.
    pub replacement: String,
}

/// How sure a suggestion is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Applicability {
    /// Right in every case: `--fix` applies it.
    Safe,
    /// Probably what was meant: shown, not applied.
    Maybe,
}

impl Diagnostic {
    /// A diagnostic of the code's own severity at a place of the main text.
    pub fn new(code: Code, span: Span, message: impl Into<String>) -> Self {
        Self {
            code,
            severity: code.info().severity,
            message: one_line(message.into()),
            primary: Label { source: SourceRef::Main, span, message: String::new() },
            secondary: Vec::new(),
            notes: Vec::new(),
            suggestions: Vec::new(),
        }
    }

    /// Sets the remark at the primary place.
    #[must_use]
    pub fn label(mut self, message: impl Into<String>) -> Self {
        self.primary.message = one_line(message.into());
        self
    }

    /// Adds a secondary place of the main text.
    #[must_use]
    pub fn and(mut self, span: Span, message: impl Into<String>) -> Self {
        self.secondary.push(Label {
            source: SourceRef::Main,
            span,
            message: one_line(message.into()),
        });
        self
    }

    /// Adds a secondary place of a built-in signature.
    #[must_use]
    pub fn and_in(mut self, source: SourceRef, span: Span, message: impl Into<String>) -> Self {
        self.secondary.push(Label { source, span, message: one_line(message.into()) });
        self
    }

    /// Adds a note.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.notes.push(one_line(note.into()));
        self
    }

    /// Adds advice in words only.
    #[must_use]
    pub fn help(mut self, message: impl Into<String>) -> Self {
        self.suggestions.push(Suggestion {
            message: one_line(message.into()),
            edits: Vec::new(),
            applicability: Applicability::Maybe,
        });
        self
    }

    /// Adds advice with one edit.
    #[must_use]
    pub fn fix(
        self,
        message: impl Into<String>,
        span: Span,
        replacement: impl Into<String>,
        applicability: Applicability,
    ) -> Self {
        self.edits(message, vec![Edit { span, replacement: replacement.into() }], applicability)
    }

    /// Adds advice with edits that belong together, in order of their places.
    #[must_use]
    pub fn edits(
        mut self,
        message: impl Into<String>,
        edits: Vec<Edit>,
        applicability: Applicability,
    ) -> Self {
        self.suggestions.push(Suggestion {
            message: one_line(message.into()),
            edits,
            applicability,
        });
        self
    }
}

/// Text that stays on its line and drives no terminal: names come from the source as they are.
pub(crate) fn one_line(text: String) -> String {
    if !text.contains(is_unprintable) {
        return text;
    }
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        if is_unprintable(c) {
            shown.extend(c.escape_default());
        } else {
            shown.push(c);
        }
    }
    shown
}

/// Whether a character moves the cursor, or turns the direction of the text around it.
pub(crate) fn is_unprintable(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{2028}' | '\u{2029}')
}
