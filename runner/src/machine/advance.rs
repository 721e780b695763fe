//! Moving a frame on, step by step, until it is parked or the run has ended.

use super::call::template_error;
use super::run::{Damaged, Next, Outcome, Run, Step, Strand, error};
use super::scope::StepScope;
use super::state::StepRun;
use super::wait::{instant, milliseconds};
use super::{ErrorInfo, ExecutionStatus, Record, StepOrdinal, StepStatus, secrecy};
use crate::ids;
use writ_compiler::bytecode::eval::{self, EvalError, Seen, Stopped, text_of};
use writ_compiler::bytecode::{BranchOp, ConstantIx, FlowOp, Op, Pc};
use writ_compiler::value::{Map, Value};

impl<'a> Run<'a> {
    /// Goes on with a frame after its step.
    pub(super) fn go_on(&mut self, strand: Strand, next: Next) -> Outcome {
        match next {
            Next::Goto(pc) => self.advance(strand, pc),
            Next::Stop => Ok(()),
        }
    }

    /// Moves a frame on from between two steps.
    pub(super) fn advance(&mut self, strand: Strand, from: Pc) -> Outcome {
        let mut pc = from;
        // A verified program comes to each of its instructions at most once.
        for _ in 0..=self.program.code.len() {
            let op = self.program.op(pc);
            self.observe(pc, op);
            match op {
                Some(Op::Branch(BranchOp::Jump { target })) => pc = target,
                Some(Op::Flow(FlowOp::Enter { step })) => {
                    match self.enter(strand, step, pc.next())? {
                        Next::Goto(next) => pc = next,
                        Next::Stop => return Ok(()),
                    }
                }
                Some(Op::Flow(FlowOp::End)) => {
                    let output = self.state.steps.last().and_then(|run| run.output.as_ref());
                    let output = output.map(|kept| kept.id);
                    return self.finish_run(ExecutionStatus::Succeeded, output, None, None);
                }
                _ => return Err(Damaged("the program goes on where nothing begins")),
            }
        }
        Err(Damaged("the program goes round in circles"))
    }

    /// Tells whoever watches of an instruction between the steps.
    fn observe(&mut self, pc: Pc, op: Option<Op>) {
        let (Some(observer), Some(op)) = (&mut self.observer, op) else { return };
        let seen = Seen { operands: &[], loops: 0 };
        observer.before(pc, op, seen);
        if let Op::Branch(BranchOp::Jump { target }) = op {
            observer.after(target, seen);
        }
    }

    /// Begins a step.
    fn enter(&mut self, strand: Strand, index: u32, from: Pc) -> Outcome<Next> {
        let info = self.program.step(index).ok_or(Damaged("a step is not in the program"))?;
        let ordinal = u32::try_from(self.state.steps.len());
        let ordinal = StepOrdinal(ordinal.map_err(|_| Damaged("too many steps began"))?);
        self.state.steps.push(StepRun {
            step: index,
            at: self.at,
            status: StepStatus::Running,
            attempts: 1,
            input: None,
            output: None,
            error: None,
        });
        let step = Step { strand, ordinal, index, info };
        let scope = StepScope { start: self.start, state: self.state, ordinal, at: self.at };
        let (program, budget) = (self.program, &mut self.budget);
        let outcome = match self.observer.as_deref_mut() {
            None => eval::run(program, from, &scope, budget),
            Some(observer) => eval::run_observed(program, from, &scope, budget, observer),
        };
        match outcome {
            Ok(stopped) if stopped.op.step() == Some(index) => self.perform(step, from, stopped),
            Ok(_) => Err(Damaged("a step leads into another")),
            Err(error) => {
                let error = self.eval_error(from, &error);
                self.started(step, None)?;
                self.fail(step, error.into())
            }
        }
    }

    /// What an expression's failure is to the operator. The value that was met is shown unless it may be a secret.
    fn eval_error(&self, from: Pc, error: &EvalError) -> ErrorInfo {
        let reveal = !secrecy::may_have_read_a_secret(self.program, from, error.pc);
        template_error(error.message(reveal), error.pc)
    }

