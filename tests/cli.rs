//! The compiler's commands, on files, directories, patterns and standard input.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use serde_json::{Value, json};
use std::path::Path;
use support::{case, run, run_in, writ};
use tempfile::TempDir;

fn quickstart_json() -> Vec<u8> {
    std::fs::read(case("quickstart/workflow.json")).unwrap()
}

/// The quickstart with one word changed, which makes it wrong.
fn broken_json() -> String {
    let text = String::from_utf8(quickstart_json()).unwrap();
    text.replacen("step.kyc.output.ktpBundle.verdict", "step.kyc.output.ktpBundle.verdikt", 1)
}

/// A directory with the quickstart in it, a broken workflow in a subdirectory, and things that are no workflows.
fn directory() -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    let write = |name: &str, bytes: &[u8]| {
        let path = directory.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    };
    write("good.json", &quickstart_json());
    write("sub/bad.json", broken_json().as_bytes());
    write("package.json", b"{\"name\": \"not a workflow\"}");
    write("target/built.json", broken_json().as_bytes());
    write(".hidden/bad.json", broken_json().as_bytes());
    directory
}

fn checked(directory: &Path, args: &[&str]) -> (Option<i32>, Vec<Value>) {
    let ran = run_in(directory, &[&["check", "--format", "json"], args].concat(), b"");
    let lines = ran.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    (ran.code, lines)
}

#[test]
fn the_quickstart_is_clean_of_errors_and_warned_about() {
    let ran = run(&["check", "tests/cases/quickstart/workflow.json"]);
    assert_eq!(ran.code, Some(0), "{}{}", ran.stdout, ran.stderr);
    // A screening's verdict that nothing looks at, and a rejection without a route: the documented spec's own faults.
    for code in ["WR0601", "WR0801"] {
        assert!(ran.stdout.contains(code), "no {code} in {}", ran.stdout);
    }
    assert!(ran.stderr.contains("in 1 workflow file"), "{}", ran.stderr);
    let strict = run(&["check", "--deny", "warnings", "tests/cases/quickstart/workflow.json"]);
    assert_eq!(strict.code, Some(1));
}

#[test]
fn directories_patterns_and_files_are_found_once_each() {
    let directory = directory();
    let names = |lines: &[Value]| -> Vec<String> {
        let mut names: Vec<_> =
            lines.iter().map(|d| d["file"].as_str().unwrap().to_owned()).collect();
        names.dedup();
        names
    };
    let (code, lines) = checked(directory.path(), &["."]);
    assert_eq!(code, Some(1));
    assert_eq!(names(&lines), ["./good.json", "./sub/bad.json"]);
    let (code, lines) = checked(directory.path(), &["**/bad.json", "sub/bad.json"]);
    assert_eq!((code, names(&lines)), (Some(1), vec!["sub/bad.json".to_owned()]));
    let (code, _) = checked(directory.path(), &["good.json"]);
    assert_eq!(code, Some(0));
}

#[test]
fn what_cannot_be_checked_is_exit_code_two_with_advice() {
    let directory = directory();
    let empty = tempfile::tempdir().unwrap();
    for (args, says) in [
        (&["check", "nowhere.writ"][..], "nowhere.writ"),
        (&["check", "no*.writ"], "no workflow matches"),
        (&["check", empty.path().to_str().unwrap()], "no workflow in"),
        (&["check", "--format", "xml", "good.json"], "human, json"),
        (&["convert", "good.txt"], "cannot"),
        (&["build", "sub/bad.json"], "has errors"),
        (&["disasm", "good.writc"], "cannot read"),
        (&["explain", "WR9999"], "no diagnostic has the code WR9999"),
        (&["explain", "wr04o2"], "did you mean WR0402: output read"),
        (&["graph", "--workflow", "other", "good.json"], "other"),
        (&["frobnicate"], "unrecognized subcommand"),
    ] {
        let stderr = run_in(directory.path(), args, b"").fails(2);
        assert!(stderr.contains(says), "{args:?}: {stderr}");
        assert!(stderr.starts_with("error: ") || stderr.contains("error: "), "{stderr}");
    }
    // What holds nothing proves nothing.
    let stderr = run_in(directory.path(), &["check", "-"], b"").fails(2);
    assert!(stderr.contains("no workflow in <stdin>"), "{stderr}");
    std::fs::write(directory.path().join("odd.txt"), b"{}").unwrap();
    let stderr = run_in(directory.path(), &["check", "odd.txt"], b"").fails(2);
    assert!(stderr.contains("--syntax"), "{stderr}");
}

