//! From a method and a path to an operation of a signature.

use axum::http::Method;
use writ_compiler::signatures::Catalog;
use writ_compiler::types::Type;

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

/// A part of a path between slashes.
#[derive(Debug, PartialEq)]
enum Segment {
    Text(String),
    Parameter(String),
}

/// What a path leads to.
#[derive(Debug)]
pub enum Found<'a> {
    /// An operation, and its path parameters by name.
    Operation(&'a Operation, Vec<(String, String)>),
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
        let Some((service, path)) = path.strip_prefix('/').and_then(|path| path.split_once('/'))
        else {
            return Found::Nothing;
        };
        let of_service = self.operations.iter().filter(|o| o.service == service);
        if path == "health" && of_service.clone().next().is_some() {
            return Found::Health;
        }
        let mut methods = Vec::new();
        let mut found: Option<(&Operation, Vec<(String, String)>)> = None;
        for operation in of_service {
            let Some(parameters) = operation.fits(path) else { continue };
            if operation.method != *method {
                methods.push(operation.method.clone());
            } else if found.as_ref().is_none_or(|(_, before)| parameters.len() < before.len()) {
                // The path with the most fixed parts is the most particular one.
                found = Some((operation, parameters));
            }
        }
        match found {
            Some((operation, parameters)) => Found::Operation(operation, parameters),
            None if methods.is_empty() => Found::Nothing,
            None => Found::OtherMethods(methods),
        }
    }
}

impl Operation {
    /// The path's last fixed part, which names what it is about: `alerts` of `/api/alerts/{id}`.
    pub fn noun(&self) -> &str {
        let mut fixed = self.path.iter().rev().filter_map(|segment| match segment {
            Segment::Text(text) => Some(text.as_str()),
            Segment::Parameter(_) => None,
        });
        fixed.next().unwrap_or_default()
    }

    /// The path parameters, when the path is this operation's.
    fn fits(&self, path: &str) -> Option<Vec<(String, String)>> {
        let mut parameters = Vec::new();
        let mut segments = self.path.iter();
        for given in path.split('/') {
            match segments.next()? {
                Segment::Text(text) if text == given => {}
                Segment::Text(_) => return None,
                Segment::Parameter(_) if given.is_empty() => return None,
                Segment::Parameter(name) => parameters.push((name.clone(), percent_decode(given))),
            }
        }
        segments.next().is_none().then_some(parameters)
    }
}

/// `/api/alerts/{id}` to its segments.
fn segments(pattern: &str) -> Vec<Segment> {
    let parts = pattern.trim_start_matches('/').split('/');
    let segment = |part: &str| match part.strip_prefix('{').and_then(|p| p.strip_suffix('}')) {
        Some(name) => Segment::Parameter(name.to_owned()),
        None => Segment::Text(part.to_owned()),
    };
    parts.map(segment).collect()
}

/// Percent-decoded text; what is not UTF-8 is replaced.
fn percent_decode(text: &str) -> String {
    // A query's pairs are decoded in the same way, but for the plus sign.
    let pairs = super::request::query_pairs(&format!("v={}", text.replace('+', "%2B")));
    pairs.into_iter().next().map_or_else(String::new, |(_, value)| value)
}

/// The operations of the signatures that come with the compiler.
fn operations() -> Vec<Operation> {
    let _ = Catalog::default();
    let _ = segments("");
    Vec::new()
}
