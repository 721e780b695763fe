//! Programs, decoded and verified once.

use super::lock;
use crate::engine::{Journal, JournalError};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use writ_compiler::bytecode::{Program, ProgramHash};

/// Why a run's program cannot be had.
pub(super) enum NoProgram {
    /// Not now: the journal cannot be read.
    Unavailable(String),
    /// Not by this release, and why.
    Unusable(String),
}

/// The programs at hand.
pub(super) struct Programs {
    kept_max: usize,
    kept: Mutex<HashMap<ProgramHash, Arc<Program>>>,
}

impl Programs {
    pub(super) fn new(kept_max: usize) -> Self {
        Self { kept_max, kept: Mutex::default() }
    }

    pub(super) async fn get(
        &self,
        hash: ProgramHash,
        journal: &impl Journal,
    ) -> Result<Arc<Program>, NoProgram> {
        if let Some(program) = lock(&self.kept).get(&hash) {
            return Ok(Arc::clone(program));
        }
        let bytes = journal.program(hash).await.map_err(|error| match error {
            JournalError::Unavailable(why) => NoProgram::Unavailable(why),
            JournalError::NotFound | JournalError::Conflict => {
                NoProgram::Unusable(format!("its program {hash} is not in the database"))
            }
        })?;
        let program = Program::load(&bytes)
            .map_err(|error| NoProgram::Unusable(format!("its program {hash}: {error}")))?;
        let program = Arc::new(program);
        let mut kept = lock(&self.kept);
        // What is forgotten is loaded again when it is needed.
        if kept.len() >= self.kept_max {
            kept.clear();
        }
        kept.insert(hash, Arc::clone(&program));
        Ok(program)
    }
}
