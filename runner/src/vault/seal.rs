//! Sealing: AES-256-GCM with a random nonce, bound to the place where the sealed bytes are kept.

use super::SealError;
use aes_gcm::aead::{Aead, Payload};
use aes_gcm::{Aes256Gcm, KeyInit};
use std::fmt;
use zeroize::Zeroizing;

/// Bytes of a key.
pub(super) const KEY_BYTES: usize = 32;

/// Bytes of a nonce. Random nonces of this length are safe for 2^32 messages under one key (NIST SP 800-38D, 8.3).
const NONCE_BYTES: usize = 12;

/// The key that seals one organisation's secrets.
#[derive(Debug)]
pub struct OrgKey(Sealer);

impl OrgKey {
    pub(super) fn new(key: &[u8; KEY_BYTES]) -> Self {
        Self(Sealer::new(key))
    }

    /// Seals a secret for a place; only the same place can unseal it, so that sealed bytes cannot be moved about.
    ///
    /// # Errors
    /// When the operating system has no randomness.
    pub fn seal(&self, place: &str, secret: &[u8]) -> Result<Vec<u8>, SealError> {
        self.0.seal(place, secret)
    }

    /// Unseals what was sealed for a place.
    ///
    /// # Errors
    /// When it was sealed under another key or for another place, or was changed since.
    pub fn unseal(&self, place: &str, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, SealError> {
        self.0.unseal(place, sealed)
    }
}

/// A key, ready for use.
pub(super) struct Sealer(Box<Aes256Gcm>);

impl Sealer {
    pub(super) fn new(key: &[u8; KEY_BYTES]) -> Self {
        Self(Box::new(Aes256Gcm::new(key.into())))
    }

    /// Nonce, ciphertext and tag, in this order.
    pub(super) fn seal(&self, place: &str, secret: &[u8]) -> Result<Vec<u8>, SealError> {
        let mut nonce = [0; NONCE_BYTES];
        getrandom::fill(&mut nonce).map_err(|_| SealError::NoRandomness)?;
        let payload = Payload { msg: secret, aad: place.as_bytes() };
        let sealed = self.0.encrypt(&nonce.into(), payload).map_err(|_| SealError::Unreadable)?;
        let mut bytes = Vec::with_capacity(nonce.len() + sealed.len());
        bytes.extend_from_slice(&nonce);
        bytes.extend_from_slice(&sealed);
        Ok(bytes)
    }

    pub(super) fn unseal(
        &self,
        place: &str,
        sealed: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, SealError> {
        let (nonce, sealed) =
            sealed.split_first_chunk::<NONCE_BYTES>().ok_or(SealError::Unreadable)?;
        let payload = Payload { msg: sealed, aad: place.as_bytes() };
        let secret = self.0.decrypt(nonce.into(), payload);
        secret.map(Zeroizing::new).map_err(|_| SealError::Unreadable)
    }
}

impl fmt::Debug for Sealer {
    /// Never shows the key.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sealer")
    }
}
