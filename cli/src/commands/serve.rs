//! `writ serve`: the durable runner and its HTTP API.

use crate::config::DataArgs;
use crate::failure::Outcome;
use crate::runtime;
use std::net::SocketAddr;
use std::process::ExitCode;

/// The default of `--listen`.
const LISTEN: SocketAddr =
    SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 7070);

/// Serve the HTTP API, and run workflows durably
///
/// Needs nothing else: the data directory, its database and its master key are made at the first start, and a first
/// key with every scope is printed once. `listening on http://ADDRESS` is printed when it is ready. SIGTERM and
/// SIGINT let requests and steps in flight finish, and stop; what is not finished then goes on at the next start.
///
/// Settings come from flags, then from WRIT_* variables, then from writ.toml.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    writ serve\n  \
    writ serve --data /var/lib/writ --listen 0.0.0.0:7070\n  \
    WRIT_LISTEN=127.0.0.1:0 writ serve   a free port, which the ready line names")]
pub struct Args {
    #[command(flatten)]
    place: DataArgs,
    /// Where to listen; port 0 takes a free one [default: 127.0.0.1:7070]
    #[arg(long, value_name = "ADDRESS", env = "WRIT_LISTEN")]
    listen: Option<SocketAddr>,
    /// What is logged to standard error: error, warn, info, debug, or per part of the program [default: warn]
    #[arg(long, value_name = "FILTER", env = "WRIT_LOG")]
    log: Option<String>,
}

/// Serves until it is told to stop.
pub fn run(args: &Args) -> Outcome {
    let (place, config) = args.place.resolve()?;
    let log = args.log.clone().or(config.log);
    runtime::log_to_stderr(log.as_deref().unwrap_or("warn"))?;
    let listen = args.listen.or(config.listen).unwrap_or(LISTEN);
    runtime::block_on(async {
        let server = runtime::start_server(&place, listen).await?;
        if let Some(key) = server.first_key() {
            runtime::print_line(&format!("first key, with every scope, shown once: {key}"))?;
        }
        runtime::print_line(&format!("listening on {}", server.url()))?;
        runtime::stop_signal().await?;
        server.stop().await;
        Ok(ExitCode::SUCCESS)
    })
}
