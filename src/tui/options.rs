//! How the screen is to look and what it shows that the phone does not know.

use time::UtcOffset;

use super::picture::{Colours, Renderer};
use crate::address::User;
use crate::av::Cleaning;
use crate::contacts::Contacts;

/// What the person or the environment decided about the screen.
#[derive(Debug, Clone)]
pub struct UiOptions {
    /// Only ASCII characters are drawn (`OFFHOOK_ASCII`).
    pub ascii: bool,
    /// Colours are used; false under `NO_COLOR`.
    pub color: bool,
    /// Things move; without it only words and numbers change (`OFFHOOK_NO_MOTION`).
    pub motion: bool,
    /// The screen explains itself, for somebody who has never seen it.
    pub demo: bool,
    /// The server's address as the header shows it.
    pub server: String,
    /// People in the list from the start, the first one being who the demo says to call.
    pub people: Vec<User>,
    /// The people its person knows.
    pub contacts: Contacts,
    /// What the calendar says when the screen begins, in milliseconds since 1970.
    pub unix_ms: i64,
    /// The time zone times are shown in.
    pub offset: UtcOffset,
    /// The microphone's device string.
    pub microphone: String,
    /// The speaker's device string.
    pub speaker: String,
    /// The camera's device string.
    pub camera: String,
    /// Where it rings, as device strings; nothing: on the speaker.
    pub ring_on: Vec<String>,
    /// Below which level nothing of the microphone is sent, in dBFS.
    pub gate: Option<i16>,
    /// What is done to the microphone's sound before it is sent.
    pub cleaning: Cleaning,
    /// Whether the terminal can tell that a key is let go.
    pub releases: bool,
    /// The ways to show pictures that this terminal knows, the one to begin with first.
    pub renderers: Vec<Renderer>,
}

impl Default for UiOptions {
    fn default() -> Self {
        Self {
            ascii: false,
            color: true,
            motion: true,
            demo: false,
            server: String::new(),
            people: Vec::new(),
            contacts: Contacts::default(),
            unix_ms: 0,
            offset: UtcOffset::UTC,
            microphone: "default".to_owned(),
            speaker: "default".to_owned(),
            camera: "default".to_owned(),
            ring_on: Vec::new(),
            gate: None,
            cleaning: Cleaning::default(),
            releases: false,
            renderers: vec![
                Renderer::HalfBlocks(Colours::True),
                Renderer::Ascii,
                Renderer::Off,
            ],
        }
    }
}
