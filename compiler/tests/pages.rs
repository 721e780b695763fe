//! The pages of the codes: each has a bad example that gives its code and no other, and a good one that is clean.
//! `docs/checks.md` is made of them.
//!
//! With `WRIT_BLESS=1` in the environment `docs/checks.md` is rewritten.

#![allow(clippy::disallowed_methods, reason = "pages are files")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::collections::BTreeSet;
use std::fmt::Write;
use std::fs;
use std::path::Path;
use writ_compiler::analysis::{Analysis, Options, Syntax};
use writ_compiler::diagnostic::{CATALOGUE, Code, CodeInfo, FAMILIES, Severity, render};
use writ_compiler::format::format;
use writ_compiler::limits::{OPERANDS_MAX, STEPS_MAX};

/// One fenced example of a page.
#[derive(Debug)]
struct Example {
    syntax: Syntax,
    /// Whether it is checked strictly.
    strict: bool,
    /// How the test completes what a page cannot show.
    generated: Option<String>,
    text: String,
}

/// The examples under a heading of the second level.
fn examples(page: &str, heading: &str) -> Vec<Example> {
    let mut examples = Vec::new();
    let mut section = "";
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        if let Some(title) = line.strip_prefix("## ") {
            section = title;
        }
        let Some(info) = line.strip_prefix("```") else { continue };
        let body: Vec<_> = lines.by_ref().take_while(|line| *line != "```").collect();
        if section == heading {
            let (syntax, attribute) = info.split_once(' ').unwrap_or((info, ""));
            let syntax = match syntax {
                "writ" => Syntax::Writ,
                "json" => Syntax::Json,
                other => panic!("an example is ```writ or ```json, not ```{other}"),
            };
            let generated = attribute.strip_prefix("generated=").map(str::to_owned);
            let strict = attribute == "strict";
            assert_eq!(generated.is_none() && !strict, attribute.is_empty(), "{info}");
            examples.push(Example { syntax, strict, generated, text: body.join("\n") + "\n" });
        }
    }
    examples
}

impl Example {
    fn analysis(&self) -> Analysis {
        let options = Options { strict: self.strict, ..Options::default() };
        Analysis::from_bytes_with(&self.bytes(), self.syntax, options)
    }

    /// The example, with what a page only hints at written out.
    fn bytes(&self) -> Vec<u8> {
        let Some(generated) = &self.generated else { return self.text.clone().into_bytes() };
        let (hint, meant) = match generated.as_str() {
            "not-utf8" => (r"\xE9".to_owned(), b"\xE9".to_vec()),
            "too-large" => {
                let last = OPERANDS_MAX;
                let items: Vec<_> = (3..=last).map(|n| format!("\"wl_{n:05}\"")).collect();
                (format!("// and so on, to wl_{last}"), items.join(",\n").into_bytes())
            }
            "too-many-steps" => {
                let last = STEPS_MAX + 1;
                let steps =
                    (3..=last).map(|n| format!("emit remind_{n} = \"customer.reminded\"\n"));
                let steps: String = steps.collect();
                (format!("// and so on, to remind_{last}"), steps.into_bytes())
            }
            other => panic!("no test knows how to generate {other}"),
        };
        let (before, after) =
            self.text.split_once(&hint).expect("an example says what it leaves out");
        [before.as_bytes(), &meant, after.as_bytes()].concat()
    }
}

fn codes(analysis: &Analysis) -> BTreeSet<Code> {
    analysis.diagnostics.iter().map(|d| d.code).collect()
}

/// Every code's own complaint, so that one run shows them all.
fn complaints(of: impl Fn(&CodeInfo, &mut Vec<String>)) {
    let mut wrong = Vec::new();
    for info in CATALOGUE {
        of(info, &mut wrong);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_bad_example_gives_its_code_alone() {
    complaints(|info, wrong| {
        for example in examples(info.page, "Bad") {
            let analysis = example.analysis();
            if codes(&analysis) != BTreeSet::from([info.code]) {
                let shown = render::human::human(&analysis, info.id, false);
                wrong.push(format!("the bad example of {} gives\n{shown}", info.id));
            }
        }
    });
}

#[test]
fn examples_in_writ_are_in_canonical_form() {
    complaints(|info, wrong| {
        let examples =
            ["Bad", "Good", "Silence"].iter().flat_map(|heading| examples(info.page, heading));
        // Canonical JSON takes a line a value, which is too much for a page.
        for example in examples.filter(|example| example.syntax == Syntax::Writ) {
            // What cannot be read has no canonical form.
            let Ok(canonical) = format(example.text.as_bytes(), Syntax::Writ) else { continue };
            if canonical != example.text {
                wrong.push(format!("an example of {} is written\n{canonical}", info.id));
            }
        }
    });
}

#[test]
fn a_good_example_is_clean() {
    complaints(|info, wrong| {
        for example in examples(info.page, "Good") {
            assert!(example.generated.is_none(), "{}: a good example can be written", info.id);
            let analysis = example.analysis();
            let compiled = analysis.workflows.iter().filter(|w| w.compiled.is_some()).count();
            if !analysis.diagnostics.is_empty() || compiled == 0 {
                let shown = render::human::human(&analysis, info.id, false);
                wrong.push(format!("the good example of {} gives\n{shown}", info.id));
            }
        }
    });
}

#[test]
fn an_example_of_silence_is_allowed_its_code_alone() {
    complaints(|info, wrong| {
        for example in examples(info.page, "Silence") {
            let analysis = example.analysis();
            let allowed: BTreeSet<_> = analysis.allowed.iter().map(|a| a.diagnostic.code).collect();
            if !analysis.diagnostics.is_empty() || allowed != BTreeSet::from([info.code]) {
                let shown = render::human::human(&analysis, info.id, false);
                wrong.push(format!("{} is not silenced but gives\n{shown}", info.id));
            }
        }
    });
}

fn severity(info: &CodeInfo) -> &'static str {
    match info.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "note",
    }
}

