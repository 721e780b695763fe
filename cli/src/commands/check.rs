//! `writ check`: what is wrong with workflows.

use super::fix::FixArgs;
use crate::config::Deny;
use crate::failure::{Failure, Outcome};
use crate::input::{self, Source, SyntaxArg};
use crate::output;
use crate::project::Project;
use clap::ValueEnum;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use writ_compiler::analysis::Analysis;
use writ_compiler::bounds;
use writ_compiler::diagnostic::{Applicability, Code, Severity, fix, render};

/// Find what is wrong with workflows, before anything runs
///
/// Exit code: 0 when clean, 1 when there are diagnostics at or above the threshold, 2 when the check could not run.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    writ check kyc.writ                 one file\n  \
    writ check workflows/ 'old/*.json'  directories and patterns\n  \
    writ check --deny warnings          the current directory, as strict as CI should be\n  \
    writ check --bounds kyc.writ        what a run takes at most, too\n  \
    writ check --fix kyc.writ           mend what can be mended, and say what is left\n  \
    writ check --fix --diff             what that would change\n  \
    writ check --allowed kyc.writ       with what comments allow, and why
  \
    writ check --format json - < a.json standard input, one JSON object a line\n  \
    writ check --format sarif > a.sarif for code scanning")]
pub struct Args {
    /// Files, directories, patterns, or `-` for standard input
    #[arg(value_name = "PATH", default_value = ".")]
    paths: Vec<PathBuf>,
    /// The syntax, when the name does not tell it
    #[arg(long)]
    syntax: Option<SyntaxArg>,
    /// How diagnostics are printed
    #[arg(long, default_value = "human")]
    format: Format,
    /// The least severity that fails the check [default: what writ.toml says, or errors]
    #[arg(long, value_name = "SEVERITY")]
    deny: Option<Deny>,
    /// Warn of every read that only the run can check, because nothing declares what a value holds
    #[arg(long)]
    strict: bool,
    /// Show, as notes, what comments in the source allow, with their reasons
    #[arg(long)]
    allowed: bool,
    /// Show, below the diagnostics, what a run of each workflow takes at most: calls, attempts, time and stored bytes
    #[arg(long)]
    bounds: bool,
    #[command(flatten)]
    fix: FixArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Source excerpts
    Human,
    /// One JSON object a line
    Json,
    /// One SARIF 2.1.0 log, for code scanning services
    Sarif,
    /// GitHub workflow commands, which annotate a pull request
    Github,
}

/// Checks every source; all diagnostics of all of them are printed.
pub fn run(args: &Args) -> Outcome {
    if args.bounds && matches!(args.format, Format::Sarif | Format::Github) {
        return Err(Failure::new("bounds are shown to people and as JSON only")
            .help("say --format human or --format json"));
    }
    let sources = input::collect(&args.paths)?;
    let out = Out { is_stderr: args.fix.takes_stdout(&sources) };
    let mut tally = Tally::default();
    let (mut results, mut bounds) = (Vec::new(), String::new());
    for source in &sources {
        let mut analysis = match args.fix.fix {
            true => args.fix.fix(source, args.syntax, args.strict)?,
            false => source.analyse_strictly(args.syntax, args.strict)?,
        };
        if args.allowed {
            analysis.show_allowed();
        }
        let name = source.name();
        let deny = args.deny.or(Project::of(source)?.deny).unwrap_or(Deny::Errors);
        tally.add(&analysis, deny.threshold());
        if args.bounds {
            bounds += &match args.format {
                Format::Json => bounds::json(&analysis, &name),
                Format::Human | Format::Sarif | Format::Github => bounds::human(&analysis, &name),
            };
        }
        match args.format {
            Format::Human => {
                out.print(&render::human::human(&analysis, &name, out.colours()))?;
            }
            Format::Json => out.print(&render::json::json(&analysis, &name))?,
            Format::Github => out.print(&render::github::github(&analysis, &name))?,
            // One log holds the results of every source.
            Format::Sarif => results.extend(render::sarif::results(&analysis, &name)),
        }
    }
    if tally.is_empty() {
        let names: Vec<String> = sources.iter().map(Source::name).collect();
        return Err(Failure::new(format_args!("no workflow in {}", names.join(", ")))
            .help("an empty source is no proof of anything: check what was given"));
    }
    out.print(&bounds)?;
    match args.format {
        Format::Human => tally.report(sources.len())?,
        Format::Sarif => out.print(&render::sarif::log(results))?,
        Format::Json | Format::Github => {}
    }
    Ok(if tally.denied { ExitCode::from(1) } else { ExitCode::SUCCESS })
}

