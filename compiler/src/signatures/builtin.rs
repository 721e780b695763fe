//! The services of `stdlib/`, embedded and read when first asked for.

use super::Service;
use super::resolve::service;
use crate::diagnostic::SourceRef;
use crate::syntax::writ;
use crate::types::resolve::Scope;
use std::sync::{Arc, OnceLock};

/// One embedded file.
struct Builtin {
    slug: &'static str,
    text: &'static str,
    service: OnceLock<Arc<Service>>,
}

macro_rules! builtin {
    ($($slug:literal),*) => {
        static BUILTINS: [Builtin; 6] = [$(Builtin {
            slug: $slug,
            text: include_str!(concat!("../../../stdlib/", $slug, ".writ")),
            service: OnceLock::new(),
        }),*];
    };
}

builtin!(
    "identity",
    "aml",
    "anti-fraud",
    "bank-statement",
    "document-intelligence",
    "ai-automation"
);

/// The built-in services' slugs, as documented.
pub fn slugs() -> impl Iterator<Item = &'static str> {
    BUILTINS.iter().map(|builtin| builtin.slug)
}

/// The text of a built-in service's signature, which [`SourceRef::Stdlib`] points into.
#[must_use]
pub fn source_text(slug: &str) -> Option<&'static str> {
    BUILTINS.iter().find(|builtin| builtin.slug == slug).map(|builtin| builtin.text)
}

/// A built-in service.
#[must_use]
pub fn builtin(slug: &str) -> Option<Arc<Service>> {
    let builtin = BUILTINS.iter().find(|builtin| builtin.slug == slug)?;
    let read = || {
        // A test proves that each file reads clean and declares its own service.
        let (module, mut diagnostics) = writ::parse(builtin.text);
        let declared = module.services.first();
        let source = SourceRef::Stdlib(builtin.slug);
        let mut scope = Scope::new(source, &[], &module.services);
        let resolved =
            declared.map(|declared| service(declared, &mut scope, source, &mut diagnostics));
        Arc::new(resolved.unwrap_or_default())
    };
    Some(Arc::clone(builtin.service.get_or_init(read)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_reads_clean_and_declares_its_own_service() {
        for builtin in &BUILTINS {
            let (module, mut diagnostics) = writ::parse(builtin.text);
            let source = SourceRef::Stdlib(builtin.slug);
            let mut scope = Scope::new(source, &[], &module.services);
            for declared in &module.services {
                let service = service(declared, &mut scope, source, &mut diagnostics);
                assert_eq!(service.slug, builtin.slug);
                assert!(!service.operations.is_empty());
            }
            assert_eq!(module.services.len(), 1, "{}", builtin.slug);
            assert_eq!(diagnostics, [], "{}", builtin.slug);
        }
    }
}
