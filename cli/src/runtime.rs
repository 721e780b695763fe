//! What the serving commands share: the asynchronous runtime, the server, the sandbox, signals, the log.

use crate::config::DataPlace;
use crate::failure::{Failure, Outcome};
use secrecy::{ExposeSecret, SecretString};
use std::future::Future;
use std::io::{self, IsTerminal, Write};
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tracing_subscriber::EnvFilter;
use writ_runner::api::ApiOptions;
use writ_runner::keys::KeyRequest;
use writ_runner::server::{self, ServerOptions, StartError};
use writ_runner::store::Store;
use writ_runner::vault::MasterKeySource;

/// Holds the master key itself, for those who keep it in a secret manager.
const MASTER_KEY_VARIABLE: &str = "WRIT_MASTER_KEY";

/// The exit code of a command that Ctrl-C ended: 128 and the signal's number, as shells have it.
pub const INTERRUPTED: u8 = 130;

/// Runs a command to its end on the asynchronous runtime.
pub fn block_on(command: impl Future<Output = Outcome>) -> Outcome {
    // Two TLS providers could be compiled in; this says which one is used. A second call changes nothing.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let runtime = tokio::runtime::Runtime::new()
        .map_err(|e| Failure::new(format_args!("cannot start the runtime: {e}")))?;
    runtime.block_on(command)
}

/// Waits for SIGTERM or SIGINT.
pub async fn stop_signal() -> Result<(), Failure> {
    let failed = |e| Failure::new(format_args!("cannot listen for signals: {e}"));
    let mut terminate = signal(SignalKind::terminate()).map_err(failed)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(failed)?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}

/// Prints a line to standard output at once: someone may be waiting for it on a pipe.
pub fn print_line(line: &str) -> Result<(), Failure> {
    let mut out = anstream::stdout().lock();
    writeln!(out, "{line}")?;
    Ok(out.flush()?)
}

/// Sends the log to standard error.
pub fn log_to_stderr(filter: &str) -> Result<(), Failure> {
    let filter = EnvFilter::try_new(filter).map_err(|e| {
        Failure::new(format_args!("cannot understand the log filter \"{filter}\": {e}"))
            .help("say error, warn, info or debug")
    })?;
    let colours = anstream::AutoStream::choice(&io::stderr()) != anstream::ColorChoice::Never;
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr);
    log.with_ansi(colours && io::stderr().is_terminal()).init();
    Ok(())
}

/// Listens, or says what is in the way.
pub async fn bind(address: SocketAddr) -> Result<TcpListener, Failure> {
    TcpListener::bind(address).await.map_err(|e| {
        let failure = Failure::new(format_args!("cannot listen on {address}: {e}"));
        match e.kind() {
            io::ErrorKind::AddrInUse => failure.help(
                "another program listens there: stop it, or choose another port with --listen; port 0 takes a free one",
            ),
            io::ErrorKind::PermissionDenied => {
                failure.help("ports below 1024 need permission: choose another with --listen")
            }
            io::ErrorKind::AddrNotAvailable => {
                failure.help("this machine has no such address: choose another with --listen")
            }
            _ => failure,
        }
    })
}

/// The sandbox services, in this process.
#[derive(Debug)]
pub struct Sandbox {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    task: JoinHandle<io::Result<()>>,
}

impl Sandbox {
    /// Starts them.
    pub async fn start(address: SocketAddr) -> Result<Self, Failure> {
        let listener = bind(address).await?;
        let address = listener
            .local_addr()
            .map_err(|e| Failure::new(format_args!("cannot listen on {address}: {e}")))?;
        let (stop, stopped) = oneshot::channel();
        let shutdown = async {
            // A dropped sender stops it too.
            let _ = stopped.await;
        };
        let task = tokio::spawn(writ_runner::sandbox::serve(listener, shutdown));
        Ok(Self { address, stop, task })
    }

    /// `http://ADDRESS`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Stops them, after the calls in flight.
    pub async fn stop(self) {
        // It may have stopped by itself, which is as good.
        let _ = self.stop.send(());
        let _ = self.task.await;
    }
}

/// How long requests and steps in flight may take to finish once the server was told to stop. Service managers
/// commonly kill after 30 s or more; what is not finished then goes on at the next start.
const STOP_GRACE: Duration = Duration::from_secs(20);

/// What a server is started with.
#[derive(Debug)]
pub struct ServerSettings {
    /// Where its data is.
    pub place: DataPlace,
    /// Where it listens.
    pub listen: SocketAddr,
    /// How its API behaves.
    pub api: ApiOptions,
}

/// Opens the store of a data directory, beside a running server or without one.
pub fn open_store(place: &DataPlace) -> Result<Store, Failure> {
    server::open_store(&place.data, &master_key(place)).map_err(cannot_start)
}

/// The one place where a key is taken out of its wrapper: to be shown to its holder.
pub fn expose(key: &SecretString) -> &str {
    key.expose_secret()
}

/// A running server.
#[derive(Debug)]
pub struct Server {
    server: server::Server,
}

impl Server {
    /// Starts it.
    pub async fn start(settings: ServerSettings) -> Result<Self, Failure> {
        let ServerSettings { place, listen, api } = settings;
        let listener = bind(listen).await?;
        let mut options = ServerOptions::new(&place.data, listener);
        options.master_key = master_key(&place);
        options.api = api;
        let server = server::Server::start(options).await.map_err(cannot_start)?;
        Ok(Self { server })
    }

    /// The key that was made at the first start.
    pub fn first_key(&self) -> Option<&str> {
        self.server.first_key().map(expose)
    }

    /// `http://ADDRESS`.
    pub fn url(&self) -> String {
        self.server.url()
    }

    /// Makes a key with every scope.
    pub async fn create_key(&self) -> Result<String, Failure> {
        let made = self.server.create_key(KeyRequest::every_scope()).await;
        let (key, _) = made.map_err(Failure::new)?;
        Ok(expose(&key).to_owned())
    }

    /// Lets requests and steps in flight finish, and stops; at once when it is told again.
    pub async fn stop(self) {
        tokio::select! {
            () = self.server.stop(STOP_GRACE) => {}
            _ = stop_signal() => {}
        }
    }
}

fn master_key(place: &DataPlace) -> MasterKeySource {
    let given = || std::env::var(MASTER_KEY_VARIABLE).ok().filter(|key| !key.is_empty());
    match &place.master_key_file {
        Some(file) => MasterKeySource::File(file.clone()),
        None => match given() {
            Some(key) => MasterKeySource::Given(key.into()),
            None => server::master_key_in(&place.data),
        },
    }
}

fn cannot_start(error: StartError) -> Failure {
    let failure = Failure::new(error.message);
    match error.help {
        Some(help) => failure.help(help),
        None => failure,
    }
}
