#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use super::*;
use crate::analysis::{Analysis, Syntax};
use crate::diagnostic::{Code, SourceRef};
use crate::signatures::source_text;
use insta::assert_snapshot;
use serde_json::{Value as Json, json};
use std::fmt::Write as _;

const QUICKSTART: &str =
    include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/cases/quickstart/workflow.json"));

/// A spec of these steps, one after the other.
fn spec(nodes: &[Json]) -> Json {
    let edges: Vec<Json> =
        nodes.windows(2).map(|pair| json!({"from": pair[0]["id"], "to": pair[1]["id"]})).collect();
    json!({"startNodeId": nodes[0]["id"], "nodes": nodes, "edges": edges})
}

fn transform(value: &str) -> Json {
    json!({"id": "x", "type": "transform", "value": format!("${{{value}}}")})
}

fn post(id: &str, service: &str, path: &str, body: Json) -> Json {
    json!({
        "id": id, "type": "service_call", "service": service, "method": "POST", "path": path, "body": body
    })
}

/// A capture, whose output the tests read.
fn kyc() -> Json {
    let body = json!({"customerId": "${trigger.customerId}", "bundle": "${trigger.bundle}"});
    post("kyc", "identity", "/api/identity/document/ktp/capture", body)
}

fn screening(fields: Json) -> Json {
    let mut body = json!({
        "lane": "onboarding", "subjectType": "individual", "fullName": "${trigger.fullName}"
    });
    for (name, value) in fields.as_object().unwrap() {
        body[name] = value.clone();
    }
    post("scr", "aml", "/api/screenings", body)
}

fn analysis(nodes: &[Json]) -> Analysis {
    Analysis::new(spec(nodes).to_string(), Syntax::Json)
}

/// What typing says of these steps: the place, the message, why and what to do.
fn said(nodes: &[Json]) -> String {
    let analysis = analysis(nodes);
    let mut lines = String::new();
    for found in &analysis.diagnostics {
        if matches!(found.code, Code::UnusedVerdict | Code::RejectWithoutRoute) {
            continue;
        }
        let text = |source: SourceRef, span: Span| match source {
            SourceRef::Main => analysis.text[span.range()].to_owned(),
            SourceRef::Stdlib(service) => {
                format!("{service}: {}", &source_text(service).unwrap()[span.range()])
            }
        };
        let place = text(SourceRef::Main, found.primary.span);
        writeln!(lines, "{} at {place}: {}", found.code.id(), found.message).unwrap();
        for why in found.secondary.iter().filter(|why| !why.message.is_empty()) {
            writeln!(lines, "  - {}: {}", text(why.source, why.span), why.message).unwrap();
        }
        for advice in &found.suggestions {
            writeln!(lines, "  = {}", advice.message).unwrap();
        }
    }
    lines
}

/// What is said of expressions that may read the output of a capture.
fn said_of(expressions: &[&str]) -> String {
    expressions.iter().map(|expression| said(&[kyc(), transform(expression)])).collect()
}

/// The inputs that are inferred.
fn input(nodes: &[Json]) -> String {
    shown_input(&analysis(nodes))
}

fn shown_input(analysis: &Analysis) -> String {
    let input = &analysis.workflows[0].typed.input;
    let record = match &input.shape {
        Shape::Record(record) => record,
        _ => return input.to_string(),
    };
    let field = |(name, field): (&String, &FieldInfo)| {
        format!("{name}{}: {}\n", if field.optional { "?" } else { "" }, field.ty)
    };
    record.fields.iter().map(field).collect()
}

