//! The ways a picture gets onto a terminal, from the finest to none at all.

use std::fmt;
use std::str::FromStr;

/// A way to show pictures. [`FromStr`] and [`Display`](fmt::Display) are each other's inverse.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Renderer {
    /// The graphics protocol of kitty and Ghostty.
    Kitty,
    /// Inline images of iTerm2 and `WezTerm`.
    Iterm2,
    /// DEC's sixels.
    Sixel,
    /// Two pixels a cell.
    HalfBlocks(Colours),
    /// Characters for brightness; works without colours.
    Ascii,
    /// No pictures.
    Off,
}

/// How many colours a cell can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Colours {
    /// All.
    True,
    /// The 256 of xterm.
    C256,
    /// The sixteen of the person's palette.
    C16,
}

impl Renderer {
    /// All of them, the finest first.
    pub const ALL: [Self; 8] = [
        Self::Kitty,
        Self::Iterm2,
        Self::Sixel,
        Self::HalfBlocks(Colours::True),
        Self::HalfBlocks(Colours::C256),
        Self::HalfBlocks(Colours::C16),
        Self::Ascii,
        Self::Off,
    ];

    /// Returns the word the settings know it by.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Kitty => "kitty",
            Self::Iterm2 => "iterm2",
            Self::Sixel => "sixel",
            Self::HalfBlocks(Colours::True) => "half-blocks",
            Self::HalfBlocks(Colours::C256) => "256",
            Self::HalfBlocks(Colours::C16) => "16",
            Self::Ascii => "ascii",
            Self::Off => "off",
        }
    }

    /// Returns what a person calls it.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Kitty => "kitty graphics",
            Self::Iterm2 => "iTerm2 images",
            Self::Sixel => "sixel",
            Self::HalfBlocks(Colours::True) => "half-blocks",
            Self::HalfBlocks(Colours::C256) => "half-blocks in 256 colours",
            Self::HalfBlocks(Colours::C16) => "half-blocks in 16 colours",
            Self::Ascii => "characters",
            Self::Off => "off",
        }
    }

    /// Tells whether it draws beside the cells, not in them.
    pub const fn is_graphics(self) -> bool {
        matches!(self, Self::Kitty | Self::Iterm2 | Self::Sixel)
    }
}

impl fmt::Display for Renderer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Renderer {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|it| it.as_str() == text);
        found.ok_or_else(|| {
            let words = Self::ALL.map(Self::as_str).join(", ");
            format!("expected auto, {words}")
        })
    }
}
