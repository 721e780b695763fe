//! `test "..." { ... }`.

use super::reader::Reader;
use crate::syntax::grammar::Rule;
use crate::text::Name;
use crate::tree::{Expectation, Expr, MockAnswer, TestClause, TestClauseKind, TestDecl};
use pest::iterators::Pair;

/// A test; nothing when it has no name.
pub(super) fn test_decl(pair: Pair<'_, Rule>, reader: &mut Reader<'_>) -> Option<TestDecl> {
    let span = reader.span(&pair);
    let (mut name, mut description, mut workflow) = (None, None, None);
    let (mut clauses, mut before) = (Vec::new(), None);
    for part in pair.into_inner() {
        let here = reader.span(&part);
        match part.as_rule() {
            Rule::docs => description = Some(reader.docs(&part)),
            Rule::string => name = Some(reader.name(&part)),
            Rule::test_for => workflow = part.into_inner().last().map(|p| reader.name(&p)),
            Rule::bad_test_clause => {
                reader.bad(&part, Rule::test_clause_only, "the test", before);
                clauses.push(TestClause { span: here, kind: TestClauseKind::Error });
            }
            Rule::kw_test | Rule::open => continue,
            _ => {
                let kind = test_clause(part, reader).unwrap_or(TestClauseKind::Error);
                clauses.push(TestClause { span: here, kind });
            }
        }
        before = clauses.last().map(|clause: &TestClause| clause.span);
    }
    Some(TestDecl { span, description, name: name?, workflow, clauses })
}

/// The parts that clauses are made of.
#[derive(Default)]
struct Parts {
    id: Option<Name>,
    text: Option<Name>,
    more: Option<Name>,
    value: Option<Expr>,
}

impl Parts {
    fn of(pair: Pair<'_, Rule>, reader: &mut Reader<'_>) -> Self {
        let mut parts = Self::default();
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::id | Rule::class | Rule::word => parts.id = Some(reader.name(&part)),
                Rule::string if parts.text.is_none() => parts.text = Some(reader.name(&part)),
                Rule::string => parts.more = Some(reader.name(&part)),
                Rule::expression | Rule::record => parts.value = Some(reader.expression(part)),
                _ => {}
            }
        }
        parts
    }
}

fn test_clause(pair: Pair<'_, Rule>, reader: &mut Reader<'_>) -> Option<TestClauseKind> {
    let rule = pair.as_rule();
    match rule {
        Rule::mock_clause => return mock_clause(pair, reader),
        Rule::expect_clause => {
            let expectation = pair.into_inner().last()?;
            return expectation_of(expectation, reader).map(TestClauseKind::Expect);
        }
        Rule::given_clause
        | Rule::at_clause
        | Rule::approve_clause
        | Rule::reject_clause
        | Rule::expire_clause
        | Rule::arrive_clause => {}
        _ => return None,
    }
    let Parts { id, text, value, .. } = Parts::of(pair, reader);
    Some(match rule {
        Rule::given_clause => TestClauseKind::Trigger(value?),
        Rule::at_clause => TestClauseKind::At(text?),
        Rule::approve_clause => TestClauseKind::Approve { step: id?, notes: text, form: value },
        Rule::reject_clause => TestClauseKind::Reject { step: id?, notes: text },
        Rule::expire_clause => TestClauseKind::Expire { step: id? },
        _ => TestClauseKind::Event { step: id?, data: value },
    })
}

fn mock_clause(pair: Pair<'_, Rule>, reader: &mut Reader<'_>) -> Option<TestClauseKind> {
    let (mut step, mut answer) = (None, None);
    for part in pair.into_inner() {
        match part.as_rule() {
            Rule::id => step = Some(reader.name(&part)),
            Rule::mock_answer => answer = Parts::of(part, reader).value.map(MockAnswer::Output),
            Rule::mock_failure => {
                let Parts { id, value, .. } = Parts::of(part, reader);
                answer = id.map(|class| MockAnswer::Failure { class, body: value });
            }
            _ => {}
        }
    }
    Some(TestClauseKind::Mock { step: step?, answer: answer? })
}

fn expectation_of(pair: Pair<'_, Rule>, reader: &mut Reader<'_>) -> Option<Expectation> {
    let rule = pair.as_rule();
    if rule == Rule::expect_path {
        let steps = pair.into_inner().filter(|part| part.as_rule() == Rule::id);
        return Some(Expectation::Path(steps.map(|step| reader.name(&step)).collect()));
    }
    if rule == Rule::expect_attempts {
        let count = pair.clone().into_inner().find(|part| part.as_rule() == Rule::int);
        let count = count.and_then(|count| reader.count(&count))?;
        return Some(Expectation::Attempts { step: Parts::of(pair, reader).id?, count });
    }
    let Parts { id, text, more, value } = Parts::of(pair, reader);
    Some(match rule {
        Rule::expect_status => Expectation::Status(id?),
        Rule::expect_error => Expectation::Error { code: text?, message: more },
        Rule::expect_output => Expectation::Output(value?),
        Rule::expect_step => Expectation::Step { step: id?, value: value? },
        Rule::expect_call => Expectation::Call { step: id?, request: value? },
        Rule::expect_emit => Expectation::Emit { event: text?, payload: value },
        _ => return None,
    })
}
