//! Paths into values, and what they do where a part is absent.
//!
//! A path may hold optional parts (`a.?b`, `a[?0]`); from the first one on, every later part is optional too. What is
//! absent pushes nothing and goes on elsewhere.

use super::Lowering;
use super::code::Label;
use crate::bytecode::{AccessOp, BranchOp, Constant, Function, LoadOp, Op, Operator};
use crate::tree::{Expr, ExprKind};

/// A part of a step that expressions read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Output,
    Error,
}

/// `step.<id>.output` or `step.<id>.error`.
#[derive(Debug, Clone, Copy)]
pub(super) struct StepPart {
    step: u32,
    part: Part,
    /// Written with `.?`.
    optional: bool,
}

/// What becomes of a path whose parts are absent.
#[derive(Clone, Copy)]
pub(super) enum Absence {
    /// It fails: a value is needed, optional or not.
    Fails,
    /// Where an optional part is absent, it goes on here.
    Optional(Label),
    /// Where any part is absent, it goes on here.
    EveryPart(Label),
}

impl Absence {
    /// Where a part that is absent goes on; `None` where that fails.
    fn at(self, optional: bool) -> Option<Label> {
        match self {
            Self::Fails => None,
            Self::Optional(absent) => optional.then_some(absent),
            Self::EveryPart(absent) => Some(absent),
        }
    }
}

