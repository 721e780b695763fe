//! The sources a command is given: files, directories, globs, standard input.

use crate::failure::Failure;
use crate::project::Project;
use clap::ValueEnum;
use glob::MatchOptions;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use walkdir::{DirEntry, WalkDir};
use writ_compiler::analysis::{Analysis, Syntax};
use writ_compiler::limits::{PROGRAM_BYTES_MAX, SOURCE_BYTES_MAX};

/// `--syntax`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SyntaxArg {
    /// .writ
    Writ,
    /// The API's JSON: a bare spec, or an envelope with `slug` and `spec`
    Json,
}

impl From<SyntaxArg> for Syntax {
    fn from(arg: SyntaxArg) -> Self {
        match arg {
            SyntaxArg::Writ => Self::Writ,
            SyntaxArg::Json => Self::Json,
        }
    }
}

/// The name that diagnostics give to standard input.
const STDIN_NAME: &str = "<stdin>";

/// One source, not yet read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// A file.
    File(PathBuf),
    /// Standard input.
    Stdin,
}

impl Source {
    /// What `argument` stands for when exactly one source is expected.
    pub fn one(argument: &Path) -> Self {
        if argument.as_os_str() == "-" { Self::Stdin } else { Self::File(argument.to_owned()) }
    }

    /// Its name in messages.
    pub fn name(&self) -> String {
        match self {
            Self::File(path) => path.display().to_string(),
            Self::Stdin => STDIN_NAME.to_owned(),
        }
    }

    /// A source's bytes: at most one more than it may have, so that a huge file is refused and not loaded.
    pub fn read(&self) -> Result<Vec<u8>, Failure> {
        self.read_at_most(SOURCE_BYTES_MAX)
    }

    /// A program's bytes: at most one more than it may have.
    pub fn read_program(&self) -> Result<Vec<u8>, Failure> {
        self.read_at_most(PROGRAM_BYTES_MAX)
    }

    fn read_at_most(&self, limit: usize) -> Result<Vec<u8>, Failure> {
        let limit = limit as u64 + 1;
        let mut bytes = Vec::new();
        match self {
            Self::File(path) => {
                let read =
                    File::open(path).and_then(|file| file.take(limit).read_to_end(&mut bytes));
                read.map_err(|e| cannot_read(path, &e))?;
            }
            Self::Stdin => {
                let read = io::stdin().lock().take(limit).read_to_end(&mut bytes);
                read.map_err(|e| Failure::new(format_args!("cannot read standard input: {e}")))?;
            }
        }
        Ok(bytes)
    }

    /// Reads and analyses it, in the given syntax or in its own.
    pub fn analyse(&self, syntax: Option<SyntaxArg>) -> Result<Analysis, Failure> {
        self.analyse_strictly(syntax, false)
    }

    /// The same, strictly if its project or `strict` says so.
    pub fn analyse_strictly(
        &self,
        syntax: Option<SyntaxArg>,
        strict: bool,
    ) -> Result<Analysis, Failure> {
        self.analyse_bytes(&self.read()?, syntax, strict)
    }

    /// Analyses what was read of it, as part of its project.
    pub fn analyse_bytes(
        &self,
        bytes: &[u8],
        syntax: Option<SyntaxArg>,
        strict: bool,
    ) -> Result<Analysis, Failure> {
        let syntax = match syntax {
            Some(syntax) => syntax.into(),
            None => self.syntax(bytes)?,
        };
        let project = Project::of(self)?.or_strict(strict);
        Ok(Analysis::from_bytes_with(bytes, syntax, project.options()))
    }

    /// The syntax by name; standard input's by its first character.
    fn syntax(&self, bytes: &[u8]) -> Result<Syntax, Failure> {
        match self {
            Self::Stdin => Ok(by_first_character(bytes)),
            Self::File(path) => by_extension(path).ok_or_else(|| {
                Failure::new(format_args!("cannot tell the syntax of {}", path.display()))
                    .help("name it .writ or .json, or say --syntax writ or --syntax json")
            }),
        }
    }
}

