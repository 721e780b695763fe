//! Why a command could not do its work, as a person reads it: what is wrong, then what to do.

use crate::output;
use std::fmt::Display;
use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

/// What a command ends with: an exit code it chose, or the reason it could not run.
pub type Outcome = Result<ExitCode, Failure>;

/// The exit code of a command that could not do its work.
pub const COULD_NOT_RUN: u8 = 2;

/// The reason a command could not run.
#[derive(Debug)]
pub enum Failure {
    /// Something to tell the user.
    Error {
        /// What is wrong.
        message: String,
        /// What to do about it.
        help: Option<String>,
    },
    /// The reader of our output went away (`writ graph … | head`): not an error, and nobody is left to tell.
    BrokenPipe,
}

impl Failure {
    /// A failure with nothing more to advise.
    pub fn new(message: impl Display) -> Self {
        Self::Error { message: message.to_string(), help: None }
    }

    /// Adds what to do about it.
    #[must_use]
    pub fn help(self, advice: impl Display) -> Self {
        match self {
            Self::Error { message, .. } => Self::Error { message, help: Some(advice.to_string()) },
            Self::BrokenPipe => self,
        }
    }

    /// A file that could not be read, written or listed.
    pub fn file(what: &str, path: &Path, error: &io::Error) -> Self {
        Self::new(format_args!("cannot {what} {}: {error}", path.display()))
    }

    /// Tells the user, and gives the process's exit code.
    pub fn report(&self) -> ExitCode {
        match self {
            Self::Error { message, help } => {
                let mut err = anstream::stderr().lock();
                let (error, note) = (output::ERROR, output::HELP);
                // When stderr is gone too, the exit code still tells.
                let _ = writeln!(err, "{error}error{error:#}: {message}");
                if let Some(help) = help {
                    let _ = writeln!(err, "  {note}help{note:#}: {help}");
                }
                ExitCode::from(COULD_NOT_RUN)
            }
            Self::BrokenPipe => ExitCode::SUCCESS,
        }
    }
}

/// Errors of writing to standard output; those of files go through [`Failure::file`].
impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Self::BrokenPipe,
            _ => Self::new(format_args!("cannot write output: {error}")),
        }
    }
}
