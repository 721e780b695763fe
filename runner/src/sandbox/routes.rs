//! From a method and a path to an operation of a signature.

use axum::http::Method;
use std::sync::Arc;
use writ_compiler::signatures::{self, Segment, Service};
use writ_compiler::types::{RecordType, Shape, Type};

/// One operation, as the sandbox serves it.
#[derive(Debug)]
pub struct Operation {
    /// The service's slug.
    pub service: String,
    /// Its name in the signature.
    pub name: String,
    /// Its method.
    pub method: Method,
    path: Vec<Segment>,
    /// Query parameters, a record.
    pub query: Option<Type>,
    /// The JSON body.
    pub request: Option<Type>,
    /// The whole answer.
    pub response: Type,
}

/// What a path leads to.
#[derive(Debug)]
pub enum Found<'a> {
    /// An operation.
    Operation(&'a Operation),
    /// `/<service>/health`, which the runner probes.
    Health,
    /// The path takes these methods only.
    OtherMethods(Vec<Method>),
    /// No such path.
    Nothing,
}

/// Every operation of the six services.
#[derive(Debug)]
pub struct Routes {
    operations: Vec<Operation>,
}

impl Routes {
    /// Those of the signatures that come with the compiler.
    pub fn new() -> Self {
        Self { operations: operations() }
    }

    /// Whether there is such an operation.
    pub fn has(&self, service: &str, operation: &str) -> bool {
        self.operations.iter().any(|o| o.service == service && o.name == operation)
    }

    /// Every operation.
    pub fn iter(&self) -> impl Iterator<Item = &Operation> {
        self.operations.iter()
    }

    /// What `/<service>/<path>` leads to.
    pub fn find(&self, method: &Method, path: &str) -> Found<'_> {
        let Some((service, path)) = split_service(path) else { return Found::Nothing };
        let of_service = self.operations.iter().filter(|o| o.service == service);
        if path == "health" && of_service.clone().next().is_some() {
            return Found::Health;
        }
        let fitting: Vec<_> = of_service.filter(|o| o.parameters_of(path).is_some()).collect();
        // The path with the most fixed parts is the most particular one.
        let of_method = fitting.iter().filter(|o| o.method == *method);
        match of_method.min_by_key(|o| o.parameters()) {
            Some(operation) => Found::Operation(operation),
            None if fitting.is_empty() => Found::Nothing,
            None => {
                // Two operations can share a path and a method.
                let mut methods: Vec<Method> = Vec::new();
                for operation in fitting {
                    if !methods.contains(&operation.method) {
                        methods.push(operation.method.clone());
                    }
                }
                Found::OtherMethods(methods)
            }
        }
    }
}

impl Operation {
    /// The path's last fixed part, which names what it is about: `alerts` of `/api/alerts/{id}`.
    pub fn noun(&self) -> &str {
        let mut fixed = self.path.iter().rev().filter_map(|segment| match segment {
            Segment::Text(text) => Some(text.as_str()),
            Segment::Param(_) => None,
        });
        fixed.next().unwrap_or_default()
    }

    /// The path's last parameter: `id` of `/api/alerts/{id}/assign`.
    pub fn last_parameter(&self) -> Option<&str> {
        let mut parameters = self.path.iter().rev().filter_map(|segment| match segment {
            Segment::Text(_) => None,
            Segment::Param(name) => Some(name.as_str()),
        });
        parameters.next()
    }

    /// The path parameters, when the path, without its service, is this operation's.
    pub fn parameters_of(&self, path: &str) -> Option<Vec<(String, String)>> {
        let mut parameters = Vec::new();
        let mut segments = self.path.iter();
        for given in path.split('/') {
            match segments.next()? {
                Segment::Text(text) if text == given => {}
                Segment::Text(_) => return None,
                Segment::Param(_) if given.is_empty() => return None,
                Segment::Param(name) => parameters.push((name.clone(), percent_decode(given))),
            }
        }
        segments.next().is_none().then_some(parameters)
    }

    fn parameters(&self) -> usize {
        self.path.iter().filter(|s| matches!(s, Segment::Param(_))).count()
    }
}

/// `/aml/api/alerts` to `aml` and `api/alerts`.
pub fn split_service(path: &str) -> Option<(&str, &str)> {
    path.strip_prefix('/')?.split_once('/')
}

/// Percent-decoded text; what is not UTF-8 is replaced.
fn percent_decode(text: &str) -> String {
    // A query's pairs are decoded in the same way, but for the plus sign.
    let pairs = super::request::query_pairs(&format!("v={}", text.replace('+', "%2B")));
    pairs.into_iter().next().map_or_else(String::new, |(_, value)| value)
}

/// The operations of the signatures that come with the compiler.
fn operations() -> Vec<Operation> {
    let services = signatures::slugs().filter_map(signatures::builtin);
    let of_service = |service: Arc<Service>| -> Vec<Operation> {
        let operations = service.operations.iter();
        operations.filter_map(|operation| served(&service.slug, operation)).collect()
    };
    services.flat_map(of_service).collect()
}

/// An operation as served; the signatures that come with the compiler use methods that exist.
fn served(service: &str, operation: &signatures::Operation) -> Option<Operation> {
    let record = |record: &Arc<RecordType>| Type::new(Shape::Record(record.clone()));
    Some(Operation {
        service: service.to_owned(),
        name: operation.name.clone(),
        method: operation.method.parse().ok()?,
        path: operation.segments.clone(),
        query: operation.query.as_ref().map(record),
        request: operation.request.clone(),
        response: operation.response.clone(),
    })
}
