//! Runs: accepted, moved on by the real machine, read, continued after a restart, told to endpoints.

use super::*;
use crate::engine::webhooks::{Deliveries, DeliveryOutcome};
use crate::engine::{Actor, Commit, DueTimer, Journal, JournalError, StoredRun};
use crate::machine::{
    self, CallFailure, CallResponse, Decision, Event, EventKind, ExecutionStatus, FailureClass,
    FrameId, State,
};
use crate::time::Millis;
use std::fmt::Write as _;
use writ_compiler::analysis::{Analysis, Compiled, Syntax};
use writ_compiler::value::Value;

const QUICKSTART: &str = include_str!("../../../../tests/cases/quickstart/workflow.json");
const SECRET: &str = "HMACKEYINCLEAR";
pub(super) const FRAME: FrameId = FrameId(0);

fn compiled(spec: &str) -> Compiled {
    let mut analysis = Analysis::new(spec, Syntax::Json);
    assert!(!analysis.has_errors(), "{:?}", analysis.diagnostics);
    analysis.workflows.remove(0).compiled.unwrap()
}

pub(super) fn by() -> Actor {
    Actor { user_id: None, key_id: Some("key_1".into()) }
}

/// A workflow, published under a slug.
pub(super) async fn publish(store: &Store, slug: &str, spec: &str) -> Arc<PublishedVersion> {
    let new = NewWorkflow {
        slug: slug.into(),
        name: "KYC".into(),
        description: None,
        spec: spec.into(),
        trigger_type: "api".into(),
        trigger_spec: None,
        compiled: compiled(spec),
        by: by(),
    };
    store.create_workflow(new).await.unwrap();
    store.publish_workflow(slug, by()).await.unwrap();
    store.published(slug).await.unwrap().unwrap()
}

async fn accept(
    store: &Store,
    version: &Arc<PublishedVersion>,
    external: Option<&str>,
) -> Accepted {
    accept_body(store, version, external, 0).await
}

async fn accept_body(
    store: &Store,
    version: &Arc<PublishedVersion>,
    external: Option<&str>,
    body: u8,
) -> Accepted {
    let inputs = Value::record([
        ("customerId", Value::from("cus_1")),
        ("bundle", Value::record([("frames", Value::from(vec![]))])),
        ("hmacKey", Value::from(SECRET)),
    ]);
    let execution = NewExecution {
        version: Arc::clone(version),
        program: store.loaded_program(version.program).await.unwrap(),
        inputs,
        external_id: external.map(Into::into),
        body_hash: [body; 32],
        by: by(),
    };
    store.accept(execution).await.unwrap()
}

/// A run in the hands of an engine.
pub(super) struct Held {
    pub(super) store: Store,
    program: Arc<Program>,
    pub(super) run: StoredRun,
    state: State,
    pub(super) now: Millis,
}

impl Held {
    pub(super) async fn accept(store: &Store, version: &Arc<PublishedVersion>) -> Self {
        Self::accept_as(store, version, "case-1").await
    }

    pub(super) async fn accept_as(
        store: &Store,
        version: &Arc<PublishedVersion>,
        external: &str,
    ) -> Self {
        let Accepted::New { run, execution } = accept(store, version, Some(external)).await else {
            panic!("not new")
        };
        assert_eq!(store.execution(&execution.id).await.unwrap().as_ref(), Some(&*execution));
        let loaded = store.load(run.run).await.unwrap();
        assert_eq!(loaded, *run, "what is handed over is what would be read");
        Self::of(store, *run).await
    }

    async fn load(store: &Store, run: RunKey) -> Self {
        Self::of(store, store.load(run).await.unwrap()).await
    }

    async fn of(store: &Store, run: StoredRun) -> Self {
        let program = store.loaded_program(run.program).await.unwrap();
        let state = State::decode(&program, &run.state, &run.payloads).unwrap();
        let now = run.start.at.plus(1_000);
        Self { store: store.clone(), program, run, state, now }
    }

    /// Applies an event and commits what it leads to.
    pub(super) async fn on(&mut self, kind: EventKind) {
        self.now = self.now.plus(1_000);
        let event = Event { at: self.now, kind };
        let transition =
            machine::apply(&self.program, &self.run.start, &mut self.state, &event).unwrap();
        let commit = Commit {
            run: self.run.run,
            seq: self.run.seq,
            event,
            actor: Some(by()),
            records: transition.records,
            status: self.state.status(),
            state: self.state.encode(),
        };
        self.store.commit(commit).await.unwrap();
        self.run.seq += 1;
    }

