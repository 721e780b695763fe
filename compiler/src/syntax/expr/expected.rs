//! What the parser expected, in words.

use super::habit;
use crate::diagnostic::{Applicability, Code, Diagnostic};
use crate::syntax::grammar::Rule;
use crate::syntax::span_map::SpanMap;
use crate::syntax::token::tokens;
use pest::error::ErrorVariant;

const EXPRESSION: &str = "the expression";

/// One diagnostic for a text that does not fit the grammar from byte `start` on.
pub(crate) fn describe(
    text: &str,
    start: usize,
    variant: &ErrorVariant<Rule>,
    at: &SpanMap,
) -> Diagnostic {
    describe_in(EXPRESSION, text, start, variant, at)
}

/// The same for a text that is `whole`, such as "the call".
pub(crate) fn describe_in(
    whole: &str,
    text: &str,
    start: usize,
    variant: &ErrorVariant<Rule>,
    at: &SpanMap,
) -> Diagnostic {
    let due = match variant {
        ErrorVariant::ParsingError { positives, .. } => positives.as_slice(),
        ErrorVariant::CustomError { .. } => &[],
    };
    let known = habit::habit(text, start, due, whole, at);
    if let Some(known) = known.or_else(|| habit::quotes(text, start, whole, at)) {
        return known;
    }
    let rest = text.get(start..).unwrap_or_default();
    let found = found(rest);
    let span = at.span(start, start + found.len());
    let wanted = words(due, whole);
    let what = match found.chars().next() {
        None => "end".to_owned(),
        Some('"' | '\'') => "string".to_owned(),
        Some(_) => format!("`{found}`"),
    };
    let message = if wanted.is_empty() {
        format!("unexpected {what} in {whole}")
    } else {
        format!("unexpected {what} in {whole}: expected {wanted}")
    };
    let diagnostic = Diagnostic::new(Code::UnexpectedToken, span, message);
    // A bare name right behind `assign`: what stands on a line below begins something else.
    let before = text.get(..start).unwrap_or_default().trim_end_matches([' ', '\t']);
    let is_bare = before.ends_with("assign")
        && !found.is_empty()
        && !rest.get(found.len()..).is_some_and(|behind| behind.starts_with(':'))
        && found.chars().all(|c| c.is_alphanumeric() || c == '_');
    if due.contains(&Rule::assignee) && is_bare {
        let role = format!("role:{found}");
        return diagnostic.fix(
            format!("write `{role}` for a role"),
            span,
            role,
            Applicability::Maybe,
        );
    }
    match found {
        "=" => diagnostic.help("to compare, write `==`"),
        "&" => diagnostic.help("for \"and\", write `&&`"),
        "|" => diagnostic.help("for \"or\", write `||`"),
        "${" | "$" => diagnostic.help("inside an expression a reference stands bare, without `${`"),
        _ => diagnostic,
    }
}

/// The token at the start of `rest`: a word, a number, or one sign.
fn found(rest: &str) -> &str {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let end = match rest.chars().next() {
        None => 0,
        Some('"' | '\'' | '`') => tokens(rest).next().map_or(0, |token| token.span.range().len()),
        Some('-') if rest.starts_with("->") => 2,
        Some('$') if rest.starts_with("${") => 2,
        Some(c) if is_word(c) => rest.find(|c| !is_word(c)).unwrap_or(rest.len()),
        Some(c) => c.len_utf8(),
    };
    rest.get(..end).unwrap_or_default()
}

fn words(rules: &[Rule], whole: &str) -> String {
    let mut names: Vec<&str> = rules.iter().filter_map(|rule| word(*rule)).collect();
    // Of what stands in something larger, the end is not the author's to write.
    names.retain(|name| *name != "the end" || whole == EXPRESSION);
    names.sort_unstable();
    names.dedup();
    // Where a value may stand, so may a sign or a bracket that begins one: "a value" says it.
    // An assignee in quotes is one as well.
    if rules.contains(&Rule::assignee) {
        names.retain(|name| *name != "a value");
    }
    if names.contains(&"a value") {
        names.retain(|n| !matches!(*n, "`-`" | "`!`"));
    }
    match names.as_slice() {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [init @ .., last] => format!("{} or {last}", init.join(", ")),
    }
}

/// A rule in the author's words; `None` for rules that would only add noise.
fn word(rule: Rule) -> Option<&'static str> {
    Some(match rule {
        Rule::EOI => "the end",
        Rule::or
        | Rule::and
        | Rule::less
        | Rule::less_equal
        | Rule::greater
        | Rule::greater_equal
        | Rule::equal
        | Rule::not_equal
        | Rule::in_
        | Rule::add
        | Rule::subtract
        | Rule::multiply
        | Rule::divide
        | Rule::remainder => "an operator",
        Rule::not => "`!`",
        Rule::negate => "`-`",
        Rule::expression
        | Rule::unary
        | Rule::group
        | Rule::list
        | Rule::record
        | Rule::call
        | Rule::variable
        | Rule::null
        | Rule::boolean
        | Rule::float
        | Rule::int
        | Rule::bytes
        | Rule::string => "a value",
        Rule::word | Rule::quoted_word => "a name",
        Rule::entry | Rule::field_type => "a field",
        Rule::id => "a step's name",
        Rule::colon => "`:`",
        Rule::equals => "`=`",
        Rule::open => "`{`",
        Rule::to | Rule::arrow | Rule::route_to => "`->`",
        Rule::assignee => "`role:<name>`, `user:<id>` or `team:<id>`",
        Rule::type_expr | Rule::type_term | Rule::type_name => "a type",
        Rule::service_name => "a service's name",
        Rule::http_method => "an HTTP method",
        Rule::size => "a number of bytes such as `1048576` or `1MiB`",
        Rule::duration => "a duration such as `30s` or `48h`",
        Rule::operation_target | Rule::http_target => {
            "an operation such as `aml.createScreening`, or a service, a method and a path"
        }
        Rule::trigger_kind => "`api`, `webhook` or `schedule`",
        Rule::kw_for => "`for`",
        Rule::kw_until => "`until`",
        Rule::kw_when => "`when`",
        Rule::kw_fail => "`fail`",
        Rule::kw_reject => "`reject`",
        Rule::computed_key => "a field name",
        _ => return None,
    })
}
