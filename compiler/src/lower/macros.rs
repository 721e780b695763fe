//! Comprehensions: `all`, `exists`, `exists_one`, `map`, `filter` and `sortBy`.
//!
//! Each is a loop between a `Next`, which takes an item or ends it, and a jump back there. What it gathers lies on the
//! stack below.

use super::Lowering;
use super::code::Label;
use crate::bytecode::{BranchOp, Constant, Function, LoadOp, MakeOp, Op, Operator};
use crate::tree::{Expr, ExprKind};

/// A loop under construction.
#[derive(Clone, Copy)]
struct Loop {
    /// At its `Next`.
    next: Label,
    /// Past its end.
    done: Label,
}

impl Lowering<'_> {
    /// Lowers a comprehension; whether `function` with these arguments is one.
    pub(super) fn macro_of(
        &mut self,
        target: Option<&Expr>,
        function: &str,
        args: &[Expr],
    ) -> bool {
        let (Some(target), [Expr { kind: ExprKind::Ident(variable), .. }, rest @ ..]) =
            (target, args)
        else {
            return false;
        };
        match (function, rest) {
            ("all", [holds]) => self.quantifier(target, variable, holds, true),
            ("exists", [holds]) => self.quantifier(target, variable, holds, false),
            ("exists_one", [holds]) => self.exists_one(target, variable, holds),
            ("sortBy", [key]) => self.sort_by(target, variable, key),
            ("map", [value]) => self.gather(target, variable, None, value),
            ("map", [holds, value]) => self.gather(target, variable, Some(holds), value),
            // The item itself: the variable, as written.
            ("filter", [holds]) => match args {
                [item, ..] => self.gather(target, variable, Some(holds), item),
                [] => return false,
            },
            _ => return false,
        }
        true
    }

    /// Begins the loop over a list's items or a record's keys. With `start`, what it gathers begins as that.
    fn begin(&mut self, over: &Expr, variable: &str, start: Option<Op>) -> Loop {
        self.value(over);
        let outer = self.code.at(over.span);
        self.code.branch(BranchOp::Loop);
        self.code.at(outer);
        self.begin_over(variable, start)
    }

    /// The same behind its `Loop`.
    fn begin_over(&mut self, variable: &str, start: Option<Op>) -> Loop {
        if let Some(start) = start {
            self.code.emit(start);
        }
        let (next, done) = (self.code.label_here(), self.code.label());
        let slot = u16::try_from(self.locals.len()).unwrap_or(u16::MAX);
        self.code.branch(BranchOp::Next { slot, done: done.pc() });
        self.locals.push(variable.to_owned());
        Loop { next, done }
    }

    /// Takes the next item, and goes on here when there is none.
    fn repeat(&mut self, this: Loop) {
        self.code.jump(this.next);
        self.code.bind(this.done);
        self.locals.pop();
    }

    /// `all` stops at the first item for which the condition does not hold, `exists` at the first for which it does.
    /// An item for which it fails counts only where no other decides.
    fn quantifier(&mut self, over: &Expr, variable: &str, holds: &Expr, all: bool) {
        let (stop, end) = (self.code.label(), self.code.label());
        self.code.branch(BranchOp::Verdict);
        let this = self.begin(over, variable, None);
        self.code.branch(BranchOp::Attempt { failed: this.next.pc() });
        self.part(holds, all, stop);
        self.repeat(this);
        self.code.branch(BranchOp::Conclude { value: all });
        self.code.jump(end);
        self.code.bind(stop);
        self.code.branch(BranchOp::Break);
        self.code.bind(end);
    }

    /// Counts the items for which the condition holds.
    fn exists_one(&mut self, over: &Expr, variable: &str, holds: &Expr) {
        let zero = self.code.load(Constant::Int(0));
        let this = self.begin(over, variable, Some(zero));
        self.condition(holds, this.next);
        self.code.push(Constant::Int(1));
        self.code.emit(Op::Operator(Operator::Add));
        self.repeat(this);
        self.code.push(Constant::Int(1));
        self.code.emit(Op::Operator(Operator::Equal));
    }

    /// Makes a list of the items' keys, and sorts the items by them.
    fn sort_by(&mut self, over: &Expr, variable: &str, key: &Expr) {
        self.value(over);
        let slot = self.bind("");
        self.code.emit(Op::Load(LoadOp::Local { slot }));
        self.code.emit(Op::Load(LoadOp::Local { slot }));
        self.code.branch(BranchOp::Loop);
        let this = self.begin_over(variable, Some(Op::Make(MakeOp::List { len: 0 })));
        self.value(key);
        self.code.emit(Op::Make(MakeOp::Append));
        self.repeat(this);
        self.code.emit(Op::Function { function: Function::SortBy, argc: 2 });
        self.unbind(None);
    }

    /// Makes a list of a value for each item, or for each for which the condition holds.
    fn gather(&mut self, over: &Expr, variable: &str, holds: Option<&Expr>, value: &Expr) {
        let this = self.begin(over, variable, Some(Op::Make(MakeOp::List { len: 0 })));
        if let Some(holds) = holds {
            self.condition(holds, this.next);
        }
        self.value(value);
        self.code.emit(Op::Make(MakeOp::Append));
        self.repeat(this);
    }
}
