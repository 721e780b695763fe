//! Programs to bytes and back.
//!
//! ```text
//! "WRIT"  format version (u16, little-endian)  postcard of the Program  since format 2: postcard of its Additions
//! ```
//!
//! A program is written in the lowest format that can hold it, so that what an earlier release compiled keeps its hash, and
//! so that a release which lacks an instruction of it refuses it for that reason. Format 3 is format 2 with the
//! instructions that [`Op::since`] says.

use super::schema::Schema;
use super::verify::{self, VerifyError};
use super::{EventInfo, FORMAT_VERSION, Pc, Program, ProgramHash, SEMANTICS_VERSION};
use crate::limits::PROGRAM_BYTES_MAX;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

const MAGIC: &[u8; 4] = b"WRIT";
const HEADER_LEN: usize = MAGIC.len() + size_of::<u16>();

/// Why bytes are no program that this release can run.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LoadError {
    /// Something else altogether.
    #[error("this is no compiled workflow: it does not start with \"WRIT\"")]
    NotAProgram,
    /// Larger than any program that the compiler makes.
    #[error("the compiled workflow is larger than {PROGRAM_BYTES_MAX} bytes")]
    TooLarge,
    /// Made by a later release.
    #[error(
        "the compiled workflow has format {found}, and this release reads up to {FORMAT_VERSION}: run a later release"
    )]
    NewerFormat {
        /// Its format version.
        found: u16,
    },
    /// Its instructions mean something that this release does not know.
    #[error(
        "the compiled workflow has semantics {found}, and this release knows up to {SEMANTICS_VERSION}: run a later release"
    )]
    NewerSemantics {
        /// Its semantics version.
        found: u16,
    },
    /// It cannot be decoded.
    #[error("the compiled workflow is damaged: {0}")]
    Damaged(String),
    /// It decodes, and must not be run.
    #[error("the compiled workflow is invalid: {0}")]
    Invalid(#[from] VerifyError),
}

impl Program {
    /// The program's bytes; equal programs give equal bytes.
    #[must_use]
    #[allow(clippy::expect_used, reason = "writing plain data to memory cannot fail")]
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        bytes.extend(self.format().to_le_bytes());
        bytes.extend(postcard::to_stdvec(self).expect("a program is plain data"));
        if self.format() >= 2 {
            let additions = Additions::of(self);
            bytes.extend(postcard::to_stdvec(&additions).expect("additions are plain data"));
        }
        bytes
    }

    /// The format that [`Program::encode`] writes it in.
    #[must_use]
    pub fn format(&self) -> u16 {
        let additions = if Additions::of(self) == Additions::default() { 1 } else { 2 };
        self.code.iter().map(|op| op.since()).fold(additions, u16::max)
    }

    /// SHA-256 of [`Program::encode`].
    #[must_use]
    pub fn hash(&self) -> ProgramHash {
        ProgramHash::of(&self.encode())
    }

    /// Decodes and verifies a program.
    ///
    /// # Errors
    ///
    /// When the bytes are no program, one of a later release, damaged, or would not run safely.
    pub fn load(bytes: &[u8]) -> Result<Self, LoadError> {
        if bytes.len() > PROGRAM_BYTES_MAX {
            return Err(LoadError::TooLarge);
        }
        let (header, body) = bytes.split_at_checked(HEADER_LEN).ok_or(LoadError::NotAProgram)?;
        let (magic, version) = header.split_at(MAGIC.len());
        if magic != MAGIC {
            return Err(LoadError::NotAProgram);
        }
        let found = version.iter().rev().fold(0, |n, byte| n << 8 | u16::from(*byte));
        match found {
            1..=FORMAT_VERSION => {}
            0 => return Err(LoadError::Damaged("format 0 does not exist".to_owned())),
            found => return Err(LoadError::NewerFormat { found }),
        }
        let damaged = |error: postcard::Error| LoadError::Damaged(error.to_string());
        // They stand first, and are looked at before what this release may not know how to read.
        let (semantics, _): (u16, _) = postcard::take_from_bytes(body).map_err(damaged)?;
        if semantics > SEMANTICS_VERSION {
            return Err(LoadError::NewerSemantics { found: semantics });
        }
        let (mut program, mut rest): (Self, _) =
            postcard::take_from_bytes(body).map_err(damaged)?;
        if found >= 2 {
            let (additions, behind): (Additions, _) =
                postcard::take_from_bytes(rest).map_err(damaged)?;
            additions.add_to(&mut program)?;
            rest = behind;
        }
        if !rest.is_empty() {
            return Err(LoadError::Damaged(format!("{} bytes follow its end", rest.len())));
        }
        verify::verify(&program)?;
        Ok(program)
    }

    /// Checks that running the program is safe; [`Program::load`] does.
    ///
    /// # Errors
    ///
    /// Says which instruction is wrong, and how.
    pub fn verify(&self) -> Result<(), VerifyError> {
        verify::verify(self)
    }
}

/// What format 2 adds, by the number of the step that it belongs to.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
struct Additions {
    /// [`super::StepInfo::on_failure`].
    on_failure: Vec<(u32, Pc)>,
    /// [`super::ApprovalInfo::form`].
    forms: Vec<(u32, Schema)>,
    /// [`super::StepInfo::event`].
    events: Vec<(u32, EventInfo)>,
}

impl Additions {
    /// What format 1 cannot hold of a program.
    fn of(program: &Program) -> Self {
        let steps = || (0..).zip(&program.steps);
        let on_failure: Vec<_> =
            steps().filter_map(|(n, step)| Some((n, step.on_failure?))).collect();
        let form = |step: &super::StepInfo| step.approval.as_ref()?.form.clone();
        let forms: Vec<_> = steps().filter_map(|(n, step)| Some((n, form(step)?))).collect();
        let events: Vec<_> =
            steps().filter_map(|(n, step)| Some((n, step.event.clone()?))).collect();
        Self { on_failure, forms, events }
    }

    /// Puts it where it belongs.
    fn add_to(self, program: &mut Program) -> Result<(), LoadError> {
        let damaged = || LoadError::Damaged("it says something of a step that it lacks".to_owned());
        for (number, target) in self.on_failure {
            let step = program.steps.get_mut(number as usize).ok_or_else(damaged)?;
            step.on_failure = Some(target);
        }
        for (number, form) in self.forms {
            let step = program.steps.get_mut(number as usize).ok_or_else(damaged)?;
            step.approval.as_mut().ok_or_else(damaged)?.form = Some(form);
        }
        for (number, event) in self.events {
            let step = program.steps.get_mut(number as usize).ok_or_else(damaged)?;
            step.event = Some(event);
        }
        Ok(())
    }
}

impl ProgramHash {
    /// The hash of an encoded program.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }
}

#[cfg(test)]
mod tests;