/// Where diagnostics go: to standard output, or, where that has something else to carry, to standard error.
#[derive(Debug, Clone, Copy)]
struct Out {
    is_stderr: bool,
}

impl Out {
    fn print(self, text: &str) -> Result<(), Failure> {
        match self.is_stderr {
            true => std::io::stderr().lock().write_all(text.as_bytes())?,
            false => std::io::stdout().lock().write_all(text.as_bytes())?,
        }
        Ok(())
    }

    fn colours(self) -> bool {
        if self.is_stderr { output::colours_stderr() } else { output::colours_stdout() }
    }
}

/// What was found so far.
#[derive(Debug, Default)]
struct Tally {
    errors: usize,
    warnings: usize,
    denied: bool,
    /// The first of the worst that was found.
    worst: Option<(Severity, Code)>,
    /// How many of them `--fix` can mend.
    fixable: usize,
    /// Workflows, services and types.
    declared: usize,
}

impl Tally {
    /// Whether there was nothing to find anything wrong with.
    fn is_empty(&self) -> bool {
        self.declared == 0 && self.errors == 0 && self.warnings == 0
    }

    fn add(&mut self, analysis: &Analysis, threshold: Severity) {
        let module = &analysis.module;
        self.declared += module.workflows.len() + module.services.len() + module.types.len();
        let fixes = fix::apply(&analysis.text, &analysis.diagnostics, Applicability::Safe);
        self.fixable += fixes.map_or(0, |(_, fixed)| fixed.len());
        for diagnostic in &analysis.diagnostics {
            match diagnostic.severity {
                Severity::Error => self.errors += 1,
                Severity::Warning => self.warnings += 1,
                Severity::Note => {}
            }
            if self.worst.is_none_or(|(worst, _)| worst < diagnostic.severity) {
                self.worst = Some((diagnostic.severity, diagnostic.code));
            }
            self.denied |= diagnostic.severity >= threshold;
        }
    }

    fn report(&self, sources: usize) -> Result<(), Failure> {
        let mut err = anstream::stderr().lock();
        let style = if self.errors > 0 {
            output::ERROR
        } else if self.warnings > 0 {
            output::WARN
        } else {
            output::GOOD
        };
        let verdict = match (self.errors, self.warnings) {
            (0, 0) => "no problems".to_owned(),
            (errors, 0) => count(errors, "error"),
            (0, warnings) => count(warnings, "warning"),
            (errors, warnings) => {
                format!("{}, {}", count(errors, "error"), count(warnings, "warning"))
            }
        };
        let fixable = match self.fixable {
            0 => String::new(),
            fixable => format!("; --fix mends {fixable}"),
        };
        let sources = count(sources, "workflow file");
        writeln!(err, "{style}{verdict}{style:#} in {sources}{fixable}")?;
        if let Some((severity, code)) = self.worst {
            let one = match severity {
                Severity::Error => "an error",
                Severity::Warning => "a warning",
                Severity::Note => "a note",
            };
            writeln!(err, "for more about {one}, try: writ explain {}", code.id())?;
        }
        Ok(())
    }
}

/// `1 problem`, `2 problems`.
pub fn count(n: usize, noun: &str) -> String {
    format!("{n} {noun}{}", if n == 1 { "" } else { "s" })
}
