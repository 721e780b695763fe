//! A journal in memory that can fail, and a caller that does as it is told. Together they hold the engine to its
//! promise at every call: the step is on disk, and not recorded as finished.

use crate::engine::{
    Arrival, Caller, Commit, DueTimer, Engine, EngineHandle, EngineOptions, Journal, JournalError,
    ManualClock, RunKey, StoredRun, Unfinished,
};
use crate::machine::{
    CallFailure, CallRequest, CallResponse, EventKind, ExecutionStatus, FrameId, Payload, Record,
    Start, StepOrdinal, StepStatus,
};
use crate::time::Millis;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::watch;
use writ_compiler::analysis::{Analysis, Syntax};
use writ_compiler::bytecode::ProgramHash;
use writ_compiler::value::Value;

pub(super) const NOON: Millis = Millis(1_777_636_800_000);

/// How the journal behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Mood {
    #[default]
    Fine,
    /// It can neither write nor read.
    Unavailable,
    /// After this many more commits the process is as good as dead: the next one hangs, written or not.
    DiesAfter { commits: usize, written: bool },
    /// It has hung.
    Dead,
    /// The next commit finds that another worker moved the run.
    ConflictNext,
}

struct Row {
    stored: StoredRun,
    timers: BTreeMap<u32, (u32, Millis)>,
    /// Step ids by ordinal.
    steps: Vec<String>,
    /// The event that is on its way to it.
    arrival: Option<Arrival>,
}

#[derive(Default)]
struct Inner {
    mood: Mood,
    rows: BTreeMap<RunKey, Row>,
    programs: HashMap<ProgramHash, Vec<u8>>,
    begun: HashSet<String>,
    finished: HashSet<String>,
    commits: Vec<(RunKey, &'static str)>,
}

#[derive(Default)]
pub(super) struct Memory {
    inner: Mutex<Inner>,
    changed: watch::Sender<usize>,
}

impl Memory {
    pub(super) fn mood(&self, mood: Mood) {
        self.inner.lock().unwrap().mood = mood;
        self.changed.send_modify(|n| *n += 1);
    }

    /// Accepts a run of a spec in JSON.
    pub(super) fn accept(&self, spec: &str) -> StoredRun {
        let mut analysis = Analysis::new(spec, Syntax::Json);
        assert!(!analysis.has_errors(), "{:#?}", analysis.diagnostics);
        let bytes = analysis.workflows.remove(0).compiled.unwrap().program.encode();
        let mut inner = self.inner.lock().unwrap();
        let program = ProgramHash::of(&bytes);
        inner.programs.insert(program, bytes);
        let n = inner.rows.len();
        let run = RunKey(i64::try_from(n).unwrap());
        let start = Start {
            execution_id: format!("exe_{n}"),
            external_id: None,
            workflow_slug: "test".to_owned(),
            workflow_version: 1,
            seed: u128::try_from(n).unwrap().to_be_bytes(),
            at: NOON,
            inputs: Value::record([("n", Value::Int(run.0))]),
        };
        let stored = StoredRun {
            run,
            execution_id: start.execution_id.clone(),
            program,
            status: ExecutionStatus::Pending,
            start,
            seq: 1,
            state: Vec::new(),
            payloads: HashMap::new(),
        };
        let row = Row {
            stored: stored.clone(),
            timers: BTreeMap::new(),
            steps: Vec::new(),
            arrival: None,
        };
        inner.rows.insert(run, row);
        stored
    }

    /// Puts an event on its way to a run that waits for it in its first step.
    pub(super) fn send(&self, run: RunKey) {
        let (frame, ordinal, data) = (FrameId(0), StepOrdinal(0), Value::Null);
        let mut inner = self.inner.lock().unwrap();
        let row = inner.rows.get_mut(&run).unwrap();
        row.arrival = Some(Arrival { run, frame, ordinal, data });
    }

    pub(super) fn forget_programs(&self) {
        self.inner.lock().unwrap().programs.clear();
    }

    pub(super) fn status(&self, run: RunKey) -> ExecutionStatus {
        self.inner.lock().unwrap().rows[&run].stored.status
    }

    /// What was committed of a run, by event.
    pub(super) fn history(&self, run: RunKey) -> Vec<&'static str> {
        let inner = self.inner.lock().unwrap();
        inner.commits.iter().filter(|(of, _)| *of == run).map(|(_, event)| *event).collect()
    }

