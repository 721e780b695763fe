//! `POST /api/executions/{id}/approve`: deciding an approval, either way.

use super::auth::Caller;
use super::error::{ApiError, FieldErrors};
use super::executions::{find, show};
use super::fields::Fields;
use super::pipeline::Checked;
use super::{Api, body};
use crate::limits::{NOTES_CHARS_MAX, NOTES_CHARS_MIN};
use crate::machine::{Decision, EventKind, ExecutionStatus, FrameId};
use crate::store::{ApiKey, ApprovalRow, ExecutionRow};
use axum::body::Body;
use http::Response;
use writ_compiler::bytecode::schema::Schema;
use writ_compiler::value::Value;

/// What an approver says.
struct Answer {
    decision: Decision,
    notes: String,
    /// Which approval; the only pending one when absent.
    step_id: Option<String>,
    /// What the approver filled in.
    form: Option<Value>,
}

/// Decides an approval: once this answers 200, the decision is on disk.
pub(super) async fn decide(api: &Api, request: Checked<'_>) -> Result<Response<Body>, ApiError> {
    let Answer { decision, notes, step_id, form } = answer(&request.body)?;
    let row = find(api, request.id).await?;
    let pending = api.0.store.pending_approvals(row.run).await?;
    let approval = choose(&row, &pending, step_id.as_deref())?;
    may_decide(&request.caller.key, approval, api.0.options.require_actor)?;
    let program = api.0.store.loaded_program(row.program).await?;
    let step = program.steps.iter().find(|step| step.id == approval.node_id);
    let wanted = step.and_then(|step| step.approval.as_ref()?.form.as_ref());
    check_form(decision, wanted, form.as_ref())?;
    let kind = EventKind::Decided {
        frame: FrameId(approval.frame),
        decision,
        notes,
        actor_user_id: Some(identity(request.caller)),
        form,
    };
    let delivered = api.0.engine.deliver(row.run, kind, request.caller.actor()).await?;
    // The run may have gone on by now, and been read further: what is shown is where the decision left it. When it
    // cannot be read the decision still stands, and must not look refused.
    let now = api.0.store.execution(&row.id).await.ok().flatten().unwrap_or(row);
    show(api, &now, delivered.status).await
}

fn answer(body: &[u8]) -> Result<Answer, ApiError> {
    let body = body::object(body)?;
    let mut fields = Fields::of(&body);
    let decision = match fields.require_text("decision", 1..=NOTES_CHARS_MAX) {
        Some("approve") => Some(Decision::Approve),
        Some("reject") => Some(Decision::Reject),
        Some(_) => {
            fields.error("decision", "must be approve or reject");
            None
        }
        None => None,
    };
    let notes = fields.require_text("notes", NOTES_CHARS_MIN..=NOTES_CHARS_MAX);
    let step_id = fields.text("stepId", 1..=NOTES_CHARS_MAX).map(str::to_owned);
    let form = fields.get("form").cloned();
    fields.finish()?;
    let (Some(decision), Some(notes)) = (decision, notes) else {
        return Err(ApiError::internal("a checked decision lacks a field"));
    };
    Ok(Answer { decision, notes: notes.to_owned(), step_id, form })
}

/// Refuses what was filled in when it is not what the approval asks for.
fn check_form(
    decision: Decision,
    wanted: Option<&Schema>,
    form: Option<&Value>,
) -> Result<(), ApiError> {
    let mut errors = FieldErrors::new();
    let mut error = |path: String, message: String| errors.entry(path).or_default().push(message);
    match (decision, wanted, form) {
        (Decision::Reject, _, None) | (Decision::Approve, None, None) => {}
        (Decision::Reject, _, Some(_)) => {
            error(
                "form".to_owned(),
                "is filled in by whoever approves, and not to reject".to_owned(),
            );
        }
        (Decision::Approve, None, Some(_)) => {
            error("form".to_owned(), "this approval has no form to fill in".to_owned());
        }
        (Decision::Approve, Some(_), None) => {
            error("form".to_owned(), "is required: this approval has a form to fill in".to_owned());
        }
        (Decision::Approve, Some(wanted), Some(form)) => {
            for found in wanted.validate(form) {
                let dot =
                    if found.path.is_empty() || found.path.starts_with('[') { "" } else { "." };
                error(format!("form{dot}{}", found.path), found.message);
            }
        }
    }
    if errors.is_empty() { Ok(()) } else { Err(ApiError::validation(errors)) }
}

