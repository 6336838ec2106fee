//! Which cards there are.

use super::Direction;

/// A card as it can be chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Names the card even after others came and went.
    pub id: String,
    /// Names the card for people.
    pub name: String,
    /// Whether it hears or speaks.
    pub role: Direction,
    /// Whether `default` means this one.
    pub is_default: bool,
}

/// Lists the cards. Takes up to two seconds; empty when there are none or nobody answers.
pub fn list() -> Vec<Listed> {
    super::card::survey().cards
}
