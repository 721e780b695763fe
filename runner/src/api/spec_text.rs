//! The spec's own text within a create request: it is stored as it was sent.

use writ_compiler::text::Span;

/// Where the value of a member of the outermost object stands, in a text that has been read as JSON before.
pub(super) fn member(text: &str, wanted: &str) -> Option<Span> {
    let mut scanner = Scanner { bytes: text.as_bytes(), at: 0 };
    scanner.space();
    scanner.at += 1;
    loop {
        scanner.past(b',');
        let key = scanner.value();
        scanner.past(b':');
        let value = scanner.value();
        let key = text.get(key.range())?;
        if key.is_empty() {
            return None;
        }
        // A key may be written with escapes.
        if serde_json::from_str::<String>(key).is_ok_and(|key| key == wanted) {
            return Some(value);
        }
    }
}

struct Scanner<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Scanner<'_> {
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn space(&mut self) {
        while self.peek().is_some_and(|b| b.is_ascii_whitespace()) {
            self.at += 1;
        }
    }

    /// Past a sign, when it is next, and the space around it.
    fn past(&mut self, sign: u8) {
        self.space();
        if self.peek() == Some(sign) {
            self.at += 1;
        }
        self.space();
    }

    /// Past one value: to the sign behind it, counting what is open.
    fn value(&mut self) -> Span {
        let start = self.at;
        let mut open = 0;
        while let Some(byte) = self.peek() {
            match byte {
                b'"' => {
                    self.string();
                    continue;
                }
                b'{' | b'[' => open += 1,
                b'}' | b']' | b',' | b':' if open == 0 => break,
                b'}' | b']' => open -= 1,
                b if b.is_ascii_whitespace() && open == 0 => break,
                _ => {}
            }
            self.at += 1;
        }
        Span::new(start, self.at)
    }

    fn string(&mut self) {
        self.at += 1;
        while let Some(byte) = self.peek() {
            self.at += if byte == b'\\' { 2 } else { 1 };
            if byte == b'"' {
                break;
            }
        }
        self.at = self.at.min(self.bytes.len());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn found<'t>(text: &'t str, key: &str) -> Option<&'t str> {
        text.get(member(text, key)?.range())
    }

    #[test]
    fn only_a_member_of_the_outermost_object_is_found() {
        let text = r#" {"a": {"spec": 1}, "b\"}" : "x\\", "sp\u0065c" : {"n": [1, {"}": "]"}]} , "c": -1.5}"#;
        assert_eq!(found(text, "spec"), Some(r#"{"n": [1, {"}": "]"}]}"#));
        assert_eq!(found(text, "b\"}"), Some(r#""x\\""#));
        assert_eq!(found(text, "c"), Some("-1.5"));
        assert_eq!(found(text, "n"), None);
        assert_eq!(found("{}", "spec"), None);
    }

    proptest! {
        #[test]
        fn any_text_is_scanned_to_an_end(text in r#"[\[\]{}",:\\aspec ]{0,40}"#) {
            let _ = found(&text, "spec");
        }
    }
}
