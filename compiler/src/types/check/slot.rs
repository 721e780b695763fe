//! Places that take values: parameters, payloads, outputs.
//!
//! Records and lists that the author wrote are checked part by part, so that what is wrong is pointed at where it
//! stands. What a place does not declare to be secret takes no secret.

use super::{Checker, Found};
use crate::diagnostic::{Code, Diagnostic, SourceRef, did_you_mean, did_you_mean_another, nearest};
use crate::text::{Name, Span, Spanned};
use crate::tree::{Expr, ExprKind, Field, FieldKey};
use crate::types::assign::{Mismatch, Problem};
use crate::types::{FieldInfo, RecordType, Shape, Type};
use indexmap::IndexMap;
use std::sync::Arc;

/// A place that takes a value.
#[derive(Clone, Copy)]
pub(super) struct Slot<'s> {
    /// What it takes.
    pub(super) ty: &'s Type,
    /// Where that is declared.
    pub(super) declared: Option<(SourceRef, Span)>,
    /// Whether personal data may only stand here where the type says `pii`.
    pub(super) guards_personal: bool,
    name: SlotName<'s>,
}

#[derive(Clone, Copy)]
enum SlotName<'s> {
    /// In words: "the payload of `kyc.failed`".
    Whole(&'s str),
    /// A parameter of an operation.
    Parameter { owner: &'s str, name: &'s str },
    /// The whole body of an operation.
    Body { owner: &'s str },
    /// A field inside another place.
    Field { of: &'s Slot<'s>, name: &'s str },
    /// An item inside another place.
    Item { of: &'s Slot<'s> },
}

impl<'s> Slot<'s> {
    /// A place that has a name in words.
    pub(super) fn root(ty: &'s Type, what: &'s str) -> Self {
        Self { ty, declared: None, guards_personal: false, name: SlotName::Whole(what) }
    }

    /// The same place, where others will see what it holds.
    pub(super) fn seen(self) -> Self {
        Self { guards_personal: true, ..self }
    }

    /// A parameter of an operation.
    pub(super) fn parameter(
        ty: &'s Type,
        declared: Option<(SourceRef, Span)>,
        owner: &'s str,
        name: &'s str,
    ) -> Self {
        Self { ty, declared, guards_personal: true, name: SlotName::Parameter { owner, name } }
    }

    /// The body of an operation.
    pub(super) fn body(ty: &'s Type, owner: &'s str) -> Self {
        Self { ty, declared: None, guards_personal: true, name: SlotName::Body { owner } }
    }

    /// The way to the place from its outermost one, and the outermost one's owner.
    fn way(&self) -> (String, &'s str, bool) {
        match self.name {
            SlotName::Whole(what) => (String::new(), what, false),
            SlotName::Parameter { owner, name } => (name.to_owned(), owner, true),
            SlotName::Body { owner } => (String::new(), owner, true),
            SlotName::Field { of, name } => {
                let (way, owner, is_operation) = of.way();
                let way = if way.is_empty() { name.to_owned() } else { format!("{way}.{name}") };
                (way, owner, is_operation)
            }
            SlotName::Item { of } => {
                let (way, owner, is_operation) = of.way();
                (format!("{way}[]"), owner, is_operation)
            }
        }
    }

    /// The place in words, with `rest` of the way added: "`bundle.frames` of `identity.captureKtp`".
    pub(super) fn words(&self, rest: &str) -> String {
        let (mut way, owner, is_operation) = self.way();
        if !way.is_empty() && !rest.is_empty() && !rest.starts_with('[') {
            way.push('.');
        }
        way += rest;
        match (way.is_empty(), is_operation) {
            _ if way == "[]" => format!("an item of {owner}"),
            (true, true) => format!("the body of `{owner}`"),
            (false, true) => format!("`{way}` of `{owner}`"),
            (true, false) => owner.to_owned(),
            (false, false) => format!("`{way}` of {owner}"),
        }
    }
}

impl Checker<'_> {
    /// Checks a value against the place that takes it; the type that is recorded there, with the labels of both.
    pub(super) fn check(&mut self, expr: &Expr, slot: Slot<'_>) -> Type {
        match &expr.kind {
            ExprKind::Record(fields) => self.check_record(fields, head(expr.span), expr.span, slot),
            ExprKind::List(items) => self.check_list(items, expr.span, slot),
            ExprKind::Conditional { condition, then, otherwise } => {
                self.condition(condition);
                let then = self.given(condition, true, |this| this.check(then, slot));
                let otherwise = self.given(condition, false, |this| this.check(otherwise, slot));
                Type::join([then, otherwise])
            }
            ExprKind::Optional(value) => {
                self.want_as(value, &slot);
                let found = self.left_out(value);
                self.fit(value, &found, slot)
            }
            _ => {
                self.want_as(expr, &slot);
                let found = self.needed(expr);
                self.fit(expr, &found, slot)
            }
        }
    }

    /// Checks a value whose type is known.
    pub(super) fn fit(&mut self, expr: &Expr, found: &Found, slot: Slot<'_>) -> Type {
        if let Err(mismatch) = found.ty.assignable_to(slot.ty) {
            self.mismatch(expr, found, mismatch, slot);
            return Type::error().labelled(slot.ty.labels_within());
        }
        self.guard(expr, found, slot);
        found.ty.received_as(slot.ty)
    }

    fn mismatch(&mut self, expr: &Expr, found: &Found, mismatch: Mismatch, slot: Slot<'_>) {
        let place = slot.words(&mismatch.path);
        let diagnostic = match mismatch.problem {
            Problem::Type { given, wanted } => {
                let rest = super::access::without_null(given.clone());
                if rest != given && rest.assignable_to(&wanted).is_ok() {
                    let message = format!(
                        "{place} must be `{}`, and {} may be null",
                        wanted.unlabelled(),
                        super::expr::path_words(expr)
                    );
                    Diagnostic::new(Code::MaybeAbsent, expr.span, message)
                        .help("say with `coalesce(..., ...)` what stands in its place then")
                } else {
                    let message = format!(
                        "{place} must be `{}`, not `{}`",
                        wanted.unlabelled(),
                        given.unlabelled()
                    );
                    let diagnostic = Diagnostic::new(Code::TypeMismatch, expr.span, message);
                    misspelt(diagnostic, expr, &wanted)
                }
            }
            Problem::Missing(name) => {
                let message = format!("{place} needs `{name}`, which is not there");
                Diagnostic::new(Code::TypeMismatch, expr.span, message)
            }
            Problem::MaybeMissing(name) => {
                let message = format!("{place} needs `{name}`, which may be absent");
                Diagnostic::new(Code::MaybeAbsent, expr.span, message)
            }
            Problem::Unknown(name) => {
                let message = format!("{place} has no field `{name}`");
                Diagnostic::new(Code::UnknownArgument, expr.span, message)
            }
        };
        let diagnostic = with_declaration(diagnostic, slot.declared, "declared here");
        self.report(with_declaration(diagnostic, found.declared, "this value's type"));
    }

    fn check_list(&mut self, items: &[Expr], span: Span, slot: Slot<'_>) -> Type {
        let any = Type::json();
        let secret = slot.ty.labels;
        let item = slot.ty.members().iter().find_map(|member| match &member.shape {
            Shape::List(item) => Some(&**item),
            Shape::Json | Shape::Error => Some(&any),
            _ => None,
        });
        let Some(item) = item else {
            let found =
                Type::list(Type::join(items.iter().map(|i| self.part(i)).collect::<Vec<_>>()));
            return self.fit(&Expr { kind: ExprKind::Error, span }, &found.into(), slot);
        };
        let item = item.clone().labelled(secret);
        let inner = Slot { ty: &item, name: SlotName::Item { of: &slot }, ..slot };
        let items: Vec<Type> = items.iter().map(|item| self.check(item, inner)).collect();
        Type::list(Type::join(items)).labelled(secret)
    }

    /// Checks a record that the author wrote: what it lacks, what it has too much, and every field.
    pub(super) fn check_record(
        &mut self,
        fields: &[Field],
        head: Span,
        span: Span,
        slot: Slot<'_>,
    ) -> Type {
        let any = Type::json();
        let target = match target(fields, slot.ty) {
            Some(Target::Any) => None,
            Some(Target::Values(value)) => Some(Err(value)),
            Some(Target::Record(record)) => Some(Ok(record)),
            None => {
                let record = Expr { kind: ExprKind::Record(fields.to_vec()), span };
                let found = self.needed(&record);
                return self.fit(&Expr { kind: ExprKind::Error, span: head }, &found, slot);
            }
        };
        let secret = slot.ty.labels;
        let mut known: IndexMap<String, FieldInfo> = IndexMap::with_capacity(fields.len());
        let (mut computed, mut unknown) = (false, Vec::new());
        for field in fields {
            let FieldKey::Name(name) = &field.key else {
                computed = true;
                if let FieldKey::Computed(key) = &field.key {
                    self.check(key, Slot::root(&Type::string(), "a computed field's name"));
                }
                let value = match target {
                    Some(Err(value)) => value.clone(),
                    _ => any.clone(),
                };
                let value = value.labelled(secret);
                let name = SlotName::Item { of: &slot };
                self.check(&field.value, Slot { ty: &value, name, ..slot });
                continue;
            };
            let (ty, declared) = match target {
                None => (&any, None),
                Some(Err(value)) => (value, slot.declared),
                Some(Ok(record)) => match record.fields.get(&name.value) {
                    Some(info) => (&info.ty, info.declared),
                    None => {
                        self.unknown(name, fields, record, slot);
                        unknown.push(name);
                        self.part(&field.value);
                        continue;
                    }
                },
            };
            let ty = ty.clone().labelled(secret);
            let inner = SlotName::Field { of: &slot, name: &name.value };
            let found = self.check(&field.value, Slot { ty: &ty, declared, name: inner, ..slot });
            let optional = matches!(field.value.kind, ExprKind::Optional(_));
            known.insert(name.value.clone(), FieldInfo { optional, ..FieldInfo::required(found) });
        }
        if let (Some(Ok(record)), false) = (target, computed) {
            // What was probably misspelt is not missing as well.
            let names = || record.fields.keys().map(String::as_str);
            let meant = unknown.iter().filter_map(|name| nearest(&name.value, names()));
            let meant: Vec<&str> = meant.collect();
            self.missing(fields, &known, &meant, record, head, slot);
        }
        // Of computed fields nothing is known but that they may be any.
        let open = computed;
        let record = RecordType { name: None, fields: known, open };
        Type::new(Shape::Record(Arc::new(record))).labelled(slot.ty.labels)
    }

    fn unknown(&mut self, name: &Name, fields: &[Field], record: &RecordType, slot: Slot<'_>) {
        let (way, owner, is_operation) = slot.way();
        let message = match (way.is_empty(), is_operation) {
            (true, true) => format!("`{owner}` has no parameter `{}`", name.value),
            _ => format!("{} has no field `{}`", slot.words(""), name.value),
        };
        let diagnostic = Diagnostic::new(Code::UnknownArgument, name.span, message);
        let first = record.fields.values().find_map(|field| field.declared);
        let diagnostic = with_declaration(diagnostic, first, "what it has is declared here");
        let names = record.fields.keys().map(String::as_str);
        let mut diagnostic =
            did_you_mean_another(diagnostic, name, names, |name| has_field(fields, name));
        if diagnostic.suggestions.is_empty() && !record.fields.is_empty() {
            let names: Vec<&str> = record.fields.keys().map(String::as_str).take(12).collect();
            let more = if record.fields.len() > names.len() { ", ..." } else { "" };
            diagnostic = diagnostic.note(format!("it has {}{more}", names.join(", ")));
        }
        self.report(diagnostic);
    }

    fn left_out_and_needed(
        &mut self,
        given: &Field,
        name: &str,
        needed: &FieldInfo,
        slot: Slot<'_>,
    ) {
        let inner = Slot { name: SlotName::Field { of: &slot, name }, ..slot };
        let message = format!("{} is needed, and may be left out here", inner.words(""));
        let diagnostic = Diagnostic::new(Code::MissingArgument, given.value.span, message)
            .help("say with `.orValue(...)` what stands in its place, without the `?`");
        self.report(with_declaration(diagnostic, needed.declared, "declared here, without a `?`"));
    }

    fn missing(
        &mut self,
        fields: &[Field],
        known: &IndexMap<String, FieldInfo>,
        meant: &[&str],
        record: &RecordType,
        head: Span,
        slot: Slot<'_>,
    ) {
        for (name, needed) in record.fields.iter().filter(|(_, field)| !field.optional) {
            let given = fields.iter().find(|field| is_left_out(field, name));
            if let Some(given) = given {
                self.left_out_and_needed(given, name, needed, slot);
            }
        }
        let missing: Vec<(&String, &FieldInfo)> = record
            .fields
            .iter()
            .filter(|(name, field)| !field.optional && !known.contains_key(*name))
            .filter(|(name, _)| !meant.contains(&name.as_str()))
            .collect();
        let Some((_, first)) = missing.first() else { return };
        let names: Vec<String> = missing.iter().map(|(name, _)| format!("`{name}`")).collect();
        let (way, owner, is_operation) = slot.way();
        let place = match (way.is_empty(), is_operation) {
            (true, true) => format!("`{owner}`"),
            _ => slot.words(""),
        };
        let message = format!("{place} needs {}", listed(&names));
        let diagnostic = Diagnostic::new(Code::MissingArgument, head, message);
        self.report(with_declaration(diagnostic, first.declared, "declared here, without a `?`"));
    }
}

/// Whether this is the field of a name, and may be left out.
fn is_left_out(field: &Field, name: &str) -> bool {
    matches!(&field.key, FieldKey::Name(n) if n.value == name)
        && matches!(field.value.kind, ExprKind::Optional(_))
}

/// What a record literal is checked against.
enum Target<'t> {
    Any,
    Values(&'t Type),
    Record(&'t RecordType),
}

/// Whether a record that the author wrote has a field of this name.
pub(super) fn has_field(fields: &[Field], name: &str) -> bool {
    fields.iter().any(|field| matches!(&field.key, FieldKey::Name(n) if n.value == name))
}

/// Of a union, the record that the literal's fields fit best.
fn target<'t>(fields: &[Field], ty: &'t Type) -> Option<Target<'t>> {
    let misfits = |record: &RecordType| {
        let unknown = fields
            .iter()
            .filter(
                |f| matches!(&f.key, FieldKey::Name(n) if !record.fields.contains_key(&n.value)),
            )
            .count();
        let missing =
            record.fields.iter().filter(|(n, f)| !f.optional && !has_field(fields, n)).count();
        unknown + missing
    };
    let mut best: Option<(usize, Target<'t>)> = None;
    for member in ty.members() {
        let (rank, target) = match &member.shape {
            Shape::Json | Shape::Error => (0, Target::Any),
            Shape::Map(value) => (0, Target::Values(value)),
            Shape::Record(record) => (misfits(record), Target::Record(record)),
            _ => continue,
        };
        if best.as_ref().is_none_or(|(least, _)| rank < *least) {
            best = Some((rank, target));
        }
    }
    best.map(|(_, target)| target)
}

pub(super) fn with_declaration(
    diagnostic: Diagnostic,
    declared: Option<(SourceRef, Span)>,
    remark: &str,
) -> Diagnostic {
    match declared {
        Some((source, span)) => diagnostic.and_in(source, span, remark),
        None => diagnostic,
    }
}

/// Adds the value of an enum that a misspelt one probably stands for.
fn misspelt(diagnostic: Diagnostic, expr: &Expr, wanted: &Type) -> Diagnostic {
    let (ExprKind::String(text), Some(values)) = (&expr.kind, wanted.enum_values()) else {
        return diagnostic;
    };
    did_you_mean(diagnostic, &Spanned::new(text.clone(), expr.span), values.into_iter())
}

/// The opening bracket of what the author wrote.
pub(super) fn head(span: Span) -> Span {
    Span { start: span.start, end: span.end.min(span.start + 1) }
}

/// `a`, `b` and `c`.
pub(super) fn listed(names: &[String]) -> String {
    match names {
        [] => String::new(),
        [only] => only.clone(),
        [firsts @ .., last] => format!("{} and {last}", firsts.join(", ")),
    }
}
