//! `writ check --fix`: applies what the diagnostics suggest.

use crate::failure::Failure;
use crate::input::{Source, SyntaxArg};
use crate::project::Project;
use crate::{output, write};
use similar::TextDiff;
use std::io::Write;
use writ_compiler::analysis::Analysis;
use writ_compiler::diagnostic::fix::{self, Fixed};
use writ_compiler::diagnostic::{Applicability, Code};
use writ_compiler::limits::FIX_ROUNDS_MAX;

/// The flags about fixing.
#[derive(Debug, clap::Args)]
pub struct FixArgs {
    /// Apply the suggestions that are safe, then report what is left
    ///
    /// Files are written in place; what comes from standard input goes to standard output, and diagnostics to standard error.
    #[arg(long)]
    pub fix: bool,
    /// Apply those that are only probably right, too
    #[arg(long, requires = "fix", visible_alias = "fix-maybe")]
    unsafe_fixes: bool,
    /// Write nothing: print what would change as a unified diff, and diagnostics to standard error
    #[arg(long, requires = "fix")]
    diff: bool,
}

impl FixArgs {
    /// Whether standard output is for texts or their differences.
    pub fn takes_stdout(&self, sources: &[Source]) -> bool {
        self.diff || self.fix && sources.contains(&Source::Stdin)
    }

    /// Fixes a source where it stands, and analyses what it is then.
    pub fn fix(
        &self,
        source: &Source,
        syntax: Option<SyntaxArg>,
        strict: bool,
    ) -> Result<Analysis, Failure> {
        let bytes = source.read()?;
        let analysis = source.analyse_bytes(&bytes, syntax, strict)?;
        let least = if self.unsafe_fixes { Applicability::Maybe } else { Applicability::Safe };
        let before = if self.diff { analysis.text.clone() } else { String::new() };
        let project = Project::of(source)?.or_strict(strict);
        let fixed = fix::fix(analysis, least, project.options());
        let name = source.name();
        if self.diff {
            print_diff(&name, &before, &fixed.analysis.text)?;
        } else if fixed.applied.is_empty() {
            if *source == Source::Stdin {
                output::write(None, &bytes)?;
            }
        } else {
            // The mark is no part of the text that was analysed.
            let mark = if bytes.starts_with(BYTE_ORDER_MARK) { BYTE_ORDER_MARK } else { b"" };
            let text = [mark, fixed.analysis.text.as_bytes()].concat();
            match source {
                Source::File(path) => write::replace(path, &text)?,
                Source::Stdin => output::write(None, &text)?,
            }
        }
        self.report(&name, &fixed)?;
        Ok(fixed.analysis)
    }

    /// Says what was fixed.
    fn report(&self, name: &str, fixed: &Fixed) -> Result<(), Failure> {
        let mut err = anstream::stderr().lock();
        let (good, warn) = (output::GOOD, output::WARN);
        if !fixed.applied.is_empty() {
            let done = if self.diff { "would fix" } else { "fixed" };
            let problems = super::check::count(fixed.applied.len(), "problem");
            writeln!(err, "{good}{done} {problems}{good:#} in {name} ({})", codes(&fixed.applied))?;
        }
        if !fixed.settled {
            writeln!(
                err,
                "{warn}warning{warn:#}: after {FIX_ROUNDS_MAX} rounds there is still something to fix in {name}: \
                 look at what is left, then fix again"
            )?;
        }
        Ok(())
    }
}

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Each code once, in order.
fn codes(applied: &[Code]) -> String {
    let mut ids: Vec<&str> = applied.iter().map(|code| code.id()).collect();
    ids.sort_unstable();
    ids.dedup();
    ids.join(", ")
}

/// Prints what leads from one text to another, as a unified diff.
pub fn print_diff(name: &str, before: &str, after: &str) -> Result<(), Failure> {
    let diff = TextDiff::from_lines(before, after);
    let shown = diff.unified_diff().header(name, name).to_string();
    output::write(None, shown.as_bytes())
}
