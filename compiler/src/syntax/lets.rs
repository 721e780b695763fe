//! `let`: what stands behind each name.
//!
//! Names are resolved here, for both syntaxes, before anything else looks at the tree: a name becomes
//! [`ExprKind::Named`] with what it stands for, which later passes look through. What it stands for is shared, but
//! every pass goes through it once a place; that is what the limits bound.

use crate::diagnostic::{Code, Diagnostic};
use crate::limits::{EXPRESSION_DEPTH_MAX, NAMED_PARTS_MAX, PATH_STEPS_SHOWN_MAX};
use crate::text::Span;
use crate::tree::{Expr, ExprKind, Let, Workflow};
use std::collections::HashMap;
use std::sync::Arc;

/// The variables that every expression has.
pub(crate) const VARIABLES: [&str; 4] = ["trigger", "step", "execution", "workflow"];

/// Puts what they stand for behind the names in a workflow's expressions.
pub(crate) fn resolve(workflow: &mut Workflow, diagnostics: &mut Vec<Diagnostic>) {
    if workflow.lets.is_empty() {
        return;
    }
    let mut resolver = Resolver {
        by_name: by_name(&workflow.lets, diagnostics),
        states: workflow.lets.iter().map(|_| State::Unresolved).collect(),
        lets: std::mem::take(&mut workflow.lets),
        locals: Vec::new(),
        open: Vec::new(),
        parts: 0,
        diagnostics,
    };
    for at in 0..resolver.lets.len() {
        resolver.named(at);
    }
    resolver.parts = 0;
    for step in &mut workflow.steps {
        for expr in step.exprs_mut() {
            resolver.expr(expr, 0);
        }
    }
    workflow.lets = resolver.lets;
}

fn by_name(lets: &[Let], diagnostics: &mut Vec<Diagnostic>) -> HashMap<String, usize> {
    let mut by_name: HashMap<String, usize> = HashMap::with_capacity(lets.len());
    for (at, named) in lets.iter().enumerate() {
        let name = &named.name;
        if VARIABLES.contains(&name.value.as_str()) {
            let message = format!("`{}` is the name of a variable", name.value);
            diagnostics.push(
                Diagnostic::new(Code::DuplicateName, name.span, message)
                    .help("choose another name"),
            );
        } else if !is_identifier(&name.value) {
            let message = format!("\"{}\" cannot be a name in expressions", name.value);
            diagnostics.push(
                Diagnostic::new(Code::InvalidValue, name.span, message)
                    .help("use letters, digits and `_`, and begin with no digit"),
            );
        } else if let Some(first) = by_name.get(&name.value) {
            let message = format!("`{}` is named twice", name.value);
            let diagnostic = Diagnostic::new(Code::DuplicateName, name.span, message);
            diagnostics.push(match lets.get(*first) {
                Some(first) => diagnostic.and(first.name.span, "named here already"),
                None => diagnostic,
            });
        } else {
            by_name.insert(name.value.clone(), at);
        }
    }
    by_name
}

/// Whether an expression may use a word as a variable.
fn is_identifier(word: &str) -> bool {
    use super::grammar::{Rule, WritGrammar};
    use pest::Parser;
    WritGrammar::parse(Rule::variable, word)
        .is_ok_and(|mut pairs| pairs.next().is_some_and(|pair| pair.as_str() == word))
}

/// How far a `let` has been resolved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Unresolved,
    /// Its own names are being resolved.
    Open,
    /// How many parts it has, written out, and how deep they are nested.
    Done {
        parts: usize,
        depth: usize,
    },
}

struct Resolver<'d> {
    lets: Vec<Let>,
    by_name: HashMap<String, usize>,
    states: Vec<State>,
    /// The variables of the comprehensions around.
    locals: Vec<String>,
    /// The names being resolved, outermost first.
    open: Vec<String>,
    /// The parts seen so far, names written out.
    parts: usize,
    diagnostics: &'d mut Vec<Diagnostic>,
}

