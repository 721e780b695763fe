//! Expressions as canonical text, with no more parentheses than they need.

use crate::syntax::template;
use crate::tree::{BinaryOp, Expr, ExprKind, Field, FieldKey, TemplatePart, UnaryOp};
use std::fmt::Write;

/// Where the text is to stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Style {
    /// In a `.writ` file: double quotes; strings may hold templates.
    Writ,
    /// Inside the `${...}` of a string: single quotes; a string stands for itself.
    Template,
}

/// One expression on one line.
#[must_use]
pub(crate) fn text(expr: &Expr, style: Style) -> String {
    let mut printer = Printer { out: String::new(), style };
    printer.expr(expr, Level::Conditional);
    printer.out
}

/// A string literal, in double quotes, whose text may hold templates.
#[must_use]
pub(crate) fn string_literal(text: &str) -> String {
    let mut out = String::new();
    quoted(&mut out, &template::escape(text), '"');
    out
}

/// A string literal, in double quotes, of text that holds no templates.
#[must_use]
pub fn plain_literal(text: &str) -> String {
    let mut out = String::new();
    quoted(&mut out, text, '"');
    out
}

/// A string literal, in double quotes, that stands for the value of an expression: text, or a template.
#[must_use]
pub(crate) fn template_literal(expr: &Expr) -> String {
    match &expr.kind {
        ExprKind::String(text) => string_literal(text),
        ExprKind::Template(parts) => plain_literal(&template_text(parts)),
        _ => plain_literal(&format!("${{{}}}", text(expr, Style::Template))),
    }
}

/// The key of a record's entry in a `.writ` file.
#[must_use]
pub(crate) fn key_text(key: &FieldKey) -> String {
    let mut printer = Printer { out: String::new(), style: Style::Writ };
    printer.key(key);
    printer.out
}

/// What stands before the key of a field, and its value.
pub(crate) fn marked(field: &Field) -> (&'static str, &Expr) {
    match &field.value.kind {
        ExprKind::Optional(value) => ("?", value),
        _ => ("", &field.value),
    }
}

/// The text of a template as it stands in a string, before the string's own escapes.
#[must_use]
pub(crate) fn template_text(parts: &[TemplatePart]) -> String {
    let mut out = String::new();
    for part in parts {
        match part {
            TemplatePart::Text(text) => out.push_str(&template::escape(text)),
            TemplatePart::Expr(expr) => {
                out.push_str("${");
                out.push_str(&self::text(expr, Style::Template));
                out.push('}');
            }
        }
    }
    out
}

/// Whether a name can stand without quotes.
#[must_use]
pub(crate) fn is_word(name: &str) -> bool {
    let mut chars = name.chars();
    // Narrower than the grammar, which takes every XID character: quotes are never wrong.
    chars.next().is_some_and(|c| c.is_alphabetic() || c == '_')
        && chars.all(|c| c.is_alphanumeric() || c == '_')
        && name.is_ascii()
}

/// How tightly an expression binds, loosest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Level {
    Conditional,
    Or,
    And,
    Relation,
    Sum,
    Product,
    Unary,
    Postfix,
}

impl Level {
    fn tighter(self) -> Self {
        match self {
            Self::Conditional => Self::Or,
            Self::Or => Self::And,
            Self::And => Self::Relation,
            Self::Relation => Self::Sum,
            Self::Sum => Self::Product,
            Self::Product => Self::Unary,
            Self::Unary | Self::Postfix => Self::Postfix,
        }
    }
}

fn level(expr: &Expr) -> Level {
    match &expr.kind {
        ExprKind::Conditional { .. } => Level::Conditional,
        ExprKind::Binary { op, .. } => level_of(*op),
        ExprKind::Unary { .. } => Level::Unary,
        ExprKind::Int(n) if *n < 0 => Level::Unary,
        ExprKind::Double(n) if n.is_sign_negative() => Level::Unary,
        ExprKind::Null
        | ExprKind::Bool(_)
        | ExprKind::Int(_)
        | ExprKind::Uint(_)
        | ExprKind::Double(_)
        | ExprKind::String(_)
        | ExprKind::Bytes(_)
        | ExprKind::Ident(_)
        | ExprKind::Named { .. }
        | ExprKind::Select { .. }
        | ExprKind::Index { .. }
        | ExprKind::Call { .. }
        | ExprKind::List(_)
        | ExprKind::Record(_)
        | ExprKind::Optional(_)
        | ExprKind::Error => Level::Postfix,
        ExprKind::Template(parts) if parts.len() > 1 => Level::Sum,
        ExprKind::Template(_) => Level::Postfix,
    }
}

