//! Templates in JSON strings: what they mean, and where their mistakes are, however the string is escaped.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use proptest::prelude::*;
use std::fmt::Write as _;
use writ_compiler::analysis::{Analysis, Syntax};
use writ_compiler::bytecode::Location;
use writ_compiler::bytecode::eval::{self, Alone, Budget, EvalError};
use writ_compiler::diagnostic::{Severity, SourceRef, SourceText};
use writ_compiler::text::Span;
use writ_compiler::value::Value;

/// A spec whose one step makes the value of the string with this between its quotes.
fn spec(body: &str) -> String {
    format!(
        "{{\"startNodeId\": \"x\", \"edges\": [],\n \"nodes\": [{{\"id\": \"x\", \"type\": \"transform\", \"value\": \"{body}\"}}]}}"
    )
}

/// What a template comes to, and where.
#[derive(Debug, Clone, PartialEq)]
enum Outcome {
    Gives(Value),
    Fails(String, Span, Location),
    /// The messages of the errors with their places.
    Refused(Vec<(String, Span)>),
}

fn outcome(text: &str) -> Outcome {
    let analysis = Analysis::new(text, Syntax::Json);
    let errors = analysis.diagnostics.iter().filter(|d| d.severity == Severity::Error);
    let errors: Vec<_> = errors
        .flat_map(|d| {
            let label = |label: &writ_compiler::diagnostic::Label| {
                (label.source == SourceRef::Main).then(|| (d.message.clone(), label.span))
            };
            std::iter::once(&d.primary).chain(&d.secondary).filter_map(label).collect::<Vec<_>>()
        })
        .collect();
    if !errors.is_empty() {
        return Outcome::Refused(errors);
    }
    let compiled = analysis.workflows[0].compiled.as_ref().unwrap();
    let (program, map) = (&compiled.program, &compiled.source_map);
    let inputs = Value::record([("name", Value::from("Ada")), ("n", Value::from(5_i64))]);
    let run = Alone { inputs };
    let entry = program.steps[0].entry.next();
    match eval::run(program, entry, &run, &mut Budget::default()) {
        Ok(mut stopped) => Outcome::Gives(stopped.operands.pop().unwrap()),
        Err(error) => failed(&error, &analysis, map),
    }
}

fn failed(
    error: &EvalError,
    analysis: &Analysis,
    map: &writ_compiler::bytecode::SourceMap,
) -> Outcome {
    let source = SourceText { text: &analysis.text, syntax: analysis.syntax };
    let location = map.locate(error.pc, source, &analysis.lines).unwrap();
    Outcome::Fails(error.message(true), map.span(error.pc).unwrap(), location)
}

/// The outcome of a string's body as a line, or as one a message.
fn told(body: &str) -> String {
    let text = spec(body);
    match outcome(&text) {
        Outcome::Gives(value) => value.to_json(),
        Outcome::Fails(message, _, location) => format!("{location}: {message}"),
        Outcome::Refused(errors) => {
            let at = |span: Span| &text[span.range()];
            let lines = errors.iter().map(|(message, span)| format!("`{}`: {message}", at(*span)));
            lines.collect::<Vec<_>>().join("\n    ")
        }
    }
}

fn table(bodies: &[&str]) -> String {
    bodies.iter().map(|body| format!("{body}\n    {}\n", told(body))).collect()
}

