//! `writ quickstart`, as a newcomer runs it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use std::path::Path;
use support::run_in;

/// Every file below a directory.
fn files(directory: &Path) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found
}

#[test]
fn the_quickstart_does_what_its_page_says_and_keeps_no_secret_in_clear() {
    let directory = tempfile::tempdir().unwrap();
    let ran = run_in(directory.path(), &["quickstart", "--data", "data"], b"");
    let out = ran.ok();
    for part in [
        "✓ kyc",
        "✓ branch_on_ktp",
        "✓ wait_for_analyst",
        "✓ screening",
        "✓ notify_failure",
        "✓ verified",
    ] {
        assert!(out.contains(part), "no {part:?} in {out}");
    }
    assert!(!out.contains('\u{1b}'), "no escapes where there is no terminal");

    let written = files(&directory.path().join("data"));
    assert!(!written.is_empty());
    for file in written {
        let bytes = std::fs::read(&file).unwrap();
        for secret in ["qe_whsec_c2FuZGJveC1obWFjLWtleQ", "SERVICEKEYOFTHESANDBOX"] {
            let found = bytes.windows(secret.len()).any(|w| w == secret.as_bytes());
            assert!(!found, "{secret} is in clear in {}", file.display());
        }
    }

    // On the same data it can be told again.
    run_in(directory.path(), &["quickstart", "--data", "data"], b"").ok();
}
