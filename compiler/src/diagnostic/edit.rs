//! Edits that leave a text in shape: what is removed takes its comma or its line along, what is added looks like what
//! stands beside it.

use super::Edit;
use crate::analysis::Syntax;
use crate::text::Span;

/// The text that is analysed, for edits of it.
#[derive(Debug, Clone, Copy)]
pub struct SourceText<'t> {
    /// The text.
    pub text: &'t str,
    /// Its syntax.
    pub syntax: Syntax,
}

impl<'t> SourceText<'t> {
    /// Removes one of several: an item or a member of JSON with its comma; an item, a step, an arm or a clause of
    /// `.writ` with its line.
    #[must_use]
    pub fn remove(self, item: Span) -> Edit {
        let (start, end) = match self.lines_of(item) {
            Some(lines) if self.syntax == Syntax::Writ => lines,
            Some(_) | None => self.with_comma(item),
        };
        Edit { span: Span::new(start, end), replacement: String::new() }
    }

    /// Adds one of the same kind behind `item`: on a line of its own where the items have lines of their own.
    #[must_use]
    pub fn add_behind(self, item: Span, added: &str) -> Edit {
        let after = self.after(item);
        let line = after.split(['\r', '\n']).next().unwrap_or_default();
        let (comma, ends_line, at) = match self.syntax {
            Syntax::Json => (",", matches!(line.trim(), "" | ","), item.end as usize),
            // A comment at the end of a line belongs to what stands before it.
            Syntax::Writ if line.trim_start().starts_with("//") || line.trim().is_empty() => {
                ("", true, item.end as usize + line.trim_end().len())
            }
            Syntax::Writ => ("", false, item.end as usize),
        };
        let break_ = if after.get(line.len()..).is_some_and(|rest| rest.starts_with('\r')) {
            "\r\n"
        } else {
            "\n"
        };
        let space =
            if ends_line { format!("{break_}{}", self.indent(item)) } else { " ".to_owned() };
        Edit { span: Span::new(at, at), replacement: format!("{comma}{space}{added}") }
    }

    /// The place of a value together with the signs and words before it: `["\"next\"", ":"]` gives a member,
    /// `["on", "reject"]` a clause. `None` when something else stands there.
    #[must_use]
    pub fn led_by(self, value: Span, words: &[&str]) -> Option<Span> {
        let mut before = self.before(value);
        for word in words.iter().rev() {
            before = before.trim_end().strip_suffix(word)?;
            if before.ends_with(is_word) && word.starts_with(is_word) {
                return None;
            }
        }
        Some(Span::new(before.len(), value.end as usize))
    }

