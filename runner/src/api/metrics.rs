//! What `/metrics` shows, counted without locks.

use super::routes::ROUTES;
use crate::engine::Health;
use crate::store::StoreStats;
use http::StatusCode;
use std::fmt::Write;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// The statuses that the API answers with; any other is counted as the last.
const STATUSES: [u16; 18] =
    [200, 201, 202, 400, 401, 403, 404, 405, 408, 409, 413, 415, 422, 429, 500, 501, 503, 0];

/// Requests to one route: by status, and the time that they took in all.
#[derive(Debug, Default)]
struct Requests {
    by_status: [AtomicU64; STATUSES.len()],
    nanos: AtomicU64,
}

/// Counters of the API.
#[derive(Debug)]
pub(super) struct Metrics {
    /// One entry a route, and one more for what leads to no route.
    requests: Vec<Requests>,
}

impl Default for Metrics {
    fn default() -> Self {
        Self { requests: (0..=ROUTES.len()).map(|_| Requests::default()).collect() }
    }
}

impl Metrics {
    /// Counts a request to the route at a place, or to none.
    pub(super) fn answered(&self, place: Option<u8>, status: StatusCode, took: Duration) {
        let Some(requests) = self.requests.get(place.map_or(ROUTES.len(), usize::from)) else {
            return;
        };
        let known = STATUSES.iter().position(|known| *known == status.as_u16());
        if let Some(count) = requests.by_status.get(known.unwrap_or(STATUSES.len() - 1)) {
            count.fetch_add(1, Ordering::Relaxed);
        }
        let nanos = u64::try_from(took.as_nanos()).unwrap_or(u64::MAX);
        requests.nanos.fetch_add(nanos, Ordering::Relaxed);
    }

    /// Everything in Prometheus' text format.
    pub(super) fn text(&self, store: &StoreStats, engine: &Health) -> String {
        let mut text = Text(String::with_capacity(4_096));
        text.head("writ_http_requests_total", "counter", "Requests answered, by route and status.");
        self.each(|route, requests| {
            for (status, count) in STATUSES.iter().zip(&requests.by_status) {
                let count = count.load(Ordering::Relaxed);
                if count > 0 {
                    let labels = format!("{route},status=\"{status}\"");
                    text.labelled("writ_http_requests_total", &labels, count);
                }
            }
        });
        text.head("writ_http_request_seconds_total", "counter", "Time spent on requests.");
        self.each(|route, requests| {
            let nanos = requests.nanos.load(Ordering::Relaxed);
            if nanos > 0 {
                #[allow(clippy::cast_precision_loss, reason = "a metric is a double anyway")]
                let seconds = nanos as f64 / 1e9;
                text.labelled("writ_http_request_seconds_total", route, seconds);
            }
        });
        text.one("writ_store_jobs_total", "counter", "Writes committed.", store.jobs);
        text.one(
            "writ_store_commits_total",
            "counter",
            "Groups that they were committed in.",
            store.commits,
        );
        let degraded = store.degraded.is_some() || engine.degraded.is_some();
        text.one("writ_degraded", "gauge", "1 while nothing can be committed.", u8::from(degraded));
        text.one("writ_runs_active", "gauge", "Runs being worked on.", engine.active);
        text.one("writ_runs_queued", "gauge", "Runs known to wait for their turn.", engine.queued);
        process(&mut text);
        text.0
    }

    fn each(&self, mut with: impl FnMut(&str, &Requests)) {
        let routes = ROUTES.iter().map(|r| (r.method.as_str(), r.path)).chain([("", "")]);
        for ((method, path), requests) in routes.zip(&self.requests) {
            with(&format!("method=\"{method}\",route=\"{path}\""), requests);
        }
    }
}

/// Metrics in Prometheus' text format. Writing to a string does not fail.
struct Text(String);

impl Text {
    fn head(&mut self, name: &str, kind: &str, help: &str) {
        let _ = writeln!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}");
    }

    fn labelled(&mut self, name: &str, labels: &str, value: impl std::fmt::Display) {
        let _ = writeln!(self.0, "{name}{{{labels}}} {value}");
    }

    fn one(&mut self, name: &str, kind: &str, help: &str, value: impl std::fmt::Display) {
        self.head(name, kind, help);
        let _ = writeln!(self.0, "{name} {value}");
    }
}

/// What the operating system knows of this process, under the names that every exporter uses; nothing where it does
/// not say.
fn process(text: &mut Text) {
    let Ok(stat) = std::fs::read_to_string("/proc/self/stat") else { return };
    // The name of the program, in parentheses, may hold spaces.
    let fields: Vec<&str> =
        stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let field = |n: usize| fields.get(n).and_then(|field| field.parse::<u64>().ok());
    // Ticks of a hundredth of a second, on every Linux.
    if let (Some(user), Some(system)) = (field(11), field(12)) {
        let ticks = user + system;
        text.one(
            "process_cpu_seconds_total",
            "counter",
            "CPU time used.",
            format_args!("{}.{:02}", ticks / 100, ticks % 100),
        );
    }
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes =
        resident.and_then(|rest| rest.trim().trim_end_matches(" kB").parse::<u64>().ok());
    if let Some(kilobytes) = kilobytes {
        let bytes = kilobytes * 1_024;
        text.one("process_resident_memory_bytes", "gauge", "Memory in use.", bytes);
    }
    if let Ok(open) = std::fs::read_dir("/proc/self/fd") {
        text.one("process_open_fds", "gauge", "Open files and sockets.", open.count());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_counted_by_route_and_status() {
        let metrics = Metrics::default();
        metrics.answered(Some(0), StatusCode::ACCEPTED, Duration::from_millis(1_500));
        metrics.answered(Some(0), StatusCode::ACCEPTED, Duration::ZERO);
        metrics.answered(None, StatusCode::NOT_FOUND, Duration::ZERO);
        let stats = StoreStats { jobs: 6, commits: 2, degraded: None };
        let text = metrics.text(&stats, &Health::default());
        let ours: Vec<&str> = text.lines().filter(|line| line.starts_with("writ_")).collect();
        insta::assert_snapshot!(ours.join("\n"), @r#"
        writ_http_requests_total{method="POST",route="/api/workflows/{id}/execute",status="202"} 2
        writ_http_requests_total{method="",route="",status="404"} 1
        writ_http_request_seconds_total{method="POST",route="/api/workflows/{id}/execute"} 1.5
        writ_store_jobs_total 6
        writ_store_commits_total 2
        writ_degraded 0
        writ_runs_active 0
        writ_runs_queued 0
        "#);
    }
}
