//! Events for webhooks: their bodies, made when what they tell is written.

use super::payload::{Kept, shown_label, shown_part};
use super::run::RunContext;
use super::settings::Subscriber;
use crate::engine::Commit;
use crate::ids;
use crate::machine::{EventKind, ExecutionStatus, Record, StepOrdinal, StepStatus};
use serde_json::{Map, Value as Json, json};

/// One event for one endpoint.
#[derive(Debug, Clone)]
pub(super) struct NewDelivery {
    /// `whd_...`
    pub(super) id: String,
    /// The endpoint's key.
    pub(super) endpoint: i64,
    pub(super) event: String,
    /// The very bytes to sign and send.
    pub(super) body: Vec<u8>,
}

/// An event before it is known who takes it.
struct Told {
    id: String,
    event: String,
    data: Json,
}

/// The deliveries of a transition. What it needs of earlier ones was read before.
pub(super) struct Outbox<'a> {
    pub(super) org_id: &'a str,
    pub(super) subscribers: &'a [Subscriber],
    pub(super) run: &'a RunContext,
    pub(super) kept: &'a [Kept],
    /// Values of earlier transitions that an event of this one tells, by payload id.
    pub(super) earlier: &'a [(u32, String)],
}

impl Outbox<'_> {
    /// Whether anybody takes an event.
    fn taken(&self, event: &str) -> bool {
        self.subscribers.iter().any(|subscriber| subscriber.takes(event))
    }

    /// Payloads of earlier transitions that must be read, to tell what this one leads to.
    pub(super) fn wanted(subscribers: &[Subscriber], commit: &Commit, kept: &[Kept]) -> Vec<u32> {
        let taken = |event: &str| subscribers.iter().any(|s| s.takes(event));
        let wanted = commit.records.iter().filter_map(|record| match record {
            Record::ExecutionRunning if taken(STARTED) => Some(0),
            Record::ExecutionFinished { output: Some(output), .. } if taken(COMPLETED) => {
                Some(output.0)
            }
            _ => None,
        });
        wanted.filter(|id| !kept.iter().any(|kept| kept.id == *id)).collect()
    }

    pub(super) fn deliveries(&self, commit: &Commit) -> Vec<NewDelivery> {
        let mut deliveries = Vec::new();
        let mut current = None;
        for record in &commit.records {
            if let Record::StepStarted { ordinal, .. } = record {
                current = Some(*ordinal);
            }
            let Some(told) = self.tell(record, commit, current) else { continue };
            let body = json!({
                "id": told.id,
                "event": told.event,
                "occurredAt": commit.event.at.to_rfc3339(),
                "orgId": self.org_id,
                "data": told.data,
            });
            let body = body.to_string().into_bytes();
            for subscriber in self.subscribers.iter().filter(|s| s.takes(&told.event)) {
                deliveries.push(NewDelivery {
                    id: ids::new("whd"),
                    endpoint: subscriber.key,
                    event: told.event.clone(),
                    body: body.clone(),
                });
            }
        }
        deliveries
    }

    /// What a record tells. `current` is the step started last before it.
    fn tell(&self, record: &Record, commit: &Commit, current: Option<StepOrdinal>) -> Option<Told> {
        let facts = &self.run.facts;
        let of_run = |event: &str, data: &[(&str, Json)]| {
            let mut object = Map::new();
            object.insert("executionId".into(), facts.execution_id.as_str().into());
            object.insert("workflowId".into(), facts.workflow_id.as_str().into());
            object.insert("workflowSlug".into(), facts.workflow_slug.as_str().into());
            object.insert("workflowVersion".into(), facts.workflow_version.into());
            object.insert("externalId".into(), facts.external_id.as_deref().into());
            self.told(event, object, data)
        };
        let of_step = |event: &str, ordinal: StepOrdinal, data: &[(&str, Json)]| {
            let step = self.run.step(ordinal)?;
            let mut object = Map::new();
            object.insert("executionId".into(), facts.execution_id.as_str().into());
            object.insert("stepId".into(), step.id.as_str().into());
            let node = self.run.info(ordinal).map(|info| info.id.as_str());
            object.insert("nodeId".into(), node.into());
            self.told(event, object, data)
        };
        match record {
            Record::ExecutionRunning => of_run(STARTED, &[("inputs", self.value(0))]),
            Record::StepFinished { ordinal, status: StepStatus::Succeeded, output, .. } => {
                let output = output.as_ref().map_or(Json::Null, |payload| self.value(payload.id.0));
                of_step(STEP_COMPLETED, *ordinal, &[("output", output)])
            }
            Record::StepFinished {
                ordinal,
                status: StepStatus::Failed,
                error: Some(error),
                attempts,
                ..
            } => of_step(
                STEP_FAILED,
                *ordinal,
                &[
                    ("errorMessage", error.message.as_str().into()),
                    ("attempts", (*attempts).into()),
                ],
            ),
            Record::ApprovalRequested { ordinal, label, assign_to, data, .. } => {
                let info = self.run.info(*ordinal);
                let data = data.as_ref().map(|data| shown_part(info, "data", data));
                of_step(
                    APPROVAL_PENDING,
                    *ordinal,
                    &[
                        ("actionLabel", shown_label(info, label).into()),
                        ("assignTo", assign_to.as_deref().into()),
                        ("data", data.as_ref().map(Json::from).into()),
                    ],
                )
            }
            Record::Emitted { event_id, event, payload } if self.taken(event) => {
                // A step emits in the transition that it starts in.
                let data = shown_part(self.run.info(current?), "payload", payload);
                let data = Json::from(&data);
                Some(Told { id: event_id.clone(), event: event.clone(), data })
            }
            Record::ExecutionFinished { status, output, error, failed_step } => match status {
                ExecutionStatus::Succeeded => {
                    let output = output.map_or(Json::Null, |id| self.value(id.0));
                    of_run(
                        COMPLETED,
                        &[
                            ("status", "succeeded".into()),
                            ("output", output),
                            ("completedAt", commit.event.at.to_rfc3339().into()),
                        ],
                    )
                }
                ExecutionStatus::Failed => {
                    let step = failed_step.and_then(|ordinal| self.run.step(ordinal));
                    let message = error.as_ref().map(|error| error.message.as_str());
                    of_run(
                        FAILED,
                        &[
                            ("failedStepId", step.map(|step| step.id.as_str()).into()),
                            ("errorMessage", message.into()),
                        ],
                    )
                }
                ExecutionStatus::Cancelled => {
                    let (reason, actor) = match &commit.event.kind {
                        EventKind::Cancelled { reason, actor_user_id } => {
                            (reason.as_deref(), actor_user_id.as_deref())
                        }
                        _ => (None, None),
                    };
                    of_run(CANCELLED, &[("reason", reason.into()), ("actorUserId", actor.into())])
                }
                ExecutionStatus::Pending
                | ExecutionStatus::Running
                | ExecutionStatus::AwaitingApproval => None,
            },
            Record::StepStarted { .. }
            | Record::StepRetried { .. }
            | Record::StepFinished { .. }
            | Record::ErrorBodyKept { .. }
            | Record::ApprovalClosed { .. }
            | Record::EventAwaited { .. }
            | Record::EventClosed { .. }
            | Record::Emitted { .. }
            | Record::TimerSet { .. }
            | Record::TimerCleared { .. } => None,
        }
    }

    fn told(
        &self,
        event: &str,
        mut object: Map<String, Json>,
        data: &[(&str, Json)],
    ) -> Option<Told> {
        if !self.taken(event) {
            return None;
        }
        object.extend(data.iter().map(|(key, value)| ((*key).to_owned(), value.clone())));
        Some(Told { id: ids::new("evt"), event: event.to_owned(), data: Json::Object(object) })
    }

    /// A value of the run without its secrets.
    fn value(&self, id: u32) -> Json {
        let now = self.kept.iter().find(|kept| kept.id == id).map(|kept| kept.text.as_str());
        let earlier =
            || self.earlier.iter().find(|(known, _)| *known == id).map(|(_, t)| t.as_str());
        let text = now.or_else(earlier).unwrap_or("null");
        serde_json::from_str(text).unwrap_or(Json::Null)
    }
}

const STARTED: &str = "workflow.execution.started";
const COMPLETED: &str = "workflow.execution.completed";
const FAILED: &str = "workflow.execution.failed";
const CANCELLED: &str = "workflow.execution.cancelled";
const STEP_COMPLETED: &str = "workflow.step.completed";
const STEP_FAILED: &str = "workflow.step.failed";
const APPROVAL_PENDING: &str = "workflow.human_approval_pending";
