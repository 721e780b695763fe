//! Traces: each instruction with its values, and no secret.

use super::*;

fn trace(sim: &mut Sim) -> String {
    sim.trace.drain(..).map(|traced| format!("{traced}\n")).collect()
}

#[test]
fn a_trace_shows_every_instruction_with_its_values() {
    let mut sim = Sim::started(QUICKSTART, INPUTS);
    insta::assert_snapshot!(trace(&mut sim), @r#"
     0  enter         kyc
     1  constant      "/api/identity/document/ktp/capture"  -> "/api/identity/document/ktp/capture"
     2  constant      "customerId"        -> "customerId"
     3  trigger                           -> {"customerId":"cus_1","bundle":{"version":"1"},"hmacKey":"[r...
     4  field         "customerId"       {"customerId":"cus_1","bundle":{"version":"1"},"hmacKey":"[r... -> "cus_1"
     5  constant      "bundle"            -> "bundle"
     6  trigger                           -> {"customerId":"cus_1","bundle":{"version":"1"},"hmacKey":"[r...
     7  field         "bundle"           {"customerId":"cus_1","bundle":{"version":"1"},"hmacKey":"[r... -> {"version":"1"}
     8  constant      "hmacKey"           -> "hmacKey"
     9  trigger                           -> {"customerId":"cus_1","bundle":{"version":"1"},"hmacKey":"[r...
    10  field         "hmacKey"          {"customerId":"cus_1","bundle":{"version":"1"},"hmacKey":"[r... -> "[redacted]"
    11  record        3                  "customerId", "cus_1", "bundle", {"version":"1"}, "hmacKey", "[redacted]" -> {"customerId":"cus_1","bundle":{"version":"1"},"hmacKey":"[r...
    12  call          body               "/api/identity/document/ktp/capture", {"customerId":"cus_1","bundle":{"version":"1"},"hmacKey":"[r...
    "#);
    sim.answer(ok(r#"{"ktpBundle":{"verdict":"failed","ocr":{}}}"#));
    insta::assert_snapshot!(trace(&mut sim), @r#"
    13  enter         branch_on_ktp
    14  output        kyc                 -> {"ktpBundle":{"verdict":"failed","ocr":{}}}
    15  field         "ktpBundle"        {"ktpBundle":{"verdict":"failed","ocr":{}}} -> {"verdict":"failed","ocr":{}}
    16  field         "verdict"          {"verdict":"failed","ocr":{}} -> "failed"
    17  switch        "failed" -> notify_failure, "passed" -> screening, "requires_review" -> wait_for_analyst "failed"
    45  enter         notify_failure
    46  constant      "customerId"        -> "customerId"
    47  trigger                           -> {"customerId":"cus_1","bundle":{"version":"1"},"hmacKey":"[r...
    48  field         "customerId"       {"customerId":"cus_1","bundle":{"version":"1"},"hmacKey":"[r... -> "cus_1"
    49  record        1                  "customerId", "cus_1" -> {"customerId":"cus_1"}
    50  emit          "kyc.failed" payload {"customerId":"cus_1"}
    51  end
    "#);
}

/// What a step makes of a secret and of what stands beside it.
fn traced(expression: &str) -> String {
    let nodes = format!(
        r#"{{"id":"key","type":"service_call","service":"identity","method":"POST",
             "path":"/api/identity/document/ktp/capture",
             "body":{{"customerId":"c","bundle":"${{trigger.bundle}}","hmacKey":"${{trigger.hmacKey}}"}},
             "onError":{{"any":"route_to:made"}}}},
           {{"id":"made","type":"transform","value":{expression:?}}},
           {{"id":"last","type":"end","output":1}}"#
    );
    let mut sim = Sim::started(&spec("key", &nodes, &[("key", "made"), ("made", "last")]), INPUTS);
    sim.trace.clear();
    sim.break_call(failed(FailureClass::Refused, None));
    let trace = trace(&mut sim);
    assert!(!trace.contains("s3cret") && !trace.contains("S3CRET"), "{trace}");
    trace
}

#[test]
fn what_is_made_of_a_secret_is_hidden_and_what_stands_beside_it_is_not() {
    let each = [
        "${[trigger.hmacKey, 'beside'][1] + '!'}",
        "${[{'k': trigger.hmacKey, 'n': 1}].map(x, x.n + 1)}",
        "${[trigger.hmacKey].map(x, x.upperAscii())}",
        "key ${trigger.hmacKey} of ${trigger.customerId}",
        "${int(trigger.hmacKey) > 1 || trigger.customerId == 'cus_1'}",
        "${int(trigger.hmacKey) > 1 || trigger.customerId == 'other'}",
    ];
    insta::assert_snapshot!(each.map(traced).join("\n"), @r#"
    12  enter         made
    13  trigger                           -> {"customerId":"cus_1","bundle":{"version":"1"},"hmacKey":"[r...
    14  field         "hmacKey"          {"customerId":"cus_1","bundle":{"version":"1"},"hmacKey":"[r... -> "[redacted]"
    15  constant      "beside"            -> "beside"
    16  list          2                  "[redacted]", "beside" -> ["[redacted]","beside"]
    17  constant      1                   -> 1
    18  index                            ["[redacted]","beside"], 1 -> "beside"
    19  constant      "!"                 -> "!"
    20  add                              "beside", "!" -> "beside!"
    21  store                            "beside!"
    22  enter         last
    23  constant      1                   -> 1
    24  finish        output             1

    12  enter         made
    13  constant      "k"                 -> "k"
    14  trigger                           -> {"customerId":"cus_1","bundle":{"version":"1"},"hmacKey":"[r...
    15  field         "hmacKey"          {"customerId":"cus_1","bundle":{"version":"1"},"hmacKey":"[r... -> "[redacted]"
    16  constant      "n"                 -> "n"
    17  constant      1                   -> 1
    18  record        2                  "k", "[redacted]", "n", 1 -> {"k":"[redacted]","n":1}
    19  list          1                  {"k":"[redacted]","n":1} -> [{"k":"[redacted]","n":1}]
    20  loop                             [{"k":"[redacted]","n":1}]
    21  list          0                   -> []
    22  next          0 or -> L29         -> {"k":"[redacted]","n":1}
    23  local         0                   -> {"k":"[redacted]","n":1}
    24  field         "n"                {"k":"[redacted]","n":1} -> 1
    25  constant      1                   -> 1
    26  add                              1, 1 -> 2
    27  append                           [], 2 -> [2]
    28  jump          -> L22
    22  next          0 or -> L29
    29  store                            [2]
    30  enter         last
    31  constant      1                   -> 1
    32  finish        output             1

    12  enter         made
    13  trigger                           -> {"customerId":"cus_1","bundle":{"version":"1"},"hmacKey":"[r...
    14  field         "hmacKey"          {"customerId":"cus_1","bundle":{"version":"1"},"hmacKey":"[r... -> "[redacted]"
    15  list          1                  "[redacted]" -> ["[redacted]"]
    16  loop                             ["[redacted]"]
    17  list          0                   -> []
    18  next          0 or -> L23         -> "[redacted]"
    19  local         0                   -> "[redacted]"
    20  function      upperAscii/1       "[redacted]" -> "[redacted]"
    21  append                           [], "[redacted]" -> ["[redacted]"]
    22  jump          -> L18
    18  next          0 or -> L23
    23  store                            ["[redacted]"]
    24  enter         last
    25  constant      1                   -> 1
    26  finish        output             1

    12  enter         made
    13  constant      "key "              -> "key "
    14  trigger                           -> {"customerId":"cus_1","bundle":{"version":"1"},"hmacKey":"[r...
    15  field         "hmacKey"          {"customerId":"cus_1","bundle":{"version":"1"},"hmacKey":"[r... -> "[redacted]"
    16  constant      " of "              -> " of "
    17  trigger                           -> {"customerId":"cus_1","bundle":{"version":"1"},"hmacKey":"[r...
    18  field         "customerId"       {"customerId":"cus_1","bundle":{"version":"1"},"hmacKey":"[r... -> "cus_1"
    19  text          4                  "key ", "[redacted]", " of ", "cus_1" -> "[redacted]"
    20  store                            "[redacted]"
    21  enter         last
    22  constant      1                   -> 1
    23  finish        output             1

    12  enter         made
    13  verdict
    14  attempt       -> L21
    15  trigger                           -> {"customerId":"cus_1","bundle":{"version":"1"},"hmacKey":"[r...
    16  field         "hmacKey"          {"customerId":"cus_1","bundle":{"version":"1"},"hmacKey":"[r... -> "[redacted]"
    17  function      int/1              "[redacted]" failed: `int` cannot convert this; it met a string
    21  trigger                           -> {"customerId":"cus_1","bundle":{"version":"1"},"hmacKey":"[r...
    22  field         "customerId"       {"customerId":"cus_1","bundle":{"version":"1"},"hmacKey":"[r... -> "cus_1"
    23  constant      "cus_1"             -> "cus_1"
    24  equal                            "cus_1", "cus_1" -> true
    25  settle_or     -> L27             true -> true
    27  store                            true
    28  enter         last
    29  constant      1                   -> 1
    30  finish        output             1

    12  enter         made
    13  verdict
    14  attempt       -> L21
    15  trigger                           -> {"customerId":"cus_1","bundle":{"version":"1"},"hmacKey":"[r...
    16  field         "hmacKey"          {"customerId":"cus_1","bundle":{"version":"1"},"hmacKey":"[r... -> "[redacted]"
    17  function      int/1              "[redacted]" failed: `int` cannot convert this; it met a string
    21  trigger                           -> {"customerId":"cus_1","bundle":{"version":"1"},"hmacKey":"[r...
    22  field         "customerId"       {"customerId":"cus_1","bundle":{"version":"1"},"hmacKey":"[r... -> "cus_1"
    23  constant      "other"             -> "other"
    24  equal                            "cus_1", "other" -> false
    25  settle_or     -> L27             false
    26  conclude      false               failed: `int` cannot convert this; it met a string
    "#);
}
