//! Texts that are large, or wrong in very many places.

use writ_compiler::analysis::Syntax;

/// Texts of one kind, of any size.
pub struct Kind {
    /// What is in them.
    pub name: &'static str,
    /// Their syntax.
    pub syntax: Syntax,
    /// A text of so many parts.
    pub text: fn(usize) -> String,
}

const fn in_json(name: &'static str, text: fn(usize) -> String) -> Kind {
    Kind { name, syntax: Syntax::Json, text }
}

const fn in_writ(name: &'static str, text: fn(usize) -> String) -> Kind {
    Kind { name, syntax: Syntax::Writ, text }
}

/// The parts, one behind the other.
pub fn many(n: usize, part: impl Fn(usize) -> String) -> String {
    (0..n).map(part).collect()
}

/// The parts, with commas between them.
pub fn list(n: usize, part: impl Fn(usize) -> String) -> String {
    (0..n).map(part).collect::<Vec<_>>().join(",")
}

/// A spec of one step.
pub fn transform(value: &str, rest: &str) -> String {
    format!(
        r#"{{"startNodeId":"a","nodes":[{{"id":"a","type":"transform","value":{value}}}]{rest}}}"#
    )
}

/// A declared input for each.
fn inputs(n: usize) -> String {
    let fields = list(n, |i| format!(r#""field{i}":{{"type":"string"}}"#));
    format!(r#","inputSchema":{{"type":"object","properties":{{{fields}}}}}"#)
}

fn workflow(steps: &str) -> String {
    format!("workflow \"w\" {{\n{steps}}}\n")
}

fn enumeration(n: usize) -> String {
    format!(
        "trigger api {{ x: {} }}\n",
        (0..n).map(|i| format!("\"value{i}\"")).collect::<Vec<_>>().join(" | ")
    )
}

/// `n` mistakes, each of its own.
pub const MISTAKES: &[Kind] = &[
    in_json("unknown functions", |n| {
        transform(&format!("[{}]", list(n, |i| format!("\"${{f{i}()}}\""))), "")
    }),
    in_json("unclosed templates", |n| {
        transform(&format!("[{}]", list(n, |_| "\"${a\"".into())), "")
    }),
    in_json("edges from nothing", |n| {
        let edges = list(n, |i| format!(r#"{{"from":"x{i}","to":"a"}}"#));
        transform("1", &format!(",\"edges\":[{edges}]"))
    }),
    in_json("unknown keys", |n| transform("1", &many(n, |i| format!(",\"k{i}\":1")))),
    in_json("repeated keys", |n| transform("1", &many(n + 1, |_| ",\"edges\":[]".into()))),
    in_json("missing commas", |n| transform(&format!("[{}]", many(n + 1, |_| "1 ".into())), "")),
    in_json("words", |n| transform(&format!("[{}]", list(n, |_| "yes".into())), "")),
    in_json("undeclared inputs", |n| {
        let reads = list(n, |i| format!("\"${{trigger.felds{i}}}\""));
        transform(&format!("[{reads}]"), &inputs(n))
    }),
    in_json("records that are added", |n| {
        let sums = list(n, |i| format!("\"${{trigger + {i}}}\""));
        transform(&format!("[{sums}]"), &inputs(n))
    }),
    in_json("unknown arguments", |n| {
        let body = list(n, |i| format!("\"custmerId{i}\":1"));
        format!(
            r#"{{"startNodeId":"a","nodes":[{{"id":"a","type":"service_call","service":"aml","method":"POST",
               "path":"/api/screenings","body":{{{body}}}}}]}}"#
        )
    }),
    in_json("unknown fields", |n| {
        let reads = list(n, |_| "\"${step.a.output.stat}\"".into());
        format!(
            r#"{{"startNodeId":"a","nodes":[{{"id":"a","type":"service_call","service":"aml","method":"GET",
               "path":"/api/alerts/1"}},{{"id":"b","type":"transform","value":[{reads}]}}],
               "edges":[{{"from":"a","to":"b"}}]}}"#
        )
    }),
    in_writ("values of a large enum", |n| {
        let compared = list(n, |i| format!("trigger.x == \"valeu{i}\""));
        workflow(&format!("{} transform a = [{compared}]\n", enumeration(n)))
    }),
    in_writ("cases of a large enum", |n| {
        let arms = many(n, |i| format!("valeu{i} -> end\n"));
        workflow(&format!("{} decide a = trigger.x {{ {arms} }}\n", enumeration(n)))
    }),
    in_writ("lines that are no arms", |n| {
        let arms = many(n, |i| format!("    a{i} b\n"));
        workflow(&format!("  decide d = trigger.x {{\n{arms}  }}\n"))
    }),
    in_writ("unclosed items", |n| many(n, |i| format!("workflow \"w{i}\" {{ call\n"))),
    in_writ("unknown types", |n| many(n, |i| format!("type Type{i} = Typ{i}s\n"))),
    in_writ("unknown services", |n| many(n, |i| format!("use amls{i}\n"))),
    in_writ("types of a service", |n| {
        let types = many(n, |i| format!("type T{i} = {{ a: int }}\n"));
        let fields = many(n, |i| format!("f{i}: custom:a.T{i}s\n"));
        format!("service custom:a {{ {types} }}\ntype A = {{ {fields} }}\n")
    }),
    in_writ("services of one name", |n| many(n + 1, |_| "service custom:a { }\n".into())),
];

/// What else could take the square of its size.
pub const OTHERS: &[Kind] = &[
    in_json("unreachable steps", |n| {
        let nodes = list(n, |i| format!(r#"{{"id":"s{i}","type":"end"}}"#));
        format!(r#"{{"startNodeId":"s0","nodes":[{nodes}]}}"#)
    }),
    in_json("reads of steps that never run", |n| {
        let nodes = list(n, |i| format!(r#"{{"id":"s{i}","type":"transform","value":1}},"#));
        let reads = list(n, |i| format!("\"${{step.s{i}.output}}\""));
        let text = transform(&format!("[{reads}]"), "");
        text.replace("\"nodes\":[", &format!("\"nodes\":[{}", nodes.replace(",,", ",")))
    }),
    in_json("a circle", |n| {
        let nodes = list(n, |i| format!(r#"{{"id":"s{i}","type":"transform","value":1}}"#));
        let edges = list(n, |i| format!(r#"{{"from":"s{i}","to":"s{}"}}"#, (i + 1) % n));
        format!(r#"{{"startNodeId":"s0","nodes":[{nodes}],"edges":[{edges}]}}"#)
    }),
    in_writ("wrong arguments of a large record", |n| {
        let fields = many(n, |i| format!("f{i}?: string\n"));
        let steps = many(n, |i| format!("  call s{i} = custom:a.b {{ x{i}: 1 }}\n"));
        let operation = format!("operation b {{ POST \"/b\" request {{ {fields} }} }}");
        format!("service custom:a {{ {operation} }}\n{}", workflow(&steps))
    }),
    in_writ("a chain of types", |n| many(n, |i| format!("type T{i} = {{ a: T{} }}\n", i + 1))),
    in_writ("a circle of types", |n| {
        many(n, |i| format!("type T{i} = {{ a: T{} }}\n", (i + 1) % n))
    }),
    in_writ("lines that are no steps", |n| workflow(&many(n, |i| format!("  cal s{i} = aml.x\n")))),
    in_writ("words between items", |n| many(n, |i| format!("wrkflow \"w{i}\" {{ }}\n"))),
];
