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
    problem: Problem,
}

/// What went wrong, before it is known where. Small, for every instruction gives one or a result.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Problem(Box<Details>);

#[derive(Debug, Clone, PartialEq)]
struct Details {
    what: String,
    met: Option<Value>,
    kind: Kind,
    /// Where it was met, when that was at an earlier instruction.
    at: Option<Pc>,
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
        Self::of(Kind::Value, what.into(), None)
    }

    /// With the value that was met; it is shown only where nothing secret can be in it.
    pub(super) fn met(what: impl Into<String>, value: Value) -> Self {
        Self::of(Kind::Value, what.into(), Some(value))
    }

    pub(super) fn limit(what: impl Into<String>) -> Self {
        Self::of(Kind::Limit, what.into(), None)
    }

    /// Cannot happen in a verified program.
    pub(super) fn damaged() -> Self {
        Self::of(Kind::Damaged, "the program is damaged".to_owned(), None)
    }

    #[cold]
    fn of(kind: Kind, what: String, met: Option<Value>) -> Self {
        Self(Box::new(Details { what, met, kind, at: None }))
    }

    /// A failure that was kept until now.
    pub(super) fn again(kept: EvalError) -> Self {
        let EvalError { pc, mut problem, .. } = kept;
        problem.0.at = Some(pc);
        problem
    }
}

impl EvalError {
    pub(super) fn new(pc: Pc, problem: Problem) -> Self {
        Self { pc: problem.0.at.unwrap_or(pc), path: None, problem }
    }

    /// The error that ends an evaluation. Those that another part makes up for need no path.
    pub(super) fn with_path(self, program: &Program) -> Self {
        Self { path: path_at(program, self.pc), ..self }
    }

    /// Whether another part of a verdict may make up for it.
    pub(super) fn is_absorbed(&self) -> bool {
        self.problem.0.kind == Kind::Value
    }

    /// Whether a limit was exceeded, rather than a value wrong.
    #[must_use]
    pub fn is_limit(&self) -> bool {
        self.problem.0.kind == Kind::Limit
    }

    /// What went wrong, in words. The value that was met is in it only with `reveal`: leave that out wherever the
    /// expression may have read a secret.
    #[must_use]
    pub fn message(&self, reveal: bool) -> String {
        let mut message = match &self.path {
            Some(path) => format!("`{path}`: {}", self.problem.0.what),
            None => self.problem.0.what.clone(),
        };
        if let Some(value) = &self.problem.0.met {
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

/// The path that an instruction read, or of its one operand, the path that it came from.
fn path_at(program: &Program, pc: Pc) -> Option<String> {
    let op = program.op(pc)?;
    let reads = matches!(op, Op::Load(_) | Op::Access(_));
    let end =
        if reads { pc } else { (op.effect().pops == 1).then(|| pc.0.checked_sub(1).map(Pc))?? };
    let (start, path) = path_up_to(program, end)?;
    // Where ways meet, what stands before need not be what was run before.
    let within = |target: Pc| start < target && target <= pc;
    let mut targets = program.code.iter().filter_map(|op| op.effect().branch);
    targets.all(|(target, _)| !within(target)).then_some(path)
}

/// The path that the instructions up to an end read, and where they start: the way back from a part to what it is a part of.
fn path_up_to(program: &Program, end: Pc) -> Option<(Pc, String)> {
    let mut parts: Vec<String> = Vec::new();
    let mut at = end;
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
                return Some((at, path));
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
