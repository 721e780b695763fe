//! Where each part of a JSON text stands: from a span to a JSON pointer (RFC 6901), and from a key to a span.

use writ_compiler::text::Span;

/// A value of a JSON text, from its key (when it has one) to its end.
#[derive(Debug)]
pub(super) struct Place {
    /// Its key or index, as a pointer writes it.
    step: String,
    /// From its key on.
    start: usize,
    /// From the value itself on.
    value_start: usize,
    end: usize,
    children: Vec<Place>,
}

impl Place {
    /// The parts of a text that has been read as JSON before. Of a text that is no JSON, what comes before the trouble.
    pub(super) fn of(text: &str) -> Self {
        let mut scanner = Scanner { bytes: text.as_bytes(), at: 0 };
        scanner.space();
        scanner.value(String::new(), scanner.at, DEPTH_MAX)
    }

    /// A member of an object.
    pub(super) fn member(&self, key: &str) -> Option<&Self> {
        self.children.iter().find(|child| child.step == key)
    }

    /// Where the value stands, without its key.
    pub(super) fn value_span(&self) -> Span {
        Span::new(self.value_start, self.end)
    }

    /// The pointer to the smallest part that holds all of a span.
    pub(super) fn pointer(&self, span: Span) -> String {
        let range = span.range();
        let mut pointer = String::new();
        let mut place = self;
        loop {
            let after = place.children.partition_point(|child| child.start <= range.start);
            let inner = after.checked_sub(1).and_then(|i| place.children.get(i));
            match inner {
                Some(child) if range.end <= child.end && range.start < child.end => {
                    pointer.push('/');
                    pointer.push_str(&child.step.replace('~', "~0").replace('/', "~1"));
                    place = child;
                }
                _ => return pointer,
            }
        }
    }
}

/// Deeper texts were refused when they were read.
const DEPTH_MAX: usize = 128;

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

    /// Past a `,` or `:` and the space around it.
    fn sign(&mut self) {
        self.space();
        if matches!(self.peek(), Some(b',' | b':')) {
            self.at += 1;
        }
        self.space();
    }

    fn value(&mut self, step: String, start: usize, depth_left: usize) -> Place {
        let value_start = self.at;
        let mut children = Vec::new();
        match self.peek() {
            Some(b'{') if depth_left > 0 => self.object(&mut children, depth_left - 1),
            Some(b'[') if depth_left > 0 => self.list(&mut children, depth_left - 1),
            Some(b'"') => self.string(),
            _ => self.word(),
        }
        Place { step, start, value_start, end: self.at, children }
    }

    fn object(&mut self, children: &mut Vec<Place>, depth_left: usize) {
        self.at += 1;
        self.space();
        while self.peek() == Some(b'"') {
            let start = self.at;
            self.string();
            let key = self.bytes.get(start..self.at).unwrap_or_default();
            let key: String = serde_json::from_slice(key).unwrap_or_default();
            self.sign();
            children.push(self.value(key, start, depth_left));
            self.sign();
        }
        self.close(b'}');
    }

    fn list(&mut self, children: &mut Vec<Place>, depth_left: usize) {
        self.at += 1;
        self.space();
        while self.peek().is_some_and(|b| b != b']') {
            let start = self.at;
            children.push(self.value(children.len().to_string(), start, depth_left));
            if self.at == start {
                // No value begins like this.
                break;
            }
            self.sign();
        }
        self.close(b']');
    }

    fn close(&mut self, bracket: u8) {
        if self.peek() == Some(bracket) {
            self.at += 1;
        }
    }

    fn string(&mut self) {
        self.at += 1;
        while let Some(byte) = self.peek() {
            self.at += if byte == b'\\' { 2 } else { 1 };
            if byte == b'"' {
                return;
            }
        }
        self.at = self.at.min(self.bytes.len());
    }

    /// A number, `true`, `false` or `null`.
    fn word(&mut self) {
        while self
            .peek()
            .is_some_and(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'+' | b'.'))
        {
            self.at += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    const TEXT: &str =
        r#" {"slug": "a", "spec": {"nodes": [{"id": "x\"y"}, -1.5e3], "a/b~": null}}"#;

    fn pointer(of: &str) -> String {
        let start = TEXT.find(of).unwrap();
        Place::of(TEXT).pointer(Span::new(start, start + of.len()))
    }

    #[test]
    fn a_span_leads_to_the_smallest_part_around_it() {
        assert_eq!(pointer(r#""x\"y""#), "/spec/nodes/0/id");
        assert_eq!(pointer(r#""id""#), "/spec/nodes/0/id");
        assert_eq!(pointer("-1.5e3"), "/spec/nodes/1");
        assert_eq!(pointer(r#"{"id""#), "/spec/nodes/0");
        assert_eq!(pointer("null"), "/spec/a~1b~0");
        assert_eq!(pointer(r#""a", "spec""#), "");
    }

    #[test]
    fn a_member_is_found_without_its_key() {
        let place = Place::of(TEXT);
        let span = place.member("spec").unwrap().value_span();
        let spec = TEXT.get(span.range()).unwrap();
        assert!(spec.starts_with("{\"nodes\"") && spec.ends_with("null}"), "{spec}");
    }

    proptest! {
        #[test]
        fn any_text_is_scanned_to_an_end(text in r#"[\[\]{}",:\\ae1 ]{0,40}"#, at in 0usize..40) {
            let place = Place::of(&text);
            prop_assert!(place.end <= text.len());
            let _ = place.pointer(Span::new(at, at + 1));
        }
    }
}
