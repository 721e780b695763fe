//! The floor: not a peer but the ceiling. An HTTP server, the same two calls, four durable checkpoints a
//! run with group commit by one writer thread, and no engine.
//!
//! `floor DATA_DIR UPSTREAM_URL` prints `listening on http://ADDRESS`.

#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use axum::serve::ListenerExt;
use axum::{
    Json, Router,
    extract::{Path, State},
    http::StatusCode,
    routing::{get, post},
};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::{
    Arc, Mutex,
    atomic::{AtomicI64, Ordering},
};
use tokio::sync::{mpsc, oneshot};

/// A checkpoint: run, step, state.
type Job = ((i64, i64, String), oneshot::Sender<()>);

#[derive(Clone)]
struct App {
    jobs: mpsc::Sender<Job>,
    client: reqwest::Client,
    upstream: Arc<str>,
    next: Arc<AtomicI64>,
    done: Arc<Mutex<HashMap<i64, bool>>>,
}

impl App {
    async fn checkpoint(&self, run: i64, step: i64, state: String) {
        let (tx, rx) = oneshot::channel();
        self.jobs.send(((run, step, state), tx)).await.expect("the writer runs");
        rx.await.expect("the writer commits");
    }

    async fn call(&self, path: &str, body: Value) -> Value {
        let url = format!("{}{path}", self.upstream);
        self.client
            .post(url)
            .json(&body)
            .send()
            .await
            .expect("a call")
            .json()
            .await
            .expect("its JSON")
    }

    async fn run(self, run: i64, inputs: Value) {
        self.checkpoint(run, 1, "running".into()).await;
        let first = self.call("/first", json!({ "customerId": inputs["customerId"] })).await;
        self.checkpoint(run, 2, first.to_string()).await;
        assert_eq!(first["verdict"], "passed");
        let body = json!({ "externalId": inputs["externalId"], "score": first["score"] });
        let second = self.call("/second", body).await;
        self.checkpoint(run, 3, second.to_string()).await;
        self.done.lock().unwrap().insert(run, true);
    }
}

fn writer(path: std::path::PathBuf, mut jobs: mpsc::Receiver<Job>) {
    let mut db = rusqlite::Connection::open(path.join("floor.db")).expect("a database");
    db.execute_batch(
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;
         CREATE TABLE checkpoint(run INTEGER, step INTEGER, state TEXT, PRIMARY KEY(run, step)) WITHOUT ROWID;",
    )
    .expect("a schema");
    while let Some(first) = jobs.blocking_recv() {
        let mut group = vec![first];
        while let Ok(job) = jobs.try_recv() {
            group.push(job);
        }
        let tx = db.transaction().expect("a transaction");
        for ((run, step, state), _) in &group {
            tx.prepare_cached("INSERT INTO checkpoint VALUES (?, ?, ?)")
                .and_then(|mut s| s.execute((run, step, state)))
                .expect("an insert");
        }
        tx.commit().expect("a commit");
        for (_, done) in group {
            let _ = done.send(());
        }
    }
}

async fn execute(State(app): State<App>, Json(inputs): Json<Value>) -> (StatusCode, Json<Value>) {
    let run = app.next.fetch_add(1, Ordering::Relaxed);
    app.checkpoint(run, 0, inputs.to_string()).await;
    tokio::spawn(app.clone().run(run, inputs));
    (
        StatusCode::ACCEPTED,
        Json(json!({ "data": { "execution": { "id": run.to_string(), "status": "pending" } } })),
    )
}

async fn read(State(app): State<App>, Path(run): Path<i64>) -> Json<Value> {
    let done = app.done.lock().unwrap().contains_key(&run);
    Json(
        json!({ "data": { "execution": { "status": if done { "succeeded" } else { "running" } } } }),
    )
}

#[tokio::main]
async fn main() {
    let mut args = std::env::args().skip(1);
    let dir = std::path::PathBuf::from(args.next().expect("DATA_DIR"));
    let upstream: Arc<str> = args.next().expect("UPSTREAM_URL").into();
    let (jobs, receiver) = mpsc::channel(1024);
    std::thread::spawn(move || writer(dir, receiver));
    let client = writ_benches::client();
    let app = App { jobs, client, upstream, next: Arc::default(), done: Arc::default() };
    let router = Router::new()
        .route("/execute", post(execute))
        .route("/read/{run}", get(read))
        .with_state(app);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    println!("listening on http://{}", listener.local_addr().expect("an address"));
    let listener = listener.tap_io(|s| s.set_nodelay(true).expect("TCP_NODELAY"));
    axum::serve(listener, router).await.expect("it serves");
}
