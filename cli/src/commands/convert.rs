//! `writ convert`: from one syntax to the other.

use super::check::count;
use super::one::OneWorkflow;
use crate::failure::{Failure, Outcome};
use crate::input::SyntaxArg;
use crate::output;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use writ_compiler::analysis::Syntax;
use writ_compiler::convert;

/// Convert a workflow between .writ and the API's JSON
///
/// Nothing of the meaning is lost, either way. The types and services of a .writ file that a workflow needs stand in
/// its JSON (see docs/language.md).
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    writ convert kyc.json -o kyc.writ\n  \
    writ convert kyc.writ | curl … --data @-\n  \
    writ convert --to json - < kyc.writ")]
pub struct Args {
    #[command(flatten)]
    source: OneWorkflow,
    /// The syntax to convert to; by default the other one
    #[arg(long)]
    to: Option<SyntaxArg>,
    /// Where the result goes; by default to standard output
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// Converts one source; those of a directory each to a file beside it, which must not be there yet.
pub fn run(args: &Args) -> Outcome {
    for source in args.source.each(args.output.as_deref())? {
        convert(args, &source)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn convert(args: &Args, source: &OneWorkflow) -> Result<(), Failure> {
    let analysis = source.analyse()?;
    let to = match (args.to, analysis.syntax) {
        (Some(to), _) => to.into(),
        (None, Syntax::Json) => Syntax::Writ,
        (None, Syntax::Writ) => Syntax::Json,
    };
    let workflow = source.choose(&analysis)?;
    let (text, extension) = match to {
        Syntax::Json => (convert::to_json(&analysis.module, workflow.tree, workflow.found), "json"),
        Syntax::Writ => (convert::to_writ(&analysis.module, workflow.tree, workflow.found), "writ"),
    };
    let tests = analysis.module.tests.len();
    if tests > 0 {
        let (note, tests) = (output::WARN, count(tests, "test"));
        // A conversion does not fail because nobody reads this.
        let _ = writeln!(
            anstream::stderr().lock(),
            "{note}note{note:#}: {tests} of {} stay behind: they are in .writ only",
            source.file.display()
        );
    }
    if !args.source.file.is_dir() {
        return output::write(args.output.as_deref(), text.as_bytes());
    }
    let beside = source.file.with_extension(extension);
    if beside.exists() {
        return Err(Failure::new(format_args!("{} is there already", beside.display()))
            .help("convert that one file with --output, or move it away"));
    }
    output::write(Some(&beside), text.as_bytes())?;
    output::write(None, format!("{}\n", beside.display()).as_bytes())
}
