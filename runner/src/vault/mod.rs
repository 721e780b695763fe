//! The vault: seals secrets with AES-256-GCM, under the organisation's key, which the master key wraps.
//!
//! ```text
//! master key (file or environment) -> wraps the organisation's key (in the database) -> seals secrets
//! ```

mod master;
mod seal;

pub use seal::OrgKey;

use seal::{KEY_BYTES, Sealer};
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// What the organisation's key is sealed for.
const ORG_KEY_PLACE: &str = "organisation key";

/// Where the master key comes from.
#[derive(Debug, Clone)]
pub enum MasterKeySource {
    /// A file, which must be there.
    File(PathBuf),
    /// The key itself, base64 of 32 bytes (`WRIT_MASTER_KEY`).
    Given(secrecy::SecretString),
    /// This file, which is made, readable by its owner only, when there is neither it nor a database that needs it.
    MadeAt(PathBuf),
}

/// The master key, which wraps every other.
#[derive(Debug)]
pub struct Vault {
    master: Sealer,
}

/// Why there is no usable master key.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct VaultError {
    /// What is wrong, and what to do.
    pub message: String,
}

/// Why something could not be sealed or unsealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// The operating system has no randomness.
    #[error("a secret cannot be sealed: the operating system gives no random numbers")]
    NoRandomness,
    /// It was sealed under another key or for another place, or it was changed since.
    #[error(
        "a sealed secret cannot be read: it was sealed under another key, or the database is damaged"
    )]
    Unreadable,
}

impl Vault {
    /// Reads or makes the master key. `database` tells whether a missing key may be made.
    ///
    /// # Errors
    /// When the key cannot be read or made, or is no key.
    pub fn open(source: &MasterKeySource, database: &Path) -> Result<Self, VaultError> {
        let key = master::read_or_make(source, database)?;
        Ok(Self { master: Sealer::new(&key) })
    }

    /// A new key for an organisation, and its wrapped form.
    ///
    /// # Errors
    /// When the operating system has no randomness.
    pub fn make_org_key(&self) -> Result<(OrgKey, Vec<u8>), SealError> {
        let mut key = Zeroizing::new([0; KEY_BYTES]);
        getrandom::fill(key.as_mut_slice()).map_err(|_| SealError::NoRandomness)?;
        let wrapped = self.master.seal(ORG_KEY_PLACE, key.as_slice())?;
        Ok((OrgKey::new(&key), wrapped))
    }

    /// An organisation's key from its wrapped form.
    ///
    /// # Errors
    /// [`SealError::Unreadable`] when another master key wrapped it: the wrapping authenticates the master key too.
    pub fn unwrap_org_key(&self, wrapped: &[u8]) -> Result<OrgKey, SealError> {
        let key = self.master.unseal(ORG_KEY_PLACE, wrapped)?;
        let key: &[u8; KEY_BYTES] = key.as_slice().try_into().map_err(|_| SealError::Unreadable)?;
        Ok(OrgKey::new(key))
    }
}

#[cfg(test)]
mod tests;