struct Printer {
    out: String,
    style: Style,
}

impl Printer {
    fn quote(&self) -> char {
        match self.style {
            Style::Writ => '"',
            Style::Template => '\'',
        }
    }

    /// Prints an expression where one that binds at least as tightly as `least` is expected.
    fn expr(&mut self, expr: &Expr, least: Level) {
        // A template is one literal in `.writ`, and a sum where there are no templates in strings.
        let literal = self.style == Style::Writ && matches!(expr.kind, ExprKind::Template(_));
        let parentheses = !literal && level(expr) < least;
        if parentheses {
            self.out.push('(');
        }
        self.kind(&expr.kind);
        if parentheses {
            self.out.push(')');
        }
    }

    fn kind(&mut self, kind: &ExprKind) {
        match kind {
            ExprKind::Null => self.out.push_str("null"),
            ExprKind::Bool(value) => self.display(value),
            ExprKind::Int(value) => self.display(value),
            ExprKind::Uint(value) => self.display(format_args!("{value}u")),
            // The debug form always has a point or an exponent, so that it reads back as a double.
            ExprKind::Double(value) => self.display(format_args!("{value:?}")),
            ExprKind::String(text) => self.string(text),
            ExprKind::Bytes(bytes) => self.bytes(bytes),
            ExprKind::Ident(name) | ExprKind::Named { name, .. } => self.out.push_str(name),
            ExprKind::Select { operand, field, optional } => {
                self.expr(operand, Level::Postfix);
                self.select(&field.value, *optional);
            }
            ExprKind::Index { operand, index, optional } => {
                self.expr(operand, Level::Postfix);
                self.out.push_str(if *optional { "[?" } else { "[" });
                self.expr(index, Level::Conditional);
                self.out.push(']');
            }
            ExprKind::Call { target, function, args } => {
                if let Some(target) = target {
                    self.expr(target, Level::Postfix);
                    self.out.push('.');
                }
                self.out.push_str(&function.value);
                self.out.push('(');
                self.items(args);
                self.out.push(')');
            }
            ExprKind::Unary { op, operand } => self.unary(*op, operand),
            ExprKind::Binary { op, lhs, rhs } => {
                let own = level_of(*op);
                self.expr(lhs, own);
                self.display(format_args!(" {} ", op.symbol()));
                self.expr(rhs, own.tighter());
            }
            ExprKind::Conditional { condition, then, otherwise } => {
                self.expr(condition, Level::Or);
                self.out.push_str(" ? ");
                self.expr(then, Level::Conditional);
                self.out.push_str(" : ");
                self.expr(otherwise, Level::Conditional);
            }
            ExprKind::List(items) => {
                self.out.push('[');
                self.items(items);
                self.out.push(']');
            }
            ExprKind::Record(fields) => self.record(fields),
            // An item; of a field, the sign stands before the key.
            ExprKind::Optional(value) => {
                self.out.push('?');
                self.expr(value, Level::Conditional);
            }
            ExprKind::Template(parts) => self.template(parts),
            ExprKind::Error => self.out.push_str("error"),
        }
    }

    fn display(&mut self, value: impl std::fmt::Display) {
        // Writing to a String cannot fail.
        let _ = write!(self.out, "{value}");
    }

    fn items(&mut self, items: &[Expr]) {
        for (i, item) in items.iter().enumerate() {
            if i > 0 {
                self.out.push_str(", ");
            }
            self.expr(item, Level::Conditional);
        }
    }

