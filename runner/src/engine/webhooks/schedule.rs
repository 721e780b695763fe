//! When a failed delivery is tried again.

use crate::time::Millis;

const SECOND: u64 = 1_000;
const MINUTE: u64 = 60 * SECOND;
const HOUR: u64 = 60 * MINUTE;

/// Waits before the second attempt, the third, and so on (documented decision).
const WAITS_MS: [u64; 7] =
    [10 * SECOND, MINUTE, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 6 * HOUR, 24 * HOUR];

/// Attempts of a delivery before it is dead.
pub const ATTEMPTS_MAX: u32 = 8;

/// When the attempt after `attempts` failed ones is due; `None` when there is none. `random` spreads deliveries that
/// failed together over the tenth around the planned time.
#[must_use]
pub fn next_attempt(now: Millis, attempts: u32, random: u32) -> Option<Millis> {
    let index = usize::try_from(attempts).ok()?.checked_sub(1)?;
    let wait = *WAITS_MS.get(index)?;
    // From 95 % to 105 %.
    let spread = wait / 10;
    let share = spread.saturating_mul(u64::from(random)) / u64::from(u32::MAX);
    Some(now.plus(wait - spread / 2 + share))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
    use super::*;

    #[test]
    fn the_waits_grow_and_end() {
        let now = Millis(1_000_000);
        for (attempts, wait) in (1..).zip(WAITS_MS) {
            let early = next_attempt(now, attempts, 0).unwrap().since(now);
            let late = next_attempt(now, attempts, u32::MAX).unwrap().since(now);
            assert_eq!((early, late), (wait * 95 / 100, wait * 105 / 100));
        }
        assert_eq!(next_attempt(now, ATTEMPTS_MAX, 0), None);
        assert_eq!(WAITS_MS.len() + 1, ATTEMPTS_MAX as usize);
    }
}