impl Lowering<'_> {
    /// The part of a step that an expression is, if it is one.
    pub(super) fn step_part(&self, expr: &Expr) -> Option<StepPart> {
        let (inner, part, part_optional) = expr.selected()?;
        let part = match part {
            "output" => Part::Output,
            "error" => Part::Error,
            _ => return None,
        };
        let (root, id, id_optional) = inner.selected()?;
        let is_step = matches!(&root.kind, ExprKind::Ident(name) if name == "step");
        if !is_step || self.locals.iter().any(|local| local == "step") {
            return None;
        }
        Some(StepPart { step: *self.ids.get(id)?, part, optional: part_optional || id_optional })
    }

    /// Pushes the value of an expression, or, where an optional part of it is absent, nothing and goes on at `absent`;
    /// whether it may do that. With `every`, each part of a path counts as optional.
    fn optional(&mut self, expr: &Expr, absent: Label, every: bool) -> bool {
        self.path(expr, if every { Absence::EveryPart(absent) } else { Absence::Optional(absent) })
    }

    /// Pushes the value of a path; whether it may be absent instead.
    pub(super) fn path(&mut self, expr: &Expr, absence: Absence) -> bool {
        if let ExprKind::Named { value, .. } = &expr.kind {
            return self.hiding_locals(|this| this.path(value, absence));
        }
        if let Some(may_be_absent) = self.gives_optional(expr, absence) {
            return may_be_absent;
        }
        if let ExprKind::Conditional { condition, then, otherwise } = &expr.kind {
            let (no, end) = (self.code.label(), self.code.label());
            self.value(condition);
            self.code.branch(BranchOp::Unless { target: no.pc() });
            let one = self.path(then, absence);
            self.code.jump(end);
            self.code.bind(no);
            let other = self.path(otherwise, absence);
            self.code.bind(end);
            return one || other;
        }
        let Some((operand, reach, optional)) = reach(expr) else {
            self.value(expr);
            return false;
        };
        if let Some(name) = expr.type_name()
            && !self.locals.iter().any(|local| local == "google")
        {
            self.code.push_text(name);
            return false;
        }
        let outer = self.code.at(expr.span);
        let may_be_absent = if let Some(part) = self.step_part(expr) {
            self.load_part(part, absence)
        } else if let Some(load) = self.context_field(expr) {
            self.code.emit(Op::Load(load));
            false
        } else {
            let inner = self.path(operand, absence);
            let absent = absence.at(optional || inner).map(Label::pc);
            let access = match (reach, absent) {
                (Reach::Field(name), None) => AccessOp::Field { name: self.code.text(name) },
                (Reach::Field(name), Some(absent)) => {
                    AccessOp::FieldOr { name: self.code.text(name), absent }
                }
                (Reach::Index(index), absent) => {
                    self.value(index);
                    absent.map_or(AccessOp::Index, |absent| AccessOp::IndexOr { absent })
                }
            };
            self.code.emit(Op::Access(access));
            absent.is_some()
        };
        self.code.at(outer);
        may_be_absent
    }

    fn load_part(&mut self, part: StepPart, absence: Absence) -> bool {
        let StepPart { step, part, optional } = part;
        let absent = absence.at(optional).map(Label::pc);
        self.code.emit(Op::Load(match (part, absent) {
            (Part::Output, None) => LoadOp::Output { step },
            (Part::Output, Some(absent)) => LoadOp::OutputOr { step, absent },
            (Part::Error, None) => LoadOp::Error { step },
            (Part::Error, Some(absent)) => LoadOp::ErrorOr { step, absent },
        }));
        absent.is_some()
    }

    /// The methods of optional values, and the functions that take what may be absent; whether `function` is one.
    pub(super) fn optional_call(
        &mut self,
        target: Option<&Expr>,
        function: &str,
        args: &[Expr],
    ) -> bool {
        match (target, function, args) {
            (None, "has", [arg]) => self.has(arg),
            (None, "coalesce", [firsts @ .., last]) => self.coalesce(firsts, last),
            (Some(target), "orValue", [otherwise]) => {
                let (absent, end) = (self.code.label(), self.code.label());
                if self.optional(target, absent, false) {
                    self.code.jump(end);
                    self.code.bind(absent);
                    self.value(otherwise);
                }
                self.code.bind(end);
            }
            (Some(target), "hasValue", []) => {
                let absent = self.code.label();
                let may_be_absent = self.optional(target, absent, false);
                self.is_there(absent, may_be_absent);
            }
            // A path that is absent fails wherever a value is needed.
            (Some(target), "value", []) => self.value(target),
            _ => return false,
        }
        true
    }

    /// Pushes what a function that gives an optional value gives, or goes on elsewhere without it; whether it may do
    /// that. `None` when the expression is no such call.
    pub(super) fn gives_optional(&mut self, expr: &Expr, absence: Absence) -> Option<bool> {
        let ExprKind::Call { target: Some(target), function, args } = &expr.kind else {
            return None;
        };
        let from_namespace = target.is_named("optional") && !self.is_local(target);
        let call = match (from_namespace, function.value.as_str(), args.as_slice()) {
            (true, "of", [value]) => OptionalCall::Of(value),
            (true, "none", []) => OptionalCall::None,
            (true, "ofNonZeroValue", [value]) => OptionalCall::OfNonZero(value),
            (false, "or", [other]) => OptionalCall::Or(target, other),
            (false, "first", []) => OptionalCall::First(target),
            (false, "last", []) => OptionalCall::Last(target),
            (
                false,
                name @ ("optMap" | "optFlatMap"),
                [Expr { kind: ExprKind::Ident(variable), .. }, value],
            ) => OptionalCall::Map { over: target, variable, value, flat: name == "optFlatMap" },
            _ => return None,
        };
        let outer = self.code.at(expr.span);
        let may_be_absent = match absence {
            Absence::Optional(absent) | Absence::EveryPart(absent) => {
                self.optional_call_or(call, absent)
            }
            // Where a value is needed, what is absent fails.
            Absence::Fails => {
                let (absent, end) = (self.code.label(), self.code.label());
                if self.optional_call_or(call, absent) {
                    self.code.jump(end);
                    self.code.bind(absent);
                    self.absent();
                }
                self.code.bind(end);
                false
            }
        };
        self.code.at(outer);
        Some(may_be_absent)
    }

    fn optional_call_or(&mut self, call: OptionalCall<'_>, absent: Label) -> bool {
        match call {
            OptionalCall::Of(value) => {
                self.value(value);
                return false;
            }
            OptionalCall::None => {
                // Null is the zero of its type.
                self.code.push(Constant::Null);
                self.code.branch(BranchOp::NonZero { absent: absent.pc() });
            }
            OptionalCall::OfNonZero(value) => {
                self.value(value);
                self.code.branch(BranchOp::NonZero { absent: absent.pc() });
            }
            OptionalCall::Or(first, other) => {
                let (next, end) = (self.code.label(), self.code.label());
                let mut may_be_absent = self.optional(first, next, false);
                if may_be_absent {
                    self.code.jump(end);
                    self.code.bind(next);
                    may_be_absent = self.optional(other, absent, false);
                }
                self.code.bind(end);
                return may_be_absent;
            }
            OptionalCall::First(list) => {
                self.value(list);
                self.code.push(Constant::Int(0));
                self.code.emit(Op::Access(AccessOp::IndexOr { absent: absent.pc() }));
            }
            OptionalCall::Last(list) => {
                self.value(list);
                let slot = self.bind("");
                let none = self.code.label();
                self.code.emit(Op::Load(LoadOp::Local { slot }));
                self.code.emit(Op::Load(LoadOp::Local { slot }));
                self.code.emit(Op::Function { function: Function::Size, argc: 1 });
                self.code.push(Constant::Int(1));
                self.code.emit(Op::Operator(Operator::Subtract));
                self.code.emit(Op::Access(AccessOp::IndexOr { absent: none.pc() }));
                self.unbind(Some((none, absent)));
            }
            OptionalCall::Map { over, variable, value, flat } => {
                let over_may_be_absent = self.optional(over, absent, false);
                self.bind(variable);
                let none = self.code.label();
                let may_be_absent = if flat {
                    self.optional(value, none, false)
                } else {
                    self.value(value);
                    false
                };
                self.unbind(may_be_absent.then_some((none, absent)));
                return over_may_be_absent || may_be_absent;
            }
        }
        true
    }

    /// Gives the value on the stack to a variable; its slot.
    pub(super) fn bind(&mut self, variable: &str) -> u16 {
        self.code.branch(BranchOp::Bind);
        let slot = u16::try_from(self.locals.len()).unwrap_or(u16::MAX);
        self.locals.push(variable.to_owned());
        slot
    }

    /// Ends the variable. What went to the first label with nothing goes on to the second.
    pub(super) fn unbind(&mut self, absent: Option<(Label, Label)>) {
        self.code.branch(BranchOp::Break);
        self.locals.pop();
        if let Some((inside, outside)) = absent {
            let end = self.code.label();
            self.code.jump(end);
            self.code.bind(inside);
            self.code.branch(BranchOp::Break);
            self.code.jump(outside);
            self.code.bind(end);
        }
    }

    /// `has(path)`: whether the last part of a path is there. A step that did not run has no parts, and a path
    /// through one is not there.
    fn has(&mut self, arg: &Expr) {
        let absent = self.code.label();
        let is_known = self.step_part(arg).is_some() || self.context_field(arg).is_some();
        let (ExprKind::Select { operand, field, .. }, false) = (&arg.kind, is_known) else {
            let may_be_absent = self.optional(arg, absent, true);
            return self.is_there(absent, may_be_absent);
        };
        let may_be_absent = self.optional(operand, absent, reads_a_step(operand));
        let name = self.code.text(&field.value);
        self.code.emit(Op::Access(AccessOp::Has { name }));
        self.or_false(absent, may_be_absent);
    }

    /// Turns a value that was pushed, or was absent, into whether it was there.
    fn is_there(&mut self, absent: Label, may_be_absent: bool) {
        self.code.branch(BranchOp::Drop);
        self.code.push(Constant::Bool(true));
        self.or_false(absent, may_be_absent);
    }

    /// Pushes false where something was absent.
    fn or_false(&mut self, absent: Label, may_be_absent: bool) {
        if may_be_absent {
            let end = self.code.label();
            self.code.jump(end);
            self.code.bind(absent);
            self.code.push(Constant::Bool(false));
            self.code.bind(end);
        }
    }

    /// `coalesce`: the first argument that is there and not null; the last one in any case.
    fn coalesce(&mut self, firsts: &[Expr], last: &Expr) {
        let end = self.code.label();
        for arg in firsts {
            let next = self.code.label();
            self.optional(arg, next, true);
            self.code.branch(BranchOp::Present { end: end.pc() });
            self.code.bind(next);
        }
        self.value(last);
        self.code.bind(end);
    }
}

