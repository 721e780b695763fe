//! `writ lsp`: the compiler in an editor.

use crate::failure::{Failure, Outcome};
use std::process::ExitCode;

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
    runtime.block_on(writ_lsp::serve_stdio());
    // A read of standard input may still be blocked in the background; it must not hold the process up.
    runtime.shutdown_background();
    Ok(ExitCode::SUCCESS)
}