    async fn answer(&mut self, body: &str) {
        let response = CallResponse { status: 200, body: Value::from_json(body).unwrap() };
        self.on(EventKind::CallSucceeded { frame: FRAME, attempt: 1, response }).await;
    }

    pub(super) async fn read(&self) -> ExecutionRow {
        self.store.execution(&self.run.execution_id).await.unwrap().unwrap()
    }
}

fn verdict(verdict: &str) -> String {
    format!(
        r#"{{"ktpBundle":{{"id":"ktp_1","verdict":"{verdict}","ocr":{{"fullName":"A","nik":"1"}}}}}}"#
    )
}

/// An execution as a page would show it, without what differs from run to run.
fn page(row: &ExecutionRow) -> String {
    let mut page = format!("{:?} {}\n", row.status, row.inputs);
    for step in &row.steps {
        assert!(crate::ids::is("stp", &step.id) && step.started_at >= row.created_at);
        let shown = |value: &Option<Value>| value.as_ref().map_or("-".into(), Value::to_json);
        let output = shown(&step.output);
        let output = output.split(",\"decidedAt\"").next().unwrap();
        writeln!(page, "{} {:?} {} -> {output}", step.node_id, step.status, shown(&step.input))
            .unwrap();
    }
    page.push_str(&row.output.as_ref().map_or("-".into(), Value::to_json));
    page
}

fn audited(place: &Place) -> Vec<(String, bool)> {
    let db = place.sqlite();
    let mut rows =
        db.prepare("SELECT action, data_hash IS NOT NULL FROM audit ORDER BY seq").unwrap();
    rows.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap().map(Result::unwrap).collect()
}