#[test]
fn a_page_says_what_the_catalogue_says_and_shows_both_examples() {
    complaints(|info, wrong| {
        let blocks: Vec<_> = info.page.splitn(4, "\n\n").collect();
        let headline = format!("# {}: {}", info.id, info.title);
        let weight = format!("Severity: {}", severity(info));
        if blocks.first() != Some(&headline.as_str()) {
            wrong.push(format!("the page of {} begins with `{headline}`", info.id));
        }
        let stated = blocks.get(1).and_then(|line| line.strip_prefix(&weight));
        if !stated.is_some_and(|rest| rest.is_empty() || rest.starts_with(", ")) {
            wrong.push(format!("the page of {} goes on with `{weight}`", info.id));
        }
        if blocks.get(2).is_none_or(|text| text.starts_with(['#', '`'])) {
            wrong.push(format!("the page of {} then says in words what it means", info.id));
        }
        for heading in ["Bad", "Good"] {
            if examples(info.page, heading).is_empty() {
                wrong.push(format!("the page of {} has no example under `## {heading}`", info.id));
            }
        }
        let headings = info.page.lines().filter_map(|line| line.strip_prefix("## "));
        for heading in headings.filter(|h| !["Bad", "Good", "Silence", "See also"].contains(h)) {
            wrong.push(format!(
                "the page of {} has a part `{heading}`, which no test reads",
                info.id
            ));
        }
        for mentioned in mentions(info.page) {
            if CodeInfo::find(mentioned).is_none_or(|found| found.id != mentioned) {
                wrong.push(format!(
                    "the page of {} mentions {mentioned}, which is no code",
                    info.id
                ));
            }
        }
    });
}

#[test]
fn every_page_belongs_to_a_code() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/diagnostic/pages");
    let names = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().file_name());
    let pages: BTreeSet<_> = names.map(|name| name.into_string().unwrap()).collect();
    let expected = CATALOGUE.iter().map(|info| format!("{}.md", info.id)).collect();
    assert_eq!(pages, expected);
}

#[test]
fn every_code_belongs_to_one_family() {
    let listed: Vec<_> = FAMILIES.iter().flat_map(|family| family.codes()).collect();
    assert_eq!(listed, CATALOGUE.iter().collect::<Vec<_>>());
    assert!(FAMILIES.iter().all(|family| family.codes().next().is_some()));
}

/// The codes that a text names.
fn mentions(text: &str) -> impl Iterator<Item = &str> {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric());
    words.filter(|word| {
        word.strip_prefix("WR").is_some_and(|rest| rest.bytes().all(|b| b.is_ascii_digit()))
    })
}

const INTRODUCTION: &str = "\
# Checks

What the compiler says about a workflow before it runs. Each diagnostic has a code, which keeps its number and its meaning
for ever; `writ explain WR0402` prints a code's page on the terminal. Every example here is compiled by a test: a bad one
gives its code and no other, a good one is clean.

An **error** keeps a workflow from being published. A **warning** is published, and shown. `writ check` ends with exit code 0
when all is clean, 1 when it found something at or above the threshold (errors, or what `--deny` says), and 2 when it could
not run. [Diagnostics as JSON](diagnostics.md) says how programs read them.

A warning that is to stay in a `.writ` file is allowed at its place, with a reason:
`// writ: allow WR0802 — a day without an objection is enough`. At the end of a line the comment speaks of that line; above a
step, a `let` or a declaration, of all of it. `writ check --allowed` lists what is allowed.

<!-- Made from compiler/src/diagnostic/pages; WRIT_BLESS=1 cargo test -p writ-compiler --test pages rewrites it. -->
";

/// The whole of `docs/checks.md`.
fn document() -> String {
    let mut text = INTRODUCTION.to_owned();
    for family in FAMILIES {
        let _ = write!(text, "\n**{}**\n\n", family.title);
        for info in family.codes() {
            let anchor = info.id.to_ascii_lowercase();
            let _ = writeln!(text, "- [{}](#{anchor}) {}: {}", info.id, severity(info), info.title);
        }
    }
    for family in FAMILIES {
        let _ = write!(text, "\n## {}\n", family.title);
        for info in family.codes() {
            let _ = write!(text, "\n<a id=\"{}\"></a>\n\n", info.id.to_ascii_lowercase());
            text.push_str(&embedded(info.page));
        }
    }
    text
}

/// A page two levels down, with links to the other codes.
fn embedded(page: &str) -> String {
    let mut text = String::new();
    let mut fenced = false;
    for line in page.lines() {
        fenced ^= line.starts_with("```");
        if fenced || line.starts_with("```") {
            // What completes an example in the tests says nothing to a reader.
            text.push_str(line.split(" generated=").next().unwrap());
        } else if line.starts_with('#') {
            let _ = write!(text, "##{line}");
        } else {
            let mut line = line.to_owned();
            for code in mentions(&line.clone()).collect::<BTreeSet<_>>() {
                line = line.replace(code, &format!("[{code}](#{})", code.to_ascii_lowercase()));
            }
            text.push_str(&line);
        }
        text.push('\n');
    }
    text
}

#[test]
fn the_document_is_made_of_the_pages() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/checks.md");
    let made = document();
    if std::env::var_os("WRIT_BLESS").is_some() {
        fs::write(&path, &made).unwrap();
    }
    let kept = fs::read_to_string(&path).unwrap_or_default();
    assert!(kept == made, "docs/checks.md is out of date: WRIT_BLESS=1 rewrites it");
}
