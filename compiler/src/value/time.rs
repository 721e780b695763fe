//! Text of instants and spans of time: RFC 3339, and CEL's duration text.
//!
//! Written out here because a program means the same for ever: no library's idea of leniency may move it.

pub(super) const NANOS_PER_SECOND: i128 = 1_000_000_000;
const SECONDS_PER_DAY: i128 = 86_400;

/// First instant of year 1, in seconds since the Unix epoch; CEL's earliest timestamp.
const SECONDS_MIN: i128 = -62_135_596_800;
/// Last second of year 9999; CEL's latest timestamp.
const SECONDS_MAX: i128 = 253_402_300_799;

/// CEL's longest duration, in seconds.
const DURATION_SECONDS_MAX: i128 = 315_576_000_000;

/// Whether an instant is within the years 1 to 9999, the range of RFC 3339 and of CEL.
#[must_use]
pub fn timestamp_in_range(ns: i128) -> bool {
    (SECONDS_MIN * NANOS_PER_SECOND..(SECONDS_MAX + 1) * NANOS_PER_SECOND).contains(&ns)
}

/// RFC 3339 in UTC, with as many fraction digits (0, 3, 6 or 9) as it takes. Instants out of range are clamped.
#[must_use]
pub fn timestamp_text(ns: i128) -> String {
    let ns = ns.clamp(SECONDS_MIN * NANOS_PER_SECOND, (SECONDS_MAX + 1) * NANOS_PER_SECOND - 1);
    let seconds = ns.div_euclid(NANOS_PER_SECOND);
    let (year, month, day) = civil_from_days(seconds.div_euclid(SECONDS_PER_DAY));
    let clock = seconds.rem_euclid(SECONDS_PER_DAY);
    let (hour, minute, second) = (clock / 3_600, clock / 60 % 60, clock % 60);
    let fraction = fraction_text(ns.rem_euclid(NANOS_PER_SECOND));
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}{fraction}Z")
}

/// Reads RFC 3339 (`2026-05-01T12:00:00.5+07:00`); `None` when it is not that, or no such instant.
#[must_use]
pub fn parse_timestamp(text: &str) -> Option<i128> {
    let (date, rest) = (text.get(..10)?, text.get(11..)?);
    if !matches!(text.as_bytes().get(10), Some(b'T' | b't')) {
        return None;
    }
    let (year, month, day) = (digits(date, 0, 4)?, digits(date, 5, 7)?, digits(date, 8, 10)?);
    let (hour, minute, second) = (digits(rest, 0, 2)?, digits(rest, 3, 5)?, digits(rest, 6, 8)?);
    let punctuation = [date.as_bytes().get(4)?, date.as_bytes().get(7)?];
    if punctuation != [&b'-', &b'-'] || rest.get(2..3)? != ":" || rest.get(5..6)? != ":" {
        return None;
    }
    let days = days_from_civil(year, month, day);
    // A day that the month does not have comes back as another day.
    if civil_from_days(days) != (year, month, day) || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let mut zone = rest.get(8..)?;
    let mut nanos = 0;
    if let Some(fraction) = zone.strip_prefix('.') {
        let len = fraction.bytes().take_while(u8::is_ascii_digit).count();
        if len == 0 || len > 9 {
            return None;
        }
        nanos = digits(fraction, 0, len)? * 10_i128.pow(9 - u32::try_from(len).ok()?);
        zone = fraction.get(len..)?;
    }
    let offset = match zone.as_bytes() {
        b"Z" | b"z" => 0,
        [sign @ (b'+' | b'-'), ..] if zone.len() == 6 && zone.get(3..4)? == ":" => {
            let (hours, minutes) = (digits(zone, 1, 3)?, digits(zone, 4, 6)?);
            if hours > 23 || minutes > 59 {
                return None;
            }
            let offset = hours * 3_600 + minutes * 60;
            if *sign == b'+' { offset } else { -offset }
        }
        _ => return None,
    };
    let seconds = days * SECONDS_PER_DAY + hour * 3_600 + minute * 60 + second - offset;
    let ns = seconds * NANOS_PER_SECOND + nanos;
    timestamp_in_range(ns).then_some(ns)
}

/// Whether a span of time is within CEL's range, about 10,000 years either way.
#[must_use]
pub fn duration_in_range(ns: i128) -> bool {
    ns.unsigned_abs() <= (DURATION_SECONDS_MAX * NANOS_PER_SECOND).unsigned_abs()
}

/// An instant as a calendar and a clock show it, in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Civil {
    /// The year.
    pub year: i128,
    /// The month, from 1.
    pub month: i128,
    /// The day of the month, from 1.
    pub day: i128,
    /// The day of the week, from 0 for Sunday.
    pub weekday: i128,
    /// The day of the year, from 0.
    pub day_of_year: i128,
    /// The hour.
    pub hour: i128,
    /// The minute.
    pub minute: i128,
    /// The second.
    pub second: i128,
    /// The millisecond.
    pub millisecond: i128,
}

