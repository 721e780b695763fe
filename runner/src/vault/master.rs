//! The master key: where it is read from, and how its file is made.

use super::seal::KEY_BYTES;
use super::{MasterKeySource, VaultError};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use secrecy::ExposeSecret;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;
use zeroize::Zeroizing;

type Key = Zeroizing<[u8; KEY_BYTES]>;

/// The most that is read of a key file: a key is 44 characters and a line end.
const FILE_BYTES_MAX: u64 = 256;

/// What a key looks like, for messages.
const FORM: &str = "32 bytes in base64 (44 characters), as `openssl rand -base64 32` prints";

pub(super) fn read_or_make(source: &MasterKeySource, database: &Path) -> Result<Key, VaultError> {
    match source {
        MasterKeySource::Given(text) => decode(text.expose_secret())
            .ok_or_else(|| refused(format!("the master key in WRIT_MASTER_KEY is not {FORM}"))),
        MasterKeySource::File(path) => read(path)?.ok_or_else(|| {
            refused(format!(
                "the master key file {} is not there: name the right file, or leave the setting out to use the one in the data directory",
                path.display()
            ))
        }),
        MasterKeySource::MadeAt(path) => match read(path)? {
            Some(key) => Ok(key),
            None if exists(database)? => Err(refused(format!(
                "the master key file {} is missing, and the database {} was made with it: put the key back from its backup, or give it in WRIT_MASTER_KEY",
                path.display(),
                database.display()
            ))),
            None => make(path),
        },
    }
}

/// The key in a file; `None` when there is no such file.
fn read(path: &Path) -> Result<Option<Key>, VaultError> {
    let cannot = |error: &io::Error| {
        refused(format!("the master key file {} cannot be read: {error}", path.display()))
    };
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(cannot(&error)),
    };
    let mode = file.metadata().map_err(|e| cannot(&e))?.permissions().mode();
    if mode & 0o077 != 0 {
        return Err(refused(format!(
            "the master key file {path} is open to others than its owner (mode {:04o}): run `chmod 600 {path}`",
            mode & 0o7777,
            path = path.display(),
        )));
    }
    let mut text = Zeroizing::new(String::new());
    file.take(FILE_BYTES_MAX).read_to_string(&mut text).map_err(|e| cannot(&e))?;
    decode(&text).map(Some).ok_or_else(|| {
        refused(format!("the master key file {} does not hold {FORM}", path.display()))
    })
}

/// Makes a key and its file. The file appears whole or not at all, and is never replaced: another process may
/// be making it at the same time.
fn make(path: &Path) -> Result<Key, VaultError> {
    let cannot = |error: &io::Error| {
        refused(format!("the master key file {} cannot be made: {error}", path.display()))
    };
    let mut key = Key::default();
    getrandom::fill(key.as_mut_slice()).map_err(|e| cannot(&io::Error::other(e.to_string())))?;
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.new", std::process::id()));
    let unfinished = path.with_file_name(name);
    let linked = write_new(&unfinished, &key).and_then(|()| std::fs::hard_link(&unfinished, path));
    let removed = std::fs::remove_file(&unfinished);
    match linked {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            let other = read(path)?;
            return other.ok_or_else(|| cannot(&error));
        }
        Err(error) => return Err(cannot(&error)),
    }
    removed.and_then(|()| sync_directory(path)).map_err(|e| cannot(&e))?;
    Ok(key)
}

fn write_new(path: &Path, key: &Key) -> io::Result<()> {
    let text = Zeroizing::new(format!("{}\n", STANDARD.encode(key.as_slice())));
    let mut file =
        OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

/// Makes the entry of a new file durable.
fn sync_directory(path: &Path) -> io::Result<()> {
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    File::open(directory.unwrap_or(Path::new(".")))?.sync_all()
}

fn exists(database: &Path) -> Result<bool, VaultError> {
    let cannot = |error| {
        refused(format!("the database {} cannot be looked for: {error}", database.display()))
    };
    database.try_exists().map_err(cannot)
}

fn decode(text: &str) -> Option<Key> {
    let bytes = Zeroizing::new(STANDARD.decode(text.trim()).ok()?);
    let mut key = Key::default();
    (bytes.len() == KEY_BYTES).then(|| key.copy_from_slice(&bytes))?;
    Some(key)
}

fn refused(message: String) -> VaultError {
    VaultError { message }
}
