//! `writ keys`: API keys.

use crate::failure::{Failure, Outcome};

/// Make, list and revoke API keys
#[derive(Debug, clap::Args)]
pub struct Args {}

/// Runs one of the subcommands.
pub fn run(_args: Args) -> Outcome {
    Err(Failure::new("not there yet"))
}
