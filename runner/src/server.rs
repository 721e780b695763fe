//! The server: vault, store, engine, webhooks and API, put together.

use crate::api::{Api, ApiOptions, listen};
use crate::engine::http::{HttpCaller, HttpClient};
use crate::engine::webhooks::{Webhooks, WebhooksHandle};
use crate::engine::{Engine, EngineHandle, EngineOptions, SystemClock};
use crate::keys::{self, KeyError, KeyRequest};
use crate::store::{ApiKey, OpenError, Store, StoreOptions};
use crate::vault::{MasterKeySource, Vault};
use secrecy::SecretString;
use std::fs::{self, File, TryLockError};
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::net::TcpListener;
use tokio::sync::Notify;

/// The database's file in the data directory.
const DATABASE: &str = "writ.db";

/// The master key's file in the data directory, unless another source is named.
const MASTER_KEY: &str = "master.key";

/// Held by the one server that works on the data directory.
const LOCK: &str = "server.lock";

/// What a server needs to know.
#[derive(Debug)]
pub struct ServerOptions {
    /// The data directory; made when it is not there.
    pub data: PathBuf,
    /// Where it listens.
    pub listener: TcpListener,
    /// Where the master key comes from.
    pub master_key: MasterKeySource,
    /// How the API behaves.
    pub api: ApiOptions,
}

impl ServerOptions {
    /// The defaults: the master key in the data directory, the documented rate limits.
    #[must_use]
    pub fn new(data: impl Into<PathBuf>, listener: TcpListener) -> Self {
        let data = data.into();
        Self { master_key: master_key_in(&data), data, listener, api: ApiOptions::default() }
    }
}

/// Why a server cannot start, or its data not be opened.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct StartError {
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
}

impl StartError {
    fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), help: None }
    }

    fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

/// A running server. Dropping it stops it at once, as a crash would; nothing accepted is lost by that.
pub struct Server {
    address: SocketAddr,
    first_key: Option<SecretString>,
    store: Store,
    engine: EngineHandle,
    http: listen::Listening,
    webhooks: WebhooksHandle,
    /// Held until the store is closed.
    _lock: File,
}

impl std::fmt::Debug for Server {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Server").field("address", &self.address).finish_non_exhaustive()
    }
}

impl Server {
    /// Opens the data directory, goes on with what is unfinished, and serves. Must be called within a Tokio runtime.
    ///
    /// # Errors
    /// When the data directory cannot be used, another server works on it, or the master key does not fit.
    pub async fn start(options: ServerOptions) -> Result<Self, StartError> {
        let ServerOptions { data, listener, master_key, api } = options;
        let address = listener
            .local_addr()
            .map_err(|e| StartError::new(format!("the listener has no address: {e}")))?;
        make_data_directory(&data)?;
        let lock = lock(&data)?;
        let outbox = Arc::new(Notify::new());
        let store = open(&data, &master_key, Arc::clone(&outbox))?;
        let client = HttpClient::new(api.addresses)
            .map_err(|e| StartError::new(format!("cannot set up TLS: {e}")))?;
        let first_key = first_key(&store).await?;
        let shared = Arc::new(store.clone());
        let clock = Arc::new(SystemClock);
        let caller = HttpCaller::new(Arc::clone(&shared), client.clone(), Arc::clone(&clock) as _);
        let engine = Engine::start(
            Arc::clone(&shared),
            Arc::new(caller),
            Arc::clone(&clock) as _,
            EngineOptions::default(),
        );
        let webhooks = Webhooks::start(shared, client, clock, outbox);
        let api = Api::new(store.clone(), engine.clone(), api);
        let http = listen::start(listener, api);
        Ok(Self { address, first_key, store, engine, http, webhooks, _lock: lock })
    }

    /// `http://ADDRESS`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The key with every scope that was made because there was none. It is shown once: the next start has none.
    #[must_use]
    pub fn first_key(&self) -> Option<&SecretString> {
        self.first_key.as_ref()
    }

    /// Makes a key.
    ///
    /// # Errors
    /// As [`keys::create`].
    pub async fn create_key(
        &self,
        request: KeyRequest,
    ) -> Result<(SecretString, ApiKey), KeyError> {
        keys::create(&self.store, request).await
    }

    /// Takes no more requests, lets those and the calls in flight finish for at most `grace`, and closes the store.
    /// What is not finished goes on at the next start.
    pub async fn stop(self, grace: Duration) {
        let until = Instant::now() + grace;
        self.http.stop(grace).await;
        self.engine.drain(until.saturating_duration_since(Instant::now())).await;
        drop(self.webhooks);
        self.store.close().await;
    }
}

