//! Where arrows lead: to a step, or to an end that the arrow itself stands for.

use super::reader::Reader;
use crate::syntax::grammar::Rule;
use crate::text::{Name, Span, Spanned};
use crate::tree::{EndStep, Failure, Step, StepKind};
use pest::iterators::Pair;
use std::collections::HashSet;

/// The ends that arrows of one workflow stand for; they become steps behind the author's own.
#[derive(Default)]
pub(super) struct Ends {
    taken: HashSet<String>,
    plain: Option<String>,
    made: Vec<Step>,
}

impl Ends {
    /// For a workflow with this body: the steps made must not take the name of one the author wrote.
    pub(super) fn of(workflow: &Pair<'_, Rule>, reader: &mut Reader<'_>) -> Self {
        let reported = reader.diagnostics.len();
        let ids = workflow.clone().into_inner().flatten().filter(|p| p.as_rule() == Rule::id);
        let taken = ids.map(|id| reader.name(&id).value).collect();
        reader.diagnostics.truncate(reported);
        Self { taken, ..Self::default() }
    }

    /// The steps made so far.
    pub(super) fn take(&mut self) -> Vec<Step> {
        std::mem::take(&mut self.made)
    }

    /// The end of the run, as a step.
    pub(super) fn end(&mut self, span: Span) -> Name {
        let id = match &self.plain {
            Some(id) => id.clone(),
            None => self.make("end", span, None),
        };
        self.plain = Some(id.clone());
        Spanned::new(id, span)
    }

    fn make(&mut self, wanted: &str, span: Span, fail: Option<Failure>) -> String {
        let numbered = (2..).map(|n: u32| format!("{wanted}_{n}"));
        let mut names = std::iter::once(wanted.to_owned()).chain(numbered);
        // The numbers do not run out.
        let id = names.find(|name| !self.taken.contains(name)).unwrap_or_default();
        self.taken.insert(id.clone());
        let kind = StepKind::End(EndStep { output: None, fail });
        let name = Spanned::new(id.clone(), span);
        self.made.push(Step { span, id: name, description: None, optional: None, kind });
        id
    }
}

/// The step that `target` names, or the end that is made for it. `from` is the step that the arrow belongs to.
pub(super) fn target(pair: Pair<'_, Rule>, from: &str, reader: &mut Reader<'_>) -> Name {
    let span = reader.span(&pair);
    match pair.as_rule() {
        Rule::to_end => reader.ends.end(span),
        Rule::to_fail => {
            let mut strings = pair.into_inner().filter(|p| p.as_rule() == Rule::string);
            let code = strings.next().map(|code| reader.name(&code));
            let message = strings.next().map(|message| reader.template(&message));
            let code = code.unwrap_or_else(|| Spanned::new(String::new(), span));
            let id = format!("{from}_fail");
            let id = reader.ends.make(&id, span, Some(Failure { span, code, message }));
            Spanned::new(id, span)
        }
        _ => reader.name(&pair),
    }
}

/// The same for a pair whose last part is the target: an arrow, or a clause that ends in one.
pub(super) fn last_target(
    pair: Pair<'_, Rule>,
    from: &str,
    reader: &mut Reader<'_>,
) -> Option<Name> {
    pair.into_inner().last().map(|pair| target(pair, from, reader))
}
