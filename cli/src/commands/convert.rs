//! `writ convert`: from one syntax to the other.

use super::one::OneWorkflow;
use crate::failure::{Failure, Outcome};
use crate::input::SyntaxArg;
use crate::output;
use std::path::PathBuf;
use std::process::ExitCode;
use writ_compiler::analysis::{Analysis, Syntax};
use writ_compiler::convert;

/// Convert a workflow between .writ and the API's JSON
///
/// Nothing of the meaning is lost from JSON to .writ and back. A .writ file can say more than JSON: its own services and
/// types are not in the JSON (see docs/language.md).
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

/// Converts one source.
pub fn run(args: &Args) -> Outcome {
    let analysis = args.source.analyse()?;
    let to = match (args.to, analysis.syntax) {
        (Some(to), _) => to.into(),
        (None, Syntax::Json) => Syntax::Writ,
        (None, Syntax::Writ) => Syntax::Json,
    };
    let text = convert(args, &analysis, to)?;
    output::write(args.output.as_deref(), text.as_bytes())?;
    Ok(ExitCode::SUCCESS)
}

fn convert(args: &Args, analysis: &Analysis, to: Syntax) -> Result<String, Failure> {
    let workflow = args.source.choose(analysis)?;
    Ok(match to {
        Syntax::Json => convert::to_json(workflow.tree, workflow.found),
        Syntax::Writ => convert::to_writ(&analysis.module, workflow.tree, workflow.found),
    })
}
