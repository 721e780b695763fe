//! Patterns of `matches`: RE2's, in time linear in the text.
//!
//! The engine reads a close relative of RE2's language. Where the two differ, the pattern is rewritten: a class such as
//! `\d` is of ASCII, a bracket inside a class stands for itself, and `\Q...\E` quotes.

use crate::limits::{PATTERN_BYTES_MAX, PATTERN_SIZE_MAX, PATTERN_SIZE_SMALL};
use regex::{Regex, RegexBuilder};

/// A compiled pattern.
#[derive(Debug)]
pub struct Pattern {
    regex: Regex,
    is_small: bool,
}

impl Pattern {
    /// Compiles a pattern.
    ///
    /// # Errors
    ///
    /// Says what is wrong with it, in a few words.
    pub fn new(pattern: &str) -> Result<Self, String> {
        if pattern.len() > PATTERN_BYTES_MAX {
            return Err(format!("it is longer than {PATTERN_BYTES_MAX} bytes"));
        }
        let rewritten = rewritten(pattern);
        let sized = |size: usize| {
            let mut builder = RegexBuilder::new(&rewritten);
            builder.size_limit(size).dfa_size_limit(PATTERN_SIZE_MAX).nest_limit(64).build()
        };
        match sized(PATTERN_SIZE_SMALL) {
            Ok(regex) => Ok(Self { regex, is_small: true }),
            Err(regex::Error::CompiledTooBig(_)) => match sized(PATTERN_SIZE_MAX) {
                Ok(regex) => Ok(Self { regex, is_small: false }),
                Err(error) => Err(words(&error)),
            },
            Err(error) => Err(words(&error)),
        }
    }

    /// Whether it matches somewhere in the text.
    #[must_use]
    pub fn is_match(&self, text: &str) -> bool {
        self.regex.is_match(text)
    }

    /// The work that a byte of text may take: where many parts of a pattern may match at once, all of them are tried.
    #[must_use]
    pub fn work_per_byte(&self) -> u64 {
        if self.is_small { 1 } else { 12 }
    }
}

fn words(error: &regex::Error) -> String {
    match error {
        regex::Error::CompiledTooBig(_) => "it repeats too much".to_owned(),
        other => {
            // The last line of a report that draws the pattern says what is wrong.
            let text = other.to_string();
            let line = text.lines().last().unwrap_or_default();
            line.strip_prefix("error: ").unwrap_or(line).to_owned()
        }
    }
}

/// The pattern in the engine's language.
fn rewritten(pattern: &str) -> String {
    let mut out = String::with_capacity(pattern.len() + 16);
    let mut rest = pattern;
    let mut in_class = false;
    while let Some(c) = rest.chars().next() {
        let mut taken = c.len_utf8();
        match (c, in_class) {
            ('\\', _) => taken += escape(rest.get(1..).unwrap_or_default(), in_class, &mut out),
            ('[', false) => {
                in_class = true;
                out.push('[');
                // A bracket that closes right behind the opening one stands for itself.
                let inner = rest.get(1..).unwrap_or_default();
                let negated = inner.starts_with('^');
                out.push_str(if negated { "^" } else { "" });
                taken += usize::from(negated);
                if inner.get(usize::from(negated)..).is_some_and(|rest| rest.starts_with(']')) {
                    out.push_str("\\]");
                    taken += 1;
                }
            }
            ('[', true) => match rest.find(":]").filter(|_| rest.starts_with("[:")) {
                Some(end) => {
                    taken = end + 2;
                    out.push_str(rest.get(..taken).unwrap_or_default());
                }
                None => out.push_str("\\["),
            },
            ('&' | '~', true) => {
                out.push('\\');
                out.push(c);
            }
            (c, _) => {
                in_class &= c != ']';
                out.push(c);
            }
        }
        rest = rest.get(taken..).unwrap_or_default();
    }
    out
}

/// Writes what a backslash and this stand for; how many bytes of it that takes.
fn escape(behind: &str, in_class: bool, out: &mut String) -> usize {
    let Some(c) = behind.chars().next() else {
        out.push('\\');
        return 0;
    };
    let class = match c {
        'd' => "[0-9]",
        'D' => "[^0-9]",
        's' => "[\\t\\n\\f\\r ]",
        'S' => "[^\\t\\n\\f\\r ]",
        'w' => "[0-9A-Za-z_]",
        'W' => "[^0-9A-Za-z_]",
        'b' if !in_class => "(?-u:\\b)",
        'Q' => {
            let quoted = behind.get(1..).unwrap_or_default();
            let end = quoted.find("\\E");
            let text = quoted.get(..end.unwrap_or(quoted.len())).unwrap_or_default();
            out.push_str(&regex::escape(text));
            return 1 + text.len() + if end.is_some() { 2 } else { 0 };
        }
        _ => {
            out.push('\\');
            out.push(c);
            return c.len_utf8();
        }
    };
    out.push_str(class);
    1
}
