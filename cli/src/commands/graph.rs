//! `writ graph`: a workflow as a picture's text.

use super::one::OneWorkflow;
use crate::failure::Outcome;
use crate::output;
use std::path::PathBuf;
use std::process::ExitCode;
use writ_compiler::convert;

/// Draw a workflow as a Mermaid flowchart
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  \
    writ graph kyc.writ -o kyc.mmd   for a page, an editor or a pull request that shows Mermaid")]
pub struct Args {
    #[command(flatten)]
    source: OneWorkflow,
    /// Where the result goes; by default to standard output
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// Draws one workflow, or each of a directory under its file's name.
pub fn run(args: &Args) -> Outcome {
    for source in args.source.each(args.output.as_deref())? {
        let analysis = source.analyse()?;
        let workflow = source.choose(&analysis)?;
        let drawn = convert::to_mermaid(workflow.tree, &workflow.found.flow);
        let text = if args.source.file.is_dir() {
            format!("%% {}\n{drawn}\n", source.file.display())
        } else {
            drawn
        };
        output::write(args.output.as_deref(), text.as_bytes())?;
    }
    Ok(ExitCode::SUCCESS)
}
