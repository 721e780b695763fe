//! W3: quickstart-shaped runs per second, beside the floor in the same session.
//!
//! `cargo run --release -p writ-benches --bin w3 [-- RUNS [IN_FLIGHT,...]]`

#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use serde_json::{Value, json};
use std::process::Command;
use writ_benches::load::{self, Target};
use writ_benches::process::{self, Server};
use writ_benches::upstream::{self, LastCalls};
use writ_benches::{machine, specs};

#[tokio::main]
async fn main() {
    let mut args = std::env::args().skip(1);
    let runs: usize = args.next().map_or(20_000, |n| n.parse().expect("RUNS is a number"));
    let levels: Vec<usize> = args.next().map_or(vec![1, 16, 64, 256], |l| {
        l.split(',').map(|n| n.parse().expect("IN_FLIGHT is a list of numbers")).collect()
    });
    println!("{}", machine());
    println!(
        "{:<6} {:>9} {:>9} {:>9} {:>9} {:>12} {:>9} {:>11} {:>12}",
        "",
        "in flight",
        "runs/s",
        "p50 ms",
        "p99 ms",
        "CPU s/1000",
        "RSS MiB",
        "KB/run",
        "jobs/commit"
    );
    let calls = LastCalls::default();
    let upstream = upstream::start(calls.clone()).await;
    for level in levels {
        // One run in flight is slow; a tenth of the runs says as much.
        let runs = if level < 8 { runs / 10 } else { runs };
        floor(&upstream, &calls, level, runs).await;
        writ(&upstream, &calls, level, runs).await;
    }
}

async fn floor(upstream: &str, calls: &LastCalls, level: usize, runs: usize) {
    let dir = tempfile::tempdir_in(".").expect("a folder");
    let path = dir.path().to_str().expect("a UTF-8 path");
    let server = Server::start(&process::build("writ-benches", "floor"), &[path, upstream]);
    let target = Target {
        execute_url: format!("{}/execute", server.url),
        read_url: format!("{}/read/", server.url),
        key: String::new(),
    };
    measure("floor", &server, &target, calls, level, runs).await;
}

async fn writ(upstream: &str, calls: &LastCalls, level: usize, runs: usize) {
    let dir = tempfile::tempdir_in(".").expect("a folder");
    let path = dir.path().to_str().expect("a UTF-8 path");
    let binary = process::build("writ", "writ");
    let args = ["serve", "--data", path, "--listen", "127.0.0.1:0", "--rate-limit", "off"];
    let server = Server::start(&binary, &args);
    let keys = Command::new(&binary)
        .args(["keys", "create", "--data", path, "--scopes", "read,write", "--json"])
        .output()
        .expect("keys create runs");
    let key: Value = serde_json::from_slice(&keys.stdout).expect("a key as JSON");
    let key = key["key"].as_str().expect("a key").to_owned();
    let client = writ_benches::client();
    let post = async |path: &str, body: Value| {
        let url = format!("{}{path}", server.url);
        let response =
            client.post(url).bearer_auth(&key).json(&body).send().await.expect("an answer");
        assert!(
            response.status().is_success(),
            "{path}: {}",
            response.text().await.unwrap_or_default()
        );
    };
    let connection =
        json!({ "serviceSlug": "custom:bench", "baseUrl": upstream, "apiKey": "bench" });
    post("/api/service-connections", connection).await;
    post("/api/workflows", specs::w3()).await;
    post("/api/workflows/bench-w3/publish", json!({})).await;
    let target = Target {
        execute_url: format!("{}/api/workflows/bench-w3/execute", server.url),
        read_url: format!("{}/api/executions/", server.url),
        key,
    };
    measure("writ", &server, &target, calls, level, runs).await;
}

async fn measure(
    name: &str,
    server: &Server,
    target: &Target,
    calls: &LastCalls,
    level: usize,
    runs: usize,
) {
    load::run(target, calls, level, (runs / 20).max(level)).await;
    let (before, commits_before) = (server.usage(), commits(server).await);
    let outcome = load::run(target, calls, level, runs).await;
    let (after, commits_after) = (server.usage(), commits(server).await);
    let grouped = match (commits_before, commits_after) {
        (Some(b), Some(a)) => format!("{:.1}", (a.0 - b.0) / (a.1 - b.1)),
        _ => "-".into(),
    };
    println!(
        "{name:<6} {level:>9} {:>9.0} {:>9.2} {:>9.2} {:>12.3} {:>9.1} {:>11.1} {grouped:>12}",
        outcome.runs_per_s,
        outcome.p50.as_secs_f64() * 1e3,
        outcome.p99.as_secs_f64() * 1e3,
        (after.cpu_s - before.cpu_s) / runs as f64 * 1e3,
        after.rss_mib,
        (after.written_bytes - before.written_bytes) as f64 / runs as f64 / 1e3,
    );
}

/// Jobs written and commits made so far, as the server's metrics tell.
async fn commits(server: &Server) -> Option<(f64, f64)> {
    let text = writ_benches::client()
        .get(format!("{}/metrics", server.url))
        .send()
        .await
        .ok()?
        .text()
        .await
        .ok()?;
    let value =
        |name: &str| text.lines().find_map(|l| l.strip_prefix(name)?.trim().parse::<f64>().ok());
    Some((value("writ_store_jobs_total ")?, value("writ_store_commits_total ")?))
}
