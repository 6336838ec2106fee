//! Where a server is: `ws://HOST[:PORT][/PATH]` or `wss://...`. Resolves nothing.

use std::fmt;

use thiserror::Error;

/// The address of a server.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ServerUrl(String);

/// Why a text is not the address of a server. The user can mend it by typing another one.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ServerUrlError {
    /// Neither `ws://` nor `wss://` in front.
    #[error("expected a URL such as ws://127.0.0.1:7443 or wss://pbx.example")]
    Scheme,
    /// A name or password stands before the host.
    #[error("a server URL takes no name and no password; use --as and a password prompt")]
    Credentials,
    /// No host, or characters that no host has.
    #[error("{0:?} is not a host name")]
    Host(String),
    /// Not 1 to 65535.
    #[error("{0:?} is not a port; expected 1 to 65535")]
    Port(String),
    /// A blank or a control character, which no URL has.
    #[error("a URL cannot contain {0:?}")]
    Forbidden(char),
}

impl ServerUrl {
    /// Takes a text as a server's address if it is one.
    pub fn parse(text: &str) -> Result<Self, ServerUrlError> {
        let (_, rest) = split_scheme(text).ok_or(ServerUrlError::Scheme)?;
        if let Some(c) = rest.chars().find(|c| c.is_control() || c.is_whitespace()) {
            return Err(ServerUrlError::Forbidden(c));
        }
        let authority = authority(rest);
        if authority.contains('@') {
            return Err(ServerUrlError::Credentials);
        }
        let (host, port) = split_port(authority);
        let fits = |c: char| c.is_ascii_alphanumeric() || "-._".contains(c);
        let is_v6 = host
            .strip_prefix('[')
            .and_then(|rest| rest.strip_suffix(']'))
            .is_some_and(|v6| v6.parse::<std::net::Ipv6Addr>().is_ok());
        if !is_v6 && (host.is_empty() || host.len() > 253 || !host.chars().all(fits)) {
            return Err(ServerUrlError::Host(host.to_owned()));
        }
        if let Some(port) = port
            && !port.parse::<u16>().is_ok_and(|number| number != 0)
        {
            return Err(ServerUrlError::Port(port.to_owned()));
        }
        Ok(Self(text.to_owned()))
    }

    /// Returns the URL as it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the host, an IPv6 address with its brackets.
    pub fn host(&self) -> &str {
        let rest = split_scheme(&self.0).map_or("", |(_, rest)| rest);
        split_port(authority(rest)).0
    }

    /// Tells whether the connection is encrypted.
    pub fn is_secure(&self) -> bool {
        split_scheme(&self.0).is_some_and(|(scheme, _)| scheme.eq_ignore_ascii_case("wss"))
    }

    /// Returns the address to listen on where the host is this machine; 80 is the port of none.
    pub fn address(&self) -> Option<std::net::SocketAddr> {
        let host = self.host().trim_start_matches('[').trim_end_matches(']');
        let host = if host.eq_ignore_ascii_case("localhost") {
            "127.0.0.1"
        } else {
            host
        };
        let ip: std::net::IpAddr = host.parse().ok()?;
        let rest = split_scheme(&self.0).map_or("", |(_, rest)| rest);
        let port = split_port(authority(rest))
            .1
            .map_or(Ok(80), str::parse)
            .ok()?;
        ip.is_loopback()
            .then(|| std::net::SocketAddr::new(ip, port))
    }

    /// Tells whether the host is this machine, by its number or as `localhost`.
    pub fn is_loopback(&self) -> bool {
        let host = self.host().trim_start_matches('[').trim_end_matches(']');
        host.eq_ignore_ascii_case("localhost")
            || host
                .parse::<std::net::IpAddr>()
                .is_ok_and(|ip| ip.is_loopback())
    }
}

impl fmt::Display for ServerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn split_scheme(text: &str) -> Option<(&str, &str)> {
    let (scheme, rest) = text.split_once("://")?;
    let is_ours = scheme.eq_ignore_ascii_case("ws") || scheme.eq_ignore_ascii_case("wss");
    is_ours.then_some((scheme, rest))
}

fn authority(rest: &str) -> &str {
    rest.split(['/', '?', '#']).next().unwrap_or_default()
}

fn split_port(authority: &str) -> (&str, Option<&str>) {
    match authority.rsplit_once(':') {
        // The colons of an IPv6 address stand inside brackets.
        Some((host, port)) if !port.contains(']') => (host, Some(port)),
        _ => (authority, None),
    }
}
