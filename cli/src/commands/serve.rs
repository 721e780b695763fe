//! `writ serve`: the durable runner and its HTTP API.

use crate::config::{DataArgs, RateLimit};
use crate::failure::Outcome;
use crate::runtime::{self, Server, ServerSettings};
use std::net::SocketAddr;
use std::process::ExitCode;
use writ_runner::api::ApiOptions;
use writ_runner::engine::http::AddressPolicy;

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
    /// Requests that each key may make a minute, of each kind: `off`, or READS,WRITES [default: 600,120]
    #[arg(long, value_name = "LIMIT", env = "WRIT_RATE_LIMIT")]
    rate_limit: Option<RateLimit>,
    /// Refuse to call services and webhook endpoints at loopback and private addresses: for servers whose key holders
    /// are not their operators
    #[arg(long, env = "WRIT_DENY_PRIVATE_UPSTREAMS")]
    deny_private_upstreams: bool,
    /// Let only keys that act for a person decide approvals
    #[arg(long, env = "WRIT_REQUIRE_ACTOR")]
    require_actor: bool,
}

/// Serves until it is told to stop.
pub fn run(args: &Args) -> Outcome {
    let (place, config) = args.place.resolve()?;
    let log = args.log.clone().or(config.log);
    runtime::log_to_stderr(log.as_deref().unwrap_or("warn"))?;
    let limit = args.rate_limit.or(config.rate_limit);
    let deny_private = args.deny_private_upstreams || config.deny_private_upstreams == Some(true);
    let settings = ServerSettings {
        place,
        listen: args.listen.or(config.listen).unwrap_or(LISTEN),
        api: ApiOptions {
            rate_limits: limit.map(|limit| limit.0).unwrap_or_default(),
            addresses: AddressPolicy { deny_private },
            require_actor: args.require_actor || config.require_actor == Some(true),
        },
    };
    runtime::block_on(async {
        let server = Server::start(settings).await?;
        if let Some(key) = server.first_key() {
            runtime::print_line(&format!("first key, with every scope, shown once: {key}"))?;
        }
        runtime::print_line(&format!("listening on {}", server.url()))?;
        runtime::stop_signal().await?;
        server.stop().await;
        Ok(ExitCode::SUCCESS)
    })
}
