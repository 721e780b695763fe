//! Programs, decoded and verified, by hash.

use super::locked;
use crate::engine::{Journal, JournalError};
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex};
use writ_compiler::bytecode::{Program, ProgramHash};

/// Why a program cannot be had.
pub(super) enum ProgramError {
    /// It may be had later.
    Later(String),
    /// This release cannot run it, and why.
    Never(String),
}

/// The programs that were used lately.
pub(super) struct Programs {
    kept: Mutex<Kept>,
    kept_max: usize,
}

#[derive(Default)]
struct Kept {
    programs: HashMap<ProgramHash, Arc<Program>>,
    /// Oldest first.
    order: VecDeque<ProgramHash>,
}

impl Programs {
    pub(super) fn new(kept_max: usize) -> Self {
        Self { kept: Mutex::default(), kept_max: kept_max.max(1) }
    }

    /// A program, from memory or from the journal.
    pub(super) async fn get(
        &self,
        journal: &impl Journal,
        hash: ProgramHash,
    ) -> Result<Arc<Program>, ProgramError> {
        if let Some(program) = locked(&self.kept).programs.get(&hash) {
            return Ok(Arc::clone(program));
        }
        let bytes = journal.program(hash).await.map_err(|error| match error {
            JournalError::Unavailable(what) => ProgramError::Later(what),
            JournalError::NotFound | JournalError::Conflict => {
                ProgramError::Never(format!("its program {hash} is not in the store"))
            }
        })?;
        let program = Program::load(&bytes).map_err(|e| ProgramError::Never(e.to_string()))?;
        let program = Arc::new(program);
        let mut kept = locked(&self.kept);
        if kept.programs.insert(hash, Arc::clone(&program)).is_none() {
            kept.order.push_back(hash);
        }
        while kept.order.len() > self.kept_max {
            if let Some(oldest) = kept.order.pop_front() {
                kept.programs.remove(&oldest);
            }
        }
        Ok(program)
    }
}
