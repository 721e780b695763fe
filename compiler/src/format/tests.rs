#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
#![allow(clippy::disallowed_methods, reason = "fixtures are files")]

use super::format;
use crate::analysis::{Analysis, Syntax};
use crate::bytecode::Program;
use crate::convert;
use crate::convert::writ::tests::{print, specs};
use crate::diagnostic::Code;
use crate::syntax::json;
use crate::syntax::token::{TokenKind, tokens_and_comments};
use proptest::prelude::*;
use std::fs;
use std::path::{Path, PathBuf};

fn formatted(text: &str) -> String {
    format(text.as_bytes(), Syntax::Writ)
        .unwrap_or_else(|analysis| panic!("{:#?}\n{text}", analysis.diagnostics))
}

/// The tokens of a `.writ` text, without the commas that a line break may stand for, and its comments.
fn content(text: &str) -> (Vec<&str>, Vec<&str>) {
    let tokens = tokens_and_comments(text);
    let mut content = (Vec::new(), Vec::new());
    for token in tokens.filter(|token| token.kind != TokenKind::Sign(',')) {
        let text = &text[token.span.range()];
        match token.kind {
            TokenKind::Comment => content.1.push(text.trim_end()),
            _ => content.0.push(text),
        }
    }
    content
}

fn programs(text: &str, syntax: Syntax) -> Vec<Option<Program>> {
    let workflows = Analysis::new(text, syntax).workflows;
    workflows.into_iter().map(|found| Some(found.compiled?.program)).collect()
}

/// What is wrong with a text, in no order.
fn codes(text: &str, syntax: Syntax) -> Vec<Code> {
    let found = Analysis::new(text, syntax).diagnostics;
    let mut codes: Vec<_> = found.iter().map(|diagnostic| diagnostic.code).collect();
    codes.sort();
    codes
}

/// Formats a text, and holds the result against what formatting promises. `None` when the text cannot be read.
fn keeps_its_promises(text: &str, syntax: Syntax) -> Option<String> {
    let once = format(text.as_bytes(), syntax).ok()?;
    let twice = format(once.as_bytes(), syntax)
        .unwrap_or_else(|analysis| panic!("{:#?}\n{once}", analysis.diagnostics));
    assert_eq!(twice, once, "formatted again, from\n{text}");
    match syntax {
        Syntax::Writ => assert_eq!(content(&once), content(text), "{once}"),
        Syntax::Json => {
            let value = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
            assert_eq!(once, serde_json::to_string_pretty(&value(text)).unwrap() + "\n");
        }
    }
    assert_eq!(programs(&once, syntax), programs(text, syntax), "{once}");
    let ends = once.is_empty() || (once.ends_with('\n') && !once.ends_with("\n\n"));
    assert!(ends && !once.starts_with('\n') && !once.contains("\n\n\n"), "{once}");
    Some(once)
}

