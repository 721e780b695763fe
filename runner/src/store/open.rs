//! Opening the file: connections and their settings, migrations, and what the database is.

use super::OpenError;
use super::fault;
use crate::ids;
use crate::limits::{STATEMENTS_CACHED_MAX, WAL_BYTES_KEPT_MAX, WAL_PAGES_MAX};
use crate::time::Millis;
use crate::vault::{OrgKey, SealError, Vault};
use rusqlite::{Connection, OpenFlags, TransactionBehavior, params};
use std::fs::OpenOptions;
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::Duration;

/// "WRIT": tells our databases from other programs'.
const APPLICATION_ID: i32 = 0x5752_4954;

/// The n-th brings the schema to version n. A released one is never changed.
const MIGRATIONS: &[&str] = &[include_str!("schema/0001.sql"), include_str!("schema/0002.sql")];

/// How long to wait for another process (`writ keys`) that is writing.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// Page cache of a reader, in KiB: a read touches few pages.
const READER_CACHE_KIB: i32 = 512;

/// An opened database.
pub(super) struct Opened {
    pub(super) writer: Connection,
    pub(super) org_id: String,
    pub(super) org_key: OrgKey,
}

/// Opens the database for writing, and makes or migrates its schema.
pub(super) fn open(path: &Path, vault: &Vault) -> Result<Opened, OpenError> {
    let unusable = |what: String| OpenError::Unusable { path: path.to_owned(), what };
    let sql = |error: rusqlite::Error| unusable(fault::in_words(&error));
    make_file(path).map_err(|error| unusable(error.to_string()))?;
    let mut db = connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE).map_err(sql)?;
    check_version(&db, path)?;
    let mode: String =
        db.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0)).map_err(sql)?;
    if mode != "wal" {
        return Err(unusable("its file system cannot hold a write-ahead log".into()));
    }
    configure(&db).map_err(sql)?;
    migrate(&mut db, path, vault)?;
    let (org_id, wrapped): (String, Vec<u8>) = db
        .query_row("SELECT org_id, org_key FROM meta", [], |row| Ok((row.get(0)?, row.get(1)?)))
        .map_err(sql)?;
    let org_key = vault.unwrap_org_key(&wrapped).map_err(|error| match error {
        SealError::Unreadable => OpenError::WrongMasterKey { path: path.to_owned() },
        SealError::NoRandomness => unusable(error.to_string()),
    })?;
    Ok(Opened { writer: db, org_id, org_key })
}

/// Opens one more connection, for reading.
pub(super) fn open_reader(path: &Path) -> rusqlite::Result<Connection> {
    let db = connect(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    db.pragma_update(None, "cache_size", -READER_CACHE_KIB)?;
    Ok(db)
}

fn connect(path: &Path, mode: OpenFlags) -> rusqlite::Result<Connection> {
    // Each connection is used by one thread at a time.
    let db = Connection::open_with_flags(path, mode | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    db.busy_timeout(BUSY_TIMEOUT)?;
    db.set_prepared_statement_cache_capacity(STATEMENTS_CACHED_MAX);
    Ok(db)
}

/// Makes the file, readable by its owner only, when it is not there; SQLite gives the log beside it the same mode.
fn make_file(path: &Path) -> io::Result<()> {
    match OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}

fn configure(db: &Connection) -> rusqlite::Result<()> {
    db.pragma_update(None, "synchronous", "FULL")?;
    db.pragma_update(None, "foreign_keys", "ON")?;
    db.pragma_update(None, "temp_store", "MEMORY")?;
    db.query_row(&format!("PRAGMA wal_autocheckpoint = {WAL_PAGES_MAX}"), [], |_| Ok(()))?;
    db.query_row(&format!("PRAGMA journal_size_limit = {WAL_BYTES_KEPT_MAX}"), [], |_| Ok(()))
}

/// Refuses other programs' databases and those of later releases, before anything is changed.
fn check_version(db: &Connection, path: &Path) -> Result<usize, OpenError> {
    let sql = |error: rusqlite::Error| OpenError::Unusable {
        path: path.to_owned(),
        what: fault::in_words(&error),
    };
    let number = |pragma: &str| -> Result<i32, OpenError> {
        db.pragma_query_value(None, pragma, |row| row.get(0)).map_err(sql)
    };
    let (application, version) = (number("application_id")?, number("user_version")?);
    let empty: bool = db
        .query_row("SELECT NOT EXISTS (SELECT 1 FROM sqlite_schema)", [], |row| row.get(0))
        .map_err(sql)?;
    if application != APPLICATION_ID && !(application == 0 && version == 0 && empty) {
        let what = "it belongs to another program: name another data directory".to_owned();
        return Err(OpenError::Unusable { path: path.to_owned(), what });
    }
    let found = u32::try_from(version).unwrap_or(u32::MAX);
    let known = MIGRATIONS.len();
    match usize::try_from(found) {
        Ok(version) if version <= known => Ok(version),
        _ => Err(OpenError::Newer {
            path: path.to_owned(),
            found,
            known: u32::try_from(known).unwrap_or(u32::MAX),
        }),
    }
}

/// Brings the schema up to this release's version, all or nothing.
fn migrate(db: &mut Connection, path: &Path, vault: &Vault) -> Result<(), OpenError> {
    let unusable = |what: String| OpenError::Unusable { path: path.to_owned(), what };
    let sql = |error: rusqlite::Error| unusable(fault::in_words(&error));
    if check_version(db, path)? == MIGRATIONS.len() {
        return Ok(());
    }
    let tx = db.transaction_with_behavior(TransactionBehavior::Immediate).map_err(sql)?;
    // Another process may have been faster.
    let version = check_version(&tx, path)?;
    for migration in MIGRATIONS.iter().skip(version) {
        tx.execute_batch(migration).map_err(sql)?;
    }
    if version == 0 {
        let (_, wrapped) = vault.make_org_key().map_err(|error| unusable(error.to_string()))?;
        tx.execute(
            "INSERT INTO meta (one, org_id, org_key, generation, created_at) VALUES (1, ?1, ?2, 0, ?3)",
            params![ids::new("org"), wrapped, Millis::now().0],
        )
        .map_err(sql)?;
    }
    tx.pragma_update(None, "application_id", APPLICATION_ID).map_err(sql)?;
    let latest = i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX);
    tx.pragma_update(None, "user_version", latest).map_err(sql)?;
    tx.commit().map_err(sql)
}
