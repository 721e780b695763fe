//! Who asks: the key of a request, and what it may do.

use super::error::ApiError;
use super::routes::Access;
use crate::engine::Actor;
use crate::keys;
use crate::store::{ApiKey, Store};
use http::header::{AUTHORIZATION, HeaderMap, HeaderValue, WWW_AUTHENTICATE};
use http::{StatusCode, Uri};
use std::sync::Arc;

/// Longest key that is looked up; ours have 46 characters.
const KEY_BYTES_MAX: usize = 256;

/// Whoever makes a request.
#[derive(Debug)]
pub(super) struct Caller {
    pub(super) key: Arc<ApiKey>,
    /// What the key is stored under.
    pub(super) hash: [u8; 32],
}

impl Caller {
    /// The caller as the audit row names it.
    pub(super) fn actor(&self) -> Actor {
        Actor { user_id: self.key.actor.clone(), key_id: Some(self.key.id.clone()) }
    }

    /// Refuses a key that lacks what an endpoint asks for.
    pub(super) fn may(&self, access: Access) -> Result<(), ApiError> {
        match access {
            Access::Open | Access::AnyKey => Ok(()),
            Access::Scope(scope) if keys::allows(&self.key.scopes, scope) => Ok(()),
            Access::Scope(scope) => Err(ApiError::forbidden(
                "missing_scope",
                format!("missing scope: {}", scope.name()),
            )),
        }
    }
}

/// The caller of a request.
pub(super) async fn caller(
    store: &Store,
    headers: &HeaderMap,
    uri: &Uri,
) -> Result<Caller, ApiError> {
    // Query strings end up in logs and histories, so a key in one is refused even beside a good header.
    let token = if names_token(uri.query()) { None } else { bearer(headers) };
    let Some(token) = token else { return Err(refused()) };
    let hash = keys::hash(token);
    match store.key_by_hash(hash).await? {
        Some(key) => Ok(Caller { key, hash }),
        None => Err(refused()),
    }
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let mut all = headers.get_all(AUTHORIZATION).into_iter();
    let (Some(header), None) = (all.next(), all.next()) else { return None };
    let (scheme, token) = header.to_str().ok()?.split_once(' ')?;
    let token = token.trim();
    let fits = (1..=KEY_BYTES_MAX).contains(&token.len());
    (scheme.eq_ignore_ascii_case("bearer") && fits).then_some(token)
}

fn names_token(query: Option<&str>) -> bool {
    let pairs = query.unwrap_or_default().split('&');
    let mut names = pairs.map(|pair| pair.split('=').next().unwrap_or_default());
    names.any(|name| matches!(name, "access_token" | "token" | "bearer" | "api_key" | "apiKey"))
}

fn refused() -> ApiError {
    ApiError::new(StatusCode::UNAUTHORIZED, "unauthorized", "missing or invalid Bearer")
        .header(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn of(values: &[&str]) -> Option<String> {
        let headers: HeaderMap = values
            .iter()
            .map(|value| (AUTHORIZATION, HeaderValue::from_str(value).unwrap()))
            .collect();
        bearer(&headers).map(str::to_owned)
    }

    #[test]
    fn only_one_bearer_header_is_a_key() {
        assert_eq!(of(&["Bearer k"]).unwrap(), "k");
        assert_eq!(of(&["bearer  k "]).unwrap(), "k");
        for bad in
            [&[][..], &["Bearer"], &["Bearer "], &["Basic a"], &["k"], &["Bearer a", "Bearer a"]]
        {
            assert_eq!(of(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn keys_in_queries_are_noticed() {
        assert!(names_token(Some("a=b&access_token=k")));
        assert!(!names_token(Some("a=access_token")));
        assert!(!names_token(None));
    }
}
