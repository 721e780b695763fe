//! Keys, connections, workflows, endpoints.

use super::*;
use crate::engine::Actor;
use crate::engine::http::{ConnectionError, Connections};
use crate::engine::webhooks::Deliveries;
use secrecy::ExposeSecret;

fn new_key(hash: u8) -> NewKey {
    NewKey {
        hash: [hash; 32],
        scopes: vec!["read".into(), "executions:write".into()],
        actor: Some("usr_1".into()),
        roles: vec!["kyc_analyst".into()],
        teams: vec![],
    }
}

fn by() -> Actor {
    Actor { user_id: Some("usr_1".into()), key_id: Some("key_1".into()) }
}

#[tokio::test]
async fn keys_are_found_until_any_process_revokes_them() {
    let place = Place::new();
    // Two processes have the file open.
    let (server, other) = (place.open(), place.open());
    let key = server.create_key(new_key(1)).await.unwrap();
    assert_eq!(server.key_by_hash([1; 32]).await.unwrap().as_deref(), Some(&key));
    assert_eq!(server.key_by_hash([2; 32]).await.unwrap(), None);
    let second = other.create_key(new_key(2)).await.unwrap();
    assert_eq!(server.key_by_hash([2; 32]).await.unwrap().as_deref(), Some(&second));
    assert_eq!(server.keys().await.unwrap(), [key.clone(), second.clone()]);

    assert!(other.revoke_key(&key.id).await.unwrap());
    assert!(!other.revoke_key(&key.id).await.unwrap());
    assert_eq!(server.key_by_hash([1; 32]).await.unwrap(), None);
    assert_eq!(server.keys().await.unwrap(), [second]);
}

#[tokio::test]
async fn connections_are_replaced_and_their_keys_sealed() {
    let place = Place::new();
    let store = place.open();
    let put = |url: &str, key: &str| {
        store.put_connection(NewConnection {
            service_slug: "identity".into(),
            base_url: url.into(),
            api_key: key.into(),
            by: by(),
        })
    };
    assert_eq!(store.target("identity").await.unwrap_err(), ConnectionError::Missing);
    let (first, new) = put("http://one", "FIRSTSECRET").await.unwrap();
    assert!(new && first.active);
    assert_eq!(
        first.api_key_hash,
        "sha256:7582fa563897014714420bcc8164211ef023c9ff31d1268bfedc1b11f2d23110"
    );
    let target = store.target("identity").await.unwrap();
    assert_eq!(
        (target.base_url.as_str(), target.api_key.expose_secret()),
        ("http://one", "FIRSTSECRET")
    );

    let (second, new) = put("http://two", "SECONDSECRET").await.unwrap();
    assert!(!new);
    assert_eq!((&second.id, second.created_at), (&first.id, first.created_at));
    let target = store.target("identity").await.unwrap();
    assert_eq!(
        (target.base_url.as_str(), target.api_key.expose_secret()),
        ("http://two", "SECONDSECRET")
    );
    // What was queued before this is written.
    store.write(|_| Ok(())).await.unwrap();
    let listed = store.connections().await.unwrap();
    assert_eq!(listed, [Connection { last_used_at: listed[0].last_used_at, ..second }]);
    assert!(listed[0].last_used_at.is_some(), "a call used it");
    assert!(!place.holds("FIRSTSECRET") && !place.holds("SECONDSECRET"));
}

#[tokio::test]
async fn endpoints_keep_their_secret_sealed() {
    let place = Place::new();
    let store = place.open();
    let new =
        NewEndpoint { url: "http://hook".into(), events: vec!["kyc.failed".into()], by: by() };
    let endpoint = store.create_endpoint(new, "HOOKSECRET".into()).await.unwrap();
    assert_eq!(store.endpoints().await.unwrap(), std::slice::from_ref(&endpoint));
    let secret = store.secret(&endpoint.id).await.unwrap().unwrap();
    assert_eq!(secret.expose_secret(), "HOOKSECRET");
    assert!(store.secret("whe_0").await.unwrap().is_none());
    assert!(!place.holds("HOOKSECRET"));
}
