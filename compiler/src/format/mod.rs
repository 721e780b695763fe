//! The canonical form of a source text: the same tokens, with white space as everybody writes it.
//!
//! A `.writ` text is written again from its tokens and not from its tree. The grammar says what each token is part of,
//! and the few rules of `layout` are about brackets, elements and operators, so that a new clause needs none of its own.

mod json;
mod layout;
mod piece;
mod read;

use crate::analysis::{Analysis, Syntax};
use crate::diagnostic::{Code, Diagnostic};
use crate::limits::SOURCE_BYTES_MAX;
use crate::syntax;

/// The canonical form of bytes that should be a source text.
///
/// # Errors
///
/// When they cannot be read as one: an analysis that holds nothing but what is wrong with the syntax.
pub fn format(bytes: &[u8], syntax: Syntax) -> Result<String, Box<Analysis>> {
    let text = match std::str::from_utf8(bytes) {
        Ok(text) if bytes.len() <= SOURCE_BYTES_MAX => text,
        Ok(_) | Err(_) => return Err(Box::new(Analysis::from_bytes(bytes, syntax))),
    };
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let formatted = match syntax {
        Syntax::Json => format_json(text),
        Syntax::Writ => format_writ(text),
    };
    formatted.map_err(|found| Box::new(Analysis::unread(text.to_owned(), syntax, found)))
}

fn format_json(text: &str) -> Result<String, Vec<Diagnostic>> {
    let found = syntax::json::problems(text);
    if found.is_empty() { Ok(json::json(text)) } else { Err(found) }
}

fn format_writ(text: &str) -> Result<String, Vec<Diagnostic>> {
    let mut pieces = None;
    let (_, mut found) = syntax::writ::parse_and(text, |pairs| pieces = read::pieces(text, pairs));
    match pieces {
        Some(pieces) if !found.iter().any(|d| is_about_syntax(d.code)) => {
            Ok(layout::write(&pieces))
        }
        Some(_) => {
            found.retain(|d| is_about_syntax(d.code));
            Err(found)
        }
        None => Err(found),
    }
}

/// Whether a code says that a text cannot be read, and not that what was read is wrong.
fn is_about_syntax(code: Code) -> bool {
    matches!(
        code,
        Code::NotUtf8
            | Code::SourceTooLarge
            | Code::TooDeep
            | Code::UnexpectedToken
            | Code::Unterminated
            | Code::BadEscape
            | Code::DuplicateKey
            | Code::TrailingText
            | Code::BadNumber
            | Code::EmptyExpression
    )
}

#[cfg(test)]
mod tests;
