//! Moments as the contract writes them.

use time::OffsetDateTime;
use time::macros::format_description;

/// Writes a moment, in milliseconds since 1970, as RFC 3339: UTC, with milliseconds.
/// What lies outside the calendar becomes 1970.
pub fn timestamp(unix_ms: i64) -> String {
    let form =
        format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]Z");
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(unix_ms) * 1_000_000)
        .unwrap_or(OffsetDateTime::UNIX_EPOCH)
        .format(form)
        .expect("the form asks for nothing that a date and time lack")
}
