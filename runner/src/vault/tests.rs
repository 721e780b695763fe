#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use super::*;
use std::fs;
use std::os::unix::fs::PermissionsExt;

fn refusal(source: &MasterKeySource, database: &Path) -> String {
    Vault::open(source, database).unwrap_err().message
}

#[test]
fn a_key_is_made_once_and_for_its_owner_only() {
    let dir = tempfile::tempdir().unwrap();
    let (path, database) = (dir.path().join("master.key"), dir.path().join("writ.db"));
    let source = MasterKeySource::MadeAt(path.clone());
    let (_, wrapped) = Vault::open(&source, &database).unwrap().make_org_key().unwrap();
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o7777, 0o600);
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1, "nothing else is left behind");
    fs::write(&database, "").unwrap();
    let again = Vault::open(&source, &database).unwrap();
    assert!(again.unwrap_org_key(&wrapped).is_ok());
    let text = fs::read_to_string(&path).unwrap();
    let given = Vault::open(&MasterKeySource::Given(text.into()), &database).unwrap();
    assert!(given.unwrap_org_key(&wrapped).is_ok());
}

#[test]
fn a_key_that_cannot_be_used_is_refused_with_what_to_do() {
    let dir = tempfile::tempdir().unwrap();
    let (path, database) = (dir.path().join("master.key"), dir.path().join("writ.db"));
    let shown = |message: String| message.replace(dir.path().to_str().unwrap(), "DIR");

    let message = shown(refusal(&MasterKeySource::File(path.clone()), &database));
    insta::assert_snapshot!(message, @"the master key file DIR/master.key is not there: name the right file, or leave the setting out to use the one in the data directory");

    fs::write(&database, "").unwrap();
    let message = shown(refusal(&MasterKeySource::MadeAt(path.clone()), &database));
    insta::assert_snapshot!(message, @"the master key file DIR/master.key is missing, and the database DIR/writ.db was made with it: put the key back from its backup, or give it in WRIT_MASTER_KEY");

    fs::write(&path, "short").unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
    let message = shown(refusal(&MasterKeySource::File(path.clone()), &database));
    insta::assert_snapshot!(message, @"the master key file DIR/master.key is open to others than its owner (mode 0640): run `chmod 600 DIR/master.key`");

    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    let message = shown(refusal(&MasterKeySource::File(path), &database));
    insta::assert_snapshot!(message, @"the master key file DIR/master.key does not hold 32 bytes in base64 (44 characters), as `openssl rand -base64 32` prints");

    let message = refusal(&MasterKeySource::Given("c2hvcnQ=".into()), &database);
    insta::assert_snapshot!(message, @"the master key in WRIT_MASTER_KEY is not 32 bytes in base64 (44 characters), as `openssl rand -base64 32` prints");
    assert!(!message.contains("c2hvcnQ"));
}

#[test]
fn sealed_bytes_open_only_under_their_key_and_in_their_place() {
    let dir = tempfile::tempdir().unwrap();
    let database = dir.path().join("writ.db");
    let vault = |name: &str| {
        Vault::open(&MasterKeySource::MadeAt(dir.path().join(name)), &database).unwrap()
    };
    let (one, other) = (vault("one.key"), vault("other.key"));
    let (key, wrapped) = one.make_org_key().unwrap();
    assert_eq!(other.unwrap_org_key(&wrapped).unwrap_err(), SealError::Unreadable);

    let sealed = key.seal("connection scn_1", b"qe_sk_sandbox_SECRET").unwrap();
    assert_ne!(sealed, key.seal("connection scn_1", b"qe_sk_sandbox_SECRET").unwrap());
    assert!(!sealed.windows(6).any(|window| window == b"SECRET"));
    let key = one.unwrap_org_key(&wrapped).unwrap();
    assert_eq!(*key.unseal("connection scn_1", &sealed).unwrap(), b"qe_sk_sandbox_SECRET");
    assert_eq!(key.unseal("connection scn_2", &sealed), Err(SealError::Unreadable));
    for at in [0, 12, sealed.len() - 1] {
        let mut changed = sealed.clone();
        changed[at] ^= 1;
        assert_eq!(key.unseal("connection scn_1", &changed), Err(SealError::Unreadable));
    }
    assert_eq!(key.unseal("connection scn_1", &sealed[..11]), Err(SealError::Unreadable));
    assert!(!format!("{one:?}{key:?}").contains(char::is_numeric));
}
