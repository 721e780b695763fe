//! The quickstart's program: the same from both syntaxes, and the one of format 1 for ever.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use crate::analysis::{Analysis, Compiled, Syntax};
use crate::bytecode::{Program, disasm};

const JSON: &str = include_str!("../../../tests/cases/quickstart/workflow.json");
const WRIT: &str = include_str!("../../../tests/cases/quickstart/workflow.writ");
/// Made when format 1 was: never made again.
const FIRST: &[u8] = include_bytes!("../../../tests/cases/quickstart/program.writc");

fn compiled(text: &str, syntax: Syntax) -> Compiled {
    let mut analysis = Analysis::new(text, syntax);
    assert!(!analysis.has_errors(), "{:?}", analysis.diagnostics);
    analysis.workflows.remove(0).compiled.unwrap()
}

#[test]
fn both_syntaxes_give_the_same_bytes() {
    let (json, writ) = (compiled(JSON, Syntax::Json).program, compiled(WRIT, Syntax::Writ).program);
    assert_eq!(disasm(&json, None), disasm(&writ, None));
    assert_eq!(json.encode(), writ.encode());
}

/// A listing without what depends on the services' signatures, which grow.
fn code_only(listing: &str) -> String {
    let is_type =
        |line: &&str| line.starts_with("    ") && !line.trim().starts_with(char::is_numeric);
    let lines = listing.lines().filter(|line| !is_type(line) && !line.starts_with("sha256:"));
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn the_listing_reads_well() {
    let Compiled { program, source_map } = compiled(WRIT, Syntax::Writ);
    insta::assert_snapshot!(code_only(&disasm(&program, Some((&source_map, WRIT)))), @r#"
    format 1, semantics 2
    entry kyc
    input
      bundle: {capturedAt: string, flashChallengeNonce?: string, flashSamples?: [json], frames: pii [string], ocrConfidence?: json, ocrFields?: pii json, platform: "android" | "flutter" | "ios" | "rn-android" | "rn-ios" | "web", sdkVersion: string, signature: string, version: string, ...}
      customerId: string
      hmacKey: secret string
      ...

    kyc: service_call POST identity.captureKtp
      input
      output
      timeout 30 s, 3 attempts, exponential
      retry on network before sending, 429
      ; 8: call kyc = identity.captureKtp {
         0  enter         kyc
         1  constant      "/api/identity/document/ktp/capture"
      ; 9: customerId: trigger.customerId
         2  constant      "customerId"
         3  trigger
         4  field         "customerId"
      ; 10: bundle: trigger.bundle
         5  constant      "bundle"
         6  trigger
         7  field         "bundle"
      ; 11: hmacKey: trigger.hmacKey
         8  constant      "hmacKey"
         9  trigger
        10  field         "hmacKey"
      ; 8: call kyc = identity.captureKtp {
        11  record        3
        12  call          body

    branch_on_ktp: decision
      input null
      output
      ; 14: decide branch_on_ktp = step.kyc.output.ktpBundle.verdict {
        13  enter         branch_on_ktp
        14  output        kyc
        15  field         "ktpBundle"
        16  field         "verdict"
        17  switch        "failed" -> notify_failure, "passed" -> screening, "requires_review" -> wait_for_analyst

    screening: service_call POST aml.createScreening
      input
      output
      takes data
      timeout 30 s, 3 attempts, exponential
      retry on 5xx, timeout, network, 429
      ; 20: call screening = aml.createScreening {
        18  enter         screening
        19  constant      "/api/screenings"
      ; 21: lane: "onboarding"
        20  constant      "lane"
        21  constant      "onboarding"
      ; 22: customerId: trigger.customerId
        22  constant      "customerId"
        23  trigger
        24  field         "customerId"
      ; 23: subjectType: "individual"
        25  constant      "subjectType"
        26  constant      "individual"
      ; 24: fullName: step.kyc.output.ktpBundle.ocr.fullName
        27  constant      "fullName"
        28  output        kyc
        29  field         "ktpBundle"
        30  field         "ocr"
        31  field         "fullName"
      ; 25: nik: step.kyc.output.ktpBundle.ocr.nik
        32  constant      "nik"
        33  output        kyc
        34  field         "ktpBundle"
        35  field         "ocr"
        36  field         "nik"
      ; 20: call screening = aml.createScreening {
        37  record        5
        38  with_step_id  "externalId"
        39  call          body
        40  end

    wait_for_analyst: human_approval
      input
      output
      assign role:kyc_analyst
      on reject fail
      ; 29: approval wait_for_analyst {
        41  enter         wait_for_analyst
      ; 30: label "KTP requires manual review"
        42  constant      "KTP requires manual review"
      ; 29: approval wait_for_analyst {
        43  approve       label
        44  jump          -> screening

    notify_failure: webhook_emit
      input
      output
      ; 35: emit notify_failure = "kyc.failed" {
        45  enter         notify_failure
      ; 36: customerId: trigger.customerId
        46  constant      "customerId"
        47  trigger
        48  field         "customerId"
      ; 35: emit notify_failure = "kyc.failed" {
        49  record        1
        50  emit          "kyc.failed" payload
        51  end
    "#);
}

#[test]
fn a_program_of_format_1_loads_and_keeps_its_hash() {
    let program = Program::load(FIRST).unwrap();
    assert_eq!(program.encode(), FIRST);
    insta::assert_snapshot!(program.hash(), @r#"b8fd2e08163742ec7f6c07802801c44b8eb892ce8a8a115af892df37e19fa96e"#);
}
