//! The `writ` command: the compiler in a terminal and in CI, and the durable runner.
//!
//! Every subcommand is one file of [`commands`]; none holds logic that the libraries do not have.

mod commands;
mod config;
mod failure;
mod input;
mod output;
mod page;
mod project;
mod runtime;
mod write;

use clap::{Parser, Subcommand};
use commands::{
    build, check, completions, convert, disasm, explain, fmt, graph, keys, lsp, quickstart, run,
    sandbox, serve, test,
};
use failure::Outcome;
use std::process::ExitCode;

/// Business workflows that are proved sound before they run, and run durably.
///
/// Write a workflow in .writ or in the API's JSON. `writ check` finds what is wrong with it, `writ serve` runs it,
/// and a run that was accepted survives crashes.
#[derive(Parser)]
#[command(name = "writ", version, max_term_width = 100, styles = output::STYLES)]
#[command(
    after_help = "Start here:\n  writ quickstart          see a workflow registered, published and run, on this machine\n  writ check kyc.writ      find what is wrong with a workflow\n  writ serve               run the server"
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Check(check::Args),
    Build(build::Args),
    Disasm(disasm::Args),
    Convert(convert::Args),
    Fmt(fmt::Args),
    Graph(graph::Args),
    Explain(explain::Args),
    Test(test::Args),
    Run(run::Args),
    Serve(serve::Args),
    Keys(keys::Args),
    Sandbox(sandbox::Args),
    Quickstart(quickstart::Args),
    Lsp(lsp::Args),
    Completions(completions::Args),
}

fn main() -> ExitCode {
    match run(Cli::parse().command) {
        Ok(code) => code,
        Err(failure) => failure.report(),
    }
}

fn run(command: Command) -> Outcome {
    match command {
        Command::Check(args) => check::run(&args),
        Command::Build(args) => build::run(&args),
        Command::Disasm(args) => disasm::run(&args),
        Command::Convert(args) => convert::run(&args),
        Command::Fmt(args) => fmt::run(&args),
        Command::Graph(args) => graph::run(&args),
        Command::Explain(args) => explain::run(&args),
        Command::Test(args) => test::run(&args),
        Command::Run(args) => run::run(&args),
        Command::Serve(args) => serve::run(&args),
        Command::Keys(args) => keys::run(args),
        Command::Sandbox(args) => sandbox::run(&args),
        Command::Quickstart(args) => quickstart::run(args),
        Command::Lsp(args) => lsp::run(&args),
        Command::Completions(args) => completions::run::<Cli>(&args),
    }
}

#[cfg(test)]
mod tests {
    use super::Cli;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }
}
