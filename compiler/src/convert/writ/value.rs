//! Values: on one line where they fit, otherwise one entry a line.

use super::{INDENT, Printer, WIDTH, expr};
use crate::tree::{Expr, ExprKind, Field, FieldKey};

impl Printer {
    /// A value from where the line stands.
    pub(super) fn value(&mut self, value: &Expr) {
        let flat = expr::text(value, expr::Style::Writ);
        if self.fits(&flat) {
            return self.push(flat);
        }
        match &value.kind {
            ExprKind::Record(fields) if !fields.is_empty() => self.entries(fields),
            ExprKind::List(items) if !items.is_empty() => self.items(items),
            _ => self.push(flat),
        }
    }

    /// A record with an entry a line, however short it is.
    pub(super) fn entries(&mut self, fields: &[Field]) {
        if fields.is_empty() {
            return self.push("{}");
        }
        self.block(|out| {
            for (at, field) in fields.iter().enumerate() {
                out.begin();
                let (mark, value) = expr::marked(field);
                out.push(format_args!("{mark}{}: ", expr::key_text(&field.key)));
                out.value(value);
                // Without a comma, these would read on from the value before them.
                let reads_on = fields.get(at + 1).is_some_and(|next| {
                    let optional = matches!(next.value.kind, ExprKind::Optional(_));
                    match &next.key {
                        FieldKey::Name(name) => optional || name.value == "in",
                        FieldKey::Computed(_) => true,
                    }
                });
                out.push(if reads_on { "," } else { "" });
                out.end();
            }
        });
    }

    fn items(&mut self, items: &[Expr]) {
        self.push("[");
        self.end();
        self.depth += 1;
        for item in items {
            self.begin();
            self.value(item);
            self.push(",");
            self.end();
        }
        self.depth -= 1;
        self.begin();
        self.push("]");
    }

    /// Whether text fits on the line as it stands.
    pub(super) fn fits(&self, text: &str) -> bool {
        let line = self.text.rsplit('\n').next().unwrap_or_default();
        // A line that is not begun yet will be indented.
        let used = if line.is_empty() { self.depth * INDENT.len() } else { line.chars().count() };
        used + text.chars().count() <= WIDTH
    }
}
