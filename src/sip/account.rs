//! Who signs in where. Holds the password and never shows it.

use std::fmt;

use tokio_tungstenite::tungstenite::http::Uri;

use crate::address::User;
use crate::id::DeviceId;

/// A password. It cannot be printed by accident.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Takes the text as it is.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// Shows the password, for the digest and for nothing else.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// Who signs in where.
#[derive(Debug, Clone)]
pub struct Account {
    /// Our ID and the name others see.
    pub me: User,
    /// The domain in addresses; `None` is the host of `server`.
    pub domain: Option<String>,
    /// The server's URL, `ws://` or `wss://`.
    pub server: String,
    /// The password of the ID.
    pub password: Secret,
    /// This installation.
    pub device: DeviceId,
    /// What this installation is called ("laptop").
    pub device_name: String,
}

impl Account {
    /// Returns the domain of our own address.
    pub fn domain(&self) -> String {
        if let Some(domain) = &self.domain {
            return domain.to_ascii_lowercase();
        }
        let url: Option<Uri> = self.server.parse().ok();
        url.as_ref()
            .and_then(Uri::host)
            .map_or_else(|| "invalid".to_owned(), str::to_ascii_lowercase)
    }
}
