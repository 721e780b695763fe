//! What goes wrong with the database, in the operator's words.

use super::StoreError;
use crate::engine::JournalError;
use crate::vault::SealError;
use rusqlite::ErrorCode;

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
pub(super) fn in_words(error: &rusqlite::Error) -> String {
    let Some(code) = error.sqlite_error_code() else {
        return format!("the database gave an unexpected answer: {error}");
    };
    match code {
        ErrorCode::DiskFull => "the disk that holds the database is full: free some space; nothing is lost, and work goes on once there is room".into(),
        ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => {
            "another program keeps the database locked: end it; nothing is lost".into()
        }
        ErrorCode::ReadOnly | ErrorCode::PermissionDenied | ErrorCode::CannotOpen => {
            "the file cannot be opened for writing: check that it and its directory are there, and who owns them".into()
        }
        ErrorCode::DatabaseCorrupt => {
            format!("the database is damaged ({error}): restore a backup")
        }
        ErrorCode::NotADatabase => {
            "the file is no database: name another data directory, or restore a backup".into()
        }
        ErrorCode::SystemIoFailure => format!(
            "the disk that holds the database fails ({error}): check the disk and the system's log"
        ),
        _ => format!("the database refused the operation: {error}"),
    }
}

impl From<Fault> for Unavailable {
    fn from(fault: Fault) -> Self {
        Self(match fault {
            Fault::Sql(error) => in_words(&error),
            Fault::Damaged(what) => {
                format!("the database is damaged ({what}): restore a backup")
            }
            Fault::Seal(error) => error.to_string(),
        })
    }
}

impl From<Fault> for JournalError {
    fn from(fault: Fault) -> Self {
        Unavailable::from(fault).into()
    }
}

impl From<Fault> for StoreError {
    fn from(fault: Fault) -> Self {
        Unavailable::from(fault).into()
    }
}