fn cannot_read(path: &Path, error: &io::Error) -> Failure {
    let failure = Failure::file("read", path, error);
    match error.kind() {
        io::ErrorKind::NotFound => {
            failure.help("check the path, or give `-` to read standard input")
        }
        io::ErrorKind::IsADirectory => failure.help("this command takes one file"),
        _ => failure,
    }
}

/// The syntax of a text without a name: JSON begins with a brace.
pub fn by_first_character(bytes: &[u8]) -> Syntax {
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let json = text.trim_ascii_start().starts_with(b"{");
    if json { Syntax::Json } else { Syntax::Writ }
}

/// The syntax of a file of this name.
pub fn by_extension(path: &Path) -> Option<Syntax> {
    match path.extension()?.to_str()? {
        "writ" => Some(Syntax::Writ),
        "json" => Some(Syntax::Json),
        _ => None,
    }
}

/// Every source that the arguments name, each once, in order: files as given; of directories and globs, `.writ` files
/// and those `.json` files that look like specs.
pub fn collect(arguments: &[PathBuf]) -> Result<Vec<Source>, Failure> {
    let mut sources: Vec<Source> = Vec::new();
    let mut add = |source: Source| {
        if !sources.contains(&source) {
            sources.push(source);
        }
    };
    for argument in arguments {
        if argument.as_os_str() == "-" {
            add(Source::Stdin);
        } else if argument.is_dir() {
            walk(argument)?.into_iter().for_each(&mut add);
        } else if argument.exists() || !is_glob(argument) {
            add(Source::File(argument.clone()));
        } else {
            expand(argument)?.into_iter().for_each(&mut add);
        }
    }
    Ok(sources)
}

fn is_glob(path: &Path) -> bool {
    path.to_string_lossy().contains(['*', '?', '['])
}

fn expand(pattern: &Path) -> Result<Vec<Source>, Failure> {
    let text = pattern.to_string_lossy();
    // Hidden directories hold no sources, unless the pattern spells their dot.
    let options = MatchOptions { require_literal_leading_dot: true, ..MatchOptions::new() };
    let paths = glob::glob_with(&text, options)
        .map_err(|e| Failure::new(format_args!("cannot understand the pattern {text}: {e}")))?;
    let mut sources = Vec::new();
    for path in paths {
        let path = path.map_err(|e| Failure::file("read", e.path(), e.error()))?;
        if path.is_dir() {
            sources.extend(walk(&path)?);
        } else if is_source(&path)? {
            sources.push(Source::File(path));
        }
    }
    if sources.is_empty() {
        return Err(Failure::new(format_args!("no workflow matches {text}"))
            .help("workflows are .writ files, and .json files that hold a spec"));
    }
    Ok(sources)
}

fn walk(directory: &Path) -> Result<Vec<Source>, Failure> {
    let mut sources = Vec::new();
    let entries = WalkDir::new(directory).sort_by_file_name().into_iter();
    for entry in entries.filter_entry(is_wanted) {
        let entry = entry.map_err(|e| {
            let path = e.path().unwrap_or(directory).to_owned();
            Failure::file("read", &path, &e.into())
        })?;
        if entry.file_type().is_file() && is_source(entry.path())? {
            sources.push(Source::File(entry.into_path()));
        }
    }
    if sources.is_empty() {
        return Err(Failure::new(format_args!("no workflow in {}", directory.display()))
            .help("workflows are .writ files, and .json files that hold a spec"));
    }
    Ok(sources)
}

/// Hidden directories and the outputs of build tools hold no sources.
fn is_wanted(entry: &DirEntry) -> bool {
    let name = entry.file_name().to_string_lossy();
    let skipped = name.starts_with('.') || name == "target" || name == "node_modules";
    entry.depth() == 0 || !skipped
}

/// `.writ`, or JSON that mentions what every spec has. Looking for words and not parsing finds broken specs too.
fn is_source(path: &Path) -> Result<bool, Failure> {
    match by_extension(path) {
        Some(Syntax::Writ) => Ok(true),
        Some(Syntax::Json) => {
            let bytes = Source::File(path.to_owned()).read()?;
            let has = |word: &str| bytes.windows(word.len()).any(|w| w == word.as_bytes());
            Ok(has("\"nodes\"") && (has("\"startNodeId\"") || has("\"edges\"")))
        }
        None => Ok(false),
    }
}
