//! The sounds that come with the phone.

use std::sync::{Arc, OnceLock};

use super::wav;

/// A sound that comes with the phone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Sound {
    /// Somebody calls. Meant to be repeated.
    Ring,
    /// It rings at the other side. Meant to be repeated.
    Ringback,
    /// Somebody calls while we talk. Meant to be repeated.
    Waiting,
    /// We are held. Meant to be repeated, after a long while.
    Held,
    /// They are on another call.
    Busy,
    /// They declined.
    Declined,
    /// They did not answer.
    NoAnswer,
    /// The call is up.
    Connected,
    /// Somebody came into the group.
    Joined,
    /// Somebody left it.
    Left,
    /// The call is over.
    Ended,
    /// What `echo` says when it answers.
    EchoGreeting,
    /// What the demo's caller says.
    Visitor,
}

impl Sound {
    /// Every sound.
    pub const ALL: [Self; 13] = [
        Self::Ring,
        Self::Ringback,
        Self::Waiting,
        Self::Held,
        Self::Busy,
        Self::Declined,
        Self::NoAnswer,
        Self::Connected,
        Self::Joined,
        Self::Left,
        Self::Ended,
        Self::EchoGreeting,
        Self::Visitor,
    ];

    /// Returns the sound's file name in `assets/sounds`, without its ending.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ring => "ring",
            Self::Ringback => "ringback",
            Self::Waiting => "waiting",
            Self::Held => "held",
            Self::Busy => "busy",
            Self::Declined => "declined",
            Self::NoAnswer => "no_answer",
            Self::Connected => "connected",
            Self::Joined => "joined",
            Self::Left => "left",
            Self::Ended => "ended",
            Self::EchoGreeting => "echo-greeting",
            Self::Visitor => "visitor",
        }
    }

    /// Returns the samples, 48 kHz and mono. The first call decodes them.
    pub fn samples(self) -> Arc<[f32]> {
        static DECODED: [OnceLock<Arc<[f32]>>; Sound::ALL.len()] =
            [const { OnceLock::new() }; Sound::ALL.len()];
        Arc::clone(DECODED[self as usize].get_or_init(|| {
            wav::read(self.file())
                .expect("a test decodes every file of assets/sounds")
                .into()
        }))
    }

    const fn file(self) -> &'static [u8] {
        macro_rules! asset {
            ($name:literal) => {
                include_bytes!(concat!("../../../assets/sounds/", $name, ".wav"))
            };
        }
        match self {
            Self::Ring => asset!("ring"),
            Self::Ringback => asset!("ringback"),
            Self::Waiting => asset!("waiting"),
            Self::Held => asset!("held"),
            Self::Busy => asset!("busy"),
            Self::Declined => asset!("declined"),
            Self::NoAnswer => asset!("no_answer"),
            Self::Connected => asset!("connected"),
            Self::Joined => asset!("joined"),
            Self::Left => asset!("left"),
            Self::Ended => asset!("ended"),
            Self::EchoGreeting => asset!("echo-greeting"),
            Self::Visitor => asset!("visitor"),
        }
    }
}