#[test]
fn a_program_that_was_damaged_is_refused() {
    let directory = directory();
    run_in(directory.path(), &["build", "good.json", "-o", "k.writc"], b"").ok();
    let path = directory.path().join("k.writc");
    let whole = std::fs::read(&path).unwrap();
    for damaged in [&whole[..whole.len() / 2], b"", b"not a program"] {
        std::fs::write(&path, damaged).unwrap();
        let stderr = run_in(directory.path(), &["disasm", "k.writc"], b"").fails(2);
        assert!(stderr.contains("not a program"), "{stderr}");
    }
}

#[test]
fn any_bytes_are_diagnosed_and_never_a_panic() {
    let deep = format!("{{\"startNodeId\": {}1{}}}", "[".repeat(100_000), "]".repeat(100_000));
    let large = format!("{{\"startNodeId\": \"{}\"}}", "x".repeat(5 * 1024 * 1024));
    for (text, syntax, code) in [
        (&b""[..], "json", None),
        (b"{", "json", None),
        (b"{\"nodes\": [}", "json", None),
        (b"\xff\xfe\x00", "json", Some("WR0001")),
        (b"workflow \"x\" {", "writ", None),
        (b"\x00\x01\x02", "writ", None),
        (deep.as_bytes(), "json", Some("WR0003")),
        (large.as_bytes(), "json", Some("WR0002")),
    ] {
        let args = ["check", "--format", "json", "--syntax", syntax, "-"];
        let ran = run_in(Path::new("."), &args, text);
        assert_eq!(ran.code, Some(1), "{syntax} {:?}: {}", &text[..text.len().min(40)], ran.stderr);
        let first: Value = serde_json::from_str(ran.stdout.lines().next().unwrap()).unwrap();
        if let Some(code) = code {
            assert_eq!(first["code"], code, "{first}");
        }
    }
}

#[test]
fn both_syntaxes_build_to_the_same_program_and_convert_to_each_other() {
    let directory = directory();
    let run = |args: &[&str]| run_in(directory.path(), args, b"").ok();
    let hash = |line: String| line.split_whitespace().next().unwrap().to_owned();

    run(&["convert", "good.json", "-o", "good.writ"]);
    run(&["convert", "good.writ", "--to", "json", "-o", "back.json"]);
    let from_json = hash(run(&["build", "good.json", "-o", "j.writc"]));
    let from_writ = hash(run(&["build", "good.writ", "-o", "w.writc"]));
    let from_back = hash(run(&["build", "back.json", "-o", "b.writc"]));
    std::fs::copy(directory.path().join("good.json"), directory.path().join("sub/other.json"))
        .unwrap();
    let renamed = hash(run(&["build", "sub/other.json"]));
    assert!(from_json.starts_with("sha256:") && from_json.len() == 7 + 64, "{from_json}");
    assert_eq!(from_json, from_writ);
    assert_eq!(from_json, from_back);
    assert_eq!(from_json, renamed, "a file's name is no part of a program");
    let bytes = |name: &str| std::fs::read(directory.path().join(name)).unwrap();
    assert_eq!(bytes("j.writc"), bytes("w.writc"));

    let value = |name: &str| serde_json::from_slice::<Value>(&bytes(name)).unwrap();
    assert_eq!(value("back.json"), value("good.json"), "the round trip loses nothing");

    // From standard input to standard output.
    let piped = run_in(directory.path(), &["convert", "-"], &quickstart_json()).ok();
    assert_eq!(piped.as_bytes(), bytes("good.writ"));
}

