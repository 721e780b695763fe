//! Values of tests, from expressions: checked against the type of their place, and computed.

use super::Given;
use crate::analysis::Compiled;
use crate::bytecode::eval::{self, Alone, Budget};
use crate::bytecode::schema::{Schema, SchemaField, SchemaShape};
use crate::diagnostic::{Code, Diagnostic, Severity, SourceText, did_you_mean, nearest};
use crate::limits::{VALUE_BYTES_MAX, VALUE_DEPTH_MAX};
use crate::signatures::Catalog;
use crate::text::{Span, Spanned};
use crate::tree::{
    Expr, ExprKind, Field, FieldKey, Module, Step, StepKind, TransformStep, Trigger, TriggerKind,
    Workflow,
};
use crate::value::{PlainLimits, Value};
use crate::{flow, lower, types};

/// What stands in a test for a value that does not matter.
pub(super) const SAMPLE: &str = "sample";

/// How much of a record must be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Extent {
    /// Every field that is not optional; of the records inside, what the author cares for.
    Whole,
    /// What the author cares for.
    Part,
}

/// Reads the values of a text's tests.
pub(super) struct Values<'a> {
    pub(super) source: SourceText<'a>,
    pub(super) catalog: &'a Catalog,
    pub(super) diagnostics: &'a mut Vec<Diagnostic>,
}

impl Values<'_> {
    /// A value for a place of this type. `place` names it in messages.
    pub(super) fn given(
        &mut self,
        expr: &Expr,
        place: &str,
        schema: &Schema,
        extent: Extent,
    ) -> Given {
        match &expr.kind {
            ExprKind::Ident(name) if name == SAMPLE => Given::Sample,
            ExprKind::Record(fields) if fields.iter().all(is_named) => {
                self.record(fields, expr.span, place, schema, extent)
            }
            ExprKind::List(items) => self.list(items, expr.span, place, schema, extent),
            _ => match self.computed(expr) {
                Some(value) => {
                    self.fits(&value, expr, place, schema);
                    Given::Value(value)
                }
                None => Given::Sample,
            },
        }
    }

    fn list(
        &mut self,
        items: &[Expr],
        span: Span,
        place: &str,
        schema: &Schema,
        extent: Extent,
    ) -> Given {
        let any = Schema::json();
        let item = members(schema).find_map(|member| match &member.shape {
            SchemaShape::List(item) => Some(&**item),
            SchemaShape::Json => Some(&any),
            _ => None,
        });
        if item.is_none() {
            self.mismatch(span, place, schema, "a list");
        }
        let item = item.unwrap_or(&any);
        let place = format!("an item of {place}");
        Given::List(items.iter().map(|i| self.given(i, &place, item, extent)).collect())
    }

    fn record(
        &mut self,
        written: &[Field],
        span: Span,
        place: &str,
        schema: &Schema,
        extent: Extent,
    ) -> Given {
        let any = Schema::json();
        let target = best(written, schema);
        if target.is_none() {
            self.mismatch(span, place, schema, "a record");
        }
        let mut given = Vec::with_capacity(written.len());
        // What was probably misspelt is not missing as well.
        let mut meant = Vec::new();
        for field in written {
            let FieldKey::Name(name) = &field.key else { continue };
            let owner = place;
            let place = format!("`{}` of {owner}", name.value);
            let inner = match target {
                Some(Target::Fields(fields)) => {
                    let known = fields.iter().find(|known| known.name == name.value);
                    if known.is_none() {
                        let message = format!("{owner} has no field `{}`", name.value);
                        let diagnostic = Diagnostic::new(Code::UnknownArgument, name.span, message);
                        let names = || fields.iter().map(|field| field.name.as_str());
                        meant.extend(nearest(&name.value, names()));
                        self.diagnostics.push(did_you_mean(diagnostic, name, names()));
                    }
                    known.map(|known| &known.schema)
                }
                Some(Target::Values(item)) => Some(item),
                Some(Target::Any) | None => None,
            };
            let inner = inner.unwrap_or(&any);
            let value = self.given(&field.value, &place, inner, Extent::Part);
            given.push((name.value.clone(), value));
        }
        if let (Some(Target::Fields(fields)), Extent::Whole) = (target, extent) {
            self.missing(fields, &given, &meant, span, place);
        }
        Given::Record(given)
    }

    fn missing(
        &mut self,
        fields: &[SchemaField],
        given: &[(String, Given)],
        meant: &[&str],
        span: Span,
        place: &str,
    ) {
        let is_given = |field: &&SchemaField| {
            given.iter().any(|(name, _)| *name == field.name) || meant.contains(&&*field.name)
        };
        let missing = fields.iter().filter(|field| !field.optional && !is_given(field));
        let names: Vec<&str> = missing.map(|field| field.name.as_str()).collect();
        if names.is_empty() {
            return;
        }
        let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
        let message = format!("{place} needs {}", quoted.join(", "));
        let head = Span { start: span.start, end: span.end.min(span.start + 1) };
        let help = format!(
            "write `{}: {SAMPLE}` where the value does not matter",
            names.join(": sample, ")
        );
        self.diagnostics.push(Diagnostic::new(Code::MissingArgument, head, message).help(help));
    }

    fn mismatch(&mut self, span: Span, place: &str, schema: &Schema, found: &str) {
        let message = format!("{place} must be {}, not {found}", schema.words());
        self.diagnostics.push(Diagnostic::new(Code::TypeMismatch, span, message));
    }

    /// Reports a value that its place does not take.
    fn fits(&mut self, value: &Value, expr: &Expr, place: &str, schema: &Schema) {
        let errors = schema.validate(value);
        let Some(error) = errors.first() else { return };
        let place = match error.path.as_str() {
            "" => place.to_owned(),
            path => format!("`{path}` of {place}"),
        };
        let message = format!("{place} {}", error.message);
        let mut diagnostic = Diagnostic::new(Code::TypeMismatch, expr.span, message);
        if let (Value::String(text), SchemaShape::Enum(values)) = (value, &schema.shape) {
            let name = Spanned::new(text.to_string(), expr.span);
            diagnostic = did_you_mean(diagnostic, &name, values.iter().map(String::as_str));
        }
        self.diagnostics.push(diagnostic);
    }

    /// The value of an expression, as a service would send it; nothing when that has been reported.
    fn computed(&mut self, expr: &Expr) -> Option<Value> {
        let value = match &expr.kind {
            ExprKind::Null => Value::Null,
            ExprKind::Bool(value) => Value::Bool(*value),
            ExprKind::Int(value) => Value::Int(*value),
            ExprKind::Double(value) => Value::Double(*value),
            ExprKind::String(text) => Value::from(text.as_str()),
            ExprKind::Error => return None,
            _ => self.evaluated(expr)?,
        };
        let limits = PlainLimits { depth_max: VALUE_DEPTH_MAX, bytes_max: VALUE_BYTES_MAX };
        value.to_plain(limits).ok()
    }

    /// Computes an expression as the run of a workflow would that does nothing else.
    fn evaluated(&mut self, expr: &Expr) -> Option<Value> {
        let workflow = workflow_of(expr);
        let mut found = Vec::new();
        let flow = flow::resolve(&workflow, self.source, &mut found);
        let module = Module::default();
        let mode = types::check::Mode { syntax: self.source.syntax, strict: false };
        let typed = types::check::check(&workflow, &flow, &module, self.catalog, mode, &mut found);
        let broken = found.iter().any(|d| d.severity == Severity::Error);
        self.diagnostics.append(&mut found);
        if broken {
            return None;
        }
        let Compiled { program, .. } = lower::lower(&workflow, &flow, &typed);
        let entry = program.steps.first()?.entry.next();
        match eval::run(&program, entry, &Alone { inputs: Value::Null }, &mut Budget::default()) {
            Ok(mut stopped) => stopped.operands.pop(),
            Err(error) => {
                let message = format!("the value cannot be computed: {}", error.message(true));
                self.diagnostics.push(
                    Diagnostic::new(Code::TypeMismatch, expr.span, message).help(
                        "a test's values are computed before its run: they cannot read from it",
                    ),
                );
                None
            }
        }
    }
}

