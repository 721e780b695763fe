//! The arguments of an operation, whichever way they are written.

use super::address::{self, Address};
use super::call::Parts;
use super::slot::{Slot, head, listed};
use super::{Checker, PathPart};
use crate::diagnostic::{Code, Diagnostic, did_you_mean_another};
use crate::signatures::{Operation, Segment};
use crate::text::{Name, Span};
use crate::tree::{Expr, ExprKind, Field, FieldKey, TemplatePart};
use crate::types::{FieldInfo, Labels, Shape, Type};

/// An operation and how messages call it.
pub(super) struct Target<'o> {
    pub(super) operation: &'o Operation,
    /// `aml.createScreening`
    pub(super) name: String,
    /// What is pointed at when something is missing.
    pub(super) head: Span,
}

impl Target<'_> {
    /// What a path parameter takes: text, or a number that stands for its text.
    fn path_type() -> Type {
        Type::union(vec![Type::string(), Type::new(Shape::Int)])
    }

    fn query(&self, name: &str) -> Option<&FieldInfo> {
        self.operation.query.as_ref()?.fields.get(name)
    }

    fn path_parameters(&self) -> impl Iterator<Item = &str> {
        self.operation.segments.iter().filter_map(|segment| match segment {
            Segment::Text(_) => None,
            Segment::Param(name) => Some(name.as_str()),
        })
    }
}

