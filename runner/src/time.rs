//! Time as the runner stores and prints it.

use jiff::Timestamp;
use jiff::fmt::temporal::DateTimePrinter;
use serde::{Deserialize, Serialize};
use std::fmt;

/// An instant, in milliseconds since the Unix epoch.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
pub struct Millis(pub i64);

impl Millis {
    /// The wall clock. Only the engine and the API read it; the machine is told the time.
    #[must_use]
    pub fn now() -> Self {
        Self(Timestamp::now().as_millisecond())
    }

    /// This much later; stops at the end of time.
    #[must_use]
    pub fn plus(self, millis: u64) -> Self {
        Self(self.0.saturating_add_unsigned(millis))
    }

    /// Milliseconds from `earlier` to this; 0 when `earlier` is later.
    #[must_use]
    pub fn since(self, earlier: Self) -> u64 {
        u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0)
    }

    /// RFC 3339 in UTC with milliseconds: `2026-05-01T12:00:00.000Z`.
    #[must_use]
    pub fn to_rfc3339(self) -> String {
        let clamped = if self.0 < 0 { Timestamp::MIN } else { Timestamp::MAX };
        let timestamp = Timestamp::from_millisecond(self.0).unwrap_or(clamped);
        DateTimePrinter::new().precision(Some(3)).timestamp_to_string(&timestamp)
    }

    /// Reads RFC 3339 with any offset; what is below a millisecond is dropped. `None` when it is not that.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        text.parse().ok().map(|timestamp: Timestamp| Self(timestamp.as_millisecond()))
    }

    /// Nanoseconds since the Unix epoch, as the language counts.
    #[must_use]
    pub fn nanos(self) -> i128 {
        i128::from(self.0) * 1_000_000
    }

    /// From nanoseconds since the Unix epoch, rounded up to a millisecond, so that a timer is never early.
    #[must_use]
    pub fn from_nanos_up(nanos: i128) -> Self {
        let millis = nanos.div_euclid(1_000_000) + i128::from(nanos.rem_euclid(1_000_000) != 0);
        Self(i64::try_from(millis).unwrap_or(if millis < 0 { i64::MIN } else { i64::MAX }))
    }
}

impl fmt::Display for Millis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_rfc3339())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn prints_milliseconds_always() {
        assert_eq!(Millis(0).to_rfc3339(), "1970-01-01T00:00:00.000Z");
        assert_eq!(Millis(1_777_636_800_500).to_rfc3339(), "2026-05-01T12:00:00.500Z");
    }

    #[test]
    fn reads_any_offset() {
        assert_eq!(Millis::parse("2026-05-01T19:00:00.500+07:00"), Some(Millis(1_777_636_800_500)));
        assert_eq!(Millis::parse("yesterday"), None);
    }

    #[test]
    fn extremes_do_not_panic() {
        let _ = Millis(i64::MAX).to_rfc3339();
        let _ = Millis(i64::MIN).to_rfc3339();
        assert_eq!(Millis(i64::MAX).plus(1), Millis(i64::MAX));
        assert_eq!(Millis::from_nanos_up(i128::MAX), Millis(i64::MAX));
    }

    proptest! {
        #[test]
        fn round_trips(ms in -62_135_596_800_000i64..253_402_300_800_000) {
            prop_assert_eq!(Millis::parse(&Millis(ms).to_rfc3339()), Some(Millis(ms)));
        }
    }
}
