//! `writ run`: one execution on the spot.

mod ask;
mod given;
mod live;
mod progress;
mod result;
mod world;

use super::one::{Chosen, OneWorkflow};
use crate::failure::{Failure, Outcome};
use crate::runtime::{self, Sandbox};
use given::Given;
use live::Live;
use progress::Progress;
use std::collections::BTreeSet;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::process::ExitCode;
use world::RunWorld;
use writ_compiler::analysis::Analysis;
use writ_compiler::bytecode::Program;
use writ_compiler::outcomes::{self, Outcomes};
use writ_compiler::value::Value;
use writ_runner::limits::EXTERNAL_ID_CHARS_MAX;
use writ_runner::machine::ExecutionStatus;
use writ_runner::time::Millis;
use writ_runner::{simulate, testing};

/// Run a workflow once, here and now
///
/// Calls go to the services that --service or --sandbox name, or, with --mock, nowhere: their answers are then made up from
/// the types, and waits take no time. Progress goes to standard error, the run's output to standard output, without its secrets.
///
/// Nothing is stored: a run that must survive a crash belongs to `writ serve`.
///
/// Exit code: 0 when the run succeeded, 1 when it failed or was left waiting, 2 when it could not begin.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    writ run kyc.writ --mock                                     everything made up\n  \
    writ run kyc.writ --mock --answer kyc='{\"verdict\": \"failed\"}'  but this answer\n  \
    writ run kyc.writ --mock --fail kyc=503 --reject review      and what people do\n  \
    writ run kyc.json --input @input.json --sandbox              the sandbox services, over HTTP\n  \
    writ run kyc.json --input - --service identity=https://id.example\n  \
    writ run kyc.writ --mock --trace                             each instruction, with its values")]
pub struct Args {
    #[command(flatten)]
    source: OneWorkflow,
    /// The run's inputs: JSON, @FILE, or `-` for standard input
    #[arg(long, value_name = "JSON")]
    input: Option<String>,
    /// Call no service: make answers up from their types
    #[arg(long, conflicts_with_all = ["sandbox", "service"])]
    mock: bool,
    /// Call sandbox versions of the six services, started for this run
    #[arg(long)]
    sandbox: bool,
    /// Call a service at a base URL, with the key in WRIT_SERVICE_<SLUG>_KEY
    #[arg(long, value_name = "SLUG=URL", value_parser = given::pair)]
    service: Vec<(String, String)>,
    #[command(flatten)]
    given: given::GivenArgs,
    /// Let time pass at once in waits and between attempts, as --mock does
    #[arg(long)]
    skip_waits: bool,
    /// Show each instruction with its values, secrets redacted: on standard error, or in a file
    #[arg(long, value_name = "FILE", num_args = 0..=1, require_equals = true, default_missing_value = "-")]
    trace: Option<PathBuf>,
    /// Print the whole run as one JSON document instead of its output
    #[arg(long)]
    json: bool,
    /// Print no progress
    #[arg(long, short)]
    quiet: bool,
}

