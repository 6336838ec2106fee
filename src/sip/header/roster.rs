//! `Offhook-Roster`: who is invited, on the INVITE of a group.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::id::CallId;
use crate::phone::signal::Roster;
use crate::sip::body;

/// The most bytes of the value.
const BYTES: usize = 4096;

/// Writes the roster without its token; `None` if it does not fit.
pub fn emit_roster(roster: &Roster) -> Option<String> {
    let open = Roster {
        token: None,
        ..roster.clone()
    };
    let value = URL_SAFE_NO_PAD.encode(body::emit_roster(&open));
    (value.len() <= BYTES).then_some(value)
}

/// Reads the roster of a call; what is none, or another call's, is nothing.
pub fn parse_roster(value: &str, call: &CallId) -> Option<Roster> {
    let value = value.trim().trim_end_matches('=');
    if value.len() > BYTES {
        return None;
    }
    match body::parse(&URL_SAFE_NO_PAD.decode(value).ok()?) {
        Ok(body::Body::Roster(roster)) if roster.call == *call => Some(Roster {
            token: None,
            ..roster
        }),
        Ok(_) | Err(_) => None,
    }
}
