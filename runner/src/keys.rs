//! API keys: what they look like, what they may do, how they are made.
//!
//! A key is `qe_sk_sandbox_` and 32 base32 characters: 160 random bits. Only its SHA-256 is stored.

use crate::store::{ApiKey, NewKey, Store, StoreError};
use secrecy::SecretString;
use sha2::{Digest, Sha256};

/// What every key begins with.
pub const PREFIX: &str = "qe_sk_sandbox_";

/// Random bytes of a key: 32 characters of base32.
const RANDOM_BYTES: usize = 20;

/// RFC 4648.
const BASE32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

macro_rules! scopes {
    ($($scope:ident = $name:literal;)*) => {
        /// What a key may be allowed.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Scope {
            $(#[doc = concat!("`", $name, "`")] $scope,)*
        }

        impl Scope {
            /// Every scope.
            pub const ALL: &[Self] = &[$(Self::$scope,)*];

            /// The scope as written.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$scope => $name,)*
                }
            }
        }
    };
}

scopes! {
    Read = "read";
    Write = "write";
    WorkflowsRead = "workflows:read";
    WorkflowsWrite = "workflows:write";
    ExecutionsRead = "executions:read";
    ExecutionsWrite = "executions:write";
    ServiceConnectionsRead = "service-connections:read";
    ServiceConnectionsWrite = "service-connections:write";
    ApprovalsRead = "approvals:read";
    WebhooksManage = "webhooks:manage";
    AuditRead = "audit:read";
    CatalogRead = "catalog:read";
    ApiManage = "api:manage";
}

/// Whether a key with these scopes may do what asks for `wanted`. `write` is everything and `read` is every `...:read`;
/// `x:write` includes `x:read`, or whoever starts an execution could not watch it.
#[must_use]
pub fn allows(scopes: &[String], wanted: Scope) -> bool {
    let has = |name: &str| scopes.iter().any(|scope| scope == name);
    if has(wanted.name()) || has(Scope::Write.name()) {
        return true;
    }
    match wanted.name().strip_suffix(":read") {
        Some(resource) => {
            has(Scope::Read.name())
                || scopes.iter().any(|scope| scope.strip_suffix(":write") == Some(resource))
        }
        None => false,
    }
}

/// A key to be made.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KeyRequest {
    /// Names of scopes, at least one.
    pub scopes: Vec<String>,
    /// `user:usr_...` or `usr_...`, when it acts for a person.
    pub actor: Option<String>,
    /// Roles of that person, for `assignTo`.
    pub roles: Vec<String>,
    /// Teams of that person, for `assignTo`.
    pub teams: Vec<String>,
}

impl KeyRequest {
    /// A key with these scopes, of the organisation's own program.
    #[must_use]
    pub fn with_scopes<S: Into<String>>(scopes: impl IntoIterator<Item = S>) -> Self {
        Self { scopes: scopes.into_iter().map(Into::into).collect(), ..Self::default() }
    }

    /// A key that may do everything.
    #[must_use]
    pub fn every_scope() -> Self {
        Self::with_scopes([Scope::Read.name(), Scope::Write.name()])
    }
}

/// Why a key was not made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// It would be allowed nothing.
    #[error("a key needs at least one scope: {}", scope_names())]
    NoScopes,
    /// There is no such scope.
    #[error("there is no scope \"{0}\"; there are {known}", known = scope_names())]
    UnknownScope(String),
    /// The actor is no user's id.
    #[error("\"{0}\" is no actor: write user:usr_..., the id of the person that the key acts for")]
    BadActor(String),
    /// Roles or teams of nobody.
    #[error("roles and teams are a person's: give the key an actor too")]
    NoActor,
    /// A role or team that `assignTo` could not name.
    #[error("\"{0}\" is no name of a role or team: use letters, digits, `_`, `-` and `.`")]
    BadName(String),
    /// The operating system gave no randomness.
    #[error("the operating system gives no random numbers, so no key can be made")]
    NoRandomness,
    /// It could not be stored.
    #[error("the key could not be stored: {0}")]
    Store(#[from] StoreError),
}

fn scope_names() -> String {
    Scope::ALL.iter().map(|scope| scope.name()).collect::<Vec<_>>().join(", ")
}

/// Makes a key and stores its hash; the key itself is given this once.
///
/// # Errors
/// When a scope, the actor, a role or a team is not one, or the key cannot be stored.
pub async fn create(
    store: &Store,
    request: KeyRequest,
) -> Result<(SecretString, ApiKey), KeyError> {
    let KeyRequest { scopes, actor, roles, teams } = checked(request)?;
    let key = generate()?;
    let row = store.create_key(NewKey { hash: hash(&key), scopes, actor, roles, teams }).await?;
    Ok((SecretString::from(key), row))
}

