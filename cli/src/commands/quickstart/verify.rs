//! What the quickstart expects to see, counted; what it did not see, listed.

use crate::output;
use serde_json::Value;
use std::io::{self, Write};

/// The facts checked so far.
#[derive(Debug, Default)]
pub struct Facts {
    seen: usize,
    wrong: Vec<String>,
}

impl Facts {
    /// A fact that must hold; `what` is how it reads when it does not.
    pub fn holds(&mut self, what: impl Into<String>, holds: bool) {
        self.seen += 1;
        if !holds {
            self.wrong.push(what.into());
        }
    }

    /// How many facts did not hold so far.
    pub fn wrong(&self) -> usize {
        self.wrong.len()
    }

    /// A value that must be exactly this.
    pub fn equal(&mut self, what: &str, actual: &Value, expected: impl Into<Value>) {
        let expected = expected.into();
        self.holds(format!("{what} is {actual}, not {expected}"), *actual == expected);
    }

    /// An id that must have the documented prefix.
    pub fn id(&mut self, what: &str, actual: &Value, prefix: &str) {
        let fits = actual.as_str().is_some_and(|id| {
            id.strip_prefix(prefix).is_some_and(|rest| rest.len() == 26 && rest.is_ascii())
        });
        self.holds(format!("{what} is {actual}, not {prefix}…"), fits);
    }

    /// A time that must be RFC 3339 in UTC, with milliseconds.
    pub fn time(&mut self, what: &str, actual: &Value) {
        let fits = actual.as_str().is_some_and(|time| {
            let shape: String =
                time.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
            shape == "0000-00-00T00:00:00.000Z"
        });
        self.holds(format!("{what} is {actual}, not a time"), fits);
    }

    /// A text that must appear nowhere in what the server said.
    pub fn absent(&mut self, what: &str, haystack: &str, secret: &str) {
        self.holds(format!("{what} shows a secret in clear"), !haystack.contains(secret));
    }

    /// Prints the verdict; whether everything was as it should be.
    pub fn report(&self) -> io::Result<bool> {
        let mut out = anstream::stdout().lock();
        let (good, bad) = (output::GOOD, output::ERROR);
        if self.wrong.is_empty() {
            writeln!(out, "{good}✓ verified{good:#}: all {} facts are as documented", self.seen)?;
        } else {
            let wrong = self.wrong.len();
            writeln!(out, "{bad}✗ {wrong} of {} facts are wrong{bad:#}:", self.seen)?;
            for line in &self.wrong {
                writeln!(out, "  - {line}")?;
            }
        }
        Ok(self.wrong.is_empty())
    }
}

/// A place in a JSON value, null when it is not there.
pub fn at<'a>(value: &'a Value, pointer: &str) -> &'a Value {
    value.pointer(pointer).unwrap_or(&Value::Null)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn ids_and_times_are_judged_by_their_shape() {
        let mut facts = Facts::default();
        facts.id("id", &json!("exe_01HXYZ0123456789ABCDEFGHJK"), "exe_");
        facts.time("time", &json!("2026-05-01T12:00:00.000Z"));
        assert!(facts.wrong.is_empty());
        facts.id("id", &json!("exe_1"), "exe_");
        facts.time("time", &json!("2026-05-01T12:00:00Z"));
        assert_eq!(facts.wrong.len(), 2);
        assert_eq!(facts.seen, 4);
    }
}
