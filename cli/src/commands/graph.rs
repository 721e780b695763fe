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

/// Draws one workflow.
pub fn run(args: &Args) -> Outcome {
    let analysis = args.source.analyse()?;
    let workflow = args.source.choose(&analysis)?;
    let text = convert::to_mermaid(workflow.tree, &workflow.found.flow);
    output::write(args.output.as_deref(), text.as_bytes())?;
    Ok(ExitCode::SUCCESS)
}