/// The request with each scope once and the actor as a bare `usr_...`.
fn checked(mut request: KeyRequest) -> Result<KeyRequest, KeyError> {
    let mut scopes: Vec<String> = Vec::with_capacity(request.scopes.len());
    for scope in request.scopes {
        if !Scope::ALL.iter().any(|known| known.name() == scope) {
            return Err(KeyError::UnknownScope(scope));
        }
        if !scopes.contains(&scope) {
            scopes.push(scope);
        }
    }
    if scopes.is_empty() {
        return Err(KeyError::NoScopes);
    }
    request.scopes = scopes;
    if let Some(given) = request.actor {
        let actor = given.strip_prefix("user:").unwrap_or(&given);
        if !actor.strip_prefix("usr_").is_some_and(is_name) {
            return Err(KeyError::BadActor(given));
        }
        request.actor = Some(actor.to_owned());
    } else if !request.roles.is_empty() || !request.teams.is_empty() {
        return Err(KeyError::NoActor);
    }
    match request.roles.iter().chain(&request.teams).find(|name| !is_name(name)) {
        Some(name) => Err(KeyError::BadName(name.clone())),
        None => Ok(request),
    }
}

/// Whether text can stand after the colon of an `assignTo`.
fn is_name(text: &str) -> bool {
    let fits = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.');
    (1..=100).contains(&text.len()) && text.bytes().all(fits)
}

fn generate() -> Result<String, KeyError> {
    let mut bytes = [0; RANDOM_BYTES];
    getrandom::fill(&mut bytes).map_err(|_| KeyError::NoRandomness)?;
    let mut key = String::from(PREFIX);
    for group in bytes.chunks(5) {
        let bits = group.iter().fold(0u64, |bits, byte| bits << 8 | u64::from(*byte));
        for digit in (0..8).rev() {
            let index = (bits >> (5 * digit)) & 31;
            key.extend(BASE32.get(index as usize).map(|b| char::from(*b)));
        }
    }
    Ok(key)
}

/// What is stored of a key.
#[must_use]
pub fn hash(key: &str) -> [u8; 32] {
    Sha256::digest(key.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn scopes(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn a_key_is_its_prefix_and_32_characters_of_base32() {
        let (a, b) = (generate().unwrap(), generate().unwrap());
        assert_ne!(a, b);
        let secret = a.strip_prefix(PREFIX).unwrap();
        assert_eq!(secret.len(), 32);
        assert!(secret.bytes().all(|byte| BASE32.contains(&byte)), "{secret}");
    }

    #[test]
    fn wildcards_and_write_include_what_they_say() {
        for (held, wanted, allowed) in [
            (&["executions:read"][..], Scope::ExecutionsRead, true),
            (&["executions:read"], Scope::ExecutionsWrite, false),
            (&["executions:write"], Scope::ExecutionsRead, true),
            (&["executions:write"], Scope::WorkflowsRead, false),
            (&["read"], Scope::AuditRead, true),
            (&["read"], Scope::ExecutionsWrite, false),
            (&["read"], Scope::WebhooksManage, false),
            (&["write"], Scope::ExecutionsRead, true),
            (&["write"], Scope::ApiManage, true),
            (&[], Scope::WorkflowsRead, false),
        ] {
            assert_eq!(allows(&scopes(held), wanted), allowed, "{held:?} {wanted:?}");
        }
    }

    #[test]
    fn a_request_is_checked_before_a_key_is_made() {
        let bad = |request: KeyRequest| checked(request).unwrap_err().to_string();
        assert!(bad(KeyRequest::default()).contains("at least one scope"));
        let message = bad(KeyRequest::with_scopes(["execution:write"]));
        assert!(message.contains("\"execution:write\"") && message.contains("executions:write"));
        let person = |actor: &str| KeyRequest {
            actor: Some(actor.to_owned()),
            roles: vec!["kyc_analyst".to_owned()],
            ..KeyRequest::with_scopes(["write", "write"])
        };
        assert!(bad(person("ann")).contains("user:usr_"));
        let fine = checked(person("user:usr_01ANN")).unwrap();
        assert_eq!(fine.actor.as_deref(), Some("usr_01ANN"));
        assert_eq!(fine.scopes, ["write"]);
        assert!(bad(KeyRequest { actor: None, ..person("usr_1") }).contains("an actor"));
    }
}
