//! Calls: which operation is meant, and the plan of how it is called.

use super::address;
use super::arguments::Target;
use super::slot::Slot;
use super::{CallPlan, Checker, OperationFacts, PathPart, StepTyping};
use crate::diagnostic::{Code, Diagnostic, Severity, did_you_mean, nearest};
use crate::limits::NAMES_SHOWN_MAX;
use crate::signatures::{Operation, Service, method_is_idempotent};
use crate::text::{Name, Span};
use crate::tree::{CallStep, CallTarget, Expr};
use crate::types::{FieldInfo, Shape, Type};
use indexmap::IndexMap;

/// The methods of HTTP that a call may use.
const METHODS: [&str; 7] = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];

/// Services that need no signature.
const CUSTOM: &str = "custom:";

/// The parts of a request, checked.
#[derive(Default)]
pub(super) struct Parts {
    pub(super) path: Vec<PathPart>,
    pub(super) query: Vec<(String, Expr)>,
    pub(super) body: Option<Expr>,
    pub(super) body_type: Option<Type>,
    pub(super) external_id: Option<String>,
}

/// A request whose operation, if it has one, is known.
struct Request<'o> {
    method: String,
    operation: Option<&'o Operation>,
    parts: Parts,
}

impl Checker<'_> {
    pub(super) fn call(&mut self, call: &CallStep) -> StepTyping {
        let slug = &call.service.value;
        let service = self.catalog.service(slug);
        if service.is_none() && !slug.starts_with(CUSTOM) {
            let message = format!("there is no service \"{slug}\"");
            let diagnostic = Diagnostic::new(Code::UnknownService, call.service.span, message)
                .note("a service of your own is called `custom:<name>`");
            let names = self.catalog.slugs();
            let diagnostic = did_you_mean(diagnostic, &call.service, names.into_iter());
            self.report(diagnostic);
        }
        let request = match &call.target {
            CallTarget::Operation(name) => self.by_name(call, service.as_deref(), name),
            CallTarget::Http { method, path } => {
                self.by_path(call, service.as_deref(), method, path)
            }
        };
        let headers = call.headers.as_ref().map(|headers| self.headers(call, headers));
        let Some(Request { method, operation, parts }) = request else {
            // What is wrong with the request says nothing of how it would be retried.
            self.retry(call.retry.as_ref(), true);
            self.timeout(call.timeout_ms.as_ref());
            return StepTyping {
                input: Type::error(),
                output: Type::error(),
                call: None,
                decides: None,
                ruled_out: Vec::new(),
                covered: false,
                form: None,
            };
        };
        let safe = operation.map_or_else(|| method_is_idempotent(&method), |o| o.safe_to_repeat);
        let input = recorded(&method, headers, parts.body_type);
        let plan = CallPlan {
            service: slug.clone(),
            operation: operation.map(facts),
            method,
            path: parts.path,
            query: parts.query,
            headers: call.headers.clone(),
            body: parts.body,
            output_field: operation.and_then(|operation| operation.output_field.clone()),
            external_id: parts.external_id,
            retry: self.retry(call.retry.as_ref(), safe),
            timeout_ms: self.timeout(call.timeout_ms.as_ref()),
        };
        let output = operation.map_or_else(Type::json, |operation| operation.output.clone());
        StepTyping {
            input,
            output,
            call: Some(plan),
            decides: None,
            ruled_out: Vec::new(),
            covered: false,
            form: None,
        }
    }

    fn by_name<'o>(
        &mut self,
        call: &CallStep,
        service: Option<&'o Service>,
        name: &Name,
    ) -> Option<Request<'o>> {
        let slug = &call.service.value;
        let Some(service) = service else {
            if slug.starts_with(CUSTOM) {
                let message =
                    format!("`{slug}` has no signature, and so no operation `{}`", name.value);
                self.report(Diagnostic::new(Code::UnknownOperation, name.span, message).help(
                    "declare it with `service`, or call it by method and path: `POST \"/path\"`",
                ));
            }
            call.body.iter().for_each(|body| drop(self.infer(body)));
            return None;
        };
        let Some(operation) = service.operation(&name.value) else {
            let message = format!("`{slug}` has no operation `{}`", name.value);
            let diagnostic = Diagnostic::new(Code::UnknownOperation, name.span, message);
            let names = service.operations.iter().map(|operation| operation.name.as_str());
            let found = did_you_mean(diagnostic, name, names.clone());
            self.report(match found.suggestions.is_empty() {
                true => found.note(format!("its operations are {}", first_of(names))),
                false => found,
            });
            call.body.iter().for_each(|body| drop(self.infer(body)));
            return None;
        };
        let target = target(slug, operation, name.span);
        let parts = self.named_arguments(&target, call.body.as_ref());
        Some(Request {
            method: operation.method.to_ascii_uppercase(),
            operation: Some(operation),
            parts,
        })
    }

    fn by_path<'o>(
        &mut self,
        call: &CallStep,
        service: Option<&'o Service>,
        method: &Name,
        path: &Expr,
    ) -> Option<Request<'o>> {
        let upper = self.method(method);
        let address = address::read(path, &mut self.diagnostics);
        let (Some(upper), Some(address)) = (upper, address) else {
            call.body.iter().for_each(|body| drop(self.infer(body)));
            return None;
        };
        let operation = service
            .and_then(|service| service.matching(&upper, &address.pattern(), call.body.as_ref()));
        let parts = if let Some(operation) = operation {
            let target = target(&call.service.value, operation, path.span);
            self.written_arguments(&target, address, call.body.as_ref())
        } else {
            if let Some(service) = service {
                self.undocumented(service, &upper, path, &address);
            }
            let what = format!("the path of a request to `{}`", call.service.value);
            address.segments.iter().for_each(|segment| self.check_path_parts(segment, &what));
            let what = format!("the query of a request to `{}`", call.service.value);
            let query = address.query.clone();
            for (_, value) in &query {
                self.query_value(value, &what);
            }
            let what = format!("`{}`, which declares no such parameter", call.service.value);
            let any = Type::json();
            let body_type =
                call.body.as_ref().map(|body| self.check(body, Slot::root(&any, &what)));
            let body = call.body.clone();
            Parts { path: address.path(), query, body, body_type, external_id: None }
        };
        Some(Request { method: upper, operation, parts })
    }

    /// A query parameter of a request that nothing is known of; where it is null or absent it is left out.
    fn query_value(&mut self, value: &Expr, what: &str) {
        let found = self.infer(value);
        let scalar =
            |shape: &Shape| !matches!(shape, Shape::List(_) | Shape::Map(_) | Shape::Record(_));
        if !found.ty.may_be(scalar) {
            let message = format!("{} has no text form", found.ty.noun());
            self.report(Diagnostic::new(Code::NotText, value.span, message));
            return;
        }
        self.fit(value, &found, Slot::root(&Type::json(), what).seen());
    }

    fn method(&mut self, written: &Name) -> Option<String> {
        let upper = written.value.to_ascii_uppercase();
        if METHODS.contains(&upper.as_str()) {
            return Some(upper);
        }
        let message = format!("\"{}\" is no method of HTTP that a call may use", written.value);
        let diagnostic = Diagnostic::new(Code::InvalidValue, written.span, message)
            .note(format!("there are {}", METHODS.join(", ")));
        let diagnostic = did_you_mean(diagnostic, written, METHODS.into_iter());
        self.report(diagnostic);
        None
    }

    /// A request to a service with a signature that none of its operations takes. Services offer more than is
    /// documented, so it may be right.
    fn undocumented(
        &mut self,
        service: &Service,
        method: &str,
        path: &Expr,
        address: &address::Address,
    ) {
        let pattern = address.pattern();
        let written: String =
            pattern.iter().map(|segment| format!("/{}", segment.unwrap_or("{}"))).collect();
        let slug = &service.slug;
        let message = format!("`{slug}` documents no `{method} {written}`: it is not checked");
        let mut diagnostic = Diagnostic::new(Code::UnknownOperation, path.span, message);
        diagnostic.severity = Severity::Warning;
        let other = METHODS.into_iter().find_map(|m| service.matching(m, &pattern, None));
        let patterns = service.operations.iter().map(|operation| operation.pattern.as_str());
        self.report(match (other, nearest(&written, patterns)) {
            (Some(other), _) => {
                diagnostic.help(format!("it documents `{} {}`", other.method, other.pattern))
            }
            (None, Some(near)) => diagnostic.help(format!("did you mean \"{near}\"?")),
            (None, None) => diagnostic,
        });
    }

    fn headers(&mut self, call: &CallStep, headers: &Expr) -> Type {
        let scalar = [Shape::String, Shape::Int, Shape::Number, Shape::Bool, Shape::Timestamp];
        let value = Type::union(scalar.into_iter().map(Type::new).collect());
        let what = format!("the headers of a request to `{}`", call.service.value);
        self.check(headers, Slot::root(&Type::map(value), &what).seen())
    }
}

