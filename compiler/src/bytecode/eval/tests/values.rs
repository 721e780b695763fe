//! What expressions give, as people read it.

use super::*;

#[test]
fn arithmetic_is_exact_or_an_error() {
    insta::assert_snapshot!(table(&[
        "trigger.n + 2 * 3 - 4 / 3",
        "7 / 0",
        "7 % 0",
        "7.0 / 0.0 > 1.0",
        "trigger.big + 1",
        "-trigger.big - 2",
        "trigger.big * 3",
        "-7 / 2",
        "-7 % 2",
        "trigger.half + 1",
        "'a' + 'b' + trigger.name",
        "[1] + [2, 3]",
        "'a' + 1",
        "timestamp(trigger.at) + duration('24h')",
        "timestamp(trigger.at) - timestamp('2026-01-01T00:00:00Z')",
        "duration('1h') > duration('59m')",
        "9007199254740993 == 9007199254740992.0",
    ]), @r#"
    trigger.n + 2 * 3 - 4 / 3
        10
    7 / 0
        error: division by zero; it met 7
    7 % 0
        error: division by zero; it met 7
    7.0 / 0.0 > 1.0
        true
    trigger.big + 1
        error: the result does not fit 64 bits
    -trigger.big - 2
        error: the result does not fit 64 bits
    trigger.big * 3
        error: the result does not fit 64 bits
    -7 / 2
        -3
    -7 % 2
        -1
    trigger.half + 1
        1.5
    'a' + 'b' + trigger.name
        "abAda"
    [1] + [2, 3]
        [1,2,3]
    'a' + 1
        error: `+` does not apply to string and int; it met ["a",1]
    timestamp(trigger.at) + duration('24h')
        "2026-01-03T03:04:05Z"
    timestamp(trigger.at) - timestamp('2026-01-01T00:00:00Z')
        "97445s"
    duration('1h') > duration('59m')
        true
    9007199254740993 == 9007199254740992.0
        false
    "#);
}

#[test]
fn logic_and_comparison() {
    insta::assert_snapshot!(table(&[
        "trigger.yes && trigger.n > 4 || 1 / 0 == 1",
        "false && 1 / 0 == 1",
        "true || 1 / 0 == 1",
        "trigger.n && true",
        "true && trigger.n",
        "1 / 0 == 1 && false",
        "1 / 0 == 1 || true",
        "1 / 0 == 1 || trigger.nick || 'x'.size() > 2",
        "(1 / 0 == 1 || trigger.yes) && (trigger.nick || trigger.yes)",
        "trigger.n && false",
        "!trigger.yes",
        "!trigger.n",
        "trigger.n == '5'",
        "trigger.n < '5'",
        "trigger.n in trigger.items",
        "'age' in trigger.person",
        "1 in 'abc'",
        "trigger.n > 4 ? 'big' : 1 / 0",
        "[1, {\"a\": 2}] == [1.0, {\"a\": 2u}]",
    ]), @r#"
    trigger.yes && trigger.n > 4 || 1 / 0 == 1
        true
    false && 1 / 0 == 1
        false
    true || 1 / 0 == 1
        true
    trigger.n && true
        error: `trigger.n`: a bool is needed here; it met 5
    true && trigger.n
        error: `trigger.n`: a bool is needed here; it met 5
    1 / 0 == 1 && false
        false
    1 / 0 == 1 || true
        true
    1 / 0 == 1 || trigger.nick || 'x'.size() > 2
        error: division by zero; it met 1
    (1 / 0 == 1 || trigger.yes) && (trigger.nick || trigger.yes)
        true
    trigger.n && false
        false
    !trigger.yes
        false
    !trigger.n
        error: `trigger.n`: `!` does not apply here; it met 5
    trigger.n == '5'
        false
    trigger.n < '5'
        error: `<` does not apply to int and string; it met [5,"5"]
    trigger.n in trigger.items
        false
    'age' in trigger.person
        true
    1 in 'abc'
        error: `in` needs a list or a record on its right; it met "abc"
    trigger.n > 4 ? 'big' : 1 / 0
        "big"
    [1, {"a": 2}] == [1.0, {"a": 2u}]
        true
    "#);
}

#[test]
fn what_is_absent_is_an_error_that_names_the_path_or_what_the_author_says() {
    insta::assert_snapshot!(table(&[
        "trigger.person.age",
        "trigger.person.agee",
        "trigger.name.first",
        "trigger.items[2]",
        "trigger.items[3]",
        "trigger.items['x']",
        "trigger['name']",
        "trigger['nome']",
        "step.b.output.id",
        "step.b.error.code",
        "trigger.?nick",
        "trigger.?nick.first.orValue('none')",
        "trigger.?name.orValue('none')",
        "trigger.?nothing.orValue('none')",
        "trigger.items[?9].orValue(0)",
        "step.?b.output.id.orValue('none')",
        "step.?a.output.id.orValue('none')",
        "trigger.?nick.hasValue()",
        "trigger.?name.hasValue()",
        "trigger.?name.value()",
        "trigger.?nick.value()",
        "has(trigger.nick)",
        "has(trigger.nothing)",
        "has(trigger.person.age)",
        "has(trigger.persona.age)",
        "has(trigger.?persona.age)",
        "has(step.a.output)",
        "has(step.b.output)",
        "has(step.b.output.id)",
        "has(step.a.output.id)",
        "has(step.b.error)",
        "coalesce(step.b.output.id, step.a.output.id)",
        "coalesce(trigger.nothing, trigger.nick, trigger.name)",
        "coalesce(trigger.nick, trigger.nack)",
        "coalesce(trigger.nothing, null)",
    ]), @r#"
    trigger.person.age
        36
    trigger.person.agee
        error: `trigger.person.agee`: there is no field `agee`; it met {"age":36,"tags":["x","y"]}
    trigger.name.first
        error: `trigger.name.first`: there is no field `first` in what is no record; it met "Ada"
    trigger.items[2]
        3
    trigger.items[3]
        error: `trigger.items[3]`: the list of 3 has no item of this number; it met 3
    trigger.items['x']
        error: `trigger.items["x"]`: a list is indexed by an int; it met "x"
    trigger['name']
        "Ada"
    trigger['nome']
        error: `trigger["nome"]`: the record has no field of this name; it met "nome"
    step.b.output.id
        error: `step.b.output`: the step has no output on this path
    step.b.error.code
        error: `step.b.error`: the step did not fail on this path
    trigger.?nick
        error: `trigger.nick`: there is no field `nick`; it met {"n":5,"half":0.5,"name":"Ada","nothing":null,"yes":true,"items":[1,2,3],"person":{"age":36,"tags":["x","y"]},"big":9223...
    trigger.?nick.first.orValue('none')
        "none"
    trigger.?name.orValue('none')
        "Ada"
    trigger.?nothing.orValue('none')
        null
    trigger.items[?9].orValue(0)
        0
    step.?b.output.id.orValue('none')
        "none"
    step.?a.output.id.orValue('none')
        "o1"
    trigger.?nick.hasValue()
        false
    trigger.?name.hasValue()
        true
    trigger.?name.value()
        "Ada"
    trigger.?nick.value()
        error: `trigger.nick`: there is no field `nick`; it met {"n":5,"half":0.5,"name":"Ada","nothing":null,"yes":true,"items":[1,2,3],"person":{"age":36,"tags":["x","y"]},"big":9223...
    has(trigger.nick)
        false
    has(trigger.nothing)
        true
    has(trigger.person.age)
        true
    has(trigger.persona.age)
        error: `trigger.persona`: there is no field `persona`; it met {"n":5,"half":0.5,"name":"Ada","nothing":null,"yes":true,"items":[1,2,3],"person":{"age":36,"tags":["x","y"]},"big":9223...
    has(trigger.?persona.age)
        false
    has(step.a.output)
        true
    has(step.b.output)
        false
    has(step.b.output.id)
        false
    has(step.a.output.id)
        true
    has(step.b.error)
        false
    coalesce(step.b.output.id, step.a.output.id)
        "o1"
    coalesce(trigger.nothing, trigger.nick, trigger.name)
        "Ada"
    coalesce(trigger.nick, trigger.nack)
        error: `trigger.nack`: there is no field `nack`; it met {"n":5,"half":0.5,"name":"Ada","nothing":null,"yes":true,"items":[1,2,3],"person":{"age":36,"tags":["x","y"]},"big":9223...
    coalesce(trigger.nothing, null)
        null
    "#);
}

#[test]
fn comprehensions() {
    insta::assert_snapshot!(table(&[
        "trigger.items.all(x, x > 0)",
        "trigger.items.all(x, x > 1)",
        "[].all(x, x > 1)",
        "trigger.items.exists(x, x == 3)",
        "trigger.items.exists(x, x == 4)",
        "trigger.items.exists(x, x == 1 || x / 0 == 1)",
        "trigger.items.exists_one(x, x > 2)",
        "trigger.items.exists_one(x, x > 1)",
        "trigger.items.map(x, x * x)",
        "trigger.items.map(x, x > 1, x * 10)",
        "trigger.items.filter(x, x != 2)",
        "trigger.person.map(key, key)",
        "trigger.items.map(x, trigger.items.filter(y, y > x))",
        "[[1, 2], [3]].map(xs, xs.exists(x, x == 3)) + [true]",
        "1 + trigger.items.filter(x, x > 1).size()",
        "trigger.items.exists(x, x / 0 == 1 || x == 3)",
        "trigger.items.all(x, x / 0 == 1 && x == 3)",
        "trigger.items.all(x, x / (x - 1) > 0)",
        "trigger.items.exists(x, trigger.items.all(y, y / (x - 2) > 0))",
        "trigger.items.map(x, x / 0)",
        "trigger.n.map(x, x)",
        "trigger.items.filter(x, x)",
        "trigger.person.tags.map(t, {(t): trigger.n, \"same\": t})",
        "trigger.person.tags.map(t, {(t): 1, \"x\": 2})",
    ]), @r#"
    trigger.items.all(x, x > 0)
        true
    trigger.items.all(x, x > 1)
        false
    [].all(x, x > 1)
        true
    trigger.items.exists(x, x == 3)
        true
    trigger.items.exists(x, x == 4)
        false
    trigger.items.exists(x, x == 1 || x / 0 == 1)
        true
    trigger.items.exists_one(x, x > 2)
        true
    trigger.items.exists_one(x, x > 1)
        false
    trigger.items.map(x, x * x)
        [1,4,9]
    trigger.items.map(x, x > 1, x * 10)
        [20,30]
    trigger.items.filter(x, x != 2)
        [1,3]
    trigger.person.map(key, key)
        ["age","tags"]
    trigger.items.map(x, trigger.items.filter(y, y > x))
        [[2,3],[3],[]]
    [[1, 2], [3]].map(xs, xs.exists(x, x == 3)) + [true]
        [false,true,true]
    1 + trigger.items.filter(x, x > 1).size()
        3
    trigger.items.exists(x, x / 0 == 1 || x == 3)
        true
    trigger.items.all(x, x / 0 == 1 && x == 3)
        false
    trigger.items.all(x, x / (x - 1) > 0)
        error: division by zero; it met 1
    trigger.items.exists(x, trigger.items.all(y, y / (x - 2) > 0))
        true
    trigger.items.map(x, x / 0)
        error: division by zero; it met 1
    trigger.n.map(x, x)
        error: `trigger.n`: a list or a record is needed here; it met 5
    trigger.items.filter(x, x)
        error: a bool is needed here; it met 1
    trigger.person.tags.map(t, {(t): trigger.n, "same": t})
        [{"x":5,"same":"x"},{"y":5,"same":"y"}]
    trigger.person.tags.map(t, {(t): 1, "x": 2})
        error: two fields of a record have the same name; it met "x"
    "#);
}

#[test]
fn functions() {
    insta::assert_snapshot!(table(&[
        "size('äöü') + 'abc'.size() + trigger.items.size() + size(trigger.person)",
        "trigger.name.startsWith('A') && trigger.name.endsWith('a') && trigger.name.contains('d')",
        "' x '.trim() + 'ab'.upperAscii() + 'AB'.lowerAscii()",
        "'a,b'.split(',').join('-') + ['x', 'y'].join() + 'aXa'.replace('a', 'b')",
        "string(1) + string(true) + string(1.5) + string(b'x')",
        "[int('7'), int(7.9), int(-7.9), int(true)]",
        "int('7x')",
        "double('1.5') + double(1)",
        "bool('true')",
        "uint(-1)",
        "bytes('ab')",
        "string(duration('90s')) + ' ' + string(timestamp(0))",
        "now() - timestamp(trigger.at) < duration('0s')",
        "[uuid(), uuid()]",
        "execution.id + workflow.slug + string(workflow.version)",
        "execution.externalId",
        "execution",
        "'x'.contains(1)",
    ]), @r#"
    size('äöü') + 'abc'.size() + trigger.items.size() + size(trigger.person)
        11
    trigger.name.startsWith('A') && trigger.name.endsWith('a') && trigger.name.contains('d')
        true
    ' x '.trim() + 'ab'.upperAscii() + 'AB'.lowerAscii()
        "xABab"
    'a,b'.split(',').join('-') + ['x', 'y'].join() + 'aXa'.replace('a', 'b')
        "a-bxybXb"
    string(1) + string(true) + string(1.5) + string(b'x')
        "1true1.5x"
    [int('7'), int(7.9), int(-7.9), int(true)]
        error: `int` cannot convert this; it met true
    int('7x')
        error: `int` cannot convert this; it met "7x"
    double('1.5') + double(1)
        2.5
    bool('true')
        true
    uint(-1)
        error: `uint` cannot convert this; it met -1
    bytes('ab')
        "YWI="
    string(duration('90s')) + ' ' + string(timestamp(0))
        "90s 1970-01-01T00:00:00Z"
    now() - timestamp(trigger.at) < duration('0s')
        true
    [uuid(), uuid()]
        ["00000000-0000-4000-8000-000000000000","00000000-0000-4000-8000-000000000001"]
    execution.id + workflow.slug + string(workflow.version)
        "exe_1kyc7"
    execution.externalId
        null
    execution
        {"id":"exe_1","externalId":null,"startedAt":"1970-01-01T00:00:01Z"}
    'x'.contains(1)
        error: `contains` needs a string; it met 1
    "#);
}

#[test]
fn templates_splice_text_and_refuse_what_has_none() {
    let template = |text: &str| match run_value(&json!(text), &sample(), &mut Budget::default()) {
        Ok(value) => value.to_json(),
        Err(e) => format!("error: {}", e.message(true)),
    };
    let texts = [
        "Hi ${trigger.name}, ${trigger.n + 1} of ${trigger.half} at ${timestamp(0)}",
        "${trigger.items}",
        "is ${trigger.items}",
        "is ${trigger.nothing}",
        "is ${trigger.nick}",
        "costs $${trigger.n} ${trigger.n}",
        "${\"$\"}${trigger.n}",
    ];
    let shown: String = texts.iter().map(|t| format!("{t}\n    {}\n", template(t))).collect();
    insta::assert_snapshot!(shown, @r#"
    Hi ${trigger.name}, ${trigger.n + 1} of ${trigger.half} at ${timestamp(0)}
        "Hi Ada, 6 of 0.5 at 1970-01-01T00:00:00Z"
    ${trigger.items}
        [1,2,3]
    is ${trigger.items}
        error: this cannot be spliced into text; it met [1,2,3]
    is ${trigger.nothing}
        error: this cannot be spliced into text; it met null
    is ${trigger.nick}
        error: `trigger.nick`: there is no field `nick`; it met {"n":5,"half":0.5,"name":"Ada","nothing":null,"yes":true,"items":[1,2,3],"person":{"age":36,"tags":["x","y"]},"big":9223...
    costs $${trigger.n} ${trigger.n}
        "costs ${trigger.n} 5"
    ${"$"}${trigger.n}
        "$5"
    "#);
}
