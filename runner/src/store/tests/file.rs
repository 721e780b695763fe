//! The file itself: opening, refusing, groups, failures.

use super::*;
use std::os::unix::fs::PermissionsExt;
use std::sync::mpsc;

#[tokio::test]
async fn the_file_is_private_and_keeps_its_identity() {
    let place = Place::new();
    let store = place.open();
    let org = store.org_id().to_owned();
    assert!(crate::ids::is("org", &org));
    let mode = std::fs::metadata(place.path()).unwrap().permissions().mode();
    assert_eq!(mode & 0o7777, 0o600);
    store.close().await;
    assert_eq!(place.open().org_id(), org);
    let closed = store.keys().await.unwrap_err();
    assert_eq!(closed.to_string(), "the database is closed: the server is stopping");
}

#[tokio::test]
async fn files_that_are_not_ours_to_use_are_refused() {
    let place = Place::new();
    place.open().close().await;
    insta::assert_snapshot!(place.refusal("other.key"), @"the master key does not match the database DIR/writ.db: give the key that it was made with");

    place.sqlite().pragma_update(None, "user_version", 7).unwrap();
    insta::assert_snapshot!(place.refusal("master.key"), @r#"the database DIR/writ.db has schema version 7, and this release knows up to 2: run a later release, or restore an older backup"#);

    let foreign = Place::new();
    foreign.sqlite().execute_batch("CREATE TABLE theirs (a)").unwrap();
    insta::assert_snapshot!(foreign.refusal("master.key"), @"cannot open the database DIR/writ.db: it belongs to another program: name another data directory");

    let garbage = Place::new();
    std::fs::write(garbage.path(), "no database at all ".repeat(400)).unwrap();
    insta::assert_snapshot!(garbage.refusal("master.key"), @"cannot open the database DIR/writ.db: the file is no database: name another data directory, or restore a backup");

    let truncated = Place::new();
    truncated.open().close().await;
    let file = std::fs::OpenOptions::new().write(true).open(truncated.path()).unwrap();
    file.set_len(4_096).unwrap();
    insta::assert_snapshot!(truncated.refusal("master.key"), @"cannot open the database DIR/writ.db: the database is damaged (database disk image is malformed): restore a backup");

    let directory = Place::new();
    std::fs::create_dir(directory.path()).unwrap();
    insta::assert_snapshot!(directory.refusal("master.key"), @"cannot open the database DIR/writ.db: the file cannot be opened for writing: check that it and its directory are there, and who owns them");
}

/// Queues a job that holds the writer until the sender is used, and waits until it does.
async fn hold(store: &Store) -> mpsc::Sender<()> {
    let (release, released) = mpsc::channel::<()>();
    let (started, holding) = tokio::sync::oneshot::channel();
    let (released, mut started) = (Mutex::new(released), Some(started));
    let store = store.clone();
    tokio::spawn(async move {
        let held = store.write(move |_| {
            if let Some(started) = started.take() {
                started.send(()).unwrap();
                released.lock().unwrap().recv().unwrap();
            }
            Ok(())
        });
        held.await.unwrap();
    });
    holding.await.unwrap();
    release
}

/// Adds a row to the audit under a subject, or fails if asked to.
async fn add(store: Store, subject: u64, fails: bool) -> Result<(), Unavailable> {
    let job = store.write(move |tx| {
        let row = audit::AuditRow::new("test", &subject.to_string(), &Default::default());
        row.write(tx)?;
        if fails { tx.execute("INSERT INTO meta (one) VALUES (2)", []).map(drop) } else { Ok(()) }
    });
    job.await
}

fn subjects(place: &Place) -> u64 {
    let count = "SELECT count(DISTINCT subject) FROM audit WHERE action = 'test'";
    place.sqlite().query_row(count, [], |row| row.get::<_, u32>(0)).unwrap().into()
}

#[tokio::test]
async fn what_is_queued_together_is_committed_together() {
    let place = Place::new();
    let store = place.open();
    let release = hold(&store).await;
    let jobs: Vec<_> = (0u64..100).map(|n| tokio::spawn(add(store.clone(), n, false))).collect();
    while store.inner.writer.queued() < 100 {
        tokio::task::yield_now().await;
    }
    assert_eq!(store.stats().commits, 0);
    release.send(()).unwrap();
    for job in jobs {
        job.await.unwrap().unwrap();
    }
    assert_eq!(store.stats(), StoreStats { jobs: 101, commits: 2, degraded: None });
    assert_eq!(subjects(&place), 100);
}

#[tokio::test]
async fn a_job_that_fails_does_not_take_its_group_with_it() {
    let place = Place::new();
    let store = place.open();
    let release = hold(&store).await;
    let jobs: Vec<_> = (0u64..10).map(|n| tokio::spawn(add(store.clone(), n, n == 4))).collect();
    while store.inner.writer.queued() < 10 {
        tokio::task::yield_now().await;
    }
    release.send(()).unwrap();
    for (n, job) in jobs.into_iter().enumerate() {
        assert_eq!(job.await.unwrap().is_err(), n == 4, "{n}");
    }
    assert_eq!(subjects(&place), 9);
    assert_eq!(store.stats().degraded, None);
}

#[tokio::test]
async fn a_full_disk_is_said_and_passes() {
    let place = Place::new();
    let store = place.open();
    let pages = |limit: i64| {
        store.write(move |tx| {
            tx.row(&format!("PRAGMA max_page_count = {limit}"), [], |_| Ok(())).map(drop)
        })
    };
    pages(1).await.unwrap();
    let mut failure = None;
    for n in 0u64..1_000 {
        if let Err(Unavailable(what)) = add(store.clone(), n, false).await {
            failure = Some((n, what.replace(place.dir.path().to_str().unwrap(), "DIR")));
            break;
        }
    }
    let (written, what) = failure.expect("the disk is full at last");
    insta::assert_snapshot!(what, @"the disk that holds the database is full: free some space; nothing is lost, and work goes on once there is room");
    assert!(store.stats().degraded.is_some());
    assert_eq!(subjects(&place), written);

    pages(1_000_000).await.unwrap();
    add(store.clone(), written, false).await.unwrap();
    assert_eq!(store.stats().degraded, None);
    assert_eq!(subjects(&place), written + 1);
}

#[tokio::test]
async fn the_audit_cannot_be_changed() {
    let place = Place::new();
    let store = place.open();
    add(store.clone(), 1, false).await.unwrap();
    for sql in ["UPDATE audit SET subject = 'x'", "DELETE FROM audit"] {
        let error = place.sqlite().execute(sql, []).unwrap_err().to_string();
        assert!(error.starts_with("audit rows cannot be"), "{error}");
    }
}

#[tokio::test]
async fn a_database_of_an_earlier_release_is_brought_up_to_date() {
    let place = Place::new();
    place.open().close().await;
    let schema = "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name";
    let schema = || {
        let db = place.sqlite();
        let mut rows = db.prepare(schema).unwrap();
        let rows = rows.query_map([], |row| row.get::<_, String>(0)).unwrap();
        rows.map(Result::unwrap).collect::<Vec<_>>()
    };
    let latest = schema();
    let earlier = "DROP TABLE subscriptions; DROP TABLE inbox; PRAGMA user_version = 1";
    place.sqlite().execute_batch(earlier).unwrap();
    let store = place.open();
    assert_eq!(store.keys().await.unwrap(), []);
    store.close().await;
    assert_eq!(schema(), latest);
}
