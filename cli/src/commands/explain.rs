//! `writ explain`: what a diagnostic's code means, with a bad and a good example.

use crate::failure::{Failure, Outcome};
use crate::output::{self, HEAD};
use crate::page;
use clap::builder::{PossibleValue, StringValueParser, TypedValueParser};
use serde_json::json;
use std::ffi::OsStr;
use std::io::{IsTerminal, Write};
use std::process::ExitCode;
use writ_compiler::diagnostic::{CATALOGUE, CodeInfo, FAMILIES, Severity};

/// Say what a diagnostic's code means, with examples; without one, list them all
///
/// On a terminal the page is laid out for reading; elsewhere it is Markdown.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    writ explain WR0402        what the code means; 402 is enough\n  \
    writ explain               every code, with what it is about\n  \
    writ explain 402 --json    for programs")]
pub struct Args {
    /// The code, as printed by `writ check`
    #[arg(value_parser = CodeParser, hide_possible_values = true)]
    code: Option<String>,
    /// List every code, as without one
    #[arg(long, conflicts_with = "code")]
    list: bool,
    /// Print one JSON object a code: `code`, `severity`, `title` and `page`, which is Markdown
    #[arg(long)]
    json: bool,
}

/// Prints one page, or the list of codes.
pub fn run(args: &Args) -> Outcome {
    let mut out = anstream::stdout().lock();
    match &args.code {
        Some(code) if args.json => writeln!(out, "{}", object(find(code)?))?,
        Some(code) => {
            let info = find(code)?;
            // Whoever asks for colours is no program that reads Markdown.
            let is_read = std::io::stdout().is_terminal() || output::colours_stdout();
            let text = if is_read { page::laid_out(info.page) } else { info.page.to_owned() };
            out.write_all(text.as_bytes())?;
        }
        None if args.json => {
            for info in CATALOGUE {
                writeln!(out, "{}", object(info))?;
            }
        }
        None => list(&mut out)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn find(code: &str) -> Result<&'static CodeInfo, Failure> {
    CodeInfo::find(code).ok_or_else(|| {
        let failure = Failure::new(format_args!("no diagnostic has the code {code}"));
        match CodeInfo::nearest(code) {
            Some(near) => failure.help(format_args!("did you mean {}: {}?", near.id, near.title)),
            None => failure.help("`writ explain` without a code lists them all"),
        }
    })
}

fn list(out: &mut impl Write) -> std::io::Result<()> {
    for (at, family) in FAMILIES.iter().enumerate() {
        if at > 0 {
            writeln!(out)?;
        }
        writeln!(out, "{HEAD}{}{HEAD:#}", family.title)?;
        for info in family.codes() {
            let (style, word) = (output::severity(info.severity), word(info.severity));
            writeln!(out, "  {}  {style}{word:<7}{style:#}  {}", info.id, info.title)?;
        }
    }
    Ok(())
}

fn object(info: &CodeInfo) -> serde_json::Value {
    json!({
        "code": info.id,
        "severity": word(info.severity),
        "title": info.title,
        "page": info.page,
    })
}

fn word(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "note",
    }
}

/// Takes any text, so that [`find`] can say what was meant, and gives the codes to the shell's completion.
#[derive(Debug, Clone)]
struct CodeParser;

impl TypedValueParser for CodeParser {
    type Value = String;

    fn parse_ref(
        &self,
        command: &clap::Command,
        arg: Option<&clap::Arg>,
        value: &OsStr,
    ) -> Result<String, clap::Error> {
        StringValueParser::new().parse_ref(command, arg, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        let codes = CATALOGUE.iter().map(|info| PossibleValue::new(info.id).help(info.title));
        Some(Box::new(codes))
    }
}