fn target<'o>(slug: &str, operation: &'o Operation, head: Span) -> Target<'o> {
    Target { operation, name: format!("{slug}.{}", operation.name), head }
}

fn facts(operation: &Operation) -> OperationFacts {
    OperationFacts {
        name: operation.name.clone(),
        declared: operation.declared,
        safe_to_repeat: operation.safe_to_repeat,
        rate_limit_per_minute: operation.rate_limit_per_minute,
        verdicts: operation.verdicts.clone(),
    }
}

/// A call's input as it is recorded.
fn recorded(method: &str, headers: Option<Type>, body: Option<Type>) -> Type {
    let mut fields = IndexMap::new();
    fields.insert("method".to_owned(), FieldInfo::required(Type::literal(method)));
    fields.insert("path".to_owned(), FieldInfo::required(Type::string()));
    let rest = [("headers", headers), ("body", body)];
    for (name, ty) in rest {
        if let Some(ty) = ty {
            fields.insert(name.to_owned(), FieldInfo::required(ty));
        }
    }
    Type::record(fields, true)
}

/// The first few names of many.
fn first_of<'n>(names: impl Iterator<Item = &'n str>) -> String {
    let names: Vec<&str> = names.collect();
    let shown: Vec<&str> = names.iter().copied().take(NAMES_SHOWN_MAX).collect();
    let more = if shown.len() < names.len() { ", ..." } else { "" };
    format!("{}{more}", shown.join(", "))
}
