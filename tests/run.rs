//! `writ run`, through the binary.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use serde_json::Value as Json;
use std::fs;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::Path;
use std::process::Stdio;
use support::{Ran, case, run, run_in, writ};
use tempfile::TempDir;

/// Inputs of the quickstart, with something that must never be shown.
const INPUTS: &str = r#"{
  "customerId": "cus_1_requires_review",
  "bundle": {
    "capturedAt": "2026-05-01T12:00:00Z", "frames": ["a"], "platform": "web", "sdkVersion": "1",
    "signature": "s", "version": "1.0"
  },
  "hmacKey": "never-to-be-seen"
}"#;

fn quickstart() -> String {
    case("quickstart").join("workflow.json").display().to_string()
}

fn mocked(args: &[&str]) -> Ran {
    run(&[&["run", &quickstart(), "--mock"], args].concat())
}

fn file(text: &str) -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("flow.writ"), text).unwrap();
    directory
}

fn run_file(directory: &Path, args: &[&str]) -> Ran {
    run_in(directory, &[&["run", "flow.writ"], args].concat(), b"")
}

#[test]
fn a_mocked_run_shows_its_steps_and_prints_its_output() {
    let review = r#"kyc={"ktpBundle": {"verdict": "requires_review"}}"#;
    let ran = mocked(&["--answer", review, "--approve", "wait_for_analyst"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    insta::assert_snapshot!(ran.stderr, @r#"
    … kyc  POST identity
    ✓ kyc
    ✓ branch_on_ktp  → requires_review
    ? wait_for_analyst  KTP requires manual review (role:kyc_analyst)
    ✓ wait_for_analyst  → approve
    … screening  POST aml
    ✓ screening
    succeeded in 0 ms
    "#);
    let output: Json = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(output["screeningId"], "screeningId");
}

#[test]
fn a_run_that_nobody_answers_says_which_flag_would() {
    let review = r#"kyc={"ktpBundle": {"verdict": "requires_review"}}"#;
    let ran = mocked(&["--answer", review]);
    assert_eq!(ran.code, Some(1));
    assert!(ran.stderr.contains("say --approve wait_for_analyst, --reject"), "{}", ran.stderr);
    assert_eq!(ran.stdout, "");
}

#[test]
fn services_are_called_over_http_and_secrets_stay_hidden() {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("input.json"), INPUTS).unwrap();
    let quickstart = quickstart();
    let args = [
        "run",
        &quickstart,
        "--input",
        "@input.json",
        "--sandbox",
        "--approve",
        "wait_for_analyst",
    ];
    let ran = run_in(directory.path(), &[&args[..], &["--json", "--trace"]].concat(), b"");
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let document: Json = serde_json::from_str(&ran.stdout).unwrap();
    let steps: Vec<_> = document["steps"]
        .as_array()
        .unwrap()
        .iter()
        .map(|step| step["id"].as_str().unwrap())
        .collect();
    assert_eq!(steps, ["kyc", "branch_on_ktp", "wait_for_analyst", "screening"]);
    assert_eq!(document["steps"][0]["input"]["body"]["hmacKey"], "[redacted]");
    assert_eq!(document["output"]["status"], "no_match");
    assert!(ran.stderr.contains("constant      \"customerId\""), "{}", ran.stderr);
    assert!(!format!("{}{}", ran.stdout, ran.stderr).contains("never-to-be-seen"));
    // The same from standard input, the trace in a file.
    let args = [
        &args[..2],
        &["--input", "-", "--sandbox", "--reject", "wait_for_analyst", "--trace=trace.txt"],
    ];
    let ran = run_in(directory.path(), &args.concat(), INPUTS.as_bytes());
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    assert!(ran.stderr.contains("approval_rejected"), "{}", ran.stderr);
    let trace = fs::read_to_string(directory.path().join("trace.txt")).unwrap();
    assert!(trace.contains("switch") && !trace.contains("never-to-be-seen"), "{trace}");
}

#[test]
fn what_fails_says_where() {
    let directory = file(
        "workflow \"w\" {\n  trigger api { n: int }\n\n  transform share = 100 / trigger.n\n}\n",
    );
    let ran = run_file(directory.path(), &["--mock", "--input", r#"{"n": 0}"#]);
    assert_eq!(ran.code, Some(1));
    insta::assert_snapshot!(ran.stderr, @r#"
    ✗ share  division by zero; it met 100
    failed in 0 ms
      template_failed: division by zero; it met 100
      flow.writ:4:21 in `100 / trigger.n`
      4 │   transform share = 100 / trigger.n
        │                     ^
    "#);
}

#[test]
fn waits_are_skipped_and_retries_seen() {
    let directory = file(
        "workflow \"w\" {\n  call c = custom:x GET \"/\"\n  retry 3 fixed on 5xx\n\n  wait w for 7d\n\n  transform done = step.c.output.name\n}\n",
    );
    let args = ["--mock", "--fail", "c=503", "--answer", r#"c={"name": "x"}"#];
    let ran = run_file(directory.path(), &args);
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(0), "\"x\"\n"), "{}", ran.stderr);
    insta::assert_snapshot!(ran.stderr, @r#"
    … c  GET custom:x
    ↻ c  attempt 1 failed: `custom:x` answered 503
    … skipped 500 ms
    … c  GET custom:x (attempt 2)
    ✓ c  500 ms
    … skipped 7 d 0 h
    ✓ w  7 d 0 h
    ✓ done
    succeeded in 7 d 0 h
    "#);
}

#[test]
fn what_cannot_begin_says_what_to_give() {
    let quickstart = quickstart();
    let told = |args: &[&str]| run(&[&["run", &quickstart], args].concat()).fails(2);
    insta::assert_snapshot!(told(&["--input", "{}"]), @r#"
    error: the workflow does not take this input: `bundle` is required; `customerId` is required; `hmacKey` is required
      help: it takes such as {"bundle":{"capturedAt":"capturedAt","frames":["frames"],"platform":"android","sdkVersion":"sdkVersion","signature":"signature","version":"version"},"customerId":"customerId","hmacKey":"hmacKey"}
    "#);
    insta::assert_snapshot!(told(&["--input", "{\"a\": }", "--mock"]), @r#"
    error: --input is not JSON: expected value at line 1 column 7
      help: text stands in double quotes, and so do the names of fields
    "#);
    insta::assert_snapshot!(told(&["--input", INPUTS]), @r#"
    error: nothing says where aml, identity can be called
      help: say --service aml=https://... --service identity=https://..., or --mock to make answers up
    "#);
    insta::assert_snapshot!(told(&["--input", INPUTS, "--service", "identity=http://127.0.0.1:1", "--service", "aml=http://127.0.0.1:1"]), @r#"
    error: no key is there for identity, aml
      help: set WRIT_SERVICE_IDENTITY_KEY, WRIT_SERVICE_AML_KEY; a command line would show it to everybody
    "#);
    insta::assert_snapshot!(told(&["--mock", "--fail", "kcy=503"]), @r#"
    error: --fail kcy: no step is called "kcy"
      help: it can be said of kyc, screening
    "#);
    insta::assert_snapshot!(told(&["--mock", "--fail", "kyc=200"]), @r#"
    error: --fail: a call cannot fail with "200"
      help: say a status from 400 to 599, timeout or network
    "#);
    insta::assert_snapshot!(told(&["--mock", "--approve", "kyc"]), @r#"
    error: --approve kyc: `kyc` is not an approval
      help: it can be said of wait_for_analyst
    "#);
}

const LOAN: &str = r#"service custom:bank {
  operation score {
    POST "/score"
    request { id: string, pin: secret string }
    response { score: int, tier: "gold" | "silver" }
    safe to repeat
  }
}

workflow "loan" {
  trigger api { id: string, pin: secret string }

  call score = custom:bank.score { id: trigger.id, pin: trigger.pin }

  approval review {
    label "A loan"
    timeout 2d
    form { limit: int, note?: string }
  }

  wait paid for event "loan.paid" {
    data { amount: int }
  }

  transform done = { limit: step.review.output.form.limit, paid: step.paid.output.data.amount }
}
"#;

const LOAN_INPUTS: &str = r#"{"id": "a", "pin": "never-to-be-seen"}"#;

#[test]
fn what_flags_carry_is_of_its_type_and_said_once() {
    let directory = file(LOAN);
    let mocked = |args: &[&str]| {
        run_file(directory.path(), &[&["--mock", "--input", LOAN_INPUTS, "--quiet"], args].concat())
    };
    let form = r#"review={"limit": 5}"#;
    let event = r#"paid={"amount": 7}"#;
    let output: Json =
        serde_json::from_str(&mocked(&["--approve", form, "--event", event]).ok()).unwrap();
    assert_eq!(output, serde_json::json!({"limit": 5, "paid": 7}));
    for (args, told) in [
        (["--approve", r#"review={"limit": "x"}"#], "`limit` must be an integer"),
        (["--event", r#"paid={"amount": true}"#], "`amount` must be an integer"),
        (["--answer", r#"score={"score": "x"}"#], "`score` must be an integer"),
        (["--answer", "score=5"], "it must be an object"),
    ] {
        let error = mocked(&args).fails(2);
        assert!(error.contains(told), "{args:?}: {error}");
    }
    let twice = mocked(&["--approve", "review", "--expire", "review"]).fails(2);
    assert!(twice.contains("answer `review` twice"), "{twice}");
    // Nothing is made up of what goes to real services.
    let answer = r#"score={"score": 1, "tier": "gold"}"#;
    let args = ["--input", LOAN_INPUTS, "--answer", answer, "--approve", "review"];
    let real = run_file(directory.path(), &args).fails(2);
    assert!(real.contains("`limit` is required"), "{real}");
}

#[test]
fn a_failed_call_shows_its_step_even_when_quiet() {
    let directory = file(LOAN);
    let args = ["--mock", "--quiet", "--input", LOAN_INPUTS, "--fail", "score=network"];
    let ran = run_file(directory.path(), &args);
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(1), ""));
    insta::assert_snapshot!(ran.stderr, @r#"
    failed in 535 ms
      call_failed: `custom:bank` cannot be reached
      flow.writ:13:8 in `score`
      13 │   call score = custom:bank.score { id: trigger.id, pin: trigger.pin }
         │        ^
    "#);
    let ran = run_file(directory.path(), &[&args[..], &["--json"]].concat());
    let document: Json = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(document["error"]["at"], "13:8 in `score`");
}

#[test]
fn a_service_is_called_with_its_key_and_nothing_shows_it() {
    let directory = file(LOAN);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let service = format!("custom:bank=http://{}/base", listener.local_addr().unwrap());
    let server = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let (mut request, mut part) = (Vec::new(), [0; 4096]);
        while !request.ends_with(b"}") {
            let read = stream.read(&mut part).unwrap();
            request.extend_from_slice(&part[..read]);
        }
        let body = r#"{"score": 10, "tier": "gold"}"#;
        let length = body.len();
        let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ";
        write!(stream, "{head}{length}\r\n\r\n{body}").unwrap();
        String::from_utf8(request).unwrap()
    });
    let output = writ()
        .args(["run", "flow.writ", "--input", LOAN_INPUTS, "--service", &service, "--trace"])
        .args(["--approve", r#"review={"limit": 5}"#, "--event", r#"paid={"amount": 7}"#])
        .current_dir(directory.path())
        .env("WRIT_SERVICE_CUSTOM_BANK_KEY", "key-1")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let shown = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    assert_eq!(output.status.code(), Some(0), "{shown}");
    let request = server.join().unwrap();
    assert!(request.starts_with("POST /base/score "), "{request}");
    assert!(request.contains("Bearer key-1") && request.contains("never-to-be-seen"), "{request}");
    assert!(!shown.contains("key-1") && !shown.contains("never-to-be-seen"), "{shown}");
}

#[test]
fn standard_input_holds_one_thing_and_services_are_the_workflows() {
    let directory = file(LOAN);
    let both = run_in(directory.path(), &["run", "-", "--mock", "--input", "-"], b"{}").fails(2);
    assert!(both.contains("both the workflow and its inputs"), "{both}");
    let args = ["--input", LOAN_INPUTS, "--service", "custom:bnak=http://127.0.0.1:1"];
    let misspelt = run_file(directory.path(), &args).fails(2);
    assert!(misspelt.contains("calls no service \"custom:bnak\""), "{misspelt}");
    let inputs = r#"{"id": "a", "pin": "p", "externalId": 5}"#;
    let number = run_file(directory.path(), &["--mock", "--input", inputs]).fails(2);
    assert!(number.contains("`externalId` must be a string"), "{number}");
    let large = format!(r#"{{"id": "{}"}}"#, "a".repeat(2 << 20));
    let args = ["run", "flow.writ", "--mock", "--input", "-"];
    assert!(run_in(directory.path(), &args, large.as_bytes()).fails(2).contains("more than"));
}
