//! What the benchmarks share: an upstream, a load generator, a process under measurement, a table.
//!
//! A benchmark is run by hand with one command (see `docs/performance.md`) and prints what machine it
//! saw. None of it is an assertion in the test suite.

// A benchmark that meets something unexpected stops: there is nobody to hand an error to.
#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

pub mod load;
pub mod process;
pub mod specs;
pub mod upstream;

/// One line that says what the figures were taken on.
#[must_use]
pub fn machine() -> String {
    let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
    let cpu = read("/proc/cpuinfo")
        .lines()
        .find_map(|l| {
            l.strip_prefix("model name").map(|l| l.trim_start_matches([' ', '\t', ':']).to_owned())
        })
        .unwrap_or_else(|| "unknown CPU".into());
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let load = read("/proc/loadavg").split_whitespace().next().unwrap_or("?").to_owned();
    format!("{cpu}, {cores} cores, load average {load} at start")
}

/// An HTTP client with `TCP_NODELAY`, as every benchmark uses it.
///
/// # Panics
/// When TLS cannot be set up.
#[must_use]
pub fn client() -> reqwest::Client {
    // The client must know its TLS provider although nothing here speaks TLS; a second call changes nothing.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().tcp_nodelay(true).no_proxy().build().expect("a client")
}