    /// Does what the flow instruction of a step says.
    fn perform(&mut self, step: Step<'a>, from: Pc, stopped: Stopped) -> Outcome<Next> {
        let pc = stopped.at;
        let first = stopped.operands.first();
        match stopped.op {
            FlowOp::Call { headers, body, .. } => {
                return self.begin_call(step, stopped, (headers, body));
            }
            FlowOp::Approve { label, data, .. } => return self.ask(step, stopped, (label, data)),
            FlowOp::WaitFor { .. } => {
                let due = first.and_then(milliseconds).map(|ms| self.at.plus(ms));
                return self.wait(step, pc, "duration", first, due);
            }
            FlowOp::WaitUntil { .. } => {
                return self.wait(step, pc, "until", first, first.and_then(instant));
            }
            FlowOp::WaitEvent { event, .. } => return self.listen(step, pc, event, first),
            FlowOp::Emit { event, .. } => return self.emit(step, pc, event, first),
            FlowOp::Switch { .. }
            | FlowOp::Select { .. }
            | FlowOp::NoCase { .. }
            | FlowOp::Store { .. }
            | FlowOp::Finish { .. }
            | FlowOp::Fail { .. } => self.started(step, None)?,
            FlowOp::Enter { .. } | FlowOp::End => return Err(Damaged("a step does not end")),
        }
        match stopped.op {
            FlowOp::Switch { table, .. } => self.switch(step, from, pc, table, first),
            FlowOp::Select { label, target, .. } => {
                self.succeed(step, &selected(self.program.text(label)), target)
            }
            FlowOp::NoCase { .. } => {
                let none = error("no_case", "none of its conditions holds");
                self.fail(step, none.at(pc).into())
            }
            FlowOp::Store { .. } => {
                let value = first.ok_or(Damaged("an operand is missing"))?;
                self.succeed_with(step, value, pc, pc.next())
            }
            FlowOp::Finish { .. } => self.finish(step, pc, first),
            FlowOp::Fail { code, .. } => {
                let code = self.program.text(code);
                let message = first.and_then(text_of);
                let message =
                    message.unwrap_or_else(|| format!("the workflow ended with `{code}`"));
                self.fail(step, error(code, message).into())
            }
            FlowOp::Call { .. }
            | FlowOp::Approve { .. }
            | FlowOp::WaitFor { .. }
            | FlowOp::WaitUntil { .. }
            | FlowOp::WaitEvent { .. }
            | FlowOp::Emit { .. }
            | FlowOp::Enter { .. }
            | FlowOp::End => Err(Damaged("a step does not end")),
        }
    }

    fn switch(
        &mut self,
        step: Step<'a>,
        from: Pc,
        pc: Pc,
        table: u32,
        value: Option<&Value>,
    ) -> Outcome<Next> {
        let value = value.ok_or(Damaged("an operand is missing"))?;
        let table = self.program.switches.get(table as usize);
        let table = table.ok_or(Damaged("a decision has no cases"))?;
        let text = text_of(value);
        if let Some((text, target)) = text.as_deref().and_then(|t| Some((t, table.case(t)?))) {
            return self.succeed(step, &selected(text), target);
        }
        if let Some(target) = table.default {
            return self.succeed(step, &selected("default"), target);
        }
        let met = match text {
            Some(text) if !secrecy::may_have_read_a_secret(self.program, from, pc) => {
                format!("`{}`", shortened(&text))
            }
            _ if value.is_null() => "null".to_owned(),
            _ => format!("this {}", value.type_name()),
        };
        let message = format!("there is no case for {met}, and no default");
        self.fail(step, error("no_case", message).at(pc).into())
    }

    fn finish(&mut self, step: Step<'a>, pc: Pc, output: Option<&Value>) -> Outcome<Next> {
        let output = match output {
            Some(output) => {
                if self.succeed_with(step, output, pc, pc)? == Next::Stop {
                    return Ok(Next::Stop);
                }
                self.step_run(step.ordinal)?.output.as_ref().map(|kept| kept.id)
            }
            None => {
                self.finish_step(step.ordinal, StepStatus::Succeeded, None)?;
                let before = self.state.steps.iter().rev().nth(1);
                before.and_then(|run| run.output.as_ref()).map(|kept| kept.id)
            }
        };
        self.finish_run(ExecutionStatus::Succeeded, output, None, None)?;
        Ok(Next::Stop)
    }

    fn emit(
        &mut self,
        step: Step<'a>,
        pc: Pc,
        event: ConstantIx,
        payload: Option<&Value>,
    ) -> Outcome<Next> {
        let event = self.program.text(event);
        let fields = [("event", Some(Value::from(event))), ("payload", payload.cloned())];
        let fields = fields.into_iter().filter_map(|(name, value)| Some((name, value?)));
        let input = match self.keep("its payload", &Value::record(fields)) {
            Ok(input) => input,
            Err(error) => {
                self.started(step, None)?;
                return self.fail(step, error.at(pc).into());
            }
        };
        self.started(step, Some(&input))?;
        let event_id = ids::derive("evt", self.at, &self.start.seed, step.ordinal.0);
        let output = Value::record([("eventId", Value::from(event_id.as_str()))]);
        let payload = input.value.get("payload").cloned();
        self.record(Record::Emitted {
            event_id,
            event: event.to_owned(),
            payload: payload.unwrap_or_else(|| Value::map(Map::new())),
        });
        self.succeed(step, &output, pc.next())
    }
}

fn selected(label: &str) -> Value {
    Value::record([("selected", Value::from(label))])
}

/// Longest rendering of a value in a message, in characters.
const SHOWN_CHARS_MAX: usize = 120;

fn shortened(text: &str) -> String {
    match text.char_indices().nth(SHOWN_CHARS_MAX) {
        Some((end, _)) => format!("{}...", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}
