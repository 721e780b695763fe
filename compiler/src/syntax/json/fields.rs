//! Reading the members of an object, with a message for each that is missing, misspelt or misshapen.

use super::node::{Kind, Node};
use super::shape::{example, wrong_shape};
use super::value::{self, plain};
use crate::diagnostic::{Code, Diagnostic, did_you_mean, did_you_mean_another, nearest};
use crate::syntax::span_map::SpanMap;
use crate::text::{Name, Span, Spanned};
use crate::tree::{Expr, ExprKind};

/// The members of one object, as they are asked for.
pub(super) struct Fields<'a, 'd> {
    members: &'a [(Name, Node)],
    /// The object.
    pub(super) span: Span,
    /// What it is, for messages: `step "kyc"`.
    what: String,
    known: Vec<&'static str>,
    /// Members that were reported as misspelt, by what they are read as.
    misspelt: Vec<(&'static str, &'a str)>,
    pub(super) diagnostics: &'d mut Vec<Diagnostic>,
}

impl<'a, 'd> Fields<'a, 'd> {
    /// The members of `node`; reports one that is no object.
    pub(super) fn of(
        node: &'a Node,
        what: impl Into<String>,
        diagnostics: &'d mut Vec<Diagnostic>,
    ) -> Option<Self> {
        let what = what.into();
        match &node.kind {
            Kind::Object(members) => {
                let (known, misspelt) = (Vec::new(), Vec::new());
                Some(Self { members, span: node.span, what, known, misspelt, diagnostics })
            }
            Kind::Error => None,
            _ => {
                diagnostics.push(wrong_shape(node, &what, "an object"));
                None
            }
        }
    }