#[test]
fn a_template_is_a_value_or_is_spliced_into_text() {
    insta::assert_snapshot!(table(&[
        "${trigger.n}",
        "${ trigger.n }",
        "n=${trigger.n}",
        "${trigger.n}${trigger.n}",
        "$${trigger.n}",
        "$$${trigger.n}",
        "a $${ b ${trigger.n} $5 $ {}",
        "${'$'}{}",
        "${ \\\"}\\\" }",
        "${ '}' + \\\"{\\\" + r'\\\\' }",
        "${ {'a': {'b': trigger.n}} }",
        "${ {'a': '${x}'}.a }",
        "${ [1, 2].map(x, {'x': x})[1].x }",
        "${\\n  trigger.n\\n    + 1 // one, it's }\\n}",
        "${ trigger.n // it's n } of them",
        "${ trigger.n // } and {\\n + 1 }",
        "${ '''a'}b''' }",
    ]), @r#"
    ${trigger.n}
        5
    ${ trigger.n }
        5
    n=${trigger.n}
        "n=5"
    ${trigger.n}${trigger.n}
        "55"
    $${trigger.n}
        "${trigger.n}"
    $$${trigger.n}
        "$${trigger.n}"
    a $${ b ${trigger.n} $5 $ {}
        "a ${ b 5 $5 $ {}"
    ${'$'}{}
        "${}"
    ${ \"}\" }
        "}"
    ${ '}' + \"{\" + r'\\' }
        "}{\\"
    ${ {'a': {'b': trigger.n}} }
        {"a":{"b":5}}
    ${ {'a': '${x}'}.a }
        "${x}"
    ${ [1, 2].map(x, {'x': x})[1].x }
        2
    ${\n  trigger.n\n    + 1 // one, it's }\n}
        6
    ${ trigger.n // it's n } of them
        "5 of them"
    ${ trigger.n // } and {\n + 1 }
        6
    ${ '''a'}b''' }
        "a'}b"
    "#);
}

#[test]
fn mistakes_in_a_template_are_shown_where_they_stand() {
    insta::assert_snapshot!(table(&[
        "hello ${trigger.n",
        "hello ${",
        "${}",
        "${ 'a }",
        "${ {'a': 1 }",
        "${trigger.n +}",
        "${trigger.n + * 2} and ${nope}",
        "\\u0041\\ud83d\\ude00 ${1 + \\\"a\\\"}",
        "\u{1f600} ${1 + '\u{1f600}'} \\n ${2 - 'b'}",
        "\\u0024{siz\\u0065(1)}",
        "${int(trigger.name)}",
        "\\ud83d\\ude00\\n ${ 'x' + string(int(trig\\u0067er.\\u006eame)) }",
        "${ trigger.n > 1\\r\\n && trigger.name[\\\"a\\\"] == 'b' }",
    ]), @r#"
    hello ${trigger.n
        `${`: `${` is never closed
    hello ${
        `${`: `${` is never closed
    ${}
        ``: the expression is empty
    ${ 'a }
        `${`: `${` is never closed
    ${ {'a': 1 }
        `${`: `${` is never closed
    ${trigger.n +}
        ``: unexpected end in the expression: expected a value
    ${trigger.n + * 2} and ${nope}
        `*`: unexpected `*` in the expression: expected a value
        `nope`: there is no variable `nope`
    \u0041\ud83d\ude00 ${1 + \"a\"}
        `1 + \"a\"`: `+` does not apply to `int` and `"a"`
        `1`: `+` does not apply to `int` and `"a"`
        `\"a\"`: `+` does not apply to `int` and `"a"`
    😀 ${1 + '😀'} \n ${2 - 'b'}
        `1 + '😀'`: `+` does not apply to `int` and `"😀"`
        `1`: `+` does not apply to `int` and `"😀"`
        `'😀'`: `+` does not apply to `int` and `"😀"`
        `2 - 'b'`: `-` does not apply to `int` and `"b"`
        `2`: `-` does not apply to `int` and `"b"`
        `'b'`: `-` does not apply to `int` and `"b"`
    \u0024{siz\u0065(1)}
        `1`: `size` takes a string, bytes, a list or a record here, not `int`
    ${int(trigger.name)}
        2:57 in `int(trigger.name)`: `trigger.name`: `int` cannot convert this; it met "Ada"
    \ud83d\ude00\n ${ 'x' + string(int(trig\u0067er.\u006eame)) }
        2:86 in `int(trigger.name)`: `trigger.name`: `int` cannot convert this; it met "Ada"
    ${ trigger.n > 1\r\n && trigger.name[\"a\"] == 'b' }
        2:79 in `trigger.name["a"]`: `trigger.name["a"]`: only a list or a record can be indexed; it met "Ada"
    "#);
}

/// A template as the body of a JSON string, and where in it each of its characters begins; the last entry is its end.
fn escaped(template: &str, choices: &[u8]) -> (String, Vec<usize>) {
    let (mut body, mut starts) = (String::new(), Vec::new());
    let mut choices = choices.iter().copied().cycle();
    for c in template.chars() {
        starts.push(body.len());
        let choice = choices.next().unwrap_or(0);
        let short = match c {
            '"' => Some("\\\""),
            '\\' => Some("\\\\"),
            '\n' => Some("\\n"),
            '\r' => Some("\\r"),
            '\t' => Some("\\t"),
            '/' if choice % 2 == 0 => Some("\\/"),
            _ => None,
        };
        match short {
            Some(short) if choice % 3 > 0 => body.push_str(short),
            None if choice % 3 > 0 => body.push(c),
            _ => {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    write!(body, "\\u{unit:04x}").unwrap();
                }
            }
        }
    }
    starts.push(body.len());
    (body, starts)
}

/// The outcome with places as numbers of the template's characters.
fn in_characters(
    template: &str,
    choices: &[u8],
) -> (Outcome, Vec<(usize, usize)>, Option<Location>) {
    let (body, starts) = escaped(template, choices);
    let text = spec(&body);
    let before = text.find(&format!("\"value\": \"{body}")).unwrap() + "\"value\": \"".len();
    let number = |offset: u32| {
        let within = (offset as usize).checked_sub(before).expect("a place before the string");
        starts.iter().position(|start| *start == within).expect("a place within an escape")
    };
    let place = |span: Span| (number(span.start), number(span.end));
    match outcome(&text) {
        Outcome::Gives(value) => (Outcome::Gives(value), Vec::new(), None),
        Outcome::Fails(message, span, location) => {
            // Its line and column are those of the first character's first byte.
            let start = &text[..before + starts[number(span.start)]];
            let line = start.matches('\n').count() + 1;
            let column = start.rsplit('\n').next().unwrap().chars().count() + 1;
            assert_eq!((location.line as usize, location.column as usize), (line, column));
            (Outcome::Refused(vec![(message, Span::default())]), vec![place(span)], Some(location))
        }
        Outcome::Refused(errors) => {
            let places = errors.iter().map(|(_, span)| place(*span)).collect();
            let messages = errors.into_iter().map(|(message, _)| (message, Span::default()));
            (Outcome::Refused(messages.collect()), places, None)
        }
    }
}

/// Templates that are right, refused, and that fail in a run, with characters of every length.
fn template() -> impl Strategy<Value = String> {
    let text =
        prop::sample::select(vec!["", "a ", "\u{1f600}", "\u{e9}\n", "$${", "\r\n", "\\", "\"/"]);
    let expression = prop::sample::select(vec![
        "trigger.n",
        " trigger.n +\r\n 1 ",
        "1 + '\u{1f600}'",
        "'\u{1f600}' + 1 + 2",
        "trigger.",
        "size(\n 1 \u{1f600})",
        "nope(\"\u{e9}\")",
        "int(trigger.name)",
        "'\u{1f600}' + string(\tint( trigger.name))",
        "trigger[\"\u{1f600}\\\"\"]",
        "{'}': \"{\"}[\"}\"]",
        "[1, 2].map(x, x / 0)",
        "'a",
        "7 7",
        "\u{201c}a\u{201d}",
    ]);
    let piece =
        prop_oneof![text.prop_map(str::to_owned), expression.prop_map(|e| format!("${{{e}}}"))];
    prop::collection::vec(piece, 1..4).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn places_do_not_depend_on_how_a_string_is_escaped(
        template in template(),
        choices in prop::collection::vec(any::<u8>(), 1..40),
    ) {
        let (plain, plain_places, plain_location) = in_characters(&template, &[1]);
        let (other, places, location) = in_characters(&template, &choices);
        // A control character stands in its message as it was written.
        prop_assert_eq!(plain, other);
        prop_assert_eq!(plain_places, places);
        prop_assert_eq!(plain_location.map(|l| l.expression), location.map(|l| l.expression));
    }
}
