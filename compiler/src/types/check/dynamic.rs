//! Uses of values that nothing is declared about: what a strict check reports, once a path.

use super::expr::path_words;
use super::known::{canonical, written};
use super::{Checker, Found, Inputs};
use crate::diagnostic::{Code, Diagnostic};
use crate::text::{Name, Span};
use crate::tree::{Expr, StepKind};

impl Checker<'_> {
    /// Notes a read of a field or, without a name, of an item. Whether what was read is not known either.
    pub(super) fn reads_unchecked(
        &mut self,
        from: &Found,
        operand: &Expr,
        whole: &Expr,
        field: Option<&Name>,
    ) -> bool {
        match field {
            Some(name) => {
                self.unchecked(from, operand, name.span, &format!("has a field `{}`", name.value))
            }
            None => self.unchecked(from, operand, whole.span, "has items"),
        }
    }

    /// Notes a look at each item of a value. Whether the items are not known either.
    pub(super) fn lists_unchecked(&mut self, over: &Found, list: &Expr) -> bool {
        self.unchecked(over, list, list.span, "is a list")
    }

    fn unchecked(&mut self, from: &Found, value: &Expr, place: Span, what: &str) -> bool {
        let is_dynamic = is_dynamic(from);
        if is_dynamic && !from.unchecked {
            let message = format!("nothing says that {} {what}", path_words(value));
            self.report_unchecked(place, message, value);
        }
        is_dynamic || from.unchecked
    }

    /// Notes a decision on a value.
    pub(super) fn decides_unchecked(&mut self, on: &Found, value: &Expr) {
        if is_dynamic(on) && !on.unchecked {
            let message = format!("nothing says which values {} can have", path_words(value));
            self.report_unchecked(value.span, message, value);
        }
    }

    fn report_unchecked(&mut self, place: Span, message: String, value: &Expr) {
        if !self.mode.strict {
            return;
        }
        let found = Diagnostic::new(Code::DynamicAccess, place, message)
            .note("a run finds out when it comes there, and may fail then");
        let found = match self.what_would_say_it(value) {
            Some(help) => found.help(help),
            None => found,
        };
        self.report(found);
    }

    /// What an author can do for a value to have a type.
    fn what_would_say_it(&self, value: &Expr) -> Option<String> {
        let path = written(&canonical(value)?);
        let mut names = path.split('.');
        match (names.next()?, names.next(), names.next()) {
            ("trigger", ..) if !self.is_local("trigger") => Some(match self.inputs {
                Inputs::Declared(_) => {
                    format!("say in the trigger's inputs what `{path}` is, instead of `json`")
                }
                Inputs::Inferred(_) | Inputs::Asked(_) => {
                    let place = self.mode.words("`trigger api { ... }`", "\"inputSchema\"");
                    format!("declare the workflow's inputs, in {place}")
                }
            }),
            ("step", Some(id), Some("output")) if !self.is_local("step") => {
                let step = self.workflow.steps.get(self.ids.get(id)?.index())?;
                let StepKind::Call(call) = &step.kind else { return None };
                let service = &call.service.value;
                Some(match self.catalog.service(service) {
                    Some(_) => format!("say in the signature of `{service}` what it answers"),
                    None => {
                        let declaration = format!("`service {service} {{ ... }}`");
                        let place = self.mode.words(&declaration, "\"services\"");
                        format!("give `{service}` a signature, in {place}")
                    }
                })
            }
            _ => None,
        }
    }
}

fn is_dynamic(found: &Found) -> bool {
    found.ty.may_be(|_| false) && !found.ty.is_error()
}