    pub(super) fn is_dead(&self) -> bool {
        self.inner.lock().unwrap().mood == Mood::Dead
    }

    pub(super) fn unfinished_count(&self) -> usize {
        let inner = self.inner.lock().unwrap();
        inner.rows.values().filter(|row| !row.stored.status.is_terminal()).count()
    }

    /// Waits until something holds of the journal.
    pub(super) async fn until(&self, what: &str, holds: impl Fn(&Self) -> bool) {
        let mut changed = self.changed.subscribe();
        let wait = async {
            while !holds(self) {
                changed.changed().await.unwrap();
            }
        };
        let outcome = tokio::time::timeout(Duration::from_secs(30), wait).await;
        assert!(outcome.is_ok(), "waited in vain until {what}");
    }

    pub(super) async fn all_ended(&self) {
        self.until("every run has ended", |journal| journal.unfinished_count() == 0).await;
    }

    pub(super) async fn is(&self, run: RunKey, status: ExecutionStatus) {
        self.until("a run has its status", |journal| journal.status(run) == status).await;
    }

    /// A call is about to be made.
    fn check_call(&self, key: &str) {
        let inner = self.inner.lock().unwrap();
        assert!(inner.begun.contains(key), "{key} is called and not on disk");
        assert!(!inner.finished.contains(key), "{key} is recorded and executed again");
    }

    fn unavailable(&self) -> Result<(), JournalError> {
        match self.inner.lock().unwrap().mood {
            Mood::Unavailable => Err(JournalError::Unavailable("the disk is full".to_owned())),
            Mood::Fine | Mood::DiesAfter { .. } | Mood::Dead | Mood::ConflictNext => Ok(()),
        }
    }
}

impl Inner {
    fn write(&mut self, commit: Commit) -> Result<(), JournalError> {
        let row = self.rows.get_mut(&commit.run).ok_or(JournalError::NotFound)?;
        if row.stored.seq != commit.seq {
            return Err(JournalError::Conflict);
        }
        assert!(!row.stored.status.is_terminal(), "a run that has ended does not move");
        for record in &commit.records {
            match record {
                Record::StepStarted { step_id, input, .. } => {
                    row.steps.push(step_id.clone());
                    assert!(self.begun.insert(step_id.clone()), "a step begins once");
                    keep(&mut row.stored, input.as_ref());
                }
                Record::StepFinished { ordinal, status, output, .. } => {
                    assert!(!matches!(status, StepStatus::Running | StepStatus::AwaitingApproval));
                    let id = &row.steps[ordinal.0 as usize];
                    assert!(self.finished.insert(id.clone()), "a step ends once");
                    keep(&mut row.stored, output.as_ref());
                }
                Record::ErrorBodyKept { body, .. } => keep(&mut row.stored, Some(body)),
                Record::EventClosed { .. } => row.arrival = None,
                Record::TimerSet { frame, timer, due } => {
                    row.timers.insert(frame.0, (*timer, *due));
                }
                Record::TimerCleared { frame } => drop(row.timers.remove(&frame.0)),
                Record::ExecutionFinished { .. } => row.timers.clear(),
                Record::ExecutionRunning
                | Record::StepRetried { .. }
                | Record::ApprovalRequested { .. }
                | Record::ApprovalClosed { .. }
                | Record::EventAwaited { .. }
                | Record::Emitted { .. } => {}
            }
        }
        row.stored.seq += 1;
        row.stored.status = commit.status;
        row.stored.state = commit.state;
        let event = match commit.event.kind {
            EventKind::Started => "started",
            EventKind::CallSucceeded { .. } => "succeeded",
            EventKind::CallFailed { .. } => "failed",
            EventKind::TimerFired { .. } => "timer",
            EventKind::Decided { .. } => "decided",
            EventKind::EventReceived { .. } => "event",
            EventKind::Cancelled { .. } => "cancelled",
            EventKind::Abandoned { .. } => "abandoned",
        };
        self.commits.push((commit.run, event));
        Ok(())
    }
}

fn keep(stored: &mut StoredRun, payload: Option<&Payload>) {
    if let Some(Payload { id, value }) = payload {
        stored.payloads.insert(id.0, Value::from_json(&value.to_json()).unwrap());
    }
}

