//! `writ sandbox`: the six sibling services, on this machine.

use crate::failure::Outcome;
use crate::runtime::{self, Sandbox};
use std::net::SocketAddr;
use std::process::ExitCode;

/// Serve sandbox versions of the six sibling services
///
/// Each is at http://ADDRESS/<service> and answers from its signature. A customerId that ends in _<value> selects
/// that value of the answer's verdict, as in cus_1_failed or cus_1_requires_review; any other gets the good one.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  writ sandbox --listen 127.0.0.1:7071")]
pub struct Args {
    /// Where to listen; port 0 takes a free one
    #[arg(
        long,
        value_name = "ADDRESS",
        env = "WRIT_SANDBOX_LISTEN",
        default_value = "127.0.0.1:7071"
    )]
    listen: SocketAddr,
}

/// Serves until it is told to stop.
pub fn run(args: &Args) -> Outcome {
    runtime::block_on(async {
        let sandbox = Sandbox::start(args.listen).await?;
        runtime::print_line(&format!("listening on {}", sandbox.url()))?;
        runtime::stop_signal().await?;
        sandbox.stop().await;
        Ok(ExitCode::SUCCESS)
    })
}
