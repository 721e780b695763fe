//! Declarations: types, and services.

use super::{Printer, expr, step};
use crate::tree::{FieldType, OperationDecl, ServiceDecl, TypeAlias, TypeExpr, TypeExprKind};

impl Printer {
    pub(super) fn type_alias(&mut self, alias: &TypeAlias) {
        self.docs(alias.doc.as_ref().map(|doc| doc.value.as_str()));
        self.begin();
        self.push(format_args!("type {} = ", alias.name.value));
        self.type_text(&alias.ty);
        self.end();
    }

    pub(super) fn service(&mut self, service: &ServiceDecl) {
        self.docs(service.doc.as_ref().map(|doc| doc.value.as_str()));
        self.begin();
        self.push(format_args!("service {} ", step::service_name(&service.name.value)));
        self.block(|out| {
            for alias in &service.types {
                out.gap();
                out.type_alias(alias);
            }
            for operation in &service.operations {
                out.gap();
                out.operation(operation);
            }
        });
        self.end();
    }

    fn operation(&mut self, operation: &OperationDecl) {
        self.docs(operation.doc.as_ref().map(|doc| doc.value.as_str()));
        self.begin();
        self.push(format_args!("operation {} ", operation.name.value));
        self.block(|out| {
            let path = expr::plain_literal(&operation.path.value);
            out.line(format_args!("{} {path}", operation.method.value));
            let types = [
                ("query", &operation.query),
                ("request", &operation.request),
                ("response", &operation.response),
            ];
            for (word, ty) in types {
                if let Some(ty) = ty {
                    out.begin();
                    out.push(format_args!("{word} "));
                    out.type_text(ty);
                    out.end();
                }
            }
            if let Some(output) = &operation.output {
                out.line(format_args!("output {}", output.value));
            }
            if let Some(safe) = &operation.repeatable {
                out.line(if safe.value { "safe to repeat" } else { "not safe to repeat" });
            }
            if let Some(rate) = &operation.rate_limit_per_minute {
                out.line(format_args!("rate {} per minute", rate.value));
            }
            if let Some(field) = &operation.external_id {
                out.line(format_args!("external id {}", field.value));
            }
            for verdict in &operation.verdicts {
                out.line(format_args!("verdict {}", verdict.value));
            }
        });
        self.end();
    }

    /// A type from where the line stands; a record whose fields are documented, or that does not fit, a field a line.
    pub(super) fn type_text(&mut self, ty: &TypeExpr) {
        let flat = flat(ty);
        if let Some(flat) = flat.filter(|flat| self.fits(flat)) {
            return self.push(flat);
        }
        match &ty.kind {
            TypeExprKind::Record(fields) => self.fields(fields),
            TypeExprKind::List(inner) => {
                self.push("[");
                self.type_text(inner);
                self.push("]");
            }
            TypeExprKind::Map(inner) => {
                self.push("{string: ");
                self.type_text(inner);
                self.push("}");
            }
            TypeExprKind::Union(terms) => {
                for (at, term) in terms.iter().enumerate() {
                    self.push(if at > 0 { " | " } else { "" });
                    self.term(term);
                }
            }
            TypeExprKind::Secret(inner) => {
                self.push("secret ");
                self.term(inner);
            }
            TypeExprKind::Pii(inner) => {
                self.push("pii ");
                self.term(inner);
            }
            TypeExprKind::Name { service: None, name } => self.push(&name.value),
            TypeExprKind::Name { service: Some(service), name } => {
                self.push(format_args!("{}.{}", service.value, name.value));
            }
            TypeExprKind::Literal(text) => self.push(expr::plain_literal(text)),
            TypeExprKind::Error => self.push("json"),
        }
    }

    /// A type where a union needs parentheses.
    fn term(&mut self, ty: &TypeExpr) {
        if matches!(ty.kind, TypeExprKind::Union(_)) {
            self.push("(");
            self.type_text(ty);
            self.push(")");
        } else {
            self.type_text(ty);
        }
    }

    /// A record type with a field a line.
    pub(super) fn fields(&mut self, fields: &[FieldType]) {
        self.block(|out| {
            for field in fields {
                out.docs(field.doc.as_ref().map(|doc| doc.value.as_str()));
                out.begin();
                out.push(format_args!("{}: ", field_name(field)));
                out.type_text(&field.ty);
                out.end();
            }
        });
    }
}

fn field_name(field: &FieldType) -> String {
    let name = &field.name.value;
    // `{string: T}` is a map.
    let name = if expr::is_word(name) && name != "string" {
        name.clone()
    } else {
        expr::plain_literal(name)
    };
    if field.optional { name + "?" } else { name }
}

/// A type on one line; `None` when a doc comment in it needs lines of its own.
fn flat(ty: &TypeExpr) -> Option<String> {
    let term = |ty: &TypeExpr| {
        let text = flat(ty)?;
        let union = matches!(ty.kind, TypeExprKind::Union(_));
        Some(if union { format!("({text})") } else { text })
    };
    Some(match &ty.kind {
        TypeExprKind::Name { service: None, name } => name.value.clone(),
        TypeExprKind::Name { service: Some(service), name } => {
            format!("{}.{}", service.value, name.value)
        }
        TypeExprKind::Literal(text) => expr::plain_literal(text),
        TypeExprKind::List(inner) => format!("[{}]", flat(inner)?),
        TypeExprKind::Map(inner) => format!("{{string: {}}}", flat(inner)?),
        TypeExprKind::Record(fields) if fields.is_empty() => "{}".to_owned(),
        TypeExprKind::Record(fields) => {
            let one = |field: &FieldType| {
                let documented = field.doc.is_some();
                let ty = flat(&field.ty).filter(|_| !documented)?;
                Some(format!("{}: {ty}", field_name(field)))
            };
            let fields: Option<Vec<_>> = fields.iter().map(one).collect();
            format!("{{ {} }}", fields?.join(", "))
        }
        TypeExprKind::Union(terms) => {
            terms.iter().map(term).collect::<Option<Vec<_>>>()?.join(" | ")
        }
        TypeExprKind::Secret(inner) => format!("secret {}", term(inner)?),
        TypeExprKind::Pii(inner) => format!("pii {}", term(inner)?),
        TypeExprKind::Error => "json".to_owned(),
    })
}
