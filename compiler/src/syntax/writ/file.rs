//! A whole file.

use super::reader::Reader;
use super::{service, test, types, workflow};
use crate::diagnostic::{Code, Diagnostic};
use crate::syntax::grammar::Rule;
use crate::tree::Module;
use pest::iterators::{Pair, Pairs};

/// Everything a file declares.
pub(super) fn file(pairs: Pairs<'_, Rule>, reader: &mut Reader<'_>) -> Module {
    let mut module = Module::default();
    let mut before = None;
    for pair in pairs {
        let here = reader.span(&pair);
        match pair.as_rule() {
            Rule::use_decl => module.uses.extend(pair.into_inner().last().map(|p| reader.name(&p))),
            Rule::type_decl => module.types.extend(types::type_decl(pair, reader)),
            Rule::service_decl => module.services.extend(service::service_decl(pair, reader)),
            Rule::workflow_decl => module.workflows.push(workflow::workflow_decl(pair, reader)),
            Rule::test_decl => module.tests.extend(test::test_decl(pair, reader)),
            Rule::policy_decl => unsupported(&pair, "policies", reader),
            Rule::bad_item => reader.bad(&pair, Rule::item_only, "the file", before),
            _ => continue,
        }
        before = Some(here);
    }
    module
}

fn unsupported(pair: &Pair<'_, Rule>, what: &str, reader: &mut Reader<'_>) {
    let span = reader.span(pair);
    let message = format!("{what} are not supported yet");
    reader.diagnostics.push(
        Diagnostic::new(Code::InvalidValue, span, message)
            .help("leave it out: it would be neither run nor checked"),
    );
}
