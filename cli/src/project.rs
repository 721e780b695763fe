//! The project that a source is part of: what the nearest `writ.toml` says of its workflows.

use crate::config::{BudgetTable, Config, DEFAULT_FILE, Deny};
use crate::failure::Failure;
use crate::input::Source;
use std::path::{Path, PathBuf};
use writ_compiler::analysis::Options;
use writ_compiler::bounds::{Measure, ProjectBudget};

/// What a project asks of its workflows.
#[derive(Debug, Default)]
pub struct Project {
    /// What a run of any of them may take at most.
    budget: Option<ProjectBudget>,
    /// The least severity that fails a check.
    pub deny: Option<Deny>,
    /// Whether what only the run can check is a warning.
    pub strict: bool,
}

impl Project {
    /// The project of a source; of standard input, that of the current directory.
    pub fn of(source: &Source) -> Result<Self, Failure> {
        match source {
            Source::File(path) => Self::around(path.parent().unwrap_or(Path::new(""))),
            Source::Stdin => Self::around(Path::new("")),
        }
    }

    /// The project of a directory.
    pub fn around(directory: &Path) -> Result<Self, Failure> {
        let here = std::path::absolute(".").map_err(|e| Failure::file("find", directory, &e))?;
        let Some(file) = find(&here.join(directory)) else { return Ok(Self::default()) };
        let file = file.strip_prefix(&here).unwrap_or(&file);
        let config = Config::read(Some(file))?;
        let check = config.check.unwrap_or_default();
        let budget = config.budget.map(|table| budget(table, file.display().to_string()));
        Ok(Self { budget, deny: check.deny, strict: check.strict })
    }

    /// The same, strict in any case if `strict`.
    #[must_use]
    pub fn or_strict(mut self, strict: bool) -> Self {
        self.strict |= strict;
        self
    }

    /// What counts beside the text of a source.
    pub fn options(&self) -> Options<'_> {
        Options { budget: self.budget.as_ref(), strict: self.strict, ..Options::default() }
    }

    /// Its budget.
    pub fn into_budget(self) -> Option<ProjectBudget> {
        self.budget
    }
}

/// The `writ.toml` of a directory, or of the nearest one above it in the same repository.
fn find(directory: &Path) -> Option<PathBuf> {
    for directory in directory.ancestors() {
        let file = directory.join(DEFAULT_FILE);
        if file.is_file() {
            return Some(file);
        }
        if directory.join(".git").exists() {
            return None;
        }
    }
    None
}

fn budget(table: BudgetTable, file: String) -> ProjectBudget {
    let alone = [
        (Measure::Calls, table.calls),
        (Measure::Attempts, table.attempts),
        (Measure::Duration, table.duration.map(|time| time.0)),
        (Measure::Stored, table.stored_bytes),
    ];
    let alone = alone.into_iter().filter_map(|(measure, most)| Some((measure, most?)));
    let services = table.calls_per_service.into_iter();
    let services = services.map(|(service, most)| (Measure::CallsOf(service), most));
    ProjectBudget { file, limits: alone.chain(services).collect() }
}
