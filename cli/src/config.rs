//! Settings: flags, then `WRIT_*` variables, then `writ.toml`, then defaults; and what `writ.toml` asks of workflows.

use crate::failure::Failure;
use clap::ValueEnum;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use writ_compiler::diagnostic::Severity;
use writ_compiler::value::time;
use writ_runner::api::RateLimits;

/// Read when it is there and no other file is named.
pub const DEFAULT_FILE: &str = "writ.toml";

/// What `writ.toml` may say.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Config {
    /// `--data`
    pub data: Option<PathBuf>,
    /// `--listen`
    pub listen: Option<SocketAddr>,
    /// `--master-key-file`
    pub master_key_file: Option<PathBuf>,
    /// `--log`
    pub log: Option<String>,
    /// `--rate-limit`
    pub rate_limit: Option<RateLimit>,
    /// `--deny-private-upstreams`
    pub deny_private_upstreams: Option<bool>,
    /// `--require-actor`
    pub require_actor: Option<bool>,
    /// What a run of any workflow of the project may take at most
    pub budget: Option<BudgetTable>,
    /// How the project's workflows are checked
    pub check: Option<CheckTable>,
}

/// `[budget]`
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct BudgetTable {
    /// Calls in all
    pub calls: Option<u64>,
    /// Calls of each of these services
    #[serde(default)]
    pub calls_per_service: BTreeMap<String, u64>,
    /// Attempts at calls in all
    pub attempts: Option<u64>,
    /// The time from start to end
    pub duration: Option<Time>,
    /// Bytes of values that are kept
    pub stored_bytes: Option<u64>,
}

/// A length of time such as `90s`, `1h30m` or `7d`, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Time(pub u64);

impl TryFrom<String> for Time {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let ms = time::parse_duration(&text).map(|ns| u64::try_from(ns / 1_000_000));
        match ms {
            Some(Ok(ms)) => Ok(Self(ms)),
            _ => Err(format!("\"{text}\" is no length of time: say 90s, 1h30m or 7d")),
        }
    }
}

/// `[check]`
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct CheckTable {
    /// `--deny`
    pub deny: Option<Deny>,
    /// `--strict`
    #[serde(default)]
    pub strict: bool,
}

/// The least severity that fails a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Deny {
    /// Errors
    Errors,
    /// Errors and warnings
    Warnings,
    /// Errors, warnings and notes
    Notes,
}

impl Deny {
    /// The severity that it stands for.
    pub fn threshold(self) -> Severity {
        match self {
            Self::Errors => Severity::Error,
            Self::Warnings => Severity::Warning,
            Self::Notes => Severity::Note,
        }
    }
}

/// How many requests a key may make: `off`, or `READS,WRITES` a minute.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct RateLimit(pub RateLimits);

impl FromStr for RateLimit {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "off" {
            return Ok(Self(RateLimits::Off));
        }
        let number = |text: &str| text.trim().parse().ok().filter(|n: &u32| *n > 0);
        let limits = text.split_once(',').and_then(|(reads, writes)| {
            Some(RateLimits::PerMinute { reads: number(reads)?, writes: number(writes)? })
        });
        limits.map(Self).ok_or_else(|| {
            format!(
                "\"{text}\" is no rate limit: say off, or READS,WRITES a minute such as 600,120"
            )
        })
    }
}

impl TryFrom<String> for RateLimit {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl Config {
    /// Reads the named file, which must be there, or else `writ.toml`, which need not be.
    pub fn read(file: Option<&Path>) -> Result<Self, Failure> {
        let path = file.unwrap_or(Path::new(DEFAULT_FILE));
        match std::fs::read_to_string(path) {
            Ok(text) => Self::parse(&text, path),
            Err(e) if file.is_none() && e.kind() == io::ErrorKind::NotFound => Ok(Self::default()),
            Err(e) => Err(Failure::file("read", path, &e)),
        }
    }

    fn parse(text: &str, path: &Path) -> Result<Self, Failure> {
        toml::from_str(text).map_err(|e| {
            Failure::new(format_args!("{} is no configuration: {e}", path.display()))
                .help("its settings are data, listen, master-key-file, log, rate-limit, deny-private-upstreams and require-actor, and the tables are [budget] and [check]")
        })
    }
}

/// Where a server keeps its data, for every command that works on it.
#[derive(Debug, Clone, clap::Args)]
pub struct DataArgs {
    /// The server's data directory, with its database and its master key [default: ./.writ]
    #[arg(long, value_name = "DIR", env = "WRIT_DATA")]
    data: Option<PathBuf>,
    /// A file with the master key; else the variable WRIT_MASTER_KEY, else `master.key` in the data directory
    #[arg(long, value_name = "FILE", env = "WRIT_MASTER_KEY_FILE")]
    master_key_file: Option<PathBuf>,
    /// A file with settings; else `writ.toml`, when there is one
    #[arg(long, value_name = "FILE", env = "WRIT_CONFIG")]
    config: Option<PathBuf>,
}

/// Where a server keeps its data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataPlace {
    /// The directory.
    pub data: PathBuf,
    /// The master key's file, when it is not in the directory.
    pub master_key_file: Option<PathBuf>,
}

impl DataArgs {
    /// Fills in from the file what flags and variables leave out; gives the file's other settings too.
    pub fn resolve(&self) -> Result<(DataPlace, Config), Failure> {
        let config = Config::read(self.config.as_deref())?;
        let place = DataPlace {
            data: self.data.clone().or(config.data.clone()).unwrap_or_else(|| "./.writ".into()),
            master_key_file: self.master_key_file.clone().or(config.master_key_file.clone()),
        };
        Ok((place, config))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_setting_is_refused_with_the_known_ones() {
        let parsed = Config::parse("data = \"/srv/writ\"\nlisten = \"[::1]:80\"\n", Path::new("a"));
        assert_eq!(parsed.ok().and_then(|c| c.data), Some("/srv/writ".into()));
        let parsed = Config::parse("rate-limit = \"off\"", Path::new("a"));
        assert_eq!(parsed.ok().and_then(|c| c.rate_limit), Some(RateLimit(RateLimits::Off)));
        assert!(Config::parse("rate-limit = \"0,1\"", Path::new("a")).is_err());
        let failure = Config::parse("dta = \"x\"", Path::new("a.toml"));
        let Err(Failure::Error { message, help }) = failure else { unreachable!("refused") };
        assert!(message.contains("a.toml") && message.contains("dta"), "{message}");
        assert!(help.is_some_and(|h| h.contains("master-key-file")));
    }
}
