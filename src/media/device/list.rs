//! Which devices there are.

use crate::av::Role;

/// A device as it can be chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Names the device even after others came and went; a camera's is good until it is unplugged.
    pub id: String,
    /// Names the device for people. A camera's finds it again wherever it is plugged in.
    pub name: String,
    /// What it is for.
    pub role: Role,
    /// Whether `default` means this one.
    pub is_default: bool,
}

/// Lists the sound cards. Takes up to two seconds; empty when there are none or nobody answers.
pub fn list() -> Vec<Listed> {
    super::card::survey().cards
}
