//! How a workflow reads the values that come from outside.

use crate::flow::Flow;
use crate::tree::{BinaryOp, Expr, ExprKind, FieldKey, StepKind, UnaryOp, Workflow};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// What becomes of a value that is read.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Use {
    /// It is compared with this text, or there is a case for it.
    Text(String),
    /// It is compared with this number.
    Number(i64),
    /// It is a condition.
    Condition,
    /// It is asked whether it is there, or something stands in for it.
    Presence,
    /// Its items are gone through, or counted.
    Items,
    /// Their number is compared with this.
    Size(usize),
    /// It is calculated with.
    Arithmetic,
    /// It is divided by.
    Divisor,
    /// A decision is made on it.
    Decision,
    /// It is compared with something else.
    Compared,
}

/// How a value and its fields are read.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Reads {
    pub(super) uses: BTreeSet<Use>,
    pub(super) fields: BTreeMap<String, Reads>,
}

impl Reads {
    /// Whether a run's way may depend on the value.
    pub(super) fn is_decided_on(&self) -> bool {
        self.uses.iter().any(|known| match known {
            Use::Text(_)
            | Use::Number(_)
            | Use::Condition
            | Use::Presence
            | Use::Items
            | Use::Size(_)
            | Use::Divisor
            | Use::Decision
            | Use::Compared => true,
            Use::Arithmetic => false,
        })
    }
}

/// How a workflow reads its trigger and the outputs of its steps.
#[derive(Debug, Default)]
pub(super) struct AllReads {
    pub(super) trigger: Reads,
    pub(super) outputs: BTreeMap<u32, Reads>,
}

pub(super) fn of(workflow: &Workflow, flow: &Flow) -> AllReads {
    let ids = workflow.steps.iter().map(|step| step.id.value.as_str()).zip(0..).collect();
    let mut reader = Reader { workflow, ids, all: AllReads::default() };
    // What is decided on a transform's output is decided on what that was made of.
    for ix in &flow.order {
        let Some(step) = workflow.steps.get(ix.index()) else { continue };
        if let StepKind::Decide(decide) = &step.kind {
            for condition in &decide.conditions {
                reader.used(&condition.when, &Use::Condition);
            }
            if let Some(expression) = &decide.expression {
                reader.used(expression, &Use::Decision);
                for case in &decide.cases {
                    reader.compared_with_label(expression, &case.label.value);
                }
            }
        }
        for expr in step.exprs() {
            reader.expr(expr);
        }
    }
    reader.all
}

/// Whose value a path is of.
#[derive(Clone, Copy)]
enum Root {
    Trigger,
    Output(u32),
}

struct Reader<'a> {
    workflow: &'a Workflow,
    ids: HashMap<&'a str, u32>,
    all: AllReads,
}

impl<'a> Reader<'a> {
    /// Notes that something becomes of a value; of what does not come from outside, nothing is noted.
    fn used(&mut self, expr: &'a Expr, how: &Use) {
        if let Some(reads) = self.read(expr) {
            reads.uses.insert(how.clone());
        }
    }

    fn compared_with_label(&mut self, expr: &'a Expr, label: &str) {
        self.used(expr, &Use::Text(label.to_owned()));
        if let Ok(number) = label.parse() {
            self.used(expr, &Use::Number(number));
        }
        if label == "true" || label == "false" {
            self.used(expr, &Use::Condition);
        }
    }

    /// The value from outside that an expression is, through transforms that only pass it on.
    fn path(&self, expr: &'a Expr) -> Option<(Root, Vec<String>)> {
        let mut names: Vec<&str> = Vec::new();
        let mut at = expr.unnamed();
        // Each transform leads to an earlier step.
        loop {
            match at.selected() {
                Some((operand, name, _)) => {
                    names.push(name);
                    at = operand;
                }
                None => match &at.kind {
                    ExprKind::Ident(name) if name == "trigger" => {
                        let path = names.into_iter().rev().map(str::to_owned).collect();
                        return Some((Root::Trigger, path));
                    }
                    ExprKind::Ident(name) if name == "step" => {
                        let id = names.pop()?;
                        if names.pop()? != "output" {
                            return None;
                        }
                        let step = *self.ids.get(id)?;
                        let StepKind::Transform(transform) =
                            &self.workflow.steps.get(step as usize)?.kind
                        else {
                            let path = names.into_iter().rev().map(str::to_owned).collect();
                            return Some((Root::Output(step), path));
                        };
                        at = inside(&transform.value, &mut names)?;
                    }
                    ExprKind::Call { target, function, args } if names.is_empty() => {
                        at = carried(target.as_deref(), &function.value, args)?.unnamed();
                    }
                    _ => return None,
                },
            }
        }
    }

    fn expr(&mut self, expr: &'a Expr) {
        let expr = expr.unnamed();
        self.note(expr);
        for part in expr.parts() {
            self.expr(part);
        }
    }

