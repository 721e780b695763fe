//! Source excerpts for people, through codespan-reporting.