#[tokio::test]
async fn a_run_is_kept_whole_across_a_restart() {
    let place = Place::new();
    let store = place.open();
    let version = publish(&store, "kyc", QUICKSTART).await;
    let mut held = Held::accept(&store, &version).await;
    let run = held.run.run;
    let unfinished = store.unfinished(RunKey(0), 10).await.unwrap();
    assert_eq!(unfinished.runnable, [run]);
    held.on(EventKind::Started).await;
    held.answer(&verdict("requires_review")).await;
    assert_eq!(held.read().await.status, ExecutionStatus::AwaitingApproval);
    let pending = store.pending_approvals(run).await.unwrap();
    assert_eq!(pending.len(), 1);
    assert_eq!(pending[0].node_id, "wait_for_analyst");
    assert_eq!(pending[0].label, "KTP requires manual review");
    assert_eq!(pending[0].assign_to.as_deref(), Some("role:kyc_analyst"));
    assert_eq!(pending[0].initiator_key.as_deref(), Some("key_1"));
    assert_eq!(store.unfinished(RunKey(0), 10).await.unwrap().runnable, []);
    store.close().await;

    let store = place.open();
    let mut again = Held::load(&store, run).await;
    assert_eq!((&again.state, again.run.seq), (&held.state, held.run.seq));
    assert_eq!(again.run.start, held.run.start, "secrets are back");
    again.now = held.now;
    again
        .on(EventKind::Decided {
            frame: FRAME,
            decision: Decision::Approve,
            notes: "Glare on the hologram, fields are consistent.".into(),
            actor_user_id: None,
            form: None,
        })
        .await;
    assert_eq!(store.unfinished(RunKey(0), 10).await.unwrap().runnable, [run]);
    again.answer(r#"{"ok":true,"data":{"screeningId":"scr_1","status":"no_match"}}"#).await;
    let row = again.read().await;
    assert_eq!(row.completed_at, Some(again.now));
    insta::assert_snapshot!(without_ids(&page(&row)), @r#"
    Succeeded {"customerId":"cus_1","bundle":{"frames":[]},"hmacKey":"[redacted]"}
    kyc Succeeded {"method":"POST","path":"/api/identity/document/ktp/capture","body":{"customerId":"cus_1","bundle":{"frames":[]},"hmacKey":"[redacted]"}} -> {"ktpBundle":{"id":"ktp_1","verdict":"requires_review","ocr":{"fullName":"A","nik":"1"}}}
    branch_on_ktp Succeeded - -> {"selected":"requires_review"}
    wait_for_analyst Succeeded {"label":"KTP requires manual review","assignTo":"role:kyc_analyst"} -> {"decision":"approve","notes":"Glare on the hologram, fields are consistent.","actorUserId":null
    screening Succeeded {"method":"POST","path":"/api/screenings","body":{"lane":"onboarding","customerId":"cus_1","subjectType":"individual","fullName":"A","nik":"1","externalId":"STP_"}} -> {"screeningId":"scr_1","status":"no_match"}
    {"screeningId":"scr_1","status":"no_match"}
    "#);
    assert_eq!(store.unfinished(RunKey(0), 10).await.unwrap().runnable, []);
    assert_eq!(store.pending_approvals(run).await.unwrap(), []);
    assert!(store.load(run).await.unwrap().state.is_empty());
    assert!(!place.holds(SECRET));
    assert_eq!(
        audited(&place),
        [
            ("workflow.created".to_owned(), false),
            ("workflow.published".to_owned(), false),
            ("execution.accepted".to_owned(), false),
            ("approval.approved".to_owned(), true),
        ]
    );
}

#[tokio::test]
async fn an_external_id_stands_for_one_execution_of_a_workflow() {
    let place = Place::new();
    let store = place.open();
    let (one, other) =
        (publish(&store, "one", QUICKSTART).await, publish(&store, "other", QUICKSTART).await);
    let Accepted::New { execution, .. } = accept(&store, &one, Some("x")).await else {
        panic!("not new")
    };
    assert_eq!(accept(&store, &one, Some("x")).await, Accepted::Existing(execution.clone()));
    let conflict = accept_body(&store, &one, Some("x"), 1).await;
    assert_eq!(conflict, Accepted::Conflict { execution_id: execution.id.clone() });
    // A later version is the same workflow; another workflow is not.
    let later = Arc::new(PublishedVersion { version: 2, ..(*one).clone() });
    assert_eq!(accept(&store, &later, Some("x")).await, Accepted::Existing(execution));
    assert!(matches!(accept(&store, &other, Some("x")).await, Accepted::New { .. }));
    for _ in 0..2 {
        assert!(matches!(accept(&store, &one, None).await, Accepted::New { .. }));
    }
    assert_eq!(store.unfinished(RunKey(0), 10).await.unwrap().runnable.len(), 4);
}

#[tokio::test]
async fn a_run_that_has_moved_on_is_not_moved_again() {
    let place = Place::new();
    let store = place.open();
    let version = publish(&store, "kyc", QUICKSTART).await;
    let mut held = Held::accept(&store, &version).await;
    held.on(EventKind::Started).await;
    let before = held.read().await;
    let event = Event { at: held.now, kind: EventKind::Started };
    let stale = |run, seq| Commit {
        run,
        seq,
        event: event.clone(),
        actor: None,
        records: vec![machine::Record::ExecutionRunning],
        status: ExecutionStatus::Running,
        state: vec![],
    };
    for seq in [0, 2] {
        let refused = store.commit(stale(held.run.run, seq)).await.unwrap_err();
        assert!(matches!(refused, JournalError::Conflict), "{refused}");
    }
    let refused = store.commit(stale(RunKey(99), 0)).await.unwrap_err();
    assert!(matches!(refused, JournalError::NotFound), "{refused}");
    assert_eq!(held.read().await, before);
    held.answer(&verdict("failed")).await;
    assert_eq!(held.read().await.status, ExecutionStatus::Succeeded);
}

#[tokio::test]
async fn timers_wake_a_run_and_end_with_it() {
    let place = Place::new();
    let store = place.open();
    let version = publish(&store, "kyc", QUICKSTART).await;
    let mut held = Held::accept(&store, &version).await;
    held.on(EventKind::Started).await;
    let failure = CallFailure {
        class: FailureClass::NotSent,
        message: "`identity` could not be reached".into(),
        response: None,
        retry_after_ms: Some(60_000),
    };
    let failed =
        |attempt| EventKind::CallFailed { frame: FRAME, attempt, failure: failure.clone() };
    held.on(failed(1)).await;
    let unfinished = store.unfinished(RunKey(0), 10).await.unwrap();
    assert_eq!(unfinished.runnable, [], "its timer takes it up");
    let due = unfinished.next_timer.unwrap();
    let (none, next) = store.due_timers(held.now, 10).await.unwrap();
    assert_eq!((none, next), (vec![], Some(due)));
    let (timers, next) = store.due_timers(due, 10).await.unwrap();
    let run = held.run.run;
    let [DueTimer { run: of, frame, timer, .. }] = timers[..] else { panic!("one timer") };
    assert_eq!((of, frame, next), (run, FRAME, None));
    held.now = due;
    held.on(EventKind::TimerFired { frame, timer }).await;
    assert_eq!(store.due_timers(due, 10).await.unwrap(), (vec![], None));
    assert_eq!(store.unfinished(RunKey(0), 10).await.unwrap().runnable, [run]);
    held.on(failed(2)).await;
    assert_eq!(held.read().await.steps[0].attempts, 2);

    // Given up, it cannot say what it waited for.
    let (state, transition) = machine::abandon("no release can continue it");
    let reason = "no release can continue it".to_owned();
    let commit = Commit {
        run,
        seq: held.run.seq,
        event: Event { at: held.now, kind: EventKind::Abandoned { reason } },
        actor: None,
        records: transition.records,
        status: state.status(),
        state: state.encode(),
    };
    store.commit(commit).await.unwrap();
    let unfinished = store.unfinished(RunKey(0), 10).await.unwrap();
    assert_eq!((unfinished.runnable, unfinished.next_timer), (vec![], None));
    let row = held.read().await;
    assert_eq!(
        (row.status, row.error.unwrap().code),
        (ExecutionStatus::Failed, "cannot_continue".into())
    );
}

#[tokio::test]
async fn events_are_told_to_the_endpoints_that_take_them() {
    let place = Place::new();
    let store = place.open();
    let version = publish(&store, "kyc", QUICKSTART).await;
    let endpoint = |events: &[&str]| NewEndpoint {
        url: "http://hook".into(),
        events: events.iter().map(|event| (*event).to_owned()).collect(),
        by: by(),
    };
    let default = store.create_endpoint(endpoint(&[]), "s".into()).await.unwrap();
    let steps = endpoint(&["workflow.step.completed"]);
    let steps = store.create_endpoint(steps, "s".into()).await.unwrap();
    let mut held = Held::accept(&store, &version).await;
    held.on(EventKind::Started).await;
    place.outbox.notified().await;
    held.answer(&verdict("failed")).await;

    let (due, next) = store.due(held.now, 100, vec![]).await.unwrap();
    assert_eq!(next, None);
    let mut told = String::new();
    for delivery in &due {
        assert!(crate::ids::is("whd", &delivery.id) && delivery.attempts == 0);
        let to = if delivery.endpoint_id == default.id { "default" } else { "steps" };
        let body: serde_json::Value = serde_json::from_slice(&delivery.body).unwrap();
        assert!(crate::ids::is("evt", body["id"].as_str().unwrap()));
        assert_eq!(body["event"], delivery.event.as_str());
        assert_eq!(body["orgId"], store.org_id());
        let data = body["data"].to_string();
        let data = data
            .replace(&held.run.execution_id, "EXE")
            .replace(&version.workflow_id, "WKF")
            .replace(&held.now.to_rfc3339(), "NOW");
        writeln!(told, "{to} {} {}", delivery.event, without_ids(&data)).unwrap();
    }
    insta::assert_snapshot!(told, @r#"
    default workflow.execution.started {"executionId":"EXE","workflowId":"WKF","workflowSlug":"kyc","workflowVersion":1,"externalId":"case-1","inputs":{"customerId":"cus_1","bundle":{"frames":[]},"hmacKey":"[redacted]"}}
    steps workflow.step.completed {"executionId":"EXE","stepId":"STP_","nodeId":"kyc","output":{"ktpBundle":{"id":"ktp_1","verdict":"failed","ocr":{"fullName":"A","nik":"1"}}}}
    steps workflow.step.completed {"executionId":"EXE","stepId":"STP_","nodeId":"branch_on_ktp","output":{"selected":"failed"}}
    default kyc.failed {"customerId":"cus_1"}
    steps workflow.step.completed {"executionId":"EXE","stepId":"STP_","nodeId":"notify_failure","output":{"eventId":"EVT_"}}
    default workflow.execution.completed {"executionId":"EXE","workflowId":"WKF","workflowSlug":"kyc","workflowVersion":1,"externalId":"case-1","status":"succeeded","output":{"eventId":"EVT_"},"completedAt":"NOW"}
    "#);

    // A failed attempt comes back when it is due; a delivered one does not.
    let first = &due[0].id;
    let later = held.now.plus(10_000);
    let failed = DeliveryOutcome::Failed { status: Some(500), error: "answered 500".into() };
    store.finish(first, failed.clone(), Some(later)).await.unwrap();
    for delivery in &due[1..] {
        let delivered = DeliveryOutcome::Delivered { status: 200 };
        store.finish(&delivery.id, delivered, None).await.unwrap();
    }
    assert_eq!(store.due(held.now, 100, vec![]).await.unwrap(), (vec![], Some(later)));
    let (again, _) = store.due(later, 100, vec![]).await.unwrap();
    assert_eq!((&again[0].id, again[0].attempts, again.len()), (first, 1, 1));
    assert_eq!(again[0].body, due[0].body);
    let busy = vec![default.id, steps.id];
    assert_eq!(store.due(later, 100, busy).await.unwrap().0, []);
    store.finish(first, failed.clone(), None).await.unwrap();
    assert_eq!(store.due(later, 100, vec![]).await.unwrap(), (vec![], None));
    let unknown = store.finish("whd_0", failed, None).await.unwrap_err();
    assert!(matches!(unknown, JournalError::NotFound), "{unknown}");
    assert!(!place.holds(SECRET));
}

#[tokio::test]
async fn a_run_of_a_later_release_can_be_read_and_ended() {
    let place = Place::new();
    let store = place.open();
    let version = publish(&store, "kyc", QUICKSTART).await;
    let mut held = Held::accept(&store, &version).await;
    held.on(EventKind::Started).await;
    store.close().await;
    let later = [b"WRIT".as_slice(), &[99, 0]].concat();
    let hash = ProgramHash::of(&later).0;
    let db = place.sqlite();
    db.execute("INSERT INTO programs VALUES (?1, ?2)", (hash, later)).unwrap();
    db.execute("UPDATE workflow_versions SET program = ?1", [hash]).unwrap();

    let store = place.open();
    let run = store.load(held.run.run).await.unwrap();
    assert!(store.program(run.program).await.is_ok());
    assert!(store.loaded_program(run.program).await.is_err());
    let (state, transition) = machine::abandon("run a later release");
    let commit = Commit {
        run: run.run,
        seq: run.seq,
        event: Event { at: held.now, kind: EventKind::Abandoned { reason: "r".into() } },
        actor: None,
        records: transition.records,
        status: state.status(),
        state: state.encode(),
    };
    store.commit(commit).await.unwrap();
    let row = store.execution(&run.execution_id).await.unwrap().unwrap();
    assert_eq!((row.status, row.steps), (ExecutionStatus::Failed, vec![]));
    assert_eq!(row.error.unwrap().message, "run a later release");
}

/// A text with the run's own ids shortened to their prefix.
fn without_ids(text: &str) -> String {
    ["stp_", "evt_"].iter().fold(text.to_owned(), |text, prefix| {
        let mut parts = text.split(prefix);
        let first = parts.next().unwrap().to_owned();
        parts.fold(first, |text, part| text + &prefix.to_uppercase() + &part[26..])
    })
}

#[tokio::test]
async fn workflows_are_drafts_until_they_are_published() {
    let place = Place::new();
    let (store, other) = (place.open(), place.open());
    let new = || NewWorkflow {
        slug: "kyc".into(),
        name: "KYC".into(),
        description: Some("Who is it?".into()),
        spec: QUICKSTART.into(),
        trigger_type: "api".into(),
        trigger_spec: None,
        compiled: compiled(QUICKSTART),
        by: by(),
    };
    let made = store.create_workflow(new()).await.unwrap();
    assert_eq!((made.status.as_str(), made.version, made.published_version), ("draft", 1, None));
    assert_eq!(store.create_workflow(new()).await.unwrap_err(), StoreError::SlugTaken);
    assert_eq!(store.published("kyc").await.unwrap(), None);
    for name in [&made.id, &made.slug] {
        assert_eq!(store.workflow(name).await.unwrap().as_ref(), Some(&made));
    }

    // Another process publishes it.
    let published = other.publish_workflow(&made.id, by()).await.unwrap();
    assert_eq!((published.status.as_str(), published.published_version), ("active", Some(1)));
    assert_eq!(store.publish_workflow("kyc", by()).await.unwrap(), published);
    let version = store.published("kyc").await.unwrap().unwrap();
    assert_eq!((version.version, version.retired), (1, false));
    let program = store.loaded_program(version.program).await.unwrap();
    assert_eq!(*program, compiled(QUICKSTART).program);
    let (spec, map) = store.source(&made.id, 1).await.unwrap().unwrap();
    assert_eq!((spec.as_str(), map), (QUICKSTART, compiled(QUICKSTART).source_map));
    let missing = store.publish_workflow("nobody", by()).await.unwrap_err();
    assert_eq!(missing, StoreError::NotFound);
    let audited = audited(&place);
    assert_eq!(audited.len(), 2, "publishing what is published changes nothing: {audited:?}");
}
