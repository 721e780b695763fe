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

/// Disassembles one program.
pub fn run(args: &Args) -> Outcome {
    let file = &args.source.file;
    let text = if file.extension().is_some_and(|e| e == "writc") {
        let bytes = Source::one(file).read_program()?;
        let program = Program::load(&bytes).map_err(|e| {
            Failure::new(format_args!("{} is not a program that can run: {e}", file.display()))
                .help("build it again with `writ build`")
        })?;
        bytecode::disasm(&program, None)
    } else {
        let analysis = args.source.analyse()?;
        let compiled = args.source.choose(&analysis)?.compiled()?;
        bytecode::disasm(&compiled.program, Some((&compiled.source_map, &analysis.text)))
    };
    output::write(None, text.as_bytes())?;
    Ok(ExitCode::SUCCESS)
}