#[test]
fn white_space_becomes_canonical() {
    let text = "\u{feff}// About cards.\r\nuse   aml\r\nuse identity\r
type Line={sku:string,count?:int   more:{string:[json]}}// trailing\r
/// Screens.   \r
workflow \"w\"{name \"W\" trigger api{a:string,b:\"x\"|\"y\"


    } budget{calls 5,attempts 6 , }

  // Before the step.
  call   screen=aml.createScreening{lane:\"onboarding\" customerId:trigger.a,}
  retry 5 exponential   on 5xx,timeout on error 404->nobody // why
  timeout 20s optional ->end
  // Above nobody.

  transform nobody=[1,-2 , trigger . items [ 0 ] . ?name,a.b(1)-c*-3,!(x in[1])]
  decide d{when trigger.n>5&&
    trigger.b
    ->end
  else{}}
  approval ask { assign role:kyc_analyst form{reason?:string,ok:bool} on reject->fail \"no\" \"why\" }
  transform c = { a: trigger.x ? 1.5e-3 : -.5, b: f(x,
     y)
  }
}
";
    insta::assert_snapshot!(formatted(text), @r#"
    // About cards.
    use aml
    use identity

    type Line = { sku: string, count?: int, more: {string: [json]} } // trailing

    /// Screens.   
    workflow "w" {
      name "W"

      trigger api { a: string, b: "x" | "y" }

      budget {
        calls 5
        attempts 6
      }

      // Before the step.
      call screen = aml.createScreening { lane: "onboarding", customerId: trigger.a }
      retry 5 exponential on 5xx, timeout
      on error 404 -> nobody // why
      timeout 20s
      optional
      -> end
      // Above nobody.

      transform nobody = [1, -2, trigger.items[0].?name, a.b(1) - c * -3, !(x in [1])]

      decide d {
        when trigger.n > 5
          && trigger.b -> end
        else {}
      }

      approval ask {
        assign role:kyc_analyst
        form { reason?: string, ok: bool }
        on reject -> fail "no" "why"
      }

      transform c = { a: trigger.x ? 1.5e-3 : -.5, b: f(x, y) }
    }
    "#);
}

#[test]
fn a_record_is_as_its_author_broke_it_and_as_long_as_it_fits() {
    let text = r#"workflow "w" {
  transform short = { a: 1, b: { c: 2 } }

  transform broken = {
    a: 1, (k): 2, in: [
      1, { d: 2 }
    ] // about in

    // last
  }

  transform hugged = [{ aaaaaaaaaaaaaaaaaaaa: 1 }, {
    b: 1 }]

  transform long = { aaaaaaaaaaaaaaaaaaaaaaaaaaa: trigger.aaaaaaaaaaaaaaaaaaaaaaaa, bbbbbbbbbbbbb: [trigger.bbbbbbb, 2] }

  transform call = f({ aaaaaaaaaaaaaaaaaaaaaaaaaaa: trigger.aaaaaaaaaaaaaaaaaaaaaaaa, bbbbbbbbbbbbb: trigger.bbbbbbbbbbbbbbbb })

  transform lines = { text: """one
  two""", n: [ // why
    1], empty: {
    }, none: [ ] }
}
"#;
    insta::assert_snapshot!(formatted(text), @r#"
    workflow "w" {
      transform short = { a: 1, b: { c: 2 } }

      transform broken = {
        a: 1,
        (k): 2,
        in: [
          1,
          { d: 2 },
        ] // about in

        // last
      }

      transform hugged = [{ aaaaaaaaaaaaaaaaaaaa: 1 }, {
        b: 1
      }]

      transform long = {
        aaaaaaaaaaaaaaaaaaaaaaaaaaa: trigger.aaaaaaaaaaaaaaaaaaaaaaaa
        bbbbbbbbbbbbb: [trigger.bbbbbbb, 2]
      }

      transform call = f({ aaaaaaaaaaaaaaaaaaaaaaaaaaa: trigger.aaaaaaaaaaaaaaaaaaaaaaaa, bbbbbbbbbbbbb: trigger.bbbbbbbbbbbbbbbb })

      transform lines = {
        text: """one
      two"""
        n: [ // why
          1,
        ]
        empty: {}
        none: []
      }
    }
    "#);
}

#[test]
fn a_chain_is_broken_where_its_author_broke_it() {
    let text = r#"workflow "w" {
  transform a = trigger.items
      .filter(item, item.count > 0 ||
        item.name == "x")  .map(item,
        item.name)

  decide d {
    when trigger.a // first
      && trigger.b -> end
    else -> end
  }

  transform b = trigger.a ?
    1 :
    2
}

type Kind = "a" | "b" |
  "c"
"#;
    insta::assert_snapshot!(formatted(text), @r#"
    workflow "w" {
      transform a = trigger.items
        .filter(item, item.count > 0
          || item.name == "x").map(item, item.name)

      decide d {
        when trigger.a // first
          && trigger.b -> end
        else -> end
      }

      transform b = trigger.a
        ? 1
        : 2
    }

    type Kind = "a" | "b"
      | "c"
    "#);
}

#[test]
fn blocks_that_are_not_read_keep_their_lines() {
    let text = "policy \"t\"   {\n\n given a-b:c   { x : 1 }\n\n\n      expect [1,\n 2]\n}\nworkflow \"w\" {}\n";
    insta::assert_snapshot!(formatted(text), @r#"
    policy "t" {
      given a-b:c {x : 1}

      expect [1,
      2]
    }

    workflow "w" {}
    "#);
}

#[test]
fn what_does_not_parse_is_said() {
    for (text, syntax, code) in [
        ("workflow \"w\" { cal a = b.c }", Syntax::Writ, "WR0101"),
        ("workflow \"w\" { transform a = \"x }", Syntax::Writ, "WR0102"),
        ("{\"nodes\": [1,]}", Syntax::Json, "WR0101"),
        ("{\"a\": 1, \"a\": 2}", Syntax::Json, "WR0104"),
    ] {
        let analysis = format(text.as_bytes(), syntax).unwrap_err();
        let codes: Vec<_> = analysis.diagnostics.iter().map(|d| d.code.id()).collect();
        assert_eq!(codes, [code], "{text}");
    }
    assert_eq!(format(b"\xff", Syntax::Writ).unwrap_err().diagnostics[0].code.id(), "WR0001");
    // What is wrong in another way is formatted.
    assert_eq!(
        formatted("workflow \"w\"{use x}".replace("use x", "start x").as_str()),
        "workflow \"w\" {\n  start x\n}\n"
    );
    assert_eq!(formatted(" \n"), "");
}

#[test]
fn json_is_written_as_convert_writes_it() {
    let text = "\u{feff}{\"nodes\":[{\"id\" : \"a\\u0062\\\"\",\"n\":1.50e3, \"none\":{ },\"list\":[ ]}],\r\n\"b\":[1,\n2]}";
    insta::assert_snapshot!(format(text.as_bytes(), Syntax::Json).unwrap(), @r#"
    {
      "nodes": [
        {
          "id": "a\u0062\"",
          "n": 1.50e3,
          "none": {},
          "list": []
        }
      ],
      "b": [
        1,
        2
      ]
    }
    "#);
}

/// Every file of a directory and those in it that is in one of the two syntaxes.
fn sources(directory: &Path) -> Vec<(PathBuf, Syntax)> {
    let mut sources = Vec::new();
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        match path.extension().and_then(|extension| extension.to_str()) {
            _ if path.is_dir() => sources.extend(self::sources(&path)),
            Some("writ") => sources.push((path, Syntax::Writ)),
            Some("json") => sources.push((path, Syntax::Json)),
            _ => {}
        }
    }
    sources
}

#[test]
fn every_fixture_and_signature_keeps_the_promises() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut formatted = 0;
    for directory in ["tests/cases", "stdlib"] {
        for (path, syntax) in sources(&root.join(directory)) {
            let Ok(text) = fs::read_to_string(&path) else { continue };
            if let Some(once) = keeps_its_promises(&text, syntax) {
                formatted += 1;
                // Comments that allow a warning still speak of the same.
                assert_eq!(codes(&once, syntax), codes(&text, syntax), "{}", path.display());
            }
            // Lines that end as they do elsewhere change nothing.
            let crlf = text.replace('\n', "\r\n");
            assert_eq!(format(crlf.as_bytes(), syntax).ok(), format(text.as_bytes(), syntax).ok());
        }
    }
    assert!(formatted > 40, "{formatted}");
}

#[test]
fn what_convert_prints_is_canonical() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/cases");
    for (path, syntax) in sources(&root) {
        let analysis = Analysis::from_bytes(&fs::read(&path).unwrap(), syntax);
        if analysis.has_errors() {
            continue;
        }
        for (workflow, found) in analysis.module.workflows.iter().zip(&analysis.workflows) {
            let text = convert::to_writ(&analysis.module, workflow, found);
            assert_eq!(formatted(&text), text, "{}", path.display());
            let text = convert::to_json(&analysis.module, workflow, found);
            assert_eq!(format(text.as_bytes(), Syntax::Json).unwrap(), text, "{}", path.display());
        }
    }
}

