//! `Replaces`: the dialog an INVITE takes the place of (RFC 3891).

use super::split;

/// The most bytes of a value.
const BYTES: usize = 512;

/// A dialog as its receiver knows it: the To-tag is the receiver's own (RFC 3891, 3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replaces {
    /// The Call-ID.
    pub call_id: String,
    /// The receiver's tag.
    pub to_tag: String,
    /// The other side's tag.
    pub from_tag: String,
    /// Whether it may take the place of a call that has not been answered only.
    pub is_early_only: bool,
}

impl Replaces {
    /// Reads the value; `None` unless it has a Call-ID and each tag once.
    pub fn parse(value: &str) -> Option<Self> {
        if !is_fit(value) {
            return None;
        }
        let mut parts = split(value, ';').into_iter();
        let call_id = parts.next().filter(|call_id| !call_id.is_empty())?;
        let (mut to_tag, mut from_tag, mut is_early_only) = (None, None, false);
        for part in parts {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            let tag = || Some(value.trim().to_owned()).filter(|tag| !tag.is_empty());
            match name.trim().to_ascii_lowercase().as_str() {
                "to-tag" if to_tag.is_none() => to_tag = Some(tag()?),
                "from-tag" if from_tag.is_none() => from_tag = Some(tag()?),
                "to-tag" | "from-tag" => return None,
                "early-only" => is_early_only = true,
                _ => {}
            }
        }
        Some(Self {
            call_id: call_id.to_owned(),
            to_tag: to_tag?,
            from_tag: from_tag?,
            is_early_only,
        })
    }

    /// Writes the value.
    pub fn emit(&self) -> String {
        let early = if self.is_early_only {
            ";early-only"
        } else {
            ""
        };
        format!(
            "{};to-tag={};from-tag={}{early}",
            self.call_id, self.to_tag, self.from_tag
        )
    }
}

/// Whether a text from outside may stand in a header line of ours.
pub(super) fn is_fit(value: &str) -> bool {
    value.len() <= BYTES && !value.chars().any(char::is_control)
}
