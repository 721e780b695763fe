//! `writ quickstart`: the documented quickstart, on this machine, in one command.
//!
//! It starts the server and the sandbox services, and then only speaks HTTP, as any client does.

mod client;
mod keep;
mod progress;
mod receiver;
mod story;
mod verify;

use crate::config::DataPlace;
use crate::failure::{Failure, Outcome};
use crate::runtime::{self, Sandbox, Server, ServerSettings};
use client::Api;
use progress::Progress;
use receiver::Receiver;
use serde_json::json;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};
use story::Story;
use tempfile::TempDir;
use verify::Facts;
use writ_runner::api::ApiOptions;

/// Calls of one service that the story makes; what is called afterwards is answered at once.
const PACED_CALLS: u32 = 3;

/// Register, publish and run the documented KYC workflow on this machine, and verify every answer
///
/// Starts a server on a temporary data directory and sandbox versions of the six services, both on loopback.
/// Everything after that goes over HTTP: three runs, whose verdicts are passed, requires_review (which is then
/// approved) and failed. Exits with 1 when anything is not as documented.
///
/// On a terminal the services take a moment to answer, as real ones do, so that the steps can be watched.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    writ quickstart\n  \
    writ quickstart --keep             stay up, with commands to paste\n  \
    writ quickstart --data ./my-data   keep the data too")]
pub struct Args {
    /// Stay up afterwards, and print the quickstart page's curl commands with a working key
    #[arg(long)]
    keep: bool,
    /// Where the server keeps its data; by default a temporary directory, removed at the end
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Where the server listens; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:0")]
    listen: SocketAddr,
}

/// Runs the quickstart to its end, or until Ctrl-C.
pub fn run(args: Args) -> Outcome {
    runtime::block_on(quickstart(args))
}

async fn quickstart(args: Args) -> Outcome {
    let progress = Progress::new();
    let data = Data::new(args.data)?;
    let sandbox = Sandbox::start(([127, 0, 0, 1], 0).into()).await?;
    let server = Server::start(ServerSettings {
        place: DataPlace { data: data.path().to_owned(), master_key_file: None },
        listen: args.listen,
        api: ApiOptions::default(),
    })
    .await?;
    let (server_url, sandbox_url) = (server.url(), sandbox.url());
    progress.line(&format!("server   {server_url}  (data in {})", data.path().display()))?;
    progress.line(&format!("sandbox  {sandbox_url}/<service>"))?;

    let key = server.create_key().await?;
    let mut receiver = Receiver::start().await?;
    let verified = tokio::select! {
        told = tell(&progress, &mut receiver, &server_url, &sandbox_url, &key) => told?,
        // Everything is dropped: the server stops, the temporary directory is removed.
        _ = runtime::stop_signal() => return Ok(ExitCode::from(runtime::INTERRUPTED)),
    };
    if args.keep {
        let place = keep::Place {
            server: &server_url,
            sandbox: &sandbox_url,
            key: &key,
            data: data.path(),
        };
        progress.line(&keep::commands(&place)?)?;
        progress.line("# The server stays up; Ctrl-C stops it.")?;
        runtime::stop_signal().await?;
    }
    server.stop().await;
    sandbox.stop().await;
    Ok(if verified { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

/// Tells the whole story, and prints its verdict: whether everything was as documented.
async fn tell(
    progress: &Progress,
    receiver: &mut Receiver,
    server: &str,
    sandbox: &str,
    key: &str,
) -> Result<bool, Failure> {
    let api = Api::new(server, key)?;
    if progress.is_live() {
        pace(&Api::new(sandbox, key)?).await?;
    }
    let mut story =
        Story { api: &api, sandbox, receiver, progress, stamp: stamp(), facts: Facts::default() };
    story.tell().await?;
    Ok(story.facts.report()?)
}

/// Lets the sandbox services take the time that real ones take, so that the steps can be watched.
async fn pace(sandbox: &Api) -> Result<(), Failure> {
    for (service, operation, delay_ms) in
        [("identity", "captureKtp", 900), ("aml", "createScreening", 600)]
    {
        let fault = json!({
            "service": service, "operation": operation, "delayMs": delay_ms, "times": PACED_CALLS
        });
        let answer = sandbox.post("/__faults", &fault).await?;
        if !answer.status.is_success() {
            return Err(Failure::new(format_args!("the sandbox refused: {}", answer.text)));
        }
    }
    Ok(())
}

/// The data directory: the user's, or one that is removed with this value.
enum Data {
    Given(PathBuf),
    Temporary(TempDir),
}

impl Data {
    fn new(given: Option<PathBuf>) -> Result<Self, Failure> {
        match given {
            Some(path) => Ok(Self::Given(path)),
            None => TempDir::with_prefix("writ-quickstart-").map(Self::Temporary).map_err(|e| {
                Failure::new(format_args!("cannot make a temporary directory: {e}"))
                    .help("give a directory with --data")
            }),
        }
    }

    fn path(&self) -> &std::path::Path {
        match self {
            Self::Given(path) => path,
            Self::Temporary(directory) => directory.path(),
        }
    }
}

/// Tells one telling from the next, in the external ids.
fn stamp() -> String {
    // A clock before 1970 makes every stamp the same, which only matters with --data.
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis().to_string()
}
