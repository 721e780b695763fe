//! Whether a value of one type may stand where another type is wanted.

use super::{Label, RecordType, Shape, Type};
use crate::value::{from_base64, time};

/// Why a type does not fit, at the innermost place where it does not.
#[derive(Debug, Clone, PartialEq)]
pub struct Mismatch {
    /// The way there from the outermost type: `bundle.frames[]`; empty for the type itself.
    pub path: String,
    /// What is wrong there.
    pub problem: Problem,
}

/// What does not fit.
#[derive(Debug, Clone, PartialEq)]
pub enum Problem {
    /// The types have no value in common, or not every value fits.
    Type {
        /// What was given.
        given: Type,
        /// What is wanted.
        wanted: Type,
    },
    /// A required field is not there.
    Missing(String),
    /// A required field may not be there.
    MaybeMissing(String),
    /// A field that nothing asks for: in the author's own record that is a misspelling.
    Unknown(String),
}

impl Type {
    /// Whether every value of this type fits `wanted`. What is dynamic fits everything, and is checked when it runs.
    ///
    /// # Errors
    /// The first place where it does not fit.
    pub fn assignable_to(&self, wanted: &Self) -> Result<(), Mismatch> {
        assign(self, wanted, "")
    }
}

/// Whether something in a value that carries a label would come to stand where nothing says that it may.
#[must_use]
pub fn leaks(given: &Type, wanted: &Type, label: Label) -> bool {
    if wanted.labels.has(label) || !given.labels_within().has(label) {
        return false;
    }
    if given.labels.has(label) {
        return !wanted
            .members()
            .iter()
            .any(|m| m.labels.has(label) && given.assignable_to(m).is_ok());
    }
    match (&given.shape, &wanted.shape) {
        (Shape::Union(members), _) => members.iter().any(|member| leaks(member, wanted, label)),
        (_, Shape::Union(members)) => members
            .iter()
            .filter(|member| given.assignable_to(member).is_ok())
            .all(|member| leaks(given, member, label)),
        (Shape::List(given), Shape::List(wanted)) | (Shape::Map(given), Shape::Map(wanted)) => {
            leaks(given, wanted, label)
        }
        (Shape::Record(given), Shape::Map(wanted)) => {
            given.fields.values().any(|field| leaks(&field.ty, wanted, label))
        }
        (Shape::Record(given), Shape::Record(wanted)) => {
            let any = Type::json();
            given.fields.iter().any(|(name, field)| {
                leaks(&field.ty, wanted.fields.get(name).map_or(&any, |wanted| &wanted.ty), label)
            })
        }
        _ => true,
    }
}

fn assign(given: &Type, wanted: &Type, path: &str) -> Result<(), Mismatch> {
    let mismatch = || {
        let problem = Problem::Type { given: given.clone(), wanted: wanted.clone() };
        Err(Mismatch { path: path.to_owned(), problem })
    };
    if given.is_dynamic() || wanted.is_dynamic() {
        return Ok(());
    }
    match (&given.shape, &wanted.shape) {
        (Shape::Union(members), _) => {
            members.iter().try_for_each(|member| match assign(member, wanted, path) {
                Ok(()) => Ok(()),
                // Of an enum the whole is shown, not the one value that does not fit.
                Err(inner) if inner.path != path => Err(inner),
                Err(_) => mismatch(),
            })
        }
        (_, Shape::Union(members)) => {
            let fits = |member: &Type| assign(given, member, path).is_ok();
            if members.iter().any(fits) {
                return Ok(());
            }
            // When only one member is of the same kind, its own complaint says more.
            let mut near = members.iter().filter(|member| same_kind(given, member));
            match (near.next(), near.next()) {
                (Some(only), None) => assign(given, only, path),
                _ => mismatch(),
            }
        }
        (Shape::List(given), Shape::List(wanted)) => assign(given, wanted, &format!("{path}[]")),
        (Shape::Map(given), Shape::Map(wanted)) => assign(given, wanted, &format!("{path}[]")),
        (Shape::Record(given), Shape::Map(wanted)) => given
            .fields
            .iter()
            .try_for_each(|(name, field)| assign(&field.ty, wanted, &join(path, name))),
        (Shape::Record(given), Shape::Record(wanted)) => records(given, wanted, path),
        // A map may have any field, or none.
        (Shape::Map(item), Shape::Record(wanted)) => {
            for (name, field) in &wanted.fields {
                if !field.optional {
                    let problem = Problem::MaybeMissing(name.clone());
                    return Err(Mismatch { path: path.to_owned(), problem });
                }
                assign(item, &field.ty, &join(path, name))?;
            }
            Ok(())
        }
        (given, wanted) if scalar_fits(given, wanted) => Ok(()),
        _ => mismatch(),
    }
}

