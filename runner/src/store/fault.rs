//! What goes wrong with the database, in the operator's words.

use super::StoreError;
use crate::engine::JournalError;
use crate::vault::SealError;
use rusqlite::ErrorCode;
use std::path::Path;

/// Why a read or a write failed.
#[derive(Debug, thiserror::Error)]
pub(super) enum Fault {
    /// SQLite's own word.
    #[error(transparent)]
    Sql(#[from] rusqlite::Error),
    /// A row that no release writes.
    #[error("{0}")]
    Damaged(&'static str),
    /// A secret that cannot be sealed or unsealed.
    #[error(transparent)]
    Seal(#[from] SealError),
}

/// Why the store cannot serve now; nothing was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Unavailable(pub String);

impl From<Unavailable> for StoreError {
    fn from(Unavailable(what): Unavailable) -> Self {
        Self::Unavailable(what)
    }
}

impl From<Unavailable> for JournalError {
    fn from(Unavailable(what): Unavailable) -> Self {
        Self::Unavailable(what)
    }
}

impl From<SealError> for Unavailable {
    fn from(error: SealError) -> Self {
        Self(error.to_string())
    }
}

/// Whether a failure is of one job's own making, so that the others of its group can be written without it. All else
/// concerns the file or the disk.
pub(super) fn concerns_one_job(error: &rusqlite::Error) -> bool {
    match error.sqlite_error_code() {
        Some(code) => matches!(
            code,
            ErrorCode::ConstraintViolation | ErrorCode::TypeMismatch | ErrorCode::TooBig
        ),
        None => true,
    }
}

/// What is wrong and what to do.
pub(super) fn in_words(path: &Path, error: &rusqlite::Error) -> String {
    let path = path.display();
    let Some(code) = error.sqlite_error_code() else {
        return format!("the database {path} gave an unexpected answer: {error}");
    };
    match code {
        ErrorCode::DiskFull => format!(
            "the disk that holds {path} is full: free some space; nothing is lost, and work goes on once there is room"
        ),
        ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => {
            format!("another program keeps the database {path} locked: end it; nothing is lost")
        }
        ErrorCode::ReadOnly | ErrorCode::PermissionDenied | ErrorCode::CannotOpen => format!(
            "the database {path} cannot be opened for writing ({error}): check that the file and its directory are there, and who owns them"
        ),
        ErrorCode::DatabaseCorrupt => {
            format!("the database {path} is damaged ({error}): restore a backup")
        }
        ErrorCode::NotADatabase => {
            format!("{path} is no database: name another data directory, or restore a backup")
        }
        ErrorCode::SystemIoFailure => format!(
            "the disk that holds {path} fails ({error}): check the disk and the system's log"
        ),
        _ => format!("the database {path} refused the operation: {error}"),
    }
}

impl Fault {
    pub(super) fn in_words(&self, path: &Path) -> Unavailable {
        Unavailable(match self {
            Self::Sql(error) => in_words(path, error),
            Self::Damaged(what) => {
                format!("the database {} is damaged ({what}): restore a backup", path.display())
            }
            Self::Seal(error) => error.to_string(),
        })
    }
}