/// A call that gives an optional value.
#[derive(Clone, Copy)]
enum OptionalCall<'e> {
    Of(&'e Expr),
    None,
    OfNonZero(&'e Expr),
    Or(&'e Expr, &'e Expr),
    First(&'e Expr),
    Last(&'e Expr),
    Map { over: &'e Expr, variable: &'e str, value: &'e Expr, flat: bool },
}

/// How a path goes on from its operand.
#[derive(Clone, Copy)]
enum Reach<'e> {
    Field(&'e str),
    Index(&'e Expr),
}

/// The operand of a path's last part, that part, and whether it is optional.
fn reach(expr: &Expr) -> Option<(&Expr, Reach<'_>, bool)> {
    match &expr.kind {
        ExprKind::Select { operand, field, optional } => {
            Some((operand, Reach::Field(&field.value), *optional))
        }
        ExprKind::Index { operand, index, optional } => {
            Some((operand, Reach::Index(index), *optional))
        }
        _ => None,
    }
}

/// Whether a path starts at a step.
fn reads_a_step(expr: &Expr) -> bool {
    let mut at = expr;
    while let Some((operand, _, _)) = reach(at.unnamed()) {
        at = operand;
    }
    matches!(&at.unnamed().kind, ExprKind::Ident(name) if name == "step")
}
