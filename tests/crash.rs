//! The crash proof: the real server is killed with SIGKILL at many points of many runs, and nothing that was promised is
//! lost or done twice.
//!
//! The promise (`docs/durability.md`): an accepted execution is on disk; a recorded step is never executed again; a call in
//! flight at the kill is made again with the same idempotency key; an approval that was answered is never lost; an event is
//! delivered at least once, under a stable id.
//!
//! Kills come at pseudo-random moments of a fixed seed (printed when the test fails), measured by what the server was seen to
//! do: calls that reached the services, answers it gave, deliveries it made. Nothing here sleeps for a fixed time.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use serde_json::{Value, json};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use support::eventually;
use support::http::{Api, client, create_key, inputs};
use support::process::Process;
use support::receiver::Receiver;
use tokio::sync::Mutex;
use tokio::task::JoinSet;

const SEED: u64 = 0x5712_4b1d_2026_1124;
const KILLS: usize = 24;
/// Of each verdict, in each round between two kills.
const RUNS_PER_ROUND: usize = 2;
/// Requests are spread over these, to stay within each one's rate limit.
const KEYS: usize = 8;
/// How long each call to a service takes, so that kills find calls in flight.
const SERVICE_DELAY_MS: u64 = 15;
const VERDICTS: [&str; 3] = ["passed", "requires_review", "failed"];
const NOTES: &str = "Glare on hologram, OCR fields consistent with the registry.";

/// What happened just before a kill.
#[derive(Debug, Clone, Copy)]
enum Moment {
    /// This many more calls reached the services.
    Calls(usize),
    /// This many executions of the round were accepted.
    Accepted(usize),
    /// This many more approvals were answered.
    Approved(usize),
    /// This many more webhooks were delivered.
    Delivered(usize),
    /// The server said that it is ready, and has only begun to recover.
    Ready,
}

/// SplitMix64: small, seeded, the same everywhere.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: u64) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) % n).unwrap()
    }

    fn moment(&mut self) -> Moment {
        match self.below(8) {
            0 => Moment::Accepted(1 + self.below(6)),
            1 | 2 => Moment::Approved(1 + self.below(2)),
            3 => Moment::Delivered(1 + self.below(4)),
            4 => Moment::Ready,
            _ => Moment::Calls(1 + self.below(12)),
        }
    }
}

/// What the outside world saw, over all lives of the server.
#[derive(Default)]
struct Seen {
    /// External id to customer, of everything ever asked for.
    asked: BTreeMap<String, String>,
    /// External id to execution id, of everything answered with 202 or 200.
    accepted: BTreeMap<String, String>,
    /// Executions whose approval was answered with 200.
    approved: HashSet<String>,
    /// Steps seen as succeeded, and the execution they belong to: recorded, for ever.
    succeeded: HashMap<String, String>,
    /// Executions seen at their end, as they were.
    ended: HashMap<String, Value>,
}

/// What was known of one execution at some time.
struct Known {
    approved: bool,
    succeeded: HashSet<String>,
}

/// One kill.
struct Kill {
    /// Where in the log of calls it falls.
    place: usize,
    /// Steps seen as succeeded before it.
    recorded: HashSet<String>,
}

/// The parts that outlive the server.
struct World {
    data: tempfile::TempDir,
    sandbox: Process,
    http: reqwest::Client,
    receiver: Receiver,
    keys: Vec<String>,
    seen: Mutex<Seen>,
    /// A kill is near: what fails now fails because of it.
    dying: AtomicBool,
}

impl World {
    /// The calls that reached the services, in order.
    async fn calls(&self) -> Vec<Value> {
        let url = format!("{}/__calls", self.sandbox.url);
        let answer: Value = self.http.get(url).send().await.unwrap().json().await.unwrap();
        answer.as_array().unwrap().clone()
    }

    /// How many calls there are, once those that the dead server had sent have arrived.
    async fn settled_calls(&self) -> usize {
        let before = std::sync::atomic::AtomicUsize::new(usize::MAX);
        eventually("no more calls arrive", || async {
            let now = self.calls().await.len();
            (before.swap(now, Ordering::SeqCst) == now).then_some(now)
        })
        .await
    }

    fn api(&self, server: &Process) -> Api {
        Api::new(&server.url, self.keys.clone())
    }

