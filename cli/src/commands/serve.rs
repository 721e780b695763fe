//! `writ serve`: the durable runner and its HTTP API.

use crate::failure::{Failure, Outcome};
use crate::runtime;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

/// Serve the HTTP API, and run workflows durably
///
/// Needs nothing else: the data directory, its database and its master key are made at the first start, and a first
/// key with every scope is printed once. `listening on http://ADDRESS` is printed when it is ready. SIGTERM and
/// SIGINT let requests and steps in flight finish, and stop; what is not finished then goes on at the next start.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    writ serve\n  \
    writ serve --data /var/lib/writ --listen 0.0.0.0:7070\n  \
    WRIT_LISTEN=127.0.0.1:0 writ serve   a free port, which the ready line names")]
pub struct Args {
    /// Where the database and the master key are kept
    #[arg(long, value_name = "DIR", env = "WRIT_DATA", default_value = "./.writ")]
    pub data: PathBuf,
    /// Where to listen; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS", env = "WRIT_LISTEN", default_value = "127.0.0.1:7070")]
    pub listen: SocketAddr,
    /// A file with the master key; else the variable WRIT_MASTER_KEY, else `master.key` in the data directory
    #[arg(long, value_name = "FILE", env = "WRIT_MASTER_KEY_FILE")]
    pub master_key_file: Option<PathBuf>,
    /// How much is logged to standard error: error, warn, info, debug, or per part of the program
    #[arg(long, value_name = "FILTER", env = "WRIT_LOG", default_value = "warn")]
    pub log: String,
}

/// Serves until it is told to stop.
pub fn run(args: Args) -> Outcome {
    runtime::log_to_stderr(&args.log)?;
    runtime::block_on(async move {
        let server = runtime::serve(&args).await?;
        runtime::print_line(&format!("listening on {}", server.url()))?;
        runtime::stop_signal().await?;
        server.stop().await;
        Ok::<_, Failure>(ExitCode::SUCCESS)
    })
}
