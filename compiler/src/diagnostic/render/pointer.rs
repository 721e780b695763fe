//! From a place in a JSON text to its JSON pointer (RFC 6901).

use crate::analysis::{Analysis, Syntax};
use crate::syntax::json::node::{Kind, Node};
use crate::syntax::json::read;
use crate::text::Span;

/// The values of one JSON text and where they stand; empty for other syntaxes.
pub(super) struct Pointers {
    root: Option<Node>,
}

impl Pointers {
    /// Reads the text once, when there is anything to point at.
    pub(super) fn of(analysis: &Analysis) -> Self {
        let wanted = analysis.syntax == Syntax::Json && !analysis.diagnostics.is_empty();
        let root = wanted.then(|| read(&analysis.text)).flatten();
        Self { root }
    }

    /// The pointer of the innermost value, or member, that holds the whole span.
    pub(super) fn at(&self, span: Span) -> Option<String> {
        let mut node = self.root.as_ref()?;
        let mut pointer = String::new();
        loop {
            let inner = match &node.kind {
                Kind::Object(members) => {
                    last_at(members, span, |(name, value)| name.span.to(value.span))
                        .map(|(_, (name, value))| (escape(&name.value), value))
                }
                Kind::List(items) => {
                    last_at(items, span, |item| item.span).map(|(i, item)| (i.to_string(), item))
                }
                Kind::Null
                | Kind::Bool(_)
                | Kind::Int(_)
                | Kind::Uint(_)
                | Kind::Double(_)
                | Kind::String(..)
                | Kind::Error => None,
            };
            let Some((segment, value)) = inner else { return Some(pointer) };
            pointer.push('/');
            pointer.push_str(&segment);
            node = value;
        }
    }
}

/// The part that holds a place, and its index; parts stand one behind the other, and there may be very many.
fn last_at<T>(parts: &[T], place: Span, span: impl Fn(&T) -> Span) -> Option<(usize, &T)> {
    let at = parts.partition_point(|part| span(part).start <= place.start).checked_sub(1)?;
    let part = parts.get(at)?;
    holds(span(part), place).then_some((at, part))
}

fn holds(outer: Span, inner: Span) -> bool {
    outer.start <= inner.start && inner.end <= outer.end
}

fn escape(segment: &str) -> String {
    segment.replace('~', "~0").replace('/', "~1")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_innermost_value_is_named() {
        let text = r#"{"spec": {"nodes": [{"id": "a"}, {"a/b": {"~": "here"}}]}}"#;
        let pointers = Pointers { root: read(text) };
        let at = |word: &str| {
            let start = text.find(word).unwrap_or_default();
            pointers.at(Span::new(start, start + word.len())).unwrap_or_default()
        };
        assert_eq!(at("here"), "/spec/nodes/1/a~1b/~0");
        assert_eq!(at("\"id\""), "/spec/nodes/0/id");
        assert_eq!(at("nodes\": ["), "/spec/nodes");
        assert_eq!(pointers.at(Span::new(0, text.len())).as_deref(), Some(""));
    }
}
