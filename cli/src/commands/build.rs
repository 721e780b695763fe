//! `writ build`: a workflow to its program.

use super::one::OneWorkflow;
use crate::failure::{Failure, Outcome};
use crate::output;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Compile a workflow to its program, and print the program's hash
///
/// Two sources with one meaning, in either syntax, give the same bytes and the same hash.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    writ build kyc.writ                writes kyc.writc\n  \
    writ build kyc.json -o out/k.writc says where to")]
pub struct Args {
    #[command(flatten)]
    source: OneWorkflow,
    /// Where the program goes; by default beside the source, with the extension .writc
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// Builds one workflow, or each of a directory.
pub fn run(args: &Args) -> Outcome {
    for source in args.source.each(args.output.as_deref())? {
        build(&source, args.output.as_deref())?;
    }
    Ok(ExitCode::SUCCESS)
}

fn build(source: &OneWorkflow, output: Option<&Path>) -> Result<(), Failure> {
    let analysis = source.analyse()?;
    let compiled = source.choose(&analysis)?.compiled()?;
    let path = match output {
        Some(path) => path.to_owned(),
        None if source.file.as_os_str() == "-" => PathBuf::from("out.writc"),
        None => source.file.with_extension("writc"),
    };
    output::write(Some(&path), &compiled.program.encode())?;
    let line = format!("sha256:{}  {}\n", compiled.program.hash(), path.display());
    if path.as_os_str() == "-" {
        // The program itself is on standard output.
        anstream::eprint!("{line}");
    } else {
        output::write(None, line.as_bytes())?;
    }
    Ok(())
}
