//! The vault: seals secrets with AES-256-GCM, under the organisation's key, which the master key wraps.

use std::path::{Path, PathBuf};

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
pub struct Vault {}

/// Why there is no usable master key.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct VaultError {
    /// What is wrong, and what to do.
    pub message: String,
}

#[allow(unused_variables, reason = "replaced by the real vault")]
impl Vault {
    /// Reads or makes the master key. `database` tells whether a missing key may be made.
    ///
    /// # Errors
    /// When the key cannot be read or made, or is no key.
    pub fn open(source: &MasterKeySource, database: &Path) -> Result<Self, VaultError> {
        unimplemented!()
    }
}