/// Which approval is meant.
fn choose<'a>(
    row: &ExecutionRow,
    pending: &'a [ApprovalRow],
    step_id: Option<&str>,
) -> Result<&'a ApprovalRow, ApiError> {
    let not_waiting = |what: &str| Err(ApiError::conflict("not_awaiting_approval", what));
    match (step_id, pending) {
        (_, []) => match row.status {
            ExecutionStatus::Succeeded | ExecutionStatus::Failed | ExecutionStatus::Cancelled => {
                not_waiting("the execution has ended")
            }
            ExecutionStatus::Pending
            | ExecutionStatus::Running
            | ExecutionStatus::AwaitingApproval => {
                not_waiting("the execution waits for no approval")
            }
        },
        (Some(step_id), pending) => {
            let found = pending.iter().find(|approval| approval.step_id == step_id);
            match found {
                Some(approval) => Ok(approval),
                None if row.steps.iter().any(|step| step.id == step_id) => {
                    not_waiting("this step waits for no approval")
                }
                None => Err(ApiError::field("stepId", "is no step of this execution")),
            }
        }
        (None, [only]) => Ok(only),
        (None, several) => {
            let steps: Vec<&str> = several.iter().map(|a| a.step_id.as_str()).collect();
            let message =
                format!("is required: several approvals are pending: {}", steps.join(", "));
            Err(ApiError::field("stepId", message))
        }
    }
}

/// Refuses a key that may not decide an approval.
fn may_decide(key: &ApiKey, approval: &ApprovalRow, require_actor: bool) -> Result<(), ApiError> {
    let Some(actor) = key.actor.as_deref() else {
        // The organisation's own program may decide, unless it matters who does.
        return if require_actor || approval.not_initiator {
            Err(ApiError::forbidden(
                "actor_required",
                "this approval is a person's to decide: use a key that has an actor",
            ))
        } else {
            Ok(())
        };
    };
    let initiated = approval.initiator_actor.as_deref() == Some(actor)
        || approval.initiator_key.as_deref() == Some(key.id.as_str());
    if approval.not_initiator && initiated {
        return Err(ApiError::forbidden(
            "initiator_barred",
            "whoever started the execution may not decide this approval",
        ));
    }
    let Some(assigned) = approval.assign_to.as_deref() else { return Ok(()) };
    let one_of = |names: &[String], name: &str| names.iter().any(|held| held == name);
    let fits = match assigned.split_once(':') {
        Some(("user", user)) => user == actor,
        Some(("role", role)) => one_of(&key.roles, role),
        Some(("team", team)) => one_of(&key.teams, team),
        _ => false,
    };
    if fits {
        return Ok(());
    }
    Err(ApiError::forbidden("not_assigned", format!("this approval is assigned to {assigned}")))
}

/// Whoever decides, as the step's output names it.
fn identity(caller: &Caller) -> String {
    caller.key.actor.clone().unwrap_or_else(|| caller.key.id.clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::RunKey;
    use crate::time::Millis;

    fn key(actor: Option<&str>, roles: &[&str]) -> ApiKey {
        ApiKey {
            id: "key_1".to_owned(),
            scopes: vec!["write".to_owned()],
            actor: actor.map(str::to_owned),
            roles: roles.iter().map(|role| (*role).to_owned()).collect(),
            teams: vec!["risk".to_owned()],
            created_at: Millis(0),
        }
    }

    fn approval(assign_to: Option<&str>, not_initiator: bool) -> ApprovalRow {
        ApprovalRow {
            run: RunKey(1),
            step_id: "stp_1".to_owned(),
            node_id: "wait".to_owned(),
            frame: 0,
            label: "Look".to_owned(),
            assign_to: assign_to.map(str::to_owned),
            data: None,
            due: None,
            not_initiator,
            initiator_key: Some("key_0".to_owned()),
            initiator_actor: Some("usr_ben".to_owned()),
        }
    }

    fn refusal(key: &ApiKey, approval: &ApprovalRow, require_actor: bool) -> Option<String> {
        let error = may_decide(key, approval, require_actor).err()?;
        Some(format!("{error:?}"))
    }

    #[test]
    fn a_person_decides_what_is_assigned_to_them() {
        let ann = key(Some("usr_ann"), &["kyc_analyst"]);
        for assigned in [None, Some("user:usr_ann"), Some("role:kyc_analyst"), Some("team:risk")] {
            assert_eq!(refusal(&ann, &approval(assigned, true), true), None, "{assigned:?}");
        }
        for assigned in ["user:usr_ben", "role:manager", "team:kyc_analyst", "kyc_analyst"] {
            let refused = refusal(&ann, &approval(Some(assigned), false), false);
            assert!(refused.is_some_and(|why| why.contains("not_assigned")), "{assigned}");
        }
    }

    #[test]
    fn the_organisations_program_decides_unless_it_matters_who_does() {
        let program = key(None, &[]);
        assert_eq!(refusal(&program, &approval(Some("role:kyc_analyst"), false), false), None);
        assert!(refusal(&program, &approval(None, false), true).is_some());
        assert!(refusal(&program, &approval(None, true), false).is_some());
    }

    #[test]
    fn the_initiator_can_be_barred() {
        let ben = key(Some("usr_ben"), &[]);
        let refused = refusal(&ben, &approval(None, true), false);
        assert!(refused.is_some_and(|why| why.contains("initiator_barred")));
        assert_eq!(refusal(&ben, &approval(None, false), false), None);
    }
}