    /// The raw member; `null` counts as absent.
    pub(super) fn get(&mut self, key: &'static str) -> Option<&'a Node> {
        self.known.push(key);
        let written = self.misspelt.iter().find(|(meant, _)| *meant == key).map(|(_, name)| *name);
        let members = self.members;
        members
            .iter()
            .find(|(name, _)| name.value == written.unwrap_or(key))
            .map(|(_, node)| node)
            .filter(|node| node.kind != Kind::Null)
    }

    /// The raw member; reports its absence.
    pub(super) fn require(&mut self, key: &'static str) -> Option<&'a Node> {
        let found = self.get(key);
        let present = self.has(key);
        if found.is_none() && !present && self.misspelt(key) {
            return self.get(key);
        }
        if found.is_none() {
            let problem = if present { "is null" } else { "is missing" };
            let message = format!("\"{key}\" {problem} in {}", self.what);
            let found = Diagnostic::new(Code::MissingField, self.head(), message);
            self.diagnostics.push(match example(key) {
                Some(example) => found.help(format!("add it, such as `{example}`")),
                None => found,
            });
        }
        found
    }

    /// Whether a member was probably meant as this one, which is needed and not there. That is said once then, and the
    /// member is read as what it was meant to be.
    pub(super) fn misspelt(&mut self, key: &'static str) -> bool {
        let mut names = self.members.iter().map(|(name, _)| name);
        let near = |name: &&Name| {
            let read = self.known.contains(&name.value.as_str());
            !read && nearest(&name.value, [key].into_iter()).is_some()
        };
        let Some(name) = names.find(near) else { return false };
        let message =
            format!("\"{key}\" is missing in {}, and \"{}\" is unknown", self.what, name.value);
        let found = Diagnostic::new(Code::MissingField, name.span, message);
        self.diagnostics.push(did_you_mean(found, name, [key].into_iter()));
        self.misspelt.push((key, &name.value));
        true
    }

    /// The place to point at when something is missing: the object's opening bracket.
    fn head(&self) -> Span {
        Span { start: self.span.start, end: self.span.end.min(self.span.start + 1) }
    }

    pub(super) fn string(&mut self, key: &'static str) -> Option<Name> {
        let node = self.get(key)?;
        self.as_string(node, key)
    }

    pub(super) fn require_string(&mut self, key: &'static str) -> Option<Name> {
        let node = self.require(key)?;
        self.as_string(node, key)
    }

    fn as_string(&mut self, node: &Node, key: &str) -> Option<Name> {
        match &node.kind {
            Kind::String(text, _) => Some(Spanned::new(text.clone(), node.span)),
            Kind::Error => None,
            _ => {
                self.diagnostics.push(wrong_shape(node, &format!("\"{key}\""), "a string"));
                None
            }
        }
    }

    /// A whole number that is not negative.
    pub(super) fn count(&mut self, key: &'static str) -> Option<Spanned<u64>> {
        let node = self.get(key)?;
        match node.kind {
            Kind::Int(n) if n >= 0 => Some(Spanned::new(n.unsigned_abs(), node.span)),
            Kind::Error => None,
            _ => {
                let wanted = "a whole number, 0 or above";
                self.diagnostics.push(wrong_shape(node, &format!("\"{key}\""), wanted));
                None
            }
        }
    }

    pub(super) fn boolean(&mut self, key: &'static str) -> Option<Spanned<bool>> {
        let node = self.get(key)?;
        match node.kind {
            Kind::Bool(value) => Some(Spanned::new(value, node.span)),
            Kind::Error => None,
            _ => {
                self.diagnostics.push(wrong_shape(node, &format!("\"{key}\""), "true or false"));
                None
            }
        }
    }

    /// A value with templates.
    pub(super) fn template(&mut self, key: &'static str) -> Option<Expr> {
        let node = self.get(key)?;
        Some(value::templated(node, self.diagnostics))
    }

    /// A `null` that is there.
    pub(super) fn null(&mut self, key: &'static str) -> Option<Expr> {
        let found = self.members.iter().find(|(name, _)| name.value == key);
        let (_, node) = found.filter(|(_, node)| node.kind == Kind::Null)?;
        self.known.push(key);
        Some(Expr { kind: ExprKind::Null, span: node.span })
    }

    /// A string that is an expression as it stands, without `${...}`.
    pub(super) fn expression(&mut self, key: &'static str) -> Option<Expr> {
        let node = self.require(key)?;
        match &node.kind {
            Kind::String(text, map) => Some(bare(text, map, self.diagnostics)),
            Kind::Error => None,
            _ => {
                let wanted = "an expression in a string";
                self.diagnostics.push(wrong_shape(node, &format!("\"{key}\""), wanted));
                None
            }
        }
    }

    /// A value without templates.
    pub(super) fn plain(&mut self, key: &'static str) -> Option<Expr> {
        self.get(key).map(plain)
    }

    /// A list's items.
    pub(super) fn list(&mut self, key: &'static str) -> Option<&'a [Node]> {
        let node = self.get(key)?;
        match &node.kind {
            Kind::List(items) => Some(items),
            Kind::Error => None,
            _ => {
                self.diagnostics.push(wrong_shape(node, &format!("\"{key}\""), "a list"));
                None
            }
        }
    }

    /// Whether there is such a member.
    pub(super) fn has(&self, key: &str) -> bool {
        self.members.iter().any(|(name, _)| name.value == key)
    }

    /// The names of the members that nobody asked for.
    pub(super) fn unknown(&self) -> impl Iterator<Item = &'a Name> + use<'a> {
        let (known, misspelt) = (self.known.clone(), self.misspelt.clone());
        let names = self.members.iter().map(|(name, _)| name);
        names.filter(move |name| {
            let name = name.value.as_str();
            !known.contains(&name) && !misspelt.iter().any(|(_, other)| *other == name)
        })
    }

    /// Members that may be there and mean nothing to the compiler.
    pub(super) fn ignore(&mut self, keys: &[&'static str]) {
        self.known.extend(keys);
    }

    /// Reports the members that nobody asked for.
    pub(super) fn finish(self) {
        for name in self.unknown() {
            let message = format!("unknown key \"{}\" in {}", name.value, self.what);
            let diagnostic = Diagnostic::new(Code::UnknownKey, name.span, message);
            let known = self.known.iter().copied();
            let diagnostic = did_you_mean_another(diagnostic, name, known, |key| self.has(key));
            self.diagnostics.push(match diagnostic.suggestions.is_empty() {
                true => diagnostic.note(format!("known here: {}", self.known.join(", "))),
                false => diagnostic,
            });
        }
    }
}

/// An expression that stands bare in a string.
pub(super) fn bare(text: &str, map: &SpanMap, diagnostics: &mut Vec<Diagnostic>) -> Expr {
    let (expr, found) = crate::syntax::expr::parse(text, map);
    diagnostics.extend(found);
    expr
}