/// What a record that the author wrote is checked against.
#[derive(Clone, Copy)]
enum Target<'s> {
    Any,
    Values(&'s Schema),
    Fields(&'s [SchemaField]),
}

/// Of a union, the member that a record fits best.
fn best<'s>(written: &[Field], schema: &'s Schema) -> Option<Target<'s>> {
    let misfits = |fields: &[SchemaField]| {
        let fits = |field: &Field| match &field.key {
            FieldKey::Name(name) => fields
                .iter()
                .any(|known| known.name == name.value && may_be(&known.schema, &field.value)),
            FieldKey::Computed(_) => true,
        };
        written.iter().filter(|field| !fits(field)).count()
    };
    let ranked = members(schema).filter_map(|member| match &member.shape {
        SchemaShape::Json => Some((0, Target::Any)),
        SchemaShape::Map(item) => Some((0, Target::Values(item))),
        SchemaShape::Record { fields, .. } => Some((misfits(fields), Target::Fields(fields))),
        _ => None,
    });
    ranked.min_by_key(|(rank, _)| *rank).map(|(_, target)| target)
}

/// Whether a field that tells the members of a union apart may have this value.
fn may_be(schema: &Schema, value: &Expr) -> bool {
    match (&schema.shape, &value.kind) {
        (SchemaShape::Enum(values), ExprKind::String(text)) => values.contains(text),
        _ => true,
    }
}

fn members(schema: &Schema) -> Box<dyn Iterator<Item = &Schema> + '_> {
    match &schema.shape {
        SchemaShape::Union(members) => Box::new(members.iter()),
        _ => Box::new(std::iter::once(schema)),
    }
}

fn is_named(field: &Field) -> bool {
    matches!(field.key, FieldKey::Name(_))
}

fn workflow_of(expr: &Expr) -> Workflow {
    let span = expr.span;
    Workflow {
        span,
        slug: None,
        name: None,
        description: None,
        trigger: Trigger { span, kind: TriggerKind::Api, spec: None, input: None },
        start: None,
        budget: None,
        lets: Vec::new(),
        steps: vec![Step {
            span,
            id: Spanned::new("value".to_owned(), span),
            description: None,
            optional: None,
            kind: StepKind::Transform(TransformStep { value: expr.clone() }),
        }],
        edges: Vec::new(),
    }
}
