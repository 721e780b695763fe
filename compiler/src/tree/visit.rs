//! Walking the tree: the expressions of a step, and the parts of an expression.

use super::{CallTarget, Expr, ExprKind, FieldKey, Step, StepKind, TemplatePart, WaitStep};

impl Step {
    /// The step's expressions, in the order they are evaluated.
    #[must_use]
    pub fn exprs(&self) -> Vec<&Expr> {
        match &self.kind {
            StepKind::Call(call) => {
                let path = match &call.target {
                    CallTarget::Operation(_) => None,
                    CallTarget::Http { path, .. } => Some(path),
                };
                path.into_iter().chain(&call.headers).chain(&call.body).collect()
            }
            StepKind::Decide(decide) => {
                let conditions = decide.conditions.iter().map(|condition| &condition.when);
                decide.expression.iter().chain(conditions).collect()
            }
            StepKind::Transform(transform) => vec![&transform.value],
            StepKind::Wait(wait) => match wait {
                WaitStep::Duration { duration } => vec![duration],
                WaitStep::Until { until } => vec![until],
                WaitStep::Event { correlation, .. } => correlation.iter().collect(),
            },
            StepKind::Emit(emit) => emit.payload.iter().collect(),
            StepKind::Approval(approval) => approval.label.iter().chain(&approval.data).collect(),
            StepKind::End(end) => {
                let message = end.fail.iter().filter_map(|failure| failure.message.as_ref());
                end.output.iter().chain(message).collect()
            }
            StepKind::Error => Vec::new(),
        }
    }
}

impl Step {
    /// The same expressions, to be changed.
    pub fn exprs_mut(&mut self) -> Vec<&mut Expr> {
        match &mut self.kind {
            StepKind::Call(call) => {
                let path = match &mut call.target {
                    CallTarget::Operation(_) => None,
                    CallTarget::Http { path, .. } => Some(path),
                };
                path.into_iter().chain(&mut call.headers).chain(&mut call.body).collect()
            }
            StepKind::Decide(decide) => {
                let conditions = decide.conditions.iter_mut().map(|condition| &mut condition.when);
                decide.expression.iter_mut().chain(conditions).collect()
            }
            StepKind::Transform(transform) => vec![&mut transform.value],
            StepKind::Wait(wait) => match wait {
                WaitStep::Duration { duration } => vec![duration],
                WaitStep::Until { until } => vec![until],
                WaitStep::Event { correlation, .. } => correlation.iter_mut().collect(),
            },
            StepKind::Emit(emit) => emit.payload.iter_mut().collect(),
            StepKind::Approval(approval) => {
                approval.label.iter_mut().chain(&mut approval.data).collect()
            }
            StepKind::End(end) => {
                let message = end.fail.iter_mut().filter_map(|failure| failure.message.as_mut());
                end.output.iter_mut().chain(message).collect()
            }
            StepKind::Error => Vec::new(),
        }
    }
}

impl Expr {
    /// The same parts, to be changed; what a name stands for is shared, and is none of them.
    pub fn parts_mut(&mut self) -> Vec<&mut Self> {
        match &mut self.kind {
            ExprKind::Null
            | ExprKind::Bool(_)
            | ExprKind::Int(_)
            | ExprKind::Uint(_)
            | ExprKind::Double(_)
            | ExprKind::String(_)
            | ExprKind::Bytes(_)
            | ExprKind::Ident(_)
            | ExprKind::Named { .. }
            | ExprKind::Error => Vec::new(),
            ExprKind::Select { operand, .. }
            | ExprKind::Unary { operand, .. }
            | ExprKind::Optional(operand) => vec![operand],
            ExprKind::Index { operand, index, .. } => vec![operand, index],
            ExprKind::Call { target, args, .. } => {
                target.as_deref_mut().into_iter().chain(args).collect()
            }
            ExprKind::Binary { lhs, rhs, .. } => vec![lhs, rhs],
            ExprKind::Conditional { condition, then, otherwise } => {
                vec![condition, then, otherwise]
            }
            ExprKind::List(items) => items.iter_mut().collect(),
            ExprKind::Record(fields) => {
                let parts = fields.iter_mut().flat_map(|field| {
                    let key = match &mut field.key {
                        FieldKey::Name(_) => None,
                        FieldKey::Computed(key) => Some(key),
                    };
                    key.into_iter().chain([&mut field.value])
                });
                parts.collect()
            }
            ExprKind::Template(parts) => {
                let exprs = parts.iter_mut().filter_map(|part| match part {
                    TemplatePart::Text(_) => None,
                    TemplatePart::Expr(expr) => Some(expr),
                });
                exprs.collect()
            }
        }
    }

