//! Finding a code by what somebody typed, and what its page says first.

use super::catalogue::{CATALOGUE, CodeInfo, Family};
use super::suggest::nearest;

impl CodeInfo {
    /// The code that was typed: `WR0402`, `wr0402`, `wr402`, `0402` or `402`.
    #[must_use]
    pub fn find(typed: &str) -> Option<&'static Self> {
        let id = full(typed)?;
        CATALOGUE.iter().find(|info| info.id == id)
    }

    /// The code that was probably meant by one that there is not.
    #[must_use]
    pub fn nearest(typed: &str) -> Option<&'static Self> {
        let id = full(typed).unwrap_or_else(|| typed.to_ascii_uppercase());
        let near = nearest(&id, CATALOGUE.iter().map(|info| info.id))?;
        Self::find(near)
    }

    /// The first paragraph of its page, on one line.
    #[must_use]
    pub fn summary(&self) -> String {
        let paragraph = self.page.split("\n\n").nth(2).unwrap_or(self.title);
        paragraph.trim().replace('\n', " ")
    }
}

impl Family {
    /// Its codes, in order.
    pub fn codes(self) -> impl Iterator<Item = &'static CodeInfo> {
        CATALOGUE.iter().filter(move |info| info.id.starts_with(self.prefix))
    }
}

/// A code as it is written in full; `None` for what is no code at all.
fn full(typed: &str) -> Option<String> {
    let upper = typed.trim().to_ascii_uppercase();
    let digits = upper.strip_prefix("WR").unwrap_or(&upper);
    let fits = (1..=4).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
    fits.then(|| format!("WR{digits:0>4}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Code;

    fn found(typed: &str) -> Option<Code> {
        CodeInfo::find(typed).map(|info| info.code)
    }

    #[test]
    fn a_code_is_found_however_it_is_typed() {
        for typed in ["WR0402", "wr0402", "Wr402", "0402", "402", " wr0402 "] {
            assert_eq!(found(typed), Some(Code::StepNotRun), "{typed}");
        }
        for typed in ["", "WR", "WR00402", "x402", "WR04O2", "WR9999", "\u{663}"] {
            assert_eq!(found(typed), None, "{typed}");
        }
    }

    #[test]
    fn a_slip_of_the_fingers_leads_to_the_code() {
        let near = |typed| CodeInfo::nearest(typed).map(|info| info.id);
        assert_eq!(near("WR04O2"), Some("WR0402"));
        assert_eq!(near("w0402"), Some("WR0402"));
        assert_eq!(near("secrets"), None);
    }
}