#[test]
fn programs_are_shown_with_or_without_their_source() {
    let directory = directory();
    let run = |args: &[&str]| run_in(directory.path(), args, b"").ok();
    run(&["build", "good.json"]);
    for text in [run(&["disasm", "good.json"]), run(&["disasm", "good.writc"])] {
        for step in ["kyc", "branch_on_ktp", "screening", "wait_for_analyst", "notify_failure"] {
            assert!(text.contains(step), "no {step} in {text}");
        }
    }
}

#[test]
fn a_graph_is_mermaid() {
    let text = run(&["graph", "tests/cases/quickstart/workflow.json"]).ok();
    assert!(text.starts_with("flowchart "), "{text}");
    for word in ["branch_on_ktp", "requires_review", "notify_failure"] {
        assert!(text.contains(word), "no {word} in {text}");
    }
}

#[test]
fn codes_are_explained() {
    let page = run(&["explain", "WR0402"]).ok();
    assert!(page.starts_with("# WR0402: ") && page.contains("\n## Good\n\n```writ\n"), "{page}");
    for typed in ["wr0402", "wr402", "402"] {
        assert_eq!(run(&["explain", typed]).ok(), page, "{typed}");
    }
    let coloured = writ().args(["explain", "402"]).env("CLICOLOR_FORCE", "1").output().unwrap();
    let coloured = String::from_utf8(coloured.stdout).unwrap();
    assert!(coloured.contains('\u{1b}') && !coloured.contains("```"), "{coloured}");

    let object: Value = serde_json::from_str(&run(&["explain", "402", "--json"]).ok()).unwrap();
    assert_eq!((&object["code"], &object["severity"]), (&json!("WR0402"), &json!("error")));
    assert_eq!(object["page"], page);
    let all = run(&["explain"]).ok();
    assert!(
        all.lines().count() > 40 && all.contains("  WR0302  warning  unreachable step\n"),
        "{all}"
    );
    assert_eq!(run(&["explain", "--list"]).ok(), all);
    let objects = run(&["explain", "--json"]).ok();
    assert!(objects.lines().all(|line| serde_json::from_str::<Value>(line).is_ok()));
    assert!(
        !run(&["explain", "--help"]).ok().contains("WR0101"),
        "the list is for completion only"
    );
}

#[test]
fn a_check_ends_with_where_to_read_more() {
    let directory = directory();
    let hint = |args: &[&str]| {
        let ran = run_in(directory.path(), &[&["check"], args].concat(), b"");
        ran.stderr.lines().last().unwrap_or_default().to_owned()
    };
    // The warnings of good.json come first; an error is what stops a workflow.
    assert_eq!(hint(&["."]), "for more about an error, try: writ explain WR0401");
    assert_eq!(hint(&["good.json"]), "for more about a warning, try: writ explain WR0601");
    assert_eq!(hint(&["--format", "json", "good.json"]), "");
}

#[test]
fn several_errors_are_reported_in_one_run() {
    let spec = json!({
        "startNodeId": "a",
        "nodes": [
            {"id": "a", "type": "transform", "value": "${step.nowhere.output}"},
            {"id": "b", "type": "transform", "value": "${trigger.}"}
        ],
        "edges": [{"from": "a", "to": "b"}, {"from": "b", "to": "gone"}]
    });
    let args = ["check", "--format", "json", "-"];
    let ran = run_in(Path::new("."), &args, spec.to_string().as_bytes());
    assert_eq!(ran.code, Some(1));
    assert!(ran.stdout.lines().count() >= 3, "{}", ran.stdout);
}

#[test]
fn colour_is_for_terminals_and_a_closed_pipe_is_quiet() {
    let directory = directory();
    let ran = run_in(directory.path(), &["check", "sub/bad.json"], b"");
    assert!(!ran.stdout.contains('\u{1b}') && !ran.stderr.contains('\u{1b}'));

    let command = format!("{} explain | true", env!("CARGO_BIN_EXE_writ"));
    let ran = std::process::Command::new("sh").args(["-c", &command]).output().unwrap();
    assert_eq!(String::from_utf8(ran.stderr).unwrap(), "");
}

