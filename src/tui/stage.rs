//! How the people of a video call are laid out, and whose picture is the large one.

use std::time::{Duration, Instant};

use super::meters::{Meters, is_speech};
use super::roster::selected;
use super::ui::Ui;
use crate::av::Kind;
use crate::id::{LegId, UserId};
use crate::phone::call::Member;
use crate::phone::{Call, Phone};

/// For so long somebody keeps the large place after the last word.
const PAUSE: Duration = Duration::from_millis(1500);

/// How the people of a video call are laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Layout {
    /// All alike.
    #[default]
    Grid,
    /// Whoever speaks is large, the others are in a strip.
    Speaker,
    /// The other one, and we in a corner.
    Other,
}

impl Layout {
    pub(crate) const fn next(self) -> Self {
        match self {
            Self::Grid => Self::Speaker,
            Self::Speaker => Self::Other,
            Self::Other => Self::Grid,
        }
    }

    pub(crate) const fn words(self) -> &'static str {
        match self {
            Self::Grid => "everybody alike",
            Self::Speaker => "whoever speaks is large",
            Self::Other => "the other one, and you in a corner",
        }
    }
}

/// What the screen keeps of a video call.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Stage {
    pub(crate) layout: Layout,
    /// Whose picture has the whole place.
    pub(crate) pinned: Option<UserId>,
    /// Who spoke last, and when.
    speaker: Option<(LegId, Instant)>,
}

impl Stage {
    /// Takes what has just been heard: whoever begins to speak while nobody else does is on.
    pub(crate) fn hear(&mut self, now: Instant, meters: &Meters) {
        let speaks = |leg: LegId| is_speech(meters.peer(Some(leg)).level);
        if let Some((leg, since)) = &mut self.speaker {
            if speaks(*leg) {
                *since = now;
            }
            if now.saturating_duration_since(*since) < PAUSE {
                return;
            }
        }
        let peers = meters.peers.iter().filter(|(leg, _)| speaks(*leg));
        let loudest = peers.max_by(|a, b| a.1.level.total_cmp(&b.1.level));
        if let Some((leg, _)) = loudest {
            self.speaker = Some((*leg, now));
        }
    }

    /// Returns whose picture is the large one: whoever is pinned, else who spoke last, else the first.
    pub(crate) fn large<'a>(&self, members: &[&'a Member]) -> Option<&'a Member> {
        let pinned = members
            .iter()
            .find(|member| Some(&member.user.id) == self.pinned.as_ref());
        let leg = self.speaker.map(|(leg, _)| leg);
        let speaker = members
            .iter()
            .find(|member| leg.is_some() && member.leg == leg);
        let found = pinned.or(speaker).or_else(|| members.first());
        found.copied()
    }
}

impl Ui {
    /// Tells whether a call is one with pictures: as it was made, or as it has become.
    pub(crate) fn has_pictures(call: &Call) -> bool {
        call.kind == Kind::Video || call.has_pictures()
    }

    /// Gives the selected person's picture the whole place, or no longer.
    pub(crate) fn pin(&mut self, phone: &Phone) {
        let Some(call) = self.current(phone) else {
            return;
        };
        let who = selected(self, call).map(|member| member.user.id.clone());
        self.stage.pinned = match self.stage.pinned.take() {
            Some(pinned) if Some(&pinned) == who.as_ref() => None,
            _ => who,
        };
    }
}
