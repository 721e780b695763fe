//! `writ explain`: what a diagnostic's code stands for.

use crate::failure::{Failure, Outcome};
use std::io::Write;
use std::process::ExitCode;
use writ_compiler::diagnostic::{CATALOGUE, CodeInfo, Severity};

/// Say what a diagnostic's code stands for; without one, list them all
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  writ explain WR0402")]
pub struct Args {
    /// The code, as printed by `writ check`
    code: Option<String>,
}

/// Prints one row of the catalogue, or all.
pub fn run(args: &Args) -> Outcome {
    let mut out = anstream::stdout().lock();
    match &args.code {
        Some(code) => print(&mut out, find(code)?)?,
        None => {
            for info in CATALOGUE {
                print(&mut out, info)?;
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn find(code: &str) -> Result<&'static CodeInfo, Failure> {
    CATALOGUE.iter().find(|info| info.id.eq_ignore_ascii_case(code)).ok_or_else(|| {
        Failure::new(format_args!("no diagnostic has the code {code}"))
            .help("`writ explain` without a code lists them all")
    })
}

fn print(out: &mut impl Write, info: &CodeInfo) -> std::io::Result<()> {
    let (style, severity) = match info.severity {
        Severity::Error => (crate::output::ERROR, "error"),
        Severity::Warning => (crate::output::WARN, "warning"),
        Severity::Note => (crate::output::HELP, "note"),
    };
    writeln!(out, "{}  {style}{severity:<7}{style:#}  {}", info.id, info.title)
}