    /// Notes what an expression makes of its parts.
    fn note(&mut self, expr: &'a Expr) {
        match &expr.kind {
            ExprKind::Binary { op, lhs, rhs } => self.binary(*op, lhs, rhs),
            ExprKind::Unary { op: UnaryOp::Not, operand } => self.used(operand, &Use::Condition),
            ExprKind::Unary { op: UnaryOp::Negate, operand } => {
                self.used(operand, &Use::Arithmetic);
            }
            ExprKind::Conditional { condition, .. } => self.used(condition, &Use::Condition),
            ExprKind::Call { target, function, args } => {
                self.call(target.as_deref(), &function.value, args);
            }
            ExprKind::Select { optional, .. } | ExprKind::Index { optional, .. } => {
                if *optional {
                    self.used(expr, &Use::Presence);
                }
                self.read(expr);
            }
            ExprKind::Null
            | ExprKind::Bool(_)
            | ExprKind::Int(_)
            | ExprKind::Uint(_)
            | ExprKind::Double(_)
            | ExprKind::String(_)
            | ExprKind::Bytes(_)
            | ExprKind::Ident(_)
            | ExprKind::Named { .. }
            | ExprKind::List(_)
            | ExprKind::Record(_)
            | ExprKind::Template(_)
            | ExprKind::Optional(_)
            | ExprKind::Error => {}
        }
    }

    /// Notes that a value from outside is read, whatever for.
    fn read(&mut self, expr: &'a Expr) -> Option<&mut Reads> {
        let (root, path) = self.path(expr)?;
        let mut reads = match root {
            Root::Trigger => &mut self.all.trigger,
            Root::Output(step) => self.all.outputs.entry(step).or_default(),
        };
        for name in path {
            reads = reads.fields.entry(name).or_default();
        }
        Some(reads)
    }

    fn binary(&mut self, op: BinaryOp, lhs: &'a Expr, rhs: &'a Expr) {
        match op {
            BinaryOp::And | BinaryOp::Or => {
                self.used(lhs, &Use::Condition);
                self.used(rhs, &Use::Condition);
            }
            BinaryOp::Equal
            | BinaryOp::NotEqual
            | BinaryOp::Less
            | BinaryOp::LessEqual
            | BinaryOp::Greater
            | BinaryOp::GreaterEqual => {
                self.compared(lhs, rhs);
                self.compared(rhs, lhs);
            }
            BinaryOp::In => match &rhs.unnamed().kind {
                ExprKind::List(items) => items.iter().for_each(|item| self.compared(lhs, item)),
                _ => self.used(rhs, &Use::Items),
            },
            BinaryOp::Add
            | BinaryOp::Subtract
            | BinaryOp::Multiply
            | BinaryOp::Divide
            | BinaryOp::Remainder => {
                let text = |e: &Expr| {
                    matches!(e.unnamed().kind, ExprKind::String(_) | ExprKind::Template(_))
                };
                if !text(lhs) && !text(rhs) {
                    self.used(lhs, &Use::Arithmetic);
                    self.used(rhs, &Use::Arithmetic);
                }
                if matches!(op, BinaryOp::Divide | BinaryOp::Remainder) {
                    self.used(rhs, &Use::Divisor);
                }
            }
        }
    }

    fn compared(&mut self, value: &'a Expr, with: &'a Expr) {
        // What the number of items is compared with is the number of items.
        if let ExprKind::Call { target, function, args } = &value.unnamed().kind
            && function.value == "size"
            && let Some(list) = target.as_deref().or(args.first())
        {
            self.used(list, &Use::Items);
            if let ExprKind::Int(n) = with.unnamed().kind {
                self.used(list, &Use::Size(usize::try_from(n).unwrap_or(0)));
            }
            return;
        }
        match &with.unnamed().kind {
            ExprKind::String(text) => self.used(value, &Use::Text(text.clone())),
            ExprKind::Int(n) => self.used(value, &Use::Number(*n)),
            ExprKind::Uint(n) => {
                self.used(value, &Use::Number(i64::try_from(*n).unwrap_or(i64::MAX)));
            }
            #[expect(clippy::cast_possible_truncation, reason = "a number near by will do")]
            ExprKind::Double(n) => self.used(value, &Use::Number(*n as i64)),
            ExprKind::Bool(_) => self.used(value, &Use::Condition),
            ExprKind::Null => self.used(value, &Use::Presence),
            _ => self.used(value, &Use::Compared),
        }
    }

    fn call(&mut self, target: Option<&'a Expr>, function: &str, args: &'a [Expr]) {
        match (function, target) {
            ("has" | "coalesce", None) => {
                args.iter().for_each(|arg| self.used(arg, &Use::Presence));
            }
            ("size", _) => {
                if let Some(list) = target.or(args.first()) {
                    self.used(list, &Use::Items);
                }
            }
            ("all" | "exists" | "exists_one" | "map" | "filter" | "sortBy", Some(list)) => {
                self.used(list, &Use::Items);
            }
            ("startsWith" | "endsWith" | "contains" | "matches", Some(text)) => {
                if let Some(Expr { kind: ExprKind::String(part), .. }) = args.first() {
                    self.used(text, &Use::Text(part.clone()));
                }
            }
            _ => {}
        }
    }
}

/// The value that a function gives back as it is, or in another form.
fn carried<'a>(target: Option<&'a Expr>, function: &str, args: &'a [Expr]) -> Option<&'a Expr> {
    match (target, function) {
        (Some(target), "orValue" | "value" | "trim" | "lowerAscii" | "upperAscii") => Some(target),
        (None, "int" | "double" | "string" | "coalesce") => args.first(),
        _ => None,
    }
}

/// The part of a transform's value that a path leads to, as far as records that the author wrote go.
fn inside<'a>(value: &'a Expr, names: &mut Vec<&str>) -> Option<&'a Expr> {
    let mut at = value.unnamed();
    while let ExprKind::Record(fields) = &at.kind {
        let name = names.pop()?;
        let field = fields
            .iter()
            .find(|field| matches!(&field.key, FieldKey::Name(known) if known.value == name))?;
        at = field.value.unnamed();
    }
    Some(at)
}
