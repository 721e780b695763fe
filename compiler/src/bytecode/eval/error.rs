//! What went wrong in an expression, and how to say it without giving a secret away.

use crate::bytecode::Program;
use crate::bytecode::op::{AccessOp, LoadOp, Op, Pc};
use crate::value::Value;

/// Longest rendering of a value in a message, in characters.
const MET_CHARS_MAX: usize = 120;

/// An expression that failed.
#[derive(Debug, Clone, PartialEq)]
pub struct EvalError {
    /// The instruction; the source map knows the expression.
    pub pc: Pc,
    /// The path that was read, such as `step.kyc.output.ktpBundle`, when one was.
    pub path: Option<String>,
    problem: Box<Problem>,
}

/// What went wrong, before it is known where.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Problem {
    what: String,
    met: Option<Value>,
    kind: Kind,
    /// Where it was met, when that was at an earlier instruction.
    at: Option<(Pc, Option<String>)>,
}

/// Whose fault it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// A value's.
    Value,
    /// The size of the work.
    Limit,
    /// The program's.
    Damaged,
}

impl Problem {
    pub(super) fn new(what: impl Into<String>) -> Self {
        Self { what: what.into(), met: None, kind: Kind::Value, at: None }
    }

    /// With the value that was met; it is shown only where nothing secret can be in it.
    pub(super) fn met(what: impl Into<String>, value: Value) -> Self {
        Self { met: Some(value), ..Self::new(what) }
    }

    pub(super) fn limit(what: impl Into<String>) -> Self {
        Self { kind: Kind::Limit, ..Self::new(what) }
    }

    /// Cannot happen in a verified program.
    pub(super) fn damaged() -> Self {
        Self { kind: Kind::Damaged, ..Self::new("the program is damaged") }
    }

    /// A failure that was kept until now.
    pub(super) fn again(kept: EvalError) -> Self {
        Self { at: Some((kept.pc, kept.path)), ..*kept.problem }
    }
}

impl EvalError {
    pub(super) fn new(program: &Program, pc: Pc, problem: Problem) -> Self {
        match problem.at.clone() {
            Some((pc, path)) => {
                Self { pc, path, problem: Box::new(Problem { at: None, ..problem }) }
            }
            None => Self { pc, path: path_at(program, pc), problem: Box::new(problem) },
        }
    }

    /// Whether another part of a verdict may make up for it.
    pub(super) fn is_absorbed(&self) -> bool {
        self.problem.kind == Kind::Value
    }

    /// Whether a limit was exceeded, rather than a value wrong.
    #[must_use]
    pub fn is_limit(&self) -> bool {
        self.problem.kind == Kind::Limit
    }

    /// What went wrong, in words. The value that was met is in it only with `reveal`: leave that out wherever the
    /// expression may have read a secret.
    #[must_use]
    pub fn message(&self, reveal: bool) -> String {
        let mut message = match &self.path {
            Some(path) => format!("`{path}`: {}", self.problem.what),
            None => self.problem.what.clone(),
        };
        if let Some(value) = &self.problem.met {
            message.push_str("; it met ");
            match value {
                Value::Null => message.push_str("null"),
                value if reveal => message.push_str(&shortened(value)),
                value => {
                    message.push_str(if value.type_name() == "int" { "an " } else { "a " });
                    message.push_str(value.type_name());
                }
            }
        }
        message
    }
}

fn shortened(value: &Value) -> String {
    // No character has more than 4 bytes.
    let (text, is_all) = value.to_json_within(4 * MET_CHARS_MAX);
    match text.char_indices().nth(MET_CHARS_MAX) {
        Some((end, _)) => format!("{}...", text.get(..end).unwrap_or_default()),
        None if is_all => text,
        None => format!("{text}..."),
    }
}

/// The path that the instructions up to `pc` read: the way back from a part to what it is a part of.
fn path_at(program: &Program, pc: Pc) -> Option<String> {
    let mut parts: Vec<String> = Vec::new();
    let mut at = pc;
    loop {
        match program.op(at)? {
            Op::Access(
                AccessOp::Field { name } | AccessOp::FieldOr { name, .. } | AccessOp::Has { name },
            ) => parts.push(format!(".{}", program.text(name))),
            Op::Access(AccessOp::Index | AccessOp::IndexOr { .. }) => {
                at = Pc(at.0.checked_sub(1)?);
                let Op::Load(LoadOp::Constant { constant }) = program.op(at)? else { return None };
                parts.push(format!("[{}]", program.constant(constant)?));
            }
            Op::Load(op) => {
                let mut path = root(program, op)?;
                path.extend(parts.into_iter().rev());
                return Some(path);
            }
            Op::Flow(_) | Op::Make(_) | Op::Operator(_) | Op::Branch(_) | Op::Function { .. } => {
                return None;
            }
        }
        at = Pc(at.0.checked_sub(1)?);
    }
}

fn root(program: &Program, op: LoadOp) -> Option<String> {
    let id = |step| program.step(step).map_or("", |info| info.id.as_str());
    match op {
        LoadOp::Trigger => Some("trigger".to_owned()),
        LoadOp::Output { step } | LoadOp::OutputOr { step, .. } => {
            Some(format!("step.{}.output", id(step)))
        }
        LoadOp::Error { step } | LoadOp::ErrorOr { step, .. } => {
            Some(format!("step.{}.error", id(step)))
        }
        LoadOp::Constant { .. }
        | LoadOp::Execution { .. }
        | LoadOp::Workflow { .. }
        | LoadOp::StepId
        | LoadOp::Local { .. } => None,
    }
}
