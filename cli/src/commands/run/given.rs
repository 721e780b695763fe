//! What the command line says of a run: answers, failures, decisions, events.

use crate::failure::Failure;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read};
use writ_compiler::bytecode::schema::{FieldError, Schema};
use writ_compiler::bytecode::{Program, StepInfo, StepType};
use writ_compiler::limits::BODY_BYTES_MAX;
use writ_compiler::testing::{self, Answer, FailureKind, Mock};
use writ_compiler::value::Value;

/// Flags that say what comes of single steps.
#[derive(Debug, clap::Args)]
pub struct GivenArgs {
    /// The output of a call; what is left out is made up. Once for each attempt, the last for all that follow
    #[arg(long, value_name = "STEP=JSON", value_parser = pair)]
    answer: Vec<(String, String)>,
    /// A call fails: with a status, `timeout` or `network`
    #[arg(long, value_name = "STEP=HOW", value_parser = pair)]
    fail: Vec<(String, String)>,
    /// An approval is given; with a form, what is filled in
    #[arg(long, value_name = "STEP[=JSON]")]
    approve: Vec<String>,
    /// An approval is refused
    #[arg(long, value_name = "STEP")]
    reject: Vec<String>,
    /// The time of an approval, or of a wait for an event, runs out
    #[arg(long, value_name = "STEP")]
    expire: Vec<String>,
    /// The event of a wait comes, with this data
    #[arg(long, value_name = "STEP[=JSON]")]
    event: Vec<String>,
}

/// The same, held against the program.
#[derive(Debug, Default)]
pub struct Given {
    mocks: BTreeMap<u32, Vec<Mock>>,
    answers: BTreeMap<u32, Answer>,
}

impl Given {
    /// Reads the flags. What a form or an event leaves out is made up where `lenient`.
    pub fn of(args: &GivenArgs, program: &Program, lenient: bool) -> Result<Self, Failure> {
        let mut given = Self::default();
        let calls = |step: &StepInfo| step.kind == StepType::ServiceCall;
        for (id, text) in &args.fail {
            let (at, _) = step(program, "--fail", id, "a call", calls)?;
            let mock = Mock::Failure { kind: failure(text)?, body: None };
            given.mocks.entry(at).or_default().push(mock);
        }
        for (id, text) in &args.answer {
            let (at, info) = step(program, "--answer", id, "a call", calls)?;
            let output = testing::Given::from(&json("--answer", text)?);
            fits(&output, &info.output, &format!("--answer {id}"))?;
            given.mocks.entry(at).or_default().push(Mock::Output(output));
        }
        given.people(args, program, lenient)?;
        Ok(given)
    }

    fn people(
        &mut self,
        args: &GivenArgs,
        program: &Program,
        lenient: bool,
    ) -> Result<(), Failure> {
        let asks = |step: &StepInfo| step.approval.is_some();
        let listens = |step: &StepInfo| step.event.is_some();
        for text in &args.approve {
            let (id, form) = optional(text, "--approve")?;
            let (at, info) = step(program, "--approve", id, "an approval", asks)?;
            let schema = info.approval.as_ref().and_then(|approval| approval.form.as_ref());
            let form = match (schema, form) {
                (Some(schema), form) => carried(form, schema, lenient, &format!("--approve {id}"))?,
                (None, None) => testing::Given::Sample,
                (None, Some(_)) => {
                    return Err(Failure::new(format_args!("--approve {id}: `{id}` has no form"))
                        .help(format_args!("say --approve {id}")));
                }
            };
            self.answer_once(at, id, Answer::Approve { notes: notes(), form })?;
        }
        for id in &args.reject {
            let (at, _) = step(program, "--reject", id, "an approval", asks)?;
            self.answer_once(at, id, Answer::Reject { notes: notes() })?;
        }
        for id in &args.expire {
            let either = |step: &StepInfo| asks(step) || listens(step);
            let (at, _) =
                step(program, "--expire", id, "an approval or a wait for an event", either)?;
            self.answer_once(at, id, Answer::Expire)?;
        }
        for text in &args.event {
            let (id, data) = optional(text, "--event")?;
            let (at, info) = step(program, "--event", id, "a wait for an event", listens)?;
            let any = Schema::json();
            let schema = info.event.as_ref().and_then(|event| event.data.as_ref());
            let data = carried(data, schema.unwrap_or(&any), lenient, &format!("--event {id}"))?;
            self.answer_once(at, id, Answer::Event(data))?;
        }
        Ok(())
    }

    fn answer_once(&mut self, at: u32, id: &str, answer: Answer) -> Result<(), Failure> {
        match self.answers.insert(at, answer) {
            None => Ok(()),
            Some(_) => Err(Failure::new(format_args!("the flags answer `{id}` twice"))
                .help("a step is approved, rejected or let expire, or gets its event, once")),
        }
    }