impl Journal for Memory {
    async fn commit(&self, commit: Commit) -> Result<(), JournalError> {
        // Others get their turn, as with a real disk.
        tokio::task::yield_now().await;
        self.unavailable()?;
        let outcome = {
            let mut inner = self.inner.lock().unwrap();
            match inner.mood {
                Mood::ConflictNext => {
                    inner.mood = Mood::Fine;
                    Some(Err(JournalError::Conflict))
                }
                Mood::DiesAfter { commits: 0, written } => {
                    inner.mood = Mood::Dead;
                    if written {
                        let _ = inner.write(commit);
                    }
                    None
                }
                Mood::DiesAfter { commits, written } => {
                    inner.mood = Mood::DiesAfter { commits: commits - 1, written };
                    Some(inner.write(commit))
                }
                Mood::Dead => None,
                Mood::Fine | Mood::Unavailable => Some(inner.write(commit)),
            }
        };
        self.changed.send_modify(|n| *n += 1);
        match outcome {
            Some(outcome) => outcome,
            None => std::future::pending().await,
        }
    }

    async fn load(&self, run: RunKey) -> Result<StoredRun, JournalError> {
        self.unavailable()?;
        let inner = self.inner.lock().unwrap();
        inner.rows.get(&run).map(|row| row.stored.clone()).ok_or(JournalError::NotFound)
    }

    async fn program(&self, hash: ProgramHash) -> Result<Vec<u8>, JournalError> {
        self.unavailable()?;
        self.inner.lock().unwrap().programs.get(&hash).cloned().ok_or(JournalError::NotFound)
    }

    async fn unfinished(&self, after: RunKey, limit: usize) -> Result<Unfinished, JournalError> {
        self.unavailable()?;
        let inner = self.inner.lock().unwrap();
        let runnable = |row: &&Row| match row.stored.status {
            ExecutionStatus::Pending => true,
            ExecutionStatus::Running => row.timers.is_empty(),
            ExecutionStatus::AwaitingApproval
            | ExecutionStatus::Succeeded
            | ExecutionStatus::Failed
            | ExecutionStatus::Cancelled => false,
        };
        let rows = inner.rows.range(RunKey(after.0.saturating_add(1))..).map(|(_, row)| row);
        let keys = rows.filter(runnable).take(limit).map(|row| row.stored.run);
        Ok(Unfinished { runnable: keys.collect(), next_timer: None })
    }

    async fn due_timers(
        &self,
        at: Millis,
        limit: usize,
    ) -> Result<(Vec<DueTimer>, Option<Millis>), JournalError> {
        self.unavailable()?;
        let inner = self.inner.lock().unwrap();
        let mut all: Vec<DueTimer> = Vec::new();
        for row in inner.rows.values() {
            all.extend(row.timers.iter().map(|(frame, (timer, due))| DueTimer {
                run: row.stored.run,
                frame: FrameId(*frame),
                timer: *timer,
                due: *due,
            }));
        }
        all.sort_by_key(|timer| timer.due);
        let due = all.iter().take_while(|timer| timer.due <= at).count().min(limit);
        Ok((all[..due].to_vec(), all.get(due).map(|timer| timer.due)))
    }

    async fn arrivals(&self, limit: usize) -> Result<Vec<Arrival>, JournalError> {
        self.unavailable()?;
        let inner = self.inner.lock().unwrap();
        Ok(inner.rows.values().filter_map(|row| row.arrival.clone()).take(limit).collect())
    }
}

