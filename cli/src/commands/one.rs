//! What the commands that take one workflow share: refusing a source with errors, choosing one of several workflows.

use crate::failure::Failure;
use crate::input::{self, Source, SyntaxArg};
use std::io::Write;
use std::path::{Path, PathBuf};
use writ_compiler::analysis::{Analysis, Compiled, WorkflowAnalysis};
use writ_compiler::diagnostic::render;
use writ_compiler::tree::Workflow;

/// The source of a command that takes one workflow, or, as a directory, each of those in it in turn.
#[derive(Debug, Clone, clap::Args)]
pub struct OneWorkflow {
    /// A workflow, a directory of them, or `-` for standard input
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// The syntax, when the name does not tell it
    #[arg(long)]
    pub syntax: Option<SyntaxArg>,
    /// Which workflow, by its slug, when the file holds several
    #[arg(long, value_name = "SLUG")]
    pub workflow: Option<String>,
}

impl OneWorkflow {
    /// Every source to work on: those in the directory, or the one that was named. An output takes one.
    pub fn each(&self, output: Option<&Path>) -> Result<Vec<Self>, Failure> {
        if !self.file.is_dir() {
            return Ok(vec![self.clone()]);
        }
        if output.is_some() {
            return Err(Failure::new("one output cannot hold a directory's workflows")
                .help("leave --output out, or name one file"));
        }
        let sources = input::collect(std::slice::from_ref(&self.file))?;
        let files = sources.into_iter().filter_map(|source| match source {
            Source::File(file) => Some(Self { file, ..self.clone() }),
            Source::Stdin => None,
        });
        Ok(files.collect())
    }

    /// Analyses the source. When it has errors they are shown and the command cannot run.
    pub fn analyse(&self) -> Result<Analysis, Failure> {
        let source = Source::one(&self.file);
        let analysis = source.analyse(self.syntax)?;
        if analysis.has_errors() {
            let mut err = anstream::stderr().lock();
            // The stream takes the colours out where they are not wanted.
            write!(err, "{}", render::human::human(&analysis, &source.name(), true))?;
            return Err(Failure::new(format_args!("{} has errors", source.name()))
                .help("mend what is shown above, and try again"));
        }
        Ok(analysis)
    }

    /// The workflow to work on.
    pub fn choose<'a>(&self, analysis: &'a Analysis) -> Result<Chosen<'a>, Failure> {
        let workflows = analysis.module.workflows.iter().zip(&analysis.workflows);
        let mut all = workflows.map(|(tree, found)| Chosen { tree, found });
        let name = Source::one(&self.file).name();
        match &self.workflow {
            Some(slug) => all.find(|w| w.slug() == Some(slug)).ok_or_else(|| {
                Failure::new(format_args!("{name} has no workflow \"{slug}\"")).help(format_args!(
                    "it has {}",
                    analysis
                        .module
                        .workflows
                        .iter()
                        .map(display_slug)
                        .collect::<Vec<_>>()
                        .join(", ")
                ))
            }),
            None => {
                let first = all.next().ok_or_else(|| {
                    Failure::new(format_args!("{name} holds no workflow"))
                        .help("this command needs one")
                })?;
                if all.next().is_some() {
                    return Err(Failure::new(format_args!("{name} holds several workflows"))
                        .help("say which with --workflow SLUG"));
                }
                Ok(first)
            }
        }
    }
}

fn display_slug(workflow: &Workflow) -> String {
    workflow.slug.as_ref().map_or_else(|| "one without a slug".to_owned(), |s| s.value.clone())
}

/// One workflow of a source.
#[derive(Debug, Clone, Copy)]
pub struct Chosen<'a> {
    /// As written.
    pub tree: &'a Workflow,
    /// As understood.
    pub found: &'a WorkflowAnalysis,
}

impl<'a> Chosen<'a> {
    fn slug(&self) -> Option<&'a String> {
        self.tree.slug.as_ref().map(|slug| &slug.value)
    }

    /// Its program; there is one whenever the source has no errors.
    pub fn compiled(&self) -> Result<&'a Compiled, Failure> {
        self.found.compiled.as_ref().ok_or_else(|| {
            Failure::new("the workflow has no program although no error was found")
                .help("this is a defect of the compiler: please report it with the workflow")
        })
    }
}
