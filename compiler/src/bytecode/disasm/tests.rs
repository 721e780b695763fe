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
    format 1, semantics 1
    sha256:c21dbefd3f2c5a7898af755a678e4373c7015994795756813892c57c33465c19
    entry get
    input json

    get: service_call GET custom:crm
      input json
      output json
      timeout 30000 ms, 3 attempts, exponential
      retry on nothing
      on error 404 -> none
      ; 5: "id": "get",
         0  enter         get
         1  constant      "/x/"
      ; 9: "path": "${trigger.id}",
         2  trigger
         3  field         "id"
      ; 5: "id": "get",
         4  path_segment
         5  text          2
         6  call

    big: decision
      input json
      output json
      ; 15: "id": "big",
         7  enter         big
      ; 19: "when": "step.get.output.items.exists(x, x.total > 10 && !x.paid)",
         8  output        get
         9  field         "items"
        10  loop
      L11:
        11  next          0 or -> L25
        12  local         0
        13  field         "total"
        14  constant      10
        15  greater
        16  and           -> L21
        17  local         0
        18  field         "paid"
        19  not
        20  bool
      L21:
        21  unless        -> L11
        22  break
        23  constant      true
        24  jump          -> L26
      L25:
        25  constant      false
      ; 15: "id": "big",
      L26:
        26  unless        -> L28
        27  select        "ask" -> ask
      L28:
        28  select        "default" -> none

    ask: human_approval
      input json
      output json
      timeout 7200000 ms, then -> none
      on reject fail
      ; 26: "id": "ask",
        29  enter         ask
      ; 28: "actionLabel": "For ${trigger.?name.orValue('nobody')}",
        30  constant      "For "
        31  trigger
        32  field_or      "name" or -> L34
        33  jump          -> L35
      L34:
        34  constant      "nobody"
      L35:
        35  text          2
      ; 26: "id": "ask",
        36  approve       label

    none: end
      input json
      output json
      ; 33: "id": "none",
        37  enter         none
      ; 36: null,
        38  constant      null
      ; 37: 7,
        39  constant      7
      ; 38: "x"
        40  constant      "x"
      ; 35: "output": [
        41  list          3
      ; 33: "id": "none",
        42  finish        output
    "#);
    let without = disasm(&compiled.program, None);
    assert!(without.lines().all(|line| !line.contains(';')), "{without}");
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
