//! The pest parser of `.writ` and of expressions, as one grammar, so that expressions inside a
//! workflow are parsed in the same pass. Nothing of pest leaves `syntax`.

// The derive makes an enum of rules that nobody outside reads.
#![allow(missing_docs)]

use pest_derive::Parser;

#[derive(Parser)]
#[grammar = "../../grammar/expr.pest"]
#[grammar = "../../grammar/writ.pest"]
pub(crate) struct WritGrammar;