    fn unary(&mut self, op: UnaryOp, operand: &Expr) {
        self.out.push(match op {
            UnaryOp::Negate => '-',
            UnaryOp::Not => '!',
        });
        // `-5` is one literal; the negation of the literal 5 is another tree.
        let literal = match &operand.kind {
            ExprKind::Int(n) => *n >= 0,
            ExprKind::Double(n) => n.is_sign_positive(),
            ExprKind::Uint(_) => true,
            _ => false,
        };
        if op == UnaryOp::Negate && literal {
            self.out.push('(');
            self.kind(&operand.kind);
            self.out.push(')');
        } else {
            self.expr(operand, Level::Unary);
        }
    }

    fn select(&mut self, field: &str, optional: bool) {
        if is_word(field) {
            self.out.push_str(if optional { ".?" } else { "." });
            self.out.push_str(field);
        } else if field.is_empty() || field.contains(['`', '\n']) {
            self.out.push_str(if optional { "[?" } else { "[" });
            let quote = self.quote();
            quoted(&mut self.out, field, quote);
            self.out.push(']');
        } else {
            self.out.push_str(if optional { ".?`" } else { ".`" });
            self.out.push_str(field);
            self.out.push('`');
        }
    }

    fn record(&mut self, fields: &[Field]) {
        let spaced = self.style == Style::Writ && !fields.is_empty();
        self.out.push_str(if spaced { "{ " } else { "{" });
        for (i, field) in fields.iter().enumerate() {
            if i > 0 {
                self.out.push_str(", ");
            }
            let (mark, value) = marked(field);
            self.out.push_str(mark);
            self.key(&field.key);
            self.out.push_str(": ");
            self.expr(value, Level::Conditional);
        }
        self.out.push_str(if spaced { " }" } else { "}" });
    }

    fn key(&mut self, key: &FieldKey) {
        match key {
            FieldKey::Name(name) if is_word(&name.value) => self.out.push_str(&name.value),
            FieldKey::Name(name) => {
                let quote = self.quote();
                quoted(&mut self.out, &name.value, quote);
            }
            FieldKey::Computed(expr) => {
                self.out.push('(');
                self.expr(expr, Level::Conditional);
                self.out.push(')');
            }
        }
    }

    fn string(&mut self, text: &str) {
        match self.style {
            Style::Writ => self.out.push_str(&string_literal(text)),
            Style::Template => quoted(&mut self.out, text, '\''),
        }
    }

    fn template(&mut self, parts: &[TemplatePart]) {
        if self.style == Style::Writ {
            return quoted(&mut self.out, &template_text(parts), '"');
        }
        for (i, part) in parts.iter().enumerate() {
            if i > 0 {
                self.out.push_str(" + ");
            }
            match part {
                TemplatePart::Text(text) => quoted(&mut self.out, text, '\''),
                TemplatePart::Expr(expr) => {
                    self.out.push_str("string(");
                    self.expr(expr, Level::Conditional);
                    self.out.push(')');
                }
            }
        }
    }

    fn bytes(&mut self, bytes: &[u8]) {
        let quote = self.quote();
        self.out.push('b');
        self.out.push(quote);
        for byte in bytes {
            match *byte {
                b'\\' => self.out.push_str("\\\\"),
                byte if char::from(byte) == quote => self.display(format_args!("\\{quote}")),
                b' '..=b'~' => self.out.push(char::from(*byte)),
                byte => self.display(format_args!("\\x{byte:02x}")),
            }
        }
        self.out.push(quote);
    }
}

fn level_of(op: BinaryOp) -> Level {
    match op {
        BinaryOp::Or => Level::Or,
        BinaryOp::And => Level::And,
        BinaryOp::Equal
        | BinaryOp::NotEqual
        | BinaryOp::Less
        | BinaryOp::LessEqual
        | BinaryOp::Greater
        | BinaryOp::GreaterEqual
        | BinaryOp::In => Level::Relation,
        BinaryOp::Add | BinaryOp::Subtract => Level::Sum,
        BinaryOp::Multiply | BinaryOp::Divide | BinaryOp::Remainder => Level::Product,
    }
}

/// Text in quotes, with the escapes of the expression language.
fn quoted(out: &mut String, text: &str, quote: char) {
    out.push(quote);
    for c in text.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c == quote => {
                out.push('\\');
                out.push(c);
            }
            c if c.is_control() => {
                // Writing to a String cannot fail.
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push(quote);
}

#[cfg(test)]
mod tests;
