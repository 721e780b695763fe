//! `writ keys`: API keys.

use crate::config::{DataArgs, DataPlace};
use crate::failure::{Failure, Outcome};
use crate::output;
use crate::runtime;
use serde_json::{Value, json};
use std::process::ExitCode;
use writ_runner::keys::{self, KeyRequest, Scope};
use writ_runner::store::{ApiKey, Store};

/// Make, list and revoke API keys
///
/// Works on the data directory itself, whether a server is running on it or not: a running server knows a new key, and
/// refuses a revoked one, at once.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    writ keys create --scopes workflows:write,executions:write\n  \
    writ keys create --scopes executions:read --actor usr_01HXY --role kyc_analyst\n  \
    writ keys list\n  \
    writ keys revoke key_01HXY")]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    Create(Create),
    List(List),
    Revoke(Revoke),
}

/// Make a key and print it, once; only its hash is kept
#[derive(Debug, clap::Args)]
#[command(after_help = scopes_help())]
struct Create {
    #[command(flatten)]
    place: DataArgs,
    /// What the key may do, separated by commas
    #[arg(long, value_name = "SCOPES", value_delimiter = ',', required = true)]
    scopes: Vec<String>,
    /// The person that the key acts for, by its id; without one it is the organisation's own program
    #[arg(long, value_name = "USER")]
    actor: Option<String>,
    /// A role of that person, as approvals name it; may be repeated
    #[arg(long = "role", value_name = "ROLE")]
    roles: Vec<String>,
    /// A team of that person, as approvals name it; may be repeated
    #[arg(long = "team", value_name = "TEAM")]
    teams: Vec<String>,
    /// Print the key and what it may do as one JSON object
    #[arg(long)]
    json: bool,
}

/// List the keys that are not revoked: what they may do, never the keys themselves
#[derive(Debug, clap::Args)]
struct List {
    #[command(flatten)]
    place: DataArgs,
    /// Print them as a JSON array
    #[arg(long)]
    json: bool,
}

/// Revoke a key for good
#[derive(Debug, clap::Args)]
struct Revoke {
    #[command(flatten)]
    place: DataArgs,
    /// The key's id, as `writ keys list` shows it
    #[arg(value_name = "ID")]
    id: String,
}

/// Runs one of the subcommands.
pub fn run(args: Args) -> Outcome {
    runtime::block_on(async {
        match args.command {
            Command::Create(args) => create(args).await,
            Command::List(args) => list(&args).await,
            Command::Revoke(args) => revoke(&args).await,
        }
    })
}

async fn create(args: Create) -> Outcome {
    let Create { place, scopes, actor, roles, teams, json } = args;
    let (place, _) = place.resolve()?;
    let scopes = scopes.iter().map(|scope| scope.trim().to_owned()).collect();
    let store = runtime::open_store(&place)?;
    let made = keys::create(&store, KeyRequest { scopes, actor, roles, teams }).await;
    store.close().await;
    let (key, row) = made.map_err(|e| Failure::new(e).help("see `writ keys create --help`"))?;
    let key = runtime::expose(&key);
    if json {
        let mut shown = shown(&row);
        if let Value::Object(fields) = &mut shown {
            fields.insert("key".to_owned(), key.into());
        }
        runtime::print_line(&shown.to_string())?;
    } else {
        runtime::print_line(key)?;
        anstream::eprintln!(
            "{} may {}. It is shown this once: only its hash is kept.",
            row.id,
            row.scopes.join(", ")
        );
    }
    Ok(ExitCode::SUCCESS)
}

async fn list(args: &List) -> Outcome {
    let (place, _) = args.place.resolve()?;
    let store = existing_store(&place)?;
    let keys = store.keys().await;
    store.close().await;
    let keys = keys.map_err(Failure::new)?;
    if args.json {
        let keys: Vec<Value> = keys.iter().map(shown).collect();
        runtime::print_line(&Value::from(keys).to_string())?;
        return Ok(ExitCode::SUCCESS);
    }
    for key in &keys {
        runtime::print_line(&row(key))?;
    }
    if keys.is_empty() {
        anstream::eprintln!("no keys; `writ keys create` makes one");
    }
    Ok(ExitCode::SUCCESS)
}

async fn revoke(args: &Revoke) -> Outcome {
    let (place, _) = args.place.resolve()?;
    let store = existing_store(&place)?;
    let revoked = store.revoke_key(&args.id).await;
    store.close().await;
    if !revoked.map_err(Failure::new)? {
        return Err(Failure::new(format_args!("there is no key {}", args.id))
            .help("`writ keys list` shows their ids; a revoked key is not listed"));
    }
    runtime::print_line(&format!("revoked {}", args.id))?;
    Ok(ExitCode::SUCCESS)
}

/// The store of a data directory that must be there: looking at keys makes none.
fn existing_store(place: &DataPlace) -> Result<Store, Failure> {
    if !place.data.exists() {
        return Err(Failure::new(format_args!(
            "there is no data directory {}",
            place.data.display()
        ))
        .help("name the server's data directory with --data"));
    }
    runtime::open_store(place)
}

/// A key as JSON, in the API's spelling.
fn shown(key: &ApiKey) -> Value {
    let mut shown = json!({"id": key.id, "scopes": key.scopes});
    if let Value::Object(fields) = &mut shown {
        if let Some(actor) = &key.actor {
            fields.insert("actor".to_owned(), actor.clone().into());
            fields.insert("roles".to_owned(), key.roles.clone().into());
            fields.insert("teams".to_owned(), key.teams.clone().into());
        }
        fields.insert("createdAt".to_owned(), key.created_at.to_rfc3339().into());
    }
    shown
}

/// A key as a line of a table: `key_01HXY…  2026-05-01T12:00:00.000Z  read, write  usr_01HXY (role:kyc_analyst)`
fn row(key: &ApiKey) -> String {
    let dim = output::DIM;
    let mut line = format!("{}  {dim}{}{dim:#}  {}", key.id, key.created_at, key.scopes.join(", "));
    if let Some(actor) = &key.actor {
        line.push_str("  ");
        line.push_str(actor);
        let roles = key.roles.iter().map(|role| format!("role:{role}"));
        let teams = key.teams.iter().map(|team| format!("team:{team}"));
        let belongs: Vec<String> = roles.chain(teams).collect();
        if !belongs.is_empty() {
            line.push_str(&format!(" ({})", belongs.join(", ")));
        }
    }
    line
}

fn scopes_help() -> String {
    let names: Vec<&str> = Scope::ALL.iter().map(|scope| scope.name()).collect();
    format!(
        "Scopes: {}\n`write` is everything, `read` is every ...:read, and x:write includes x:read.",
        names.join(", ")
    )
}