#[test]
fn keys_are_made_listed_and_revoked_without_a_server() {
    let directory = tempfile::tempdir().unwrap();
    let run = |args: &[&str]| {
        run_in(directory.path(), &[&["keys"], args, &["--data", "data"]].concat(), b"")
    };
    let stderr = run(&["list"]).fails(2);
    assert!(stderr.contains("no data directory data"), "looking makes nothing: {stderr}");
    for (args, says) in [
        (&["create", "--scopes", "execution:write"][..], "executions:write"),
        (&["create", "--scopes", "read", "--role", "kyc_analyst"], "actor"),
        (&["create", "--scopes", "read", "--actor", "ann"], "usr_"),
    ] {
        let stderr = run(args).fails(2);
        assert!(stderr.contains(says) && stderr.contains("help: "), "{args:?}: {stderr}");
    }

    let key = run(&["create", "--scopes", "read, workflows:write"]).ok();
    assert!(key.starts_with("qe_sk_") && key.lines().count() == 1, "a key to be captured: {key}");
    let person = ["create", "--scopes", "write", "--actor", "usr_01ANN", "--role", "kyc_analyst"];
    let made = run(&[&person[..], &["--json"]].concat()).ok();
    let made: Value = serde_json::from_str(&made).unwrap();
    assert_eq!(made["roles"], json!(["kyc_analyst"]));

    let listed = run(&["list"]).ok();
    assert!(listed.contains("read, workflows:write"), "{listed}");
    assert!(listed.contains("usr_01ANN (role:kyc_analyst)"), "{listed}");
    for key in [key.trim(), made["key"].as_str().unwrap()] {
        assert!(!listed.contains(key), "{listed}");
    }
    run(&["revoke", made["id"].as_str().unwrap()]).ok();
    let stderr = run(&["revoke", made["id"].as_str().unwrap()]).fails(2);
    assert!(stderr.contains("there is no key"), "{stderr}");
    let listed: Value = serde_json::from_str(&run(&["list", "--json"]).ok()).unwrap();
    assert_eq!(listed.as_array().unwrap().len(), 1, "{listed}");
}

#[test]
fn every_command_has_help_and_shells_have_completions() {
    for command in [
        "check",
        "build",
        "disasm",
        "fmt",
        "convert",
        "graph",
        "explain",
        "serve",
        "keys",
        "sandbox",
        "quickstart",
        "lsp",
        "completions",
    ] {
        let help = run(&[command, "--help"]).ok();
        assert!(help.contains("Usage: writ "), "{help}");
    }
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        assert!(run(&["completions", shell]).ok().contains("writ"));
    }
    assert!(run(&["completions", "bash"]).ok().contains("WR0402"), "codes are completed");
    assert!(writ().arg("--version").output().unwrap().status.success());
}

#[test]
fn every_compiler_command_takes_a_directory() {
    let directory = tempfile::tempdir().unwrap();
    let text = String::from_utf8(quickstart_json()).unwrap();
    std::fs::write(directory.path().join("a.json"), &text).unwrap();
    std::fs::write(directory.path().join("b.json"), text.replace("v1", "v2")).unwrap();
    let run = |args: &[&str]| run_in(directory.path(), args, b"");
    for command in ["build", "disasm", "graph"] {
        let out = run(&[command, "."]).ok();
        assert!(out.contains("a.") && out.contains("b."), "{command}: {out}");
    }
    assert!(directory.path().join("a.writc").exists() && directory.path().join("b.writc").exists());
    assert!(run(&["build", ".", "-o", "one.writc"]).fails(2).contains("one output"));
    run(&["convert", "."]).ok();
    assert!(directory.path().join("a.writ").exists() && directory.path().join("b.writ").exists());
    // What is there already is not overwritten.
    assert!(run(&["convert", "."]).fails(2).contains("there already"));
}
