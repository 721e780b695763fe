//! Calls to services, by the runner's own client.

use crate::failure::Failure;
use secrecy::SecretString;
use std::collections::HashMap;
use std::env;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::runtime::Handle;
use writ_compiler::signatures;
use writ_runner::engine::http::{
    AddressPolicy, ConnectionError, Connections, HttpCaller, HttpClient, Target, check_base,
};
use writ_runner::engine::{Caller, SystemClock};
use writ_runner::machine::CallRequest;
use writ_runner::simulate::Reply;

/// The key that the sandbox services are given; they take any.
const SANDBOX_KEY: &str = "sandbox";

/// The services of a run.
pub struct Live {
    caller: HttpCaller<Services>,
}

struct Services(HashMap<String, Target>);

impl Connections for Services {
    async fn target(&self, slug: &str) -> Result<Target, ConnectionError> {
        self.0.get(slug).cloned().ok_or(ConnectionError::Missing)
    }
}

impl Live {
    /// Those that were named, and the sandbox's where one is.
    pub fn new(named: &[(String, String)], sandbox: Option<&str>) -> Result<Self, Failure> {
        let policy = AddressPolicy { deny_private: false };
        let mut services = HashMap::new();
        if let Some(url) = sandbox {
            for slug in signatures::slugs() {
                let base_url = format!("{url}/{slug}");
                services.insert(
                    slug.to_owned(),
                    Target { base_url, api_key: SecretString::from(SANDBOX_KEY) },
                );
            }
        }
        let mut keyless = Vec::new();
        for (slug, base_url) in named {
            check_base(base_url, policy).map_err(|what| {
                Failure::new(format_args!("--service {slug}: the URL is refused: {what}"))
            })?;
            match env::var(variable(slug)).ok().filter(|key| !key.is_empty()) {
                Some(key) => {
                    let target = Target { base_url: base_url.clone(), api_key: key.into() };
                    services.insert(slug.clone(), target);
                }
                None => keyless.push((slug.as_str(), variable(slug))),
            }
        }
        if !keyless.is_empty() {
            let (slugs, variables): (Vec<_>, Vec<_>) = keyless.into_iter().unzip();
            return Err(Failure::new(format_args!("no key is there for {}", slugs.join(", ")))
                .help(format_args!(
                    "set {}; a command line would show it to everybody",
                    variables.join(", ")
                )));
        }
        let client = HttpClient::new(policy)
            .map_err(|error| Failure::new(format_args!("cannot set up HTTP: {error}")))?;
        let caller = HttpCaller::new(Arc::new(Services(services)), client, Arc::new(SystemClock));
        Ok(Self { caller })
    }

    /// Makes an attempt, and waits for its end.
    pub fn call(&self, request: &CallRequest) -> Reply {
        let begun = Instant::now();
        let outcome = Handle::current().block_on(self.caller.call(request.clone()));
        let took_ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        Reply { outcome, took_ms }
    }

    /// Waits.
    pub fn sleep(ms: u64) {
        Handle::current().block_on(tokio::time::sleep(Duration::from_millis(ms)));
    }
}

/// The environment variable that holds a service's key.
fn variable(slug: &str) -> String {
    let word = slug.to_ascii_uppercase().replace(|c: char| !c.is_ascii_alphanumeric(), "_");
    format!("WRIT_SERVICE_{word}_KEY")
}
