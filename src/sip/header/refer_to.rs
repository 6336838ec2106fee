//! `Refer-To`: where a transfer leads (RFC 3515, 2.1), and what the new call replaces there (RFC 5589, 7).

use std::fmt::Write as _;

use super::{NameAddr, Replaces};
use crate::address::{Address, unescape};

/// The most bytes of a value that are looked at.
const BYTES: usize = 2048;

/// Where a transfer leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReferTo {
    /// To whom.
    pub to: Address,
    /// The dialog the new call is to replace, which makes the transfer an attended one.
    pub replaces: Option<Replaces>,
}

impl ReferTo {
    /// Reads the value. `None` for what is no address of a person, or is to be reached by anything but an INVITE.
    pub fn parse(value: &str) -> Option<Self> {
        if value.len() > BYTES {
            return None;
        }
        let uri = NameAddr::parse(value).uri;
        let is_sip = ["sip:", "sips:"].iter().any(|scheme| {
            uri.get(..scheme.len())
                .is_some_and(|s| s.eq_ignore_ascii_case(scheme))
        });
        let (address, headers) = uri.split_once('?').unwrap_or((&uri, ""));
        let is_invite = address
            .split(';')
            .skip(1)
            .filter_map(|param| param.split_once('='))
            .filter(|(name, _)| name.trim().eq_ignore_ascii_case("method"))
            .all(|(_, method)| method.trim().eq_ignore_ascii_case("INVITE"));
        if !is_sip || !is_invite || !address.contains('@') {
            return None;
        }
        let replaces = headers
            .split('&')
            .filter_map(|header| header.split_once('='))
            .find(|(name, _)| name.eq_ignore_ascii_case("Replaces"));
        let replaces = match replaces {
            // Half an attended transfer is none: the person would be rung a second time.
            Some((_, value)) => Some(Replaces::parse(&unescape(value).ok()?)?),
            None => None,
        };
        Some(Self {
            to: Address::parse(address).ok()?,
            replaces,
        })
    }

    /// Writes the value; `home` is the domain of our own server.
    pub fn emit(&self, home: &str) -> String {
        let uri = self.to.to_uri(home);
        match &self.replaces {
            Some(replaces) => format!("<{uri}?Replaces={}>", escape(&replaces.emit())),
            None => format!("<{uri}>"),
        }
    }
}

/// Percent-escapes a header's value for a URI (RFC 3261, 19.1.2).
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len() * 2);
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.!~*'()".contains(&byte) {
            out.push(char::from(byte));
        } else {
            write!(out, "%{byte:02X}").expect("writing to a String cannot fail");
        }
    }
    out
}