    fn before(self, item: Span) -> &'t str {
        self.text.get(..item.start as usize).unwrap_or_default()
    }

    fn after(self, item: Span) -> &'t str {
        self.text.get(item.end as usize..).unwrap_or_default()
    }

    /// What stands before everything else on the line on which `item` begins.
    fn indent(self, item: Span) -> &'t str {
        let before = self.before(item);
        let line = before.rfind('\n').map_or(0, |at| at + 1);
        let line = self.text.get(line..).unwrap_or_default();
        let begin = line.find(|c| !matches!(c, ' ' | '\t')).unwrap_or(line.len());
        line.get(..begin).unwrap_or_default()
    }

    /// The whole lines that an item has for itself, and one of the empty lines around it.
    fn lines_of(self, item: Span) -> Option<(usize, usize)> {
        let (before, after) = (self.before(item), self.after(item));
        let start = before.rfind('\n').map_or(0, |at| at + 1);
        let line = after.split('\n').next().unwrap_or_default();
        let rest = line.trim();
        let alone = before.get(start..).unwrap_or_default().trim().is_empty()
            && (rest.is_empty() || rest == "," || rest.starts_with("//"));
        if !alone {
            return None;
        }
        let mut end = (item.end as usize + line.len() + 1).min(self.text.len());
        let above = before.get(..start).unwrap_or_default();
        let last = above.lines().next_back().unwrap_or_default().trim();
        let below = self.text.get(end..).unwrap_or_default();
        let next = below.split_inclusive('\n').next().unwrap_or_default();
        if (last.is_empty() || last.ends_with('{')) && next.trim().is_empty() {
            end += next.len();
        }
        Some((start, end))
    }

    /// An item with the comma behind it and what separates it from the next one; of the last item, with those before it.
    fn with_comma(self, item: Span) -> (usize, usize) {
        let (start, end) = (item.start as usize, item.end as usize);
        let (before, after) = (self.before(item), self.after(item));
        if let Some(rest) = after.trim_start().strip_prefix(',') {
            return (start, self.text.len() - rest.trim_start().len());
        }
        let head = before.trim_end();
        match head.strip_suffix(',') {
            Some(head) => (head.len(), end),
            None if self.syntax == Syntax::Json => {
                (head.len(), self.text.len() - after.trim_start().len())
            }
            None => {
                let behind = after.trim_start_matches([' ', '\t']);
                match behind.starts_with(['\r', '\n']) || behind.is_empty() {
                    true => (before.trim_end_matches([' ', '\t']).len(), end),
                    false => (start, self.text.len() - behind.len()),
                }
            }
        }
    }
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn source(text: &str, syntax: Syntax) -> (SourceText<'_>, Span) {
        let at = text.find('X').unwrap();
        (SourceText { text, syntax }, Span::new(at, at + 1))
    }

    fn edited(text: &str, edit: &Edit) -> String {
        let mut text = text.to_owned();
        text.replace_range(edit.span.range(), &edit.replacement);
        text
    }

    #[track_caller]
    fn removed(syntax: Syntax, text: &str) -> String {
        let (source, item) = source(text, syntax);
        edited(text, &source.remove(item))
    }

    #[track_caller]
    fn added(syntax: Syntax, text: &str) -> String {
        let (source, item) = source(text, syntax);
        edited(text, &source.add_behind(item, "Y"))
    }

    #[test]
    fn an_item_of_json_goes_with_its_comma() {
        for (before, after) in [
            ("[X, 1]", "[1]"),
            ("[1, X, 2]", "[1, 2]"),
            ("[1, X]", "[1]"),
            ("[ X ]", "[]"),
            ("[\n  X,\n  1\n]", "[\n  1\n]"),
            ("[\n  1,\n  X\n]", "[\n  1\n]"),
        ] {
            assert_eq!(removed(Syntax::Json, before), after);
        }
    }

    #[test]
    fn an_item_of_writ_goes_with_its_lines() {
        for (before, after) in [
            ("use a\nX // old\nuse b\n", "use a\nuse b\n"),
            ("X\n\nworkflow", "workflow"),
            ("{\n  a\n\n  X\n\n  b\n}", "{\n  a\n\n  b\n}"),
            ("a\r\n\r\nX\r\n\r\nb", "a\r\n\r\nb"),
            ("{ a X b }", "{ a b }"),
            ("{ a X\nb }", "{ a\nb }"),
            ("{ a: 1, X }", "{ a: 1 }"),
            ("a\nX", "a\n"),
        ] {
            assert_eq!(removed(Syntax::Writ, before), after);
        }
    }

    #[test]
    fn what_is_added_looks_like_what_stands_beside_it() {
        for (before, after) in [
            ("[X]", "[X, Y]"),
            ("[X, 1]", "[X, Y, 1]"),
            ("[\n  X,\n  1\n]", "[\n  X,\n  Y,\n  1\n]"),
            ("[\r\n\tX\r\n]", "[\r\n\tX,\r\n\tY\r\n]"),
        ] {
            assert_eq!(added(Syntax::Json, before), after);
        }
        for (before, after) in
            [("{\n  X // why\n}", "{\n  X // why\n  Y\n}"), ("{ a X b }", "{ a X Y b }")]
        {
            assert_eq!(added(Syntax::Writ, before), after);
        }
    }

    #[test]
    fn what_leads_to_a_value_is_found_across_white_space() {
        let (source, value) = source("{ \"a\" :\n X, on  reject X }", Syntax::Json);
        let led = |words: &[&str]| source.led_by(value, words).map(|span| span.start);
        assert_eq!(led(&["\"a\"", ":"]), Some(2));
        assert_eq!(led(&["\"b\"", ":"]), None);
        let text = SourceText { text: "son timeout X", syntax: Syntax::Writ };
        assert_eq!(text.led_by(Span::new(12, 13), &["on", "timeout"]), None);
        assert_eq!(text.led_by(Span::new(12, 13), &["timeout"]), Some(Span::new(4, 13)));
    }
}