/// What may stand wherever white space stands.
const GAPS: [&str; 8] = [
    " ",
    " ",
    "\n",
    "\t\n\n \n",
    " // aside\n",
    "\n\n// above\n",
    "\r\n  //// x  \r\n\r\n",
    " //\n// two\n",
];

/// The text with other white space, and with comments, wherever it has white space.
fn spaced(text: &str, gaps: &[usize]) -> String {
    let mut out = String::new();
    let mut end = 0;
    let mut line = false;
    for (token, gap) in tokens_and_comments(text).zip(gaps.iter().cycle()) {
        let range = token.span.range();
        if range.start > end && end > 0 {
            let gap = GAPS[*gap];
            out.push_str(if line && !gap.starts_with('\n') { "\n" } else { gap });
        }
        out.push_str(&text[range.clone()]);
        end = range.end;
        line = matches!(token.kind, TokenKind::Doc | TokenKind::Comment);
    }
    out
}

fn gaps() -> impl Strategy<Value = Vec<usize>> {
    prop::collection::vec(0..GAPS.len(), 1..40)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn what_convert_prints_of_any_spec_is_canonical(spec in specs(), gaps in gaps()) {
        let text = print(&json::parse(&spec.to_string()).0);
        prop_assert_eq!(&formatted(&text), &text);
        prop_assert!(keeps_its_promises(&spaced(&text, &gaps), Syntax::Writ).is_some());
        prop_assert!(keeps_its_promises(&spec.to_string(), Syntax::Json).is_some());
    }

    #[test]
    fn comments_and_white_space_may_stand_anywhere(gaps in gaps(), which in 0..3_usize) {
        let text = [
            include_str!("../../../tests/cases/every-step/input.writ"),
            include_str!("../../../stdlib/aml.writ"),
            include_str!("../../../tests/cases/quickstart/workflow.writ"),
        ][which];
        prop_assert!(keeps_its_promises(&spaced(text, &gaps), Syntax::Writ).is_some());
    }
}
