#![allow(clippy::unwrap_used)]

use super::*;
use crate::syntax::writ;
use insta::assert_snapshot;

/// What is said about the services of a text, one line each.
fn found(text: &str) -> String {
    let (module, mut diagnostics) = writ::parse(text);
    let _ = Catalog::of(&module, &mut diagnostics);
    let line = |d: &Diagnostic| {
        let place = text.get(d.primary.span.range()).unwrap();
        let help: String = d.suggestions.iter().map(|s| format!(" ({})", s.message)).collect();
        format!("{} at `{place}`: {}{help}\n", d.code.id(), d.message)
    };
    diagnostics.iter().map(line).collect()
}

#[test]
fn what_a_service_says_of_itself_is_checked() {
    assert_snapshot!(found(r#"
use idntity
use custom:crm
service aml {}
service custom:crm {
  type Person = { name: string, mother: Person }
  type Person = string
  type Deal = { value: numbr, seller: identity.Verifcation, buyer: idntity.Verification }
  operation find { GET "people?name=x" query string response { items: [Person] } output item }
  operation add {
    POST "/people"
    request Person
    response { data: { status: { code: int } } }
    output data
    external id naem
    verdict status.cod
  }
  operation add { POST "/people" }
}
service custom:crm {}
"#), @r#"
    WR0208 at `aml`: the service `aml` is declared already (it is built in: name yours `custom:<name>`)
    WR0208 at `Person`: the type `Person` is declared twice (give one of them another name)
    WR0209 at `Person`: the type `Person` contains itself (use `json` for the part that repeats)
    WR0207 at `numbr`: no type is called `numbr` (did you mean "number"?)
    WR0207 at `Verifcation`: `identity` has no type `Verifcation` (did you mean "Verification"?)
    WR0203 at `idntity`: no service is called `idntity` (did you mean "identity"?)
    WR0501 at `string`: query parameters have names: they are a record (write `query { limit?: int }`)
    WR0401 at `item`: the response has no field `item` (did you mean "items"?)
    WR0110 at `"people?name=x"`: "people?name=x" is no path below the service's address (begin it with `/`, and declare query parameters with `query`)
    WR0401 at `naem`: the request has no field `naem` (did you mean "name"?)
    WR0401 at `status.cod`: the output has no field `status.cod` (did you mean "status.code"?)
    WR0208 at `add`: the operation `add` is declared twice (give one of them another name)
    WR0208 at `custom:crm`: the service `custom:crm` is declared already (remove one of the two)
    WR0203 at `idntity`: there is no service "idntity" to use (did you mean "identity"?)
    "#);
}

#[test]
fn a_short_chain_of_aliases_does_not_make_an_endless_type() {
    let mut text = String::from("service custom:x {\n  type A0 = { a: int, b: int }\n");
    for i in 1..60 {
        text += &format!("  type A{i} = {{ a: A{0}, b: A{0} }}\n", i - 1);
    }
    text += "  operation read { GET \"/\" response A59 }\n}\n";
    assert_snapshot!(found(&text), @r#"
    WR0003 at `A12`: the type `A12` is too large (use `json` for a part of it)
    WR0003 at `A25`: the type `A25` is too large (use `json` for a part of it)
    WR0003 at `A38`: the type `A38` is too large (use `json` for a part of it)
    WR0003 at `A51`: the type `A51` is too large (use `json` for a part of it)
    "#);
}

#[test]
fn types_that_nest_through_their_aliases_are_resolved_on_a_small_stack() {
    let nested =
        |inner: &str| format!("{}{inner}{}", "{ a: pii (null | ".repeat(30), ") }".repeat(30));
    let mut text: String =
        (0..100).map(|i| format!("type A{i} = {}\n", nested(&format!("A{}", i + 1)))).collect();
    text += "type A100 = int\n";
    let found = found(&text);
    assert!(!found.is_empty() && found.lines().all(|line| line.starts_with("WR0003 ")), "{found}");
}

#[test]
fn operations_are_found_by_the_requests_they_take() {
    let name = |service: &str, method: &str, path: &[Option<&str>]| {
        builtin(service)
            .unwrap()
            .matching(method, path, None)
            .map(|operation| operation.name.clone())
    };
    let api = Some("api");
    let screen = name("aml", "post", &[api, Some("screenings")]);
    assert_eq!(screen.as_deref(), Some("createScreening"));
    let alert = name("aml", "GET", &[api, Some("alerts"), None]);
    assert_eq!(alert.as_deref(), Some("getAlert"));
    assert_eq!(name("aml", "GET", &[api, Some("alerts"), Some("")]), None);
    assert_eq!(name("aml", "GET", &[api, None]), None, "a template may be any of several");
    assert_eq!(name("aml", "DELETE", &[api, Some("screenings")]), None);
}

#[test]
fn a_service_may_name_the_types_of_the_file_and_of_other_services() {
    let text = r#"
type Money = { amount: int }
type string = int
service custom:a {
  type Status = "a" | custom:b.Status
  type Price = Money
  type Money = { cents: int }
  operation read { GET "/" response { status: Status, price: Price } output price verdict cents }
}
service custom:b {
  type Status = "b" | Round
  type Round = { of: custom:a.Rund, money: Money }
  operation read { GET "/" response Status }
}
service custom:c {
  operation read { GET "/" response { money: custom:b.Round, price: custom:a.Price } output price verdict amount }
}
"#;
    assert_snapshot!(found(text), @r"
    WR0208 at `string`: `string` means something in every type already (give the type another name)
    WR0207 at `Rund`: `custom:a` has no type `Rund`
    WR0401 at `amount`: the output has no field `amount`
    ");
}