/// Opens the store of a data directory, which a server may be using: for `writ keys`. The directory, its database and
/// its master key are made when they are not there.
///
/// # Errors
/// When the data directory cannot be used, or the master key does not fit.
pub fn open_store(data: &Path, master_key: &MasterKeySource) -> Result<Store, StartError> {
    make_data_directory(data)?;
    open(data, master_key, Arc::default())
}

/// Where the master key of a data directory is kept when no other source is named.
#[must_use]
pub fn master_key_in(data: &Path) -> MasterKeySource {
    MasterKeySource::MadeAt(data.join(MASTER_KEY))
}

fn open(
    data: &Path,
    master_key: &MasterKeySource,
    outbox: Arc<Notify>,
) -> Result<Store, StartError> {
    let path = data.join(DATABASE);
    let vault = Vault::open(master_key, &path).map_err(|e| StartError::new(e.message))?;
    Store::open(StoreOptions { path, vault, outbox }).map_err(|error| {
        let message = error.to_string();
        match error {
            OpenError::WrongMasterKey { .. } => StartError::new(message)
                .help("give the right key with --master-key-file or WRIT_MASTER_KEY, or another directory with --data"),
            OpenError::Unusable { .. } => StartError::new(message)
                .help("check the directory's permissions and its free space, or choose another with --data"),
            OpenError::Newer { .. } => StartError::new(message),
        }
    })
}

/// Makes the directory, readable by its owner only, when it is not there.
fn make_data_directory(data: &Path) -> Result<(), StartError> {
    let shown = data.display();
    if data.is_dir() {
        return Ok(());
    }
    if data.exists() {
        return Err(StartError::new(format!("the data directory {shown} is not a directory"))
            .help("choose another with --data"));
    }
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(data).map_err(|e| {
        StartError::new(format!("cannot make the data directory {shown}: {e}"))
            .help("choose another with --data")
    })
}

/// Keeps a second server away: two would work on the same runs.
fn lock(data: &Path) -> Result<File, StartError> {
    let path = data.join(LOCK);
    let failed = |e: io::Error| StartError::new(format!("cannot lock {}: {e}", path.display()));
    let file =
        File::options().create(true).write(true).truncate(false).open(&path).map_err(failed)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(StartError::new(format!(
            "another server works on the data directory {}",
            data.display()
        ))
        .help("stop it, or choose another directory with --data")),
        Err(TryLockError::Error(e)) => Err(failed(e)),
    }
}

/// A key that may do everything, when there is no key.
async fn first_key(store: &Store) -> Result<Option<SecretString>, StartError> {
    let failed = |e: KeyError| StartError::new(format!("cannot make a first key: {e}"));
    let keys = store.keys().await.map_err(|e| failed(e.into()))?;
    if !keys.is_empty() {
        return Ok(None);
    }
    keys::create(store, KeyRequest::every_scope()).await.map(|(key, _)| Some(key)).map_err(failed)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use super::*;
    use tempfile::TempDir;

    async fn start(data: &Path) -> Result<Server, StartError> {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        Server::start(ServerOptions::new(data, listener)).await
    }

    async fn refused(data: &Path) -> StartError {
        let Err(error) = start(data).await else { panic!("it started") };
        error
    }

    fn directory() -> (TempDir, PathBuf) {
        let parent = tempfile::tempdir().unwrap();
        let data = parent.path().join("deep/data");
        (parent, data)
    }

    #[tokio::test]
    async fn a_server_answers_until_it_is_stopped_and_starts_again() {
        let (_parent, data) = directory();
        let server = start(&data).await.unwrap();
        assert!(server.first_key().is_some());
        let url = format!("{}/readyz", server.url());
        assert_eq!(reqwest::get(&url).await.unwrap().status(), 200);
        server.stop(Duration::from_secs(5)).await;
        assert!(reqwest::get(&url).await.is_err());

        let again = start(&data).await.unwrap();
        assert!(again.first_key().is_none());
    }

    #[tokio::test]
    async fn two_servers_do_not_share_a_data_directory() {
        let (_parent, data) = directory();
        let first = start(&data).await.unwrap();
        let error = refused(&data).await;
        assert!(error.message.contains("another server"), "{error}");
        assert!(error.help.is_some_and(|help| help.contains("--data")));
        // Keys can be made beside it.
        assert!(open_store(&data, &master_key_in(&data)).is_ok());
        drop(first);
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn the_data_directory_is_the_owners_alone() {
        use std::os::unix::fs::PermissionsExt;
        let (parent, data) = directory();
        let _server = start(&data).await.unwrap();
        assert_eq!(fs::metadata(&data).unwrap().permissions().mode() & 0o777, 0o700);

        let file = parent.path().join("other.key");
        fs::write(&file, "").unwrap();
        assert!(refused(&file).await.message.contains("other.key"));
    }
}
