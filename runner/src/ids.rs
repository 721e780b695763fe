//! Identifiers: documented prefixes with ULIDs (48 bits of milliseconds, 80 bits of randomness, in Crockford base32).

use crate::time::Millis;
use sha2::{Digest, Sha256};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// Characters of a ULID.
const ULID_LEN: usize = 26;

/// Bits of a ULID below its time.
const RANDOM_BITS: u32 = 80;

/// A new id, such as `exe_01HXY...` for the prefix `exe`. Ids of one process sort in the order they were made.
#[must_use]
pub fn new(prefix: &str) -> String {
    static LAST: Mutex<u128> = Mutex::new(0);
    let fresh = ulid_bits(Millis::now(), random());
    let mut last = LAST.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    // Within one millisecond, or when the clock went back, count on from the last id.
    *last = fresh.max(last.saturating_add(1));
    with_prefix(prefix, *last)
}

/// The id that a run gives its n-th thing: a pure function, so that a replay gives the same.
#[must_use]
pub fn derive(prefix: &str, at: Millis, seed: &[u8; 16], n: u32) -> String {
    with_prefix(prefix, ulid_bits(at, derive_bits(prefix, seed, n)))
}

/// Whether `text` is an id with this prefix.
#[must_use]
pub fn is(prefix: &str, text: &str) -> bool {
    let Some(ulid) =
        text.strip_prefix(prefix.trim_end_matches('_')).and_then(|rest| rest.strip_prefix('_'))
    else {
        return false;
    };
    // The first digit carries only three bits.
    ulid.len() == ULID_LEN
        && ulid.bytes().all(|b| ALPHABET.contains(&b))
        && ulid.bytes().next().is_some_and(|b| b <= b'7')
}

/// 128 pseudo-random bits from a run's seed, for a purpose and a number.
#[must_use]
pub fn derive_bits(purpose: &str, seed: &[u8; 16], n: u32) -> u128 {
    let mut hash = Sha256::new();
    hash.update(seed);
    hash.update(n.to_be_bytes());
    hash.update(purpose.trim_end_matches('_').as_bytes());
    let hash: [u8; 32] = hash.finalize().into();
    let (first, _) = hash.split_first_chunk().unwrap_or((&[0; 16], &[]));
    u128::from_be_bytes(*first)
}

fn ulid_bits(at: Millis, random: u128) -> u128 {
    let millis = u64::try_from(at.0).unwrap_or(0) & ((1 << 48) - 1);
    u128::from(millis) << RANDOM_BITS | (random & ((1 << RANDOM_BITS) - 1))
}

fn with_prefix(prefix: &str, bits: u128) -> String {
    let prefix = prefix.trim_end_matches('_');
    let mut digits = [0; ULID_LEN];
    for (i, digit) in digits.iter_mut().rev().enumerate() {
        let value = (bits >> (5 * i)) & 31;
        *digit = ALPHABET.get(value as usize).copied().unwrap_or(b'0');
    }
    let mut text = String::with_capacity(prefix.len() + 1 + ULID_LEN);
    text.push_str(prefix);
    text.push('_');
    text.push_str(str::from_utf8(&digits).unwrap_or_default());
    text
}

/// Random bits from the operating system. An id is no secret: should the system have none, a hash of what is
/// unique about this moment must do.
fn random() -> u128 {
    let mut bytes = [0; 16];
    if getrandom::fill(&mut bytes).is_ok() {
        return u128::from_be_bytes(bytes);
    }
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let mut seed = [0; 16];
    seed[..8].copy_from_slice(&COUNT.fetch_add(1, Ordering::Relaxed).to_be_bytes());
    seed[8..].copy_from_slice(&Millis::now().0.to_be_bytes());
    derive_bits("fallback", &seed, std::process::id())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]
    use super::*;

    #[test]
    fn ids_have_their_prefix_and_sort() {
        let ids: Vec<_> = (0..1_000).map(|_| new("exe")).collect();
        assert!(ids.is_sorted());
        assert!(ids.iter().all(|id| is("exe", id)));
        assert!(ids.windows(2).all(|pair| pair[0] != pair[1]));
    }

    #[test]
    fn derived_ids_are_pure() {
        let seed = [7; 16];
        let id = derive("stp", Millis(1_777_636_800_000), &seed, 0);
        assert_eq!(id, derive("stp", Millis(1_777_636_800_000), &seed, 0));
        assert_ne!(id, derive("stp", Millis(1_777_636_800_000), &seed, 1));
        assert_ne!(id[4..], derive("evt", Millis(1_777_636_800_000), &seed, 0)[4..]);
        assert!(is("stp", &id));
        // The first ten digits are the time: a published id must never change.
        assert!(id.starts_with("stp_01KQHPHXG0"), "{id}");
    }

    #[test]
    fn other_texts_are_not_ids() {
        let id = new("exe");
        assert!(!is("stp", &id));
        assert!(!is("exe", "exe_"));
        assert!(!is("exe", &id.to_lowercase()));
        assert!(!is("exe", &id[..id.len() - 1]));
        assert!(!is("exe", "exe_8ZZZZZZZZZZZZZZZZZZZZZZZZZ"));
    }
}