    /// The expressions directly inside this one, in the order they are written.
    #[must_use]
    pub fn parts(&self) -> Vec<&Self> {
        match &self.kind {
            ExprKind::Null
            | ExprKind::Bool(_)
            | ExprKind::Int(_)
            | ExprKind::Uint(_)
            | ExprKind::Double(_)
            | ExprKind::String(_)
            | ExprKind::Bytes(_)
            | ExprKind::Ident(_)
            | ExprKind::Error => Vec::new(),
            ExprKind::Named { value, .. } => vec![value],
            ExprKind::Select { operand, .. }
            | ExprKind::Unary { operand, .. }
            | ExprKind::Optional(operand) => vec![operand],
            ExprKind::Index { operand, index, .. } => vec![operand, index],
            ExprKind::Call { target, args, .. } => {
                target.as_deref().into_iter().chain(args).collect()
            }
            ExprKind::Binary { lhs, rhs, .. } => vec![lhs, rhs],
            ExprKind::Conditional { condition, then, otherwise } => {
                vec![condition, then, otherwise]
            }
            ExprKind::List(items) => items.iter().collect(),
            ExprKind::Record(fields) => {
                let parts = fields.iter().flat_map(|field| {
                    let key = match &field.key {
                        FieldKey::Name(_) => None,
                        FieldKey::Computed(key) => Some(key),
                    };
                    key.into_iter().chain([&field.value])
                });
                parts.collect()
            }
            ExprKind::Template(parts) => {
                let exprs = parts.iter().filter_map(|part| match part {
                    TemplatePart::Text(_) => None,
                    TemplatePart::Expr(expr) => Some(expr),
                });
                exprs.collect()
            }
        }
    }

    /// What the expression is, whatever `let` gave it a name.
    #[must_use]
    pub fn unnamed(&self) -> &Self {
        let mut at = self;
        while let ExprKind::Named { value, .. } = &at.kind {
            at = value;
        }
        at
    }

    /// For the last part of a path that is a name, `operand.name` or `operand["name"]`: the operand, the name, and
    /// whether the part is optional.
    #[must_use]
    pub fn selected(&self) -> Option<(&Self, &str, bool)> {
        match &self.unnamed().kind {
            ExprKind::Select { operand, field, optional } => {
                Some((operand.unnamed(), &field.value, *optional))
            }
            ExprKind::Index { operand, index, optional } => match &index.kind {
                ExprKind::String(name) => Some((operand.unnamed(), name, *optional)),
                _ => None,
            },
            _ => None,
        }
    }

    /// Whether this is the bare word, not a name that a `let` gave.
    #[must_use]
    pub fn is_named(&self, word: &str) -> bool {
        matches!(&self.kind, ExprKind::Ident(name) if name == word)
    }

    /// The name of the type that this stands for: `int`, `google.protobuf.Timestamp`.
    #[must_use]
    pub fn type_name(&self) -> Option<&'static str> {
        let words = [
            "bool",
            "bytes",
            "double",
            "int",
            "list",
            "map",
            "null_type",
            "string",
            "type",
            "uint",
        ];
        let names = ["google.protobuf.Duration", "google.protobuf.Timestamp"];
        match &self.kind {
            ExprKind::Ident(name) => words.into_iter().find(|word| word == name),
            ExprKind::Select { operand, field, optional: false } => match &operand.kind {
                ExprKind::Select { operand, field: package, optional: false }
                    if operand.is_named("google") && package.value == "protobuf" =>
                {
                    names.into_iter().find(|name| name.ends_with(&format!(".{}", field.value)))
                }
                _ => None,
            },
            _ => None,
        }
    }

    /// Whether this binds a variable: `list.map(item, ...)` and its kin.
    #[must_use]
    pub fn is_comprehension(&self) -> bool {
        match &self.kind {
            ExprKind::Call { target: Some(_), function, args } => {
                let takes = match function.value.as_str() {
                    "all" | "exists" | "exists_one" | "filter" | "sortBy" | "optMap"
                    | "optFlatMap" => 2..=2,
                    "map" => 2..=3,
                    _ => return false,
                };
                let variable =
                    args.first().is_some_and(|arg| matches!(arg.kind, ExprKind::Ident(_)));
                takes.contains(&args.len()) && variable
            }
            _ => false,
        }
    }
}
