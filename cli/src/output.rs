//! How the terminal looks: colours only where a terminal shows them, and never against `NO_COLOR`.

use crate::failure::Failure;
use anstyle::{AnsiColor, Style};
use clap::builder::Styles;
use std::io::{self, Write};
use std::path::Path;
use writ_compiler::diagnostic::Severity;

/// `error:` and failures.
pub const ERROR: Style = AnsiColor::Red.on_default().bold();
/// `help:` and advice.
pub const HELP: Style = AnsiColor::Cyan.on_default().bold();
/// Success.
pub const GOOD: Style = AnsiColor::Green.on_default().bold();
/// Things to look at twice.
pub const WARN: Style = AnsiColor::Yellow.on_default().bold();
/// Headings.
pub const HEAD: Style = Style::new().bold();
/// Code in a text.
pub const CODE: Style = AnsiColor::Cyan.on_default();
/// Less important text.
pub const DIM: Style = Style::new().dimmed();

/// The look of `--help`.
pub const STYLES: Styles = Styles::styled()
    .header(HEAD)
    .usage(HEAD)
    .literal(AnsiColor::Cyan.on_default())
    .placeholder(AnsiColor::Cyan.on_default())
    .error(ERROR)
    .valid(AnsiColor::Green.on_default())
    .invalid(AnsiColor::Yellow.on_default());

/// The look of a severity's name.
pub fn severity(severity: Severity) -> Style {
    match severity {
        Severity::Error => ERROR,
        Severity::Warning => WARN,
        Severity::Note => HELP,
    }
}

/// Whether standard output shows colours.
pub fn colours_stdout() -> bool {
    anstream::AutoStream::choice(&io::stdout()) != anstream::ColorChoice::Never
}

/// Whether standard error shows colours.
pub fn colours_stderr() -> bool {
    anstream::AutoStream::choice(&io::stderr()) != anstream::ColorChoice::Never
}

/// Writes the result of a command: to a file, or, for `None` and `-`, to standard output.
pub fn write(path: Option<&Path>, bytes: &[u8]) -> Result<(), Failure> {
    match path {
        Some(path) if path.as_os_str() != "-" => {
            std::fs::write(path, bytes).map_err(|e| Failure::file("write", path, &e))
        }
        _ => {
            let mut out = io::stdout().lock();
            out.write_all(bytes)?;
            out.flush()?;
            Ok(())
        }
    }
}