/// What a calendar and a clock show.
#[must_use]
pub fn civil(ns: i128) -> Civil {
    let seconds = ns.div_euclid(NANOS_PER_SECOND);
    let days = seconds.div_euclid(SECONDS_PER_DAY);
    let clock = seconds.rem_euclid(SECONDS_PER_DAY);
    let (year, month, day) = civil_from_days(days);
    Civil {
        year,
        month,
        day,
        // The first day of 1970 was a Thursday.
        weekday: (days + 4).rem_euclid(7),
        day_of_year: days - days_from_civil(year, 1, 1),
        hour: clock / 3_600,
        minute: clock / 60 % 60,
        second: clock % 60,
        millisecond: ns.rem_euclid(NANOS_PER_SECOND) / 1_000_000,
    }
}

/// CEL's text of a duration: seconds with as many fraction digits as it takes, `5400s`, `-1.500s`.
#[must_use]
pub fn duration_text(ns: i128) -> String {
    let sign = if ns < 0 { "-" } else { "" };
    let magnitude = ns.unsigned_abs();
    let seconds = magnitude / NANOS_PER_SECOND.unsigned_abs();
    // A remainder of a billion fits any integer type.
    let fraction =
        fraction_text(i128::try_from(magnitude % NANOS_PER_SECOND.unsigned_abs()).unwrap_or(0));
    format!("{sign}{seconds}{fraction}s")
}

/// Reads duration text: an optional sign, then numbers with units `h`, `m`, `s`, `ms`, `us`, `ns`, and `d` (ours, for
/// a day of 24 hours): `1h30m`, `1.5s`, `48h`. `None` when it is not that, or beyond about 10,000 years.
#[must_use]
pub fn parse_duration(text: &str) -> Option<i128> {
    let (negative, mut rest) = match text.as_bytes().first()? {
        b'-' => (true, text.get(1..)?),
        b'+' => (false, text.get(1..)?),
        _ => (false, text),
    };
    if rest == "0" {
        return Some(0);
    }
    if rest.is_empty() || rest.len() > 64 {
        return None;
    }
    let mut total: i128 = 0;
    while !rest.is_empty() {
        let number = rest.bytes().take_while(|b| b.is_ascii_digit() || *b == b'.').count();
        let (amount, tail) = rest.split_at_checked(number)?;
        let unit = tail.bytes().take_while(|b| !b.is_ascii_digit() && *b != b'.').count();
        let (unit, tail) = tail.split_at_checked(unit)?;
        total = total.checked_add(scaled(amount, unit_ns(unit)?)?)?;
        rest = tail;
    }
    duration_in_range(total).then_some(if negative { -total } else { total })
}

fn unit_ns(unit: &str) -> Option<i128> {
    Some(match unit {
        "ns" => 1,
        "us" | "µs" | "μs" => 1_000,
        "ms" => 1_000_000,
        "s" => NANOS_PER_SECOND,
        "m" => 60 * NANOS_PER_SECOND,
        "h" => 3_600 * NANOS_PER_SECOND,
        "d" => SECONDS_PER_DAY * NANOS_PER_SECOND,
        _ => return None,
    })
}

/// `amount` (digits with at most one point) times `unit`, exactly; what is below a nanosecond is dropped.
fn scaled(amount: &str, unit: i128) -> Option<i128> {
    let (whole, fraction) = amount.split_once('.').unwrap_or((amount, ""));
    if (whole.is_empty() && fraction.is_empty()) || fraction.contains('.') {
        return None;
    }
    // 18 digits of either part fit an i128 after the multiplication with a day's nanoseconds.
    if whole.len() > 18 || fraction.len() > 18 {
        return None;
    }
    let whole = if whole.is_empty() { 0 } else { digits(whole, 0, whole.len())? };
    let part = if fraction.is_empty() { 0 } else { digits(fraction, 0, fraction.len())? };
    let scale = 10_i128.pow(u32::try_from(fraction.len()).ok()?);
    Some(whole * unit + part * unit / scale)
}

/// `.500`, `.123456` or nothing.
fn fraction_text(nanos: i128) -> String {
    match nanos {
        0 => String::new(),
        n if n % 1_000_000 == 0 => format!(".{:03}", n / 1_000_000),
        n if n % 1_000 == 0 => format!(".{:06}", n / 1_000),
        n => format!(".{n:09}"),
    }
}

pub(super) fn digits(text: &str, from: usize, to: usize) -> Option<i128> {
    let text = text.get(from..to)?;
    if !text.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    text.parse().ok()
}

/// Days since 1970-01-01 of a proleptic Gregorian date (Howard Hinnant's `days_from_civil`).
fn days_from_civil(year: i128, month: i128, day: i128) -> i128 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * (month + if month > 2 { -3 } else { 9 }) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

/// The proleptic Gregorian date of a day since 1970-01-01 (Howard Hinnant's `civil_from_days`).
fn civil_from_days(days: i128) -> (i128, i128, i128) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    (year_of_era + era * 400 + i128::from(month <= 2), month, day)
}
