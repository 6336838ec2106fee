//! Who records a call, and how well it sounds: what the media tells of both.
//!
//! A recording is the wish of our own person. It counts as begun when the media has its files, and
//! from then on everybody in the call knows of it; whoever comes later learns it with our device
//! state. [`Phone::settle_recordings`] runs after each input and has the media record those who are
//! in the call then.

use super::Phone;
use super::call::{Call, Link, MediaState, Stage};
use super::effect::MediaOrder;
use super::wishes::Outcome;
use crate::address::{NOTE_CHARS, User, clean};
use crate::av::Quality;
use crate::event::{Event, Happened};
use crate::id::{CallId, LegId};

/// Our recording of a call.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Tape {
    stage: Stand,
    /// Whom the media was told to record.
    ordered: Option<Vec<(LegId, User)>>,
    /// Whether the setting has had its way: who stops it has stopped it.
    was_automatic: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Stand {
    #[default]
    Off,
    /// The media makes the files.
    Starting,
    On,
}

impl Tape {
    /// Tells whether it runs, by the media's word.
    pub(crate) const fn is_on(&self) -> bool {
        matches!(self.stage, Stand::On)
    }
}

impl Phone {
    /// Records a call that is talked in, or no longer.
    pub(super) fn record(&mut self, call_id: Option<&CallId>, on: bool) -> Outcome {
        let talks = |call: &Call| matches!(call.stage, Stage::Talking { .. });
        let index = self
            .pick(call_id, |call| talks(call) && !call.is_held)
            .or_else(|_| self.pick(call_id, talks))?;
        let id = self.calls[index].id.clone();
        let tape = &mut self.calls[index].tape;
        tape.was_automatic = true;
        match (on, tape.stage) {
            (true, Stand::Off) => tape.stage = Stand::Starting,
            (false, Stand::Starting | Stand::On) => {
                let was_on = tape.is_on();
                self.stop_recording(index);
                self.tell_of_recording(index, was_on);
            }
            (true, Stand::Starting | Stand::On) | (false, Stand::Off) => {}
        }
        Ok(Some(id))
    }

    /// Has the media close the recording of a call, if there is one. Who is in the call is not told.
    pub(super) fn stop_recording(&mut self, index: usize) {
        let tape = &mut self.calls[index].tape;
        let was = std::mem::take(&mut tape.stage);
        if was == Stand::Off {
            return;
        }
        if tape.ordered.take().is_some() {
            let call = self.calls[index].id.clone();
            self.order(MediaOrder::Record { call, tracks: None });
        }
        if was == Stand::On {
            self.publish_recording(index, false, None);
        }
    }

    /// Records whoever is in a recorded call now, and begins where the setting says so.
    pub(super) fn settle_recordings(&mut self) {
        let records = self.settings.records;
        for index in 0..self.calls.len() {
            let call = &mut self.calls[index];
            let flows = call
                .joined()
                .any(|it| it.media() == Some(MediaState::Flowing));
            if records && flows && !call.tape.was_automatic {
                call.tape.was_automatic = true;
                call.tape.stage = Stand::Starting;
            }
            if call.tape.stage == Stand::Off {
                continue;
            }
            let is_up = |link: Link| matches!(link, Link::Up(_));
            let up = call.members.iter().filter(|it| is_up(it.link));
            let up = up.filter_map(|it| Some((it.leg?, it.user.clone())));
            let up: Vec<(LegId, User)> = up.collect();
            if call.tape.ordered.as_ref() == Some(&up) {
                continue;
            }
            call.tape.ordered = Some(up.clone());
            let call = call.id.clone();
            let tracks = Some(up);
            self.order(MediaOrder::Record { call, tracks });
        }
    }

    pub(super) fn recording_began(&mut self, call: &CallId, path: String) {
        let Some(index) = self.recorded(call, Stand::Starting) else {
            return;
        };
        self.calls[index].tape.stage = Stand::On;
        self.publish_recording(index, true, Some(path));
        self.tell_of_recording(index, true);
    }

    pub(super) fn recording_failed(&mut self, call: &CallId, detail: &str) {
        let was_on = self.recorded(call, Stand::On);
        let Some(index) = was_on.or_else(|| self.recorded(call, Stand::Starting)) else {
            return;
        };
        let tape = &mut self.calls[index].tape;
        (tape.stage, tape.ordered) = (Stand::Off, None);
        let happened = Happened::Error {
            code: "recording".to_owned(),
            message: format!("the call is not recorded: {}", clean(detail, NOTE_CHARS)),
            method: "record".to_owned(),
        };
        let facts = self.calls[index].facts();
        self.publish(Event::of(facts, happened));
        if was_on.is_some() {
            self.publish_recording(index, false, None);
        }
        self.tell_of_recording(index, was_on.is_some());
    }

    /// Takes in how well somebody is heard.
    pub(super) fn sounds_like(&mut self, leg: LegId, quality: &Quality) {
        let Some(index) = self.call_of(leg) else {
            return;
        };
        let call = &mut self.calls[index];
        if !matches!(call.stage, Stage::Talking { .. }) {
            return;
        }
        let member = call.members.iter().find(|member| member.leg == Some(leg));
        let Some(user) = member.map(|member| member.user.clone()) else {
            return;
        };
        call.tally.add(quality);
        let quality = *quality;
        self.publish_of(index, Happened::Quality { user, quality });
    }

    fn recorded(&self, call: &CallId, stage: Stand) -> Option<usize> {
        let mut calls = self.calls.iter();
        calls.position(|it| it.id == *call && it.tape.stage == stage)
    }

    fn publish_recording(&mut self, index: usize, on: bool, path: Option<String>) {
        let user = self.calls[index].me.clone();
        self.publish_of(index, Happened::Recording { user, on, path });
    }

    fn tell_of_recording(&mut self, index: usize, is_news: bool) {
        if is_news {
            self.device_seq += 1;
            self.tell_devices(index);
        }
    }
}
