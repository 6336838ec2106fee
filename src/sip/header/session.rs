//! `Session-Expires` and `Min-SE`: how long a session lasts without a sign of life (RFC 4028).

use std::time::Duration;

use rsipstack::sip::Headers;

use super::first;

/// The longest interval that is believed in.
const MAX: Duration = Duration::from_secs(86_400);

/// `Session-Expires` (RFC 4028, 4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionExpires {
    /// After how long without a refresh the session is over.
    pub interval: Duration,
    /// Whether whoever sent the request refreshes; `None` leaves it open.
    pub is_by_uac: Option<bool>,
}

impl SessionExpires {
    /// Finds it among the headers.
    pub fn parse(headers: &Headers) -> Option<Self> {
        let value = first(headers, "Session-Expires")?;
        let mut parts = value.split(';').map(str::trim);
        let interval = seconds(parts.next()?)?;
        let refresher = parts
            .filter_map(|part| part.split_once('='))
            .find(|(name, _)| name.trim().eq_ignore_ascii_case("refresher"))
            .map(|(_, who)| who.trim().to_ascii_lowercase());
        Some(Self {
            interval,
            is_by_uac: match refresher.as_deref() {
                Some("uac") => Some(true),
                Some("uas") => Some(false),
                Some(_) | None => None,
            },
        })
    }

    /// Writes the value.
    pub fn emit(&self) -> String {
        let seconds = self.interval.as_secs();
        match self.is_by_uac {
            Some(true) => format!("{seconds};refresher=uac"),
            Some(false) => format!("{seconds};refresher=uas"),
            None => seconds.to_string(),
        }
    }

    /// Reads `Min-SE`, the least the other side puts up with (RFC 4028, 5).
    pub fn parse_least(headers: &Headers) -> Option<Duration> {
        seconds(first(headers, "Min-SE")?.split(';').next()?.trim())
    }
}

fn seconds(text: &str) -> Option<Duration> {
    let seconds = text.parse().ok().map(Duration::from_secs)?;
    Some(seconds.min(MAX))
}
