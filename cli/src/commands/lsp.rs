//! `writ lsp`: the compiler in an editor.

use crate::failure::{Failure, Outcome};
use crate::project::Project;
use std::path::Path;
use std::process::ExitCode;
use writ_compiler::bounds::ProjectBudget;

/// Serve an editor over standard input and output (the Language Server Protocol)
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Accepted because editors pass it; standard input and output are the only transport
    #[arg(long, hide = true)]
    stdio: bool,
}

/// Serves until the editor says `exit`.
pub fn run(_args: &Args) -> Outcome {
    let runtime = tokio::runtime::Runtime::new()
        .map_err(|e| Failure::new(format_args!("cannot start the server: {e}")))?;
    runtime.block_on(writ_lsp::serve_stdio(budget_of));
    // A read of standard input may still be blocked in the background; it must not hold the process up.
    runtime.shutdown_background();
    Ok(ExitCode::SUCCESS)
}

/// The budget of a file's project. An editor has no place for what is wrong with `writ.toml`; `writ check` says it.
fn budget_of(file: &Path) -> Option<ProjectBudget> {
    Project::around(file.parent()?).ok()?.into_budget()
}