impl Resolver<'_> {
    /// Resolves the names in a `let`; how large it is then, or `None` while that is under way.
    fn named(&mut self, at: usize) -> Option<(usize, usize)> {
        match self.states.get(at)? {
            State::Open => return None,
            State::Done { parts, depth } => return Some((*parts, *depth)),
            State::Unresolved => {}
        }
        self.set(at, State::Open);
        let error = Expr { kind: ExprKind::Error, span: Span::default() };
        let slot = self.lets.get_mut(at)?;
        let name = slot.name.value.clone();
        let mut value = Arc::unwrap_or_clone(std::mem::replace(&mut slot.value, Arc::new(error)));
        let locals = std::mem::take(&mut self.locals);
        let before = std::mem::take(&mut self.parts);
        self.open.push(name);
        let depth = self.expr(&mut value, 0);
        self.open.pop();
        let parts = std::mem::replace(&mut self.parts, before);
        self.locals = locals;
        if let Some(slot) = self.lets.get_mut(at) {
            slot.value = Arc::new(value);
        }
        self.set(at, State::Done { parts, depth });
        Some((parts, depth))
    }

    fn set(&mut self, at: usize, state: State) {
        if let Some(slot) = self.states.get_mut(at) {
            *slot = state;
        }
    }

    /// Resolves the names in an expression that stands `depth` deep; how deep it is nested itself.
    fn expr(&mut self, expr: &mut Expr, depth: usize) -> usize {
        self.parts += 1;
        if let ExprKind::Ident(name) = &expr.kind {
            let found = self.by_name.get(name).copied();
            let Some(at) = found.filter(|_| !self.locals.contains(name)) else { return 1 };
            let name = name.clone();
            return self.name(expr, name, at, depth);
        }
        let comprehension = expr.is_comprehension();
        let mut parts = expr.parts_mut().into_iter();
        let mut deepest = 0;
        if comprehension {
            // What is gone through stands outside the variable's scope; the variable itself is no expression.
            let over = parts.next().map(|over| self.expr(over, depth + 1));
            let variable = parts.next().map(|variable| match &variable.kind {
                ExprKind::Ident(name) => name.clone(),
                _ => String::new(),
            });
            self.locals.extend(variable);
            deepest = over.unwrap_or_default();
        }
        for part in parts {
            deepest = deepest.max(self.expr(part, depth + 1));
        }
        if comprehension {
            self.locals.pop();
        }
        deepest + 1
    }

    fn name(&mut self, expr: &mut Expr, name: String, at: usize, depth: usize) -> usize {
        let problem = match self.named(at) {
            None => {
                let circle = self.open.iter().skip_while(|open| **open != name);
                let mut circle: Vec<&str> = circle.map(String::as_str).collect();
                if circle.len() > PATH_STEPS_SHOWN_MAX {
                    circle.truncate(PATH_STEPS_SHOWN_MAX);
                    circle.push("...");
                }
                circle.push(&name);
                let message = format!("`{name}` is named by itself: {}", circle.join(" -> "));
                Some((Code::RecursiveLet, message))
            }
            Some((_, inner)) if depth + inner > EXPRESSION_DEPTH_MAX => {
                let message = format!(
                    "with `{name}` written out, the expression is nested more than {EXPRESSION_DEPTH_MAX} deep"
                );
                Some((Code::TooDeep, message))
            }
            Some((parts, _)) if self.parts.saturating_add(parts) > NAMED_PARTS_MAX => {
                let message = format!(
                    "with `{name}` written out, the expressions have more than {NAMED_PARTS_MAX} parts"
                );
                Some((Code::SourceTooLarge, message))
            }
            Some((parts, _)) => {
                self.parts += parts;
                None
            }
        };
        let Some(named) = self.lets.get_mut(at) else { return 1 };
        named.used = true;
        if let Some((code, message)) = problem {
            let diagnostic = Diagnostic::new(code, expr.span, message);
            self.diagnostics.push(match code {
                Code::RecursiveLet => {
                    diagnostic.and(named.name.span, "named here").help("write out one of the two")
                }
                _ => diagnostic.help("make it in a transform, and read that step's output"),
            });
            expr.kind = ExprKind::Error;
            return 1;
        }
        let value = Arc::clone(&named.value);
        expr.kind = ExprKind::Named { name, value };
        self.named(at).map_or(1, |(_, inner)| inner + 1)
    }
}
