//! `writ fmt`: source texts in their canonical form.

use super::check::count;
use super::fix::print_diff;
use crate::failure::{COULD_NOT_RUN, Failure, Outcome};
use crate::input::{self, Source};
use crate::{output, write};
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use writ_compiler::analysis::Analysis;
use writ_compiler::diagnostic::render;
use writ_compiler::format;

/// Format workflows the one canonical way
///
/// Only white space changes, and the commas that a line break stands for; comments stay where they are, and so does the
/// meaning. There is nothing to set.
///
/// Exit code: 0 when done, 1 when --check or --diff found something to change or a file could not be parsed, 2 when
/// the command could not run.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    writ fmt                     the current directory\n  \
    writ fmt kyc.writ flows/     a file, and a directory\n  \
    writ fmt --check             for CI: list what is not formatted, and fail\n  \
    writ fmt --diff              what would change\n  \
    writ fmt - < kyc.writ        standard input to standard output, for editors")]
pub struct Args {
    /// Files, directories, patterns, or `-` for standard input
    #[arg(value_name = "PATH", default_value = ".")]
    paths: Vec<PathBuf>,
    /// Write nothing: list what would change, and fail if anything would
    #[arg(long)]
    check: bool,
    /// Write nothing: print what would change as a unified diff, and fail if anything would
    #[arg(long, conflicts_with = "check")]
    diff: bool,
    /// The name of standard input, in messages and for its syntax
    #[arg(long, value_name = "NAME")]
    stdin_filename: Option<PathBuf>,
}

/// Formats every source; what is wrong with one keeps none of the others from it.
pub fn run(args: &Args) -> Outcome {
    let sources = input::collect(&args.paths)?;
    let mut tally = Tally::default();
    for source in &sources {
        match args.format(source) {
            Ok(done) => tally.add(done),
            Err(Failure::BrokenPipe) => return Err(Failure::BrokenPipe),
            Err(failure) => {
                failure.report();
                tally.failed += 1;
            }
        }
    }
    // An editor that formats what it holds wants to hear of problems only.
    if sources.iter().any(|source| *source != Source::Stdin) {
        tally.report(args.writes())?;
    }
    Ok(if tally.failed > 0 {
        ExitCode::from(COULD_NOT_RUN)
    } else if tally.unread > 0 || (tally.changed > 0 && !args.writes()) {
        ExitCode::from(1)
    } else {
        ExitCode::SUCCESS
    })
}

/// What became of a source.
enum Done {
    Changed,
    Unchanged,
    /// It does not parse, and stays as it is.
    Unread,
}

impl Args {
    /// Whether sources are written, and not only looked at.
    fn writes(&self) -> bool {
        !self.check && !self.diff
    }

    /// The name of a source in messages.
    fn name(&self, source: &Source) -> String {
        match (&self.stdin_filename, source) {
            (Some(name), Source::Stdin) => name.display().to_string(),
            (None, Source::Stdin) | (_, Source::File(_)) => source.name(),
        }
    }

    fn format(&self, source: &Source) -> Result<Done, Failure> {
        let bytes = source.read()?;
        let name = self.name(source);
        let named = match source {
            Source::File(path) => Some(path),
            Source::Stdin => self.stdin_filename.as_ref(),
        };
        let syntax = match named {
            None => input::by_first_character(&bytes),
            Some(path) => input::by_extension(path).ok_or_else(|| {
                Failure::new(format_args!("cannot tell the syntax of {name}"))
                    .help("name it .writ or .json")
            })?,
        };
        let text = match format::format(&bytes, syntax) {
            Ok(text) => text,
            Err(analysis) => return self.unread(&analysis, &name),
        };
        let changed = text.as_bytes() != bytes;
        if self.writes() {
            match source {
                Source::File(path) if changed => {
                    write::replace(path, text.as_bytes())?;
                    say("formatted", &name)?;
                }
                Source::File(_) => {}
                Source::Stdin => output::write(None, text.as_bytes())?,
            }
        } else if changed && self.diff {
            print_diff(&name, &String::from_utf8_lossy(&bytes), &text)?;
        } else if changed {
            say("would format", &name)?;
        }
        Ok(if changed { Done::Changed } else { Done::Unchanged })
    }

    fn unread(&self, analysis: &Analysis, name: &str) -> Result<Done, Failure> {
        let mut err = anstream::stderr().lock();
        // The stream takes the colours out where they are not wanted.
        write!(err, "{}", render::human::human(analysis, name, true))?;
        Ok(Done::Unread)
    }
}

fn say(what: &str, name: &str) -> Result<(), Failure> {
    output::write(None, format!("{what} {name}\n").as_bytes())
}

/// How many sources there were of each kind.
#[derive(Debug, Default)]
struct Tally {
    changed: usize,
    unchanged: usize,
    unread: usize,
    failed: usize,
}

impl Tally {
    fn add(&mut self, done: Done) {
        match done {
            Done::Changed => self.changed += 1,
            Done::Unchanged => self.unchanged += 1,
            Done::Unread => self.unread += 1,
        }
    }

    fn report(&self, writes: bool) -> Result<(), Failure> {
        let mut err = anstream::stderr().lock();
        let (done, wrong) = (if writes { output::GOOD } else { output::WARN }, output::ERROR);
        let what = if writes { "formatted" } else { "would be formatted" };
        let mut parts = Vec::new();
        if self.changed > 0 {
            parts.push(format!("{done}{} {what}{done:#}", count(self.changed, "file")));
        }
        if self.unchanged > 0 || self.changed == 0 {
            let noun = if self.changed > 0 {
                self.unchanged.to_string()
            } else {
                count(self.unchanged, "file")
            };
            parts.push(format!("{noun} unchanged"));
        }
        if self.unread + self.failed > 0 {
            parts.push(format!("{wrong}{} left as is{wrong:#}", self.unread + self.failed));
        }
        Ok(writeln!(err, "{}", parts.join(", "))?)
    }
}
