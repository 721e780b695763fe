//! Approvals: ask, take the decision, give up waiting.

use super::run::{Damaged, Next, Outcome, Run, Step, error};
use super::state::{Frame, Waits};
use super::{Decision, FrameId, Record, StepStatus};
use writ_compiler::bytecode::eval::{Stopped, text_of};
use writ_compiler::bytecode::{OnReject, OnTimeout};
use writ_compiler::value::Value;

/// Who decided, and why.
pub(super) struct Verdict<'e> {
    pub(super) decision: Decision,
    pub(super) notes: &'e str,
    pub(super) actor_user_id: Option<&'e str>,
    /// What was filled in.
    pub(super) form: Option<&'e Value>,
}

impl<'a> Run<'a> {
    /// Asks for an approval: `label?, data?`.
    pub(super) fn ask(
        &mut self,
        step: Step<'a>,
        stopped: Stopped,
        (label, data): (bool, bool),
    ) -> Outcome<Next> {
        let info = step.info.approval.as_ref().ok_or(Damaged("an approval is not described"))?;
        let mut operands = stopped.operands.into_iter();
        let mut operand = || operands.next().ok_or(Damaged("an operand is missing"));
        let label = if label { text_of(&operand()?) } else { None };
        let label = label.unwrap_or_else(|| step.info.id.clone());
        let data = if data { Some(operand()?) } else { None };
        let fields = [
            ("label", Some(Value::from(label.as_str()))),
            ("assignTo", info.assign_to.as_deref().map(Value::from)),
            ("data", data),
        ];
        let fields = fields.into_iter().filter_map(|(name, value)| Some((name, value?)));
        let input = match self.keep("what the approver is shown", &Value::record(fields)) {
            Ok(input) => input,
            Err(error) => {
                self.started(step, None)?;
                return self.fail(step, error.at(stopped.at).into());
            }
        };
        self.step_run(step.ordinal)?.status = StepStatus::AwaitingApproval;
        self.started(step, Some(&input))?;
        let due = info.timeout_ms.map(|timeout_ms| self.at.plus(timeout_ms));
        self.record(Record::ApprovalRequested {
            ordinal: step.ordinal,
            frame: step.strand.id,
            label,
            assign_to: info.assign_to.clone(),
            data: input.value.get("data").cloned(),
            due,
            not_initiator: info.not_initiator,
        });
        Ok(self.park(step, stopped.at, Waits::Approval { due }))
    }

    /// Somebody decided.
    pub(super) fn decided(&mut self, frame: FrameId, verdict: &Verdict<'_>) -> Outcome {
        let (frame, step) = self.unpark(frame)?;
        self.clear(&frame);
        let next = self.follow(step, &frame, verdict)?;
        self.go_on(step.strand, next)
    }

    /// Nobody decided in time. The timer has been cleared.
    pub(super) fn undecided(&mut self, step: Step<'a>, frame: &Frame) -> Outcome<Next> {
        let info = step.info.approval.as_ref().ok_or(Damaged("an approval is not described"))?;
        let expired =
            || error("approval_timeout", format!("nobody decided `{}` in time", step.info.id));
        match info.on_timeout {
            OnTimeout::Fail => self.fail(step, expired().into()),
            OnTimeout::Route(target) => self.fail_to(step, expired(), None, target),
            OnTimeout::Reject => {
                let verdict = Verdict {
                    decision: Decision::Reject,
                    notes: "Nobody decided in time.",
                    actor_user_id: None,
                    form: None,
                };
                self.follow(step, frame, &verdict)
            }
        }
    }

    /// What follows a decision.
    fn follow(&mut self, step: Step<'a>, frame: &Frame, verdict: &Verdict<'_>) -> Outcome<Next> {
        let info = step.info.approval.as_ref().ok_or(Damaged("an approval is not described"))?;
        let (word, next) = match (verdict.decision, info.on_reject) {
            (Decision::Approve, _) => ("approve", frame.pc.next()),
            (Decision::Reject, OnReject::Continue) => ("reject", frame.pc.next()),
            (Decision::Reject, OnReject::Route(target)) => ("reject", target),
            (Decision::Reject, OnReject::Fail) => {
                let message = format!("`{}` was rejected: {}", step.info.id, verdict.notes);
                return self.fail(step, error("approval_rejected", message).into());
            }
        };
        let form = verdict.form.filter(|_| verdict.decision == Decision::Approve);
        let fields = [
            ("decision", Some(Value::from(word))),
            ("notes", Some(Value::from(verdict.notes))),
            ("actorUserId", Some(Value::from(verdict.actor_user_id))),
            ("decidedAt", Some(Value::from(self.at.to_rfc3339()))),
            ("form", form.filter(|_| info.form.is_some()).cloned()),
        ];
        let output =
            Value::record(fields.into_iter().filter_map(|(name, value)| Some((name, value?))));
        self.succeed(step, &output, next)
    }
}
