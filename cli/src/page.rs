//! A page of Markdown laid out for a terminal: the little of Markdown that the pages of the codes use.

use crate::output::{CODE, ERROR, GOOD, HEAD};
use anstyle::Style;
use std::fmt::Write;

/// Width of a paragraph, in characters: what fits everywhere and reads well.
const WIDTH: usize = 80;

/// The page with its headings in bold, its paragraphs wrapped and its examples indented.
pub fn laid_out(markdown: &str) -> String {
    let mut out = String::with_capacity(markdown.len() * 2);
    let mut paragraph = String::new();
    let mut lines = markdown.lines();
    while let Some(line) = lines.next() {
        if line.starts_with("```") {
            for code in lines.by_ref().take_while(|line| *line != "```") {
                example(&mut out, code);
            }
        } else if let Some((level, title)) = line.split_once(' ').filter(|_| line.starts_with('#'))
        {
            heading(&mut out, level, title);
        } else if line.is_empty() {
            flush(&mut out, &mut paragraph);
            out.push('\n');
        } else {
            paragraph.push_str(line);
            paragraph.push(' ');
        }
    }
    flush(&mut out, &mut paragraph);
    out
}

fn example(out: &mut String, line: &str) {
    if !line.is_empty() {
        // Writing to a String cannot fail.
        let _ = write!(out, "    {CODE}{line}{CODE:#}");
    }
    out.push('\n');
}

fn heading(out: &mut String, level: &str, title: &str) {
    let style: Style = match (level, title) {
        ("##", "Bad") => ERROR,
        ("##", "Good") => GOOD,
        _ => HEAD,
    };
    let _ = writeln!(out, "{style}{title}{style:#}");
}

/// Writes a paragraph in lines of [`WIDTH`], its code in colour.
fn flush(out: &mut String, paragraph: &mut String) {
    let mut length = 0;
    let mut in_code = false;
    for word in paragraph.split_whitespace() {
        let chars = word.chars().count();
        if length > 0 {
            let fits = length + 1 + chars <= WIDTH;
            out.push(if fits { ' ' } else { '\n' });
            length = if fits { length + 1 } else { 0 };
        }
        length += chars;
        for c in word.chars() {
            // The quotes stay: without colours they are all there is.
            let toggles = c == '`';
            if toggles && !in_code {
                let _ = write!(out, "{CODE}");
            }
            out.push(c);
            if toggles && in_code {
                let _ = write!(out, "{CODE:#}");
            }
            in_code ^= toggles;
        }
    }
    if length > 0 {
        out.push('\n');
    }
    paragraph.clear();
}

#[cfg(test)]
mod tests {
    use super::*;
    use anstream::adapter::strip_str;
    use writ_compiler::diagnostic::CATALOGUE;

    #[test]
    fn a_page_is_wrapped_and_its_examples_are_indented() {
        let page = "# WR0000: a title with `code`\n\nSeverity: error\n\nFirst words of a line\nand, after more of \
                    them than one line of a terminal can hold, `code that goes on`.\n\n## Bad\n\n```writ\na {\n\n  b\n}\n```\n";
        let text = laid_out(page);
        assert!(text.contains("\u{1b}[36m`code that goes on`\u{1b}[0m"), "{text:?}");
        insta::assert_snapshot!(strip_str(&text), @"
        WR0000: a title with `code`

        Severity: error

        First words of a line and, after more of them than one line of a terminal can
        hold, `code that goes on`.

        Bad

            a {

              b
            }
        ");
    }

    #[test]
    fn every_page_fits_a_narrow_terminal() {
        for info in CATALOGUE {
            let text = strip_str(&laid_out(info.page)).to_string();
            let prose = text.lines().filter(|line| !line.starts_with("    "));
            assert!(prose.clone().all(|line| line.chars().count() <= WIDTH), "{text}");
            assert!(prose.clone().all(|line| !line.starts_with(['#', ' '])), "{text}");
        }
    }
}
