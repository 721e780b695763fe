#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use super::instruction::mnemonic;
use super::*;
use crate::bytecode::Op;
use crate::lower::tests::untyped;
use serde_json::json;

#[test]
fn listings_name_what_instructions_refer_to() {
    let spec = json!({
        "startNodeId": "get",
        "nodes": [
            {"id": "get", "type": "service_call", "service": "custom:crm", "method": "GET", "path": "${trigger.id}",
             "onError": {"404": "route_to:none"}},
            {"id": "big", "type": "decision",
             "conditions": [{"when": "step.get.output.items.exists(x, x.total > 10 && !x.paid)", "next": "ask"}],
             "defaultCase": "none"},
            {"id": "ask", "type": "human_approval", "actionLabel": "For ${trigger.?name.orValue('nobody')}",
             "timeoutHours": 2, "onTimeout": "route_to:none"},
            {"id": "none", "type": "end", "output": [null, 7, "x"]},
        ],
        "edges": [{"from": "get", "to": "big"}, {"from": "ask", "to": "none"}],
    });
    let text = serde_json::to_string_pretty(&spec).unwrap();
    let compiled = untyped(&text);
    insta::assert_snapshot!(disasm(&compiled.program, Some((&compiled.source_map, &text))), @r#"
    format 3, semantics 2
    sha256:d7898248b65e4a12332acfca3ac51b799b5420014de2fc4c22573bef24e615c8
    entry get
    input json

    get: service_call GET custom:crm
      input json
      output json
      timeout 30 s, 3 attempts, exponential
      retry on nothing
      on error 404 -> none
      ; 5: "id": "get",
         0  enter         get
         1  constant      "/x/"
      ; 9: "path": "${trigger.id}",
         2  trigger
         3  field         "id"
         4  path_segment
      ; 5: "id": "get",
         5  text          2
         6  call

    big: decision
      input json
      output json
      ; 15: "id": "big",
         7  enter         big
      ; 19: "when": "step.get.output.items.exists(x, x.total > 10 && !x.paid)",
         8  verdict
         9  output        get
        10  field         "items"
        11  loop
      L12:
        12  next          0 or -> L28
        13  attempt       -> L12
        14  verdict
        15  attempt       -> L21
        16  local         0 x
        17  field         "total"
        18  constant      10
        19  greater
        20  settle_and    -> L26
      L21:
        21  local         0 x
        22  field         "paid"
        23  not
        24  settle_and    -> L26
        25  conclude      true
      L26:
        26  settle_or     -> L30
        27  jump          -> L12
      L28:
        28  conclude      false
        29  jump          -> L31
      L30:
        30  break
      L31:
        31  unless        -> L33
        32  select        "ask" -> ask
      ; 15: "id": "big",
      L33:
        33  select        "default" -> none

    ask: human_approval
      input json
      output json
      timeout 2 h, then -> none
      on reject fail
      ; 26: "id": "ask",
        34  enter         ask
      ; 28: "actionLabel": "For ${trigger.?name.orValue('nobody')}",
        35  constant      "For "
        36  trigger
        37  field_or      "name" or -> L39
        38  jump          -> L40
      L39:
        39  constant      "nobody"
      L40:
        40  text          2
      ; 26: "id": "ask",
        41  approve       label

    none: end
      input json
      output json
      ; 33: "id": "none",
        42  enter         none
      ; 36: null,
        43  constant      null
      ; 37: 7,
        44  constant      7
      ; 38: "x"
        45  constant      "x"
      ; 35: "output": [
        46  list          3
        47  finish        output
    "#);
    let without = disasm(&compiled.program, None);
    assert!(without.lines().all(|line| !line.contains(';')), "{without}");
}

#[test]
fn of_a_long_line_the_part_is_shown() {
    let text = json!({
        "startNodeId": "a", "edges": [],
        "nodes": [{"id": "a", "type": "transform", "value": {
            "one": "${trigger.first.field.of.many + trigger.second.field.of.many}", "two": "${[1].map(x, x + trigger.n)}",
        }}],
    });
    let text = format!("\t{text}");
    let compiled = untyped(&text);
    let listing = disasm(&compiled.program, Some((&compiled.source_map, &text)));
    let (_, code) = listing.split_once("output json\n").unwrap();
    insta::assert_snapshot!(code, @r#"
    ; 1: ...des":[{"id":"a","type":"transform","value":{"one":"${trigger.first.field...
       0  enter         a
       1  constant      "one"
       2  trigger
       3  field         "first"
       4  field         "field"
       5  field         "of"
       6  field         "many"
    ; 1: ...d.of.many + trigger.second.field.of.many}","two":"${[1].map(x, x + trigg...
       7  trigger
       8  field         "second"
       9  field         "field"
      10  field         "of"
      11  field         "many"
    ; 1: ...":{"one":"${trigger.first.field.of.many + trigger.second.field.of.many}"...
      12  add
    ; 1: ...d.of.many}","two":"${[1].map(x, x + trigger.n)}"}}]}
      13  constant      "two"
      14  constant      1
      15  list          1
      16  loop
      17  list          0
    L18:
      18  next          0 or -> L25
      19  local         0 x
      20  trigger
      21  field         "n"
      22  add
      23  append
      24  jump          -> L18
    ; 1: ...rm","value":{"one":"${trigger.first.field.of.many + trigger.second.field...
    L25:
      25  record        2
      26  store
      27  end
    "#);
}

/// Every instruction, with the numbers of its family and of itself in the encoding.
fn every_instruction() -> Vec<(String, Op)> {
    let mut all = Vec::new();
    // From 128 on, a number takes two bytes.
    for (family, variant) in (0..128).flat_map(|f| (0..128).map(move |v| (f, v))) {
        // Operands are zero.
        let bytes: [u8; 6] = [family, variant, 0, 0, 0, 0];
        if let Ok((op, _)) = postcard::take_from_bytes::<Op>(&bytes) {
            all.push((format!("{family}.{variant}"), op));
        }
    }
    all
}

/// Its name in the documentation.
fn name(op: Op) -> &'static str {
    match op {
        Op::Function { function, .. } => function.name(),
        op => mnemonic(op),
    }
}

#[test]
fn the_documented_instructions_are_those_there_are() {
    let page = include_str!("../../../../docs/bytecode.md");
    let rows = page.lines().filter(|line| line.starts_with("| ") && line.contains("` |"));
    let documented: Vec<String> = rows
        .map(|row| row.split('|').take(3).map(str::trim).collect::<Vec<_>>().join("|"))
        .collect();
    let all = every_instruction();
    assert!(all.len() > 60, "{}", all.len());
    let there_are: Vec<String> =
        all.iter().map(|(number, op)| format!("|{number}|`{}`", name(*op))).collect();
    assert_eq!(documented, there_are);
}

/// What each release can read is fixed: a new instruction makes a new format, unless the latest was not released yet.
#[test]
fn every_format_keeps_its_instructions() {
    let all = every_instruction();
    let until = |format| {
        let mut last: Vec<&str> = Vec::new();
        for (number, _) in all.iter().filter(|(_, op)| op.since() <= format) {
            let (family, _) = number.split_once('.').unwrap();
            last.retain(|other| other.split_once('.').unwrap().0 != family);
            last.push(number);
        }
        last.join(" ")
    };
    assert_eq!(until(1), "0.12 1.9 2.4 3.7 4.13 5.9 6.20");
    assert_eq!(until(2), "0.13 1.9 2.4 3.7 4.13 5.9 6.20");
    assert_eq!(until(3), "0.13 1.9 2.4 3.8 4.13 5.16 6.67");
}

#[test]
fn any_program_can_be_listed() {
    let mut program = untyped(&json!({
        "startNodeId": "a", "nodes": [{"id": "a", "type": "transform", "value": 1}], "edges": [],
    }).to_string()).program;
    program.code = every_instruction().into_iter().map(|(_, op)| op).collect();
    program.constants.clear();
    program.steps.clear();
    let text = disasm(&program, None);
    assert_eq!(text.lines().filter(|line| line.starts_with("   ")).count(), program.code.len());
}