fn records(given: &RecordType, wanted: &RecordType, path: &str) -> Result<(), Mismatch> {
    let at = |problem: Problem| Mismatch { path: path.to_owned(), problem };
    if !given.open {
        let unknown = given.fields.keys().find(|name| !wanted.fields.contains_key(*name));
        if let Some(name) = unknown {
            return Err(at(Problem::Unknown(name.clone())));
        }
    }
    for (name, field) in &wanted.fields {
        match given.fields.get(name) {
            Some(found) if found.optional && !field.optional => {
                return Err(at(Problem::MaybeMissing(name.clone())));
            }
            Some(found) => assign(&found.ty, &field.ty, &join(path, name))?,
            None if field.optional => {}
            None => return Err(at(Problem::Missing(name.clone()))),
        }
    }
    Ok(())
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

fn same_kind(a: &Type, b: &Type) -> bool {
    matches!(
        (&a.shape, &b.shape),
        (Shape::Record(_), Shape::Record(_) | Shape::Map(_)) | (Shape::List(_), Shape::List(_))
    )
}

fn scalar_fits(given: &Shape, wanted: &Shape) -> bool {
    match (given, wanted) {
        (Shape::Int, Shape::Number) | (Shape::Literal(_), Shape::String) => true,
        // In JSON these are text; a text that is none of them is found when it runs.
        (Shape::Timestamp | Shape::Duration | Shape::Bytes, Shape::String)
        | (Shape::String, Shape::Timestamp | Shape::Duration | Shape::Bytes) => true,
        (Shape::Literal(text), Shape::Timestamp) => time::parse_timestamp(text).is_some(),
        (Shape::Literal(text), Shape::Duration) => time::parse_duration(text).is_some(),
        (Shape::Literal(text), Shape::Bytes) => from_base64(text).is_some(),
        (given, wanted) => given == wanted,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::SourceRef;
    use crate::syntax::writ;
    use crate::types::resolve::Scope;

    /// The types that these texts stand for.
    fn types(given: &str, wanted: &str) -> (Type, Type) {
        let (module, diagnostics) = writ::parse(&format!("type A = {given}\ntype B = {wanted}"));
        assert_eq!(diagnostics, []);
        let mut scope = Scope::new(SourceRef::Main, &module.types, &[]);
        let mut found = Vec::new();
        let mut types = module.types.iter().map(|alias| scope.alias(alias, &mut found));
        (types.next().unwrap_or_else(Type::error), types.next().unwrap_or_else(Type::error))
    }

    #[test]
    fn what_fits_fits() {
        for (given, wanted) in [
            ("int", "number"),
            ("\"a\"", "\"a\" | \"b\""),
            ("\"a\" | \"b\"", "string"),
            ("{a: int, b: string}", "{a: number}"),
            ("{a: int}", "{a: int, b?: string}"),
            ("{a: int}", "{string: int}"),
            ("[\"a\"]", "[string]"),
            ("json", "{a: int}"),
            ("secret string", "string"),
            ("\"2026-05-01T12:00:00Z\"", "timestamp"),
            ("\"90s\" | string", "duration"),
        ] {
            let (given, wanted) = types(given, wanted);
            assert_eq!(given.assignable_to(&wanted), Ok(()), "{given} to {wanted}");
        }
    }

    #[test]
    fn what_does_not_fit_says_where() {
        for (given, wanted, at) in [
            ("number", "int", ""),
            ("string", "\"a\"", ""),
            ("\"a\" | \"c\"", "\"a\" | \"b\"", ""),
            ("{a: {b: [int]}}", "{a: {b: [string]}}", "a.b[]"),
            ("{a: int} | {a: string}", "{a: int}", "a"),
            ("{b: int}", "{a: int} | null", ""),
            ("\"tomorrow\"", "timestamp", ""),
            ("{string: int}", "{a: int}", ""),
        ] {
            let (given, wanted) = types(given, wanted);
            let path = given.assignable_to(&wanted).map_err(|mismatch| mismatch.path);
            assert_eq!(path, Err(at.to_owned()), "{given} to {wanted}");
        }
    }
}
