//! Moments as the contract writes them.

use time::macros::format_description;
use time::{Date, Month, OffsetDateTime, UtcOffset};

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

/// Reads a moment as RFC 3339 has it (5.6), in any zone, as milliseconds since 1970.
pub fn read_timestamp(text: &str) -> Option<i64> {
    let number = |from: usize, to: usize| {
        let digits = text.get(from..to)?;
        let is_plain = digits.bytes().all(|byte| byte.is_ascii_digit());
        is_plain.then(|| digits.parse::<u8>().ok()).flatten()
    };
    let is_sign = |at: usize, signs: &str| {
        let found = text.get(at..=at);
        found.is_some_and(|found| signs.contains(found))
    };
    let year = i32::from(number(0, 2)?) * 100 + i32::from(number(2, 4)?);
    let signs = [(4, "-"), (7, "-"), (10, "Tt "), (13, ":"), (16, ":")];
    if !signs.into_iter().all(|(at, signs)| is_sign(at, signs)) {
        return None;
    }
    let month = Month::try_from(number(5, 7)?).ok()?;
    let date = Date::from_calendar_date(year, month, number(8, 10)?).ok()?;
    // A leap second is told as the one before it.
    let time = date.with_hms(number(11, 13)?, number(14, 16)?, number(17, 19)?.min(59));
    let rest = text.get(19..)?;
    let fraction = rest.strip_prefix('.').unwrap_or_default();
    let n_digits = fraction.bytes().take_while(u8::is_ascii_digit).count();
    let zone = match n_digits {
        0 => rest,
        _ => fraction.get(n_digits..)?,
    };
    let ms: i64 = format!("{:0<3.3}", fraction.get(..n_digits)?)
        .parse()
        .ok()?;
    let offset = match zone.as_bytes() {
        [b'Z' | b'z'] => UtcOffset::UTC,
        [sign @ (b'+' | b'-'), _, _, b':', _, _] => {
            let zone: i8 = zone.get(1..3)?.parse().ok()?;
            let minutes: i8 = text.get(text.len() - 2..)?.parse().ok()?;
            let way = if *sign == b'-' { -1 } else { 1 };
            UtcOffset::from_hms(way * zone, way * minutes, 0).ok()?
        }
        _ => return None,
    };
    Some(time.ok()?.assume_offset(offset).unix_timestamp() * 1000 + ms)
}

#[cfg(test)]
mod tests {
    use super::{read_timestamp, timestamp};

    #[test]
    fn a_moment_is_read_as_it_was_written() {
        let cases = [
            ("2026-11-21T14:02:11.123Z", "2026-11-21T14:02:11.123Z"),
            ("2026-11-21T14:02:11Z", "2026-11-21T14:02:11.000Z"),
            ("2026-11-21t14:02:60.1234567z", "2026-11-21T14:02:59.123Z"),
            ("2026-11-21T14:02:11.5+01:30", "2026-11-21T12:32:11.500Z"),
            ("2026-11-21T14:02:11-08:00", "2026-11-21T22:02:11.000Z"),
        ];
        for (text, wanted) in cases {
            assert_eq!(
                read_timestamp(text).map(timestamp).as_deref(),
                Some(wanted),
                "{text}"
            );
        }
    }

    #[test]
    fn what_is_no_moment_is_none() {
        for text in [
            "",
            "yesterday",
            "2026-11-21",
            "2026-11-21T14:02:11",
            "2026-13-21T14:02:11Z",
            "2026-02-30T14:02:11Z",
            "2026-11-21T24:02:11Z",
            "2026-11-21T14:02:11.Z",
            "2026-11-21T14:02:11Zz",
            "2026-11-21T14:02:11+1:00",
            "2026-11-21T14:02:11+ä:00",
            "+026-11-21T14:02:11Z",
            "ääää-11-21T14:02:11Z",
            "9999999999999999999999999",
        ] {
            assert_eq!(read_timestamp(text), None, "{text}");
        }
    }
}