/// Runs one execution to its end.
pub fn run(args: &Args) -> Outcome {
    if args.source.file.as_os_str() == "-" && args.input.as_deref() == Some("-") {
        return Err(Failure::new("standard input cannot hold both the workflow and its inputs")
            .help("give one of them as a file, the inputs as --input @FILE"));
    }
    let analysis = args.source.analyse()?;
    let chosen = args.source.choose(&analysis)?;
    let program = &chosen.compiled()?.program;
    let outcomes = outcomes::outcomes(chosen.tree, &chosen.found.flow, &chosen.found.typed);
    let inputs = inputs(args, program, &outcomes)?;
    let given = Given::of(&args.given, program, args.mock)?;
    check_services(args, program, &given)?;
    runtime::block_on(async {
        let sandbox = match args.sandbox {
            true => Some(Sandbox::start(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await?),
            false => None,
        };
        let live = match args.mock {
            true => None,
            false => Some(Live::new(&args.service, sandbox.as_ref().map(Sandbox::url).as_deref())?),
        };
        // The machine is synchronous, and its world blocks where it waits.
        let ended = tokio::task::block_in_place(|| {
            execute(args, &analysis, chosen, (&outcomes, &given), inputs, live)
        });
        if let Some(sandbox) = sandbox {
            sandbox.stop().await;
        }
        ended
    })
}

fn execute(
    args: &Args,
    analysis: &Analysis,
    chosen: Chosen<'_>,
    (outcomes, given): (&Outcomes, &Given),
    inputs: Value,
    live: Option<Live>,
) -> Outcome {
    let compiled = chosen.compiled()?;
    let program = &compiled.program;
    let slug = chosen.tree.slug.as_ref().map_or("workflow", |slug| slug.value.as_str());
    let at_ns = live.is_some().then(|| Millis::now().nanos());
    let seed = if live.is_some() { writ_runner::ids::new("run") } else { slug.to_owned() };
    let start = testing::start(slug, &seed, at_ns, inputs);
    let progress = Progress::new(program, args.quiet);
    let tracer = args.trace.as_deref().map(|file| progress::trace(file, analysis, compiled));
    let mut world = RunWorld {
        program,
        outcomes,
        given,
        live,
        skip_waits: args.skip_waits || args.mock,
        progress,
        tracer: tracer.transpose()?,
        may_ask: args.input.as_deref() != Some("-") && ask::somebody_is_there(),
        asked: None,
    };
    let trace = simulate::simulate(program, start, &mut world).map_err(|refused| {
        Failure::new(format_args!("the machine refused to run the workflow: {refused}"))
            .help("this is a defect of writ: please report it with the workflow")
    })?;
    let name = crate::input::Source::one(&args.source.file).name();
    let shown = result::Shown { file: &name, analysis, chosen, program, trace: &trace };
    if args.json {
        shown.document()?;
    } else {
        // Why there is no output is told in any case.
        if !args.quiet || trace.status != ExecutionStatus::Succeeded {
            shown.ending()?;
        }
        shown.output()?;
    }
    Ok(match trace.status {
        ExecutionStatus::Succeeded => ExitCode::SUCCESS,
        ExecutionStatus::Pending
        | ExecutionStatus::Running
        | ExecutionStatus::AwaitingApproval
        | ExecutionStatus::Failed
        | ExecutionStatus::Cancelled => ExitCode::from(1),
    })
}

/// The run's inputs, of the type that the workflow takes.
fn inputs(args: &Args, program: &Program, outcomes: &Outcomes) -> Result<Value, Failure> {
    let Some(written) = &args.input else {
        let nothing = Value::record::<&str>([]);
        if program.input.accepts(&nothing) {
            return Ok(nothing);
        }
        if args.mock {
            return Ok(outcomes.inputs.ordinary().complete(&program.input, "trigger"));
        }
        let sample = program.input.sample("trigger").to_json();
        return Err(Failure::new("the workflow takes inputs, and --input gives none")
            .help(format_args!("give them as --input '{sample}'; --mock makes them up")));
    };
    let value = given::json("--input", written)?;
    let errors = program.input.validate(&value);
    if errors.is_empty() {
        return check_reference(&value).map(|()| value);
    }
    let told: Vec<String> = errors.iter().map(given::in_words).collect();
    Err(Failure::new(format_args!("the workflow does not take this input: {}", told.join("; ")))
        .help(format_args!("it takes such as {}", program.input.sample("trigger").to_json())))
}

/// Refuses a reference of the caller's that the API would refuse.
fn check_reference(inputs: &Value) -> Result<(), Failure> {
    let fits = match inputs.get("externalId") {
        Some(Value::String(text)) => (1..=EXTERNAL_ID_CHARS_MAX).contains(&text.chars().count()),
        Some(Value::Null) | None => true,
        Some(_) => false,
    };
    if fits {
        return Ok(());
    }
    Err(Failure::new(format_args!(
        "the workflow does not take this input: `externalId` must be a string of 1 to {EXTERNAL_ID_CHARS_MAX} characters"
    ))
    .help("it is your own reference of the run, and may be left out"))
}

/// Refuses to begin a run that could not make its calls.
fn check_services(args: &Args, program: &Program, given: &Given) -> Result<(), Failure> {
    if args.mock {
        return Ok(());
    }
    let calls = |slug: &str| {
        program.steps.iter().any(|step| step.call.as_ref().is_some_and(|call| call.service == slug))
    };
    if let Some((slug, _)) = args.service.iter().find(|(slug, _)| !calls(slug)) {
        return Err(Failure::new(format_args!("the workflow calls no service \"{slug}\""))
            .help("leave its --service out, or spell it as the workflow does"));
    }
    let steps = (0_u32..).zip(&program.steps).filter(|(at, _)| !given.answers_call(*at));
    let called: BTreeSet<&str> =
        steps.filter_map(|(_, step)| Some(step.call.as_ref()?.service.as_str())).collect();
    let known = |slug: &str| {
        args.service.iter().any(|(known, _)| known == slug)
            || (args.sandbox && writ_compiler::signatures::slugs().any(|known| known == slug))
    };
    let missing: Vec<&str> = called.into_iter().filter(|slug| !known(slug)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let flags: Vec<String> =
        missing.iter().map(|slug| format!("--service {slug}=https://...")).collect();
    Err(Failure::new(format_args!("nothing says where {} can be called", missing.join(", ")))
        .help(format_args!("say {}, or --mock to make answers up", flags.join(" "))))
}
