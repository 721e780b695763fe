//! Expressions: each leaves one value on the stack.

use super::code::Label;
use super::fold::{folded, operator};
use super::optional::Absence;
use super::{Lowering, count};
use crate::bytecode::{
    BranchOp, Constant, ExecutionField, Function, LoadOp, MakeOp, Op, Operator, WorkflowField,
};
use crate::text::Name;
use crate::tree::{BinaryOp, Expr, ExprKind, Field, FieldKey, TemplatePart, UnaryOp};
use crate::types::check::{TYPE_NAMES, namespace};

impl Lowering<'_> {
    /// Pushes the value of an expression.
    pub(super) fn value(&mut self, expr: &Expr) {
        let outer = self.code.at(expr.span);
        if let Some(constant) = folded(expr) {
            self.code.push(constant);
            self.code.at(outer);
            return;
        }
        match &expr.kind {
            ExprKind::Null => self.code.push(Constant::Null),
            ExprKind::Bool(value) => self.code.push(Constant::Bool(*value)),
            ExprKind::Int(value) => self.code.push(Constant::Int(*value)),
            ExprKind::Uint(value) => self.code.push(Constant::Uint(*value)),
            ExprKind::Double(value) => self.code.push(Constant::Double(*value)),
            ExprKind::String(text) => self.code.push_text(text),
            ExprKind::Bytes(bytes) => self.code.push(Constant::Bytes(bytes.as_slice().into())),
            ExprKind::Ident(name) => self.variable(name),
            ExprKind::Named { value, .. } => self.hiding_locals(|this| this.value(value)),
            ExprKind::Select { .. } | ExprKind::Index { .. } => {
                self.path(expr, Absence::Fails);
            }
            ExprKind::Call { target, function, args } => {
                if self.gives_optional(expr, Absence::Fails).is_none() {
                    self.call_of(target.as_deref(), function, args);
                }
            }
            ExprKind::Unary { op, operand } => self.unary(*op, operand),
            ExprKind::Binary { op, lhs, rhs } => self.binary(*op, lhs, rhs),
            ExprKind::Conditional { condition, then, otherwise } => {
                self.conditional(condition, then, otherwise);
            }
            ExprKind::List(items) => {
                self.list(items);
            }
            ExprKind::Record(fields) => self.record(fields),
            ExprKind::Optional(value) => self.value(value),
            ExprKind::Template(parts) => self.template(parts),
            ExprKind::Error => self.absent(),
        }
        self.code.at(outer);
    }

    /// Whether an expression is a variable that a comprehension binds.
    pub(super) fn is_local(&self, expr: &Expr) -> bool {
        matches!(&expr.kind, ExprKind::Ident(name) if self.locals.contains(name))
    }

    /// Fails when it is reached: for what is absent, and what the checks do not let through.
    pub(super) fn absent(&mut self) {
        self.code.emit(Op::Function { function: Function::Absent, argc: 0 });
    }

    /// Lowers what a `let` gave a name: the variables around the name's place mean nothing in it, and keep their slots.
    pub(super) fn hiding_locals<T>(&mut self, lower: impl FnOnce(&mut Self) -> T) -> T {
        let hidden = vec![String::new(); self.locals.len()];
        let around = std::mem::replace(&mut self.locals, hidden);
        let result = lower(self);
        self.locals = around;
        result
    }

    fn variable(&mut self, name: &str) {
        if let Some(slot) = self.locals.iter().rposition(|local| local == name) {
            let slot = u16::try_from(slot).unwrap_or(u16::MAX);
            return self.code.emit(Op::Load(LoadOp::Local { slot }));
        }
        match name {
            "trigger" => self.code.emit(Op::Load(LoadOp::Trigger)),
            "execution" => self.context(&["id", "externalId", "startedAt"], execution_field),
            "workflow" => self.context(&["slug", "version"], workflow_field),
            _ if TYPE_NAMES.contains(&name) => self.code.push_text(name),
            _ => self.absent(),
        }
    }

    /// Pushes the whole of `execution` or `workflow`, as a record.
    fn context(&mut self, names: &[&str], load: fn(&str) -> Option<LoadOp>) {
        for name in names {
            self.code.push_text(name);
            match load(name) {
                Some(load) => self.code.emit(Op::Load(load)),
                None => self.absent(),
            }
        }
        self.code.emit(Op::Make(MakeOp::Record { len: count(names.len()) }));
    }

    /// The field of `execution` or `workflow` that an expression is, if it is one.
    pub(super) fn context_field(&self, expr: &Expr) -> Option<LoadOp> {
        let (operand, field, _) = expr.selected()?;
        match &operand.kind {
            ExprKind::Ident(name) if self.locals.contains(name) => None,
            ExprKind::Ident(name) if name == "execution" => execution_field(field),
            ExprKind::Ident(name) if name == "workflow" => workflow_field(field),
            _ => None,
        }
    }

    fn unary(&mut self, op: UnaryOp, operand: &Expr) {
        self.value(operand);
        self.code.emit(Op::Operator(match op {
            UnaryOp::Negate => Operator::Negate,
            UnaryOp::Not => Operator::Not,
        }));
    }

    fn binary(&mut self, op: BinaryOp, lhs: &Expr, rhs: &Expr) {
        let Some(operator) = operator(op) else { return self.verdict(op, lhs, rhs) };
        self.value(lhs);
        self.value(rhs);
        self.code.emit(Op::Operator(operator));
    }

    /// `&&` or `||`, a chain of them as one: every operand but the last is attempted, for a later one may decide.
    fn verdict(&mut self, op: BinaryOp, lhs: &Expr, rhs: &Expr) {
        let all = op == BinaryOp::And;
        let (mut parts, mut due) = (Vec::new(), vec![rhs, lhs]);
        while let Some(part) = due.pop() {
            match &part.kind {
                ExprKind::Binary { op: inner, lhs, rhs } if *inner == op => {
                    due.extend([&**rhs, lhs])
                }
                _ => parts.push(part),
            }
        }
        let end = self.code.label();
        self.code.branch(BranchOp::Verdict);
        let last = parts.pop();
        for part in parts {
            let failed = self.code.label();
            self.code.branch(BranchOp::Attempt { failed: failed.pc() });
            self.part(part, all, end);
            self.code.bind(failed);
        }
        if let Some(last) = last {
            self.part(last, all, end);
        }
        self.code.branch(BranchOp::Conclude { value: all });
        self.code.bind(end);
    }

    /// One part of a verdict; where it decides, it goes on at `end`.
    pub(super) fn part(&mut self, part: &Expr, all: bool, end: Label) {
        self.value(part);
        let outer = self.code.at(part.span);
        self.code.branch(match all {
            true => BranchOp::SettleAnd { end: end.pc() },
            false => BranchOp::SettleOr { end: end.pc() },
        });
        self.code.at(outer);
    }

    /// Goes on at `no` where a condition does not hold; that it is none is said of the condition.
    pub(super) fn condition(&mut self, condition: &Expr, no: Label) {
        self.value(condition);
        let outer = self.code.at(condition.span);
        self.code.branch(BranchOp::Unless { target: no.pc() });
        self.code.at(outer);
    }

    fn conditional(&mut self, condition: &Expr, then: &Expr, otherwise: &Expr) {
        let (no, end) = (self.code.label(), self.code.label());
        self.condition(condition, no);
        self.value(then);
        self.code.jump(end);
        self.code.bind(no);
        self.value(otherwise);
        self.code.bind(end);
    }

    /// A list; behind an item that may be left out, each is appended.
    fn list(&mut self, items: &[Expr]) {
        let certain = items.iter().take_while(|item| !is_optional(item)).count();
        let (certain, rest) = items.split_at_checked(certain).unwrap_or((items, &[]));
        certain.iter().for_each(|item| self.value(item));
        self.code.emit(Op::Make(MakeOp::List { len: count(certain.len()) }));
        for item in rest {
            self.where_there(item, MakeOp::Append, false);
        }
    }

    /// A record; behind a field that may be left out, each is inserted.
    fn record(&mut self, fields: &[Field]) {
        let certain = fields.iter().take_while(|field| !is_optional(&field.value)).count();
        let (certain, rest) = fields.split_at_checked(certain).unwrap_or((fields, &[]));
        for field in certain {
            self.key(&field.key);
            self.value(&field.value);
        }
        self.code.emit(Op::Make(MakeOp::Record { len: count(certain.len()) }));
        for field in rest {
            self.key(&field.key);
            self.where_there(&field.value, MakeOp::Insert, true);
        }
    }

    fn key(&mut self, key: &FieldKey) {
        match key {
            FieldKey::Name(name) => {
                let outer = self.code.at(name.span);
                self.code.push_text(&name.value);
                self.code.at(outer);
            }
            FieldKey::Computed(key) => self.value(key),
        }
    }

    /// Adds a value to what is on the stack, unless it may be left out and is absent; its key is dropped then.
    fn where_there(&mut self, value: &Expr, add: MakeOp, keyed: bool) {
        let ExprKind::Optional(value) = &value.kind else {
            self.value(value);
            return self.code.emit(Op::Make(add));
        };
        let (absent, end) = (self.code.label(), self.code.label());
        let may_be_absent = self.path(value, Absence::Optional(absent));
        self.code.emit(Op::Make(add));
        if may_be_absent && keyed {
            self.code.jump(end);
            self.code.bind(absent);
            self.code.branch(BranchOp::Drop);
        } else {
            self.code.bind(absent);
        }
        self.code.bind(end);
    }

    fn template(&mut self, parts: &[TemplatePart]) {
        let (mut len, mut text) = (0_usize, String::new());
        for part in parts {
            match part {
                // A literal spliced in is text like any other: `$${"$"}` is how a dollar sign stands before a value.
                TemplatePart::Text(part)
                | TemplatePart::Expr(Expr { kind: ExprKind::String(part), .. }) => {
                    text.push_str(part);
                }
                TemplatePart::Expr(value) => {
                    len += self.literal_part(&mut text);
                    self.value(value);
                    len += 1;
                }
            }
        }
        len += self.literal_part(&mut text);
        self.code.emit(Op::Make(MakeOp::Text { len: count(len) }));
    }

    /// Pushes and empties text that stands between values; how many parts that makes.
    fn literal_part(&mut self, text: &mut String) -> usize {
        if text.is_empty() {
            return 0;
        }
        self.code.push_text(text);
        text.clear();
        1
    }

    /// Calls of functions and macros.
    fn call_of(&mut self, target: Option<&Expr>, function: &Name, args: &[Expr]) {
        if let (None, "declassify" | "dyn", [value, ..]) = (target, function.value.as_str(), args) {
            // What it changes is what the compiler knows.
            return self.value(value);
        }
        if self.macro_of(target, &function.value, args)
            || self.optional_call(target, &function.value, args)
        {
            return;
        }
        let namespace = target.filter(|target| !self.is_local(target)).and_then(namespace);
        let (name, target) = match namespace {
            Some(namespace) => (format!("{namespace}.{}", function.value), None),
            None => (function.value.clone(), target),
        };
        let Some(known) = Function::named(&name) else { return self.absent() };
        let mut argc = 0_u8;
        for arg in target.into_iter().chain(args) {
            self.value(arg);
            argc = argc.saturating_add(1);
        }
        self.code.emit(Op::Function { function: known, argc });
    }
}

fn is_optional(expr: &Expr) -> bool {
    matches!(expr.kind, ExprKind::Optional(_))
}

fn execution_field(name: &str) -> Option<LoadOp> {
    let field = match name {
        "id" => ExecutionField::Id,
        "externalId" => ExecutionField::ExternalId,
        "startedAt" => ExecutionField::StartedAt,
        _ => return None,
    };
    Some(LoadOp::Execution { field })
}

fn workflow_field(name: &str) -> Option<LoadOp> {
    let field = match name {
        "slug" => WorkflowField::Slug,
        "version" => WorkflowField::Version,
        _ => return None,
    };
    Some(LoadOp::Workflow { field })
}
