//! Runs something again whenever a source changes.

use crate::failure::{Failure, Outcome};
use crate::input;
use crate::output::DIM;
use std::collections::BTreeMap;
use std::io::Write;
use std::path::PathBuf;
use std::thread;
use std::time::{Duration, SystemTime};

/// How often the sources are looked at. Looking needs nothing of the file system but times and lengths, and so works
/// on shared and mounted directories, too.
const LOOK_EVERY: Duration = Duration::from_millis(250);

/// What tells that a file has changed.
type Seen = BTreeMap<PathBuf, (Option<SystemTime>, u64)>;

/// Runs `once` now and after every change, until the process is told to end.
pub fn watch(paths: &[PathBuf], once: impl Fn() -> Outcome) -> Outcome {
    if paths.iter().any(|path| path.as_os_str() == "-") {
        return Err(Failure::new("standard input cannot be watched").help("name a file"));
    }
    let mut seen = look(paths);
    loop {
        match once() {
            Ok(_) => {}
            Err(Failure::BrokenPipe) => return Err(Failure::BrokenPipe),
            Err(failure) => {
                failure.report();
            }
        }
        writeln!(anstream::stderr().lock(), "{DIM}waiting for changes; ctrl-c ends{DIM:#}")?;
        loop {
            thread::sleep(LOOK_EVERY);
            let now = look(paths);
            if now != seen {
                seen = now;
                break;
            }
        }
        writeln!(anstream::stdout().lock())?;
    }
}

/// A path that is gone for a moment, as while an editor saves, is a change and no end.
fn look(paths: &[PathBuf]) -> Seen {
    let sources = input::collect(paths).unwrap_or_default();
    sources
        .iter()
        .filter_map(|source| {
            let path = PathBuf::from(source.name());
            let meta = path.metadata().ok()?;
            Some((path, (meta.modified().ok(), meta.len())))
        })
        .collect()
}
