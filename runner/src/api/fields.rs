//! The fields of a body, read one by one; what is wrong with them is said all at once.

use super::error::{ApiError, FieldErrors};
use std::ops::RangeInclusive;
use writ_compiler::value::Value;

/// The fields of one body.
pub(super) struct Fields<'a> {
    body: &'a Value,
    errors: FieldErrors,
}

impl<'a> Fields<'a> {
    pub(super) fn of(body: &'a Value) -> Self {
        Self { body, errors: FieldErrors::new() }
    }

    /// The raw field; `null` counts as absent.
    pub(super) fn get(&self, name: &str) -> Option<&'a Value> {
        self.body.get(name).filter(|value| !value.is_null())
    }

    /// Notes what is wrong with a field.
    pub(super) fn error(&mut self, name: &str, message: impl Into<String>) {
        self.errors.entry(name.to_owned()).or_default().push(message.into());
    }

    /// Text of a length in characters; reports its absence.
    pub(super) fn require_text(
        &mut self,
        name: &str,
        length: RangeInclusive<usize>,
    ) -> Option<&'a str> {
        if self.get(name).is_none() {
            self.error(name, "is required");
            return None;
        }
        self.text(name, length)
    }

    /// Text of a length in characters, when it is there.
    pub(super) fn text(&mut self, name: &str, length: RangeInclusive<usize>) -> Option<&'a str> {
        let value = self.get(name)?;
        let Some(text) = value.as_str() else {
            self.error(name, "must be a string");
            return None;
        };
        let characters = text.trim().chars().count();
        if characters < *length.start() {
            let message = match length.start() {
                1 => "must not be empty".to_owned(),
                least => format!("must have at least {least} characters"),
            };
            self.error(name, message);
            return None;
        }
        if text.chars().count() > *length.end() {
            self.error(name, format!("must have at most {} characters", length.end()));
            return None;
        }
        Some(text)
    }

    /// A list of texts; empty when it is absent.
    pub(super) fn texts(&mut self, name: &str, items_max: usize) -> Vec<String> {
        let Some(value) = self.get(name) else { return Vec::new() };
        let items = value.as_list().and_then(|items| {
            items.iter().map(|item| item.as_str().map(str::to_owned)).collect::<Option<Vec<_>>>()
        });
        match items {
            Some(items) if items.len() <= items_max => items,
            Some(_) => {
                self.error(name, format!("must have at most {items_max} items"));
                Vec::new()
            }
            None => {
                self.error(name, "must be a list of strings");
                Vec::new()
            }
        }
    }

    /// Refuses the body when anything was wrong.
    pub(super) fn finish(self) -> Result<(), ApiError> {
        if self.errors.is_empty() { Ok(()) } else { Err(ApiError::validation(self.errors)) }
    }
}

/// Whether text is a slug: lower-case letters, digits, `-` and `_`, beginning with a letter or a digit.
pub(super) fn is_slug(text: &str) -> bool {
    let word = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    text.bytes().next().is_some_and(word)
        && text.bytes().all(|b| word(b) || matches!(b, b'-' | b'_'))
}

/// What [`is_slug`] asks for.
pub(super) const SLUG_WORDS: &str =
    "must be of lower-case letters, digits, `-` and `_`, and begin with a letter or a digit";