    /// Whether every attempt of a call is answered by a flag.
    pub fn answers_call(&self, step: u32) -> bool {
        self.mocks.contains_key(&step)
    }

    /// How an attempt of a call ends, when a flag says so.
    pub fn mock(&self, step: u32, attempt: u32) -> Option<&Mock> {
        Mock::of_attempt(self.mocks.get(&step)?, attempt)
    }

    /// What becomes of an approval or a wait, when a flag says so.
    pub fn answer(&self, step: u32) -> Option<&Answer> {
        self.answers.get(&step)
    }
}

fn notes() -> String {
    "Decided on the command line.".to_owned()
}

/// What a form or an event carries: the whole of it, unless what is left out may be made up.
fn carried(
    value: Option<Value>,
    schema: &Schema,
    lenient: bool,
    flag: &str,
) -> Result<testing::Given, Failure> {
    let given = match (value, lenient) {
        (None, true) => return Ok(testing::Given::Sample),
        (Some(value), true) => testing::Given::from(&value),
        (value, false) => testing::Given::Value(value.unwrap_or_else(|| Value::record::<&str>([]))),
    };
    fits(&given, schema, flag)?;
    Ok(given)
}

/// Refuses a value that is not of the type of its place.
fn fits(given: &testing::Given, schema: &Schema, flag: &str) -> Result<(), Failure> {
    let errors = schema.validate(&given.complete(schema, "value"));
    if errors.is_empty() {
        return Ok(());
    }
    let told: Vec<String> = errors.iter().map(in_words).collect();
    Err(Failure::new(format_args!("{flag} is not of its type: {}", told.join("; ")))
        .help(format_args!("it takes such as {}", schema.sample("value").to_json())))
}

/// What is wrong with a field.
pub fn in_words(error: &FieldError) -> String {
    match error.path.as_str() {
        "" => format!("it {}", error.message),
        path => format!("`{path}` {}", error.message),
    }
}

/// A step of this kind.
fn step<'p>(
    program: &'p Program,
    flag: &str,
    id: &str,
    kind: &str,
    is_it: impl Fn(&StepInfo) -> bool,
) -> Result<(u32, &'p StepInfo), Failure> {
    let at = program.step_named(id);
    let info = at.and_then(|at| Some((at, program.step(at)?)));
    match info {
        Some((at, info)) if is_it(info) => Ok((at, info)),
        found => {
            let message = match found {
                Some(_) => format!("{flag} {id}: `{id}` is not {kind}"),
                None => format!("{flag} {id}: no step is called \"{id}\""),
            };
            let ids = program.steps.iter().filter(|step| is_it(step)).map(|step| step.id.as_str());
            let ids: Vec<&str> = ids.collect();
            Err(Failure::new(message).help(match ids.as_slice() {
                [] => format!("the workflow has no step that is {kind}"),
                ids => format!("it can be said of {}", ids.join(", ")),
            }))
        }
    }
}

/// `NAME=VALUE`.
pub fn pair(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("write NAME=VALUE")?;
    Ok((name.to_owned(), value.to_owned()))
}

/// `STEP` or `STEP=JSON`.
fn optional<'t>(text: &'t str, flag: &str) -> Result<(&'t str, Option<Value>), Failure> {
    match text.split_once('=') {
        Some((id, text)) => Ok((id, Some(json(flag, text)?))),
        None => Ok((text, None)),
    }
}

fn failure(text: &str) -> Result<FailureKind, Failure> {
    FailureKind::named(text).ok_or_else(|| {
        Failure::new(format_args!("--fail: a call cannot fail with \"{text}\""))
            .help("say a status from 400 to 599, timeout or network")
    })
}

/// JSON as it stands, of `@FILE`, or of `-`.
pub fn json(flag: &str, written: &str) -> Result<Value, Failure> {
    let (bytes, place) = match written.strip_prefix('@') {
        Some(path) => {
            let file = File::open(path).map_err(|e| Failure::file("read", path.as_ref(), &e))?;
            (read(file, flag)?, path.to_owned())
        }
        None if written == "-" => (read(io::stdin(), flag)?, "standard input".to_owned()),
        None => (written.as_bytes().to_vec(), flag.to_owned()),
    };
    Value::from_json_slice(&bytes).map_err(|error| {
        Failure::new(format_args!("{place} is not JSON: {error}"))
            .help("text stands in double quotes, and so do the names of fields")
    })
}

fn read(from: impl Read, flag: &str) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    let most = BODY_BYTES_MAX as u64 + 1;
    from.take(most)
        .read_to_end(&mut bytes)
        .map_err(|error| Failure::new(format_args!("cannot read what {flag} names: {error}")))?;
    if bytes.len() > BODY_BYTES_MAX {
        return Err(Failure::new(format_args!("{flag}: more than {BODY_BYTES_MAX} bytes"))
            .help("the API takes no larger body, either"));
    }
    Ok(bytes)
}