    /// Asks for an execution and remembers the answer, if there was one.
    async fn submit(&self, api: &Api, external_id: &str, customer: &str) {
        let path = "/api/workflows/indonesian-kyc-v1/execute";
        let Some(answer) = api.try_post(path, &inputs(customer, external_id)).await else {
            return;
        };
        if answer.status == 429 {
            return;
        }
        assert!(matches!(answer.status, 200 | 202), "{}: {}", answer.status, answer.text);
        let id = answer.body["data"]["execution"]["id"].as_str().unwrap().to_owned();
        let mut seen = self.seen.lock().await;
        let before = seen.accepted.insert(external_id.to_owned(), id.clone());
        assert!(before.is_none_or(|before| before == id), "{external_id} became another execution");
    }

    /// Looks at an execution as any client does, approving it when it waits for that.
    async fn follow(&self, api: &Api, id: &str) {
        // What was known before the question is what the answer may not contradict: clients overlap.
        let known = self.known(id).await;
        let Some(answer) = api.try_get(&format!("/api/executions/{id}")).await else { return };
        if answer.status == 429 {
            return;
        }
        let execution = &answer.expect(200)["data"]["execution"];
        self.note(id, execution, &known).await;
        if execution["status"] != "awaiting_approval" {
            return;
        }
        assert!(!known.approved, "the approval of {id} was answered with 200 and is lost");
        let body = json!({"decision": "approve", "notes": NOTES});
        let Some(answer) = api.try_post(&format!("/api/executions/{id}/approve"), &body).await
        else {
            return;
        };
        // 409: an approval before a kill went through although its answer did not.
        assert!(matches!(answer.status, 200 | 409 | 429), "{}: {}", answer.status, answer.text);
        if answer.status == 200 {
            self.seen.lock().await.approved.insert(id.to_owned());
        }
    }

    async fn known(&self, id: &str) -> Known {
        let seen = self.seen.lock().await;
        let steps = seen.succeeded.iter().filter(|(_, of)| *of == id);
        Known {
            approved: seen.approved.contains(id),
            succeeded: steps.map(|(step, _)| step.clone()).collect(),
        }
    }

    /// Remembers what an execution shows, and that it does not contradict what was known.
    async fn note(&self, id: &str, execution: &Value, known: &Known) {
        let steps = execution["steps"].as_array().unwrap();
        let shown = steps.iter().filter(|step| step["status"] == "succeeded");
        let shown: HashSet<String> =
            shown.map(|step| step["id"].as_str().unwrap().to_owned()).collect();
        let lost: Vec<_> = known.succeeded.difference(&shown).collect();
        assert!(lost.is_empty(), "{lost:?} of {id} are recorded no more: {execution}");
        let mut seen = self.seen.lock().await;
        seen.succeeded.extend(shown.into_iter().map(|step| (step, id.to_owned())));
        if matches!(execution["status"].as_str(), Some("succeeded" | "failed" | "cancelled")) {
            let before = seen.ended.entry(id.to_owned()).or_insert_with(|| execution.clone());
            assert_eq!(before, execution, "{id} changed after its end");
        }
    }

    /// Everything that was asked for and is not known to have ended.
    async fn open(&self) -> (Vec<(String, String)>, Vec<String>) {
        let seen = self.seen.lock().await;
        let unanswered = seen.asked.iter().filter(|(id, _)| !seen.accepted.contains_key(*id));
        let unfinished = seen.accepted.values().filter(|id| !seen.ended.contains_key(*id));
        (
            unanswered.map(|(id, customer)| (id.clone(), customer.clone())).collect(),
            unfinished.cloned().collect(),
        )
    }
}

/// Clients that ask, follow and approve until the server is gone.
fn clients(world: &Arc<World>, server: &Process) -> JoinSet<()> {
    let mut tasks = JoinSet::new();
    for worker in 0..4 {
        let (world, api) = (world.clone(), world.api(server));
        tasks.spawn(async move {
            while !world.dying.load(Ordering::SeqCst) {
                let (unanswered, unfinished) = world.open().await;
                for (external_id, customer) in unanswered.iter().skip(worker).step_by(4) {
                    world.submit(&api, external_id, customer).await;
                }
                for id in unfinished.iter().skip(worker).step_by(4) {
                    world.follow(&api, id).await;
                }
                tokio::task::yield_now().await;
            }
        });
    }
    tasks
}

