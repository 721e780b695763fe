//! Verdicts: `&&`, `||`, `all` and `exists`, where a part that decides makes up for one that fails.

use super::error::{EvalError, Problem};
use super::{Evaluator, Outcome, Pc, Scope, Value};

/// A verdict under way.
#[derive(Debug, Default)]
pub(super) struct Verdict {
    /// The part that is being attempted.
    open: Option<Part>,
    /// The first failure of a part.
    kept: Option<EvalError>,
}

/// A part, and what to go back to where it fails.
#[derive(Debug)]
struct Part {
    failed: Pc,
    operands: usize,
    loops: usize,
}

impl<S: Scope> Evaluator<'_, S> {
    /// Where to go on after a failure: at the next part of the innermost verdict that attempts one.
    pub(super) fn absorb(&mut self, error: EvalError) -> Result<Pc, EvalError> {
        if !error.is_absorbed() {
            return Err(error);
        }
        while let Some(verdict) = self.verdicts.last_mut() {
            if let Some(part) = verdict.open.take() {
                verdict.kept.get_or_insert(error);
                self.stack.truncate(part.operands);
                self.loops.truncate(part.loops);
                return Ok(part.failed);
            }
            self.verdicts.pop();
        }
        Err(error)
    }

    pub(super) fn attempt(&mut self, failed: Pc) -> Outcome<()> {
        let part = Part { failed, operands: self.stack.len(), loops: self.loops.len() };
        let verdict = self.verdicts.last_mut().ok_or_else(Problem::damaged)?;
        match verdict.open.replace(part) {
            None => Ok(()),
            Some(_) => Err(Problem::damaged()),
        }
    }

    /// Ends a part; whether it decides the verdict, which is over then.
    pub(super) fn settle(&mut self, deciding: bool) -> Outcome<bool> {
        let value = self.pop_bool()?;
        if value == deciding {
            self.verdicts.pop().ok_or_else(Problem::damaged)?;
            self.stack.push(Value::Bool(value));
            return Ok(true);
        }
        self.verdicts.last_mut().ok_or_else(Problem::damaged)?.open = None;
        Ok(false)
    }

    /// Ends a verdict that no part decided.
    pub(super) fn conclude(&mut self, value: bool) -> Outcome<()> {
        match self.verdicts.pop().ok_or_else(Problem::damaged)?.kept {
            Some(kept) => Err(Problem::again(kept)),
            None => {
                self.stack.push(Value::Bool(value));
                Ok(())
            }
        }
    }
}