#[test]
fn the_quickstart_has_no_errors_and_gets_its_inputs_from_what_they_feed() {
    let analysis = Analysis::new(QUICKSTART, Syntax::Json);
    assert!(!analysis.has_errors(), "{:?}", analysis.diagnostics);
    assert_snapshot!(shown_input(&analysis), @r#"
    customerId: string
    bundle: identity.CaptureBundle
    hmacKey: secret string
    "#);
    let steps = &analysis.workflows[0].typed.steps;
    assert_snapshot!(steps[0].input, @r#"{method: "POST", path: string, body: {customerId: string, bundle: identity.CaptureBundle, hmacKey: secret string}}"#);
    assert_snapshot!(steps[1].decides.clone().unwrap(), @r#""passed" | "requires_review" | "failed""#);
    assert_snapshot!(steps[1].output, @r#"{selected: "passed" | "requires_review" | "failed"}"#);
    assert_snapshot!(steps[3].output, @r#"{decision: "approve" | "reject", notes: string, actorUserId?: string}"#);
    let plan = steps[2].call.as_ref().unwrap();
    assert_eq!(plan.operation.as_ref().unwrap().name, "createScreening");
    assert_eq!((plan.output_field.as_deref(), plan.timeout_ms), (Some("data"), 30_000));
    assert_eq!(plan.external_id.as_deref(), Some("externalId"));
    let safe = [RetryOn::ServerError, RetryOn::Timeout, RetryOn::Network, RetryOn::Status(429)];
    assert_eq!(plan.retry.retry_on, safe);
    let capture = steps[0].call.as_ref().unwrap();
    assert_eq!(capture.retry.retry_on, [RetryOn::NetworkBeforeSend, RetryOn::Status(429)]);
}

#[test]
fn inputs_are_required_when_something_reads_them_without_asking() {
    assert_snapshot!(input(&[
        transform("has(trigger.a) ? trigger.a : 'none'"),
        json!({"id": "y", "type": "transform", "value": [
            "${trigger.?b.orValue(1)}", "${coalesce(trigger.c, trigger.d)}",
            "${trigger.deep.er.field}", "${has(trigger.deep.other)}", "${trigger.items[0].name}",
            "${trigger.e == null ? 0 : trigger.e}", "${trigger['f']}",
        ]}),
    ]), @r#"
    a?: json
    b?: json
    c?: json
    d: json
    deep: {er: {field: json}, other?: json}
    items: json
    e: json
    f: json
    "#);
    assert_snapshot!(input(&[
        screening(json!({"lane": "${trigger.lane}", "nik": "${trigger.nik}"})),
        post("e", "anti-fraud", "/api/evaluate", json!({"customerId": "c", "lane": "${trigger.lane}"})),
        transform("trigger.flag ? trigger.amount > 5 : trigger.name.startsWith('a')"),
    ]), @r#"
    lane: "onboarding" | "transaction"
    fullName: pii string
    nik: pii string
    flag: bool
    amount: number
    name: string
    "#);
    assert_snapshot!(input(&[post(
        "kyc", "identity", "/api/identity/document/ktp/capture", json!("${trigger}")
    )]), @r#"
    customerId: string
    bundle: identity.CaptureBundle
    hmacKey?: secret string
    "#);
}

#[test]
fn an_input_that_would_have_to_be_two_things_is_reported() {
    assert_snapshot!(said(&[
        screening(json!({"lane": "${trigger.x}"})),
        post("e", "aml", "/api/transactions/evaluate", json!({
            "customerId": "c", "direction": "${trigger.x}", "amountIdr": 1, "channel": "qris"
        })),
    ]), @r#"
    WR0501 at trigger.x: `trigger.x` cannot be both `"onboarding" | "ongoing" | "transaction"` and `"credit" | "debit"`
      - trigger.x: feeds what takes `"onboarding" | "ongoing" | "transaction"`
      - aml: lane: takes `"onboarding" | "ongoing" | "transaction"`
      - aml: direction: takes `"credit" | "debit"`
      = read two inputs of different names
    "#);
    assert_snapshot!(said(&[screening(json!({"nik": "${trigger.p}"})), transform("trigger.p.q")]), @r#"
    WR0401 at q: `string` has no field `q`
      - trigger.p: this is `string`
    "#);
}

#[test]
fn fields_are_known_by_name() {
    assert_snapshot!(said_of(&[
        "step.kyc.output.ktpBundle.verdikt",
        "step.kyc.output.ktpBundle.ocr.fullName.first",
        "step.kyc.outptu",
        "step.kyc",
        "step.x.error",
        "step.kcy.output",
        "execution.ids",
        "kyc.output",
        "triger.customerId",
    ]), @r#"
    WR0401 at verdikt: `step.kyc.output.ktpBundle` has no field `verdikt`
      - identity: id: its fields are declared here
      = did you mean "verdict"?
    WR0401 at first: `string` has no field `first`
      - step.kyc.output.ktpBundle.ocr.fullName: this is `string`
    WR0406 at outptu: step "kyc" has no part `outptu`
      = did you mean "output"?
    WR0406 at step.kyc: `step.kyc` is no value
      = write `step.<id>.output` for what a step gave
    WR0406 at error: step "x" has no `error`: only calls and optional steps have
    WR0202 at kcy: there is no step "kcy"
      = did you mean "kyc"?
    WR0401 at ids: `execution` has no field `ids`
      = did you mean "id"?
    WR0205 at kyc: there is no variable `kyc`
      = write `step.kyc.output` for what the step gave
    WR0205 at triger: there is no variable `triger`
      = did you mean "trigger"?
    "#);
}

#[test]
fn what_may_be_absent_is_asked_for() {
    let score = "step.kyc.output.verification.score";
    assert_eq!(
        said_of(&[
            &format!("has({score}) ? {score} : 0"),
            &format!("has({score}) && {score} > 5"),
            &format!("!has({score}) || {score} > 5"),
            &format!("coalesce({score}, 0)"),
            "step.kyc.output.verification.?score.orValue(0)",
            "step.kyc.output.?undocumented.field.orValue('')",
        ]),
        ""
    );
    assert_snapshot!(said_of(&[
        &format!("{score} > 5"),
        "step.kyc.output.verification.?score",
        "step.kyc.output.verification.score.orValue(0)",
    ]), @r#"
    WR0405 at score: `step.kyc.output.verification.score` may be absent
      = ask for it with `has(step.kyc.output.verification.score)`, or write `step.kyc.output.verification.?score.orValue(...)`
    WR0405 at step.kyc.output.verification.?score: `step.kyc.output.verification.score` may be absent
      = say with `.orValue(...)` what stands in its place then
    WR0505 at step.kyc.output.verification.score: `orValue` belongs to an optional value, and this is none
      = write `.?` before the part that may be absent: `a.?b.orValue(...)`
    WR0405 at score: `step.kyc.output.verification.score` may be absent
      = ask for it with `has(step.kyc.output.verification.score)`, or write `step.kyc.output.verification.?score.orValue(...)`
    "#);
    let nik = post(
        "d",
        "identity",
        "/api/identity/nik/dukcapil",
        json!({"customerId": "c", "valid": true}),
    );
    let of = |expression: &str| said(&[nik.clone(), transform(expression)]);
    let id = "step.d.output.enrolment.id";
    assert_eq!(of(&format!("step.d.output.enrolment != null ? {id} : ''")), "");
    assert_snapshot!(of(id), @r#"
    WR0405 at id: `step.d.output.enrolment` may be null, which has no `id`
      - step.d.output.enrolment: this may be null
      = ask first whether it is: `step.d.output.enrolment != null`
    "#);
}

#[test]
fn parameters_are_those_of_the_operation() {
    assert_snapshot!(said(&[screening(json!({"nikk": "1", "lane": "onbording", "customerId": 5}))]), @r#"
    WR0501 at "onbording": `lane` of `aml.createScreening` must be `"onboarding" | "ongoing" | "transaction"`, not `"onbording"`
      - aml: lane: declared here
      = did you mean "onboarding"?
    WR0503 at "nikk": `aml.createScreening` has no parameter `nikk`
      - aml: lane: what it has is declared here
      = did you mean "nik"?
    WR0501 at 5: `customerId` of `aml.createScreening` must be `string`, not `int`
      - aml: customerId: declared here
    "#);
    assert_snapshot!(said(&[post("scr", "aml", "/api/screenings", json!({"lane": "ongoing"}))]), @r#"
    WR0502 at {: `aml.createScreening` needs `subjectType` and `fullName`
      - aml: subjectType: declared here, without a `?`
    "#);
    assert_snapshot!(said(&[post("kyc", "identity", "/api/identity/document/ktp/capture", json!({
        "customerId": "c",
        "bundle": {"version": "1", "sdkVersion": "1", "platform": "windows", "frames": [1], "capturedAt": "now"},
    }))]), @r#"
    WR0502 at {: `bundle` of `identity.captureKtp` needs `signature`
      - identity: signature: declared here, without a `?`
    WR0501 at "windows": `bundle.platform` of `identity.captureKtp` must be `"rn-ios" | "rn-android" | "ios" | "android" | "flutter" | "web"`, not `"windows"`
      - identity: platform: declared here
    WR0501 at 1: `bundle.frames[]` of `identity.captureKtp` must be `string`, not `int`
      - identity: frames: declared here
    "#);
    assert_snapshot!(said(&[kyc(), screening(json!({
        "nik": "${step.kyc.output.antiSpoof.passed}", "email": "${execution.externalId}"
    }))]), @r#"
    WR0501 at step.kyc.output.antiSpoof.passed: `nik` of `aml.createScreening` must be `string`, not `int`
      - aml: nik: declared here
      - identity: passed: this value's type
    WR0405 at execution.externalId: `email` of `aml.createScreening` must be `string`, and `execution.externalId` may be null
      - aml: email: declared here
      = say with `coalesce(..., ...)` what stands in its place then
    "#);
    let bulk =
        json!({"subjects": [{"lane": "ongoing", "subjectType": "individual", "fullName": "A"}]});
    assert_eq!(said(&[post("b", "aml", "/api/screenings", bulk)]), "");
}

#[test]
fn services_and_paths_are_looked_up() {
    let get = |service: &str, path: &str| {
        said(&[json!({
            "id": "a", "type": "service_call", "service": service, "method": "get", "path": path
        })])
    };
    for (service, path) in [
        ("custom:crm", "/people/${trigger.id}?full=${trigger.full}&x=a%20b"),
        ("aml", "/api/alerts/${trigger.id}"),
        ("aml", "/api/alerts?page=2&limit=${trigger.limit}"),
    ] {
        assert_eq!(get(service, path), "", "{service} {path}");
    }
    assert_snapshot!(get("idntity", "/"), @r#"
    WR0203 at "idntity": there is no service "idntity"
      = did you mean "identity"?
    "#);
    assert_snapshot!(get("aml", "/api/alets"), @r#"
    WR0204 at "/api/alets": `aml` documents no `GET /api/alets`: it is not checked
      = did you mean "/api/alerts"?
    "#);
    assert_snapshot!(get("aml", "/api/screenings/1/close"), @r#"WR0204 at "/api/screenings/1/close": `aml` documents no `GET /api/screenings/1/close`: it is not checked"#);
    assert_snapshot!(get("identity", "/api/identity/document/ktp/capture"), @r#"
    WR0204 at "/api/identity/document/ktp/capture": `identity` documents no `GET /api/identity/document/ktp/capture`: it is not checked
      = it documents `POST /api/identity/document/ktp/capture`
    "#);
    assert_snapshot!(get("aml", "/api/alerts?pge=2&limit=x"), @r#"
    WR0501 at "/api/alerts?pge=2&limit=x": `limit` of `aml.listAlerts` must be `int`, not `"x"`
      - aml: limit: declared here
    WR0503 at "/api/alerts?pge=2&limit=x": `aml.listAlerts` has no query parameter `pge`
      = did you mean "page"?
    "#);
    assert_snapshot!(get("custom:crm", "${trigger.path}"), @r#"WR0110 at trigger.path: the path does not begin with `/`"#);
    assert_snapshot!(get("custom:crm", "/people?${trigger.name}=1#top"), @r#"WR0110 at trigger.name: the name of a query parameter cannot be a template"#);
}

#[test]
fn operators_and_functions_take_what_they_take() {
    assert_snapshot!(said_of(&[
        "1 + 'a'", "!5", "1 ? 2 : 3", "1 in 5", "-'a'", "size()", "foo(1)", "'a'.upperAsci()",
        "all([1], i, true)", "[1].all(1, true)", "[1].all(i, 5)", "5.map(i, i)", "has(1)",
        "timestamp('soon')", "step.kyc.output.ktpBundle.framesStored + 'x'",
    ]), @r#"
    WR0505 at 1 + 'a': `+` does not apply to `int` and `"a"`
      - 1: this is `int`
      - 'a': this is `"a"`
      = convert one of them, with `string(...)`, `int(...)` or `double(...)`
    WR0505 at 5: a condition is true or false, not `int`
      = compare it with something: `... == ...`
    WR0505 at 1: a condition is true or false, not `int`
      = compare it with something: `... == ...`
    WR0505 at 5: `in` takes a list or a record on its right, not `int`
    WR0505 at 'a': `-` takes a number or a duration, not `"a"`
    WR0507 at size: `size` does not take 0 arguments
      = write `size(text, list or record)`
    WR0206 at foo: there is no function `foo`
      = did you mean "bool"?
    WR0206 at upperAsci: there is no function `upperAsci`
      = did you mean "upperAscii"?
    WR0206 at all: there is no function `all`
      = write it as a method: `list.all(item, ...)`
    WR0505 at 1: the first argument of `all` names a variable
      = write for example `.all(item, ...)`
    WR0505 at 5: a condition is true or false, not `int`
      = compare it with something: `... == ...`
    WR0505 at 5: `map` goes through a list or a record, not `int`
    WR0505 at 1: `has` asks whether the end of a path is there, and this is no path
      = write for example `has(trigger.customer.email)`
    WR0110 at timestamp('soon'): "soon" is not an RFC 3339 timestamp
    WR0505 at step.kyc.output.ktpBundle.framesStored + 'x': `+` does not apply to `int` and `"x"`
      - step.kyc.output.ktpBundle.framesStored: this is `int`
      - 'x': this is `"x"`
      = convert one of them, with `string(...)`, `int(...)` or `double(...)`
    "#);
    assert_snapshot!(said_of(&[
        "step.kyc.output.ktpBundle.verdict == 'pased'",
        "step.kyc.output.ktpBundle.verdict in ['passed', 'other']",
        "step.kyc.output.ktpBundle.framesStored == 'a'",
    ]), @r#"
    WR0504 at 'pased': the value compared here is never "pased"
      = did you mean "passed"?
    WR0504 at 'other': the value compared here is never "other"
    WR0504 at step.kyc.output.ktpBundle.framesStored == 'a': `int` and `"a"` are never equal
      = convert one of them, with `string(...)`, `int(...)` or `double(...)`
    "#);
    let wait = json!({"id": "w", "type": "wait", "duration": "90s"});
    let of = |expression: &str| said(&[wait.clone(), transform(expression)]);
    assert_eq!(of("timestamp(step.w.output.resumedAt) < now() + duration('1h')"), "");
    assert_eq!(of("now() - execution.startedAt > duration('1h')"), "");
    assert_snapshot!(of("step.w.output.resumedAt < now()"), @r#"
    WR0505 at step.w.output.resumedAt < now(): `<` does not apply to `string` and `timestamp`
      - step.w.output.resumedAt: this is `string`
      - now(): this is `timestamp`
      = read the text as a moment with `timestamp(...)`
    "#);
    let text = json!({"id": "x", "type": "transform", "value": "a ${step.kyc.output.ktpBundle} ${[1]} ${null}"});
    assert_snapshot!(said(&[kyc(), text]), @r#"
    WR0506 at step.kyc.output.ktpBundle: `step.kyc.output.ktpBundle` is a record, which has no text form
      = name one of its parts, or leave it out
    WR0506 at [1]: a list has no text form
      = join its items with `.join(", ")`
    WR0506 at null: null has no text form
      = name one of its parts, or leave it out
    "#);
}

#[test]
fn secrets_go_where_a_signature_says_so_and_nowhere_else() {
    let challenge =
        post("c", "identity", "/api/identity/document/ktp/challenge", json!({"customerId": "c"}));
    let secret = "${step.c.output.flashChallenge.hmacSecret}";
    let with = |node: Json| said(&[challenge.clone(), node]);
    let capture = json!({"customerId": "c", "bundle": "${trigger.bundle}", "hmacKey": secret});
    let capture = post("k", "identity", "/api/identity/document/ktp/capture", capture);
    assert_eq!(with(capture), "");
    let told = json!({"n": "${size(step.c.output.flashChallenge.hmacSecret)}"});
    assert_eq!(
        with(json!({"id": "e", "type": "webhook_emit", "event": "a.b", "payload": told})),
        ""
    );
    assert_snapshot!([
        with(json!({"id": "e", "type": "webhook_emit", "event": "a.b", "payload": {"key": secret}})),
        with(json!({"id": "e", "type": "webhook_emit", "event": "a.b", "payload": "${step.c.output}"})),
        with(json!({"id": "e", "type": "human_approval", "actionLabel": format!("key {secret}")})),
        with(json!({"id": "e", "type": "end", "output": [secret]})),
        with(screening(json!({"nik": secret}))),
        with(post("e", "custom:x", &format!("/a/{secret}?b={secret}"), json!({"c": [secret]}))),
    ].concat(), @r#"
    WR0701 at step.c.output.flashChallenge.hmacSecret: a secret would reach `key` of the payload of `a.b`
      - "c": "c" gives it
      - identity: hmacSecret: declared `secret` here
    WR0701 at step.c.output: a secret would reach the payload of `a.b`
      - "c": "c" gives it
      - identity: hmacSecret: declared `secret` here
    WR0701 at step.c.output.flashChallenge.hmacSecret: a secret would reach the label of approval "e"
      - "c": "c" gives it
      - identity: hmacSecret: declared `secret` here
    WR0701 at step.c.output.flashChallenge.hmacSecret: a secret would reach an item of the run's output
      - "c": "c" gives it
      - identity: hmacSecret: declared `secret` here
    WR0701 at step.c.output.flashChallenge.hmacSecret: a secret would reach `nik` of `aml.createScreening`
      - aml: nik: not declared `secret`
      - "c": "c" gives it
      - identity: hmacSecret: declared `secret` here
    WR0701 at step.c.output.flashChallenge.hmacSecret: a secret would reach the path of a request to `custom:x`
      - "c": "c" gives it
      - identity: hmacSecret: declared `secret` here
    WR0701 at step.c.output.flashChallenge.hmacSecret: a secret would reach the query of a request to `custom:x`
      - "c": "c" gives it
      - identity: hmacSecret: declared `secret` here
    WR0701 at step.c.output.flashChallenge.hmacSecret: a secret would reach `c[]` of `custom:x`, which declares no such parameter
      - "c": "c" gives it
      - identity: hmacSecret: declared `secret` here
    "#);
    // What the trigger must keep secret follows from what it feeds.
    assert_snapshot!(said(&[
        post("k", "identity", "/api/identity/document/ktp/capture", json!({
            "customerId": "c", "bundle": "${trigger.bundle}", "hmacKey": "${trigger.key}"
        })),
        json!({"id": "e", "type": "webhook_emit", "event": "a.b", "payload": {"key": "${'k' + trigger.key}"}}),
    ]), @r#"
    WR0701 at 'k' + trigger.key: a secret would reach `key` of the payload of `a.b`
      - trigger.key: read here
      - identity: hmacKey: declared `secret` here
    "#);
}

/// The plan of the first call, without the places that its expressions were read from.
fn plan(analysis: &Analysis) -> String {
    assert!(!analysis.has_errors(), "{:?}", analysis.diagnostics);
    let plan = analysis.workflows[0].typed.steps[0].call.as_ref().unwrap();
    let text = format!("{plan:#?}");
    let mut kept = String::new();
    let mut skip = 0;
    for line in text.lines() {
        if line.trim_start().starts_with("span: Span") {
            skip = 4;
        }
        if skip == 0 {
            kept += line;
            kept.push('\n');
        }
        skip = usize::saturating_sub(skip, 1);
    }
    kept
}

#[test]
fn both_ways_of_naming_a_call_give_the_same_plan() {
    for (method, path, body, writ) in [
        (
            "POST",
            "/api/screenings",
            json!({"lane": "ongoing", "subjectType": "individual", "fullName": "${trigger.name}"}),
            "aml.createScreening { lane: \"ongoing\", subjectType: \"individual\", fullName: trigger.name }",
        ),
        ("GET", "/api/alerts/${trigger.id}", Json::Null, "aml.getAlert { id: trigger.id }"),
        ("GET", "/api/alerts/alt_1", Json::Null, "aml.getAlert { id: \"alt_1\" }"),
        ("GET", "/api/alerts/a%20b", Json::Null, "aml.getAlert { id: \"a b\" }"),
        (
            "GET",
            "/api/alerts?limit=${trigger.limit}&page=2",
            Json::Null,
            "aml.listAlerts { page: 2, limit: trigger.limit }",
        ),
        (
            "POST",
            "/api/cases/${trigger.id}/close",
            json!({"reason": "done", "disposition": "other"}),
            "aml.closeCase { id: trigger.id, reason: \"done\", disposition: \"other\" }",
        ),
        ("POST", "/api/rules", Json::Null, "aml.createRule"),
    ] {
        let json = analysis(&[json!({
            "id": "a", "type": "service_call", "service": "aml", "method": method, "path": path, "body": body
        })]);
        let text = format!("use aml\n\nworkflow \"w\" {{\n  call a = {writ}\n}}\n");
        let writ = Analysis::new(text, Syntax::Writ);
        assert_eq!(plan(&json), plan(&writ), "{path}");
    }
}

#[test]
fn a_declared_input_is_what_can_be_read() {
    let text = |expression: &str| {
        format!(
            "workflow \"w\" {{\n  trigger api {{ at: timestamp, who?: string }}\n  transform x = {expression}\n}}\n"
        )
    };
    let said = |expression: &str| {
        let analysis = Analysis::new(text(expression), Syntax::Writ);
        let line = |d: &crate::diagnostic::Diagnostic| format!("{} {}\n", d.code.id(), d.message);
        analysis.diagnostics.iter().map(line).collect::<String>()
    };
    assert_eq!(said("timestamp(trigger.at) < now()"), "");
    assert_eq!(said("trigger.?externalId.orValue(\"\")"), "");
    assert_snapshot!(["trigger.when", "trigger.who", "trigger.at < now()"].map(said).concat(), @r#"
    WR0407 the trigger declares no input `when`
    WR0405 `trigger.who` may be absent
    WR0505 `<` does not apply to `string` and `timestamp`
    "#);
}

#[test]
fn types_do_not_grow_beyond_measure() {
    let mut nodes = vec![json!({"id": "t0", "type": "transform", "value": {"a": 1, "b": 2}})];
    for i in 1..60 {
        let before = format!("${{step.t{}.output}}", i - 1);
        nodes.push(json!({"id": format!("t{i}"), "type": "transform", "value": {"a": before, "b": before}}));
    }
    let analysis = analysis(&nodes);
    assert!(!analysis.has_errors(), "{:?}", analysis.diagnostics);
    assert!(analysis.workflows[0].typed.steps.iter().all(|step| step.output.is_small()));
}

#[test]
fn the_longest_expressions_are_typed_on_a_small_stack() {
    let chain = |link: &str| format!("trigger.a{}", link.repeat(230));
    for expression in [
        chain(" + 1"),
        chain(".b"),
        chain("[0]"),
        chain(".trim()"),
        chain(" == 1"),
        chain(" && true"),
        chain(".?b"),
        chain(".map(i, i)"),
        format!("{}trigger.a", "!".repeat(230)),
        format!("{}trigger.a{}", "[".repeat(60), "]".repeat(60)),
        format!("{}trigger.a{}", "{a: ".repeat(60), "}".repeat(60)),
        format!("{}1{}", "true ? ".repeat(60), " : 1".repeat(60)),
    ] {
        let analysis = analysis(&[transform(&expression)]);
        let found = &analysis.diagnostics;
        assert!(found.iter().all(|d| d.code != Code::UnexpectedToken), "{expression}: {found:?}");
    }
}