impl Checker<'_> {
    /// Arguments by name: those of the path, those of the query, and the rest, which are the body's.
    pub(super) fn named_arguments(&mut self, target: &Target<'_>, given: Option<&Expr>) -> Parts {
        let none = Vec::new();
        let (fields, span) = match given {
            None => (&none, target.head),
            Some(Expr { kind: ExprKind::Record(fields), span }) => (fields, *span),
            Some(whole) => {
                self.not_by_name(target, whole);
                return self.parts_with_body(target, Vec::new(), Vec::new(), Some(whole));
            }
        };
        let (mut path, mut query, mut body) = (Vec::new(), Vec::new(), Vec::new());
        for field in fields {
            match &field.key {
                FieldKey::Name(name) if target.path_parameters().any(|p| p == name.value) => {
                    path.push((name, argument(&field.value)));
                }
                FieldKey::Name(name) if target.query(&name.value).is_some() => {
                    query.push((name.value.clone(), argument(&field.value).clone()));
                }
                FieldKey::Name(_) | FieldKey::Computed(_) => body.push(field.clone()),
            }
        }
        let path = self.filled_path(target, &path);
        self.check_query(target, &mut query);
        let body = Expr { kind: ExprKind::Record(body), span };
        self.parts_with_body(target, path, query, Some(&body))
    }

    fn not_by_name(&mut self, target: &Target<'_>, whole: &Expr) {
        if target.path_parameters().next().is_some() {
            let message = format!("the arguments of `{}` are given by name", target.name);
            self.report(
                Diagnostic::new(Code::MissingArgument, whole.span, message)
                    .help("write them as `{ name: value }`"),
            );
        }
    }

    fn filled_path(&mut self, target: &Target<'_>, given: &[(&Name, &Expr)]) -> Vec<PathPart> {
        let mut path = Vec::new();
        let mut missing = Vec::new();
        for segment in &target.operation.segments {
            address::push_text(&mut path, "/");
            match segment {
                Segment::Text(text) => address::push_text(&mut path, text),
                Segment::Param(name) => match given.iter().find(|(n, _)| n.value == *name) {
                    Some((_, value)) => {
                        self.check_path(target, name, value);
                        for part in address::segment_of(value) {
                            address::push(&mut path, part);
                        }
                    }
                    None => missing.push(format!("`{name}`")),
                },
            }
        }
        if !missing.is_empty() {
            let message = format!("`{}` needs {}", target.name, listed(&missing));
            let (source, span) = target.operation.declared;
            self.report(Diagnostic::new(Code::MissingArgument, target.head, message).and_in(
                source,
                span,
                "its path needs it",
            ));
        }
        path
    }

    fn check_path(&mut self, target: &Target<'_>, name: &str, value: &Expr) {
        let ty = Target::path_type();
        self.check(value, Slot::parameter(&ty, None, &target.name, name));
    }

    /// A request as it is written out, to the operation that it matches.
    pub(super) fn written_arguments(
        &mut self,
        target: &Target<'_>,
        address: Address,
        body: Option<&Expr>,
    ) -> Parts {
        let Address { segments, mut query } = address;
        let mut path = Vec::new();
        for (pattern, written) in target.operation.segments.iter().zip(segments) {
            address::push_text(&mut path, "/");
            let written = match pattern {
                Segment::Text(_) => written,
                Segment::Param(name) => {
                    self.check_segment(target, name, &written);
                    address::encoded(written)
                }
            };
            written.into_iter().for_each(|part| address::push(&mut path, part));
        }
        self.check_query(target, &mut query);
        self.parts_with_body(target, path, query, body)
    }

    fn check_segment(&mut self, target: &Target<'_>, name: &str, written: &[PathPart]) {
        match written {
            [PathPart::Expr(value)] => self.check_path(target, name, value),
            parts => {
                let what = format!("the path of `{}`", target.name);
                self.check_path_parts(parts, &what);
            }
        }
    }

    /// Values that become a part of a path.
    pub(super) fn check_path_parts(&mut self, parts: &[PathPart], what: &str) {
        for part in parts {
            if let PathPart::Expr(value) = part {
                self.check_text(value, what);
            }
        }
    }

    /// A value that becomes a part of text that is sent or shown.
    pub(super) fn check_text(&mut self, value: &Expr, what: &str) -> Type {
        if let ExprKind::Template(parts) = &value.kind {
            let mut labels = Labels::default();
            for part in parts {
                if let TemplatePart::Expr(part) = part {
                    labels = labels.and(self.check_text(part, what).labels);
                }
            }
            return Type::string().labelled(labels);
        }
        let labels = self.spliced(value).labels_within();
        let found = Type::string().labelled(labels);
        self.fit(value, &found.into(), Slot::root(&Type::json(), what).seen())
    }

    /// The query parameters, in the order in which the operation declares them.
    fn check_query(&mut self, target: &Target<'_>, query: &mut [(String, Expr)]) {
        for (name, value) in query.iter_mut() {
            let Some(info) = target.query(name) else {
                let message = format!("`{}` has no query parameter `{name}`", target.name);
                let diagnostic = Diagnostic::new(Code::UnknownArgument, value.span, message);
                let written = Name::new(name.clone(), Span::default());
                let names = target.operation.query.iter().flat_map(|query| query.fields.keys());
                let near = crate::diagnostic::nearest(&written.value, names.map(String::as_str));
                self.report(match near {
                    Some(near) => diagnostic.help(format!("did you mean \"{near}\"?")),
                    None => diagnostic,
                });
                continue;
            };
            as_declared(value, &info.ty);
            let slot = Slot::parameter(&info.ty, info.declared, &target.name, name);
            // A parameter whose value is absent is left out.
            let found = self.infer(value);
            self.want_as(value, &slot);
            self.fit(value, &found, slot);
        }
        let place = |name: &str| {
            target.operation.query.as_ref().and_then(|query| query.fields.get_index_of(name))
        };
        query.sort_by_key(|(name, _)| place(name).unwrap_or(usize::MAX));
        let missing: Vec<String> = target
            .operation
            .query
            .iter()
            .flat_map(|declared| &declared.fields)
            .filter(|(name, info)| !info.optional && !query.iter().any(|(given, _)| given == *name))
            .map(|(name, _)| format!("`{name}`"))
            .collect();
        if !missing.is_empty() {
            let message = format!("`{}` needs {}", target.name, listed(&missing));
            self.report(Diagnostic::new(Code::MissingArgument, target.head, message));
        }
    }

    fn parts_with_body(
        &mut self,
        target: &Target<'_>,
        path: Vec<PathPart>,
        query: Vec<(String, Expr)>,
        body: Option<&Expr>,
    ) -> Parts {
        let empty = Expr { kind: ExprKind::Record(Vec::new()), span: head(target.head) };
        let body = match body {
            Some(body) if !is_empty(body) => Some(body),
            // An operation that takes a body is sent one, whichever way nothing was said.
            _ if target.operation.request.is_some() => Some(&empty),
            _ => None,
        };
        let body_type = body.and_then(|body| match &target.operation.request {
            Some(ty) => {
                let slot = Slot::body(ty, &target.name);
                let place = match &body.kind {
                    ExprKind::Record(_) if body.span == empty.span => target.head,
                    _ => head(body.span),
                };
                Some(match &body.kind {
                    ExprKind::Record(fields) => self.check_record(fields, place, body.span, slot),
                    _ => self.check(body, slot),
                })
            }
            None => {
                self.no_body(target, body);
                None
            }
        });
        let external_id = target.operation.external_id.clone().filter(|field| {
            !matches!(body, Some(Expr { kind: ExprKind::Record(fields), .. })
                if fields.iter().any(|f| matches!(&f.key, FieldKey::Name(n) if n.value == *field)))
        });
        Parts { path, query, body: body.cloned(), body_type, external_id }
    }

    fn no_body(&mut self, target: &Target<'_>, body: &Expr) {
        let ExprKind::Record(fields) = &body.kind else {
            let message = format!("`{}` takes no body", target.name);
            self.report(Diagnostic::new(Code::UnknownArgument, body.span, message));
            return;
        };
        for Field { key, .. } in fields {
            let FieldKey::Name(name) = key else { continue };
            let message = format!("`{}` has no parameter `{}`", target.name, name.value);
            let diagnostic = Diagnostic::new(Code::UnknownArgument, name.span, message);
            let query = target.operation.query.iter().flat_map(|query| query.fields.keys());
            let names = target.path_parameters().chain(query.map(String::as_str));
            let has = |name: &str| super::slot::has_field(fields, name);
            let diagnostic = did_you_mean_another(diagnostic, name, names, has);
            self.report(diagnostic);
        }
    }
}

/// The value of an argument: one of the query is left out where it is absent, with a `?` or without.
fn argument(value: &Expr) -> &Expr {
    match &value.kind {
        ExprKind::Optional(value) => value,
        _ => value,
    }
}

fn is_empty(body: &Expr) -> bool {
    matches!(&body.kind, ExprKind::Record(fields) if fields.is_empty())
}

/// A query parameter is text as it is written; where the operation declares a number or a bool, it is one.
pub(crate) fn as_declared(value: &mut Expr, ty: &Type) {
    let ExprKind::String(text) = &value.kind else { return };
    let is = |shape: &Shape| ty.members().iter().any(|member| member.shape == *shape);
    let number = text.parse::<i64>().ok().filter(|n| n.to_string() == *text);
    if is(&Shape::String) {
        return;
    }
    if let (Some(number), true) = (number, is(&Shape::Int) || is(&Shape::Number)) {
        value.kind = ExprKind::Int(number);
    } else if let (Ok(flag), true) = (text.parse::<bool>(), is(&Shape::Bool)) {
        value.kind = ExprKind::Bool(flag);
    } else if let (Ok(number), true) = (text.parse::<f64>(), is(&Shape::Number))
        && number.is_finite()
    {
        value.kind = ExprKind::Double(number);
    }
}