async fn wait_for(world: &World, moment: Moment) {
    let calls = world.calls().await.len();
    let (accepted, approved) = {
        let seen = world.seen.lock().await;
        (seen.accepted.len(), seen.approved.len())
    };
    let delivered = world.receiver.hooks().len();
    eventually(&format!("{moment:?}"), || async move {
        let seen = world.seen.lock().await;
        // Once everything has ended no further moment comes.
        let over = seen.ended.len() == seen.asked.len();
        let reached = match moment {
            Moment::Calls(n) => {
                drop(seen);
                world.calls().await.len() >= calls + n
            }
            Moment::Accepted(n) => seen.accepted.len() >= accepted + n,
            Moment::Approved(n) => seen.approved.len() >= approved + n,
            Moment::Delivered(n) => world.receiver.hooks().len() >= delivered + n,
            Moment::Ready => true,
        };
        (reached || over).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_at_any_point_it_loses_nothing_and_repeats_nothing_recorded() {
    let world = Arc::new(set_up().await);
    let mut dice = Dice(SEED);
    let mut kills: Vec<Kill> = Vec::new();
    for round in 0..KILLS {
        {
            let mut seen = world.seen.lock().await;
            for (n, verdict) in VERDICTS.iter().cycle().take(3 * RUNS_PER_ROUND).enumerate() {
                let external_id = format!("case-{round:02}-{n}");
                let customer = format!("cus_{round:02}x{n}_{verdict}");
                seen.asked.insert(external_id, customer);
            }
        }
        let server = Process::serve(world.data.path());
        let tasks = clients(&world, &server);
        let moment = dice.moment();
        wait_for(&world, moment).await;
        server.kill();
        world.dying.store(true, Ordering::SeqCst);
        tasks.join_all().await;
        world.dying.store(false, Ordering::SeqCst);
        let recorded = world.seen.lock().await.succeeded.keys().cloned().collect();
        kills.push(Kill { place: world.settled_calls().await, recorded });
    }

    let server = Process::serve(world.data.path());
    let tasks = clients(&world, &server);
    eventually("every execution has ended", || async {
        let seen = world.seen.lock().await;
        (seen.ended.len() == seen.asked.len()).then_some(())
    })
    .await;
    world.dying.store(true, Ordering::SeqCst);
    tasks.join_all().await;
    check_webhooks_arrive(&world).await;
    let calls = world.calls().await;
    let seen = world.seen.lock().await;
    check_executions(&seen);
    check_calls(&seen, &calls, &kills);
    let (status, stderr) = server.terminate();
    assert!(status.success(), "{stderr}");
}

async fn set_up() -> World {
    let data = tempfile::tempdir().unwrap();
    let sandbox = Process::sandbox();
    let receiver = Receiver::start().await;
    let http = client();
    for (service, operation) in [("identity", "captureKtp"), ("aml", "createScreening")] {
        let fault = json!({
            "service": service, "operation": operation, "delayMs": SERVICE_DELAY_MS, "times": 1_000_000
        });
        let url = format!("{}/__faults", sandbox.url);
        let answer = http.post(url).json(&fault).send().await.unwrap();
        assert!(answer.status().is_success(), "{}", answer.text().await.unwrap());
    }
    let server = Process::serve(data.path());
    let keys: Vec<String> = (0..KEYS).map(|_| create_key(data.path(), "read,write")).collect();
    let api = Api::new(&server.url, keys.clone());
    api.connect_services(&sandbox.url).await;
    api.publish_quickstart().await;
    let hook = json!({
        "url": receiver.url, "events": ["workflow.execution.completed", "kyc.failed"]
    });
    api.post("/api/webhooks", &hook).await.expect(201);
    server.kill();
    World {
        data,
        sandbox,
        http,
        receiver,
        keys,
        seen: Mutex::default(),
        dying: AtomicBool::new(false),
    }
}

/// Every accepted execution ended as it should, and nothing else was accepted.
fn check_executions(seen: &Seen) {
    assert_eq!(seen.accepted.len(), seen.asked.len());
    let ids: HashSet<&String> = seen.accepted.values().collect();
    assert_eq!(ids.len(), seen.accepted.len(), "two requests became one execution");
    for (external_id, id) in &seen.accepted {
        let (execution, customer) = (&seen.ended[id], &seen.asked[external_id]);
        assert_eq!(execution["status"], "succeeded", "{execution}");
        assert_eq!(execution["externalId"], **external_id);
        assert_eq!(execution["inputs"]["customerId"], **customer);
        let verdict = VERDICTS.iter().find(|v| customer.ends_with(&format!("_{v}"))).unwrap();
        let path: &[&str] = match *verdict {
            "passed" => &["kyc", "branch_on_ktp", "screening"],
            "failed" => &["kyc", "branch_on_ktp", "notify_failure"],
            _ => &["kyc", "branch_on_ktp", "wait_for_analyst", "screening"],
        };
        let steps = execution["steps"].as_array().unwrap();
        let taken: Vec<&str> = steps.iter().map(|s| s["nodeId"].as_str().unwrap()).collect();
        assert_eq!(taken, path, "{id}");
        assert!(steps.iter().all(|s| s["status"] == "succeeded"), "{execution}");
        if *verdict == "requires_review" {
            assert_eq!(steps[2]["output"]["decision"], "approve");
            assert_eq!(steps[2]["output"]["notes"], NOTES);
        }
    }
}

/// Calls repeat only across kills, under their own step's key, and never once the step was seen recorded.
fn check_calls(seen: &Seen, calls: &[Value], kills: &[Kill]) {
    let mut owners: HashMap<&str, (&str, &str)> = HashMap::new();
    for (id, execution) in &seen.ended {
        for step in execution["steps"].as_array().unwrap() {
            if step["type"] == "service_call" {
                let node = step["nodeId"].as_str().unwrap();
                owners.insert(step["id"].as_str().unwrap(), (id, node));
            }
        }
    }
    let mut places: HashMap<&str, Vec<usize>> = HashMap::new();
    for (place, call) in calls.iter().enumerate() {
        let key = call["idempotencyKey"].as_str().unwrap();
        let (_, node) = owners.get(key).unwrap_or_else(|| panic!("{call} is no step's"));
        let operation = if *node == "kyc" { "captureKtp" } else { "createScreening" };
        assert_eq!(call["operation"], operation, "{call}");
        places.entry(key).or_default().push(place);
    }
    for (step, (id, node)) in &owners {
        assert!(places.contains_key(step), "{node} of {id} succeeded and was never called");
    }
    let mut repeats = 0;
    for (key, places) in &places {
        for pair in places.windows(2) {
            let killed = kills.iter().any(|kill| pair[0] < kill.place && kill.place <= pair[1]);
            assert!(killed, "{key} was called again without a kill in between, at {pair:?}");
            repeats += 1;
        }
    }
    for kill in kills {
        for step in &kill.recorded {
            let last = places.get(step.as_str()).and_then(|places| places.last());
            assert!(
                last.is_none_or(|last| *last < kill.place),
                "{step} was recorded before the kill at {} and called again at {last:?}",
                kill.place
            );
        }
    }
    println!(
        "{} kills, {} executions, {} calls, {repeats} made again",
        kills.len(),
        seen.ended.len(),
        calls.len()
    );
}

/// Each event came at least once, under one id, with one body.
async fn check_webhooks_arrive(world: &World) {
    let expected: HashSet<(String, String)> = {
        let seen = world.seen.lock().await;
        let completed = seen.accepted.values().map(|id| (COMPLETED.to_owned(), id.clone()));
        let failed = seen.asked.values().filter(|customer| customer.ends_with("_failed"));
        completed.chain(failed.map(|customer| (FAILED.to_owned(), customer.clone()))).collect()
    };
    eventually("every event was delivered", || async {
        let came: HashSet<_> = world.receiver.hooks().iter().map(|h| subject(&h.body)).collect();
        expected.is_subset(&came).then_some(())
    })
    .await;
    let mut ids: HashMap<(String, String), String> = HashMap::new();
    let mut bodies: HashMap<String, String> = HashMap::new();
    for hook in world.receiver.hooks() {
        let (subject, id) = (subject(&hook.body), hook.body["id"].as_str().unwrap().to_owned());
        assert!(expected.contains(&subject), "nobody expected {subject:?}");
        let first = ids.entry(subject).or_insert_with(|| id.clone());
        assert_eq!(*first, id, "one event came under two ids");
        let first = bodies.entry(id).or_insert_with(|| hook.text.clone());
        assert_eq!(*first, hook.text, "one event came with two bodies");
    }
}

const COMPLETED: &str = "workflow.execution.completed";
const FAILED: &str = "kyc.failed";

/// What an event is about: the execution, or the customer.
fn subject(event: &Value) -> (String, String) {
    let name = event["event"].as_str().unwrap();
    let of = if name == COMPLETED {
        &event["data"]["executionId"]
    } else {
        &event["data"]["customerId"]
    };
    (name.to_owned(), of.as_str().unwrap().to_owned())
}
