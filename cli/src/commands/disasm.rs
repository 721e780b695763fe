//! `writ disasm`: a program, readable.

use super::one::OneWorkflow;
use crate::failure::{Failure, Outcome};
use crate::input::Source;
use crate::output;
use std::process::ExitCode;
use writ_compiler::bytecode::{self, Program};

/// Show a program's instructions, of a source or of a built .writc
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    writ disasm kyc.writ   with the source lines beside the instructions\n  \
    writ disasm kyc.writc  a program, without its source")]
pub struct Args {
    #[command(flatten)]
    source: OneWorkflow,
}

/// Disassembles one program, or each of a directory's workflows under its file's name.
pub fn run(args: &Args) -> Outcome {
    for source in args.source.each(None)? {
        let listing = listing(&source)?;
        let text = if args.source.file.is_dir() {
            format!("; {}\n{listing}\n", source.file.display())
        } else {
            listing
        };
        output::write(None, text.as_bytes())?;
    }
    Ok(ExitCode::SUCCESS)
}

fn listing(source: &OneWorkflow) -> Result<String, Failure> {
    let file = &source.file;
    Ok(if file.extension().is_some_and(|e| e == "writc") {
        let bytes = Source::one(file).read_program()?;
        let program = Program::load(&bytes).map_err(|e| {
            Failure::new(format_args!("{} is not a program that can run: {e}", file.display()))
                .help("build it again with `writ build`")
        })?;
        bytecode::disasm(&program, None)
    } else {
        let analysis = source.analyse()?;
        let compiled = source.choose(&analysis)?.compiled()?;
        bytecode::disasm(&compiled.program, Some((&compiled.source_map, &analysis.text)))
    })
}
