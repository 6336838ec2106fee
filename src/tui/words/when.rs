//! When something was, as the clock on the wall had it.

use time::macros::format_description;
use time::{Date, Month, OffsetDateTime, UtcOffset};

/// Reads a stamp of ours, RFC 3339 in UTC, as far as the second.
pub fn moment(stamp: &str) -> Option<OffsetDateTime> {
    let number = |from: usize, to: usize| stamp.get(from..to)?.parse::<u8>().ok();
    let year = stamp.get(..4)?.parse().ok()?;
    let month = Month::try_from(number(5, 7)?).ok()?;
    let date = Date::from_calendar_date(year, month, number(8, 10)?).ok()?;
    let second = number(17, 19).unwrap_or_default();
    let time = date
        .with_hms(number(11, 13)?, number(14, 16)?, second)
        .ok()?;
    Some(time.assume_utc())
}

/// Returns a moment, in milliseconds since 1970, in a time zone; 1970 where it is outside the calendar.
pub(crate) fn at(unix_ms: i64, offset: UtcOffset) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(unix_ms) * 1_000_000)
        .unwrap_or(OffsetDateTime::UNIX_EPOCH)
        .checked_to_offset(offset)
        .unwrap_or(OffsetDateTime::UNIX_EPOCH)
}

/// Writes only the clock of today's, only the day of others: `14:02`, `11-01`.
pub(crate) fn short_when(at: OffsetDateTime, today: Date) -> String {
    let told = if at.date() == today {
        at.format(format_description!("[hour]:[minute]"))
    } else {
        at.format(format_description!("[month]-[day]"))
    };
    told.unwrap_or_default()
}

/// Writes a moment in its own time zone: `today 14:02`, `yest. 18:20`, `2026-11-01 09:10`.
pub fn when(at: OffsetDateTime, today: Date) -> String {
    let clock = at.format(format_description!("[hour]:[minute]"));
    let clock = clock.unwrap_or_default();
    if at.date() == today {
        format!("today {clock}")
    } else if Some(at.date()) == today.previous_day() {
        format!("yest. {clock}")
    } else {
        format!("{} {clock}", at.date())
    }
}
