//! Looks after the devices: cards that come and go, interruptions, strain, and a microphone that
//! hears nothing.

use std::time::{Instant, SystemTime};

use super::health::{Gap, Hush, Pause, Strain};
use super::leg::Leg;
use super::lookout::{Lookout, Seen};
use super::slot::Cause;
use super::{Engine, Report};
use crate::av::DeviceException;
use crate::media::audio::Frame;

/// What is remembered for that.
pub(super) struct Care {
    pub(super) lookout: Lookout,
    pub(super) gap: Gap,
    pub(super) pause: Pause,
    strain: Strain,
    hush: Hush,
    n_xruns: u64,
}

impl Care {
    pub(super) fn new(lookout: Lookout) -> Self {
        Self {
            lookout,
            gap: Gap::default(),
            pause: Pause::default(),
            strain: Strain::default(),
            hush: Hush::default(),
            n_xruns: 0,
        }
    }
}

impl Engine {
    /// Takes in what the lookout saw.
    pub(super) fn seen(&mut self, seen: Seen, now: Instant) {
        let Some(changes) = self.care.lookout.compare(seen) else {
            return;
        };
        let reports = &self.reports;
        let mut report = |r: Report| reports(r);
        self.microphone.notice(&changes, now, &mut report);
        self.speaker.notice(&changes, now, &mut report);
    }

    /// Looks for cards as long as one is wanted.
    pub(super) fn look_out(&mut self) {
        let is_wanted = self.microphone.heeds_cards() || self.speaker.heeds_cards();
        self.care.lookout.want(is_wanted);
    }

    /// Takes in that ticks were due, and that some of them were lost.
    pub(super) fn examine(&mut self, n_due: u32, n_lost: u32, now: Instant) {
        self.load.ticked(n_due, n_lost);
        let reports = &self.reports;
        let mut report = |r: Report| reports(r);
        if self.care.gap.check(now, SystemTime::now()) {
            tracing::info!("nothing ran for a while");
            self.microphone.interrupt(now, &mut report);
            self.speaker.interrupt(now, &mut report);
            return;
        }
        let n_xruns = self.microphone.n_xruns() + self.speaker.n_xruns();
        // A device that was opened anew counts from nothing.
        let n_new = n_xruns.saturating_sub(self.care.n_xruns);
        self.care.n_xruns = n_xruns;
        match self.care.strain.push(n_due.into(), n_lost.into(), n_new) {
            Some(true) if self.microphone.is_card() => {
                let exception = DeviceException::BySystemPressure;
                self.microphone
                    .suffer(Cause::Strained, exception, &mut report);
            }
            Some(true) | None => {}
            Some(false) => self.microphone.recover(Cause::Strained, &mut report),
        }
    }

    /// Lets cards that have been calm go back to small pieces, where nobody hears the interruption.
    pub(super) fn relax(&mut self, now: Instant) {
        if self.care.pause.is_now() {
            self.microphone.relax(now);
            self.speaker.relax(now);
        }
    }

    /// Takes what the microphone heard, before it is muted.
    pub(super) fn listen(&mut self, frame: &Frame) {
        let listens = self.legs.values().any(Leg::listens);
        let is_heard = listens && !self.voice.is_muted && self.microphone.is_card();
        let reports = &self.reports;
        let mut report = |r: Report| reports(r);
        match self.care.hush.push(is_heard.then_some(frame)) {
            Some(true) => {
                let exception = DeviceException::SoundLevelTooLow;
                self.microphone.suffer(Cause::Quiet, exception, &mut report);
            }
            Some(false) => self.microphone.recover(Cause::Quiet, &mut report),
            None => {}
        }
    }
}
