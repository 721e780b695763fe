//! `writ completions`: for the shell.

use crate::failure::Outcome;
use crate::output;
use clap_complete::Shell;
use std::process::ExitCode;

/// Print a shell's completions for this command
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    writ completions bash > /etc/bash_completion.d/writ\n  \
    writ completions fish > ~/.config/fish/completions/writ.fish")]
pub struct Args {
    /// The shell
    shell: Shell,
}

/// Prints the completions of `C`.
pub fn run<C: clap::CommandFactory>(args: &Args) -> Outcome {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut C::command(), "writ", &mut script);
    output::write(None, &script)?;
    Ok(ExitCode::SUCCESS)
}
