//! A server under measurement, as a process of its own.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A child process that is killed when dropped.
pub struct Server {
    child: Child,
    /// `http://ADDRESS`, as it printed.
    pub url: String,
    /// From the start of the process to its line that says it is ready.
    pub ready_after: Duration,
}

/// What a process has used so far.
#[derive(Debug, Clone, Copy)]
pub struct Usage {
    /// CPU time, user and system, in seconds.
    pub cpu_s: f64,
    /// Resident memory, in MiB.
    pub rss_mib: f64,
    /// Bytes sent to the storage layer.
    pub written_bytes: u64,
}

/// Builds the release binary of a package of this workspace and gives its path.
///
/// # Panics
/// When it does not build.
#[must_use]
pub fn build(package: &str, bin: &str) -> PathBuf {
    let status = Command::new(env!("CARGO"))
        .args(["build", "--release", "--quiet", "--package", package, "--bin", bin])
        .status()
        .expect("cargo runs");
    assert!(status.success(), "{package} does not build");
    let own = std::env::current_exe().expect("own path");
    own.parent().expect("a folder").join(bin)
}

impl Server {
    /// Starts `program` and waits for its line `listening on http://...`.
    ///
    /// # Panics
    /// When it ends before it says so.
    #[must_use]
    pub fn start(program: &Path, args: &[&str]) -> Self {
        let started = Instant::now();
        let mut child = Command::new(program)
            .args(args)
            .env("RUST_LOG", "error")
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .expect("the server starts");
        let mut lines = BufReader::new(child.stdout.take().expect("its stdout")).lines();
        let url = lines
            .by_ref()
            .map_while(Result::ok)
            .find_map(|line| line.split("listening on ").nth(1).map(|u| u.trim().to_owned()))
            .expect("the server says where it listens");
        let ready_after = started.elapsed();
        std::thread::spawn(move || lines.for_each(drop));
        Self { child, url, ready_after }
    }

    /// What it has used so far.
    ///
    /// # Panics
    /// When `/proc` does not tell.
    #[must_use]
    pub fn usage(&self) -> Usage {
        let proc = |file: &str| {
            std::fs::read_to_string(format!("/proc/{}/{file}", self.child.id())).expect("/proc")
        };
        let stat = proc("stat");
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
        let ticks: f64 = fields[11].parse::<f64>().unwrap() + fields[12].parse::<f64>().unwrap();
        let line = |text: &str, key: &str| -> u64 {
            text.lines()
                .find_map(|l| l.strip_prefix(key))
                .and_then(|l| l.trim_start_matches(':').split_whitespace().next()?.parse().ok())
                .unwrap_or(0)
        };
        Usage {
            cpu_s: ticks / 100.0,
            rss_mib: line(&proc("status"), "VmRSS") as f64 / 1024.0,
            written_bytes: line(&proc("io"), "write_bytes"),
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