/// What a service does.
pub(super) enum Script {
    Answer(&'static str),
    Fail(CallFailure),
    Hang,
    Panic,
    /// Answers once this is true.
    When(watch::Receiver<bool>, &'static str),
}

type Service = dyn Fn(&CallRequest, usize) -> Script + Send + Sync;

pub(super) struct Services {
    journal: Arc<Memory>,
    service: Box<Service>,
    /// Every call made, in order.
    pub(super) calls: Mutex<Vec<CallRequest>>,
    at_once: AtomicUsize,
    /// The most calls that were under way together.
    pub(super) at_once_max: AtomicUsize,
}

struct AtOnce<'a>(&'a AtomicUsize);

impl Drop for AtOnce<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Caller for Services {
    async fn call(&self, request: CallRequest) -> Result<CallResponse, CallFailure> {
        self.journal.check_call(&request.idempotency_key);
        let now = self.at_once.fetch_add(1, Ordering::SeqCst) + 1;
        let _at_once = AtOnce(&self.at_once);
        self.at_once_max.fetch_max(now, Ordering::SeqCst);
        let before = {
            let mut calls = self.calls.lock().unwrap();
            calls.push(request.clone());
            calls.iter().filter(|c| c.idempotency_key == request.idempotency_key).count() - 1
        };
        self.journal.changed.send_modify(|n| *n += 1);
        let body = match (self.service)(&request, before) {
            Script::Answer(body) => {
                tokio::task::yield_now().await;
                body
            }
            Script::Fail(failure) => return Err(failure),
            Script::Hang => std::future::pending().await,
            Script::Panic => panic!("this caller breaks, as it was told to"),
            Script::When(mut gate, body) => {
                gate.wait_for(|open| *open).await.unwrap();
                body
            }
        };
        Ok(CallResponse { status: 200, body: Value::from_json(body).unwrap() })
    }
}

/// A journal, services and a clock that outlive engines.
pub(super) struct World {
    pub(super) journal: Arc<Memory>,
    pub(super) services: Arc<Services>,
    pub(super) clock: Arc<ManualClock>,
}

impl World {
    pub(super) fn new(
        service: impl Fn(&CallRequest, usize) -> Script + Send + Sync + 'static,
    ) -> Self {
        let journal = Arc::new(Memory::default());
        let services = Services {
            journal: Arc::clone(&journal),
            service: Box::new(service),
            calls: Mutex::default(),
            at_once: AtomicUsize::new(0),
            at_once_max: AtomicUsize::new(0),
        };
        let clock = Arc::new(ManualClock::new(NOON));
        Self { journal, services: Arc::new(services), clock }
    }

    pub(super) fn engine(&self, options: EngineOptions) -> EngineHandle {
        let (journal, services) = (Arc::clone(&self.journal), Arc::clone(&self.services));
        Engine::start(journal, services, Arc::clone(&self.clock) as _, options)
    }

    pub(super) fn calls(&self) -> Vec<CallRequest> {
        self.services.calls.lock().unwrap().clone()
    }
}

/// Options with few runs at a time.
pub(super) fn few(runs_active_max: usize, runs_queued_max: usize) -> EngineOptions {
    EngineOptions { runs_active_max, runs_queued_max, ..EngineOptions::default() }
}

/// Two calls with a decision between them.
pub(super) const TWO_CALLS: &str = r#"{"startNodeId":"a","nodes":[
    {"id":"a","type":"service_call","service":"custom:svc","method":"POST","path":"/a","body":{"n":"${trigger.n}"},
     "retry":{"maxAttempts":3,"backoff":"fixed","retryOn":["5xx","network","timeout"]}},
    {"id":"d","type":"decision","expression":"step.a.output.verdict","cases":{"good":{"next":"b"}}},
    {"id":"b","type":"service_call","service":"custom:svc","method":"POST","path":"/b","body":"${step.a.output}",
     "retry":{"maxAttempts":3,"backoff":"fixed","retryOn":["5xx","network","timeout"]}}],
    "edges":[{"from":"a","to":"d"}]}"#;

/// A call, an approval, a call.
pub(super) const APPROVED: &str = r#"{"startNodeId":"a","nodes":[
    {"id":"a","type":"service_call","service":"custom:svc","method":"POST","path":"/a"},
    {"id":"ask","type":"human_approval"},
    {"id":"b","type":"service_call","service":"custom:svc","method":"POST","path":"/b"}],
    "edges":[{"from":"a","to":"ask"},{"from":"ask","to":"b"}]}"#;

/// A wait of an hour.
pub(super) const WAITING: &str = r#"{"startNodeId":"w","nodes":[
    {"id":"w","type":"wait","duration":"1h"}],"edges":[]}"#;

/// A wait for an event.
pub(super) const LISTENING: &str = r#"{"startNodeId":"w","nodes":[
    {"id":"w","type":"wait","event":"it.came"}],"edges":[]}"#;

/// Services that always do well.
pub(super) fn good(_: &CallRequest, _: usize) -> Script {
    Script::Answer(r#"{"verdict":"good"}"#)
}
