//! A closed-loop load generator: so many runs in flight, each from its request to its end on disk.

use crate::upstream::LastCalls;
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// What one level of load gave.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// Runs finished per second.
    pub runs_per_s: f64,
    /// Median time from request to finished run.
    pub p50: Duration,
    /// 99th percentile of the same.
    pub p99: Duration,
}

/// Where and how runs are started and read.
#[derive(Debug, Clone)]
pub struct Target {
    /// `POST` here starts a run.
    pub execute_url: String,
    /// `GET` here, with the id appended, reads it.
    pub read_url: String,
    /// Bearer key, when the server wants one.
    pub key: String,
}

/// Makes `runs` runs with `in_flight` of them at a time.
///
/// A run counts as finished when a read says `succeeded`; reads begin when its last upstream call arrives.
///
/// # Panics
/// When a run is refused or fails.
pub async fn run(target: &Target, calls: &LastCalls, in_flight: usize, runs: usize) -> Outcome {
    let client = crate::client();
    let next = Arc::new(AtomicUsize::new(0));
    let epoch = Instant::now();
    let salt =
        std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_nanos();
    let mut workers = tokio::task::JoinSet::new();
    for _ in 0..in_flight {
        let (client, next, target, calls) =
            (client.clone(), next.clone(), target.clone(), calls.clone());
        workers.spawn(async move {
            let mut latencies = Vec::new();
            loop {
                let n = next.fetch_add(1, Ordering::Relaxed);
                if n >= runs {
                    return latencies;
                }
                latencies.push(one(&client, &target, &calls, format!("bench-{salt}-{n}")).await);
            }
        });
    }
    let mut latencies: Vec<Duration> = workers.join_all().await.into_iter().flatten().collect();
    let elapsed = epoch.elapsed();
    latencies.sort_unstable();
    let at = |q: f64| latencies[((latencies.len() - 1) as f64 * q) as usize];
    Outcome { runs_per_s: runs as f64 / elapsed.as_secs_f64(), p50: at(0.5), p99: at(0.99) }
}

async fn one(
    client: &reqwest::Client,
    target: &Target,
    calls: &LastCalls,
    external_id: String,
) -> Duration {
    let last_call = calls.expect(&external_id);
    let started = Instant::now();
    let response = client
        .post(&target.execute_url)
        .bearer_auth(&target.key)
        .json(&json!({ "customerId": "cus_1", "externalId": external_id }))
        .send()
        .await
        .expect("execute answers");
    let status = response.status();
    let body: Value = response.json().await.expect("execute answers JSON");
    assert_eq!(status.as_u16(), 202, "execute refused: {body}");
    let url =
        format!("{}{}", target.read_url, body["data"]["execution"]["id"].as_str().expect("an id"));
    last_call.await.expect("the last call arrives");
    loop {
        let read = client.get(&url).bearer_auth(&target.key).send().await.expect("read answers");
        let body: Value = read.json().await.expect("read answers JSON");
        match body["data"]["execution"]["status"].as_str() {
            Some("succeeded") => return started.elapsed(),
            Some("failed" | "cancelled") | None => panic!("run went wrong: {body}"),
            Some(_) => tokio::task::yield_now().await,
        }
    }
}
