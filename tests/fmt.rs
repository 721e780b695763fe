//! `writ fmt`: files, directories, standard input, and what would change.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use std::fs;
use std::path::Path;
use support::{Ran, run_in};
use tempfile::TempDir;

const UNTIDY: &str = "workflow \"hello\"{ // why\r\n  transform greet={text:\"Hi\"}\r\n}";
const TIDY: &str = "workflow \"hello\" { // why\n  transform greet = { text: \"Hi\" }\n}\n";
const UNTIDY_JSON: &str =
    r#"{"startNodeId":"a","nodes":[{"id":"a","type":"transform","value":1.0}],"edges":[]}"#;

/// Something to format in either syntax, something tidy, something broken, and a file that is no workflow.
fn directory() -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    fs::create_dir(directory.path().join("sub")).unwrap();
    for (name, text) in [
        ("a.writ", UNTIDY),
        ("b.writ", TIDY),
        ("sub/c.json", UNTIDY_JSON),
        ("sub/broken.writ", "workflow \"w\" {\n  cal a = b.c\n}\n"),
        ("package.json", "{\"name\":1}"),
    ] {
        fs::write(directory.path().join(name), text).unwrap();
    }
    directory
}

fn read(directory: &Path, name: &str) -> String {
    fs::read_to_string(directory.join(name)).unwrap()
}

fn fmt(directory: &TempDir, args: &[&str], stdin: &str) -> Ran {
    run_in(directory.path(), &[&["fmt"], args].concat(), stdin.as_bytes())
}

#[test]
fn a_directory_is_formatted_and_what_is_broken_left_as_it_is() {
    let directory = directory();
    let broken = read(directory.path(), "sub/broken.writ");
    let ran = fmt(&directory, &[], "");
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    assert_eq!(ran.stdout, "formatted ./a.writ\nformatted ./sub/c.json\n");
    assert!(ran.stderr.contains("./sub/broken.writ:2:3"), "{}", ran.stderr);
    assert!(
        ran.stderr.ends_with("2 files formatted, 1 unchanged, 1 left as is\n"),
        "{}",
        ran.stderr
    );
    assert_eq!(read(directory.path(), "a.writ"), TIDY);
    assert_eq!(read(directory.path(), "sub/broken.writ"), broken);
    assert_eq!(read(directory.path(), "package.json"), "{\"name\":1}");
    let json = read(directory.path(), "sub/c.json");
    assert!(json.contains("\n      \"value\": 1.0\n"), "{json}");

    fs::remove_file(directory.path().join("sub/broken.writ")).unwrap();
    let again = fmt(&directory, &["a.writ", "sub", "*.writ"], "");
    assert_eq!((again.code, again.stdout.as_str()), (Some(0), ""));
    assert_eq!(again.stderr, "3 files unchanged\n");
}

#[test]
fn check_lists_and_diff_shows_what_would_change_and_neither_writes() {
    let directory = directory();
    let check = fmt(&directory, &["--check", "a.writ", "b.writ"], "");
    assert_eq!((check.code, check.stdout.as_str()), (Some(1), "would format a.writ\n"));
    assert_eq!(check.stderr, "1 file would be formatted, 1 unchanged\n");
    let diff = fmt(&directory, &["--diff", "a.writ", "b.writ"], "");
    assert_eq!(diff.code, Some(1));
    assert!(
        diff.stdout.starts_with("--- a.writ\n+++ a.writ\n@@ -1,3 +1,3 @@\n"),
        "{}",
        diff.stdout
    );
    assert!(diff.stdout.contains("\n+  transform greet = { text: \"Hi\" }\n"), "{}", diff.stdout);
    assert_eq!(read(directory.path(), "a.writ"), UNTIDY);
    for flag in ["--check", "--diff"] {
        assert_eq!(fmt(&directory, &[flag, "b.writ"], "").ok(), "");
    }
}

#[test]
fn standard_input_is_answered_on_standard_output() {
    let directory = directory();
    let ran = fmt(&directory, &["-"], UNTIDY);
    assert_eq!(ran.stderr, "");
    assert_eq!(ran.ok(), TIDY);
    assert!(
        fmt(&directory, &["-"], UNTIDY_JSON).ok().starts_with("{\n  \"startNodeId\": \"a\",\n")
    );
    let ran = fmt(&directory, &["-", "--check", "--stdin-filename", "flows/x.writ"], UNTIDY);
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(1), "would format flows/x.writ\n"));
    // The name decides, whatever the text looks like.
    let ran = fmt(&directory, &["-", "--stdin-filename", "x.json"], TIDY);
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(1), ""));
    assert!(ran.stderr.contains("x.json:1:1"), "{}", ran.stderr);
}

#[test]
fn what_cannot_be_read_is_said_and_the_others_are_formatted() {
    let directory = directory();
    let ran = fmt(&directory, &["missing.writ", "notes.txt", "a.writ"], "");
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(2), "formatted a.writ\n"));
    assert!(ran.stderr.contains("cannot read missing.writ"), "{}", ran.stderr);
    assert!(ran.stderr.ends_with("1 file formatted, 2 left as is\n"), "{}", ran.stderr);
}
