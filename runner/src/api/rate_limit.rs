//! Rate limits: per key and endpoint, in windows of a minute.

use crate::time::Millis;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Mutex;

/// Length of a window, in milliseconds.
const WINDOW_MS: u64 = 60_000;

/// How many requests a key may make, per endpoint and minute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RateLimits {
    /// As many as it likes: for benchmarks, and servers behind a gateway that limits.
    Off,
    /// At most so many.
    PerMinute {
        /// Of each GET.
        reads: u32,
        /// Of everything else.
        writes: u32,
    },
}

impl Default for RateLimits {
    /// The documented limits.
    fn default() -> Self {
        Self::PerMinute { reads: 600, writes: 120 }
    }
}

/// Where a key stands at one endpoint, as the `X-RateLimit-*` headers say it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Standing {
    /// Requests a minute.
    pub(super) limit: u32,
    /// Requests left in this window.
    pub(super) remaining: u32,
    /// When the window ends, in Unix seconds, rounded up.
    pub(super) reset_s: i64,
    /// Milliseconds to wait, when this request was one too many.
    pub(super) retry_ms: Option<u64>,
}

/// A key's hash and the number of an endpoint.
type Bucket = ([u8; 32], u8);

#[derive(Debug)]
struct Window {
    began: Millis,
    count: u32,
}

/// Counts requests. Only keys that exist are counted, so what is kept is bounded by keys and endpoints.
#[derive(Debug)]
pub(super) struct Limiter {
    limits: RateLimits,
    windows: Mutex<HashMap<Bucket, Window>>,
}

impl Limiter {
    pub(super) fn new(limits: RateLimits) -> Self {
        Self { limits, windows: Mutex::default() }
    }

    /// Counts a request; `None` when nothing is limited.
    pub(super) fn count(&self, bucket: Bucket, read: bool, now: Millis) -> Option<Standing> {
        let limit = match self.limits {
            RateLimits::Off => return None,
            RateLimits::PerMinute { reads, writes } => {
                if read {
                    reads
                } else {
                    writes
                }
            }
        };
        let mut windows = self.windows.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let window = match windows.entry(bucket) {
            Entry::Occupied(entry) => entry.into_mut(),
            Entry::Vacant(entry) => entry.insert(Window { began: now, count: 0 }),
        };
        // A clock that was set back begins a new window too, or the old one might last for ever.
        if now.since(window.began) >= WINDOW_MS || now < window.began {
            *window = Window { began: now, count: 0 };
        }
        let ends = window.began.plus(WINDOW_MS);
        let allowed = window.count < limit;
        if allowed {
            window.count += 1;
        }
        Some(Standing {
            limit,
            remaining: limit - window.count,
            reset_s: ends.0.saturating_add(999).div_euclid(1_000),
            retry_ms: (!allowed).then(|| ends.since(now).max(1)),
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const ANN: Bucket = ([1; 32], 0);

    #[test]
    fn a_window_lasts_a_minute_from_its_first_request() {
        let limiter = Limiter::new(RateLimits::PerMinute { reads: 9, writes: 2 });
        let count = |at: i64| limiter.count(ANN, false, Millis(at)).unwrap();
        assert_eq!(count(500), Standing { limit: 2, remaining: 1, reset_s: 61, retry_ms: None });
        assert_eq!(count(1_500).remaining, 0);
        assert_eq!(count(60_499).retry_ms, Some(1));
        let next = count(60_500);
        assert_eq!((next.remaining, next.reset_s, next.retry_ms), (1, 121, None));
    }

    #[test]
    fn keys_and_endpoints_are_counted_apart() {
        let limiter = Limiter::new(RateLimits::PerMinute { reads: 1, writes: 1 });
        let refused = |bucket| limiter.count(bucket, true, Millis(0)).unwrap().retry_ms.is_some();
        assert!(!refused(ANN));
        assert!(refused(ANN));
        assert!(!refused(([1; 32], 1)));
        assert!(!refused(([2; 32], 0)));
    }

    #[test]
    fn off_counts_nothing() {
        assert_eq!(Limiter::new(RateLimits::Off).count(ANN, true, Millis(0)), None);
    }
}
